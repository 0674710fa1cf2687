/* lib/tape/tape.c - a tape's life, its status, and its segments: where recording finds room.
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include <stdio.h>
#include <string.h>

/* A segment of joins is opened with room for so many, where there are as many slots. */
enum { LEAST_ENTRIES = 32 };

/* the order of the open segment, or DU_ORDERS where none is open */
static unsigned open_order(const du_tape *t)
{
    unsigned order = 0;
    while (order < DU_ORDERS && t->head.room[order] == 0) order++;
    return order;
}

/* the ref of slot 1 */
static uint64_t first_ref(uint32_t generation) { return (uint64_t)generation << 32 | 1; }

du_tape *du_tape_new_in(du_memory *memory, uint32_t slot_limit)
{
    du_tape *t = du_memory_alloc(memory, sizeof *t);
    if (!t) return NULL;
    *t = (du_tape){ .head.ref = first_ref(1), .memory = memory };
    t->arena.memory = t->adjoints.memory = memory;
    const uint32_t most = INT32_MAX - 1;
    t->slot_limit = slot_limit && slot_limit < most ? slot_limit + 1 : most; /* slots begin at 1 */
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

void du_tape_reset(du_tape *t)
{
    if (!t) return;
    uint32_t generation = (uint32_t)(t->head.ref >> 32) + 1;
    t->head.ref = first_ref(generation ? generation : 1);
    du_tape_shut(t);
    t->last = NULL;
    t->client.newest = NULL;
    t->client.paused = 0;
    t->retained = NULL;
    t->engine_inputs.bytes = t->engine_inputs.data_bytes = 0;
    t->status = DU_OK;
    t->message[0] = '\0';
    t->joins = 0;
    du_arena_rewind(&t->arena, (du_arena_mark){ NULL, NULL });
}

/* ---- status ---- */

int du_tape_fail(du_tape *t, int status, const char *message)
{
    if (t->status) return 0;
    t->status = status;
    snprintf(t->message, sizeof t->message, "%s", message ? message : du_strerror(status));
    return 0;
}
static int fail(du_tape *t, int status) { return du_tape_fail(t, status, NULL); }

int du_tape_status(const du_tape *t) { return t ? t->status : DU_ENOMEM; }

const char *du_tape_message(const du_tape *t)
{
    if (!t) return du_strerror(DU_ENOMEM);
    return t->message[0] ? t->message : du_strerror(DU_OK);
}

/* ---- segments ---- */

void du_tape_close(du_tape *t)
{
    unsigned order = open_order(t);
    if (order == DU_ORDERS) return;
    du_segment *s = t->last;
    s->count = du_tape_next_slot(t) - s->first;
    t->joins += s->count;
    du_tape_shut(t);
    du_arena_trim(&t->arena, (char *)s->entries + s->count * du_entry_size(order));
}

static du_segment new_segment(du_tape *t, enum du_segment_kind kind, uint32_t count)
{
    uint32_t first = du_tape_next_slot(t);
    return (du_segment){ t->last, ++t->serial, first, count, kind, .records = 0 };
}

/* Opens a segment with room for at least `least` entries, and for as many more as fit the chunk. */
static int open_joins(du_tape *t, enum du_order order, size_t least)
{
    size_t size = du_entry_size(order), got;
    du_tape_close(t);
    if (least >= t->slot_limit || du_tape_next_slot(t) > t->slot_limit - least)
        return fail(t, DU_ESLOTS);
    du_segment *s = du_arena_room(&t->arena, sizeof *s + least * size, &got);
    if (!s) return fail(t, DU_ENOMEM);
    uint32_t first = du_tape_next_slot(t);
    uint64_t fit = (got - sizeof *s) / size, free_slots = t->slot_limit - first;
    uint32_t end = first + (uint32_t)(fit < free_slots ? fit : free_slots);
    *s = new_segment(t, (enum du_segment_kind)order, 0);
    s->entries = s + 1;
    t->head.room[order] = end;
    t->head.bias[order] = (uintptr_t)s->entries - (uintptr_t)first * size;
    t->last = s;
    return 1;
}

int du_tape_ready(du_recorder *r, const du_recorder *other, uint64_t a, uint64_t b,
                  enum du_order order)
{
    du_tape *t = du_tape_of(r);
    if (other != r) {
        fail(du_tape_of(other), DU_EFOREIGN);
        return fail(t, DU_EFOREIGN);
    }
    if (!du_tape_live(t, a) || !du_tape_live(t, b)) return fail(t, DU_ESTALE);
    if (du_tape_next_slot(t) < t->head.room[order]) return 1;
    if (du_tape_next_slot(t) >= t->slot_limit) return fail(t, DU_ESLOTS);
    size_t left = t->slot_limit - du_tape_next_slot(t);
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
    int few = length < LEAST_ENTRIES && t->slot_limit - du_tape_next_slot(t) >= LEAST_ENTRIES;
    return open_joins(t, order, few ? LEAST_ENTRIES : length);
}

du_segment *du_tape_segment(du_tape *t, enum du_segment_kind kind, size_t n, int gradients,
                            size_t extra)
{
    size_t bytes = sizeof(du_segment) + (gradients ? 2 * n * sizeof(double) : 0);
    du_tape_close(t);
    if (n > t->slot_limit - du_tape_next_slot(t)) {
        fail(t, DU_ESLOTS);
        return NULL;
    }
    du_segment *s = extra > (size_t)-1 / 2 ? NULL : du_arena_alloc(&t->arena, bytes + extra);
    if (!s) {
        fail(t, DU_ENOMEM);
        return NULL;
    }
    *s = new_segment(t, kind, (uint32_t)n);
    if (gradients) {
        s->gradient = (double *)(s + 1);
        memset(s->gradient, 0, 2 * n * sizeof(double));
    }
    s->entries = (char *)s + bytes;
    t->last = s;
    t->head.ref += n;
    return s;
}

/* ---- counts ---- */

du_tape_info du_tape_inspect(const du_tape *t)
{
    if (!t) return (du_tape_info){ .joins = 0 };
    uint32_t next = du_tape_next_slot(t);
    uint64_t open = open_order(t) < DU_ORDERS ? next - t->last->first : 0;
    return (du_tape_info){ .joins = t->joins + open, .slots = next - 1, .bytes = t->memory->used };
}
