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
 * and in a C file: #include "rosen.inc" then DU_FUNCTION_OF(rosen); or for the signature of a model (data
 * const D *x) DU_SCALAR_MODEL_OF. For a DU_MODEL_OF, which is packed too, #define DU_INSTANCE_PACKS before
 * the file is included. Helpers are called as DU_NAME(helper)(...).
 * Included in pairs, so without an include guard. SPDX-License-Identifier: MIT */
#ifndef DU_INSTANCE_PICK
#include "function.h"
#define DU_INSTANCE_PICK(i, ...) DU_INSTANCE_PICK_(i, __VA_ARGS__)
#define DU_INSTANCE_PICK_(i, ...) DU_INSTANCE_AT_##i(__VA_ARGS__)
#define DU_INSTANCE_AT_0(a, ...) a
#define DU_INSTANCE_AT_1(a, b, ...) b
#define DU_INSTANCE_AT_2(a, b, c, ...) c
#define DU_INSTANCE_AT_3(a, b, c, d, ...) d
#define DU_INSTANCE_AT_4(a, b, c, d, e, ...) e
#define DU_INSTANCE_AT_5(a, b, c, d, e, f, ...) f
#define DU_INSTANCE_AT_6(a, b, c, d, e, f, g, ...) g
#define DU_INSTANCE_AT_7(a, b, c, d, e, f, g, h, ...) h
#define DU_INSTANCE_AT_8(a, b, c, d, e, f, g, h, i, ...) i
#define DU_INSTANCE_AT_9(a, b, c, d, e, f, g, h, i, j, ...) j
#define DU_INSTANCE_AT_10(a, b, c, d, e, f, g, h, i, j, k, ...) k
#define DU_INSTANCE_AT_11(a, b, c, d, e, f, g, h, i, j, k, l, ...) l
#define DU_INSTANCE_AT_12(a, b, c, d, e, f, g, h, i, j, k, l, m, ...) m
#define DU_INSTANCE_AT_13(a, b, c, d, e, f, g, h, i, j, k, l, m, n, ...) n
#define DU_INSTANCE_AT_14(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, ...) o
#define DU_INSTANCE_AT_15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...) p
#define DU_INSTANCE_LISTED(t, ...) t,
#define DU_INSTANCE_ONE(t, ...) + 1
#define DU_INSTANCE_SCALARS (0 DU_ALL_TYPES(DU_INSTANCE_ONE, ~))
#define DU_INSTANCE_SPARSE (DU_INSTANCE_SCALARS DU_ALL_PACK_TYPES(DU_INSTANCE_ONE, ~)) /* the first, over double */
#define DU_INSTANCE_ALL (DU_INSTANCE_SPARSE DU_SPARSE_MADE(DU_INSTANCE_ONE, ~))
#define DU_INSTANCE_SUFFIX \
    DU_INSTANCE_PICK(DU_INSTANCE, DU_ALL_TYPES(DU_INSTANCE_LISTED, ~) DU_ALL_PACK_TYPES(DU_INSTANCE_LISTED, ~) DU_SPARSE_MADE(DU_INSTANCE_LISTED, ~) ~)
#endif

#ifndef T
#ifndef DU_INSTANCE
#define DU_INSTANCE 0
#endif
#define T DU_PASTE(du_, DU_INSTANCE_SUFFIX)
#if DU_INSTANCE < DU_INSTANCE_SCALARS || DU_INSTANCE == DU_INSTANCE_SPARSE
#define D double
#else
#define D du_pack
#endif
#define DU_NAME(name) DU_PASTE3(name, _, DU_INSTANCE_SUFFIX)
#else
#undef T
#undef D
#undef DU_NAME
#undef DU_AGAIN
#if DU_INSTANCE + 1 < DU_INSTANCE_SCALARS
#define DU_AGAIN
#elif defined(DU_INSTANCE_PACKS) && DU_INSTANCE + 1 < DU_INSTANCE_ALL
#define DU_AGAIN
#endif
#if !defined(DU_AGAIN)
#undef DU_INSTANCE
#undef DU_INSTANCE_PACKS
#elif DU_INSTANCE == 0
#undef DU_INSTANCE
#define DU_INSTANCE 1
#elif DU_INSTANCE == 1
#undef DU_INSTANCE
#define DU_INSTANCE 2
#elif DU_INSTANCE == 2
#undef DU_INSTANCE
#define DU_INSTANCE 3
#elif DU_INSTANCE == 3
#undef DU_INSTANCE
#define DU_INSTANCE 4
#elif DU_INSTANCE == 4
#undef DU_INSTANCE
#define DU_INSTANCE 5
#elif DU_INSTANCE == 5
#undef DU_INSTANCE
#define DU_INSTANCE 6
#elif DU_INSTANCE == 6
#undef DU_INSTANCE
#define DU_INSTANCE 7
#elif DU_INSTANCE == 7
#undef DU_INSTANCE
#define DU_INSTANCE 8
#elif DU_INSTANCE == 8
#undef DU_INSTANCE
#define DU_INSTANCE 9
#elif DU_INSTANCE == 9
#undef DU_INSTANCE
#define DU_INSTANCE 10
#elif DU_INSTANCE == 10
#undef DU_INSTANCE
#define DU_INSTANCE 11
#elif DU_INSTANCE == 11
#undef DU_INSTANCE
#define DU_INSTANCE 12
#elif DU_INSTANCE == 12
#undef DU_INSTANCE
#define DU_INSTANCE 13
#elif DU_INSTANCE == 13
#undef DU_INSTANCE
#define DU_INSTANCE 14
#else
#undef DU_INSTANCE
#define DU_INSTANCE 15
#endif
#endif
