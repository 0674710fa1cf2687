/* lib/tape/tape.c - recording: segments, marks, independents, anchors, custom functions.
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include <duet/detail/var.h>
#include <duet/detail/var2.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_ENTRIES = 32 };

static uint32_t next_slot(const du_tape *t) { return (uint32_t)t->head.ref; }
/* the order of the open segment, or DU_ORDERS */
static unsigned open_order(const du_tape *t)
{
    unsigned order = 0;
    while (order < DU_ORDERS && t->head.room[order] == 0) order++;
    return order;
}
static void shut(du_tape *t) { memset(t->head.room, 0, sizeof t->head.room); }

du_tape *du_tape_new_in(du_memory *memory, uint32_t slot_limit)
{
    du_tape *t = du_memory_alloc(memory, sizeof *t);
    if (!t) return NULL;
    *t = (du_tape){ .head.ref = (uint64_t)1 << 32 | 1, .memory = memory, .arena = { .memory = memory }, .adjoints = { .memory = memory } };
    t->slot_limit = slot_limit && slot_limit < INT32_MAX - 1 ? slot_limit + 1 : INT32_MAX - 1; /* slot 0 counts not */
    return t;
}

du_tape *du_tape_new(const du_tape_options *options)
{
    du_tape_options o = options ? *options : (du_tape_options){ .byte_cap = 0 };
    du_memory account = { .allocator = o.allocator, .cap = o.byte_cap };
    du_tape *t = du_tape_new_in(&account, o.slot_limit);
    if (!t) return NULL;
    t->own = account;
    t->memory = t->arena.memory = t->adjoints.memory = &t->own;
    return t;
}

void du_tape_free(du_tape *t)
{
    if (!t) return;
    du_arena_free(&t->arena);
    du_arena_free(&t->adjoints);
    du_memory account = *t->memory; /* the tape's own account lies in the block being freed */
    du_memory *memory = t->memory == &t->own ? &account : t->memory;
    du_memory_free(memory, t, sizeof *t);
}

int du_tape_status(const du_tape *t) { return t ? t->status : DU_ENOMEM; }

void du_tape_reset(du_tape *t)
{
    if (!t) return;
    uint32_t generation = (uint32_t)(t->head.ref >> 32) + 1;
    if (generation == 0) generation = 1;
    t->head.ref = (uint64_t)generation << 32 | 1;
    shut(t);
    t->last = NULL;
    t->client.newest = NULL;
    t->client.paused = 0;
    t->retained = NULL;
    t->engine_inputs.bytes = t->engine_inputs.data_bytes = 0;
    t->status = DU_OK;
    t->joins = 0;
    du_arena_rewind(&t->arena, (du_arena_mark){ NULL, NULL });
}

/* ---- segments ---- */

void du_tape_close(du_tape *t)
{
    unsigned order = open_order(t);
    if (order == DU_ORDERS) return;
    du_segment *s = t->last;
    s->count = next_slot(t) - s->first;
    t->joins += s->count;
    shut(t);
    du_arena_trim(&t->arena, (char *)s->entries + s->count * du_entry_size(order));
}

int du_tape_fail(du_tape *t, int status, const char *message)
{
    if (t->status) return 0;
    t->status = status;
    snprintf(t->message, sizeof t->message, "%s", message ? message : du_strerror(status));
    return 0;
}
static int fail(du_tape *t, int status) { return du_tape_fail(t, status, NULL); }

const char *du_tape_message(const du_tape *t)
{
    return !t ? du_strerror(DU_ENOMEM) : t->status ? t->message : du_strerror(DU_OK);
}

static int open_joins(du_tape *t, enum du_order order, size_t least)
{
    size_t size = du_entry_size(order), got;
    du_tape_close(t);
    if (least >= t->slot_limit || next_slot(t) > t->slot_limit - least) return fail(t, DU_ESLOTS);
    du_segment *s = du_arena_room(&t->arena, sizeof *s + least * size, &got);
    if (!s) return fail(t, DU_ENOMEM);
    uint32_t first = next_slot(t);
    uint64_t fit = (got - sizeof *s) / size, free_slots = t->slot_limit - first;
    uint32_t end = first + (uint32_t)(fit < free_slots ? fit : free_slots);
    *s = (du_segment){ .prev = t->last, .serial = ++t->serial, .first = first, .kind = (enum du_segment_kind)order,
                       .entries = s + 1 };
    t->head.room[order] = end;
    t->head.bias[order] = (uintptr_t)s->entries - (uintptr_t)first * size;
    t->last = s;
    return 1;
}

int du_tape_ready(du_recorder *r, const du_recorder *other, uint64_t a, uint64_t b, enum du_order order)
{
    du_tape *t = du_tape_of(r);
    if (other != r) {
        fail(du_tape_of(other), DU_EFOREIGN);
        return fail(t, DU_EFOREIGN);
    }
    if (!du_tape_live(t, a) || !du_tape_live(t, b)) return fail(t, DU_ESTALE);
    if (next_slot(t) < t->head.room[order]) return 1;
    if (next_slot(t) >= t->slot_limit) return fail(t, DU_ESLOTS);
    size_t left = t->slot_limit - next_slot(t);
    return open_joins(t, order, left < LEAST_ENTRIES ? left : LEAST_ENTRIES);
}

int du_tape_usable(du_tape *t, const du_recorder *owner, uint64_t ref)
{
    if (ref == 0) return 1;
    if (owner == &t->head) return du_tape_live(t, ref) || fail(t, DU_ESTALE);
    fail(du_tape_of(owner), DU_EFOREIGN);
    return fail(t, DU_EFOREIGN);
}

int du_tape_record_room(du_tape *t, enum du_order order, size_t length)
{
    if (length > t->slot_limit) return fail(t, DU_ESLOTS);
    size_t least = length < LEAST_ENTRIES && t->slot_limit - next_slot(t) >= LEAST_ENTRIES ? LEAST_ENTRIES : length;
    return open_joins(t, order, least);
}

du_segment *du_tape_segment(du_tape *t, enum du_segment_kind kind, size_t n, int gradients, size_t extra)
{
    size_t bytes = sizeof(du_segment) + (gradients ? 2 * n * sizeof(double) : 0);
    du_tape_close(t);
    if (n > t->slot_limit - next_slot(t)) {
        fail(t, DU_ESLOTS);
        return NULL;
    }
    du_segment *s = extra > (size_t)-1 / 2 ? NULL : du_arena_alloc(&t->arena, bytes + extra);
    if (!s) {
        fail(t, DU_ENOMEM);
        return NULL;
    }
    *s = (du_segment){ .prev = t->last, .serial = ++t->serial, .first = next_slot(t), .count = (uint32_t)n, .kind = kind };
    if (gradients) {
        s->gradient = (double *)(s + 1);
        memset(s->gradient, 0, 2 * n * sizeof(double));
    }
    s->entries = (char *)s + bytes;
    t->last = s;
    t->head.ref += n;
    return s;
}

/* ---- marks ---- */

du_mark du_tape_mark(du_tape *t)
{
    if (!t) return (du_mark){ .ref = 0 };
    du_tape_close(t);
    const du_client *c = &t->client;
    du_arena_mark here = du_arena_here(&t->arena);
    return (du_mark){ .ref = t->head.ref, .joins = t->joins, .last = t->last, .retained = t->retained,
                      .last_serial = t->last ? t->last->serial : 0,
                      .client = c->newest, .client_serial = c->newest ? c->serial(c->newest) : 0,
                      .chunk = here.chunk, .at = here.at };
}

int du_tape_rewind(du_tape *t, du_mark mark)
{
    if (!t) return DU_EINVAL;
    if (mark.ref >> 32 != t->head.ref >> 32 || mark.ref > t->head.ref) return DU_ESTALE;
    const du_segment *s = t->last;
    while (s && s != mark.last) s = s->prev;
    if (s != mark.last || (s && s->serial != mark.last_serial)) return DU_ESTALE;
    const du_client *c = &t->client;
    if (mark.client && !c->listed(c->newest, mark.client, mark.client_serial)) return DU_ESTALE;
    for (; t->retained && t->retained != mark.retained; t->retained = t->retained->prev)
        t->retained->segment->gradient = NULL;
    t->client.newest = mark.client;
    du_tape_restart(t, &mark);
    return DU_OK;
}

void du_tape_restart(du_tape *t, const du_mark *mark)
{
    t->head.ref = mark->ref;
    t->last = mark->last;
    t->joins = mark->joins;
    shut(t);
    du_chunk *chunk = mark->chunk; /* du_arena_rewind, whose argument by value would wait for its stores */
    t->arena.current = chunk;
    t->arena.at = mark->at;
    t->arena.end = chunk ? (char *)chunk + chunk->bytes : NULL;
}

int du_tape_retain(du_tape *t, du_segment *s)
{
    if (s->gradient) return DU_OK;
    du_tape_close(t);
    size_t bytes = 2 * s->count * sizeof(double);
    du_retained *r = du_arena_alloc(&t->arena, sizeof *r + bytes);
    if (!r) return DU_ENOMEM;
    *r = (du_retained){ .prev = t->retained, .segment = s };
    t->retained = r;
    s->gradient = memset(r + 1, 0, bytes);
    return DU_OK;
}

/* ---- what has a gradient of its own ---- */

int du_tape_independents(du_tape *t, size_t n, const double v[], du_var x[])
{
    if (!t || !v || !x || n == 0) return DU_EINVAL;
    if (t->status) return t->status;
    uint64_t ref = t->head.ref;
    if (!du_tape_segment(t, DU_LEAVES, n, 1, 0)) return t->status;
    for (size_t i = 0; i < n; i++) x[i] = (du_var){ v[i], 1.0, &t->head, ref + i };
    return DU_OK;
}

int du_tape_independents_pack(du_tape *t, size_t n, const du_pack v[], du_pack_var x[])
{
    if (!t || !v || !x || n == 0) return DU_EINVAL;
    if (t->status) return t->status;
    uint64_t ref = t->head.ref;
    if (!du_tape_segment(t, DU_LEAVES, n, 0, 0)) return t->status;
    for (size_t i = 0; i < n; i++) x[i] = (du_pack_var){ v[i], du_pack_constant(1.0), &t->head, ref + i };
    return DU_OK;
}

int du_tape_independents2(du_tape *t, size_t n, const double v[], const double vd[], du_var2 x[])
{
    if (!t || !v || !x || n == 0) return DU_EINVAL;
    if (t->status) return t->status;
    uint64_t ref = t->head.ref;
    if (!du_tape_segment(t, DU_LEAVES, n, 1, 0)) return t->status;
    for (size_t i = 0; i < n; i++) x[i] = (du_var2){ v[i], vd ? vd[i] : 0.0, 1.0, 0.0, &t->head, ref + i };
    return DU_OK;
}

typedef struct { double c; uint32_t slot; } operand;

static void anchor_sweep(const du_segment *s, double *adjoint, size_t stride)
{
    const operand *from = s->entries;
    adjoint[from->slot * stride] += du_real_times(from->c, adjoint[s->first * stride]);
}

du_var du_anchor(du_var x)
{
    if (x.ref == 0) return x;
    du_tape *t = du_tape_of(x.tape);
    du_var invalid = { x.v, 0.0, x.tape, du_tape_invalid_ref(x.tape) };
    if (!du_tape_live(t, x.ref)) {
        fail(t, DU_ESTALE);
        return invalid;
    }
    du_segment *s = du_tape_segment(t, DU_BLOCK, 1, 1, sizeof(operand));
    if (!s) return invalid;
    *(operand *)s->entries = (operand){ x.c, (uint32_t)x.ref };
    s->sweep = anchor_sweep;
    return (du_var){ x.v, 1.0, x.tape, t->head.ref - 1 };
}

/* ---- custom functions ---- */

typedef struct {
    du_pullback *pull;
    void *data;
    size_t n;
    double *xbar, *ybar;    /* scratch of the sweep */
    operand from[];
} custom;

static void custom_sweep(const du_segment *s, double *adjoint, size_t stride)
{
    custom *c = s->entries;
    for (uint32_t i = 0; i < s->count; i++) c->ybar[i] = adjoint[(s->first + i) * stride];
    memset(c->xbar, 0, c->n * sizeof *c->xbar);
    c->pull(c->ybar, s->count, c->xbar, c->n, c->data);
    for (size_t i = 0; i < c->n; i++)
        if (c->from[i].slot) adjoint[c->from[i].slot * stride] += du_real_times(c->xbar[i], c->from[i].c);
}

int du_tape_custom(du_tape *t, size_t n, const du_var x[], size_t m, const double v[], du_var y[],
                   du_pullback *pull, void *data)
{
    if (!t || !x || !v || !y || !pull || n == 0 || m == 0) return DU_EINVAL;
    if (t->status) return t->status;
    for (size_t i = 0; i < n; i++)
        if (!du_tape_usable(t, x[i].tape, x[i].ref)) return t->status;
    if (n > UINT32_MAX || m > UINT32_MAX) {
        fail(t, DU_ESLOTS);
        return t->status;
    }
    size_t head = (sizeof(custom) + n * sizeof(operand) + 7) & ~(size_t)7;
    du_segment *s = du_tape_segment(t, DU_BLOCK, m, 0, head + (n + m) * sizeof(double));
    if (!s) return t->status;
    custom *c = s->entries;
    *c = (custom){ .pull = pull, .data = data, .n = n };
    c->xbar = (double *)((char *)c + head);
    c->ybar = c->xbar + n;
    for (size_t i = 0; i < n; i++) c->from[i] = (operand){ x[i].c, (uint32_t)x[i].ref };
    s->sweep = custom_sweep;
    for (size_t i = 0; i < m; i++) y[i] = (du_var){ v[i], 1.0, &t->head, t->head.ref - m + i };
    return DU_OK;
}

/* ---- counts ---- */

du_tape_info du_tape_inspect(const du_tape *t)
{
    if (!t) return (du_tape_info){ .joins = 0 };
    uint64_t open = open_order(t) < DU_ORDERS ? next_slot(t) - t->last->first : 0;
    return (du_tape_info){ t->joins + open, next_slot(t) - 1, t->memory->used };
}
