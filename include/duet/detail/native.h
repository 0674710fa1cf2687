/* duet/detail/native.h - the machine's own vectors of doubles: 8 lanes with AVX-512, 4 with AVX,
 * else 2 (SSE2, NEON, or emulated). A number type holds arrays of them, so that its layout is the
 * same for every -march; a vector wider than the machine's is never formed. And the elementary
 * functions that the rules are written in, as du_native_<name>: from SLEEF where DU_SLEEF is
 * defined (link -lsleef; the meson build does both when it finds it), else lane by lane from
 * real.h.
 * SPDX-License-Identifier: MIT */
#ifndef DU_NATIVE_H
#define DU_NATIVE_H

#include "real.h"

DU_EXACT_BEGIN

typedef double du_vec2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef double du_vec4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef double du_vec8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long du_bits2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef long long du_bits4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef long long du_bits8 __attribute__((vector_size(64), aligned(8), may_alias));

#if defined(__AVX512F__)
#define DU_NATIVE_LANES 8
typedef du_vec8 du_native;
typedef du_bits8 du_native_bits;
#elif defined(__AVX__)
#define DU_NATIVE_LANES 4
typedef du_vec4 du_native;
typedef du_bits4 du_native_bits;
#else
#define DU_NATIVE_LANES 2
typedef du_vec2 du_native;
typedef du_bits2 du_native_bits;
#endif

/* the statements after i for k = i, i + 1, ...: written out, since gcc keeps a struct of vectors in
 * registers only where no loop goes over them to begin with */
#define DU_TIMES_1(i, ...) { enum { k = (i) }; __VA_ARGS__ }
#define DU_TIMES_2(i, ...) DU_TIMES_1(i, __VA_ARGS__) DU_TIMES_1((i) + 1, __VA_ARGS__)
#define DU_TIMES_4(i, ...) DU_TIMES_2(i, __VA_ARGS__) DU_TIMES_2((i) + 2, __VA_ARGS__)
#define DU_TIMES_8(i, ...) DU_TIMES_4(i, __VA_ARGS__) DU_TIMES_4((i) + 4, __VA_ARGS__)
#define DU_TIMES_16(i, ...) DU_TIMES_8(i, __VA_ARGS__) DU_TIMES_8((i) + 8, __VA_ARGS__)
#define DU_TIMES_32(i, ...) DU_TIMES_16(i, __VA_ARGS__) DU_TIMES_16((i) + 16, __VA_ARGS__)

/* ---- lanes --------------------------------------------------------------------------------- */

#define DU_LANES _Pragma("GCC unroll 8") for (int i = 0; i < DU_NATIVE_LANES; i++)
/* a double in every lane, or a vector as it is (x - 0 is x, of either zero too) */
#define DU_SPLAT(e) ((e) - (du_native){ 0 })

/* masks: all bits of a lane, or none, as comparisons yield them */
static inline du_native du_native_select(du_native_bits m, du_native then, du_native other)
{
    return (du_native)(((du_native_bits)then & m) | ((du_native_bits)other & ~m));
}
/* bit i says whether lane i is set */
static inline unsigned du_native_lanes(du_native_bits m)
{
#if defined(__AVX512DQ__)
    typedef long long bits __attribute__((vector_size(64)));
    return (unsigned char)__builtin_ia32_cvtq2mask512((bits)m);
#elif DU_NATIVE_LANES == 4
    return (unsigned)__builtin_ia32_movmskpd256((double __attribute__((vector_size(32))))m);
#elif defined(__SSE2__) && DU_NATIVE_LANES == 2
    return (unsigned)__builtin_ia32_movmskpd((double __attribute__((vector_size(16))))m);
#else
    unsigned lanes = 0;
    DU_LANES lanes |= (unsigned)(m[i] & 1) << i;
    return lanes;
#endif
}
static inline int du_native_all(du_native_bits m)
{
    return du_native_lanes(m) == (1u << DU_NATIVE_LANES) - 1;
}
static inline int du_native_any(du_native_bits m) { return du_native_lanes(m) != 0; }
static inline du_native du_native_fabs(du_native x)
{
    return (du_native)((du_native_bits)x & 0x7fffffffffffffffLL);
}
static inline du_native_bits du_native_within(du_native x, double lo, double hi)
{
    return (du_native_bits)(x >= lo) & (du_native_bits)(x <= hi);
}
static inline du_native_bits du_native_outside(du_native x, double lo, double hi)
{
    du_native_bits above = (du_native_bits)(x > hi);
    if (lo > -INFINITY) above |= (du_native_bits)(x < lo); /* two masks are merged as vectors */
    return above;
}
static inline int du_native_finite(du_native x)
{
    return du_native_all((du_native_bits)(du_native_fabs(x) <= DBL_MAX));
}
/* a b + c, rounded once (not written a * b + c, which -ffp-contract=off rounds twice) */
static inline du_native du_native_fma(du_native a, du_native b, du_native c)
{
    DU_LANES c[i] = fma(a[i], b[i], c[i]);
    return c;
}
/* the machine's, for whose lanes alone compilers make a branch each, on errno */
static inline du_native du_native_sqrt(du_native x)
{
#if defined(__clang__) && __clang_major__ >= 17
    return __builtin_elementwise_sqrt(x);
#elif defined(__AVX512F__) && defined(__clang__)
    return __builtin_ia32_sqrtpd512((double __attribute__((vector_size(64))))x, 4);
#elif defined(__AVX512F__)
    return __builtin_ia32_sqrtpd512_mask((double __attribute__((vector_size(64))))x,
        (double __attribute__((vector_size(64))))x, -1, 4);
#elif defined(__AVX__)
    return __builtin_ia32_sqrtpd256((double __attribute__((vector_size(32))))x);
#elif defined(__SSE2__)
    return __builtin_ia32_sqrtpd((double __attribute__((vector_size(16))))x);
#else
    DU_LANES x[i] = sqrt(x[i]);
    return x;
#endif
}

/* ---- elementary functions -------------------------------------------------------------------- */

#define DU_BY_LANE1(f) \
    static inline du_native du_native_##f(du_native x) \
    { \
        DU_LANES x[i] = du_real_##f(x[i]); \
        return x; \
    }
#define DU_BY_LANE2(f) \
    static inline du_native du_native_##f(du_native a, du_native b) \
    { \
        DU_LANES a[i] = du_real_##f(a[i], b[i]); \
        return a; \
    }
#define DU_BY_LANE3(f) \
    static inline du_native du_native_##f(du_native a, du_native b, du_native y) \
    { \
        DU_LANES a[i] = du_real_##f(a[i], b[i], y[i]); \
        return a; \
    }

/* SLEEF's name and accuracy, and the arguments for which it is used: those for which it promises
 * that accuracy. Where a lane is outside, all go lane by lane; a NaN is not outside. */
#define DU_SLEEF1(X) \
    X(cbrt, u10, -INFINITY, INFINITY) X(exp, u10, -INFINITY, 709.78) \
        X(exp2, u10, -INFINITY, INFINITY) \
    X(exp10, u10, -INFINITY, INFINITY) X(expm1, u10, -INFINITY, 709.78) \
    X(log, u10, -INFINITY, INFINITY) X(log2, u10, -INFINITY, INFINITY) \
        X(log10, u10, -INFINITY, INFINITY) \
    X(log1p, u10, -INFINITY, 1e307) X(sin, u10, -1e14, 1e14) X(cos, u10, -1e14, 1e14) \
        X(tan, u10, -1e14, 1e14) \
    X(asin, u10, -INFINITY, INFINITY) X(acos, u10, -INFINITY, INFINITY) \
        X(atan, u10, -INFINITY, INFINITY) \
    X(sinh, u10, -709.0, 709.0) X(cosh, u10, -709.0, 709.0) X(tanh, u10, -INFINITY, INFINITY) \
    X(asinh, u10, -1.34e154, 1.34e154) X(acosh, u10, -INFINITY, 1.34e154) \
        X(atanh, u10, -INFINITY, INFINITY) \
    X(erf, u10, -INFINITY, INFINITY) X(erfc, u15, -INFINITY, 26.2) X(sinpi, u05, -2.5e8, 2.5e8) \
        X(cospi, u05, -2.5e8, 2.5e8)

#ifdef DU_SLEEF
#define DU_SLEEF_NAME(f, accuracy) DU_SLEEF_NAME_(Sleef_##f, DU_NATIVE_LANES, accuracy)
#define DU_SLEEF_NAME_(f, lanes, accuracy) DU_SLEEF_NAME__(f, lanes, accuracy)
#define DU_SLEEF_NAME__(f, lanes, accuracy) f##d##lanes##_##accuracy
#define DU_FROM_SLEEF1(f, accuracy, lo, hi) \
    __attribute__((const)) du_native du_sleef_##f(du_native x) \
        __asm__(DU_SYMBOL DU_QUOTE(DU_SLEEF_NAME(f, accuracy))); \
    static __attribute__((noinline, cold, unused, const)) \
    du_native du_native_by_lane_##f(du_native x) \
    { \
        DU_LANES x[i] = du_real_##f(x[i]); \
        return x; \
    } \
    static inline du_native du_native_##f(du_native x) \
    { \
        int bounded = (lo) > -INFINITY || (hi) < INFINITY; \
        if (bounded && DU_UNLIKELY(du_native_any(du_native_outside(x, lo, hi)))) \
            return du_native_by_lane_##f(x); \
        return du_sleef_##f(x); \
    }
DU_SLEEF1(DU_FROM_SLEEF1)
__attribute__((const)) du_native du_sleef_atan2(du_native a, du_native b)
    __asm__(DU_SYMBOL DU_QUOTE(DU_SLEEF_NAME(atan2, u10)));
static inline du_native du_native_atan2(du_native a, du_native b)
{
    return du_sleef_atan2(a, b);
}
/* which may overflow where the power is DBL_MAX yet */
__attribute__((const)) du_native du_sleef_pow(du_native a, du_native b)
    __asm__(DU_SYMBOL DU_QUOTE(DU_SLEEF_NAME(pow, u10)));
static __attribute__((noinline, cold, unused, const))
du_native du_native_by_lane_pow(du_native a, du_native b)
{
    DU_LANES a[i] = pow(a[i], b[i]);
    return a;
}
static inline du_native du_native_pow(du_native a, du_native b)
{
    du_native y = du_sleef_pow(a, b);
    return DU_UNLIKELY(du_native_any(du_native_outside(y, -1.7e308, 1.7e308)))
        ? du_native_by_lane_pow(a, b) : y;
}
#undef DU_FROM_SLEEF1
#else
#define DU_WITHOUT_SLEEF1(f, ...) DU_BY_LANE1(f)
DU_SLEEF1(DU_WITHOUT_SLEEF1)
#undef DU_WITHOUT_SLEEF1
DU_BY_LANE2(pow)
DU_BY_LANE2(atan2)
#endif

DU_BY_LANE1(floor)
DU_BY_LANE1(ceil)
DU_BY_LANE1(trunc)
DU_BY_LANE1(round)
DU_BY_LANE1(rint)
DU_BY_LANE1(tgamma)
DU_BY_LANE1(lgamma)
DU_BY_LANE1(digamma)
DU_BY_LANE1(trigamma)
DU_BY_LANE1(tetragamma)
DU_BY_LANE1(pentagamma)
DU_BY_LANE2(fmod)
DU_BY_LANE2(remainder)
DU_BY_LANE2(fmin)
DU_BY_LANE2(fmax)
DU_BY_LANE2(fdim)
DU_BY_LANE2(copysign)
DU_BY_LANE2(hypot_a)
DU_BY_LANE2(hypot_aa)
DU_BY_LANE2(hypot_ab)
DU_BY_LANE2(atan2_a)
DU_BY_LANE2(atan2_aa)
DU_BY_LANE2(atan2_ab)
DU_BY_LANE2(gauss)
DU_BY_LANE3(pow_aa)
DU_BY_LANE3(pow_ab)
DU_BY_LANE3(pow_bb)
#undef DU_BY_LANE1
#undef DU_BY_LANE2
#undef DU_BY_LANE3

/* ---- as in real.h, on vectors where all lanes are moderate -------------------------------------
 */

static inline du_native du_native_logistic(du_native x)
{
    du_native t = du_native_exp(-du_native_fabs(x));
    return du_native_select((du_native_bits)(x < 0.0), t, DU_SPLAT(1.0)) / (1.0 + t);
}
static inline du_native du_native_softplus(du_native x)
{
    du_native t = du_native_exp(-du_native_fabs(x)), u = 1.0 + t;
    return du_native_select((du_native_bits)(x > 0.0), x, DU_SPLAT(0.0))
        + (du_native_log(u) + (t - (u - 1.0)) / u);
}
static inline du_native du_native_exp2_scaled(du_native x, double k)
{
    du_native_bits above = (du_native_bits)(x > 0.0);
    du_native shift = du_native_select(above, DU_SPLAT(2.0), DU_SPLAT(-2.0));
    return du_native_exp2(x - shift) * du_native_select(above, DU_SPLAT(4.0 * k),
        DU_SPLAT(0.25 * k));
}
static inline du_native du_native_sech2(du_native x)
{
    du_native t = du_native_exp(-du_native_fabs(x)), s = 2.0 * t / (1.0 + t * t);
    return s * s;
}
static inline du_native du_native_hypot(du_native a, du_native b)
{
    du_native u = du_native_fabs(a), v = du_native_fabs(b),
        m = du_native_select((du_native_bits)(u > v), u, v);
    if (DU_LIKELY(du_native_all(du_native_within(m, 1e-150, 1e150))))
        return du_native_sqrt(a * a + b * b);
    DU_LANES a[i] = hypot(a[i], b[i]);
    return a;
}
static inline du_native_bits du_native_moderate(du_native x)
{
    return du_native_within(du_native_fabs(x), 1e-100, 1e100);
}
static inline du_native du_native_pow_a(du_native a, du_native b, du_native y)
{
    if (DU_LIKELY(du_native_all(du_native_moderate(y) & du_native_moderate(a)))) return b * (y / a);
    DU_LANES y[i] = du_real_pow_a(a[i], b[i], y[i]);
    return y;
}
static inline du_native du_native_pow_b(du_native a, du_native b, du_native y)
{
    if (DU_LIKELY(du_native_all(du_native_moderate(y) & (du_native_bits)(a > 0.0))))
        return y * du_native_log(a);
    DU_LANES y[i] = du_real_pow_b(a[i], b[i], y[i]);
    return y;
}
/* x^n and n x^(n-1) for an integer n, the same for all lanes */
static inline du_native du_native_powi(du_native x, int n)
{
    if (n > 16 || n < -16) {
        DU_LANES x[i] = pow(x[i], (double)n);
        return x;
    }
    du_native r = DU_SPLAT(1.0);
    for (int k = n < 0 ? -n : n; k; k >>= 1, x *= x) if (k & 1) r *= x;
    if (n < 0) r = 1.0 / r;
    return r;
}
static inline du_native du_native_powi_a(du_native x, int n)
{
    return n == 0 ? DU_SPLAT(0.0) : (double)n * du_native_powi(x, n - 1);
}
static inline du_native du_native_norm_scale(du_native m)
{
    DU_LANES m[i] = du_real_norm_scale(m[i]);
    return m;
}
/* the larger of m and v; NaN when there is one */
static inline du_native du_native_larger(du_native m, du_native v)
{
    return du_native_select((du_native_bits)(v > m) | (du_native_bits)(v != v), v, m);
}

/* rules give constants among the arguments of these */
#define du_native_hypot(a, b) du_native_hypot(DU_SPLAT(a), DU_SPLAT(b))
#define du_native_copysign(a, b) du_native_copysign(DU_SPLAT(a), DU_SPLAT(b))
#define du_native_gauss(x, k) du_native_gauss(x, DU_SPLAT(k))

DU_EXACT_END

#endif
