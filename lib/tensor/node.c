/* lib/tensor/node.c - nodes: their place in the tape's arena, the block that sweeps one, whether a
 * handle is still good, and errors in words.
 * SPDX-License-Identifier: MIT */
#include "node.h"
#include <stdarg.h>

/* ---- shapes ---- */

size_t du_shape_size(du_shape s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.rank && i < DU_MOST_RANK; i++)
        if (__builtin_mul_overflow(n, s.n[i], &n)) n = SIZE_MAX;
    return n;
}

shape_words du_shape_words(du_shape s)
{
    shape_words w;
    size_t used = (size_t)snprintf(w.text, sizeof w.text, "(");
    for (size_t i = 0; i < s.rank && i < DU_MOST_RANK; i++)
        used += (size_t)snprintf(w.text + used, sizeof w.text - used, i ? ", %zu" : "%zu", s.n[i]);
    snprintf(w.text + used, sizeof w.text - used, ")");
    return w;
}

/* ---- errors ---- */

du_tensor du_tensor_failed(du_tape *t) { return (du_tensor){ .tape = t, .scalar = (double)NAN }; }

du_tensor du_tensor_fail(du_tape *t, int status, const char *format, ...)
{
    char text[sizeof t->message];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    du_tape_fail(t, status, text);
    return du_tensor_failed(t);
}

int du_tensor_refuse(du_tape *t, int status, const char *format, ...)
{
    if (t->status) return status;
    va_list values;
    va_start(values, format);
    vsnprintf(t->message, sizeof t->message, format, values);
    va_end(values);
    return status;
}

du_tensor du_tensor_mismatch(du_tape *t, const char *op, du_shape a, du_shape b)
{
    return du_tensor_fail(t, DU_ESHAPE, "%.24s: shapes %s and %s do not fit", op,
                          du_shape_words(a).text, du_shape_words(b).text);
}

/* ---- operands ---- */

int du_tensor_alive(du_tensor x)
{
    if (!x.node || !x.tape) return 0;
    const du_tensor_node *newest = x.tape->client.newest;
    while (newest && x.serial < newest->run_first) newest = newest->before_run;
    return newest && x.serial <= newest->serial;
}

/* The tape of the operands, or NULL where there are two, which then both fail. */
static du_tape *common_tape(size_t n, const du_tensor x[])
{
    du_tape *t = NULL;
    for (size_t k = 0; k < n; k++) {
        if (!x[k].tape || x[k].tape == t) continue;
        if (t) {
            du_tape_fail(t, DU_EFOREIGN, NULL);
            du_tape_fail(x[k].tape, DU_EFOREIGN, NULL);
            return NULL;
        }
        t = x[k].tape;
    }
    return t;
}

du_tape *du_tensor_tape(size_t n, const du_tensor x[])
{
    du_tape *t = common_tape(n, x);
    for (size_t k = 0; k < n && t; k++) {
        if (!x[k].tape || du_tensor_alive(x[k])) continue;
        if (x[k].node)
            du_tape_fail(t, DU_ESTALE, "a tensor was used after its tape was reset or rewound");
        return NULL;
    }
    return t && t->status == DU_OK ? t : NULL;
}

du_tape *du_tensor_with_axis(du_tensor x, const char *op, size_t axis)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (!t || axis < x.node->shape.rank) return t;
    if (x.node->shape.rank == 0)
        du_tensor_fail(t, DU_ESHAPE, "%.24s: a tensor of rank 0 has no axis", op);
    else
        du_tensor_fail(t, DU_ESHAPE, "%.24s: shape %s has no axis %zu", op,
                       du_shape_words(x.node->shape).text, axis);
    return NULL;
}

const size_t *du_tensor_keep(du_tape *t, const char *op, size_t count, const size_t index[],
                             size_t limit)
{
    if (!index && count) {
        du_tensor_fail(t, DU_EINVAL, "%.24s: the indices are NULL", op);
        return NULL;
    }
    for (size_t k = 0; k < count; k++) {
        if (index[k] < limit) continue;
        du_tensor_fail(t, DU_ERANGE, "%.24s: index %zu, at %zu, is not below %zu", op, index[k], k,
                       limit);
        return NULL;
    }
    du_tape_close(t);
    size_t *kept = du_arena_alloc(&t->arena, count * sizeof *kept);
    if (!kept) du_tape_fail(t, DU_ENOMEM, NULL);
    else if (count) memcpy(kept, index, count * sizeof *kept);
    return kept;
}

/* ---- nodes ---- */

/* what a mark asks of tensors (layout.h) */
static uint64_t serial_of(const void *node) { return ((const du_tensor_node *)node)->serial; }
static int listed(const void *newest, const void *node, uint64_t serial)
{
    const du_tensor_node *n = newest;
    while (n && n != node) n = n->prev;
    return n && n->serial == serial;
}

/* Whether there was no rewind since the node was made: the segments since have every serial. */
static int unbroken_since(const du_tape *t, const du_tensor_node *node)
{
    uint64_t serial = t->serial;
    const du_segment *s = t->last;
    for (; s && s->serial == serial && serial > node->serial; s = s->prev) serial--;
    return serial == node->serial;
}

du_tensor_node *du_tensor_node_new(du_tape *t, const char *op, du_shape shape)
{
    size_t size = du_shape_size(shape);
    if (shape.rank > DU_MOST_RANK) {
        du_tensor_fail(t, DU_ESHAPE, "%.24s: a rank of %zu, above %d", op, shape.rank,
                       DU_MOST_RANK);
        return NULL;
    }
    du_tape_close(t);
    du_tensor_node *node = size > SIZE_MAX / 64
        ? NULL
        : du_arena_alloc(&t->arena, sizeof *node + size * sizeof(double));
    if (!node) {
        du_tape_fail(t, DU_ENOMEM, NULL);
        return NULL;
    }
    du_tensor_node *newest = t->client.newest;
    *node = (du_tensor_node){ .prev = newest, .tape = t, .op = op, .shape = shape, .size = size };
    node->value = (double *)(node + 1);
    int same_run = newest && unbroken_since(t, newest);
    node->serial = ++t->serial;
    node->run_first = same_run ? newest->run_first : node->serial;
    node->before_run = same_run ? newest->before_run : newest;
    t->client.serial = serial_of;
    t->client.listed = listed;
    t->client.newest = node;
    return node;
}

/* the operand as a node: a free scalar becomes a constant of rank 0 */
static du_tensor_node *operand(du_tape *t, du_tensor x)
{
    if (x.node) return x.node;
    du_tensor_node *node = du_tensor_node_new(t, "constant", DU_SCALAR);
    if (node) node->value[0] = x.scalar;
    return node;
}

du_tensor_node *du_tensor_begin(du_tape *t, const char *op, du_shape shape, size_t n,
                                const du_tensor x[], pullback *pull)
{
    du_tensor_node *in[MOST_INPUTS] = { NULL };
    int active = 0;
    for (size_t k = 0; k < n; k++) {
        if (!(in[k] = operand(t, x[k]))) return NULL;
        active |= in[k]->slot != 0;
    }
    du_tensor_node *node = du_tensor_node_new(t, op, shape);
    if (!node || t->client.paused) return node;
    for (size_t k = 0; k < n; k++) {
        node->in[k] = in[k];
        node->seen[k] = in[k]->version;
    }
    return !active || du_tensor_record(node, pull) ? node : NULL;
}

du_tensor du_tensor_result(du_tape *t, du_tensor_node *node)
{
    return node ? (du_tensor){ node, t, 0.0, node->serial } : du_tensor_failed(t);
}

/* ---- on the tape ---- */

static void sweep_block(const du_segment *s, double *adjoint, size_t stride DU_UNUSED_)
{
    const du_tensor_node *node = s->entries; /* the stride is 1: outputs_a_pass sees to it */
    node->pull(node, adjoint);
}

static int changed(const du_tensor_node *by, const char *role, const du_tensor_node *what)
{
    static const char format[] =
        "%.24s: %s (%s%s%.24s, shape %s) was changed in place after it was recorded";
    return du_tensor_refuse(by->tape, DU_EINPLACE, format, by->op, role, what->name,
                            what->name[0] ? ": " : "", what->op, du_shape_words(what->shape).text);
}
static int check_block(const du_segment *s)
{
    const du_tensor_node *node = s->entries;
    if (node->version) return changed(node, "its result", node); /* pull-backs read their result */
    for (int k = 0; k < MOST_INPUTS; k++)
        if (node->in[k] && node->in[k]->version != node->seen[k])
            return changed(node, "an operand", node->in[k]);
    return DU_OK;
}

static int give_slots(du_tensor_node *node, enum du_segment_kind kind)
{
    uint32_t slot = (uint32_t)node->tape->head.ref;
    node->segment = du_tape_segment(node->tape, kind, node->size, kind == DU_LEAVES, 0);
    if (!node->segment) return 0;
    node->slot = slot;
    return 1;
}

int du_tensor_make_leaf(du_tensor_node *node)
{
    node->leaf = give_slots(node, DU_LEAVES);
    return node->leaf;
}

int du_tensor_record(du_tensor_node *node, pullback *pull)
{
    if (!give_slots(node, DU_BLOCK)) return 0;
    node->segment->entries = node;
    node->segment->sweep = sweep_block;
    node->segment->check = check_block;
    node->pull = pull;
    return 1;
}
