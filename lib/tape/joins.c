/* lib/tape/joins.c - sweeping the entries of one lane. SPDX-License-Identifier: MIT */
#include "joins.h"
#include <string.h>

/* The hot loop, for one adjoint a slot. It does not test for zero adjoints. An entry never has the
 * same slot left and right, so both adjoints are loaded before either is stored.
 *
 * Where an entry feeds the one just before it, as in a chain of sums, that one's adjoint is still
 * in a register: well predicted branches spare the wait for a load of what was just stored. So does
 * `held`, the adjoint of a ternary entry's third operand (mostly the sum so far), for as long as
 * nothing else is added to it. */
static void sweep_single(const du_segment *s, double *adjoint)
{
    const du_join *e = (const du_join *)s->entries + s->count;
    uint32_t slot = s->first + s->count, held_slot = 0;
    double held = 0.0;
    if (s->count == 0) return;
    double a = adjoint[slot - 1];
    while (e-- != s->entries) {
        uint32_t left = left_of(e->slots), right = right_of(e->slots);
        if (DU_UNLIKELY(is_marker(right))) {
            size_t length = sweep_record(e, sizeof *e, slot - 1, adjoint, 1, 1, 0);
            e -= length - 1;
            slot -= (uint32_t)length;
            a = adjoint[slot - 1];
            held_slot = 0;
            continue;
        }
        if (is_ternary(right)) {
            adjoint[left] += e->pl * a;
            adjoint[unflagged(right)] += e->pr * a;
            e--;
            held_slot = left_of(e->slots);
            held = adjoint[held_slot] + e->pl * a;
            adjoint[held_slot] = held;
            slot -= 2;
            a = held_slot == slot - 1 ? held : adjoint[slot - 1];
            continue;
        }
        double l = adjoint[left] + e->pl * a, r = adjoint[right] + e->pr * a;
        adjoint[left] = l;
        adjoint[right] = r;
        slot--;
        if (left == held_slot || right == held_slot) held_slot = 0;
        if (left == slot - 1) a = l;
        else if (right == slot - 1) a = r;
        else a = held_slot == slot - 1 ? held : adjoint[slot - 1];
    }
}

/* p a; in a sweep that skips, 0 where either is */
static inline double product(double p, double a, int skipping)
{
    return skipping && (p == 0.0 || a == 0.0) ? 0.0 : p * a;
}

/* a ternary entry, e its upper place of slot `slot` */
static inline void sweep_ternary(const du_join *e, uint32_t slot, double *adjoint, size_t lanes,
                                 int skipping)
{
    const double *a = adjoint + slot * lanes;
    double *l = adjoint + (size_t)left_of(e->slots) * lanes;
    double *r = adjoint + (size_t)unflagged(right_of(e->slots)) * lanes;
    double *third = adjoint + (size_t)left_of(e[-1].slots) * lanes;
    for (size_t k = 0; k < lanes; k++) {
        l[k] += product(e->pl, a[k], skipping);
        r[k] += product(e->pr, a[k], skipping);
        third[k] += product(e[-1].pl, a[k], skipping);
    }
}

/* The same loop for `lanes` adjoints a slot, a constant, and entries with tangents or without. */
ALWAYS_INLINE void sweep_lanes(const du_segment *s, double *adjoint, const size_t lanes)
{
    const char *entries = s->entries;
    size_t size = du_entry_size(s->kind);
    for (size_t i = s->count; i-- > 0;) {
        const du_join *e = (const du_join *)(const void *)(entries + i * size);
        uint32_t slot = s->first + (uint32_t)i;
        if (DU_UNLIKELY(is_marker(right_of(e->slots)))) {
            i -= sweep_record(e, size, slot, adjoint, lanes, 1, 0) - 1;
            continue;
        }
        if (is_ternary(right_of(e->slots))) {
            sweep_ternary(e, slot, adjoint, lanes, 0);
            i--;
            continue;
        }
        const double *a = adjoint + slot * lanes;
        double *l = adjoint + (size_t)left_of(e->slots) * lanes;
        double *r = adjoint + (size_t)right_of(e->slots) * lanes;
        for (size_t k = 0; k < lanes; k++) {
            double lk = l[k] + e->pl * a[k], rk = r[k] + e->pr * a[k];
            l[k] = lk;
            r[k] = rk;
        }
    }
}

void du_joins_sweep(const du_segment *s, double *adjoint, size_t lanes)
{
    if (lanes == 1 && s->kind == DU_JOINS) sweep_single(s, adjoint);
    else if (lanes == 1) sweep_lanes(s, adjoint, 1);
    else if (lanes == 2) sweep_lanes(s, adjoint, 2);
    else if (lanes == 4) sweep_lanes(s, adjoint, 4);
    else sweep_lanes(s, adjoint, 8);
}

/* entry i with its tangents; 0 those of an entry without */
static inline du_join2 entry_with_tangents(const du_segment *s, size_t i)
{
    if (s->kind == DU_JOINS2) return ((const du_join2 *)s->entries)[i];
    const du_join *e = (const du_join *)s->entries + i;
    return (du_join2){ e->slots, e->pl, e->pr, 0.0, 0.0 };
}

/* (lbar, its tangent) += (pl a, pl ad + pld a), likewise rbar. Ternary entries have no tangents,
 * and there are no records. */
void du_joins_sweep_tangent(const du_segment *s, double *adjoint)
{
    for (size_t i = s->count; i-- > 0;) {
        du_join2 e = entry_with_tangents(s, i);
        uint32_t slot = s->first + (uint32_t)i;
        if (is_ternary(right_of(e.slots))) {
            sweep_ternary((const du_join *)s->entries + i, slot, adjoint, 2, 0);
            i--;
            continue;
        }
        double a = adjoint[2 * (size_t)slot], ad = adjoint[2 * (size_t)slot + 1];
        double *l = adjoint + 2 * (size_t)left_of(e.slots);
        double *r = adjoint + 2 * (size_t)right_of(e.slots);
        l[0] += e.pl * a;
        l[1] += e.pl * ad + e.pld * a;
        r[0] += e.pr * a;
        r[1] += e.pr * ad + e.prd * a;
    }
}

void du_joins_sweep_skipping(const du_segment *s, double *adjoint, size_t lanes, int tangent)
{
    size_t size = du_entry_size(s->kind);
    for (size_t i = s->count; i-- > 0;) {
        const char *at = (const char *)s->entries + i * size;
        du_join2 e = entry_with_tangents(s, i);
        uint32_t slot = s->first + (uint32_t)i;
        if (is_marker(right_of(e.slots))) {
            i -= sweep_record(at, size, slot, adjoint, lanes, 1, 1) - 1;
            continue;
        }
        if (is_ternary(right_of(e.slots))) {
            sweep_ternary((const du_join *)(const void *)at, slot, adjoint, lanes, 1);
            i--;
            continue;
        }
        const double *a = adjoint + slot * lanes;
        double *l = adjoint + (size_t)left_of(e.slots) * lanes;
        double *r = adjoint + (size_t)right_of(e.slots) * lanes;
        for (size_t k = 0; k < lanes; k++) {
            if (a[k] == 0.0) continue;
            l[k] += product(e.pl, a[k], 1);
            r[k] += product(e.pr, a[k], 1);
            if (!tangent || k != 0) continue;
            l[1] += e.pld * a[0];
            r[1] += e.prd * a[0];
        }
    }
}
