/* tests/bench/hand_gmm.c - the objective of a Gaussian mixture and its gradient, a point at a time:
 * the loops of ADBench's formula. hand_gmm_blocked.c is the same with the loops turned inside out.
 * SPDX-License-Identifier: MIT */
#include "hand_gmm.h"

/* c = x - mean, y = Q c; returns |y|^2 */
static double distance(const mixture *m, size_t j, const double *restrict x, double *restrict c,
                       double *restrict y)
{
    size_t d = m->d;
    const double *mean = m->means + j * d, *diagonal = m->diagonals[j], *lower = m->icf +
        j * m->icf_size + d;
    for (size_t q = 0; q < d; q++) {
        c[q] = x[q] - mean[q];
        y[q] = diagonal[q] * c[q];
    }
    for (size_t q = 0; q < d; q++)
        for (size_t r = q + 1; r < d; r++) y[r] += *lower++ * c[q];
    double s = 0.0;
    for (size_t q = 0; q < d; q++) s += y[q] * y[q];
    return s;
}

static double value(size_t d, size_t k, size_t n, const double *p)
{
    mixture m;
    double s = 0.0, sum, a[MOST_K], c[MOST_D], y[MOST_D];
    unpack(&m, d, k, n, p);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++)
            a[j] = m.alphas[j] + m.sums[j] - 0.5 * distance(&m, j, m.points + i * d, c, y);
        s += log_sum_exp(k, a, &sum);
    }
    return s + rest(&m);
}

/* A point with share w adds -w y c' to the derivative by Q and w Q'y to that by the mean; Q' is
 * applied at the end, to the sum of w y. */
static void add_share(size_t d, double w, const double *restrict c, const double *restrict y,
                      double *restrict mean, double *restrict icf)
{
    double *lower = icf + d, wy[MOST_D];
    for (size_t q = 0; q < d; q++) {
        wy[q] = w * y[q];
        mean[q] += wy[q];
        icf[q] -= wy[q] * c[q];
    }
    for (size_t q = 0; q < d; q++)
        for (size_t r = q + 1; r < d; r++) *lower++ -= wy[r] * c[q];
}

static double gradient(size_t d, size_t k, size_t n, const double *p, double *g)
{
    mixture m;
    double s = 0.0, sum, a[MOST_K], c[MOST_K][MOST_D], y[MOST_K][MOST_D];
    double *alphas = g, *means = g + k, *icf = means + k * d;
    unpack(&m, d, k, n, p);
    for (size_t i = 0; i < GMM_PARAMETERS(d, k); i++) g[i] = 0.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++)
            a[j] = m.alphas[j] + m.sums[j] - 0.5 * distance(&m, j, m.points + i * d, c[j], y[j]);
        s += log_sum_exp(k, a, &sum);
        for (size_t j = 0; j < k; j++) {
            a[j] /= sum;
            alphas[j] += a[j];
            add_share(d, a[j], c[j], y[j], means + j * d, icf + j * m.icf_size);
        }
    }
    finish(&m, alphas, means, icf);
    return s + rest(&m);
}

#define CASE(workload, d, k, n) \
    PLAIN(workload) { *f = value(d, k, n, x); } \
    HAND(workload) { *f = gradient(d, k, n, x, g); }
CASE(gmm_d10_k5, 10, 5, 1000)
CASE(gmm_d20_k25, 20, 25, 1000)
CASE(gmm_n1000, 10, 5, 1000)
CASE(gmm_n10000, 10, 5, 10000)
CASE(gmm_n100000, 10, 5, 100000)
