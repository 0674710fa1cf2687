/* lib/tensor/operations.c - shapes, products, reductions, and custom functions on tensors.
 * SPDX-License-Identifier: MIT */
#include "node.h"
#include <string.h>

/* x seen as (outer, length, inner) around an axis */
typedef struct { size_t outer, length, inner; } around;
static around around_axis(du_shape s, size_t axis)
{
    around r = { 1, s.n[axis], 1 };
    for (size_t i = 0; i < axis; i++) r.outer *= s.n[i];
    for (size_t i = axis + 1; i < s.rank; i++) r.inner *= s.n[i];
    return r;
}
static du_shape without_axis(du_shape s, size_t axis)
{
    du_shape r = { .rank = s.rank - 1 };
    for (size_t i = 0, k = 0; i < s.rank; i++) if (i != axis) r.n[k++] = s.n[i];
    return r;
}
static int same_shape(du_shape a, du_shape b)
{
    int same = a.rank == b.rank;
    for (size_t i = 0; i < a.rank && same; i++) same = a.n[i] == b.n[i];
    return same;
}
/* A tape when x is good and has the axis; else the status is set. */
static du_tape *with_axis(du_tensor x, const char *op, size_t axis)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (t && axis < x.node->shape.rank) return t;
    if (t) du_tensor_mismatch(t, op, x.node->shape, DU_SHAPE(axis));
    return NULL;
}

/* ---- shape ---- */

static void pull_reshape(const du_tensor_node *node, double *adjoint)
{
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i++) xbar[i] += adjoint[node->slot + i];
}

du_tensor du_tensor_reshape(du_tensor x, du_shape shape)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (!t) return du_tensor_failed(x.tape);
    if (du_shape_size(shape) != x.node->size) return du_tensor_mismatch(t, "reshape", x.node->shape, shape);
    du_tensor_node *node = du_tensor_begin(t, "reshape", shape, 1, &x, pull_reshape);
    if (node) memcpy(node->value, x.node->value, node->size * sizeof(double));
    return du_tensor_result(t, node);
}

/* out (outer, columns, rows) from in (outer, rows, columns), added or set */
static void transpose(around a, const double *in, double *out, int add)
{
    for (size_t o = 0; o < a.outer; o++, in += a.length * a.inner, out += a.length * a.inner)
        for (size_t i = 0; i < a.length; i++)
            for (size_t j = 0; j < a.inner; j++)
                out[j * a.length + i] = (add ? out[j * a.length + i] : 0.0) + in[i * a.inner + j];
}
static void pull_transpose(const du_tensor_node *node, double *adjoint)
{
    transpose(around_axis(node->shape, node->shape.rank - 2), adjoint + node->slot, adjoint + node->in[0]->slot, 1);
}

du_tensor du_tensor_transpose(du_tensor x)
{
    du_tape *t = du_tensor_tape(1, &x);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    if (s.rank < 2) return du_tensor_mismatch(t, "transpose", s, s);
    s.n[s.rank - 1] = x.node->shape.n[s.rank - 2];
    s.n[s.rank - 2] = x.node->shape.n[s.rank - 1];
    du_tensor_node *node = du_tensor_begin(t, "transpose", s, 1, &x, pull_transpose);
    if (node) transpose(around_axis(x.node->shape, s.rank - 2), x.node->value, node->value, 0);
    return du_tensor_result(t, node);
}

/* rows from ... of `whole` along the axis and the `part`, one copied to or added to the other */
static void copy_part(around whole, around part, size_t from, double *w, const double *w_in, double *p, const double *p_in)
{
    size_t count = part.length * part.inner;
    for (size_t o = 0; o < whole.outer; o++)
        for (size_t i = 0; i < count; i++) {
            size_t at = (o * whole.length + from) * whole.inner + i, k = o * count + i;
            if (w) w[at] += p_in[k];
            else p[k] = w_in[at];
        }
}
static void pull_slice(const du_tensor_node *node, double *adjoint)
{
    copy_part(around_axis(node->in[0]->shape, node->axis), around_axis(node->shape, node->axis), node->from,
              adjoint + node->in[0]->slot, NULL, NULL, adjoint + node->slot);
}

du_tensor du_tensor_slice(du_tensor x, size_t axis, size_t from, size_t to)
{
    du_tape *t = with_axis(x, "slice", axis);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    if (from > to || to > s.n[axis]) return du_tensor_mismatch(t, "slice", s, DU_SHAPE(from, to));
    s.n[axis] = to - from;
    du_tensor_node *node = du_tensor_begin(t, "slice", s, 1, &x, pull_slice);
    if (!node) return du_tensor_failed(t);
    node->axis = axis;
    node->from = from;
    copy_part(around_axis(x.node->shape, axis), around_axis(s, axis), from, NULL, x.node->value, node->value, NULL);
    return du_tensor_result(t, node);
}

static void pull_concatenate(const du_tensor_node *node, double *adjoint)
{
    around whole = around_axis(node->shape, node->axis);
    for (size_t k = 0, from = 0; k < 2; from += node->in[k++]->shape.n[node->axis]) {
        around part = around_axis(node->in[k]->shape, node->axis);
        size_t count = part.length * part.inner;
        double *bar = adjoint_of(node->in[k], adjoint);
        for (size_t o = 0; bar && o < whole.outer; o++)
            for (size_t i = 0; i < count; i++)
                bar[o * count + i] += adjoint[node->slot + (o * whole.length + from) * whole.inner + i];
    }
}

du_tensor du_tensor_concatenate(du_tensor a, du_tensor b, size_t axis)
{
    du_tensor in[2] = { a, b };
    du_tape *t = du_tensor_tape(2, in);
    if (!t) return du_tensor_failed(a.tape ? a.tape : b.tape);
    du_shape s = du_tensor_shape(a), q = du_tensor_shape(b);
    int fits = s.rank == q.rank && axis < s.rank;
    for (size_t i = 0; i < s.rank && fits; i++) fits = i == axis || s.n[i] == q.n[i];
    if (!fits) return du_tensor_mismatch(t, "concatenate", s, q);
    s.n[axis] += q.n[axis];
    du_tensor_node *node = du_tensor_begin(t, "concatenate", s, 2, in, pull_concatenate);
    if (!node) return du_tensor_failed(t);
    node->axis = axis;
    memset(node->value, 0, node->size * sizeof(double));
    for (size_t k = 0, from = 0; k < 2; from += in[k++].node->shape.n[axis])
        copy_part(around_axis(s, axis), around_axis(in[k].node->shape, axis), from, node->value, NULL, NULL, in[k].node->value);
    return du_tensor_result(t, node);
}

static void pull_gather(const du_tensor_node *node, double *adjoint)
{
    const size_t *index = node->saved, width = node->from;
    const double *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t k = 0; k < node->shape.n[0]; k++)
        for (size_t i = 0; i < width; i++) xbar[index[k] * width + i] += g[k * width + i];
}

static const size_t *keep(du_tape *t, const size_t *index, size_t count)
{
    du_tape_close(t);
    size_t *saved = du_arena_alloc(&t->arena, count * sizeof *saved);
    if (saved) memcpy(saved, index, count * sizeof *saved);
    else du_tape_fail(t, DU_ENOMEM, NULL);
    return saved;
}

du_tensor du_tensor_gather(du_tensor x, const size_t index[], size_t count)
{
    du_tape *t = with_axis(x, "gather", 0);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    for (size_t k = 0; k < count; k++) if (index[k] >= s.n[0]) return du_tensor_mismatch(t, "gather: an index", s, DU_SHAPE(index[k]));
    size_t width = around_axis(s, 0).inner;
    s.n[0] = count;
    const size_t *saved = keep(t, index, count);
    du_tensor_node *node = saved ? du_tensor_begin(t, "gather", s, 1, &x, pull_gather) : NULL;
    if (!node) return du_tensor_failed(t);
    node->saved = saved;
    node->from = width;
    for (size_t k = 0; k < count; k++) memcpy(node->value + k * width, x.node->value + index[k] * width, width * sizeof(double));
    return du_tensor_result(t, node);
}

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
    if (!t) return du_tensor_failed(mask.tape);
    for (int k = 1; k < 3; k++) {
        if (!in[k].node) in[k] = du_tensor_full(t, du_tensor_shape(mask), in[k].scalar, 0);
        if (in[k].node && !same_shape(in[k].node->shape, du_tensor_shape(mask))) return du_tensor_mismatch(t, "where", du_tensor_shape(mask), in[k].node->shape);
    }
    if (!mask.node || t->status) return du_tensor_failed(t);
    du_tensor_node *node = du_tensor_begin(t, "where", mask.node->shape, 3, in, pull_where);
    for (size_t i = 0; node && i < node->size; i++) node->value[i] = in[mask.node->value[i] != 0.0 ? 1 : 2].node->value[i];
    return du_tensor_result(t, node);
}

/* ---- matrix products ---- */

/* c (m, n) += op(a) op(b), op a transposition where asked: a is (m, k) or stored as (k, m), b (k, n) or
 * stored as (n, k). CBLAS where the build has one and the product is worth the call. */
enum { WORTH_BLAS = 4096 };

#ifdef DU_CBLAS
#ifndef DU_CBLAS_HEADER
#define DU_CBLAS_HEADER <cblas.h>
#endif
#include DU_CBLAS_HEADER
static int multiply_by_blas(size_t m, size_t n, size_t k, const double *a, int at, const double *b, int bt, double *c)
{
    const size_t most = 1u << 30;
    if (m * n * k < WORTH_BLAS || m > most || n > most || k > most) return 0;
    cblas_dgemm(CblasRowMajor, at ? CblasTrans : CblasNoTrans, bt ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                1.0, a, (int)(at ? m : k), b, (int)(bt ? k : n), 1.0, c, (int)n);
    return 1;
}
#else
static int multiply_by_blas(size_t m, size_t n, size_t k, const double *a, int at, const double *b, int bt, double *c)
{
    (void)m, (void)n, (void)k, (void)a, (void)at, (void)b, (void)bt, (void)c;
    return 0;
}
#endif

static void multiply_add(size_t m, size_t n, size_t k, const double *a, int at, const double *b, int bt, double *c)
{
    size_t ai = at ? 1 : k, ap = at ? m : 1;
    if (multiply_by_blas(m, n, k, a, at, b, bt, c)) return;
    for (size_t i = 0; i < m; i++) {
        if (!bt) { /* along the rows of b and c */
            for (size_t p = 0; p < k; p++) {
                const double f = a[i * ai + p * ap], *row = b + p * n;
                for (size_t j = 0; j < n; j++) c[i * n + j] += f * row[j];
            }
        } else for (size_t j = 0; j < n; j++) {
            double s = 0.0;
            for (size_t p = 0; p < k; p++) s += a[i * ai + p * ap] * b[j * k + p];
            c[i * n + j] += s;
        }
    }
}

typedef struct { size_t m, k, n; } product;
static int product_of(du_shape a, du_shape b, product *p, du_shape *out)
{
    *p = (product){ 0, 0, 0 };
    if (a.rank < 1 || a.rank > 2 || b.rank < 1 || b.rank > 2) return 0;
    *p = (product){ a.rank == 2 ? a.n[0] : 1, a.n[a.rank - 1], b.rank == 2 ? b.n[1] : 1 };
    *out = a.rank == 2 && b.rank == 2 ? DU_SHAPE(p->m, p->n) : a.rank == 2 ? DU_SHAPE(p->m) : b.rank == 2 ? DU_SHAPE(p->n) : DU_SCALAR;
    return b.n[0] == p->k;
}

static void pull_matmul(const du_tensor_node *node, double *adjoint)
{
    const du_tensor_node *a = node->in[0], *b = node->in[1];
    const double *g = adjoint + node->slot;
    double *abar = adjoint_of(a, adjoint), *bbar = adjoint_of(b, adjoint);
    product p;
    du_shape out;
    product_of(a->shape, b->shape, &p, &out);
    if (abar) multiply_add(p.m, p.k, p.n, g, 0, b->value, 1, abar); /* g b^T */
    if (bbar) multiply_add(p.k, p.n, p.m, a->value, 1, g, 0, bbar); /* a^T g */
}

du_tensor du_tensor_matmul(du_tensor a, du_tensor b)
{
    du_tensor in[2] = { a, b };
    du_tape *t = du_tensor_tape(2, in);
    product p;
    du_shape out;
    if (!t) return du_tensor_failed(a.tape ? a.tape : b.tape);
    if (!product_of(du_tensor_shape(a), du_tensor_shape(b), &p, &out)) return du_tensor_mismatch(t, "matmul", du_tensor_shape(a), du_tensor_shape(b));
    du_tensor_node *node = du_tensor_begin(t, "matmul", out, 2, in, pull_matmul);
    if (!node) return du_tensor_failed(t);
    memset(node->value, 0, node->size * sizeof(double));
    multiply_add(p.m, p.n, p.k, a.node->value, 0, b.node->value, 0, node->value);
    return du_tensor_result(t, node);
}

du_tensor du_tensor_dot(du_tensor a, du_tensor b)
{
    du_shape p = du_tensor_shape(a), q = du_tensor_shape(b);
    du_tensor in[2] = { a, b };
    du_tape *t = du_tensor_tape(2, in);
    if (!t) return du_tensor_failed(a.tape ? a.tape : b.tape);
    return p.rank == 1 && q.rank == 1 ? du_tensor_matmul(a, b) : du_tensor_mismatch(t, "dot", p, q);
}

/* ---- reductions ---- */

static void pull_sum(const du_tensor_node *node, double *adjoint)
{
    double *xbar = adjoint + node->in[0]->slot, g = adjoint[node->slot] * node->number;
    for (size_t i = 0; i < node->in[0]->size; i++) xbar[i] += g;
}
static du_tensor reduce_all(du_tensor x, const char *op, int mean)
{
    du_tape *t = du_tensor_tape(1, &x);
    du_tensor_node *node = t ? du_tensor_begin(t, op, DU_SCALAR, 1, &x, pull_sum) : NULL;
    if (!node) return du_tensor_failed(x.tape);
    double s = 0.0;
    for (size_t i = 0; i < x.node->size; i++) s += x.node->value[i];
    node->number = mean ? 1.0 / (double)x.node->size : 1.0;
    node->value[0] = s * node->number;
    return du_tensor_result(t, node);
}
du_tensor du_tensor_sum(du_tensor x) { return reduce_all(x, "sum", 0); }
du_tensor du_tensor_mean(du_tensor x) { return reduce_all(x, "mean", 1); }

static void pull_sum_axis(const du_tensor_node *node, double *adjoint)
{
    around a = around_axis(node->in[0]->shape, node->axis);
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t o = 0; o < a.outer; o++) for (size_t l = 0; l < a.length; l++) for (size_t i = 0; i < a.inner; i++)
        xbar[(o * a.length + l) * a.inner + i] += node->number * adjoint[node->slot + o * a.inner + i];
}
static du_tensor sum_axis(du_tensor x, size_t axis, const char *op, int mean)
{
    du_tape *t = with_axis(x, op, axis);
    du_tensor_node *node = t ? du_tensor_begin(t, op, without_axis(x.node->shape, axis), 1, &x, pull_sum_axis) : NULL;
    if (!node) return du_tensor_failed(x.tape);
    around a = around_axis(x.node->shape, axis);
    node->axis = axis;
    node->number = mean ? 1.0 / (double)a.length : 1.0;
    memset(node->value, 0, node->size * sizeof(double));
    for (size_t o = 0; o < a.outer; o++) for (size_t l = 0; l < a.length; l++) for (size_t i = 0; i < a.inner; i++)
        node->value[o * a.inner + i] += x.node->value[(o * a.length + l) * a.inner + i];
    for (size_t i = 0; i < node->size; i++) node->value[i] *= node->number;
    return du_tensor_result(t, node);
}
du_tensor du_tensor_sum_axis(du_tensor x, size_t axis) { return sum_axis(x, axis, "sum_axis", 0); }
du_tensor du_tensor_mean_axis(du_tensor x, size_t axis) { return sum_axis(x, axis, "mean_axis", 1); }

static void pull_extreme(const du_tensor_node *node, double *adjoint)
{
    around a = around_axis(node->in[0]->shape, node->axis);
    const double *x = node->in[0]->value;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t o = 0; o < a.outer; o++) for (size_t i = 0; i < a.inner; i++) {
        size_t ties = 0, k = o * a.inner + i;
        for (size_t l = 0; l < a.length; l++) ties += x[(o * a.length + l) * a.inner + i] == node->value[k];
        for (size_t l = 0; l < a.length; l++)
            if (x[(o * a.length + l) * a.inner + i] == node->value[k])
                xbar[(o * a.length + l) * a.inner + i] += adjoint[node->slot + k] / (double)ties;
    }
}
static du_tensor extreme(du_tensor x, size_t axis, const char *op, double sign)
{
    du_tape *t = with_axis(x, op, axis);
    if (!t) return du_tensor_failed(x.tape);
    around a = around_axis(x.node->shape, axis);
    if (a.length == 0) return du_tensor_mismatch(t, op, x.node->shape, DU_SHAPE(axis));
    du_tensor_node *node = du_tensor_begin(t, op, without_axis(x.node->shape, axis), 1, &x, pull_extreme);
    if (!node) return du_tensor_failed(t);
    node->axis = axis;
    for (size_t o = 0; o < a.outer; o++) for (size_t i = 0; i < a.inner; i++) {
        double best = x.node->value[o * a.length * a.inner + i];
        for (size_t l = 1; l < a.length; l++) {
            double v = x.node->value[(o * a.length + l) * a.inner + i];
            if (sign * v > sign * best || v != v) best = v;
        }
        node->value[o * a.inner + i] = best;
    }
    return du_tensor_result(t, node);
}
du_tensor du_tensor_max_axis(du_tensor x, size_t axis) { return extreme(x, axis, "max", 1.0); }
du_tensor du_tensor_min_axis(du_tensor x, size_t axis) { return extreme(x, axis, "min", -1.0); }

static void pull_norm2(const du_tensor_node *node, double *adjoint)
{
    const double *x = node->in[0]->value;
    double *xbar = adjoint + node->in[0]->slot, g = adjoint[node->slot];
    if (node->value[0] == 0.0) return;
    for (size_t i = 0; i < node->in[0]->size; i++) xbar[i] += g * (x[i] / node->value[0]);
}
du_tensor du_tensor_norm2(du_tensor x)
{
    du_tape *t = du_tensor_tape(1, &x);
    du_tensor_node *node = t ? du_tensor_begin(t, "norm2", DU_SCALAR, 1, &x, pull_norm2) : NULL;
    if (!node) return du_tensor_failed(x.tape);
    node->value[0] = 0.0;
    for (size_t i = 0; i < x.node->size; i++) node->value[0] = hypot(node->value[0], x.node->value[i]);
    return du_tensor_result(t, node);
}

/* ---- over the last axis ---- */

/* log of the sum of exp(x - m), m the largest x: kept apart, so that x - m loses no digits to a large m */
static double row_log_sum(const double *x, size_t n, double *most)
{
    double m = -(double)INFINITY, s = 0.0;
    for (size_t j = 0; j < n; j++) if (!(x[j] <= m)) m = x[j];
    *most = m;
    if (!(fabs(m) <= DBL_MAX)) return 0.0;
    for (size_t j = 0; j < n; j++) s += exp(x[j] - m);
    return log(s);
}
static double row_logsumexp(const double *x, size_t n)
{
    double m, l = row_log_sum(x, n, &m);
    return m + l;
}
static size_t columns_of(const du_tensor_node *x) { return x->shape.n[x->shape.rank - 1]; }

static void pull_logsumexp(const du_tensor_node *node, double *adjoint)
{
    size_t n = columns_of(node->in[0]);
    const double *x = node->in[0]->value;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size * n; i++) xbar[i] += times(exp(x[i] - node->value[i / n]), adjoint[node->slot + i / n]);
}
du_tensor du_tensor_logsumexp(du_tensor x)
{
    du_tape *t = with_axis(x, "logsumexp", du_tensor_shape(x).rank - 1);
    du_tensor_node *node = t ? du_tensor_begin(t, "logsumexp", without_axis(x.node->shape, x.node->shape.rank - 1), 1, &x, pull_logsumexp) : NULL;
    for (size_t i = 0; node && i < node->size; i++) node->value[i] = row_logsumexp(x.node->value + i * columns_of(x.node), columns_of(x.node));
    return du_tensor_result(x.tape, node);
}

/* xbar += y (g - sum of g y) */
static void pull_softmax(const du_tensor_node *node, double *adjoint)
{
    size_t n = columns_of(node);
    const double *y = node->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i += n) {
        double s = 0.0;
        for (size_t j = i; j < i + n; j++) s += times(y[j], g[j]);
        for (size_t j = i; j < i + n; j++) xbar[j] += y[j] * (g[j] - s);
    }
}
/* xbar += g - exp(y) sum of g */
static void pull_log_softmax(const du_tensor_node *node, double *adjoint)
{
    size_t n = columns_of(node);
    const double *y = node->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i += n) {
        double s = 0.0;
        for (size_t j = i; j < i + n; j++) s += g[j];
        for (size_t j = i; j < i + n; j++) xbar[j] += g[j] - times(exp(y[j]), s);
    }
}
static du_tensor softmax(du_tensor x, const char *op, int logarithm, pullback *pull)
{
    du_tape *t = with_axis(x, op, du_tensor_shape(x).rank - 1);
    du_tensor_node *node = t ? du_tensor_begin(t, op, x.node->shape, 1, &x, pull) : NULL;
    size_t n = node ? columns_of(node) : 1;
    for (size_t i = 0; node && i < node->size; i += n) {
        double m, l = row_log_sum(x.node->value + i, n, &m);
        for (size_t j = i; j < i + n; j++) node->value[j] = logarithm ? x.node->value[j] - m - l : exp(x.node->value[j] - m - l);
    }
    return du_tensor_result(x.tape, node);
}
du_tensor du_tensor_softmax(du_tensor x) { return softmax(x, "softmax", 0, pull_softmax); }
du_tensor du_tensor_log_softmax(du_tensor x) { return softmax(x, "log_softmax", 1, pull_log_softmax); }

static void pull_mse(const du_tensor_node *node, double *adjoint)
{
    const double *a = node->in[0]->value, *b = node->in[1]->value;
    double *abar = adjoint_of(node->in[0], adjoint), *bbar = adjoint_of(node->in[1], adjoint);
    double g = adjoint[node->slot] * node->number;
    for (size_t i = 0; abar && i < node->in[0]->size; i++) abar[i] += g * (a[i] - b[i]);
    for (size_t i = 0; bbar && i < node->in[0]->size; i++) bbar[i] -= g * (a[i] - b[i]);
}

/* one operation where the shapes are the same, three where one is repeated */
du_tensor du_tensor_mse(du_tensor a, du_tensor b)
{
    du_tensor in[2] = { a, b };
    if (!a.node || !b.node || !same_shape(a.node->shape, b.node->shape))
        return du_tensor_mean(du_tensor_sqr(du_tensor_sub(a, b)));
    du_tape *t = du_tensor_tape(2, in);
    du_tensor_node *node = t ? du_tensor_begin(t, "mse", DU_SCALAR, 2, in, pull_mse) : NULL;
    if (!node) return du_tensor_failed(a.tape);
    double s = 0.0;
    for (size_t i = 0; i < a.node->size; i++) {
        double d = a.node->value[i] - b.node->value[i];
        s += d * d;
    }
    node->value[0] = s / (double)a.node->size;
    node->number = 2.0 / (double)a.node->size;
    return du_tensor_result(t, node);
}

static void pull_cross_entropy(const du_tensor_node *node, double *adjoint)
{
    const size_t *label = node->saved, n = columns_of(node->in[0]), rows = node->in[0]->shape.n[0];
    const double *x = node->in[0]->value;
    double *xbar = adjoint + node->in[0]->slot, g = adjoint[node->slot] / (double)rows;
    for (size_t i = 0; i < rows; i++) {
        double m, l = row_log_sum(x + i * n, n, &m);
        for (size_t j = 0; j < n; j++) xbar[i * n + j] += g * (exp(x[i * n + j] - m - l) - (j == label[i] ? 1.0 : 0.0));
    }
}
du_tensor du_tensor_cross_entropy(du_tensor logits, const size_t label[])
{
    du_tape *t = with_axis(logits, "cross_entropy", 1);
    if (!t) return du_tensor_failed(logits.tape);
    du_shape s = logits.node->shape;
    if (s.rank != 2 || s.n[0] == 0) return du_tensor_mismatch(t, "cross_entropy", s, DU_SHAPE(s.n[0]));
    for (size_t i = 0; i < s.n[0]; i++) if (label[i] >= s.n[1]) return du_tensor_mismatch(t, "cross_entropy: a label", s, DU_SHAPE(label[i]));
    const size_t *saved = keep(t, label, s.n[0]);
    du_tensor_node *node = saved ? du_tensor_begin(t, "cross_entropy", DU_SCALAR, 1, &logits, pull_cross_entropy) : NULL;
    if (!node) return du_tensor_failed(t);
    double total = 0.0;
    for (size_t i = 0; i < s.n[0]; i++) {
        const double *row = logits.node->value + i * s.n[1];
        double m, l = row_log_sum(row, s.n[1], &m);
        total += m - row[label[i]] + l;
    }
    node->saved = saved;
    node->value[0] = total / (double)s.n[0];
    return du_tensor_result(t, node);
}

/* ---- custom functions ---- */

static void pull_custom(const du_tensor_node *node, double *adjoint)
{
    du_tensor in[MOST_INPUTS], y = { .node = (du_tensor_node *)(uintptr_t)node };
    double *bar[MOST_INPUTS] = { NULL };
    size_t n = 0;
    for (; n < MOST_INPUTS && node->in[n]; n++) {
        in[n] = (du_tensor){ .node = node->in[n] };
        bar[n] = adjoint_of(node->in[n], adjoint);
    }
    node->custom(in, n, y, adjoint + node->slot, bar, node->data);
}

du_tensor du_tensor_custom(du_tape *t, const char *op, size_t n, const du_tensor x[], du_shape shape,
                           const double values[], du_tensor_pullback *pull, void *data)
{
    if (!t || t->status) return du_tensor_failed(t);
    if (!op || n == 0 || n > MOST_INPUTS || !x || !values || !pull || shape.rank > DU_MOST_RANK)
    {
        du_tape_fail(t, DU_EINVAL, "a custom function needs a name, one to three inputs, values and a pull-back");
        return du_tensor_failed(t);
    }
    if (du_tensor_tape(n, x) != t) {
        du_tape_fail(t, DU_EFOREIGN, NULL);
        return du_tensor_failed(t);
    }
    du_tensor_node *node = du_tensor_begin(t, op, shape, n, x, pull_custom);
    if (!node) return du_tensor_failed(t);
    memcpy(node->value, values, node->size * sizeof *values);
    node->custom = pull;
    node->data = data;
    return du_tensor_result(t, node);
}
