/* lib/tape/joins.h - sweeping the entries of one segment, newest first: joins.c those of one lane, joins_pack.c those of
 * eight. adjoint[slot * lanes + lane]; with tangents, a lane is the pair (adjoint, its tangent). Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_JOINS_H
#define DU_JOINS_H

#include "layout.h"

static inline uint32_t left_of(uint64_t slots) { return (uint32_t)slots; }
static inline uint32_t right_of(uint64_t slots) { return (uint32_t)(slots >> 32); }
/* of a right slot: neither a marker nor part of a ternary entry */
static inline int ordinary(uint32_t right) { return (int32_t)right > 0; }
static inline uint32_t unflagged(uint32_t right) { return right & INT32_MAX; }

/* Sweeps the record that ends with the entry `last`, of slot `slot`, for one lane; how many entries it has. */
static inline size_t sweep_record(const void *last, size_t entry, uint32_t slot, double *adjoint, size_t stride, int skipping)
{
    du_marker m = *(const du_marker *)last;
    m.sweep((const char *)last - (m.length - 1) * entry, adjoint, stride, slot + 1 - (uint32_t)m.outputs, m.outputs, skipping);
    return m.length;
}

/* One lane, or 2, 4, 8; with tangents two. */
void du_joins_sweep(const du_segment *s, double *adjoint, size_t lanes);
void du_joins_sweep_tangent(const du_segment *s, double *adjoint);
/* Any lanes, any kind of join, zero adjoints skipped: run when a gradient came out non-finite, so that an infinite
 * partial that nothing depends on does not poison it. */
void du_joins_sweep_skipping(const du_segment *s, double *adjoint, size_t lanes, int tangent);
/* Entries of eight lanes, m packs of adjoints a slot. */
void du_joins_sweep_pack(const du_segment *s, double *adjoint, size_t m, int skipping);

#endif
