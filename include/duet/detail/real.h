/* duet/detail/real.h - the elementary functions of double that the rules are written in, as
 * du_real_<name>. Most are libm's. The rest are what libm lacks (sinpi, digamma, logistic), hides
 * (exp10, lgamma_r), or what a partial derivative needs so that nothing cancels, overflows or
 * underflows on the way to a finite result.
 * SPDX-License-Identifier: MIT */
#ifndef DU_REAL_H
#define DU_REAL_H

#include <float.h>
#include <math.h>
#include <stddef.h>

#include "compiler.h"

DU_EXACT_BEGIN

#ifdef __cplusplus
#error "number types are C11 (GNU); C++ calls drivers, through plan.h and observe.h"
#endif

/* ---- libm by name -------------------------------------------------------------------------- */

#define DU_LIBM1(X) \
    X(sqrt) X(cbrt) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sin) X(cos) X(tan) \
    X(asin) X(acos) X(atan) X(sinh) X(cosh) X(asinh) X(acosh) X(atanh) X(erf) X(erfc) \
    X(tgamma) X(fabs) X(floor) X(ceil) X(trunc) X(round) X(rint)
#define DU_LIBM2(X) \
    X(pow) X(atan2) X(hypot) X(fmod) X(remainder) X(fmin) X(fmax) X(copysign) X(fdim)

#define DU_LIBM1_WRAP(f) static inline double du_real_##f(double x) { return f(x); }
#define DU_LIBM2_WRAP(f) static inline double du_real_##f(double a, double b) { return f(a, b); }
DU_LIBM1(DU_LIBM1_WRAP)
DU_LIBM2(DU_LIBM2_WRAP)
#undef DU_LIBM1_WRAP
#undef DU_LIBM2_WRAP

/* libm's exp under a name of which the compiler knows that it has no side effect (errno is of no
 * concern here), so that a value and its derivative share one */
extern __attribute__((const)) double du_real_exp(double x) __asm__(DU_SYMBOL "exp");

/* k 2^x, finite up to its own overflow, which may lie past that of 2^x: as 2^(x-2) (4 k), below 0
 * as 2^(x+2) (k/4). Towards 0, x -+ 2 is exact where a rounding would matter. */
static inline double du_real_exp2_scaled(double x, double k)
{
    return x > 0.0 ? exp2(x - 2.0) * (4.0 * k) : exp2(x + 2.0) * (0.25 * k);
}

static inline double du_real_exp10(double x) { return pow(10.0, x); }

static inline double du_real_lgamma(double x)
{
    double lgamma_r(double, int *); /* plain lgamma writes the global signgam */
    int sign;
    return lgamma_r(x, &sign);
}

/* ---- the strong zero ------------------------------------------------------------------------ */

/* p * t for infinite or NaN p; kept out of line so that the common case tests p alone */
static __attribute__((noinline, cold, unused)) double du_real_times_infinite(double p, double t)
{
    return t == 0.0 ? 0.0 : p * t;
}
/* p * t, but exactly 0 when t is 0 and p infinite or NaN: an inactive direction stays inactive. */
static inline double du_real_times(double p, double t)
{
    return DU_LIKELY(__builtin_isfinite(p)) ? p * t : du_real_times_infinite(p, t);
}

/* whether all of a[n] are finite; without a branch, so that it vectorises */
static inline int du_real_all_finite(const double *a, size_t n)
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) bad |= !(fabs(a[i]) <= DBL_MAX);
    return !bad;
}

/* ---- functions libm lacks ------------------------------------------------------------------- */

/* sin and cos of pi*r for |r| <= 1/4, where pi*r is rounded once */
static inline double du_real_pi_times(double r) { return 3.14159265358979323846 * r; }

static inline double du_real_cospi(double x)
{
    double r = fabs(fmod(x, 2.0)); /* exact; NaN for infinite x */
    if (r > 1.0) r = 2.0 - r;
    if (r > 0.75) return -cos(du_real_pi_times(1.0 - r));
    return r < 0.25 ? cos(du_real_pi_times(r)) : sin(du_real_pi_times(0.5 - r));
}

static inline double du_real_sinpi(double x)
{
    double r = fmod(x, 2.0);
    if (fabs(r) > 1.0) r -= copysign(2.0, r);
    if (fabs(r) <= 0.25) return r == 0.0 ? x * 0.0 : sin(du_real_pi_times(r));
    double s = fabs(r) < 0.75 ? cos(du_real_pi_times(0.5 - fabs(r)))
                              : sin(du_real_pi_times(1.0 - fabs(r)));
    return copysign(1.0, r) * s;
}

/* 1/(1 + e^-x): the exponential is always of a negative number */
static inline double du_real_logistic(double x)
{
    double t = du_real_exp(-fabs(x));
    return (x < 0.0 ? t : 1.0) / (1.0 + t);
}

/* log(1 + e^x) = max(x, 0) + log(1 + t), t = e^-|x| <= 1. What rounding u = 1 + t has lost of t
 * goes in over u, as the derivative of log has it. Within 2 ulp, the error of the exponential
 * included; log takes a third of log1p's time. */
static inline double du_real_softplus(double x)
{
    double t = du_real_exp(-fabs(x)), u = 1.0 + t;
    return (x > 0.0 ? x : 0.0) + (log(u) + (t - (u - 1.0)) / u);
}

/* tanh x = (1 - t)/(1 + t) and its derivative 4 t/(1 + t)^2 with t = e^(-2|x|), where nothing
 * cancels and t is not subnormal */
static inline double du_real_tanh(double x)
{
    if (fabs(x) < 0.5) return tanh(x);
    double t = du_real_exp(-2.0 * fabs(x));
    return copysign((1.0 - t) / (1.0 + t), x);
}
static inline double du_real_sech2(double x)
{
    double t = du_real_exp(-2.0 * fabs(x)), s = 1.0 + t;
    if (DU_LIKELY(t > 1e-290)) return 4.0 * t / (s * s);
    t = du_real_exp(-fabs(x));
    return 2.0 * t * (2.0 * t);
}

/* k e^(-x^2). x^2 = h + l exactly (fma), and e^-h is taken in halves so that it underflows only
 * when the result does. */
static inline double du_real_gauss(double x, double k)
{
    double h = x * x;
    if (h > 4096.0) return 0.0 * k;
    double l = fma(x, x, -h), e = du_real_exp(-0.5 * h);
    return (k * e) * (e * (1.0 - l));
}

/* ---- polygamma ------------------------------------------------------------------------------ */

/* Bernoulli numbers B2, B4, ..., B20 */
#define DU_BERNOULLI { 1.0L/6, -1.0L/30, 1.0L/42, -1.0L/30, 5.0L/66, -691.0L/2730, 7.0L/6, \
                       -3617.0L/510, 43867.0L/798, -174611.0L/330 }
enum { DU_BERNOULLI_COUNT = 10 };

/* psi^(order)(x), order 0 to 3, for x > 0: recurrence up to 16, then the asymptotic series
 * (Abramowitz & Stegun 6.3.18 and 6.4.11), in long double. */
static inline long double du_real_polygamma_positive(int order, long double x)
{
    static const long double bernoulli[] = DU_BERNOULLI;
    long double low = 0.0L;
    for (; x < 16.0L; x += 1.0L) {
        long double r = 1.0L / x, r2 = r * r;
        low += order == 0 ? -r : order == 1 ? r2 : order == 2 ? -2.0L * r2 * r : 6.0L * r2 * r2;
    }
    long double r = 1.0L / x, r2 = r * r, series = 0.0L;
    for (int k = DU_BERNOULLI_COUNT; k >= 1; k--) {
        long double j = 2.0L * (long double)k;
        long double factor = order == 0 ? 1.0L / j : order == 1 ? 1.0L
                           : order == 2 ? j + 1.0L : (j + 1.0L) * (j + 2.0L);
        series = r2 * (series + factor * bernoulli[k - 1]);
    }
    switch (order) {
    case 0: return low + (logl(x) - 0.5L * r - series);
    case 1: return low + r * (1.0L + 0.5L * r + series);
    case 2: return low - r2 * (1.0L + r + series);
    default: return low + r * r2 * (2.0L + 3.0L * r + series);
    }
}

/* digamma on [1, 2] as (x - root) times a sum of positive terms: psi(x) - psi(root), each term of
 * the recurrence and of the series divided by x - root by hand, so nothing cancels at the root. */
static inline long double du_real_digamma_near_root(double x)
{
    static const long double bernoulli[] = DU_BERNOULLI;
    const long double root_hi = 0x1.762d86356be3fp+0L, root_lo = 9.5499954299656977152e-17L;
    long double d = ((long double)x - root_hi) - root_lo;
    long double a = (long double)x, b = root_hi + root_lo, slope = 0.0L;
    for (int k = 0; k < 16; k++, a += 1.0L, b += 1.0L) slope += 1.0L / (a * b);
    long double u = 1.0L / (a * a), v = 1.0L / (b * b), s = 0.0L, ds = 0.0L;
    /* s(u) and its divided difference (s(u)-s(v))/(u-v) */
    for (int k = DU_BERNOULLI_COUNT; k >= 1; k--) {
        long double t = s + bernoulli[k - 1] / (2.0L * (long double)k);
        ds = ds * v + t;
        s = u * t;
    }
    /* (1/a - 1/b)/d = -1/(ab) and (u - v)/d = -(a + b) u v */
    slope += 0.5L / (a * b) + ds * (a + b) * u * v;
    return d * slope + log1pl(d / b);
}

/* psi^(order)(x), order 0 to 3. Reflection for x < 0 (A&S 6.4.7) with x reduced exactly. NaN at
 * the negative integers, infinite at 0. */
static inline double du_real_polygamma(int order, double x)
{
    if (x == 0.0) return order == 0 ? -1.0 / x : order == 2 ? -1.0 / x : 1.0 / fabs(x);
    if (!(x < 0.0)) {
        if (order == 0 && x >= 1.0 && x <= 2.0) return (double)du_real_digamma_near_root(x);
        return x <= DBL_MAX ? (double)du_real_polygamma_positive(order, (long double)x)
                            : order == 0 ? x : x != x ? x : 0.0;
    }
    const long double pi = 3.141592653589793238462643383279502884L;
    double r = x - rint(x); /* exact, |r| <= 1/2 */
    if (r == 0.0 || x < -DBL_MAX) return (double)NAN;
    long double f = fabs(r) <= 0.25 ? (long double)r : (long double)copysign(0.5 - fabs(r), r);
    long double t = tanl(pi * f);
    long double cot = fabs(r) <= 0.25 ? 1.0L / t : t, csc2 = 1.0L + cot * cot;
    long double p2 = pi * pi;
    long double up = du_real_polygamma_positive(order, 1.0L - (long double)x);
    switch (order) {
    case 0: return (double)(up - pi * cot);
    case 1: return (double)(p2 * csc2 - up);
    case 2: return (double)(up - 2.0L * p2 * pi * cot * csc2);
    default: return (double)(2.0L * p2 * p2 * csc2 * (csc2 + 2.0L * cot * cot) - up);
    }
}

static inline double du_real_digamma(double x)     { return du_real_polygamma(0, x); }
static inline double du_real_trigamma(double x)    { return du_real_polygamma(1, x); }
static inline double du_real_tetragamma(double x)  { return du_real_polygamma(2, x); }
static inline double du_real_pentagamma(double x)  { return du_real_polygamma(3, x); }

/* ---- partial derivatives of pow, y = a^b ----------------------------------------------------- */

/* far enough from overflow and underflow that quotients of two such numbers are exact to rounding
 */
static inline int du_real_moderate(double x) { return fabs(x) > 1e-100 && fabs(x) < 1e100; }

/* k a^(b - n), n = 1 or 2, when a^b itself overflows, underflows or has a = 0: the power is taken
 * in halves, and what b - n loses to rounding comes back as a factor 1 + e log a. */
static inline double du_real_scaled_power(double k, double a, double b, double n)
{
    double d = b - n, back = d + n, e = (b - back) - (n - (back - d));
    if (k == 0.0) return 0.0;
    if (a == 0.0) return k * pow(a, d);
    if (a < 0.0 && d != rint(d)) return (double)NAN;
    double m = fabs(a), h = pow(m, 0.5 * d);
    double r = (k * h) * h;
    if (e != 0.0 && m <= DBL_MAX && fabs(r) <= DBL_MAX) r += r * (e * log(m));
    return a < 0.0 && fmod(d, 2.0) != 0.0 ? -r : r;
}

/* dy/da = b a^(b-1); 0 when b is 0 */
static inline double du_real_pow_a(double a, double b, double y)
{
    if (DU_LIKELY(du_real_moderate(y) && du_real_moderate(a))) return b * (y / a);
    return du_real_scaled_power(b, a, b, 1.0);
}
static inline double du_real_pow_aa(double a, double b, double y)
{
    double k = b * (b - 1.0);
    if (DU_LIKELY(du_real_moderate(y) && du_real_moderate(a))) return k * (y / a) / a;
    return du_real_scaled_power(k, a, b, 2.0);
}
/* a^b log(a)^n, n = 1 or 2; 0 at 0^b, b >= 0 */
static inline double du_real_pow_log(double a, double b, double y, int n)
{
    if (a == 0.0 && b >= 0.0) return 0.0;
    double l = log(a), k = n == 1 ? l : l * l;
    if (DU_LIKELY(du_real_moderate(y))) return y * k;
    double h = pow(a, 0.5 * b);
    return h == 0.0 ? 0.0 : (h * k) * h;
}
static inline double du_real_pow_b(double a, double b, double y)
{
    return du_real_pow_log(a, b, y, 1);
}
static inline double du_real_pow_bb(double a, double b, double y)
{
    return du_real_pow_log(a, b, y, 2);
}
/* a^(b-1) (1 + b log a): the bracket is taken in long double, where its zero cancels */
static inline double du_real_pow_ab(double a, double b, double y)
{
    if (a == 0.0 && (b == 0.0 || b > 1.0)) return 0.0;
    double k = (double)(1.0L + (long double)b * logl((long double)a));
    if (DU_LIKELY(du_real_moderate(y) && du_real_moderate(a))) return k * (y / a);
    return du_real_scaled_power(k, a, b, 1.0);
}

/* ---- partial derivatives of hypot and atan2 ----------------------------------------------------
 */

/* A power of two that brings the larger of |a|, |b| near 1 where squares or reciprocals would
 * overflow or underflow; 1 elsewhere. */
static inline double du_real_scale(double a, double b)
{
    double m = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    if (DU_LIKELY((m > 1e-75 && m < 1e75) || m == 0.0 || !(m <= DBL_MAX))) return 1.0;
    int e;
    (void)frexp(m, &e);
    return ldexp(1.0, e < -1022 ? 1022 : -e);
}

/* What to scale numbers of which m is the largest by, to take their norm: 1 where it can be by
 * squares; else by hypot, out of the subnormal numbers where they are small. NaN of NaN. */
static inline double du_real_norm_scale(double m)
{
    if (DU_LIKELY((m > 1e-75 && m < 1e75) || m == 0.0 || m > DBL_MAX)) return 1.0;
    return m < 1.0 ? 0x1p600 : m > 1.0 ? 0.5 : m;
}
/* the larger of m and v; NaN when there is one */
static inline double du_real_larger(double m, double v) { return v > m || v != v ? v : m; }

/* d hypot(a, b)/da = a/y, 0 at the origin */
static inline double du_real_hypot_a(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b);
    return y == 0.0 ? 0.0 : s * a / y;
}
/* (b/y)^2/y; u^2 may underflow where the result does not */
static inline double du_real_hypot_aa(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b), u = s * b / y;
    return y == 0.0 ? 0.0 : u * (u / y * s);
}
static inline double du_real_hypot_ab(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b);
    return y == 0.0 ? 0.0 : -(s * a / y) * (s * b / y) / y * s;
}

/* b/(a^2 + b^2), the derivative of atan2(a, b) in a; NaN at the origin */
static inline double du_real_atan2_a(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b);
    return s * b / y / y * s;
}
/* -2ab/(a^2 + b^2)^2 */
static inline double du_real_atan2_aa(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b);
    return -2.0 * (s * a / y) * (s * b / y) / y / y * s * s;
}
/* (a^2 - b^2)/(a^2 + b^2)^2 */
static inline double du_real_atan2_ab(double a, double b)
{
    double s = du_real_scale(a, b), y = hypot(s * a, s * b);
    return ((s * a - s * b) / y) * ((s * a + s * b) / y) / y / y * s * s;
}

/* x^n by repeated squaring for small |n|, where that is as accurate as pow; else pow */
static inline double du_real_powi(double x, int n)
{
    if (n > 16 || n < -16) return pow(x, (double)n);
    double r = 1.0;
    for (int k = n < 0 ? -n : n; k; k >>= 1, x *= x) if (k & 1) r *= x;
    return n < 0 ? 1.0 / r : r;
}
/* its first and second derivative in x: n x^(n-1), n (n-1) x^(n-2); a zero factor gives 0 */
static inline double du_real_powi_a(double x, int n)
{
    if (n == 0) return 0.0;
    return (double)n * (n < -16 ? pow(x, (double)n - 1.0) : du_real_powi(x, n - 1));
}
static inline double du_real_powi_aa(double x, int n)
{
    double k = (double)n * ((double)n - 1.0);
    return k == 0.0 ? 0.0 : k * (n < -16 ? pow(x, (double)n - 2.0) : du_real_powi(x, n - 2));
}

DU_EXACT_END

#endif
