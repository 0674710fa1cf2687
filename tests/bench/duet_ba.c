/* tests/bench/duet_ba.c - bundle adjustment by Duet: a model of two residuals at fifteen inputs
 * that every observation has of its own. SPDX-License-Identifier: MIT */
#include "bench.h"
#include <duet/duet.h>
#include <stdlib.h>

enum { ROTATION = 0, CENTRE = 3, FOCAL = 6, PRINCIPAL = 7, RADIAL = 9, POINT = 11, WEIGHT = 14 };

DU_HELPER(dot3, (const T *a, const T *b),
    return du_fma(a[0], b[0], du_fma(a[1], b[1], du_mul(a[2], b[2])));)
DU_MODEL(reprojection, b[BA_INPUTS], x[2], f[2],
    const T *r = b + ROTATION;
    T y[3];
    T z[3];
    DU_UNROLL for (int i = 0; i < 3; i++) y[i] = du_sub(b[POINT + i], b[CENTRE + i]);
    T t2 = DU_CALL(dot3, r, r);
    T t = du_sqrt(t2);
    T c = du_cos(t);
    T s = du_div(du_sin(t), t);
    T v = du_mul(du_div(du_sub(1.0, c), t2), DU_CALL(dot3, r, y));
    DU_UNROLL for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3;
        int k = (i + 2) % 3;
        T across = du_sub(du_mul(r[j], y[k]), du_mul(r[k], y[j]));
        T turned = du_add(du_mul(c, y[i]), du_mul(s, across), du_mul(v, r[i]));
        z[i] = du_where(du_gt(t2, 0.0), turned, du_add(y[i], across));
    }
    T inverse = du_inv(z[2]);
    T a0 = du_mul(z[0], inverse);
    T a1 = du_mul(z[1], inverse);
    T q = du_add(du_sqr(a0), du_sqr(a1));
    T scale = du_mul(b[FOCAL], du_add(1.0, du_mul(q, du_add(b[RADIAL], du_mul(b[RADIAL + 1], q)))));
    f[0] = du_mul(b[WEIGHT], du_sub(du_add(du_mul(scale, a0), b[PRINCIPAL]), x[0]));
    f[1] = du_mul(b[WEIGHT], du_sub(du_add(du_mul(scale, a1), b[PRINCIPAL + 1]), x[1]));
)

#define WAY(id, ...) \
    static void id(const double *x, double *f, double *g) \
    { \
        static du_observer *o; \
        if (!o) o = du_observer_map(&reprojection, BA_OBSERVATIONS, 2, ba_features(), BA_INPUTS, \
            2, &(du_observer_options){ __VA_ARGS__ }); \
        if (du_observe_each(o, x, f, g)) abort(); \
    }
WAY(duals, .mode = DU_FORWARD, .chunk = 16, .lanes = DU_ONE_LANE, .threads = 1)
WAY(tape, .mode = DU_REVERSE, .lanes = DU_ONE_LANE, .threads = 1)
WAY(packed_duals, .mode = DU_FORWARD, .lanes = DU_EIGHT_LANES, .threads = 1)
WAY(packed, .mode = DU_REVERSE, .lanes = DU_EIGHT_LANES, .threads = 1)
WAY(automatic, .threads = 1)
const bench_tool duet_ba[] = {
    { "duet-plain-duals", duals }, { "duet-plain-tape", tape },
        { "duet-packed-duals", packed_duals },
    { "duet-packed", packed }, { "duet-auto", automatic }, { NULL, NULL } };
