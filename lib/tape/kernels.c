/* lib/tape/kernels.c - the kernels on arrays of variables (duet/kernels.inc): one record on the tape each, for one
 * observation and for packs, of LANES doubles a number. SPDX-License-Identifier: MIT */
#include "layout.h"
#include "triangle.h"
#include "../base/eights.h"
#include <duet/detail/pack_var.h>
#include <duet/detail/var.h>
#include <string.h>

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
