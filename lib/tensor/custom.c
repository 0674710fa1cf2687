/* lib/tensor/custom.c - functions with a pull-back of the caller's, which gets tensors and
 * adjoints; the values are computed outside.
 * SPDX-License-Identifier: MIT */
#include "node.h"

static void pull_custom(const du_tensor_node *node, double *adjoint)
{
    du_tensor in[MOST_INPUTS], y = du_tensor_result(node->tape, (du_tensor_node *)(uintptr_t)node);
    double *bar[MOST_INPUTS] = { NULL };
    size_t n = 0;
    for (; n < MOST_INPUTS && node->in[n]; n++) {
        in[n] = du_tensor_result(node->tape, node->in[n]);
        bar[n] = adjoint_of(node->in[n], adjoint);
    }
    node->custom(in, n, y, adjoint + node->slot, bar, node->data);
}

du_tensor du_tensor_custom(du_tape *t, const char *op, size_t n, const du_tensor x[],
                           du_shape shape, const double values[], du_tensor_pullback *pull,
                           void *data)
{
    if (!t || t->status) return du_tensor_failed(t);
    if (!op || n == 0 || !x || !values || !pull)
        return du_tensor_fail(t, DU_EINVAL, "custom: no name, inputs, values or pull-back");
    if (n > MOST_INPUTS)
        return du_tensor_fail(t, DU_ERANGE, "%.24s: %zu inputs, above %d", op, n, MOST_INPUTS);
    if (du_tensor_tape(n, x) != t)
        return du_tensor_fail(t, DU_EFOREIGN, "%.24s: no input is a tensor of this tape", op);
    du_tensor_node *node = du_tensor_begin(t, op, shape, n, x, pull_custom);
    if (!node) return du_tensor_failed(t);
    memcpy(node->value, values, node->size * sizeof *values);
    node->custom = pull;
    node->data = data;
    return du_tensor_result(t, node);
}
