/* lib/tape/joins.h - sweeping the entries of one segment, newest first: joins.c those of one lane,
 * joins_pack.c those of eight. Adjoints are adjoint[slot * lanes + lane]; with tangents, the two
 * lanes are the adjoint and its tangent. Not installed.
 *
 *     y = f(l, r), partials pl and pr:    lbar += pl ybar,  rbar += pr ybar
 *
 * A sweep that skips takes p ybar as 0 where p or ybar is 0. It is run when a gradient came out
 * non-finite, so that neither an infinite partial of what no output depends on, nor an infinite
 * adjoint of what depends on no independent (a lane of du_where's other arm), makes a NaN.
 * SPDX-License-Identifier: MIT */
#ifndef DU_JOINS_H
#define DU_JOINS_H

#include "../base/inline.h"
#include "layout.h"

static inline uint32_t left_of(uint64_t slots) { return (uint32_t)slots; }
static inline uint32_t right_of(uint64_t slots) { return (uint32_t)(slots >> 32); }

/* of a right slot (layout.h) */
static inline int is_marker(uint32_t right) { return right == 0; }
static inline int is_ternary(uint32_t right) { return (right & DU_TERNARY) != 0; }
static inline uint32_t unflagged(uint32_t right) { return right & ~DU_TERNARY; }

/* Sweeps the record whose marker is `last`, an entry of `entry` bytes and of slot `slot`, for
 * `lanes` lanes of `width` doubles each. Returns how many entries it has. */
static inline size_t sweep_record(const void *last, size_t entry, uint32_t slot, double *adjoint,
                                  size_t lanes, size_t width, int skipping)
{
    du_marker m = *(const du_marker *)last;
    const char *data = (const char *)last - (m.length - 1) * entry;
    uint32_t output = slot + 1 - (uint32_t)m.outputs;
    for (size_t k = 0; k < lanes; k++)
        m.sweep(data, adjoint + k * width, lanes * width, output, m.outputs, skipping);
    return m.length;
}

/* 1, 2, 4 or 8 lanes. */
void du_joins_sweep(const du_segment *s, double *adjoint, size_t lanes);
void du_joins_sweep_tangent(const du_segment *s, double *adjoint);
/* Any lanes, any kind of entry of one lane. */
void du_joins_sweep_skipping(const du_segment *s, double *adjoint, size_t lanes, int tangent);
/* Entries of eight lanes, m packs of adjoints a slot. */
void du_joins_sweep_pack(const du_segment *s, double *adjoint, size_t m, int skipping);

#endif
