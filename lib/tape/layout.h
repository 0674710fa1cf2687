/* lib/tape/layout.h - how a tape lies in memory: a list of segments, newest first, each owning a
 * range of slots. Recording writes it and a sweep reads it. Below: what the rooms that use tapes
 * may call beyond duet/tape.h. Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TAPE_LAYOUT_H
#define DU_TAPE_LAYOUT_H

#include "../base/arena.h"
#include <duet/detail/pack_var.h>
#include <duet/tape.h>

typedef struct du_segment du_segment;

/* the first three in the order of enum du_order */
enum du_segment_kind { DU_JOINS, DU_JOINS2, DU_JOINS_PACK, DU_LEAVES, DU_BLOCK };

/* A segment of joins has an entry a slot: two slots, left and right, and the partials by them. A
 * right slot says where entries are something else.
 *
 * A ternary entry, of a function of three slots, takes two places. Its output is the upper slot.
 *
 *     slot s        left c                        partial by c
 *     slot s + 1    left a, right b|DU_TERNARY    partials by a, b
 *
 * A record, of a kernel on arrays, takes `length` places and has n outputs. It ends with a marker,
 * told by a right slot of 0, which no join has.
 *
 *     slots s ... s+length-2    data of the kernel
 *     slot  s+length-1          left length, right 0    its sweep, n
 *     of these, the last n are the outputs
 *
 * A record's sweep is called for one lane: data is where the record begins, output its first
 * output, and adjoint[s * stride] the adjoint of slot s (a double, or a pack of eight). With
 * `skipping`, a product with a zero partial or a zero adjoint is 0 (joins.h). */
typedef void du_record_sweep(const void *data, double *adjoint, size_t stride, uint32_t output,
                             size_t n, int skipping);
typedef struct {
    uint64_t length;
    du_record_sweep *sweep;
    size_t outputs;
} __attribute__((may_alias)) du_marker;

/* bytes of an entry, by the kind of segment or the order */
static inline size_t du_entry_size(unsigned kind)
{
    static const size_t bytes[] = {
        [DU_JOINS] = sizeof(du_join),
        [DU_JOINS2] = sizeof(du_join2),
        [DU_JOINS_PACK] = sizeof(du_join_pack),
    };
    return bytes[kind];
}

/* A block's pull-back, called for one lane: adjoint[s * stride] is the adjoint of slot s. */
typedef void du_block_sweep(const du_segment *s, double *adjoint, size_t stride);

/* Why a block cannot be swept (a value that its pull-back needs has changed), or DU_OK. */
typedef int du_block_check(const du_segment *s);

struct du_segment {
    du_segment *prev;
    uint64_t serial;
    uint32_t first, count; /* its slots; count of the open segment is set when it is closed */
    enum du_segment_kind kind;
    int records;           /* whether there are records among its joins */
    void *entries;         /* du_join[count], du_join2, du_join_pack, or the block's own */
    du_block_sweep *sweep; /* of a block */
    du_block_check *check; /* of a block, or NULL */
    double *gradient;      /* kept gradients [count], then their tangents [count]; or NULL */
};

/* A block that was made without a gradient and given one later (du_tape_retain). Rewinding past
 * this takes the gradient away again. */
typedef struct du_retained {
    struct du_retained *prev;
    uint64_t serial;
    du_segment *segment;
} du_retained;

/* Things of a client that lie in a tape's arena beside its segments (tensors), linked from the
 * newest back. A mark remembers the newest and its serial; listed says whether a thing of that
 * serial is still on the list. */
typedef struct {
    void *newest;
    uint64_t (*serial)(const void *thing);
    int (*listed)(const void *newest, const void *thing, uint64_t serial);
    int paused; /* depth of DU_NO_GRAD */
} du_client;

/* Arrays that an engine promises not to change from the recording to the sweep, so that kernels
 * refer to them instead of copying. Sizes are in bytes, 0 for no promise. */
typedef struct {
    const void *numbers;  /* the engine's array of independents, */
    size_t bytes;         /* its size, */
    const double *values; /* its values, contiguous, */
    uint32_t first;       /* and the first of its slots */
    const void *data;     /* the observation */
    size_t data_bytes;    /* and its size */
} du_engine_inputs;

struct du_tape {
    du_recorder head; /* first: a variable points to it */
    int status;       /* sticky */
    uint32_t slot_limit;
    du_segment *last; /* newest segment */
    du_arena arena;
    du_memory own, *memory; /* memory is &own, or a plan's account */
    du_arena adjoints;      /* workspace of the sweep, one block: */
    double *adjoint;        /* its adjoints, */
    size_t adjoint_bytes;   /* and its size */
    uint64_t joins;         /* written since the last reset, in closed segments */
    du_engine_inputs engine_inputs;
    uint64_t serial; /* numbers segments and a client's things, so that a mark knows its own */
    du_retained *retained; /* newest gradient kept on request */
    du_client client;
    char message[120]; /* the status in words */
};
static inline du_tape *du_tape_of(const du_recorder *r) { return (du_tape *)(uintptr_t)r; }

static inline uint32_t du_tape_next_slot(const du_tape *t) { return (uint32_t)t->head.ref; }

/* ---- recording: tape.c ---- */

/* a tape that draws on a plan's account */
du_tape *du_tape_new_in(du_memory *memory, uint32_t slot_limit);
/* Makes a status sticky unless there is one; message NULL stands for the words of the status.
 * Returns 0. */
int du_tape_fail(du_tape *t, int status, const char *message);
/* A segment of n slots that is no list of joins, with room for gradients when asked and `extra`
 * bytes at entries. NULL sets the status. */
du_segment *du_tape_segment(du_tape *t, enum du_segment_kind kind, size_t n, int gradients,
                            size_t extra);
/* Whether a reference of a variable of `owner` is a constant's or may be used on t; otherwise t's
 * status says why not. */
int du_tape_usable(du_tape *t, const du_recorder *owner, uint64_t ref);
/* Ends the open segment, if any. */
void du_tape_close(du_tape *t);
/* Leaves no segment open: the next entry opens a new one. */
static inline void du_tape_shut(du_tape *t)
{
    for (unsigned order = 0; order < DU_ORDERS; order++) t->head.room[order] = 0;
}

/* A segment of the order with room for a record of `length` entries; 0 sets the status. */
int du_tape_record_room(du_tape *t, enum du_order order, size_t length);
/* A record of `bytes` with n outputs, the first of which has the ref *output. NULL sets the
 * status. */
static inline void *du_tape_record(du_tape *t, enum du_order order, size_t bytes, size_t n,
                                   du_record_sweep *sweep, uint64_t *output)
{
    size_t size = du_entry_size(order), length = (bytes + size - 1) / size + 1;
    uint32_t next = du_tape_next_slot(t);
    if (length < n) length = n;
    int fits = t->head.room[order] > next && t->head.room[order] - next >= length;
    if (!fits && !du_tape_record_room(t, order, length)) return NULL;
    char *record = (char *)(t->head.bias[order] + (uintptr_t)next * size);
    du_marker *marker = (du_marker *)(void *)(record + (length - 1) * size);
    *marker = (du_marker){ length, sweep, n };
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
    uint32_t slot = (uint32_t)ref;
    return ref >> 32 == t->head.ref >> 32 && slot < du_tape_next_slot(t) && slot != 0;
}
/* ---- marks.c ---- */

/* du_tape_rewind for an engine, which knows that the mark is good and that no tensors are on the
 * tape. */
void du_tape_restart(du_tape *t, const du_mark *mark);
/* Keeps the gradient of a block from now on; DU_ENOMEM. */
int du_tape_retain(du_tape *t, du_segment *s);

/* ---- sweep.c ---- */

/* Sweeps outputs y[m], up to eight a pass. After each pass calls done for the outputs at ...
 * at+count-1, whose adjoints are in the lanes 0 ... count-1 of `lanes`. */
typedef void du_pass_done(const double *adjoint, size_t at, size_t count, size_t lanes,
                          const void *job);
int du_sweep_passes(du_tape *t, size_t m, const du_var y[], du_pass_done *done, const void *job);
/* Sweeps outputs y[m] and copies the adjoints of the slots first ... first+n-1 to rows[m][n]. */
int du_sweep_rows(du_tape *t, size_t m, const du_var y[], uint32_t first, size_t n, double rows[]);
/* The same for sum_i w_i y_i, to row[n], in one pass. */
int du_sweep_weighted(du_tape *t, size_t m, const du_var y[], const double w[], uint32_t first,
                      size_t n, double row[]);
/* Seeds the slots first ... first+n-1 themselves (none for first = 0) and adds to the kept
 * gradients. */
int du_sweep_range(du_tape *t, uint32_t first, size_t n, const double seed[]);
/* Gradient g[n] and its tangent gd[n] of one output, by the slots first ... first+n-1. */
int du_sweep_tangent(du_tape *t, const du_var2 *y, double seed, uint32_t first, size_t n,
                     double g[], double gd[]);

/* The sweeps of an engine that records an observation, or several, or as many packs of eight: from
 * sum_i seed_i y_i, y[n], seed NULL for ones. The results are in t->adjoint, at [slot] of doubles
 * or at [slot][m] of packs: m is 1, or n for outputs that have adjoints of their own. Adjoints of
 * slots below `keep` are added to, not cleared: du_sweep_clear clears them, once for a series of
 * sweeps. With `skipping`, zero adjoints are skipped (joins.h). */
int du_sweep_observations(du_tape *t, size_t n, const du_var y[], const double seed[],
                          uint32_t keep, int skipping);
int du_sweep_observations_pack(du_tape *t, size_t m, size_t n, const du_pack_var y[],
                               const du_pack seed[], uint32_t keep, int skipping);
/* Zero adjoints for the slots below keep, of `doubles` each. */
int du_sweep_clear(du_tape *t, uint32_t keep, size_t doubles);

#endif
