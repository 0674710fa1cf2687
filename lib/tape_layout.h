/* lib/tape_layout.h - how a tape lies in memory: a list of segments, newest first, each owning a
 * range of slots. What the tape writes and the sweep reads; not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TAPE_LAYOUT_H
#define DU_TAPE_LAYOUT_H

#include <duet/tape.h>

enum du_segment_kind { DU_LEAVES, DU_JOINS, DU_JOINS2, DU_BLOCK };

/* A block's part of the sweep, for one lane: adjoint[s * stride] is the adjoint of slot s. */
typedef void du_block_sweep(const du_segment *s, double *adjoint, size_t stride);

struct du_segment {
    du_segment *prev;
    uint64_t serial;
    uint32_t first, count;      /* its slots; count of the open segment is set when it is closed */
    enum du_segment_kind kind;
    void *entries;              /* du_join[count], du_join2[count], or the block's own */
    du_block_sweep *sweep;      /* of a block */
    const void *owner;          /* &du_tensor_block, or NULL */
    double *gradient;           /* where gradients are kept: [count], then tangents [count]; or NULL */
};

/* a gradient that a block was given after it was made; rewinding past this takes it away */
struct du_retained {
    struct du_retained *prev;
    du_segment *segment;
};

/* a tape that draws on a plan's account */
du_tape *du_tape_create_in(du_memory *memory, uint32_t slot_limit);
/* Makes a status sticky, with words beyond it (NULL for none); returns 0. */
int du_tape_fail(du_tape *t, int status, const char *message);
/* A segment of n slots that is no list of joins, with room for gradients when asked and `extra` bytes at
 * entries; NULL sets the status. */
du_segment *du_tape_segment(du_tape *t, enum du_segment_kind kind, size_t n, int gradients, size_t extra);
/* DU_EINPLACE when a tensor's operand has changed since it was recorded (tensor.c) */
int du_tensor_check(const du_segment *s);
/* Whether the node of that serial is on the list that newest begins; the serial of a node, 0 for NULL. */
int du_tensor_listed(const struct du_tensor_node *newest, const struct du_tensor_node *node, uint64_t serial);
uint64_t du_tensor_serial(const struct du_tensor_node *node);
extern const char du_tensor_block; /* its address marks the segments that belong to tensors */
/* ends the open segment, if any */
void du_tape_close(du_tape *t);
/* Sweeps outputs y[m], up to eight a pass, and copies the adjoints of the slots first ... first+n-1
 * to rows[m][n]. */
int du_sweep_rows(du_tape *t, size_t m, const du_var y[], uint32_t first, size_t n, double rows[]);
/* The same for sum_i w_i y_i, to row[n], in one pass. */
int du_sweep_weighted(du_tape *t, size_t m, const du_var y[], const double w[], uint32_t first,
                      size_t n, double row[]);
/* Seeds the slots first ... first+n-1 themselves (none for first = 0) and adds to the kept gradients. */
int du_sweep_range(du_tape *t, uint32_t first, size_t n, const double seed[]);
/* Gradient g[n] and its tangent gd[n] of one output. */
int du_sweep_tangent(du_tape *t, const du_var2 *y, double seed, uint32_t first, size_t n,
                     double g[], double gd[]);

#endif
