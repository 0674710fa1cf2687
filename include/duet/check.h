/* duet/check.h - is this derivative right? Three ways of computing it, compared at a point.
 *
 *     du_check_report r;
 *     if (du_check(&f, n, m, x, ctx, &r) != DU_OK) du_check_print(&r, stderr);
 *
 *  1. Modes: the forward Jacobian against the reverse one, entry by entry.
 *  2. Directions: <w, J v> by jvp against <J^T w, v> by vjp for fixed pseudo-random v, w.
 *  3. Central differences of the values, Richardson-extrapolated over shrinking steps (Ridders
 *     1982), against every entry, with the extrapolation's own error estimate as tolerance.
 * SPDX-License-Identifier: MIT */
#ifndef DU_CHECK_H
#define DU_CHECK_H

#include <stdio.h>
#include "plan.h"

typedef struct {
    int status;                 /* what du_check returned */
    double modes;               /* largest |forward - reverse| over the largest entry of its row */
    double directions;          /* |<w, Jv> - <J^T w, v>| over the sum of its terms' magnitudes */
    double differences;         /* largest |exact - difference| over its tolerance; over 1 fails */
    size_t output, input;       /* the worst entry against differences */
    double exact, difference, error_estimate; /* there */
} du_check_report;

DU_BEGIN
/* x[n] in. DU_OK when modes and directions agree to 1e-10 and every entry with differences to
 * within ten times their error estimate (plus 1e-8 of the row); DU_EMISMATCH when not;
 * DU_ENONFINITE when a derivative or value is not finite. report may be NULL. */
DU_API int du_check(const du_function *f, size_t n, size_t m, const double x[], const void *ctx,
                    du_check_report *report);
DU_API void du_check_print(const du_check_report *report, FILE *stream);
DU_END

#endif
