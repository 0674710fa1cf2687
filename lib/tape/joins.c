/* lib/tape/joins.c - the entries of one lane. SPDX-License-Identifier: MIT */
#include "joins.h"
#include <string.h>

/* The hot loop. No test for zero adjoints; left != right always, so both adjoints are loaded before
 * either is stored. Where an entry feeds the one just before it, as in a chain of sums, that one's
 * adjoint is still at hand: the (well predicted) branches spare the wait for store and load. So does `held`, the
 * adjoint of a ternary entry's third operand, mostly the sum so far, for as long as nothing else is added to it. */
static void joins_single(const du_segment *s, double *adjoint)
{
    const du_join *e = (const du_join *)s->entries + s->count;
    uint32_t slot = s->first + s->count, held_slot = 0;
    double held = 0.0;
    if (s->count == 0) return;
    double a = adjoint[slot - 1];
    while (e-- != s->entries) {
        uint32_t left = left_of(e->slots), right = right_of(e->slots);
        if (DU_UNLIKELY(right == 0)) {
            size_t length = sweep_record(e, sizeof *e, slot - 1, adjoint, 1, 0);
            e -= length - 1;
            slot -= (uint32_t)length;
            a = adjoint[slot - 1];
            held_slot = 0;
            continue;
        }
        if (!ordinary(right)) {
            adjoint[left] += e->pl * a;
            adjoint[unflagged(right)] += e->pr * a;
            held_slot = left_of((--e)->slots);
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
        a = left == slot - 1 ? l : right == slot - 1 ? r : held_slot == slot - 1 ? held : adjoint[slot - 1];
    }
}

/* a ternary entry, e its upper place of slot `slot`, for K adjoints a slot */
static void ternary(const du_join *e, size_t size, uint32_t slot, double *adjoint, size_t K)
{
    const du_join *lower = (const du_join *)(const void *)((const char *)e - size);
    const double *a = adjoint + slot * K;
    for (size_t k = 0; k < K; k++) {
        adjoint[left_of(e->slots) * K + k] += e->pl * a[k];
        adjoint[unflagged(right_of(e->slots)) * K + k] += e->pr * a[k];
        adjoint[left_of(lower->slots) * K + k] += lower->pl * a[k];
    }
}

/* the same for `lanes` adjoints a slot, a constant; entries of either order */
static inline __attribute__((always_inline)) void joins_of(const du_segment *s, double *adjoint, const size_t lanes)
{
    const char *entries = s->entries;
    size_t size = du_entry_size(s->kind);
    for (size_t i = s->count; i-- > 0;) {
        const du_join *e = (const du_join *)(const void *)(entries + i * size);
        uint32_t slot = s->first + (uint32_t)i;
        if (DU_UNLIKELY(right_of(e->slots) == 0)) {
            size_t length = 0;
            for (size_t k = 0; k < lanes; k++) length = sweep_record(e, size, slot, adjoint + k, lanes, 0);
            i -= length - 1;
            continue;
        }
        if (!ordinary(right_of(e->slots))) {
            ternary(e, size, slot, adjoint, lanes);
            i--;
            continue;
        }
        const double *a = adjoint + slot * lanes;
        double *l = adjoint + (size_t)left_of(e->slots) * lanes, *r = adjoint + (size_t)right_of(e->slots) * lanes;
        for (size_t k = 0; k < lanes; k++) {
            double lk = l[k] + e->pl * a[k], rk = r[k] + e->pr * a[k];
            l[k] = lk;
            r[k] = rk;
        }
    }
}

void du_joins_sweep(const du_segment *s, double *adjoint, size_t lanes)
{
    if (lanes == 1 && s->kind == DU_JOINS) joins_single(s, adjoint);
    else if (lanes == 1) joins_of(s, adjoint, 1);
    else if (lanes == 2) joins_of(s, adjoint, 2);
    else if (lanes == 4) joins_of(s, adjoint, 4);
    else joins_of(s, adjoint, 8);
}

/* (l, ld) += (pl a, pl ad + pld a) */
void du_joins_sweep_tangent(const du_segment *s, double *adjoint)
{
    for (size_t i = s->count; i-- > 0; ) {
        du_join2 e;
        if (s->kind == DU_JOINS2) e = ((const du_join2 *)s->entries)[i];
        else {
            const du_join *j = (const du_join *)s->entries + i;
            if (!ordinary(right_of(j->slots))) {
                ternary(j, sizeof *j, s->first + (uint32_t)i, adjoint, 2);
                i--;
                continue;
            }
            e = (du_join2){ j->slots, j->pl, j->pr, 0.0, 0.0 };
        }
        double a = adjoint[2 * (s->first + i)], ad = adjoint[2 * (s->first + i) + 1];
        double *l = adjoint + 2 * (size_t)left_of(e.slots), *r = adjoint + 2 * (size_t)right_of(e.slots);
        l[0] += e.pl * a;
        l[1] += e.pl * ad + e.pld * a;
        r[0] += e.pr * a;
        r[1] += e.pr * ad + e.prd * a;
    }
}

/* p a in a pass that skips: 0 where either is, so that neither an infinite partial of what nothing depends on nor
 * an infinite adjoint of what depends on nothing (a lane of du_where's other arm) poisons */
static double skipping_times(double p, double a) { return p == 0.0 || a == 0.0 ? 0.0 : p * a; }

static size_t ternary_skipping(const du_join *e, uint32_t slot, double *adjoint, size_t lanes)
{
    for (size_t k = 0; k < lanes; k++) {
        double a = adjoint[slot * lanes + k];
        adjoint[left_of(e->slots) * lanes + k] += skipping_times(e->pl, a);
        adjoint[unflagged(right_of(e->slots)) * lanes + k] += skipping_times(e->pr, a);
        adjoint[left_of(e[-1].slots) * lanes + k] += skipping_times(e[-1].pl, a);
    }
    return 1;
}

void du_joins_sweep_skipping(const du_segment *s, double *adjoint, size_t lanes, int tangent)
{
    size_t size = du_entry_size(s->kind);
    for (size_t i = s->count; i-- > 0; ) {
        du_join2 e = { .pld = 0.0, .prd = 0.0 };
        memcpy(&e, (const char *)s->entries + i * size, size);
        if (right_of(e.slots) == 0) {
            size_t length = 0;
            for (size_t k = 0; k < lanes; k++)
                length = sweep_record((const char *)s->entries + i * size, size, s->first + (uint32_t)i, adjoint + k, lanes, 1);
            i -= length - 1;
            continue;
        }
        if (!ordinary(right_of(e.slots))) {
            i -= ternary_skipping((const du_join *)s->entries + i, s->first + (uint32_t)i, adjoint, lanes);
            continue;
        }
        const double *a = adjoint + (s->first + i) * lanes;
        double *l = adjoint + (size_t)left_of(e.slots) * lanes, *r = adjoint + (size_t)right_of(e.slots) * lanes;
        for (size_t k = 0; k < lanes; k++) {
            if (a[k] == 0.0) continue;
            l[k] += skipping_times(e.pl, a[k]);
            r[k] += skipping_times(e.pr, a[k]);
            if (!tangent || k != 0) continue;
            l[1] += e.pld * a[0];
            r[1] += e.prd * a[0];
        }
    }
}
