/* tests/bench/hand_logistic.c - minus the log-likelihood of a logistic regression, the sum over all
 * rows of softplus(z) - y z with z = a'x, and its gradient, the sum of (logistic(z) - y) a.
 * SPDX-License-Identifier: MIT */
#include "hand.h"
#include <math.h>

enum { N = LOGISTIC_FEATURES };

static inline double dot(const double *a, const double *x)
{
    double s = 0.0;
    for (int j = 0; j < N; j++) s += a[j] * x[j];
    return s;
}

PLAIN(logistic)
{
    const double *a = logistic_features(), *y = logistic_labels();
    double s = 0.0;
    for (int i = 0; i < LOGISTIC_ROWS; i++, a += N) {
        double z = dot(a, x);
        s += log1p(exp(-fabs(z))) + fmax(z, 0.0) - y[i] * z;
    }
    *f = s;
}

/* The exponential of the value serves the logistic function too. log1p(e) is libm's, or log and
 * what rounding 1 + e lost: within 2 units in the last place, and faster where libm's log is
 * (glibc). */
static inline void gradient(const double *x, double *f, double *g, int by_log)
{
    const double *a = logistic_features(), *y = logistic_labels();
    double s = 0.0, sums[N] = { 0.0 };
    for (int i = 0; i < LOGISTIC_ROWS; i++, a += N) {
        double z = dot(a, x), e = exp(-fabs(z)), u = 1.0 + e;
        double r = (z < 0.0 ? e : 1.0) / u - y[i];
        s += (by_log ? log(u) + (e - (u - 1.0)) / u : log1p(e)) + fmax(z, 0.0) - y[i] * z;
        for (int j = 0; j < N; j++) sums[j] += r * a[j];
    }
    for (int j = 0; j < N; j++) g[j] = sums[j];
    *f = s;
}
HAND(logistic) { gradient(x, f, g, 0); }
HAND2(logistic) { gradient(x, f, g, 1); }
