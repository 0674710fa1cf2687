/* lib/sweep.c - the adjoint vector: one pass over the segments, newest first.
 * adjoint[slot * lanes + lane]; with tangents, a lane is the pair (adjoint, its tangent).
 * SPDX-License-Identifier: MIT */
#include "tape_layout.h"
#include <duet/real.h>
#include <string.h>

static uint32_t left_of(uint64_t slots) { return (uint32_t)slots; }
static uint32_t right_of(uint64_t slots) { return (uint32_t)(slots >> 32); }
/* of a right slot: neither a marker nor part of a ternary entry */
static int ordinary(uint32_t right) { return (int32_t)right > 0; }
static uint32_t unflagged(uint32_t right) { return right & INT32_MAX; }

/* Sweeps the record that ends with the entry `last`, of slot `slot`, for one lane; how many entries it has. */
static size_t record(const void *last, size_t entry, uint32_t slot, double *adjoint, size_t stride, int skipping)
{
    du_marker m = *(const du_marker *)last;
    m.sweep((const char *)last - (m.length - 1) * entry, adjoint, stride, slot + 1 - (uint32_t)m.outputs, m.outputs, skipping);
    return m.length;
}

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
            size_t length = record(e, sizeof *e, slot - 1, adjoint, 1, 0);
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

/* the same for K adjoints a slot; entries of either order */
#define JOINS_K(K) \
    static void joins_##K(const du_segment *s, double *adjoint) \
    { \
        const char *entries = s->entries; \
        size_t size = du_entry_size(s->kind); \
        for (size_t i = s->count; i-- > 0; ) { \
            const du_join *e = (const du_join *)(const void *)(entries + i * size); \
            if (DU_UNLIKELY(right_of(e->slots) == 0)) { \
                size_t length = 0; \
                for (size_t k = 0; k < K; k++) length = record(e, size, s->first + (uint32_t)i, adjoint + k, K, 0); \
                i -= length - 1; \
                continue; \
            } \
            if (!ordinary(right_of(e->slots))) { \
                ternary(e, size, s->first + (uint32_t)i, adjoint, K); \
                i--; \
                continue; \
            } \
            const double *a = adjoint + (s->first + i) * K; \
            double *l = adjoint + (size_t)left_of(e->slots) * K, *r = adjoint + (size_t)right_of(e->slots) * K; \
            for (int k = 0; k < K; k++) { \
                double lk = l[k] + e->pl * a[k], rk = r[k] + e->pr * a[k]; \
                l[k] = lk; \
                r[k] = rk; \
            } \
        } \
    }
JOINS_K(1)
JOINS_K(2)
JOINS_K(4)
JOINS_K(8)

/* p a in a pass that skips: 0 where either is, so that neither an infinite partial of what nothing depends on nor
 * an infinite adjoint of what depends on nothing (a lane of du_where's other arm) poisons */
static double skipping_times(double p, double a) { return p == 0.0 || a == 0.0 ? 0.0 : p * a; }
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
                length = record(e, sizeof *e, s->first + (uint32_t)i, adjoint + 8 * k, 8 * m, skipping);
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
static inline void joins_pack_few(const du_segment *s, double *adjoint, const size_t m)
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
            for (size_t k = 0; k < m; k++) length = record(e, sizeof *e, slot - 1, adjoint + 8 * k, 8 * m, 0);
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
static void joins_pack(const du_segment *s, double *adjoint, size_t m, int skipping)
{
    if (m == 1 && !skipping) joins_pack_few(s, adjoint, 1);
    else if (m == 2 && !skipping) joins_pack_few(s, adjoint, 2);
    else joins_pack_of(s, adjoint, m, skipping);
}

/* (l, ld) += (pl a, pl ad + pld a) */
static void joins_tangent(const du_segment *s, double *adjoint)
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

/* Any lanes, any kind of join, zero adjoints skipped: run when a gradient came out non-finite, so
 * that an infinite partial that nothing depends on does not poison it. */
static void joins_skipping(const du_segment *s, double *adjoint, size_t lanes, int tangent)
{
    size_t size = du_entry_size(s->kind);
    for (size_t i = s->count; i-- > 0; ) {
        du_join2 e = { .pld = 0.0, .prd = 0.0 };
        memcpy(&e, (const char *)s->entries + i * size, size);
        if (right_of(e.slots) == 0) {
            size_t length = 0;
            for (size_t k = 0; k < lanes; k++)
                length = record((const char *)s->entries + i * size, size, s->first + (uint32_t)i, adjoint + k, lanes, 1);
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

static int all_zero(const du_segment *s, const double *adjoint, size_t stride)
{
    for (size_t i = 0; i < s->count; i++) if (adjoint[(s->first + i) * stride] != 0.0) return 0;
    return 1;
}

static void pass(const du_tape *t, double *adjoint, size_t lanes, int tangent, int skipping)
{
    for (const du_segment *s = t->last; s; s = s->prev) {
        if (s->kind == DU_LEAVES) continue;
        if (s->kind == DU_BLOCK) {
            for (size_t k = 0; k < lanes; k++)
                if (!skipping || !all_zero(s, adjoint + k, lanes)) s->sweep(s, adjoint + k, lanes);
        } else if (s->kind == DU_JOINS_PACK) {
            joins_pack(s, adjoint, lanes / 8, skipping);
        } else if (skipping) {
            joins_skipping(s, adjoint, lanes, tangent);
        } else if (tangent) {
            joins_tangent(s, adjoint);
        } else if (lanes == 1 && s->kind == DU_JOINS) {
            joins_single(s, adjoint);
        } else switch (lanes) {
            case 1: joins_1(s, adjoint); break;
            case 2: joins_2(s, adjoint); break;
            case 4: joins_4(s, adjoint); break;
            default: joins_8(s, adjoint);
        }
    }
}

static int gradients_finite(const du_tape *t, const double *adjoint, size_t lanes)
{
    for (const du_segment *s = t->last; s; s = s->prev)
        if (s->gradient && !du_real_all_finite(adjoint + s->first * lanes, s->count * lanes)) return 0;
    return 1;
}

/* The outputs of a sweep, of either order: y or y2 is set. Each has its own lane, or all share one. */
typedef struct {
    size_t m;
    const du_var *y;
    const du_var2 *y2;
    const double *seed;     /* NULL for ones */
    int lane_each, packs;
    uint32_t first;         /* neither y nor y2: the slots first ... first+m-1 themselves */
} outputs;

static int check_output(const du_tape *t, const du_tape *owner, uint64_t ref)
{
    if (ref == 0) return DU_OK;
    if (owner != t) return DU_EFOREIGN;
    return ref >> 32 != t->ref >> 32 || ref >= t->ref ? DU_ESTALE : DU_OK;
}

static int check(const du_tape *t, const outputs *o)
{
    int leaves = 0, status = t->status;
    for (const du_segment *s = t->last; s && !status; s = s->prev) {
        leaves |= s->kind == DU_LEAVES;
        if (o->y2 && (s->kind == DU_BLOCK || s->records)) status = DU_EORDER;
        if (s->kind == DU_JOINS_PACK ? !o->packs : s->kind < DU_JOINS_PACK && o->packs) status = DU_EINVAL;
        if (s->owner == &du_tensor_block && !status) status = du_tensor_check(s);
    }
    for (size_t i = 0; (o->y || o->y2) && i < o->m && !status; i++)
        status = o->y ? check_output(t, o->y[i].tape, o->y[i].ref)
                      : check_output(t, o->y2[i].tape, o->y2[i].ref);
    return status ? status : leaves ? DU_OK : DU_ENOINDEP;
}

/* Room for all adjoints; a workspace that has to grow keeps what it holds for the slots below keep. */
static int reserve(du_tape *t, size_t lanes, uint32_t keep)
{
    size_t bytes = (size_t)(uint32_t)t->ref * lanes * sizeof(double), kept = keep * lanes * sizeof(double), got;
    if (bytes <= t->adjoint_bytes) return DU_OK;
    if (kept > t->adjoint_bytes) kept = t->adjoint_bytes;
    if (kept == 0) du_arena_free(&t->adjoints), t->adjoint_bytes = 0;
    du_arena next = { .memory = t->memory };
    double *a = du_arena_room(&next, bytes, &got);
    if (!a) return DU_ENOMEM;
    if (kept) memcpy(a, t->adjoint, kept);
    du_arena_free(&t->adjoints);
    t->adjoints = next;
    t->adjoint = a;
    t->adjoint_bytes = got;
    return DU_OK;
}

static void seed_outputs(du_tape *t, const outputs *o, size_t lanes)
{
    memset(t->adjoint, 0, (size_t)(uint32_t)t->ref * lanes * sizeof(double));
    if (!o->y && !o->y2 && o->first) memcpy(t->adjoint + o->first, o->seed, o->m * sizeof *o->seed);
    for (size_t i = 0; (o->y || o->y2) && i < o->m; i++) {
        double w = o->seed ? o->seed[i] : 1.0;
        uint64_t ref = o->y ? o->y[i].ref : o->y2[i].ref;
        if (ref == 0) continue;
        double *a = t->adjoint + (uint32_t)ref * lanes + (o->lane_each ? i : 0);
        a[0] += du_real_times(o->y ? o->y[i].c : o->y2[i].c, w);
        if (o->y2) a[1] += du_real_times(o->y2[i].cd, w);
    }
}

/* Fills the adjoint workspace; every error comes before anything is written. */
static int sweep(du_tape *t, const outputs *o, size_t lanes)
{
    int status = check(t, o);
    if (status) return status;
    du_tape_close(t);
    if ((status = reserve(t, lanes, 0))) return status;
    for (int skipping = 0; skipping < 2; skipping++) {
        seed_outputs(t, o, lanes);
        pass(t, t->adjoint, lanes, o->y2 != NULL, skipping);
        if (gradients_finite(t, t->adjoint, lanes)) break;
    }
    return DU_OK;
}

static int sweep_and_add(du_tape *t, const outputs *o)
{
    size_t lanes = o->y2 ? 2 : 1;
    int status = sweep(t, o, lanes);
    for (const du_segment *s = t->last; s && !status; s = s->prev) {
        if (!s->gradient) continue;
        const double *a = t->adjoint + s->first * lanes;
        for (size_t i = 0; i < s->count; i++) s->gradient[i] += a[i * lanes];
        for (size_t i = 0; o->y2 && i < s->count; i++) s->gradient[s->count + i] += a[2 * i + 1];
    }
    return status;
}

int du_tape_sweep(du_tape *t, size_t m, const du_var y[], const double seed[])
{
    if (!t || !y || m == 0) return DU_EINVAL;
    return sweep_and_add(t, &(outputs){ .m = m, .y = y, .seed = seed });
}

int du_tape_sweep2(du_tape *t, size_t m, const du_var2 y[], const double seed[])
{
    if (!t || !y || m == 0) return DU_EINVAL;
    return sweep_and_add(t, &(outputs){ .m = m, .y2 = y, .seed = seed });
}

/* ---- rows of a Jacobian: up to eight adjoints a pass ---- */

enum { LANES = 8 };

static size_t lanes_for(size_t m) { return m <= 2 ? m : m <= 4 ? 4 : LANES; }

/* outputs a pass: the kernels of tensors go over one contiguous adjoint */
static size_t outputs_a_pass(const du_tape *t) { return t->nodes ? 1 : LANES; }

/* Calls take(at, k, lanes) after each pass over the outputs at ... at+k-1. */
#define EACH_PASS(t, m, y, status, at, k, lanes, ...) \
    for (size_t at = 0, most = outputs_a_pass(t); at < (m) && !(status); at += most) { \
        size_t k = (m) - at < most ? (m) - at : most, lanes = lanes_for(k); \
        (status) = sweep(t, &(outputs){ .m = k, .y = (y) + at, .lane_each = 1 }, lanes); \
        if (!(status)) { __VA_ARGS__ } \
    }

int du_sweep_rows(du_tape *t, size_t m, const du_var y[], uint32_t first, size_t n, double rows[])
{
    int status = check(t, &(outputs){ .m = m, .y = y });
    EACH_PASS(t, m, y, status, at, k, lanes,
        const double *a = t->adjoint + first * lanes;
        if (lanes == 1) memcpy(rows + at * n, a, n * sizeof *rows);
        else for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < n; j++) rows[(at + i) * n + j] = a[j * lanes + i];
    )
    return status;
}

int du_sweep_weighted(du_tape *t, size_t m, const du_var y[], const double w[], uint32_t first,
                      size_t n, double row[])
{
    int status = sweep(t, &(outputs){ .m = m, .y = y, .seed = w }, 1);
    if (!status) memcpy(row, t->adjoint + first, n * sizeof *row);
    return status;
}

int du_sweep_range(du_tape *t, uint32_t first, size_t n, const double seed[])
{
    outputs o = { .m = n, .first = first, .seed = seed };
    return sweep_and_add(t, &o);
}

int du_sweep_tangent(du_tape *t, const du_var2 *y, double seed, uint32_t first, size_t n,
                     double g[], double gd[])
{
    int status = sweep(t, &(outputs){ .m = 1, .y2 = y, .seed = &seed }, 2);
    for (size_t j = 0; j < n && !status; j++) {
        g[j] = t->adjoint[2 * (first + j)];
        gd[j] = t->adjoint[2 * (first + j) + 1];
    }
    return status;
}

/* ---- an observation at a time ---- */

int du_sweep_clear(du_tape *t, uint32_t keep, size_t doubles)
{
    size_t bytes = keep * doubles * sizeof(double);
    int status = reserve(t, doubles, 0);
    if (!status) memset(t->adjoint, 0, bytes);
    return status;
}

/* What the sweeps below begin with: checks; zeros above `keep`. */
static int start(du_tape *t, const outputs *o, size_t doubles, uint32_t keep)
{
    int status = check(t, o);
    if (status) return status;
    du_tape_close(t);
    if ((status = reserve(t, doubles, keep))) return status;
    memset(t->adjoint + keep * doubles, 0, ((uint32_t)t->ref - keep) * doubles * sizeof(double));
    return DU_OK;
}

int du_sweep_observations(du_tape *t, size_t n, const du_var y[], const double seed[], uint32_t keep, int skipping)
{
    int status = start(t, &(outputs){ .m = n, .y = y }, 1, keep);
    if (status) return status;
    for (size_t i = 0; i < n; i++)
        if (y[i].ref) t->adjoint[(uint32_t)y[i].ref] += du_real_times(y[i].c, seed ? seed[i] : 1.0);
    pass(t, t->adjoint, 1, 0, skipping);
    return DU_OK;
}

int du_sweep_observations_pack(du_tape *t, size_t m, size_t n, const du_pack_var y[], const du_pack seed[],
                               uint32_t keep, int skipping)
{
    int status = start(t, &(outputs){ .packs = 1 }, 8 * m, keep);
    for (size_t i = 0; i < n && !status; i++) status = check_output(t, y[i].tape, y[i].ref);
    if (status) return status;
    for (size_t i = 0; i < n; i++) {
        if (!y[i].ref) continue;
        du_pack *a = (du_pack *)(void *)t->adjoint + (uint32_t)y[i].ref * m + (m == 1 ? 0 : i);
        *a = du_pack_add(*a, seed ? du_pack_times(y[i].c, seed[i]) : y[i].c);
    }
    pass(t, t->adjoint, 8 * m, 0, skipping);
    return DU_OK;
}

int du_tape_gradient_pack(du_tape *t, const du_pack_var *y, size_t n, const du_pack_var x[], du_pack g[])
{
    if (!t || !y || !x || !g || n == 0) return DU_EINVAL;
    for (size_t j = 0; j < n; j++) if (x[j].tape != t || check_output(t, t, x[j].ref) || x[j].ref == 0) return DU_EINVAL;
    for (int skipping = 0; skipping < 2; skipping++) {
        int status = du_sweep_observations_pack(t, 1, 1, y, NULL, 0, skipping), finite = 1;
        if (status) return status;
        for (size_t j = 0; j < n; j++) finite &= du_pack_all_finite(((du_pack *)(void *)t->adjoint)[(uint32_t)x[j].ref]);
        if (finite) break;
    }
    for (size_t j = 0; j < n; j++) g[j] = ((du_pack *)(void *)t->adjoint)[(uint32_t)x[j].ref];
    return DU_OK;
}

/* ---- gradients by variable ---- */

static const du_segment *holder(const du_tape *t, const du_segment *hint, const du_tape *owner,
                                uint64_t ref, double c)
{
    uint32_t slot = (uint32_t)ref;
    if (owner != t || ref >> 32 != t->ref >> 32 || c != 1.0) return NULL;
    if (hint && slot - hint->first < hint->count) return hint;
    for (const du_segment *s = t->last; s; s = s->prev)
        if (s->gradient && slot - s->first < s->count) return s;
    return NULL;
}

int du_tape_gradient(du_tape *t, size_t n, const du_var x[], double g[])
{
    if (!t || !x || !g || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_EINVAL;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, s, x[j].tape, x[j].ref, x[j].c);
        g[j] = s->gradient[(uint32_t)x[j].ref - s->first];
    }
    return DU_OK;
}

int du_tape_gradient2(du_tape *t, size_t n, const du_var2 x[], double g[], double gd[])
{
    if (!t || !x || !g || !gd || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_EINVAL;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, s, x[j].tape, x[j].ref, x[j].c);
        uint32_t i = (uint32_t)x[j].ref - s->first;
        g[j] = s->gradient[i];
        gd[j] = s->gradient[s->count + i];
    }
    return DU_OK;
}

void du_tape_zero_gradients(du_tape *t)
{
    for (du_segment *s = t ? t->last : NULL; s; s = s->prev)
        if (s->gradient) memset(s->gradient, 0, 2 * s->count * sizeof(double));
}

int du_tape_jacobian(du_tape *t, size_t m, const du_var y[], size_t n, const du_var x[], double jac[])
{
    if (!t || !y || !x || !jac || m == 0 || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_EINVAL;
    int status = check(t, &(outputs){ .m = m, .y = y });
    EACH_PASS(t, m, y, status, at, k, lanes,
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < n; j++)
                jac[(at + i) * n + j] = t->adjoint[(uint32_t)x[j].ref * lanes + i];
    )
    return status;
}
