/* tests/bench/hand_gmm.h - what the two derivatives by hand of ADBench's Gaussian mixture share,
 * with a Wishart prior of gamma = 1 and m = 0. A component's icf is the logarithms of the diagonal
 * of Q, then what lies below it column by column; its exponent at a point x is alpha + the sum of
 * the logarithms - |Q (x - mean)|^2 / 2.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_HAND_GMM_H
#define BENCH_HAND_GMM_H

#include "hand.h"
#include <math.h>

enum { MOST_D = 20, MOST_K = 25 };
#define LOG_PI 1.14472988584940017414
#define LOG_2_PI 1.83787706640934548356
#define LOG_2 0.693147180559945309417

typedef struct {
    size_t d, k, n, icf_size;
    const double *points, *alphas, *means, *icf;
    double sums[MOST_K], diagonals[MOST_K][MOST_D];
} mixture;

static inline void unpack(mixture *m, size_t d, size_t k, size_t n, const double *p)
{
    m->d = d, m->k = k, m->n = n, m->icf_size = d * (d + 1) / 2;
    m->points = gmm_points(d, n);
    m->alphas = p;
    m->means = p + k;
    m->icf = p + k + k * d;
    for (size_t j = 0; j < k; j++) {
        m->sums[j] = 0.0;
        for (size_t q = 0; q < d; q++) {
            double l = m->icf[j * m->icf_size + q];
            m->sums[j] += l;
            m->diagonals[j][q] = exp(l);
        }
    }
}

/* log of the sum of exp(a[j]); exp(a[j]), not yet divided by their sum, stay in a */
static inline double log_sum_exp(size_t k, double *a, double *sum)
{
    double most = -INFINITY, s = 0.0;
    for (size_t j = 0; j < k; j++) most = a[j] > most ? a[j] : most;
    for (size_t j = 0; j < k; j++) s += a[j] = exp(a[j] - most);
    *sum = s;
    return most + log(s);
}

/* what does not depend on the points: the prior, the weights' normalisation and the constants */
static inline double rest(const mixture *m)
{
    double d = (double)m->d, k = (double)m->k, n = (double)m->n, squares = 0.0, weights[MOST_K],
        sum;
    for (size_t j = 0; j < m->k; j++) {
        weights[j] = m->alphas[j];
        for (size_t q = 0; q < m->d; q++) squares += m->diagonals[j][q] * m->diagonals[j][q];
        for (size_t q = m->d; q < m->icf_size; q++)
            squares += m->icf[j * m->icf_size + q] * m->icf[j * m->icf_size + q];
    }
    double log_gamma = 0.25 * d * (d - 1.0) * LOG_PI;
    for (size_t q = 0; q < m->d; q++) log_gamma += lgamma(0.5 * (d + 1.0 - (double)q));
    return -0.5 * n * d * LOG_2_PI - n * log_sum_exp(m->k, weights, &sum) + 0.5 * squares
        + k * (0.5 * (d + 1.0) * d * LOG_2 + log_gamma);
}

/* from the sums over points to derivatives, with those of rest() */
static inline void finish(const mixture *m, double *alphas, double *means, double *icfs)
{
    size_t d = m->d;
    double weights[MOST_K], sum;
    for (size_t j = 0; j < m->k; j++) weights[j] = m->alphas[j];
    log_sum_exp(m->k, weights, &sum);
    for (size_t j = 0; j < m->k; j++) {
        const double *lower = m->icf + j * m->icf_size + d, *diagonal = m->diagonals[j];
        double *mean = means + j * d, *icf = icfs + j * m->icf_size, *below = icf + d;
        for (size_t q = 0; q < d; q++) {
            icf[q] = alphas[j] + diagonal[q] * (icf[q] + diagonal[q]);
            mean[q] *= diagonal[q];
            for (size_t r = q + 1; r < d; r++) {
                mean[q] += *lower * mean[r];
                *below++ += *lower++;
            }
        }
        alphas[j] -= (double)m->n * weights[j] / sum;
    }
}

#endif
