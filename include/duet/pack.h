/* duet/pack.h - eight observations at a time: du_pack is to eight doubles what double is to one,
 * and packed dual numbers are dual numbers over it.
 *
 *     du_pack           eight values
 *     du_pack_dual      a value and its derivative in one direction, of eight observations
 *     du_pack_dual4, 8  the same in four and eight directions; any other N by
 *                       #define DU_N 5 / #define DU_OF_PACKS / #include <duet/dualn.h>
 *     du_pack_var       reverse mode: one entry on the tape for eight observations
 *
 * Every rule and kernel exists for them under the names of the scalar types (du_pack_exp,
 * du_pack_dual_mul, ...); the generic layer mixes them with packs and with C numbers. Comparisons
 * give a du_mask, one truth value a lane, that du_where chooses by; there is no if on a mask.
 *
 *     #include <duet/generic.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         double t[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
 *         du_pack_dual x = du_pack_dual_independent(du_pack_load(t), 0);
 *         du_pack_dual y = du_where(du_lt(x, 4.0), du_sqr(x), du_mul(2, x));
 *         du_pack d = du_pack_dual_partial(y, 0);
 *         printf("f(3) = %g, f'(3) = %g\n", du_pack_get(y.v, 3), du_pack_get(d, 3));
 *         return 0;
 *     }
 *
 * A pack is a struct of native vectors (native.h): the same layout for every -march.
 * SPDX-License-Identifier: MIT */
#ifndef DU_PACK_H
#define DU_PACK_H

#include <stddef.h>
#include "detail/double.h"
#include "detail/native.h"

DU_EXACT_BEGIN

enum { DU_PACK_LANES = 8 };
#define DU_PACK_VECTORS (8 / DU_NATIVE_LANES)
#if DU_PACK_VECTORS == 1
#define DU_PACK_EACH(...) DU_TIMES_1(0, __VA_ARGS__)
#elif DU_PACK_VECTORS == 2
#define DU_PACK_EACH(...) DU_TIMES_2(0, __VA_ARGS__)
#else
#define DU_PACK_EACH(...) DU_TIMES_4(0, __VA_ARGS__)
#endif

typedef struct { du_native w[DU_PACK_VECTORS]; } du_pack;
typedef struct { du_native_bits w[DU_PACK_VECTORS]; } du_mask;

/* v in all eight lanes; the eight doubles at p; and back; one lane of it */
static inline du_pack du_pack_constant(double v)
{
    du_pack r;
    DU_PACK_EACH(r.w[k] = DU_SPLAT(v);)
    return r;
}
static inline du_pack du_pack_load(const double *p)
{
    du_pack r;
    DU_PACK_EACH(r.w[k] = ((const du_native *)(const void *)p)[k];)
    return r;
}
static inline void du_pack_store(double *p, du_pack a)
{
    DU_PACK_EACH(((du_native *)(void *)p)[k] = a.w[k];)
}
/* the lanes one by one, from registers: eight stores and a load would wait for each other */
static inline du_pack du_pack_of(double a, double b, double c, double d, double e, double f,
                                 double g, double h)
{
#if DU_PACK_VECTORS == 1
    return (du_pack){ { { a, b, c, d, e, f, g, h } } };
#elif DU_PACK_VECTORS == 2
    return (du_pack){ { { a, b, c, d }, { e, f, g, h } } };
#else
    return (du_pack){ { { a, b }, { c, d }, { e, f }, { g, h } } };
#endif
}
static inline double du_pack_get(du_pack a, size_t lane) { return ((const double *)a.w)[lane]; }
static inline void du_pack_set(du_pack *a, size_t lane, double v) { ((double *)a->w)[lane] = v; }
/* the lanes summed, in an order that does not depend on -march */
static inline double du_pack_total(du_pack a)
{
    const du_vec2 *d = (const du_vec2 *)(const void *)a.w;
    du_vec2 s = (d[0] + d[2]) + (d[1] + d[3]);
    return s[0] + s[1];
}

static inline du_pack du_pack_lift(du_pack v) { return v; }
static inline du_pack du_pack_value(du_pack a) { return a; }
#define DU_PACK_OP(name, e) \
    static inline du_pack du_pack_##name(du_pack a, du_pack b) \
    { \
        DU_PACK_EACH(a.w[k] = (e);) \
        return a; \
    }
DU_PACK_OP(add, a.w[k] + b.w[k])
DU_PACK_OP(sub, a.w[k] - b.w[k])
DU_PACK_OP(mul, a.w[k] * b.w[k])
DU_PACK_OP(div, a.w[k] / b.w[k])
DU_PACK_OP(add_s, a.w[k] + b.w[k])
DU_PACK_OP(div_s, a.w[k] / b.w[k])
DU_PACK_OP(larger, du_native_larger(a.w[k], b.w[k]))
#undef DU_PACK_OP
static inline du_pack du_pack_fma(du_pack a, du_pack b, du_pack c)
{
    DU_PACK_EACH(a.w[k] = du_native_fma(a.w[k], b.w[k], c.w[k]);)
    return a;
}

/* ---- masks ---- */

#define DU_COMPARISON(name, op) \
    static inline du_mask du_pack_##name(du_pack a, du_pack b) \
    { \
        du_mask m; \
        DU_PACK_EACH(m.w[k] = (du_native_bits)(a.w[k] op b.w[k]);) \
        return m; \
    } \
    static inline du_mask du_pack_##name##_d(du_pack a, double b) \
                                             { return du_pack_##name(a, du_pack_constant(b)); } \
    static inline du_mask du_pack_d_##name(double a, du_pack b) \
                                           { return du_pack_##name(du_pack_constant(a), b); }
DU_COMPARISONS(DU_COMPARISON)
#undef DU_COMPARISON
#define DU_MASK_OP(name, e) \
    static inline du_mask du_mask_##name(du_mask a, du_mask b) \
    { \
        DU_PACK_EACH(a.w[k] = (e);) \
        return a; \
    }
DU_MASK_OP(and, a.w[k] & b.w[k])
DU_MASK_OP(or, a.w[k] | b.w[k])
#undef DU_MASK_OP
static inline du_mask du_mask_not(du_mask a)
{
    DU_PACK_EACH(a.w[k] = ~a.w[k];)
    return a;
}
static inline int du_mask_all(du_mask m)
{
    int all = 1;
    DU_PACK_EACH(all &= du_native_all(m.w[k]);)
    return all;
}
static inline du_pack du_pack_select(du_mask m, du_pack a, du_pack b)
{
    DU_PACK_EACH(a.w[k] = du_native_select(m.w[k], a.w[k], b.w[k]);)
    return a;
}

/* ---- what the templates need of a value besides the rules ---- */

static inline du_mask du_pack_is_finite(du_pack v)
{
    du_mask m;
    DU_PACK_EACH(m.w[k] = (du_native_bits)(du_native_fabs(v.w[k]) <= DBL_MAX);)
    return m;
}
static inline int du_pack_all_finite(du_pack v)
{
    int all = 1;
    DU_PACK_EACH(all &= du_native_finite(v.w[k]);)
    return all;
}
static inline int du_pack_all_normal(du_pack v)
{
    int all = 1;
    DU_PACK_EACH(all &= du_native_all(du_native_within(du_native_fabs(v.w[k]), DBL_MIN, DBL_MAX));)
    return all;
}
/* p t, but 0 in lanes where t is 0 and p infinite or NaN */
static inline du_pack du_pack_times(du_pack p, du_pack t)
{
    DU_PACK_EACH(t.w[k] = (du_native)((du_native_bits)(p.w[k] * t.w[k])
        & (du_native_bits)(t.w[k] != 0.0));)
    return t;
}
/* p a + q b, which may be contracted */
static inline du_pack du_pack_combine(du_pack p, du_pack a, du_pack q, du_pack b)
{
    DU_PACK_EACH(a.w[k] = p.w[k] * a.w[k] + q.w[k] * b.w[k];)
    return a;
}
static inline du_pack du_pack_norm_scale(du_pack m)
{
    DU_PACK_EACH(m.w[k] = du_native_norm_scale(m.w[k]);)
    return m;
}
static inline int du_pack_all_one(du_pack v)
{
    return du_mask_all(du_pack_eq(v, du_pack_constant(1.0)));
}

#include "detail/pack_rules.h"

#define DU_T du_pack
#define DU_(name) du_pack_##name
#define DU_PACKED
#define DU_CHAIN(A, y, p, pp) ((void)(A), (y))
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) ((void)(A), (void)(B), (y))
#include "detail/number.inc"

#define DU_N 1
#define DU_OF_PACKS
#include "dualn.h"
#define DU_N 4
#define DU_OF_PACKS
#include "dualn.h"
#define DU_N 8
#define DU_OF_PACKS
#include "dualn.h"

/* ---- reverse mode: one entry on the tape for eight observations ---- */

/* du_pack_var is to du_var what du_pack is to double; its operations are those of generic.h.
 * Conventions of tape.h. Numbers of eight lanes and of one do not mix on a tape (DU_ELANES). */
typedef struct du_pack_var du_pack_var;
typedef struct du_tape du_tape;

/* n independents with values v[n], as x[n]. DU_EINVAL for n = 0 or NULL; x untouched on failure. */
DU_API int du_tape_independents_pack(du_tape *t, size_t n, const du_pack v[], du_pack_var *x);
/* g[j] = dy/dx_j in every lane, x[n] independents as they were made (DU_ENOGRAD otherwise). Does
 * not touch accumulated gradients. */
DU_API int du_tape_gradient_pack(du_tape *t, const du_pack_var *y, size_t n, const du_pack_var *x,
                                 du_pack g[]);

DU_EXACT_END

#endif
