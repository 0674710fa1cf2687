/* tests/bench/duet_gauss1.c - NIST's Gauss1 model by Duet: values and rows of the Jacobian, by an
 * observer.
 * SPDX-License-Identifier: MIT */
#include "bench.h"
#include <duet/duet.h>
#include <stdlib.h>

DU_HELPER(peak, (T a, T c, T w, D x),
    return du_mul(a, du_exp(du_neg(du_sqr(du_div(du_sub(x, c), w)))));)
DU_MODEL(gauss1, b[GAUSS1_PARAMETERS], x[1], y[1],
    y[0] = du_add(du_mul(b[0], du_exp(du_neg(du_mul(b[1], x[0])))),
                  DU_CALL(peak, b[2], b[3], b[4], x[0]), DU_CALL(peak, b[5], b[6], b[7], x[0]));
)

#define WAY(id, n, ...) \
    static void id##_##n(const double *x, double *f, double *g) \
    { \
        static du_observer *o; \
        du_data data = { .rows = n, .cols = 1, .x = gauss1_abscissae(n) }; \
        if (!o) o = du_observer_new(&gauss1, &data, GAUSS1_PARAMETERS, \
            &(du_observer_options){ __VA_ARGS__ }); \
        if (du_observe_jacobian(o, x, f, g, GAUSS1_PARAMETERS)) abort(); \
    }
#define CASE(n) \
    WAY(duals, n, .mode = DU_FORWARD, .lanes = DU_ONE_LANE, .threads = 1) \
    WAY(tape, n, .mode = DU_REVERSE, .lanes = DU_ONE_LANE, .threads = 1) \
    WAY(packed_duals, n, .mode = DU_FORWARD, .lanes = DU_EIGHT_LANES, .threads = 1) \
    WAY(packed, n, .mode = DU_REVERSE, .lanes = DU_EIGHT_LANES, .threads = 1) \
    WAY(automatic, n, .threads = 1) \
    WAY(threads, n, .threads = 2) \
    const bench_tool duet_gauss1_##n[] = { \
        { "duet-plain-duals", duals_##n }, { "duet-plain-tape", tape_##n }, \
            { "duet-packed-duals", packed_duals_##n }, \
        { "duet-packed", packed_##n }, { "duet-auto", automatic_##n }, \
            { "duet-auto-2-threads", threads_##n }, { NULL, NULL } };
CASE(250)
CASE(100000)
