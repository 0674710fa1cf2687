/* duet/var.h - reverse mode: a value that knows how it depends on one slot of a tape.
 *
 *     { v, c, tape, ref }: d(this)/d(slot of ref) = c. Slot and tape generation share one 64-bit
 *     word; ref 0 is a constant.
 *
 *     f(a):    same slot, coefficient f'(a) c                      nothing recorded
 *     f(a, b): same slot, or one a constant: add coefficients      nothing recorded
 *              else a join: two slots, two partials                24 bytes
 *
 * See tape.h for a program and the conventions.
 * SPDX-License-Identifier: MIT */
#ifndef DU_VAR_H
#define DU_VAR_H

#include "real.h"
#include "tape.h"

static inline du_var du_var_constant(double v) { return (du_var){ v, 0.0, NULL, 0 }; }
static inline double du_var_value(du_var a) { return a.v; }

static inline du_var du_var_chain(du_var a, double y, double p)
{
    a.v = y;
    a.c = du_real_times(p, a.c);
    return a;
}

/* Whether a and b are of tape t, of its generation and of slots given out, and an entry of the order
 * fits the open segment: base is the generation's word, next the slot to be given out. A constant's
 * ref 0 fails too, so that the common case tests for nothing else. */
static inline int du_tape_open(const du_tape *t, const du_tape *other, uint64_t a, uint64_t b, int order)
{
    if (t != other) return 0;
    uint64_t next = (uint32_t)t->ref, base = t->ref - next;
    return a - base < next && b - base < next && next < (order == 1 ? t->room : t->room2);
}
/* what a value refers to when its entry could not be written: a slot that no sweep reads */
static inline uint64_t du_tape_poison(const du_tape *t) { return t->ref & ~(uint64_t)UINT32_MAX; }
static inline uint64_t du_tape_slots(uint64_t a, uint64_t b) { return (uint32_t)a | b << 32; }

/* y = f(a, b) with pa, pb = df/da, df/db times the operand's coefficient */
static inline du_var du_var_join(double y, du_var a, double pa, du_var b, double pb)
{
    if (a.ref == b.ref && a.tape == b.tape) return (du_var){ y, pa + pb, a.tape, a.ref };
    du_tape *t = a.tape;
    if (DU_UNLIKELY(!du_tape_open(t, b.tape, a.ref, b.ref, 1))) {
        if (b.ref == 0) return (du_var){ y, pa, a.tape, a.ref };
        if (a.ref == 0) return (du_var){ y, pb, b.tape, b.ref };
        if (!du_tape_ready(t, b.tape, a.ref, b.ref, 1)) return (du_var){ y, 0.0, t, du_tape_poison(t) };
    }
    uint64_t ref = t->ref;
    du_join *e = (du_join *)(t->bias + (uintptr_t)(uint32_t)ref * sizeof(du_join));
    e->slots = du_tape_slots(a.ref, b.ref);
    e->pl = pa;
    e->pr = pb;
    t->ref = ref + 1;
    return (du_var){ y, 1.0, t, ref };
}
static inline du_var du_var_chain2(du_var a, du_var b, double y, double pa, double pb)
{
    return du_var_join(y, a, du_real_times(pa, a.c), b, du_real_times(pb, b.c));
}

static inline du_var du_var_add(du_var a, du_var b) { return du_var_join(a.v + b.v, a, a.c, b, b.c); }
static inline du_var du_var_sub(du_var a, du_var b) { return du_var_join(a.v - b.v, a, a.c, b, -b.c); }
static inline du_var du_var_mul(du_var a, du_var b)
{
    double y = a.v * b.v;
    if (DU_LIKELY(__builtin_isfinite(y))) return du_var_join(y, a, b.v * a.c, b, a.v * b.c);
    return du_var_chain2(a, b, y, b.v, a.v);
}
static inline du_var du_var_div(du_var a, du_var b)
{
    double y = a.v / b.v;
    return du_var_chain2(a, b, y, 1.0 / b.v, -y / b.v);
}
static inline du_var du_var_fma(du_var a, du_var b, du_var c)
{
    du_var ab = du_var_chain2(a, b, a.v * b.v, b.v, a.v);
    return du_var_join(fma(a.v, b.v, c.v), ab, ab.c, c, c.c);
}
static inline du_var du_var_add_s(du_var a, double s)
{
    a.v += s;
    return a;
}
static inline du_var du_var_div_s(du_var a, double s)
{
    a.v /= s;
    a.c = a.c == 0.0 ? 0.0 : a.c / s;
    return a;
}

#define DU_T du_var
#define DU_(name) du_var_##name
#define DU_CHAIN(A, y, p, pp) du_var_chain(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_var_chain2(A, B, y, pa, pb)
#include "number.inc"

#endif
