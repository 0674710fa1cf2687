/* duet/detail/var.h - reverse mode: a value that knows how it depends on one slot of a tape.
 *
 *     { v, c, tape, ref }: d(this)/d(slot of ref) = c
 *
 *     f(a):    same slot, coefficient f'(a) c                      nothing recorded
 *     f(a, b): same slot, or one a constant: add coefficients      nothing recorded
 *              else a join: two slots, two partials                24 bytes
 *     fma(a, b, c): one entry of two places where three slots meet   48 bytes
 *     kernels on arrays (kernels.inc): one entry for all terms
 *
 * See tape.h for a program and the conventions.
 * SPDX-License-Identifier: MIT */
#ifndef DU_VAR_H
#define DU_VAR_H

#include <duet/tape.h>
#include "double.h"

DU_EXACT_BEGIN

static inline du_var du_var_select(int c, du_var a, du_var b) { return c ? a : b; }

#define DU_T du_var
#define DU_(name) du_var_##name
#define DU_S double
#define DU_B(name) du_double_##name
#define DU_JOIN du_join
#define DU_ORDER DU_ORDER_JOIN
#define DU_INLINE static inline
#include "var.inc"

DU_EXACT_END

#endif
