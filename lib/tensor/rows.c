/* lib/tensor/rows.c - what is taken over the last axis: log of the sum of exponentials, softmax and
 * its logarithm; and the losses: mean square and cross entropy.
 * SPDX-License-Identifier: MIT */
#include "node.h"

static size_t columns_of(const du_tensor_node *x) { return x->shape.n[x->shape.rank - 1]; }
/* the last axis of an operand not yet checked; SIZE_MAX where there is none */
static size_t last_axis(du_tensor x) { return du_tensor_shape(x).rank - 1; }

/* The log of the sum of e^x is most + log_sum, with most the largest x. The two are kept apart, so
 * that x - most loses no digits. */
typedef struct {
    double most, log_sum;
} log_total;
static log_total row_total(const double *x, size_t n)
{
    double most = -(double)INFINITY, s = 0.0;
    for (size_t j = 0; j < n; j++)
        if (!(x[j] <= most)) most = x[j];
    if (!(fabs(most) <= DBL_MAX)) return (log_total){ most, 0.0 };
    for (size_t j = 0; j < n; j++) s += exp(x[j] - most);
    return (log_total){ most, log(s) };
}
/* log of softmax at x, an element of the row of the total */
static double log_share(log_total r, double x) { return x - r.most - r.log_sum; }

/* ---- log of the sum of exponentials ---- */

static void pull_logsumexp(const du_tensor_node *node, double *adjoint)
{
    size_t n = columns_of(node->in[0]);
    const double *x = node->in[0]->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i++, x += n, xbar += n)
        for (size_t j = 0; j < n; j++) xbar[j] += times(exp(x[j] - node->value[i]), g[i]);
}

du_tensor du_tensor_logsumexp(du_tensor x)
{
    const size_t axis = last_axis(x);
    du_tape *t = du_tensor_with_axis(x, "logsumexp", axis);
    if (!t) return du_tensor_failed(x.tape);
    du_shape s = without_axis(x.node->shape, axis);
    du_tensor_node *node = du_tensor_begin(t, "logsumexp", s, 1, &x, pull_logsumexp);
    for (size_t i = 0, n = columns_of(x.node); node && i < node->size; i++) {
        log_total r = row_total(x.node->value + i * n, n);
        node->value[i] = r.most + r.log_sum;
    }
    return du_tensor_result(t, node);
}

/* ---- softmax ---- */

/* y = softmax: xbar += y (g - sum of y g). Its logarithm y: xbar += g - e^y sum of g. */
static inline void pull_rows(const du_tensor_node *node, double *adjoint, int logarithm)
{
    const size_t n = columns_of(node);
    const double *y = node->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i += n) {
        double s = 0.0;
        for (size_t j = i; j < i + n; j++) s += logarithm ? g[j] : times(y[j], g[j]);
        for (size_t j = i; j < i + n; j++)
            xbar[j] += logarithm ? g[j] - times(exp(y[j]), s) : y[j] * (g[j] - s);
    }
}
static void pull_softmax(const du_tensor_node *node, double *adjoint)
{
    pull_rows(node, adjoint, 0);
}
static void pull_log_softmax(const du_tensor_node *node, double *adjoint)
{
    pull_rows(node, adjoint, 1);
}

static du_tensor softmax(du_tensor x, const char *op, int logarithm, pullback *pull)
{
    du_tape *t = du_tensor_with_axis(x, op, last_axis(x));
    du_tensor_node *node = t ? du_tensor_begin(t, op, x.node->shape, 1, &x, pull) : NULL;
    size_t n = node ? columns_of(node) : 1;
    for (size_t i = 0; node && i < node->size; i += n) {
        log_total r = row_total(x.node->value + i, n);
        for (size_t j = i; j < i + n; j++) {
            double l = log_share(r, x.node->value[j]);
            node->value[j] = logarithm ? l : exp(l);
        }
    }
    return du_tensor_result(x.tape, node);
}
du_tensor du_tensor_softmax(du_tensor x) { return softmax(x, "softmax", 0, pull_softmax); }
du_tensor du_tensor_log_softmax(du_tensor x)
{
    return softmax(x, "log_softmax", 1, pull_log_softmax);
}

/* ---- mean square ---- */

static void pull_mse(const du_tensor_node *node, double *adjoint)
{
    const double *a = node->in[0]->value, *b = node->in[1]->value;
    double g = adjoint[node->slot] * node->number;
    for (size_t k = 0; k < 2; k++, g = -g) {
        double *bar = adjoint_of(node->in[k], adjoint);
        for (size_t i = 0; bar && i < node->in[k]->size; i++) bar[i] += g * (a[i] - b[i]);
    }
}

/* one operation where the shapes are the same, three where one is repeated */
du_tensor du_tensor_mse(du_tensor a, du_tensor b)
{
    du_tensor in[2] = { a, b };
    if (!a.node || !b.node || !same_shape(du_tensor_shape(a), du_tensor_shape(b)))
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

/* ---- cross entropy ---- */

static void pull_cross_entropy(const du_tensor_node *node, double *adjoint)
{
    const size_t *label = node->saved, n = columns_of(node->in[0]), rows = node->in[0]->shape.n[0];
    const double *x = node->in[0]->value, g = adjoint[node->slot] / (double)rows;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < rows; i++, x += n, xbar += n) {
        log_total r = row_total(x, n);
        for (size_t j = 0; j < n; j++)
            xbar[j] += g * (exp(log_share(r, x[j])) - (j == label[i] ? 1.0 : 0.0));
    }
}

du_tensor du_tensor_cross_entropy(du_tensor logits, const size_t label[])
{
    du_tape *t = du_tensor_tape(1, &logits);
    if (!t) return du_tensor_failed(logits.tape);
    du_shape s = logits.node->shape;
    if (s.rank != 2 || s.n[0] == 0)
        return du_tensor_fail(t, DU_ESHAPE, "cross_entropy: shape %s is not (rows, classes)",
                              du_shape_words(s).text);
    const size_t *kept = du_tensor_keep(t, "cross_entropy", s.n[0], label, s.n[1]);
    du_tensor_node *node = kept
        ? du_tensor_begin(t, "cross_entropy", DU_SCALAR, 1, &logits, pull_cross_entropy)
        : NULL;
    if (!node) return du_tensor_failed(t);
    double total = 0.0;
    for (size_t i = 0; i < s.n[0]; i++) {
        const double *x = logits.node->value + i * s.n[1];
        log_total r = row_total(x, s.n[1]);
        total += r.most - x[label[i]] + r.log_sum;
    }
    node->saved = kept;
    node->value[0] = total / (double)s.n[0];
    return du_tensor_result(t, node);
}
