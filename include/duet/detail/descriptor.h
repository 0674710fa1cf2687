/* duet/detail/descriptor.h - what a DU_FUNCTION and a DU_MODEL are to the library: a name, the
 * declared counts, and one plain function per number type.
 * SPDX-License-Identifier: MIT */
#ifndef DU_DESCRIPTOR_H
#define DU_DESCRIPTOR_H

#include "types.h"

/* y[m] = f(x[n]) for each number type, as f_double, f_dual, ... inputs and outputs are the declared
 * counts, 0 for any. row_straight writes y and the Jacobian jac[m*n] where the compiler knows the
 * zeros (straight.h) and all is finite, and says so; else it writes nothing. For m = 0 it tells
 * whether the zeros are known. */
struct du_function {
    const char *name;
    size_t inputs, outputs;
    int (*row_straight)(const double *x, double *y, size_t m, double *jac, const void *ctx);
#define DU_MEMBER_(t, ...) \
    void (*f_##t)(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, ~)
#undef DU_MEMBER_
};

/* A block of observations for rows_straight and rows_pack_straight; numbers are doubles or packs.
 */
typedef struct {
    const void *ctx;
    size_t p, m, cols, count;   /* p <= DU_STRAIGHT_PARTIALS, m <= DU_STRAIGHT_OUTPUTS */
    const double *b, *x;        /* b[DU_STRAIGHT_PARTIALS], whatever p; x[count*cols] */
    /* of observation r, y_i to y[r + i*next], dy_i/db_j to jac[(r*m + i)*p + j] */
    double *y, *jac;
    size_t next;
} du_straight_block;

/* y[m] = f(b[p]; x), x the data of one observation, or of eight. parameters, columns and outputs
 * are the declared counts, 0 for any. f_pack, ... and rows_... are NULL in a scalar model.
 * rows_straight evaluates a block of observations, or of eights, and returns whether the compiler
 * knew the zeros, of a block of 0 observations too. */
struct du_model {
    const char *name;
    size_t parameters, columns, outputs;
#define DU_MEMBER_(t, D, ...) \
    void (*f_##t)(const du_##t *b, size_t p, const D *x, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, double)
    DU_ALL_PACK_TYPES(DU_MEMBER_, du_pack)
#undef DU_MEMBER_
#define DU_MEMBER_(t, ...) int (*rows_##t)(const du_straight_block *block);
    DU_STRAIGHT_TYPES(DU_MEMBER_, ~)
#undef DU_MEMBER_
};

#endif
