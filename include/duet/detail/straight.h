/* duet/detail/straight.h - forward mode for rows of a Jacobian, of a model or a function: a
 * value, up to 16 partial derivatives, and which of them may be other than zero.
 *
 *     (v, pattern, w[16]): w_k is 0 wherever bit k of pattern is
 *
 * Where the compiler knows the patterns, it knows the zeros: operations on them cost nothing, and
 * what is left of a straight formula in a few parameters is what one would write by hand. It knows
 * them where the parameters come with their patterns and all is inlined and without loops; loops
 * over constant counts take DU_UNROLL (function.h). Where it does not, the pattern is a number,
 * tested at every operation, and dual numbers (dualn.h) are faster.
 *
 *     du_straight           over double
 *     du_pack_straight      over du_pack, eight observations at a time
 *
 *     #include <duet/detail/straight.h>
 *     int main(void)
 *     {
 *         du_straight x = du_straight_independent(2.0, 0), y = du_straight_independent(3.0, 1);
 *         du_straight z = du_straight_mul(x, du_straight_exp(y));
 *         return du_straight_partial(z, 0) == exp(3.0) && z.pattern == 3 ? 0 : 1;
 *     }
 *
 * Functions and models (function.h) are instantiated for them; observers (observe.h) and plans
 * (plan.h) use them. Zeros of the pattern stay zero whatever they are multiplied by; a partial that
 * only happens to be 0 does not, so that 0 times infinity is NaN here where other types have 0:
 * what is not finite is evaluated once more, in dual numbers.
 * SPDX-License-Identifier: MIT */
#if !defined(DU_STRAIGHT_OF)
#ifndef DU_STRAIGHT_H
#define DU_STRAIGHT_H
#include <duet/pack.h>
enum { DU_STRAIGHT_PARTIALS = 16, DU_STRAIGHT_OUTPUTS = 4 }; /* at most */
#define DU_STRAIGHT_OF 1
#include "straight.h"
#define DU_STRAIGHT_OF 8
#include "straight.h"
#endif
#else

#if DU_STRAIGHT_OF == 8
#define DU_PACKED
#define DU_T du_pack_straight
#define DU_S du_pack
#define DU_B(name) du_pack_##name
#else
#define DU_T du_straight
#define DU_S double
#define DU_B(name) du_double_##name
#endif
#define DU_(name) DU_PASTE3(DU_T, _, name)
#ifdef __OPTIMIZE__
#define DU_STATIC static inline __attribute__((always_inline)) /* or patterns are not known */
#else
#define DU_STATIC static inline
#endif
#define DU_HAS(a, k) ((a).pattern >> (k) & 1)
#define DU_ZERO DU_B(constant)(0.0)
/* r.w[k] for every k: of two operands, where both, the first or the second have it */
#define DU_EACH(a, e) DU_TIMES_16(0, if (DU_HAS(a, k)) r.w[k] = (e); else r.w[k] = DU_ZERO;)
#define DU_EACH2(a, b, both, first, second) \
    DU_TIMES_16(0, if (DU_HAS(a, k) && DU_HAS(b, k)) r.w[k] = (both); \
                   else if (DU_HAS(a, k)) r.w[k] = (first); \
                   else if (DU_HAS(b, k)) r.w[k] = (second); \
                   else r.w[k] = DU_ZERO;)

DU_EXACT_BEGIN
typedef struct {
    DU_S v;
    unsigned pattern;
    DU_S w[DU_STRAIGHT_PARTIALS];
} DU_T;

DU_STATIC DU_T DU_(lift)(DU_S v)
{
    DU_T r;
    r.v = v;
    r.pattern = 0;
    DU_TIMES_16(0, r.w[k] = DU_ZERO;)
    return r;
}
DU_STATIC DU_T DU_(constant)(double v) { return DU_(lift)(DU_B(constant)(v)); }
/* value v, partial derivative 1 in direction i < 16 */
DU_STATIC DU_T DU_(independent)(DU_S v, unsigned i)
{
    DU_T r;
    r.v = v;
    r.pattern = 1u << i;
    DU_TIMES_16(0, r.w[k] = DU_B(constant)(i == k ? 1.0 : 0.0);)
    return r;
}
/* What an output is before it is set: with a partial that is not finite, so that a formula which
 * leaves it unset, or adds to it first, is evaluated again in dual numbers, and they say so. */
DU_STATIC DU_T DU_(unset)(void)
{
    DU_T r = DU_(constant)(DU_UNSET);
    r.pattern = 1;
    r.w[0] = r.v;
    return r;
}
DU_STATIC DU_S DU_(value)(DU_T a) { return a.v; }
DU_STATIC DU_S DU_(partial)(DU_T a, size_t i) { return a.w[i]; }

DU_STATIC DU_T DU_(chain)(DU_T a, DU_S y, DU_S p)
{
    DU_T r;
    r.v = y;
    r.pattern = a.pattern;
    DU_EACH(a, DU_B(mul)(p, a.w[k]))
    return r;
}
DU_STATIC DU_T DU_(chain2)(DU_T a, DU_T b, DU_S y, DU_S pa, DU_S pb)
{
    DU_T r;
    r.v = y;
    r.pattern = a.pattern | b.pattern;
    DU_EACH2(a, b, DU_B(combine)(pa, a.w[k], pb, b.w[k]), DU_B(mul)(pa, a.w[k]),
        DU_B(mul)(pb, b.w[k]))
    return r;
}

DU_STATIC DU_T DU_(add)(DU_T a, DU_T b)
{
    DU_T r;
    r.v = DU_B(add)(a.v, b.v);
    r.pattern = a.pattern | b.pattern;
    DU_EACH2(a, b, DU_B(add)(a.w[k], b.w[k]), a.w[k], b.w[k])
    return r;
}
DU_STATIC DU_T DU_(sub)(DU_T a, DU_T b)
{
    DU_T r;
    r.v = DU_B(sub)(a.v, b.v);
    r.pattern = a.pattern | b.pattern;
    DU_EACH2(a, b, DU_B(sub)(a.w[k], b.w[k]), a.w[k], DU_B(neg)(b.w[k]))
    return r;
}
DU_STATIC DU_T DU_(mul)(DU_T a, DU_T b) { return DU_(chain2)(a, b, DU_B(mul)(a.v, b.v), b.v, a.v); }
DU_STATIC DU_T DU_(div)(DU_T a, DU_T b)
{
    DU_S q = DU_B(inv)(b.v), y = DU_B(div)(a.v, b.v);
    return DU_(chain2)(a, b, y, q, DU_B(neg)(DU_B(mul)(y, q)));
}
DU_STATIC DU_T DU_(add_s)(DU_T a, DU_S s)
{
    DU_T r;
    r.v = DU_B(add)(a.v, s);
    r.pattern = a.pattern;
    DU_EACH(a, a.w[k])
    return r;
}
DU_STATIC DU_T DU_(div_s)(DU_T a, DU_S s) { return DU_(chain)(a, DU_B(div)(a.v, s), DU_B(inv)(s)); }
DU_STATIC DU_T DU_(fma)(DU_T a, DU_T b, DU_T c)
{
    DU_T r, ab = DU_(mul)(a, b);
    r.v = DU_B(fma)(a.v, b.v, c.v);
    r.pattern = ab.pattern | c.pattern;
    DU_EACH2(ab, c, DU_B(add)(ab.w[k], c.w[k]), ab.w[k], c.w[k])
    return r;
}
/* the arm not taken contributes nothing */
#ifdef DU_PACKED
#define DU_CONDITION du_mask
#else
#define DU_CONDITION int
#endif
DU_STATIC DU_T DU_(select)(DU_CONDITION m, DU_T a, DU_T b)
{
    DU_T r;
    r.v = DU_B(select)(m, a.v, b.v);
    r.pattern = a.pattern | b.pattern;
    DU_EACH2(a, b, DU_B(select)(m, a.w[k], b.w[k]), DU_B(select)(m, a.w[k], DU_ZERO),
        DU_B(select)(m, DU_ZERO, b.w[k]))
    return r;
}

/* the first p partials to out[p]; of a single row (p is constant there) one by one: putting scalars
 * together for a vector costs more than it saves */
DU_STATIC void DU_(put)(DU_T a, size_t p, DU_S *out)
{
    DU_TIMES_16(0, if ((k) < p) {
        if (__builtin_constant_p(p)) DU_ONE_BY_ONE
        out[k] = a.w[k];
    })
}

#ifndef DU_PACKED
/* whether all partials are finite; 0 too where a sum of them overflows. x + -0.0 is x. */
DU_STATIC int DU_(finite)(DU_T a)
{
    double sum[4] = { -0.0, -0.0, -0.0, -0.0 };
    DU_TIMES_16(0, if (DU_HAS(a, k)) sum[(k) % 4] += a.w[k];)
    return __builtin_isfinite((sum[0] + sum[1]) + (sum[2] + sum[3]));
}
#endif

#define DU_CHAIN(A, y, p, pp) DU_(chain)(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) DU_(chain2)(A, B, y, pa, pb)
#undef DU_S
#undef DU_B
#include "number.inc"
DU_EXACT_END

#undef DU_CONDITION
#undef DU_HAS
#undef DU_ZERO
#undef DU_EACH
#undef DU_EACH2
#undef DU_STRAIGHT_OF

#endif
