/* tests/bench/hand_ackley.c - Ackley's function of ten variables. SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sincos */
#include "hand.h"
#include <math.h>

enum { N = 10 };
#define TWO_PI 6.28318530717958647693

PLAIN(ackley_forward)
{
    double squares = 0.0, waves = 0.0;
    for (int i = 0; i < N; i++) {
        squares += x[i] * x[i];
        waves += cos(TWO_PI * x[i]);
    }
    *f = -20.0 * exp(-0.2 * sqrt(squares / N)) - exp(waves / N) + 20.0 + exp(1.0);
}

HAND(ackley_forward)
{
    double squares = 0.0, waves = 0.0;
    for (int i = 0; i < N; i++) {
        double s, c;
        sincos(TWO_PI * x[i], &s, &c);
        g[i] = s;
        squares += x[i] * x[i];
        waves += c;
    }
    double radius = sqrt(squares / N), e = -20.0 * exp(-0.2 * radius), w = exp(waves / N);
    double along = -0.2 * e / (N * radius);
    for (int i = 0; i < N; i++) g[i] = along * x[i] + w * TWO_PI / N * g[i];
    *f = e - w + 20.0 + exp(1.0);
}
