/* duet/detail/double.h - plain double under the same names as every number type, so that a formula
 * written for all types also evaluates without derivatives: du_double_sin, du_double_add, ...
 * SPDX-License-Identifier: MIT */
#ifndef DU_DOUBLE_H
#define DU_DOUBLE_H

#include <stddef.h>
#include "real.h"

DU_EXACT_BEGIN

/* double as du_<t>, so that du_##t names every type of a list */
typedef double du_double;

static inline double du_double_constant(double v) { return v; }
static inline double du_double_value(double a) { return a; }
static inline double du_double_add(double a, double b) { return a + b; }
static inline double du_double_sub(double a, double b) { return a - b; }
static inline double du_double_mul(double a, double b) { return a * b; }
static inline double du_double_div(double a, double b) { return a / b; }
static inline double du_double_fma(double a, double b, double c) { return fma(a, b, c); }
static inline double du_double_add_s(double a, double s) { return a + s; }
static inline double du_double_div_s(double a, double s) { return a / s; }
static inline double du_double_lift(double v) { return v; }
static inline double du_double_select(int c, double a, double b) { return c ? a : b; }

/* what the templates need of a value besides the rules (pack.h has the same for packs) */
static inline double du_double_load(const double *p) { return *p; }
static inline void du_double_store(double *p, double a) { *p = a; }
static inline double du_double_times(double p, double t) { return du_real_times(p, t); }
static inline double du_double_combine(double p, double a, double q, double b)
{
    return p * a + q * b;
}
static inline double du_double_larger(double m, double v) { return du_real_larger(m, v); }
static inline double du_double_norm_scale(double m) { return du_real_norm_scale(m); }
static inline int du_double_all_one(double v) { return v == 1.0; }
static inline int du_double_is_finite(double v) { return __builtin_isfinite(v); }
static inline int du_double_all_finite(double v) { return __builtin_isfinite(v); }
static inline int du_double_all_normal(double v) { return __builtin_isnormal(v); }
/* What outputs hold before a function runs: a NaN that no operation makes of other numbers. An
 * output that comes back with it has not been set. */
#define DU_UNSET __builtin_nan("0x6475657400")
static inline int du_is_unset(double v)
{
    union { double v; unsigned long long bits; } u = { v };
    return (u.bits & 0xffffffffffull) == 0x6475657400ull && v != v;
}
#define DU_COMPARISONS(X) X(lt, <) X(le, <=) X(gt, >) X(ge, >=) X(eq, ==) X(ne, !=)
#define DU_COMPARISON(name, op) \
    static inline int du_double_##name(double a, double b) { return a op b; }
DU_COMPARISONS(DU_COMPARISON)
#undef DU_COMPARISON
static inline int du_double_and(int a, int b) { return a && b; }
static inline int du_double_or(int a, int b) { return a || b; }
static inline int du_double_not(int a) { return !a; }

static inline double du_double_value_powi(double x, int n) { return du_real_powi(x, n); }
static inline double du_double_slope_powi(double x, int n) { return du_real_powi_a(x, n); }

#define DU_T double
#define DU_(name) du_double_##name
#define DU_CHAIN(A, y, p, pp) ((void)(A), (y))
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) ((void)(A), (void)(B), (y))
#include "number.inc"

DU_EXACT_END

#endif
