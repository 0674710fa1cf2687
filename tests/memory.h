/* tests/memory.h - an allocator that counts, and fails when told to. SPDX-License-Identifier: MIT */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <duet/arena.h>
#include <stdlib.h>

typedef struct {
    size_t calls;       /* allocations asked for */
    size_t fail_at;     /* the call that fails, counted from 1; 0 for none */
    size_t held;        /* bytes not given back */
} test_memory;

static inline void *test_alloc(void *user, size_t bytes)
{
    test_memory *m = user;
    if (++m->calls == m->fail_at) return NULL;
    m->held += bytes;
    return malloc(bytes);
}
static inline void test_free(void *user, void *block, size_t bytes)
{
    ((test_memory *)user)->held -= bytes;
    free(block);
}
static inline du_allocator test_allocator(test_memory *m) { return (du_allocator){ test_alloc, test_free, m }; }

#endif
