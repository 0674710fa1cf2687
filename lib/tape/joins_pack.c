/* lib/tape/joins_pack.c - sweeping the entries of eight lanes. SPDX-License-Identifier: MIT */
#include "joins.h"

/* p a; in a sweep that skips, 0 where either is, lane by lane */
static inline du_pack product(du_pack p, du_pack a, int skipping)
{
    if (!skipping) return du_pack_mul(p, a);
    return du_pack_select(du_pack_eq(p, du_pack_constant(0.0)), p, du_pack_times(p, a));
}

/* adjoint += p a, of one slot for m packs of adjoints */
static inline void add_product(du_pack *adjoint, const du_pack *p, const du_pack *a, size_t m,
                               int skipping)
{
    for (size_t k = 0; k < m; k++)
        adjoint[k] = du_pack_add(adjoint[k], product(*p, a[k], skipping));
}

/* m packs of adjoints a slot. An entry's operands are never its own slot. */
static inline void sweep_many(const du_segment *s, double *adjoint, size_t m, int skipping)
{
    const du_join_pack *entries = s->entries;
    du_pack *adjoints = (du_pack *)(void *)adjoint;
    for (size_t i = s->count; i-- > 0;) {
        const du_join_pack *e = entries + i;
        uint32_t slot = s->first + (uint32_t)i, right = right_of(e->slots);
        if (DU_UNLIKELY(is_marker(right))) {
            i -= sweep_record(e, sizeof *e, slot, adjoint, m, 8, skipping) - 1;
            continue;
        }
        const du_pack *a = adjoints + slot * m;
        add_product(adjoints + (size_t)left_of(e->slots) * m, &e->pl, a, m, skipping);
        add_product(adjoints + (size_t)unflagged(right) * m, &e->pr, a, m, skipping);
        if (!is_ternary(right)) continue;
        add_product(adjoints + (size_t)left_of(e[-1].slots) * m, &e[-1].pl, a, m, skipping);
        i--;
    }
}

/* The statements for k = 0, and for k = 1 if m is 2, written out: gcc keeps an array of packs in
 * registers only where no loop goes over it to begin with. */
#define FOR_EACH_ADJOINT(...) \
    DU_TIMES_1(0, __VA_ARGS__) \
    if (m == 2) DU_TIMES_1(1, __VA_ARGS__)
#define ADJOINT(slot) ((du_pack *)(void *)adjoint + (size_t)(slot)*m)

/* For one or two adjoints a slot, m a constant. What an entry has added to the one just before it
 * stays in registers (joins.c). */
ALWAYS_INLINE void sweep_few(const du_segment *s, double *adjoint, const size_t m)
{
    const du_join_pack *e = (const du_join_pack *)s->entries + s->count;
    uint32_t slot = s->first + s->count;
    du_pack a[2], l[2], r[2];
    if (s->count == 0) return;
    FOR_EACH_ADJOINT(a[k] = ADJOINT(slot - 1)[k];)
    while (e-- != s->entries) {
        uint32_t left = left_of(e->slots), right = unflagged(right_of(e->slots));
        if (DU_UNLIKELY(is_marker(right_of(e->slots)))) {
            size_t length = sweep_record(e, sizeof *e, slot - 1, adjoint, m, 8, 0);
            e -= length - 1;
            slot -= (uint32_t)length;
            FOR_EACH_ADJOINT(a[k] = ADJOINT(slot - 1)[k];)
            continue;
        }
        FOR_EACH_ADJOINT(l[k] = du_pack_add(ADJOINT(left)[k], du_pack_mul(e->pl, a[k]));)
        FOR_EACH_ADJOINT(r[k] = du_pack_add(ADJOINT(right)[k], du_pack_mul(e->pr, a[k]));)
        FOR_EACH_ADJOINT(ADJOINT(left)[k] = l[k];)
        FOR_EACH_ADJOINT(ADJOINT(right)[k] = r[k];)
        slot--;
        if (is_ternary(right_of(e->slots))) {
            e--;
            slot--;
            left = left_of(e->slots);
            FOR_EACH_ADJOINT(l[k] = du_pack_add(ADJOINT(left)[k], du_pack_mul(e->pl, a[k]));)
            FOR_EACH_ADJOINT(ADJOINT(left)[k] = l[k];)
        }
        if (left == slot - 1) {
            FOR_EACH_ADJOINT(a[k] = l[k];)
        } else if (right == slot - 1) {
            FOR_EACH_ADJOINT(a[k] = r[k];)
        } else {
            FOR_EACH_ADJOINT(a[k] = ADJOINT(slot - 1)[k];)
        }
    }
}

void du_joins_sweep_pack(const du_segment *s, double *adjoint, size_t m, int skipping)
{
    if (m == 1 && !skipping) sweep_few(s, adjoint, 1);
    else if (m == 2 && !skipping) sweep_few(s, adjoint, 2);
    else sweep_many(s, adjoint, m, skipping);
}
