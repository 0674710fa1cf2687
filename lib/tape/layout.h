/* lib/tape/layout.h - how a tape lies in memory: a list of segments, newest first, each owning a
 * range of slots. What the tape writes and the sweep reads; not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TAPE_LAYOUT_H
#define DU_TAPE_LAYOUT_H

#include "../base/arena.h"
#include <duet/detail/pack_var.h>
#include <duet/tape.h>

typedef struct du_segment du_segment;

/* the first three in the order of enum du_order */
enum du_segment_kind { DU_JOINS, DU_JOINS2, DU_JOINS_PACK, DU_LEAVES, DU_BLOCK };

/* Among the joins of a segment there may be ternary entries (var.inc), of two places, whose upper one has DU_TERNARY
 * in its right slot and the lower one a slot and a partial; and records, of the kernels on arrays: `length` entries
 * of which the last is marked by a right slot of 0, which no join has. The marker holds the length as its left slot
 * and in place of its partials what sweeps the record: data is the record's first entry, output the slot of its
 * first output, n how many there are, adjoint[s * stride] the adjoint of slot s (eight doubles of packs); skipping:
 * a product with a partial or an adjoint of 0 is 0 (sweep.c). */
typedef void du_record_sweep(const void *data, double *adjoint, size_t stride, uint32_t output, size_t n, int skipping);
typedef struct { uint64_t length; du_record_sweep *sweep; size_t outputs; } __attribute__((may_alias)) du_marker;
/* bytes of an entry, by the kind of segment or the order */
static inline size_t du_entry_size(unsigned kind)
{
    return kind == DU_JOINS ? sizeof(du_join) : kind == DU_JOINS2 ? sizeof(du_join2) : sizeof(du_join_pack);
}

/* A block's part of the sweep, for one lane: adjoint[s * stride] is the adjoint of slot s. */
typedef void du_block_sweep(const du_segment *s, double *adjoint, size_t stride);

/* Why a block cannot be swept (a value that its pull-back needs has changed), or DU_OK. */
typedef int du_block_check(const du_segment *s);

struct du_segment {
    du_segment *prev;
    uint64_t serial;
    uint32_t first, count;      /* its slots; count of the open segment is set when it is closed */
    enum du_segment_kind kind;
    int records;                /* whether there are records among its joins */
    void *entries;              /* du_join[count], du_join2, du_join_pack, or the block's own */
    du_block_sweep *sweep;      /* of a block */
    du_block_check *check;      /* of a block, or NULL */
    double *gradient;           /* where gradients are kept: [count], then tangents [count]; or NULL */
};

/* a gradient that a block was given after it was made; rewinding past this takes it away */
typedef struct du_retained {
    struct du_retained *prev;
    du_segment *segment;
} du_retained;

/* Things that lie in a tape's arena beside its segments (tensors), linked from the newest back. A mark remembers the
 * newest and its serial; listed says whether a thing of that serial is still on the list. */
typedef struct {
    void *newest;
    uint64_t (*serial)(const void *thing);
    int (*listed)(const void *newest, const void *thing, uint64_t serial);
    int paused;                 /* depth of DU_NO_GRAD */
} du_client;

struct du_tape {
    du_recorder head;           /* first: a variable points to it */
    int status;                 /* sticky */
    uint32_t slot_limit;
    du_segment *last;           /* newest segment */
    du_arena arena;
    du_memory own, *memory;     /* memory is own, or a plan's account */
    du_arena adjoints;          /* workspace of the sweep: one block, */
    double *adjoint;
    size_t adjoint_bytes;       /* of which so many may be used */
    uint64_t joins;             /* written since the last reset, in closed segments */
    struct {                    /* what an engine promises not to change while it is recorded: */
        const void *numbers, *data;     /* its array of independents; the observation */
        size_t bytes, data_bytes;       /* what they take */
        const double *values;           /* of the independents, contiguous */
        uint32_t first;                 /* their first slot */
    } engine_inputs;
    uint64_t serial;            /* numbers segments and a client's things, so that a mark knows its own */
    du_retained *retained;      /* newest gradient kept on request */
    du_client client;
    char message[120];          /* what the status does not say */
};
static inline du_tape *du_tape_of(const du_recorder *r) { return (du_tape *)(uintptr_t)r; }

/* a tape that draws on a plan's account */
du_tape *du_tape_new_in(du_memory *memory, uint32_t slot_limit);
/* Makes a status sticky, with words beyond it (NULL for none); returns 0. */
int du_tape_fail(du_tape *t, int status, const char *message);
/* A segment of n slots that is no list of joins, with room for gradients when asked and `extra` bytes at
 * entries; NULL sets the status. */
du_segment *du_tape_segment(du_tape *t, enum du_segment_kind kind, size_t n, int gradients, size_t extra);
/* Keeps the gradient of a block from now on; DU_ENOMEM. */
int du_tape_retain(du_tape *t, du_segment *s);
/* Whether a reference of a variable of `owner` is a constant's or may be used on t; otherwise t's status says why not. */
int du_tape_usable(du_tape *t, const du_recorder *owner, uint64_t ref);
/* ends the open segment, if any */
void du_tape_close(du_tape *t);
/* du_tape_rewind for an engine, which knows that the mark is good and that no tensors are on the tape */
void du_tape_restart(du_tape *t, const du_mark *mark);
/* Room for a record of `bytes` whose last n slots are its outputs, in a segment of the order; *output is the ref
 * of the first. NULL sets the status. */
int du_tape_record_room(du_tape *t, enum du_order order, size_t length);
static inline void *du_tape_record(du_tape *t, enum du_order order, size_t bytes, size_t n, du_record_sweep *sweep, uint64_t *output)
{
    size_t size = du_entry_size(order), length = (bytes + size - 1) / size + 1;
    uint32_t next = (uint32_t)t->head.ref;
    if (length < n) length = n;
    if ((t->head.room[order] <= next || t->head.room[order] - next < length) && !du_tape_record_room(t, order, length)) return NULL;
    char *record = (char *)(t->head.bias[order] + (uintptr_t)next * size);
    *(du_marker *)(void *)(record + (length - 1) * size) = (du_marker){ length, sweep, n };
    t->last->records = 1;
    t->head.ref += length;
    *output = t->head.ref - n;
    return record;
}
/* Whether `bytes` at x lie in the engine's array of independents. */
static inline int du_tape_is_input(const du_tape *t, const void *x, size_t bytes)
{
    uintptr_t base = (uintptr_t)t->engine_inputs.numbers, at = (uintptr_t)x;
    return at >= base && at + bytes <= base + t->engine_inputs.bytes;
}
/* Whether a reference other than 0 may be used on t now. */
static inline int du_tape_live(const du_tape *t, uint64_t ref)
{
    return ref >> 32 == t->head.ref >> 32 && (uint32_t)ref < (uint32_t)t->head.ref && (uint32_t)ref != 0;
}
/* Sweeps outputs y[m], up to eight a pass, and calls done after each for the outputs at ... at+count-1, whose adjoints
 * are in the lanes 0 ... count-1 of `lanes`. */
typedef void du_pass_done(const double *adjoint, size_t at, size_t count, size_t lanes, const void *job);
int du_sweep_passes(du_tape *t, size_t m, const du_var y[], du_pass_done *done, const void *job);
/* Sweeps outputs y[m] and copies the adjoints of the slots first ... first+n-1
 * to rows[m][n]. */
int du_sweep_rows(du_tape *t, size_t m, const du_var y[], uint32_t first, size_t n, double rows[]);
/* The same for sum_i w_i y_i, to row[n], in one pass. */
int du_sweep_weighted(du_tape *t, size_t m, const du_var y[], const double w[], uint32_t first,
                      size_t n, double row[]);
/* Seeds the slots first ... first+n-1 themselves (none for first = 0) and adds to the kept gradients. */
int du_sweep_range(du_tape *t, uint32_t first, size_t n, const double seed[]);
/* The sweeps of an engine that records an observation, or several, or as many packs of eight: from sum_i seed_i y_i (seed
 * NULL for ones), y[n]; with m packs of adjoints a slot, m being 1 or n, the latter for outputs that have adjoints of
 * their own. Adjoints of slots below `keep` are added to, not cleared: the first of a series clears them itself
 * (du_sweep_clear). The results are in t->adjoint, at [slot] of doubles or [slot][m] of packs. With `skipping`, zero
 * adjoints are (see joins_skipping). */
int du_sweep_observations(du_tape *t, size_t n, const du_var y[], const double seed[], uint32_t keep, int skipping);
int du_sweep_observations_pack(du_tape *t, size_t m, size_t n, const du_pack_var y[], const du_pack seed[],
                               uint32_t keep, int skipping);
/* zero adjoints for the slots below keep, of `doubles` each */
int du_sweep_clear(du_tape *t, uint32_t keep, size_t doubles);
/* Gradient g[n] and its tangent gd[n] of one output. */
int du_sweep_tangent(du_tape *t, const du_var2 *y, double seed, uint32_t first, size_t n,
                     double g[], double gd[]);

#endif
