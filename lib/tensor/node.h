/* lib/tensor/node.h - what a tensor is inside, and what its operations share: checks of operands,
 * errors in words, the making of a node, a shape seen around one of its axes. Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TENSOR_NODE_H
#define DU_TENSOR_NODE_H

#include "../tape/layout.h"
#include <duet/detail/real.h>
#include <duet/tensor.h>
#include <string.h>

enum { MOST_INPUTS = 3 };

/* Adds to the adjoints of the node's operands from its own; the adjoint of slot s is adjoint[s]. */
typedef void pullback(const du_tensor_node *node, double *adjoint);

/* a row-major shape around an axis: the sizes before, along and behind it, multiplied */
typedef struct {
    size_t outer, length, inner;
} around;

/* Aligned, so that the values, which follow the node, begin on a line of the cache.
 *
 * Serials number the nodes and the segments of a tape in the order of making, and are never given
 * out twice. A rewind leaves a gap, so the serials of what is on the tape form runs without a gap.
 * A node knows where its run begins (run_first) and which node was the newest below the gap
 * (before_run): whether a handle's node is still there is found without reading its memory, which
 * may have been given out again. */
struct DU_LINE du_tensor_node {
    du_tensor_node *prev; /* the node made before this one */
    du_tensor_node *before_run;
    uint64_t serial, run_first;
    du_tape *tape;
    const char *op;
    char name[24];
    du_shape shape;
    size_t size;
    double *value;       /* [size] */
    uint32_t slot;       /* of element 0; 0 for a constant */
    int leaf, reached;   /* reached: the graph printer's number */
    unsigned version;    /* counts changes in place */
    du_segment *segment; /* keeps its gradient; NULL for a constant */
    du_tensor_node *in[MOST_INPUTS];
    unsigned seen[MOST_INPUTS]; /* the operands' versions when it was recorded */
    pullback *pull;
    union { /* what an operation leaves to its pull-back: */
        struct {
            size_t axis, from;
        };
        around reduced;
        struct {
            du_tensor_pullback *custom;
            void *data;
        };
    };
    double number;
    const void *saved;
};

/* ---- errors ---- */

/* a shape in words: "(2, 3)"; four axes of 20 digits and what is between them */
typedef struct {
    char text[92];
} shape_words;
shape_words du_shape_words(du_shape s);

/* the result of a failed operation, which fails what it enters */
du_tensor du_tensor_failed(du_tape *t);
/* the same, with a status that becomes sticky and its words */
__attribute__((format(printf, 3, 4))) du_tensor du_tensor_fail(du_tape *t, int status,
                                                               const char *format, ...);
/* "op: shapes a and b do not fit" */
du_tensor du_tensor_mismatch(du_tape *t, const char *op, du_shape a, du_shape b);
/* Returns the status; the words go to du_tape_message, but the tape's own status stays DU_OK. */
__attribute__((format(printf, 3, 4))) int du_tensor_refuse(du_tape *t, int status,
                                                           const char *format, ...);

/* ---- operands ---- */

/* whether x has a node that is still on its tape */
int du_tensor_alive(du_tensor x);
/* The tape that the operands share, after checking them. NULL when there is none, when an operand
 * is of another tape or stale (the status says so), and when the tape has failed already. */
du_tape *du_tensor_tape(size_t n, const du_tensor x[]);
/* the same for one operand that must have the axis */
du_tape *du_tensor_with_axis(du_tensor x, const char *op, size_t axis);
/* a copy in the arena of index[count], each below `limit`; NULL when the status is set */
const size_t *du_tensor_keep(du_tape *t, const char *op, size_t count, const size_t index[],
                             size_t limit);

/* the shape of an operand that has been checked */
static inline du_shape shape_of(du_tensor x) { return x.node ? x.node->shape : DU_SCALAR; }
/* the first tape among two operands, for a failed result */
static inline du_tape *owner_of(du_tensor a, du_tensor b) { return a.tape ? a.tape : b.tape; }

/* ---- nodes ---- */

/* a constant, its values not yet filled; NULL when the status is set */
du_tensor_node *du_tensor_node_new(du_tape *t, const char *op, du_shape shape);
/* A node for op on n operands; its values are the caller's to fill. It gets slots and the pull-back
 * when an operand has slots and recording is not paused. */
du_tensor_node *du_tensor_begin(du_tape *t, const char *op, du_shape shape, size_t n,
                                const du_tensor x[], pullback *pull);
/* Gives a node slots of its own: as a leaf, or as an operation with a pull-back. 0 on failure. */
int du_tensor_make_leaf(du_tensor_node *node);
int du_tensor_record(du_tensor_node *node, pullback *pull);
/* the node as a tensor; a failed one for NULL */
du_tensor du_tensor_result(du_tape *t, du_tensor_node *node);

/* ---- shapes and sums ---- */

/* the number of elements; SIZE_MAX, which no allocation satisfies, where the product overflows */
size_t du_shape_size(du_shape s);

static inline int same_shape(du_shape a, du_shape b)
{
    int same = a.rank == b.rank;
    for (size_t i = 0; i < a.rank && same; i++) same = a.n[i] == b.n[i];
    return same;
}
static inline around around_axis(du_shape s, size_t axis)
{
    around r = { 1, s.n[axis], 1 };
    for (size_t i = 0; i < axis; i++) r.outer *= s.n[i];
    for (size_t i = axis + 1; i < s.rank; i++) r.inner *= s.n[i];
    return r;
}
static inline du_shape without_axis(du_shape s, size_t axis)
{
    du_shape r = { .rank = s.rank - 1 };
    for (size_t i = 0, k = 0; i < s.rank; i++)
        if (i != axis) r.n[k++] = s.n[i];
    return r;
}

/* the adjoint of element 0; NULL for a constant */
static inline double *adjoint_of(const du_tensor_node *node, double *adjoint)
{
    return node->slot ? adjoint + node->slot : NULL;
}
/* p g, and 0 for g = 0 whatever p is; the product is taken first, so that loops vectorise */
static inline double times(double p, double g)
{
    double product = p * g;
    return g == 0.0 ? 0.0 : product;
}

#endif
