/* lib/base/arena.h - memory: a chunked arena that grows without copying, over the caller's
 * allocator and under a byte cap. Allocation moves a pointer; rewinding to a mark frees in O(1) and
 * keeps the chunks for reuse, so that a second run along the same path asks the system for nothing.
 * SPDX-License-Identifier: MIT */
#ifndef DU_ARENA_H
#define DU_ARENA_H

#include <duet/memory.h>
#include <stddef.h>

/* The account that the arenas and buffers of one tape or plan share. */
typedef struct {
    du_allocator allocator;
    size_t cap;         /* bytes at most; 0 for no limit */
    size_t used;        /* bytes held now */
    size_t peak;        /* the most ever held */
    size_t allocations; /* blocks ever asked for */
} du_memory;

typedef struct du_chunk du_chunk;
struct du_chunk {
    du_chunk *next; /* the chunk filled after this one; kept when rewound */
    size_t bytes;   /* of the whole block, this header included */
};

typedef struct {
    du_memory *memory;
    du_chunk *first, *current;
    char *at, *end; /* free room in current */
} du_arena;

typedef struct {
    du_chunk *chunk;
    char *at;
} du_arena_mark;

/* A block of the caller's allocator, counted; NULL when refused. Freed with the same size. */
void *du_memory_alloc(du_memory *memory, size_t bytes);
void du_memory_free(du_memory *memory, void *block, size_t bytes);

/* A block aligned to 64 bytes, uninitialised; NULL when out of memory. It lives until the arena is
 * rewound or freed. */
void *du_arena_alloc(du_arena *arena, size_t bytes);
/* All the room left in the current chunk if that is at least `least` bytes, else in the next chunk;
 * its size to *got. It is taken until du_arena_trim says where its use ends. NULL when out of
 * memory. */
void *du_arena_room(du_arena *arena, size_t least, size_t *got);
void du_arena_trim(du_arena *arena, void *end);
du_arena_mark du_arena_here(const du_arena *arena);
void du_arena_rewind(du_arena *arena, du_arena_mark mark);
void du_arena_free(du_arena *arena);

#endif
