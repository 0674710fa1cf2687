/* duet/native.h - the machine's own vectors of doubles: 8 lanes with AVX-512, 4 with AVX, else 2 (SSE2,
 * NEON, or emulated). A number type holds arrays of them, so that its layout is the same for every
 * -march; a vector wider than the machine's is never formed. And the elementary functions that the
 * rules are written in, as du_native_<name>: from SLEEF where DU_SLEEF is defined (link -lsleef; the
 * meson build does both when it finds it), else lane by lane from real.h.
 * SPDX-License-Identifier: MIT */
#ifndef DU_NATIVE_H
#define DU_NATIVE_H

#include "real.h"

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

#define DU_PASTE_(a, b) a##b
#define DU_PASTE(a, b) DU_PASTE_(a, b)
#define DU_PASTE3_(a, b, c) a##b##c
#define DU_PASTE3(a, b, c) DU_PASTE3_(a, b, c)

/* ---- lanes --------------------------------------------------------------------------------- */

#define DU_LANES _Pragma("GCC unroll 8") for (int i = 0; i < DU_NATIVE_LANES; i++)
/* a double in every lane, or a vector as it is (x - 0 is x, of either zero too) */
#define DU_SPLAT(e) ((e) - (du_native){ 0 })

/* masks: all bits of a lane, or none, as comparisons yield them */
static inline du_native du_native_select(du_native_bits m, du_native then, du_native other)
{
    return (du_native)(((du_native_bits)then & m) | ((du_native_bits)other & ~m));
}
static inline int du_native_all(du_native_bits m)
{
#if defined(__AVX512DQ__)
    return (unsigned char)__builtin_ia32_cvtq2mask512((long long __attribute__((vector_size(64))))m) == 0xff;
#elif DU_NATIVE_LANES == 4
    return __builtin_ia32_movmskpd256((double __attribute__((vector_size(32))))m) == 15;
#elif defined(__SSE2__) && DU_NATIVE_LANES == 2
    return __builtin_ia32_movmskpd((double __attribute__((vector_size(16))))m) == 3;
#else
    long long all = -1;
    DU_LANES all &= m[i];
    return all != 0;
#endif
}
static inline du_native du_native_fabs(du_native x)
{
    return (du_native)((du_native_bits)x & 0x7fffffffffffffffLL);
}
static inline du_native_bits du_native_within(du_native x, double lo, double hi)
{
    return (du_native_bits)(x >= lo) & (du_native_bits)(x <= hi);
}
static inline int du_native_finite(du_native x)
{
    return du_native_all((du_native_bits)(du_native_fabs(x) <= DBL_MAX));
}
/* a b + c, rounded once */
static inline du_native du_native_fma(du_native a, du_native b, du_native c)
{
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
    return a * b + c;
#else
    DU_LANES c[i] = fma(a[i], b[i], c[i]);
    return c;
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

/* SLEEF's name and accuracy, and the arguments for which it is used; where a lane is outside, all go
 * lane by lane */
#define DU_SLEEF1(X) \
    X(sqrt, u05, -INFINITY, INFINITY) \
    X(cbrt, u10, -1e300, 1e300) X(exp, u10, -708.0, 709.0) X(exp2, u10, -1021.0, 1023.0) \
    X(exp10, u10, -307.0, 308.0) X(expm1, u10, -709.0, 709.0) \
    X(log, u10, DBL_MIN, DBL_MAX) X(log2, u10, DBL_MIN, DBL_MAX) X(log10, u10, DBL_MIN, DBL_MAX) \
    X(log1p, u10, -0.5, 1e300) \
    X(sin, u10, -1e9, 1e9) X(cos, u10, -1e9, 1e9) X(tan, u10, -1e9, 1e9) \
    X(asin, u10, -1.0, 1.0) X(acos, u10, -1.0, 1.0) X(atan, u10, -1e300, 1e300) \
    X(sinh, u10, -700.0, 700.0) X(cosh, u10, -700.0, 700.0) X(tanh, u10, -1e300, 1e300) \
    X(asinh, u10, -1e150, 1e150) X(acosh, u10, 1.0, 1e150) X(atanh, u10, -0.99, 0.99) \
    X(erf, u10, -1e300, 1e300) X(erfc, u15, -26.0, 26.0) X(sinpi, u05, -1e9, 1e9) X(cospi, u05, -1e9, 1e9)

#ifdef DU_SLEEF
#define DU_SLEEF_NAME(f, accuracy) DU_SLEEF_NAME_(Sleef_##f, DU_NATIVE_LANES, accuracy)
#define DU_SLEEF_NAME_(f, lanes, accuracy) DU_SLEEF_NAME__(f, lanes, accuracy)
#define DU_SLEEF_NAME__(f, lanes, accuracy) f##d##lanes##_##accuracy
#define DU_FROM_SLEEF1(f, accuracy, lo, hi) \
    __attribute__((const)) du_native DU_SLEEF_NAME(f, accuracy)(du_native x); \
    static __attribute__((noinline, cold, unused, const)) du_native du_native_by_lane_##f(du_native x) \
    { \
        DU_LANES x[i] = du_real_##f(x[i]); \
        return x; \
    } \
    static inline du_native du_native_##f(du_native x) \
    { \
        if (DU_LIKELY(du_native_all(du_native_within(x, lo, hi)))) return DU_SLEEF_NAME(f, accuracy)(x); \
        return du_native_by_lane_##f(x); \
    }
DU_SLEEF1(DU_FROM_SLEEF1)
/* used where both operands and the result are moderate, positive for pow */
#define DU_FROM_SLEEF2(f, fits) \
    __attribute__((const)) du_native DU_SLEEF_NAME(f, u10)(du_native a, du_native b); \
    static __attribute__((noinline, cold, unused, const)) du_native du_native_by_lane_##f(du_native a, du_native b) \
    { \
        DU_LANES a[i] = du_real_##f(a[i], b[i]); \
        return a; \
    } \
    static inline du_native du_native_##f(du_native a, du_native b) \
    { \
        du_native y = DU_SLEEF_NAME(f, u10)(a, b); \
        return DU_LIKELY(du_native_all(fits)) ? y : du_native_by_lane_##f(a, b); \
    }
DU_FROM_SLEEF2(pow, du_native_within(a, 1e-300, 1e300) & du_native_within(y, 1e-300, 1e300) & du_native_within(b, -1e6, 1e6))
DU_FROM_SLEEF2(atan2, du_native_within(du_native_fabs(a), 1e-150, 1e150) & du_native_within(du_native_fabs(b), 1e-150, 1e150))
#undef DU_FROM_SLEEF1
#undef DU_FROM_SLEEF2
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

/* ---- as in real.h, on vectors where all lanes are moderate ------------------------------------- */

static inline du_native du_native_logistic(du_native x)
{
    du_native t = du_native_exp(-du_native_fabs(x));
    return du_native_select((du_native_bits)(x < 0.0), t, DU_SPLAT(1.0)) / (1.0 + t);
}
static inline du_native du_native_hypot(du_native a, du_native b)
{
    du_native u = du_native_fabs(a), v = du_native_fabs(b), m = du_native_select((du_native_bits)(u > v), u, v);
    if (DU_LIKELY(du_native_all(du_native_within(m, 1e-150, 1e150)))) return du_native_sqrt(a * a + b * b);
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
    if (DU_LIKELY(du_native_all(du_native_moderate(y) & (du_native_bits)(a > 0.0)))) return y * du_native_log(a);
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

#endif
