/* tests/bench/duet_logistic.c - logistic regression by Duet: minus the log-likelihood of one row,
 * summed by an observer. SPDX-License-Identifier: MIT */
#include "bench.h"
#include <duet/duet.h>
#include <stdlib.h>
#include <string.h>

enum { N = LOGISTIC_FEATURES };

DU_HELPER(cost, (T z, D y), return du_sub(du_softplus(z), du_mul(y, z));)
DU_MODEL(row_plain, b[N], x[N + 1], y[1],
    T z = du_mul(b[0], x[0]);
    for (size_t j = 1; j < N; j++) z = du_add(z, du_mul(b[j], x[j]));
    y[0] = DU_CALL(cost, z, x[N]);
)
DU_MODEL(row, b[N], x[N + 1], y[1], y[0] = DU_CALL(cost, du_dot(b, x, N), x[N]);)

/* features and label side by side */
static const double *rows(void)
{
    static double *x;
    const double *a = logistic_features(), *y = logistic_labels();
    if (!x && !(x = malloc(LOGISTIC_ROWS * (N + 1) * sizeof *x))) abort();
    for (size_t i = 0; i < LOGISTIC_ROWS; i++) {
        memcpy(x + i * (N + 1), a + i * N, N * sizeof *x);
        x[i * (N + 1) + N] = y[i];
    }
    return x;
}

#define WAY(id, model, ...) \
    static void id(const double *x, double *f, double *g) \
    { \
        static du_observer *o; \
        du_data data = { .rows = LOGISTIC_ROWS, .cols = N + 1 }; \
        if (!o) { \
            data.x = rows(); \
            o = du_observer_new(&model, &data, N, &(du_observer_options){ __VA_ARGS__ }); \
        } \
        if (du_observe_objective(o, x, f, g)) abort(); \
    }
WAY(plain_tape, row_plain, .mode = DU_REVERSE, .lanes = DU_ONE_LANE, .threads = 1)
WAY(plain_duals, row_plain, .mode = DU_FORWARD, .lanes = DU_ONE_LANE, .threads = 1)
WAY(kernels, row, .mode = DU_REVERSE, .lanes = DU_ONE_LANE, .threads = 1)
WAY(packed, row, .mode = DU_REVERSE, .lanes = DU_EIGHT_LANES, .threads = 1)
WAY(packed_duals, row, .mode = DU_FORWARD, .lanes = DU_EIGHT_LANES, .threads = 1)
WAY(automatic, row, .threads = 1)
const bench_tool duet_logistic[] = {
    { "duet-plain-tape", plain_tape }, { "duet-plain-duals", plain_duals },
        { "duet-kernels", kernels },
    { "duet-packed", packed }, { "duet-packed-duals", packed_duals }, { "duet-auto", automatic },
        { NULL, NULL } };
