/* duet/var.h - reverse mode: a value that knows how it depends on one slot of a tape.
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

#include "double.h"
#include "tape.h"

/* Whether a and b are of tape t, of its generation and of slots given out, and an entry of the order fits the open
 * segment. last is the newest ref: what lies before it by less than 2^31, the most slots there are, is of its generation.
 * A constant's ref 0 fails too, so that the common case tests for nothing else. */
static inline int du_tape_open(const du_tape *t, const du_tape *other, uint64_t a, uint64_t b, enum du_order order)
{
    if (t != other) return 0;
    uint64_t last = t->ref - 1;
    return ((last - a) | (last - b)) < (uint64_t)1 << 31 && (uint32_t)t->ref < t->room[order];
}
/* The same for three operands and an entry of two places. */
static inline int du_tape_open3(const du_tape *t, const du_tape *ta, uint64_t a, const du_tape *tb, uint64_t b, uint64_t c, enum du_order order)
{
    if (t != ta || t != tb) return 0;
    uint64_t last = t->ref - 1;
    return ((last - a) | (last - b) | (last - c)) < (uint64_t)1 << 31 && (uint32_t)t->ref + 1 < t->room[order];
}
/* marks the right slot of the upper place of a ternary entry; slots stay below 2^31 */
#define DU_TERNARY ((uint32_t)1 << 31)
/* what a value refers to when its entry could not be written: a slot that no sweep reads */
static inline uint64_t du_tape_poison(const du_tape *t) { return t->ref & ~(uint64_t)UINT32_MAX; }
static inline uint64_t du_tape_slots(uint64_t a, uint64_t b) { return (uint32_t)a | b << 32; }

static inline du_var du_var_select(int c, du_var a, du_var b) { return c ? a : b; }

#define DU_T du_var
#define DU_(name) du_var_##name
#define DU_S double
#define DU_B(name) du_double_##name
#define DU_JOIN du_join
#define DU_ORDER DU_ORDER_JOIN
#define DU_INLINE static inline
#include "var.inc"

#endif
