/* tests/bench/hand_recurrence.c - x <- a sin x + x^2, a million steps. SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* sincos */
#include "hand.h"
#include <math.h>

PLAIN(recurrence)
{
    double z = x[0];
    for (int i = 0; i < RECURRENCE_STEPS; i++) z = RECURRENCE_A * sin(z) + z * z;
    *f = z;
}

HAND(recurrence)
{
    double z = x[0], d = 1.0;
    for (int i = 0; i < RECURRENCE_STEPS; i++) {
        double s, c;
        sincos(z, &s, &c);
        d *= RECURRENCE_A * c + 2.0 * z;
        z = RECURRENCE_A * s + z * z;
    }
    *f = z;
    *g = d;
}
