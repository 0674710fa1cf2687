/* duet/detail/recorder.h - the part of a tape that inline code writes: where the next entry goes,
 * and what entries look like. The rest of a tape is the library's own.
 * SPDX-License-Identifier: MIT */
#ifndef DU_RECORDER_H
#define DU_RECORDER_H

#include <stdint.h>
#include "compiler.h"

/* The slots of two operands and the partials by them. slots: left in the lower half, right in the
 * upper, written as one word. du_join_pack is in pack_var.h. */
typedef struct { uint64_t slots; double pl, pr; } du_join;            /* 24 bytes */
typedef struct { uint64_t slots; double pl, pr, pld, prd; } du_join2; /* 40 bytes */

/* what the entries of a segment are */
enum du_order { DU_ORDER_JOIN, DU_ORDER_JOIN2, DU_ORDER_PACK, DU_ORDERS };

typedef struct du_recorder {
    uint64_t ref;              /* generation in the upper half, next free slot in the lower */
    uint32_t room[DU_ORDERS];  /* first slot that no longer fits the open segment of that order */
    /* the address of entry s of the open segment is bias + s * its size */
    uintptr_t bias[DU_ORDERS];
} du_recorder;

/* The slow path: checks the references, opens a segment of the order where there is no room. 1 when
 * an entry can be written. */
DU_API int du_tape_ready(du_recorder *t, const du_recorder *other, uint64_t a, uint64_t b,
                         enum du_order order);

/* Whether a and b are of tape t, of its generation and of slots given out, and an entry of the
 * order fits the open segment. last is the newest ref: what lies before it by less than 2^31, the
 * most slots there are, is of its generation. A constant's ref 0 fails too, so that the common case
 * tests for nothing else. */
static inline int du_tape_open(const du_recorder *t, const du_recorder *other, uint64_t a,
                               uint64_t b, enum du_order order)
{
    if (t != other) return 0;
    uint64_t last = t->ref - 1;
    return ((last - a) | (last - b)) < (uint64_t)1 << 31 && (uint32_t)t->ref < t->room[order];
}
/* The same for three operands and an entry of two places. */
static inline int du_tape_open3(const du_recorder *t, const du_recorder *ta, uint64_t a,
                                const du_recorder *tb, uint64_t b, uint64_t c, enum du_order order)
{
    if (t != ta || t != tb) return 0;
    uint64_t last = t->ref - 1;
    return ((last - a) | (last - b) | (last - c)) < (uint64_t)1 << 31
        && (uint32_t)t->ref + 1 < t->room[order];
}
/* marks the right slot of the upper place of a ternary entry; slots stay below 2^31 */
#define DU_TERNARY ((uint32_t)1 << 31)
/* what a value refers to when its entry could not be written: a slot that no sweep reads */
static inline uint64_t du_tape_invalid_ref(const du_recorder *t)
{
    return t->ref & ~(uint64_t)UINT32_MAX;
}
static inline uint64_t du_tape_slots(uint64_t a, uint64_t b) { return (uint32_t)a | b << 32; }

#endif
