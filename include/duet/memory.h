/* duet/memory.h - where memory comes from. Every object takes a du_allocator in its options and
 * asks nothing of malloc beside it.
 * SPDX-License-Identifier: MIT */
#ifndef DU_MEMORY_H
#define DU_MEMORY_H

#include <stddef.h>

/* Both functions NULL: malloc and free. Blocks are aligned as malloc's. free is told the size that
 * alloc was asked for; user is handed to both. */
typedef struct {
    void *(*alloc)(void *user, size_t bytes); /* NULL when memory is out */
    void (*free)(void *user, void *block, size_t bytes);
    void *user;
} du_allocator;

#endif
