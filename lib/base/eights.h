/* lib/base/eights.h - loops over arrays of doubles, by vectors of eight: the first 1 to 8 elements,
 * so many that a multiple of eight is left, then eights. All loops divide an array in this same
 * way: a vector load of what was just stored by two stores stalls, and so each vector that is
 * loaded is one that was stored. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_EIGHTS_H
#define DU_EIGHTS_H

#include <duet/pack.h>
#include <stddef.h>

static inline size_t du_eights_first(size_t n) { return n ? (n - 1) % 8 + 1 : 0; }

/* The pack of e(0) ... e(7), of which n exist; 0 in the lanes of the others. Each element is loaded
 * on its own. */
#define DU_EIGHT(e, n) \
    (n >= 8 ? du_pack_of(e(0), e(1), e(2), e(3), e(4), e(5), e(6), e(7)) \
            : du_pack_of(n > 0 ? e(0) : 0.0, n > 1 ? e(1) : 0.0, n > 2 ? e(2) : 0.0, \
                         n > 3 ? e(3) : 0.0, n > 4 ? e(4) : 0.0, n > 5 ? e(5) : 0.0, \
                         n > 6 ? e(6) : 0.0, 0.0))

static inline du_pack du_eights_load(const double *x, size_t n)
{
#define DU_AT(i) x[i]
    return n >= 8 ? du_pack_load(x) : DU_EIGHT(DU_AT, n);
#undef DU_AT
}
static inline void du_eights_store(double *to, du_pack a, size_t n)
{
    if (n >= 8) du_pack_store(to, a);
    else
        for (size_t i = 0; i < n; i++) to[i] = du_pack_get(a, i);
}
/* a, 0 in lanes n and above */
static inline du_pack du_eights_part(du_pack a, size_t n)
{
    du_mask part = du_pack_lt(du_pack_of(0, 1, 2, 3, 4, 5, 6, 7), du_pack_constant((double)n));
    return n >= 8 ? a : du_pack_select(part, a, du_pack_constant(0.0));
}

/* to[0 ... 7] += p[0 ... 7] a */
static inline void du_eight_add(double *to, const double *p, du_pack a)
{
    du_pack_store(to, du_pack_add(du_pack_load(to), du_pack_mul(du_pack_load(p), a)));
}
/* to[i] += p[i] a */
static inline void du_eights_add(double *to, const double *p, double a, size_t n)
{
    size_t i = 0;
    for (; i < du_eights_first(n); i++) to[i] += p[i] * a;
    for (; i < n; i += 8) du_eight_add(to + i, p + i, du_pack_constant(a));
}
/* to[i] += p[i] a[i] */
static inline void du_eights_add_each(double *to, const double *p, const double *a, size_t n)
{
    size_t i = 0;
    for (; i < du_eights_first(n); i++) to[i] += p[i] * a[i];
    for (; i < n; i += 8) du_eight_add(to + i, p + i, du_pack_load(a + i));
}

#endif
