/* lib/tensor/shape.c - operations that move elements: reshape, transpose, slice, concatenate,
 * gather, where. Their results are copies, their pull-backs add the adjoints back.
 * SPDX-License-Identifier: MIT */
#include "node.h"

/* ---- moves ---- */

static void add(size_t n, const double *from, double *to)
{
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}
static void copy(size_t n, const double *from, double *to)
{
    for (size_t i = 0; i < n; i++) to[i] = from[i];
}
typedef void move(size_t n, const double *from, double *to);

/* Moves `rows` rows of n elements; the steps are from one row to the next. */
static void move_rows(move *one, size_t rows, size_t n, const double *from, size_t from_step,
                      double *to, size_t to_step)
{
    for (size_t r = 0; r < rows; r++) one(n, from + r * from_step, to + r * to_step);
}

/* A tensor that is a part of another along an axis, from an index on: rows in rows of the whole. */
typedef struct {
    size_t rows, n, step, offset;
} part;
static part part_of(du_shape whole, du_shape p, size_t axis, size_t from)
{
    around w = around_axis(whole, axis);
    return (part){ w.outer, p.n[axis] * w.inner, w.length * w.inner, from * w.inner };
}
static void take_part(move *one, part p, const double *whole, double *to)
{
    move_rows(one, p.rows, p.n, whole + p.offset, p.step, to, p.n);
}
static void put_part(move *one, part p, const double *from, double *whole)
{
    move_rows(one, p.rows, p.n, from, p.n, whole + p.offset, p.step);
}

/* ---- reshape ---- */

static void pull_reshape(const du_tensor_node *node, double *adjoint)
{
    add(node->size, adjoint + node->slot, adjoint + node->in[0]->slot);
}

du_tensor du_tensor_reshape(du_tensor x, du_shape shape)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (!t) return du_tensor_failed(x.tape);
    if (du_shape_size(shape) != x.node->size)
        return du_tensor_mismatch(t, "reshape", x.node->shape, shape);
    du_tensor_node *node = du_tensor_begin(t, "reshape", shape, 1, &x, pull_reshape);
    if (node) copy(node->size, x.node->value, node->value);
    return du_tensor_result(t, node);
}

/* ---- transpose ---- */

/* to (outer, inner, length) from (outer, length, inner), added or set */
static void transpose(around a, const double *from, double *to, int adding)
{
    size_t size = a.length * a.inner;
    for (size_t o = 0; o < a.outer; o++, from += size, to += size)
        for (size_t i = 0; i < a.length; i++)
            for (size_t j = 0; j < a.inner; j++)
                to[j * a.length + i] = adding ? to[j * a.length + i] + from[i * a.inner + j]
                                              : from[i * a.inner + j];
}
static void pull_transpose(const du_tensor_node *node, double *adjoint)
{
    transpose(around_axis(node->shape, node->shape.rank - 2), adjoint + node->slot,
              adjoint + node->in[0]->slot, 1);
}

du_tensor du_tensor_transpose(du_tensor x)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    if (s.rank < 2)
        return du_tensor_fail(t, DU_ESHAPE, "transpose: shape %s has fewer than two axes",
                              du_shape_words(s).text);
    s.n[s.rank - 1] = x.node->shape.n[s.rank - 2];
    s.n[s.rank - 2] = x.node->shape.n[s.rank - 1];
    du_tensor_node *node = du_tensor_begin(t, "transpose", s, 1, &x, pull_transpose);
    if (node) transpose(around_axis(x.node->shape, s.rank - 2), x.node->value, node->value, 0);
    return du_tensor_result(t, node);
}

/* ---- slice ---- */

static void pull_slice(const du_tensor_node *node, double *adjoint)
{
    part p = part_of(node->in[0]->shape, node->shape, node->axis, node->from);
    put_part(add, p, adjoint + node->slot, adjoint + node->in[0]->slot);
}

du_tensor du_tensor_slice(du_tensor x, size_t axis, size_t from, size_t to)
{
    du_tape *t = du_tensor_with_axis(x, "slice", axis);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    if (from > to || to > s.n[axis])
        return du_tensor_fail(t, DU_ESHAPE, "slice: no %zu to %zu along axis %zu of shape %s", from,
                              to, axis, du_shape_words(s).text);
    s.n[axis] = to - from;
    du_tensor_node *node = du_tensor_begin(t, "slice", s, 1, &x, pull_slice);
    if (!node) return du_tensor_failed(t);
    node->axis = axis;
    node->from = from;
    take_part(copy, part_of(x.node->shape, s, axis, from), x.node->value, node->value);
    return du_tensor_result(t, node);
}

/* ---- concatenate ---- */

static void pull_concatenate(const du_tensor_node *node, double *adjoint)
{
    size_t from = 0;
    for (size_t k = 0; k < 2; k++) {
        double *bar = adjoint_of(node->in[k], adjoint);
        part p = part_of(node->shape, node->in[k]->shape, node->axis, from);
        if (bar) take_part(add, p, adjoint + node->slot, bar);
        from += node->in[k]->shape.n[node->axis];
    }
}

du_tensor du_tensor_concatenate(du_tensor a, du_tensor b, size_t axis)
{
    du_tensor in[2] = { a, b };
    du_tape *t = du_tensor_tape(2, in);
    if (!t) return du_tensor_failed(owner_of(a, b));
    du_shape s = shape_of(a), q = shape_of(b);
    int fits = s.rank == q.rank && axis < s.rank;
    for (size_t i = 0; i < s.rank && fits; i++) fits = i == axis || s.n[i] == q.n[i];
    if (!fits || __builtin_add_overflow(s.n[axis], q.n[axis], &s.n[axis]))
        return du_tensor_mismatch(t, "concatenate", shape_of(a), q);
    du_tensor_node *node = du_tensor_begin(t, "concatenate", s, 2, in, pull_concatenate);
    if (!node) return du_tensor_failed(t);
    node->axis = axis;
    put_part(copy, part_of(s, a.node->shape, axis, 0), a.node->value, node->value);
    put_part(copy, part_of(s, q, axis, a.node->shape.n[axis]), b.node->value, node->value);
    return du_tensor_result(t, node);
}

/* ---- gather ---- */

static void pull_gather(const du_tensor_node *node, double *adjoint)
{
    const size_t *index = node->saved, width = around_axis(node->shape, 0).inner;
    const double *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t k = 0; k < node->shape.n[0]; k++)
        add(width, g + k * width, xbar + index[k] * width);
}

du_tensor du_tensor_gather(du_tensor x, const size_t index[], size_t count)
{
    du_tape *t = du_tensor_with_axis(x, "gather", 0);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    const size_t *kept = du_tensor_keep(t, "gather", count, index, s.n[0]);
    s.n[0] = count;
    du_tensor_node *node = kept ? du_tensor_begin(t, "gather", s, 1, &x, pull_gather) : NULL;
    if (!node) return du_tensor_failed(t);
    node->saved = kept;
    size_t width = around_axis(s, 0).inner;
    for (size_t k = 0; k < count; k++)
        copy(width, x.node->value + kept[k] * width, node->value + k * width);
    return du_tensor_result(t, node);
}

/* ---- where ---- */

static void pull_where(const du_tensor_node *node, double *adjoint)
{
    for (size_t i = 0; i < node->size; i++) {
        double *bar = adjoint_of(node->in[node->in[0]->value[i] != 0.0 ? 1 : 2], adjoint);
        if (bar) bar[i] += adjoint[node->slot + i];
    }
}

du_tensor du_tensor_where(du_tensor mask, du_tensor a, du_tensor b)
{
    du_tensor in[3] = { mask, a, b };
    du_tape *t = du_tensor_tape(3, in);
    if (!t) return du_tensor_failed(mask.tape ? mask.tape : owner_of(a, b));
    du_shape s = shape_of(mask);
    for (int k = 0; k < 3; k++) {
        if (!in[k].node) in[k] = du_tensor_full(t, s, in[k].scalar, 0);
        if (!in[k].node) return du_tensor_failed(t);
        if (!same_shape(in[k].node->shape, s))
            return du_tensor_mismatch(t, "where", s, in[k].node->shape);
    }
    du_tensor_node *node = du_tensor_begin(t, "where", s, 3, in, pull_where);
    const double *m = in[0].node->value;
    for (size_t i = 0; node && i < node->size; i++)
        node->value[i] = in[m[i] != 0.0 ? 1 : 2].node->value[i];
    return du_tensor_result(t, node);
}
