/* lib/base/arena.c - chunks of doubling size, filled front to back.
 * SPDX-License-Identifier: MIT */
#include "arena.h"
#include <stdint.h>
#include <stdlib.h>

/* Blocks begin on a line of the cache: a vector that lies across two lines costs two loads. */
enum { ALIGN = 64 };
/* bytes of a chunk: the first, and at most unless a block is larger */
enum { CHUNK_FIRST = 1 << 13, CHUNK_MOST = 1 << 26 };
/* what a chunk takes beyond its contents, at most */
enum { HEADER = sizeof(du_chunk) + ALIGN };

static char *aligned(char *at)
{
    return (char *)(((uintptr_t)at + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
}

void *du_memory_alloc(du_memory *m, size_t bytes)
{
    if (m->cap && (bytes > m->cap || m->used > m->cap - bytes)) return NULL;
    void *block = m->allocator.alloc ? m->allocator.alloc(m->allocator.user, bytes) : malloc(bytes);
    if (!block) return NULL;
    m->used += bytes;
    m->allocations++;
    if (m->used > m->peak) m->peak = m->used;
    return block;
}

void du_memory_free(du_memory *m, void *block, size_t bytes)
{
    if (!block) return;
    m->used -= bytes;
    if (m->allocator.free) m->allocator.free(m->allocator.user, block, bytes);
    else free(block);
}

static void enter(du_arena *a, du_chunk *c)
{
    a->current = c;
    a->at = aligned((char *)c + sizeof *c);
    a->end = (char *)c + c->bytes;
}

/* Twice the size of the current chunk, but under a cap at most a quarter of what is left, since the
 * account has other arenas; in any case `need`. */
static size_t chunk_size(const du_arena *a, size_t need)
{
    const du_memory *m = a->memory;
    size_t size = a->current ? 2 * a->current->bytes : CHUNK_FIRST;
    if (size > CHUNK_MOST) size = CHUNK_MOST;
    if (m->cap && size > (m->cap - m->used) / 4) size = (m->cap - m->used) / 4;
    return size < need ? need : size;
}

/* Moves to a chunk with at least `least` free bytes: the next one where one is kept, else a new
 * one, of just that size where more is refused. */
static int next_chunk(du_arena *a, size_t least)
{
    if (least > (size_t)-1 / 2) return 0;
    du_chunk *kept = a->current ? a->current->next : a->first;
    if (kept && kept->bytes - HEADER >= least) {
        enter(a, kept);
        return 1;
    }
    size_t need = HEADER + least, size = chunk_size(a, need);
    du_chunk *c = du_memory_alloc(a->memory, size);
    if (!c && size > need) {
        size = need;
        c = du_memory_alloc(a->memory, size);
    }
    if (!c) return 0;
    c->bytes = size;
    c->next = kept;
    if (a->current) a->current->next = c;
    else a->first = c;
    enter(a, c);
    return 1;
}

void *du_arena_room(du_arena *a, size_t least, size_t *got)
{
    int fits = a->current && (size_t)(a->end - a->at) >= least;
    if (!fits && !next_chunk(a, least)) return NULL;
    void *room = a->at;
    *got = (size_t)(a->end - a->at);
    a->at = a->end;
    return room;
}

void du_arena_trim(du_arena *a, void *end)
{
    char *to = aligned(end);
    a->at = to < a->end ? to : a->end;
}

void *du_arena_alloc(du_arena *a, size_t bytes)
{
    size_t got;
    char *block = du_arena_room(a, bytes, &got);
    if (block) du_arena_trim(a, block + bytes);
    return block;
}

du_arena_mark du_arena_here(const du_arena *a) { return (du_arena_mark){ a->current, a->at }; }

void du_arena_rewind(du_arena *a, du_arena_mark mark)
{
    a->current = mark.chunk;
    a->at = mark.at;
    a->end = mark.chunk ? (char *)mark.chunk + mark.chunk->bytes : NULL;
}

void du_arena_free(du_arena *a)
{
    for (du_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        du_memory_free(a->memory, c, c->bytes);
    }
    *a = (du_arena){ .memory = a->memory };
}
