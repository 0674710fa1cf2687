/* lib/tensor/reductions.c - sums, means and extremes of all elements or along an axis, and the
 * Euclidean norm.
 * SPDX-License-Identifier: MIT */
#include "node.h"

/* ---- sums and means ---- */

/* Where no axis is behind the reduced one, whole rows of x are summed; else rows are added up. */
static void sum_rows(around a, const double *x, double *to)
{
    for (size_t o = 0; o < a.outer; o++, x += a.length) {
        double s = 0.0;
        for (size_t l = 0; l < a.length; l++) s += x[l];
        to[o] = s;
    }
}
static void add_rows(around a, const double *x, double *to)
{
    memset(to, 0, a.outer * a.inner * sizeof *to);
    for (size_t o = 0; o < a.outer; o++, to += a.inner)
        for (size_t l = 0; l < a.length; l++, x += a.inner)
            for (size_t i = 0; i < a.inner; i++) to[i] += x[i];
}

static void pull_sum(const du_tensor_node *node, double *adjoint)
{
    const around a = node->reduced;
    const double *g = adjoint + node->slot, number = node->number;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t o = 0; a.inner == 1 && o < a.outer; o++, xbar += a.length) {
        const double every = number * g[o];
        for (size_t l = 0; l < a.length; l++) xbar[l] += every;
    }
    for (size_t o = 0; a.inner > 1 && o < a.outer; o++, g += a.inner)
        for (size_t l = 0; l < a.length; l++, xbar += a.inner)
            for (size_t i = 0; i < a.inner; i++) xbar[i] += number * g[i];
}

static du_tensor sum_over(du_tensor x, const char *op, around a, du_shape shape, int mean)
{
    du_tensor_node *node = du_tensor_begin(x.tape, op, shape, 1, &x, pull_sum);
    if (!node) return du_tensor_failed(x.tape);
    node->reduced = a;
    node->number = mean ? 1.0 / (double)a.length : 1.0;
    (a.inner == 1 ? sum_rows : add_rows)(a, x.node->value, node->value);
    for (size_t i = 0; i < node->size; i++) node->value[i] *= node->number;
    return du_tensor_result(x.tape, node);
}

static du_tensor sum_all(du_tensor x, const char *op, int mean)
{
    if (!du_tensor_tape(1, &x)) return du_tensor_failed(x.tape);
    return sum_over(x, op, (around){ 1, x.node->size, 1 }, DU_SCALAR, mean);
}
du_tensor du_tensor_sum(du_tensor x) { return sum_all(x, "sum", 0); }
du_tensor du_tensor_mean(du_tensor x) { return sum_all(x, "mean", 1); }

static du_tensor sum_axis(du_tensor x, size_t axis, const char *op, int mean)
{
    if (!du_tensor_with_axis(x, op, axis)) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    return sum_over(x, op, around_axis(s, axis), without_axis(s, axis), mean);
}
du_tensor du_tensor_sum_axis(du_tensor x, size_t axis) { return sum_axis(x, axis, "sum_axis", 0); }
du_tensor du_tensor_mean_axis(du_tensor x, size_t axis)
{
    return sum_axis(x, axis, "mean_axis", 1);
}

/* ---- extremes ---- */

static void pull_extreme(const du_tensor_node *node, double *adjoint)
{
    const around a = node->reduced;
    for (size_t k = 0; k < node->size; k++) {
        size_t ties = 0, at = k / a.inner * a.length * a.inner + k % a.inner;
        const double *x = node->in[0]->value + at, best = node->value[k];
        double *xbar = adjoint + node->in[0]->slot + at;
        for (size_t l = 0; l < a.length; l++) ties += x[l * a.inner] == best;
        for (size_t l = 0; l < a.length; l++)
            if (x[l * a.inner] == best) xbar[l * a.inner] += adjoint[node->slot + k] / (double)ties;
    }
}
static du_tensor extreme(du_tensor x, size_t axis, const char *op, double sign)
{
    du_tape *t = du_tensor_with_axis(x, op, axis);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = x.node->shape;
    const around a = around_axis(s, axis);
    if (a.length == 0)
        return du_tensor_fail(t, DU_ESHAPE, "%s: axis %zu of shape %s has no elements", op, axis,
                              du_shape_words(s).text);
    du_tensor_node *node = du_tensor_begin(t, op, without_axis(s, axis), 1, &x, pull_extreme);
    if (!node) return du_tensor_failed(t);
    node->reduced = a;
    for (size_t k = 0; k < node->size; k++) {
        const double *v = x.node->value + k / a.inner * a.length * a.inner + k % a.inner;
        double best = v[0];
        for (size_t l = 1; l < a.length; l++) {
            double next = v[l * a.inner];
            if (sign * next > sign * best || next != next) best = next;
        }
        node->value[k] = best;
    }
    return du_tensor_result(t, node);
}
du_tensor du_tensor_max_axis(du_tensor x, size_t axis) { return extreme(x, axis, "max", 1.0); }
du_tensor du_tensor_min_axis(du_tensor x, size_t axis) { return extreme(x, axis, "min", -1.0); }

/* ---- the norm ---- */

static void pull_norm2(const du_tensor_node *node, double *adjoint)
{
    const double *x = node->in[0]->value, norm = node->value[0], g = adjoint[node->slot];
    double *xbar = adjoint + node->in[0]->slot;
    if (norm == 0.0) return;
    for (size_t i = 0; i < node->in[0]->size; i++) xbar[i] += g * (x[i] / norm);
}

du_tensor du_tensor_norm2(du_tensor x)
{
    du_tape *t = du_tensor_tape(1, &x);
    du_tensor_node *node = t ? du_tensor_begin(t, "norm2", DU_SCALAR, 1, &x, pull_norm2) : NULL;
    if (!node) return du_tensor_failed(x.tape);
    double norm = 0.0;
    for (size_t i = 0; i < x.node->size; i++) norm = hypot(norm, x.node->value[i]);
    node->value[0] = norm;
    return du_tensor_result(t, node);
}
