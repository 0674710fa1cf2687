/* duet/detail/pack_var.h - reverse mode, eight observations at a time: du_var over packs. One entry
 * on the tape, two slots and two partials of eight lanes each, where eight observations would write
 * eight.
 *
 *     du_tape *t = du_tape_new(NULL);
 *     du_pack_var x[2];
 *     du_tape_independents_pack(t, 2, v, x);            v[2] packs
 *     du_pack_var y = du_mul(du_sin(x[0]), x[1]);
 *     du_tape_gradient_pack(t, &y, 2, x, g);            g[2] packs: dy/dx of each observation
 *
 * Conventions of tape.h. Numbers of eight lanes and of one do not mix on a tape.
 * SPDX-License-Identifier: MIT */
#ifndef DU_PACK_VAR_H
#define DU_PACK_VAR_H

#include <duet/pack.h>
#include <duet/tape.h>

DU_EXACT_BEGIN

typedef struct { uint64_t slots; DU_LINE du_pack pl; du_pack pr; } du_join_pack; /* 192 bytes */
/* 192 bytes, whole lines; arrays of them begin on one (DU_LINE, aligned_alloc), or are slower. The
 * type is aligned as the machine's vectors are: beyond that, gcc notes at by-value arguments that
 * their ABI has changed. Where that does not make it whole lines, unnamed bits do:
 * no members, since gcc would copy them, and wait for the stores before. */
typedef struct du_pack_var {
    __attribute__((aligned(8 * DU_NATIVE_LANES))) du_pack v;
    du_pack c;
    du_recorder *tape;
    uint64_t ref;
#if DU_NATIVE_LANES < 8
    uint64_t : 64, : 64, : 64, : 64, : 64, : 64;
#endif
} du_pack_var;
_Static_assert(sizeof(du_pack_var) == 192, "the same layout for every -march");

/* Defined below, and needed by it: a where m, else b; the arm not taken contributes nothing. */
static inline du_pack_var du_pack_var_select(du_mask m, du_pack_var a, du_pack_var b);

#define DU_T du_pack_var
#define DU_(name) du_pack_var_##name
#define DU_S du_pack
#define DU_B(name) du_pack_##name
#define DU_JOIN du_join_pack
#define DU_ORDER DU_ORDER_PACK
#define DU_INLINE static inline __attribute__((always_inline)) /* a call would copy its arguments */
#define DU_PACKED
#include "var.inc"

static inline du_pack_var du_pack_var_select(du_mask m, du_pack_var a, du_pack_var b)
{
    if (du_mask_all(m)) return a; /* which most often is so, and saves the entry */
    du_pack zero = du_pack_constant(0.0);
    return du_pack_var_join(du_pack_select(m, a.v, b.v), a, du_pack_select(m, a.c, zero), b,
        du_pack_select(m, zero, b.c));
}

DU_EXACT_END

#endif
