/* lib/tape/sweep.c - reverse sweeps: seeds of the outputs, one pass over the segments, newest
 * first, and results. The adjoint workspace holds adjoint[slot * lanes + lane]; with tangents, the
 * two lanes are the adjoint and its tangent. SPDX-License-Identifier: MIT */
#include "joins.h"
#include <stdio.h>
#include <string.h>

static int all_zero(const du_segment *s, const double *adjoint, size_t stride)
{
    for (size_t i = 0; i < s->count; i++)
        if (adjoint[(s->first + i) * stride] != 0.0) return 0;
    return 1;
}

/* every segment, newest first */
static void pass(const du_tape *t, double *adjoint, size_t lanes, int tangent, int skipping)
{
    for (const du_segment *s = t->last; s; s = s->prev) {
        if (s->kind == DU_LEAVES) continue;
        if (s->kind == DU_BLOCK) {
            for (size_t k = 0; k < lanes; k++)
                if (!skipping || !all_zero(s, adjoint + k, lanes)) s->sweep(s, adjoint + k, lanes);
        } else if (s->kind == DU_JOINS_PACK) {
            du_joins_sweep_pack(s, adjoint, lanes / 8, skipping);
        } else if (skipping) {
            du_joins_sweep_skipping(s, adjoint, lanes, tangent);
        } else if (tangent) {
            du_joins_sweep_tangent(s, adjoint);
        } else {
            du_joins_sweep(s, adjoint, lanes);
        }
    }
}

static int gradients_finite(const du_tape *t, const double *adjoint, size_t lanes)
{
    for (const du_segment *s = t->last; s; s = s->prev)
        if (s->gradient && !du_real_all_finite(adjoint + s->first * lanes, s->count * lanes))
            return 0;
    return 1;
}

/* The outputs of a sweep, of either order: y or y2 is set. Each has its own lane, or all share
 * one. */
typedef struct {
    size_t m;
    const du_var *y;
    const du_var2 *y2;
    const double *seed; /* NULL for ones */
    int lane_each, packs;
    uint32_t first; /* with neither y nor y2: the slots first ... first+m-1 themselves */
} outputs;

static int check_output(const du_tape *t, const du_recorder *owner, uint64_t ref)
{
    if (ref == 0) return DU_OK;
    if (owner != &t->head) return DU_EFOREIGN;
    return ref >> 32 != t->head.ref >> 32 || ref >= t->head.ref ? DU_ESTALE : DU_OK;
}

/* Whether the outputs can be swept: of one lane or of eight, of first or of second order. */
/* why outputs cannot be swept, or DU_OK */
static int obstacle(const du_tape *t, const outputs *o)
{
    int leaves = 0, status = t->status;
    for (const du_segment *s = t->last; s && !status; s = s->prev) {
        leaves |= s->kind == DU_LEAVES;
        if (o->y2 && (s->kind == DU_BLOCK || s->records)) status = DU_EORDER;
        int packs = s->kind == DU_JOINS_PACK, numbers = s->kind == DU_JOINS || s->kind == DU_JOINS2;
        if ((packs && !o->packs) || (numbers && o->packs)) status = DU_ELANES;
        if (s->check && !status) status = s->check(s);
    }
    for (size_t i = 0; (o->y || o->y2) && i < o->m && !status; i++)
        status = o->y ? check_output(t, o->y[i].tape, o->y[i].ref)
                      : check_output(t, o->y2[i].tape, o->y2[i].ref);
    if (status) return status;
    return leaves ? DU_OK : DU_ENOINDEP;
}
/* the same, in the tape's message too until the next sweep; a block has words of its own */
static int check(du_tape *t, const outputs *o)
{
    if (!t->status) t->message[0] = '\0';
    int status = obstacle(t, o);
    if (status && !t->message[0])
        snprintf(t->message, sizeof t->message, "%s", du_strerror(status));
    return status;
}

/* Room for all adjoints. A workspace that has to grow keeps those of the slots below keep. */
static int reserve(du_tape *t, size_t lanes, uint32_t keep)
{
    size_t slot_bytes = lanes * sizeof(double), got;
    size_t bytes = (size_t)du_tape_next_slot(t) * slot_bytes, kept = keep * slot_bytes;
    if (bytes <= t->adjoint_bytes) return DU_OK;
    if (kept > t->adjoint_bytes) kept = t->adjoint_bytes;
    if (kept == 0) {
        du_arena_free(&t->adjoints);
        t->adjoint_bytes = 0;
    }
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

/* What comes before any sweep. Every error comes before anything is written. */
static int prepare(du_tape *t, const outputs *o, size_t lanes, uint32_t keep)
{
    int status = check(t, o);
    if (status) return status;
    du_tape_close(t);
    return reserve(t, lanes, keep);
}

/* zero adjoints for the slots from `keep` on */
static void clear_from(du_tape *t, size_t lanes, uint32_t keep)
{
    size_t doubles = (du_tape_next_slot(t) - keep) * lanes;
    memset(t->adjoint + keep * lanes, 0, doubles * sizeof(double));
}

static void seed_outputs(du_tape *t, const outputs *o, size_t lanes)
{
    clear_from(t, lanes, 0);
    int variables = o->y || o->y2;
    if (!variables && o->first) memcpy(t->adjoint + o->first, o->seed, o->m * sizeof *o->seed);
    for (size_t i = 0; variables && i < o->m; i++) {
        double w = o->seed ? o->seed[i] : 1.0;
        uint64_t ref = o->y ? o->y[i].ref : o->y2[i].ref;
        if (ref == 0) continue;
        double *a = t->adjoint + (uint32_t)ref * lanes + (o->lane_each ? i : 0);
        a[0] += du_real_times(o->y ? o->y[i].c : o->y2[i].c, w);
        if (o->y2) a[1] += du_real_times(o->y2[i].cd, w);
    }
}

/* Fills the adjoint workspace. */
static int sweep(du_tape *t, const outputs *o, size_t lanes)
{
    int status = prepare(t, o, lanes, 0);
    if (status) return status;
    for (int skipping = 0; skipping < 2; skipping++) {
        seed_outputs(t, o, lanes);
        pass(t, t->adjoint, lanes, o->y2 != NULL, skipping);
        if (gradients_finite(t, t->adjoint, lanes)) break;
    }
    return DU_OK;
}

/* Adds the adjoints to all gradients that are kept. */
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

static size_t lanes_for(size_t m)
{
    if (m <= 2) return m;
    return m <= 4 ? 4 : LANES;
}

/* how many outputs share a pass: pull-backs of tensors go over one contiguous adjoint */
static size_t outputs_a_pass(const du_tape *t) { return t->client.newest ? 1 : LANES; }

int du_sweep_passes(du_tape *t, size_t m, const du_var y[], du_pass_done *done, const void *job)
{
    size_t most = outputs_a_pass(t);
    int status = check(t, &(outputs){ .m = m, .y = y });
    for (size_t at = 0; at < m && !status; at += most) {
        size_t count = m - at < most ? m - at : most, lanes = lanes_for(count);
        status = sweep(t, &(outputs){ .m = count, .y = y + at, .lane_each = 1 }, lanes);
        if (!status) done(t->adjoint, at, count, lanes, job);
    }
    return status;
}

typedef struct {
    uint32_t first;
    size_t n;
    double *rows;
} rows_job;
static void copy_rows(const double *adjoint, size_t at, size_t count, size_t lanes, const void *job)
{
    const rows_job *r = job;
    const double *a = adjoint + r->first * lanes;
    if (lanes == 1) {
        memcpy(r->rows + at * r->n, a, r->n * sizeof *a);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < r->n; j++) r->rows[(at + i) * r->n + j] = a[j * lanes + i];
}

int du_sweep_rows(du_tape *t, size_t m, const du_var y[], uint32_t first, size_t n, double rows[])
{
    return du_sweep_passes(t, m, y, copy_rows, &(rows_job){ first, n, rows });
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
    return sweep_and_add(t, &(outputs){ .m = n, .first = first, .seed = seed });
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

/* ---- sweeps of an engine ---- */

int du_sweep_clear(du_tape *t, uint32_t keep, size_t doubles)
{
    int status = reserve(t, doubles, 0);
    if (!status) memset(t->adjoint, 0, keep * doubles * sizeof(double));
    return status;
}

int du_sweep_observations(du_tape *t, size_t n, const du_var y[], const double seed[],
                          uint32_t keep, int skipping)
{
    int status = prepare(t, &(outputs){ .m = n, .y = y }, 1, keep);
    if (status) return status;
    clear_from(t, 1, keep);
    for (size_t i = 0; i < n; i++) {
        if (!y[i].ref) continue;
        t->adjoint[(uint32_t)y[i].ref] += du_real_times(y[i].c, seed ? seed[i] : 1.0);
    }
    pass(t, t->adjoint, 1, 0, skipping);
    return DU_OK;
}

static du_pack *pack_adjoint(const du_tape *t, uint64_t ref, size_t m)
{
    return (du_pack *)(void *)t->adjoint + (uint32_t)ref * m;
}

int du_sweep_observations_pack(du_tape *t, size_t m, size_t n, const du_pack_var y[],
                               const du_pack seed[], uint32_t keep, int skipping)
{
    int status = prepare(t, &(outputs){ .packs = 1 }, 8 * m, keep);
    for (size_t i = 0; i < n && !status; i++) status = check_output(t, y[i].tape, y[i].ref);
    if (status) return status;
    clear_from(t, 8 * m, keep);
    for (size_t i = 0; i < n; i++) {
        if (!y[i].ref) continue;
        du_pack *a = pack_adjoint(t, y[i].ref, m) + (m == 1 ? 0 : i);
        *a = du_pack_add(*a, seed ? du_pack_times(y[i].c, seed[i]) : y[i].c);
    }
    pass(t, t->adjoint, 8 * m, 0, skipping);
    return DU_OK;
}

/* ---- gradients of packs, which are not kept ---- */

static int has_slot(const du_tape *t, const du_pack_var *x)
{
    return x->tape == &t->head && x->ref != 0 && check_output(t, x->tape, x->ref) == DU_OK;
}

int du_tape_gradient_pack(du_tape *t, const du_pack_var *y, size_t n, const du_pack_var x[],
                          du_pack g[])
{
    if (!t || !y || !x || !g || n == 0) return DU_EINVAL;
    for (size_t j = 0; j < n; j++)
        if (!has_slot(t, &x[j])) return DU_ENOGRAD;
    for (int skipping = 0; skipping < 2; skipping++) {
        int status = du_sweep_observations_pack(t, 1, 1, y, NULL, 0, skipping), finite = 1;
        if (status) return status;
        for (size_t j = 0; j < n; j++) finite &= du_pack_all_finite(*pack_adjoint(t, x[j].ref, 1));
        if (finite) break;
    }
    for (size_t j = 0; j < n; j++) g[j] = *pack_adjoint(t, x[j].ref, 1);
    return DU_OK;
}
