/* duet/jet.h - forward mode, second order in one direction: value, first and second derivative.
 *
 *     f(v + d t + dd t^2/2 + ...): y' = f' d,  y'' = f'' d^2 + f' dd
 *
 * Seed d = v_i, dd = 0 in every independent i; the dd of a result is then v^T H v, which is what
 * GSL's geodesic acceleration calls fvv. Conventions as in dual.h.
 *
 *     #include <duet/jet.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         du_jet x = { 2.0, 1.0, 0.0 }, y = du_jet_pow_s(x, 3.0);
 *         printf("x^3: %g, %g, %g\n", y.v, y.d, y.dd);
 *         return 0;
 *     }
 * SPDX-License-Identifier: MIT */
#ifndef DU_JET_H
#define DU_JET_H

#include <stddef.h>
#include "detail/double.h"

DU_EXACT_BEGIN

typedef struct { double v, d, dd; } du_jet;

static inline du_jet du_jet_constant(double v) { return (du_jet){ v, 0.0, 0.0 }; }
static inline double du_jet_value(du_jet a) { return a.v; }
static inline du_jet du_jet_lift(double v) { return du_jet_constant(v); }
static inline du_jet du_jet_select(int c, du_jet a, du_jet b) { return c ? a : b; }

static inline du_jet du_jet_chain(du_jet a, double y, double p, double pp)
{
    return (du_jet){ y, du_real_times(p, a.d),
                     du_real_times(pp, a.d) * a.d + du_real_times(p, a.dd) };
}
/* y'' = paa a'^2 + 2 pab a' b' + pbb b'^2 + pa a'' + pb b'' */
static inline du_jet du_jet_chain2(du_jet a, du_jet b, double y, double pa, double pb,
                                   double paa, double pab, double pbb)
{
    double mixed = a.d * b.d == 0.0 ? 0.0 : 2.0 * pab * a.d * b.d;
    return (du_jet){ y, du_real_times(pa, a.d) + du_real_times(pb, b.d),
                     du_real_times(paa, a.d) * a.d + mixed + du_real_times(pbb, b.d) * b.d
                         + du_real_times(pa, a.dd) + du_real_times(pb, b.dd) };
}

static inline du_jet du_jet_add(du_jet a, du_jet b)
{
    return (du_jet){ a.v + b.v, a.d + b.d, a.dd + b.dd };
}
static inline du_jet du_jet_sub(du_jet a, du_jet b)
{
    return (du_jet){ a.v - b.v, a.d - b.d, a.dd - b.dd };
}
static inline du_jet du_jet_fma(du_jet a, du_jet b, du_jet c)
{
    du_jet r = du_jet_chain2(a, b, fma(a.v, b.v, c.v), b.v, a.v, 0.0, 1.0, 0.0);
    return (du_jet){ r.v, r.d + c.d, r.dd + c.dd };
}
static inline du_jet du_jet_add_s(du_jet a, double s) { return (du_jet){ a.v + s, a.d, a.dd }; }
static inline du_jet du_jet_div_s(du_jet a, double s)
{
    return (du_jet){ a.v / s, a.d == 0.0 ? 0.0 : a.d / s, a.dd == 0.0 ? 0.0 : a.dd / s };
}

#define DU_SECOND_ORDER
#define DU_T du_jet
#define DU_(name) du_jet_##name
#define DU_CHAIN(A, y, p, pp) du_jet_chain(A, y, p, pp)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_jet_chain2(A, B, y, pa, pb, paa, pab, pbb)
#include "detail/number.inc"

DU_EXACT_END

#endif
