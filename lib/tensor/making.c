/* lib/tensor/making.c - tensors from values and from variables, elements as variables, and tensors
 * that are cut off from the graph.
 * SPDX-License-Identifier: MIT */
#include "node.h"

du_tensor du_tensor_new(du_tape *t, du_shape shape, const double values[], int requires_grad)
{
    if (!t || t->status) return du_tensor_failed(t);
    du_tensor_node *node = du_tensor_node_new(t, requires_grad ? "leaf" : "constant", shape);
    if (!node) return du_tensor_failed(t);
    if (values) memcpy(node->value, values, node->size * sizeof *values);
    else memset(node->value, 0, node->size * sizeof *values);
    if (requires_grad && !du_tensor_make_leaf(node)) return du_tensor_failed(t);
    return du_tensor_result(t, node);
}

du_tensor du_tensor_full(du_tape *t, du_shape shape, double value, int requires_grad)
{
    du_tensor x = du_tensor_new(t, shape, NULL, requires_grad);
    for (size_t i = 0; x.node && i < x.node->size; i++) x.node->value[i] = value;
    return x;
}

du_tensor du_tensor_detach(du_tensor x)
{
    if (!du_tensor_alive(x)) return x.tape ? du_tensor_failed(x.tape) : x;
    return du_tensor_new(x.tape, x.node->shape, x.node->value, 0);
}

/* ---- variables ---- */

static void pull_vars(const du_tensor_node *node, double *adjoint)
{
    const du_var *x = node->saved;
    const double *g = adjoint + node->slot;
    for (size_t i = 0; i < node->size; i++)
        if (x[i].ref) adjoint[(uint32_t)x[i].ref] += times(x[i].c, g[i]);
}

du_tensor du_tensor_of_vars(du_tape *t, du_shape shape, const du_var x[])
{
    size_t size = du_shape_size(shape);
    if (!t || t->status) return du_tensor_failed(t);
    if (!x) return du_tensor_fail(t, DU_EINVAL, "of_vars: the variables are NULL");
    if (size > SIZE_MAX / 64) return du_tensor_fail(t, DU_ENOMEM, "%s", du_strerror(DU_ENOMEM));
    for (size_t i = 0; i < size; i++)
        if (!du_tape_usable(t, x[i].tape, x[i].ref)) return du_tensor_failed(t);
    du_tape_close(t);
    du_var *saved = du_arena_alloc(&t->arena, size * sizeof *saved);
    if (!saved) return du_tensor_fail(t, DU_ENOMEM, "%s", du_strerror(DU_ENOMEM));
    memcpy(saved, x, size * sizeof *x);
    du_tensor_node *node = du_tensor_node_new(t, "of_vars", shape);
    if (!node) return du_tensor_failed(t);
    for (size_t i = 0; i < size; i++) node->value[i] = x[i].v;
    node->saved = saved;
    if (!t->client.paused && !du_tensor_record(node, pull_vars)) return du_tensor_failed(t);
    return du_tensor_result(t, node);
}

du_var du_tensor_var(du_tensor x, size_t i)
{
    if (!x.tape) return (du_var){ x.scalar, 0.0, NULL, 0 };
    uint64_t generation = x.tape->head.ref & ~(uint64_t)UINT32_MAX;
    const du_var invalid = { (double)NAN, 0.0, &x.tape->head, generation };
    if (!du_tensor_alive(x)) {
        du_tape_fail(x.tape, DU_ESTALE, "an element of a tensor from before a reset or a rewind");
        return invalid;
    }
    if (i >= x.node->size) {
        du_tensor_fail(x.tape, DU_ERANGE, "element %zu of a tensor of %zu", i, x.node->size);
        return invalid;
    }
    double v = x.node->value[i];
    if (!x.node->slot) return (du_var){ v, 0.0, NULL, 0 };
    return (du_var){ v, 1.0, &x.tape->head, generation | (x.node->slot + (uint32_t)i) };
}
