/* lib/tape/kernels.c - the kernels on arrays of variables that detail/var.inc declares. Each writes
 * one record on the tape, whose sweep applies the kernel's pull-back. kernels.inc is included for
 * variables of one observation and for packs of eight. SPDX-License-Identifier: MIT */
#include "layout.h"
#include "triangle.h"
#include "../base/eights.h"
#include "../base/inline.h"
#include <duet/detail/pack_var.h>
#include <duet/detail/var.h>
#include <string.h>

/* What the sweep of a record is given besides the record (du_record_sweep in layout.h). */
typedef struct {
    double *adjoint; /* adjoint[s * stride] is the adjoint of slot s */
    size_t stride;
    uint32_t output; /* the first of n slots */
    size_t n;
    int skipping; /* a product with a zero partial or a zero adjoint is 0 */
} pullback;

#define T du_var
#define S double
#define B(name) du_double_##name
#define K(name) du_var_##name
#define ORDER DU_ORDER_JOIN
#define LANES 1
#include "kernels.inc"

#define T du_pack_var
#define S du_pack
#define B(name) du_pack_##name
#define K(name) du_pack_var_##name
#define ORDER DU_ORDER_PACK
#define LANES 8
#include "kernels.inc"
