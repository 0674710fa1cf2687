/* lib/tape/joins_pack.c - the entries of eight lanes. SPDX-License-Identifier: MIT */
#include "joins.h"

/* p a in a pass that skips (joins.c), in every lane */
static du_pack skipping_times_pack(du_pack p, du_pack a)
{
    return du_pack_select(du_pack_eq(p, du_pack_constant(0.0)), p, du_pack_times(p, a));
}

/* adjoint += p a, of one slot for m packs of adjoints */
static inline void add_pack(du_pack *adjoint, const du_pack *p, const du_pack *a, size_t m, int skipping)
{
    for (size_t k = 0; k < m; k++)
        adjoint[k] = du_pack_add(adjoint[k], skipping ? skipping_times_pack(*p, a[k]) : du_pack_mul(*p, a[k]));
}

/* Entries of eight lanes, m packs of adjoints a slot. An entry's operands are never its own slot. */
static inline void joins_pack_of(const du_segment *s, double *adjoint, size_t m, int skipping)
{
    const du_join_pack *entries = s->entries;
    du_pack *adjoints = (du_pack *)(void *)adjoint;
    for (size_t i = s->count; i-- > 0; ) {
        const du_join_pack *e = entries + i;
        const du_pack *a = adjoints + (s->first + i) * m;
        if (DU_UNLIKELY(right_of(e->slots) == 0)) {
            size_t length = 0;
            for (size_t k = 0; k < m; k++)
                length = sweep_record(e, sizeof *e, s->first + (uint32_t)i, adjoint + 8 * k, 8 * m, skipping);
            i -= length - 1;
            continue;
        }
        add_pack(adjoints + (size_t)left_of(e->slots) * m, &e->pl, a, m, skipping);
        add_pack(adjoints + (size_t)unflagged(right_of(e->slots)) * m, &e->pr, a, m, skipping);
        if (ordinary(right_of(e->slots))) continue;
        add_pack(adjoints + (size_t)left_of(e[-1].slots) * m, &e[-1].pl, a, m, skipping);
        i--;
    }
}
/* The same for one or two adjoints a slot, as joins_single: what an entry has added to the one before stays at hand. */
#define FOR_M(...) { enum { k = 0 }; __VA_ARGS__ } if (m == 2) { enum { k = 1 }; __VA_ARGS__ }
static inline __attribute__((always_inline)) void joins_pack_few(const du_segment *s, double *adjoint, const size_t m)
{
    const du_join_pack *e = (const du_join_pack *)s->entries + s->count;
    uint32_t slot = s->first + s->count;
    du_pack a[2], l[2], r[2];
    if (s->count == 0) return;
#define SLOT(s) ((du_pack *)(void *)adjoint + (size_t)(s) * m)
    FOR_M(a[k] = SLOT(slot - 1)[k];)
    while (e-- != s->entries) {
        uint32_t left = left_of(e->slots), right = unflagged(right_of(e->slots));
        if (DU_UNLIKELY(right_of(e->slots) == 0)) {
            size_t length = 0;
            for (size_t k = 0; k < m; k++) length = sweep_record(e, sizeof *e, slot - 1, adjoint + 8 * k, 8 * m, 0);
            e -= length - 1;
            slot -= (uint32_t)length;
            FOR_M(a[k] = SLOT(slot - 1)[k];)
            continue;
        }
        FOR_M(l[k] = du_pack_add(SLOT(left)[k], du_pack_mul(e->pl, a[k]));)
        FOR_M(r[k] = du_pack_add(SLOT(right)[k], du_pack_mul(e->pr, a[k]));)
        FOR_M(SLOT(left)[k] = l[k];)
        FOR_M(SLOT(right)[k] = r[k];)
        slot--;
        if (!ordinary(right_of(e->slots))) {
            e--;
            slot--;
            left = left_of(e->slots);
            FOR_M(l[k] = du_pack_add(SLOT(left)[k], du_pack_mul(e->pl, a[k]));)
            FOR_M(SLOT(left)[k] = l[k];)
        }
        if (left == slot - 1) { FOR_M(a[k] = l[k];) }
        else if (right == slot - 1) { FOR_M(a[k] = r[k];) }
        else { FOR_M(a[k] = SLOT(slot - 1)[k];) }
    }
#undef SLOT
}
#undef FOR_M
void du_joins_sweep_pack(const du_segment *s, double *adjoint, size_t m, int skipping)
{
    if (m == 1 && !skipping) joins_pack_few(s, adjoint, 1);
    else if (m == 2 && !skipping) joins_pack_few(s, adjoint, 2);
    else joins_pack_of(s, adjoint, m, skipping);
}
