/* duet/instance.h - the file form of DU_FUNCTION and DU_MODEL, for models longer than some twenty
 * lines: the model's file includes itself once per number type. To the compiler and the debugger
 * every line is a line of its own.
 *
 *     // rosen.inc
 *     #include <duet/instance.h>            // sets T, D and DU_NAME for one type
 *     static void DU_NAME(rosen)(const T *x, size_t n, T *y, size_t m, const void *ctx)
 *     {
 *         ...
 *     }
 *     #include <duet/instance.h>            // takes them back, goes to the next type
 *     #ifdef DU_AGAIN
 *     #include "rosen.inc"
 *     #endif
 *
 * and in a C file: #include "rosen.inc", then DU_FUNCTION_OF(rosen, x[], y[1]); or, for the
 * signature of a model (data const D *x), DU_SCALAR_MODEL_OF(rosen, b[4], x[2], y[1]). For a
 * DU_MODEL_OF, which is packed too, #define DU_INSTANCE_PACKS before the file is included. The
 * shapes are checked as those of the macro form; the body has n and m as they are given. Helpers
 * are called as DU_NAME(helper)(...). Included in pairs, so without an include guard.
 * SPDX-License-Identifier: MIT */
#ifndef DU_INSTANCE_SUFFIX
#include "detail/instance_list.h"
#include "function.h"
#endif

#ifndef T
#ifndef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 0
#define DU_INSTANCE_TENS 0
#endif
#define T DU_PASTE(du_, DU_INSTANCE_SUFFIX)
#if DU_INSTANCE < DU_INSTANCE_SCALARS
#define D double
#else
#define D du_pack
#endif
#define DU_NAME(name) DU_PASTE3(name, _, DU_INSTANCE_SUFFIX)
#else
#undef T
#undef D
#undef DU_NAME
#include "detail/next_instance.h"
#endif
