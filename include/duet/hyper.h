/* duet/hyper.h - forward mode, second order in two directions: a hyper-dual number.
 *
 *     v + a e1 + b e2 + ab e1 e2 with e1^2 = e2^2 = 0:
 *     f: (f, f' a, f' b, f' ab + f'' a b)
 *
 * Seed a = 1 in input i and b = 1 in input j; the ab of a result is then its second derivative
 * d2/dxi dxj, exact, with no step and no subtraction (Fike & Alonso 2011). Conventions as in
 * dual.h.
 *
 *     #include <duet/hyper.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         du_hyper x = { 2.0, 1.0, 0.0, 0.0 }, y = { 3.0, 0.0, 1.0, 0.0 };
 *         du_hyper z = du_hyper_mul(du_hyper_sqr(x), y);
 *         printf("x^2 y: d2/dxdy = %g\n", z.ab);
 *         return 0;
 *     }
 * SPDX-License-Identifier: MIT */
#ifndef DU_HYPER_H
#define DU_HYPER_H

#include <stddef.h>
#include "detail/double.h"

DU_EXACT_BEGIN

typedef struct { double v, a, b, ab; } du_hyper;

static inline du_hyper du_hyper_constant(double v) { return (du_hyper){ v, 0.0, 0.0, 0.0 }; }
static inline double du_hyper_value(du_hyper x) { return x.v; }
static inline du_hyper du_hyper_lift(double v) { return du_hyper_constant(v); }
static inline du_hyper du_hyper_select(int c, du_hyper a, du_hyper b) { return c ? a : b; }

/* pp s t for tangents s and t; 0 when one of them is */
static inline double du_hyper_curve(double pp, double s, double t)
{
    return s == 0.0 || t == 0.0 ? 0.0 : pp * s * t;
}
static inline du_hyper du_hyper_chain(du_hyper x, double y, double p, double pp)
{
    return (du_hyper){ y, du_real_times(p, x.a), du_real_times(p, x.b),
                       du_real_times(p, x.ab) + du_hyper_curve(pp, x.a, x.b) };
}
static inline du_hyper du_hyper_chain2(du_hyper x, du_hyper z, double y, double px, double pz,
                                       double pxx, double pxz, double pzz)
{
    return (du_hyper){ y, du_real_times(px, x.a) + du_real_times(pz, z.a),
                       du_real_times(px, x.b) + du_real_times(pz, z.b),
                       du_real_times(px, x.ab) + du_real_times(pz, z.ab)
                           + du_hyper_curve(pxx, x.a, x.b) + du_hyper_curve(pzz, z.a, z.b)
                           + du_hyper_curve(pxz, x.a, z.b) + du_hyper_curve(pxz, z.a, x.b) };
}

static inline du_hyper du_hyper_add(du_hyper x, du_hyper z)
{
    return (du_hyper){ x.v + z.v, x.a + z.a, x.b + z.b, x.ab + z.ab };
}
static inline du_hyper du_hyper_sub(du_hyper x, du_hyper z)
{
    return (du_hyper){ x.v - z.v, x.a - z.a, x.b - z.b, x.ab - z.ab };
}
static inline du_hyper du_hyper_fma(du_hyper x, du_hyper z, du_hyper c)
{
    du_hyper r = du_hyper_chain2(x, z, fma(x.v, z.v, c.v), z.v, x.v, 0.0, 1.0, 0.0);
    return (du_hyper){ r.v, r.a + c.a, r.b + c.b, r.ab + c.ab };
}
static inline du_hyper du_hyper_add_s(du_hyper x, double s)
{
    return (du_hyper){ x.v + s, x.a, x.b, x.ab };
}
static inline du_hyper du_hyper_div_s(du_hyper x, double s)
{
    return (du_hyper){ x.v / s, x.a == 0.0 ? 0.0 : x.a / s, x.b == 0.0 ? 0.0 : x.b / s,
        x.ab == 0.0 ? 0.0 : x.ab / s };
}

#define DU_SECOND_ORDER
#define DU_T du_hyper
#define DU_(name) du_hyper_##name
#define DU_CHAIN(A, y, p, pp) du_hyper_chain(A, y, p, pp)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_hyper_chain2(A, B, y, pa, pb, paa, pab, pbb)
#include "detail/number.inc"

DU_EXACT_END

#endif
