/* tests/bench/hand_gauss1.c - the model of NIST's Gauss1, an exponential and two Gaussians, at n
 * abscissae, and its Jacobian. SPDX-License-Identifier: MIT */
#include "hand.h"
#include <math.h>

static void values(size_t n, const double *b, double *f)
{
    const double *x = gauss1_abscissae(n);
    for (size_t i = 0; i < n; i++) {
        double u = (x[i] - b[3]) / b[4], v = (x[i] - b[6]) / b[7];
        f[i] = b[0] * exp(-b[1] * x[i]) + b[2] * exp(-u * u) + b[5] * exp(-v * v);
    }
}

static void jacobian(size_t n, const double *restrict b, double *restrict f, double *restrict g)
{
    const double *x = gauss1_abscissae(n);
    double b4 = 1.0 / b[4], b7 = 1.0 / b[7];
    for (size_t i = 0; i < n; i++, g += GAUSS1_PARAMETERS) {
        double u = (x[i] - b[3]) * b4, v = (x[i] - b[6]) * b7;
        double e = exp(-b[1] * x[i]), eu = exp(-u * u), ev = exp(-v * v);
        double du = 2.0 * b[2] * b4 * eu * u, dv = 2.0 * b[5] * b7 * ev * v;
        f[i] = b[0] * e + b[2] * eu + b[5] * ev;
        g[0] = e;
        g[1] = -x[i] * b[0] * e;
        g[2] = eu;
        g[3] = du;
        g[4] = du * u;
        g[5] = ev;
        g[6] = dv;
        g[7] = dv * v;
    }
}

#define CASE(workload, n) \
    PLAIN(workload) { values(n, x, f); } \
    HAND(workload) { jacobian(n, x, f, g); }
CASE(gauss1_250, 250)
CASE(gauss1_100000, 100000)
