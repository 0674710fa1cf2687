/* duet/double.h - plain double under the same names as every number type, so that a formula
 * written for all types also evaluates without derivatives: du_double_sin, du_double_add, ...
 * SPDX-License-Identifier: MIT */
#ifndef DU_DOUBLE_H
#define DU_DOUBLE_H

#include <stddef.h>
#include "real.h"
#include "types.h"

static inline double du_double_constant(double v) { return v; }
static inline double du_double_value(double a) { return a; }
static inline double du_double_add(double a, double b) { return a + b; }
static inline double du_double_sub(double a, double b) { return a - b; }
static inline double du_double_mul(double a, double b) { return a * b; }
static inline double du_double_div(double a, double b) { return a / b; }
static inline double du_double_fma(double a, double b, double c) { return fma(a, b, c); }
static inline double du_double_add_s(double a, double s) { return a + s; }
static inline double du_double_div_s(double a, double s) { return a / s; }

#define DU_T double
#define DU_(name) du_double_##name
#define DU_CHAIN(A, y, p, pp) ((void)(A), (y))
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) ((void)(A), (void)(B), (y))
#include "number.inc"

#endif
