/* duet/detail/var2.h - forward over reverse: a du_var whose every part carries a tangent.
 *
 *     { v, vd, c, cd, tape, ref }: value and its tangent, coefficient and its tangent. A sweep
 *     yields the gradient and its tangent: the Hessian times the direction that the independents
 *     were seeded with. An entry is 40 bytes.
 *
 *     f(a): v = f, vd = f' a.vd, c = f' a.c, cd = f' a.cd + f'' a.vd a.c
 *
 * See tape.h for the conventions.
 * SPDX-License-Identifier: MIT */
#ifndef DU_VAR2_H
#define DU_VAR2_H

#include <duet/tape.h>
#include "double.h"

DU_EXACT_BEGIN

static inline du_var2 du_var2_constant(double v) { return (du_var2){ v, 0.0, 0.0, 0.0, NULL, 0 }; }
static inline double du_var2_value(du_var2 a) { return a.v; }
static inline du_var2 du_var2_lift(double v) { return du_var2_constant(v); }
static inline du_var2 du_var2_select(int c, du_var2 a, du_var2 b) { return c ? a : b; }

static inline du_var2 du_var2_chain(du_var2 a, double y, double p, double pp)
{
    double curve = a.vd * a.c == 0.0 ? 0.0 : pp * a.vd * a.c;
    return (du_var2){ y, du_real_times(p, a.vd), du_real_times(p, a.c),
                      du_real_times(p, a.cd) + curve, a.tape, a.ref };
}

/* a and b stand for the operands with coefficient and its tangent already those of the result */
static inline du_var2 du_var2_join(double y, double yd, du_var2 a, du_var2 b)
{
    if (a.ref == b.ref && a.tape == b.tape)
        return (du_var2){ y, yd, a.c + b.c, a.cd + b.cd, a.tape, a.ref };
    du_recorder *t = a.tape;
    if (DU_UNLIKELY(!du_tape_open(t, b.tape, a.ref, b.ref, DU_ORDER_JOIN2))) {
        if (b.ref == 0) return (du_var2){ y, yd, a.c, a.cd, a.tape, a.ref };
        if (a.ref == 0) return (du_var2){ y, yd, b.c, b.cd, b.tape, b.ref };
        if (!du_tape_ready(t, b.tape, a.ref, b.ref, DU_ORDER_JOIN2))
            return (du_var2){ y, yd, 0.0, 0.0, t, du_tape_invalid_ref(t) };
    }
    uint64_t ref = t->ref;
    du_join2 *e = (du_join2 *)(t->bias[DU_ORDER_JOIN2] +
        (uintptr_t)(uint32_t)ref * sizeof(du_join2));
    e->slots = du_tape_slots(a.ref, b.ref);
    e->pl = a.c;
    e->pr = b.c;
    e->pld = a.cd;
    e->prd = b.cd;
    t->ref = ref + 1;
    return (du_var2){ y, yd, 1.0, 0.0, t, ref };
}
/* pad = paa a.vd + pab b.vd is the tangent of pa; a NaN second partial of a passive side is skipped
 */
static inline du_var2 du_var2_chain2(du_var2 a, du_var2 b, double y, double pa, double pb,
                                     double paa, double pab, double pbb)
{
    double yd = du_real_times(pa, a.vd) + du_real_times(pb, b.vd);
    double pad = a.c == 0.0 ? 0.0 : du_real_times(paa, a.vd) + du_real_times(pab, b.vd);
    double pbd = b.c == 0.0 ? 0.0 : du_real_times(pab, a.vd) + du_real_times(pbb, b.vd);
    a.cd = du_real_times(pa, a.cd) + pad * a.c;
    b.cd = du_real_times(pb, b.cd) + pbd * b.c;
    a.c = du_real_times(pa, a.c);
    b.c = du_real_times(pb, b.c);
    return du_var2_join(y, yd, a, b);
}

static inline du_var2 du_var2_add(du_var2 a, du_var2 b)
{
    return du_var2_join(a.v + b.v, a.vd + b.vd, a, b);
}
static inline du_var2 du_var2_sub(du_var2 a, du_var2 b)
{
    b.c = -b.c;
    b.cd = -b.cd;
    return du_var2_join(a.v - b.v, a.vd - b.vd, a, b);
}
static inline du_var2 du_var2_fma(du_var2 a, du_var2 b, du_var2 c)
{
    du_var2 ab = du_var2_chain2(a, b, a.v * b.v, b.v, a.v, 0.0, 1.0, 0.0);
    return du_var2_join(fma(a.v, b.v, c.v), ab.vd + c.vd, ab, c);
}
static inline du_var2 du_var2_add_s(du_var2 a, double s)
{
    a.v += s;
    return a;
}
static inline du_var2 du_var2_div_s(du_var2 a, double s)
{
    return (du_var2){ a.v / s, a.vd == 0.0 ? 0.0 : a.vd / s, a.c == 0.0 ? 0.0 : a.c / s,
                      a.cd == 0.0 ? 0.0 : a.cd / s, a.tape, a.ref };
}

#define DU_SECOND_ORDER
#define DU_T du_var2
#define DU_(name) du_var2_##name
#define DU_CHAIN(A, y, p, pp) du_var2_chain(A, y, p, pp)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) du_var2_chain2(A, B, y, pa, pb, paa, pab, pbb)
#include "number.inc"

DU_EXACT_END

#endif
