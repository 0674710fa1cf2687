/* tests/memory.h - an allocator that counts, and fails when told to. SPDX-License-Identifier: MIT
 */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <criterion/criterion.h>
#include <duet/memory.h>
#include <duet/status.h>
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
static inline du_allocator test_allocator(test_memory *m)
{
    return (du_allocator){ test_alloc, test_free, m };
}

/* exercise, which does the same every time and gives all back, with each of its allocations failing
 * in turn (more than `least` of them): the status says so, nothing leaks */
static inline void test_every_failure(int (*exercise)(test_memory *), size_t least)
{
    test_memory whole = { .fail_at = 0 };
    cr_assert_eq(exercise(&whole), DU_OK);
    cr_assert_eq(whole.held, 0);
    cr_assert_gt(whole.calls, least);
    for (size_t k = 1; k <= whole.calls; k++) {
        test_memory m = { .fail_at = k };
        int status = exercise(&m);
        /* a refused larger chunk may be made up for by a smaller one */
        cr_assert(status == DU_ENOMEM || (status == DU_OK && m.calls > k),
            "failing %zu of %zu: status %d", k, whole.calls, status);
        cr_assert_eq(m.held, 0, "%zu bytes leaked when allocation %zu failed", m.held, k);
    }
}

#endif
