/* duet/dual.h - forward mode, one direction: a value and its derivative.
 *
 *     (v, d) stands for v + d e with e^2 = 0, so that f(v + d e) = f(v) + f'(v) d e.
 *
 * Seed d = 1 in one independent and 0 in the others; the d of any result is then its derivative
 * in that independent. Header only: cc file.c -lm.
 *
 *     #include <duet/dual.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         du_dual x = { 0.5, 1.0 };
 *         du_dual y = du_dual_mul(x, du_dual_sin(x));
 *         printf("x sin x = %.6f, derivative %.6f\n", y.v, y.d);
 *         return 0;
 *     }
 *
 * Conventions: a zero tangent stays 0 through an infinite derivative (du_real_times). Elementary
 * functions never fail; NaN and infinities go through as in libm. Suffix _s: the second operand is
 * a double; prefix s_: the first is.
 * SPDX-License-Identifier: MIT */
#ifndef DU_DUAL_H
#define DU_DUAL_H

#include <stddef.h>
#include "detail/double.h"

DU_EXACT_BEGIN

typedef struct { double v, d; } du_dual;

static inline du_dual du_dual_constant(double v) { return (du_dual){ v, 0.0 }; }
static inline double du_dual_value(du_dual a) { return a.v; }
static inline du_dual du_dual_lift(double v) { return du_dual_constant(v); }
static inline du_dual du_dual_select(int c, du_dual a, du_dual b) { return c ? a : b; }

/* f(a) = y with f'(a) = p */
static inline du_dual du_dual_chain(du_dual a, double y, double p)
{
    return (du_dual){ y, du_real_times(p, a.d) };
}
/* f(a, b) = y with partial derivatives pa, pb */
static inline du_dual du_dual_chain2(du_dual a, du_dual b, double y, double pa, double pb)
{
    return (du_dual){ y, du_real_times(pa, a.d) + du_real_times(pb, b.d) };
}

static inline du_dual du_dual_add(du_dual a, du_dual b)
{
    return (du_dual){ a.v + b.v, a.d + b.d };
}
static inline du_dual du_dual_sub(du_dual a, du_dual b)
{
    return (du_dual){ a.v - b.v, a.d - b.d };
}
/* (a b)' = b a' + a b' */
static inline du_dual du_dual_mul(du_dual a, du_dual b)
{
    double y = a.v * b.v;
    if (DU_LIKELY(__builtin_isfinite(y))) return (du_dual){ y, b.v * a.d + a.v * b.d };
    return du_dual_chain2(a, b, y, b.v, a.v);
}
/* (a/b)' = (a' - (a/b) b')/b */
static inline du_dual du_dual_div(du_dual a, du_dual b)
{
    double y = a.v / b.v;
    if (DU_LIKELY(__builtin_isfinite(y) && fabs(b.v) > 1.0 / DBL_MAX))
        return (du_dual){ y, (a.d - y * b.d) / b.v };
    return du_dual_chain2(a, b, y, 1.0 / b.v, -y / b.v);
}
static inline du_dual du_dual_fma(du_dual a, du_dual b, du_dual c)
{
    double y = fma(a.v, b.v, c.v);
    if (DU_LIKELY(__builtin_isfinite(y))) return (du_dual){ y, fma(b.v, a.d, fma(a.v, b.d, c.d)) };
    return (du_dual){ y, du_real_times(b.v, a.d) + du_real_times(a.v, b.d) + c.d };
}
static inline du_dual du_dual_add_s(du_dual a, double s) { return (du_dual){ a.v + s, a.d }; }
static inline du_dual du_dual_div_s(du_dual a, double s)
{
    return (du_dual){ a.v / s, a.d == 0.0 ? 0.0 : a.d / s };
}

#define DU_T du_dual
#define DU_(name) du_dual_##name
#define DU_CHAIN(A, y, p, pp) du_dual_chain(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_dual_chain2(A, B, y, pa, pb)
#include "detail/number.inc"

DU_EXACT_END

#endif
