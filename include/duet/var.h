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

/* whether a and b are live on t (same generation, slots given out) and an entry fits the open segment */
#define DU_TAPE_OPEN(t, a, b, room) \
    (DU_LIKELY((a).tape == (b).tape && (uint32_t)(t)->ref < (t)->room \
               && (((a).ref ^ (t)->ref) | ((b).ref ^ (t)->ref)) >> 32 == 0 \
               && (((a).ref - (t)->ref) & ((b).ref - (t)->ref)) >> 63))

/* y = f(a, b) with pa, pb = df/da, df/db times the operand's coefficient */
static inline du_var du_var_join(double y, du_var a, double pa, du_var b, double pb)
{
    if (a.ref == b.ref && a.tape == b.tape) return (du_var){ y, pa + pb, a.tape, a.ref };
    if (b.ref == 0) return (du_var){ y, pa, a.tape, a.ref };
    if (a.ref == 0) return (du_var){ y, pb, b.tape, b.ref };
    du_tape *t = a.tape;
    if (!DU_TAPE_OPEN(t, a, b, room) && !du_tape_ready(t, b.tape, a.ref, b.ref, 1))
        return (du_var){ y, 0.0, t, t->ref & ~(uint64_t)UINT32_MAX };
    uint64_t ref = t->ref;
    du_join *e = (du_join *)(t->bias + (uintptr_t)(uint32_t)ref * sizeof(du_join));
    e->left = (uint32_t)a.ref;
    e->right = (uint32_t)b.ref;
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
static inline du_var du_var_mul_s(du_var a, double s) { return du_var_chain(a, a.v * s, s); }
static inline du_var du_var_div_s(du_var a, double s)
{
    a.v /= s;
    a.c = a.c == 0.0 ? 0.0 : a.c / s;
    return a;
}
static inline du_var du_var_s_div(double s, du_var b)
{
    double y = s / b.v;
    return du_var_chain(b, y, -y / b.v);
}

#define DU_T du_var
#define DU_(name) du_var_##name
#define DU_CHAIN(A, y, p, pp) du_var_chain(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_var_chain2(A, B, y, pa, pb)
#include "number.inc"

#endif
