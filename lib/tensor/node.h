/* lib/tensor/node.h - what a tensor is inside; shared by tensor.c (nodes), elementwise.c and
 * operations.c (kernels); not installed. SPDX-License-Identifier: MIT */
#ifndef DU_TENSOR_NODE_H
#define DU_TENSOR_NODE_H

#include "../tape/layout.h"
#include <duet/detail/real.h>
#include <duet/tensor.h>

enum { MOST_INPUTS = 3 };

typedef void pullback(const du_tensor_node *node, double *adjoint);

struct du_tensor_node {
    du_tensor_node *prev;           /* the one made before */
    uint64_t serial;
    const char *op;
    char name[24];
    du_shape shape;
    size_t size;
    double *value;                  /* [size] */
    uint32_t slot;                  /* of element 0; 0 for a constant */
    int leaf, reached;              /* reached: the graph printer's mark */
    unsigned version;               /* counts changes in place */
    du_segment *segment;            /* where its gradient is kept; NULL for a constant */
    du_tensor_node *in[MOST_INPUTS];
    unsigned seen[MOST_INPUTS];     /* the versions that the pull-back needs */
    pullback *pull;
    size_t axis, from;              /* what an operation wants to remember */
    double number;
    const void *saved;
    du_tensor_pullback *custom;
    void *data;
};

size_t du_shape_size(du_shape s);
/* the poisoned result of a failed operation; with both shapes in the tape's message */
du_tensor du_tensor_failed(du_tape *t);
du_tensor du_tensor_mismatch(du_tape *t, const char *op, du_shape a, du_shape b);
/* The tape that the operands share, after checking them; NULL when there is none or one is bad. */
du_tape *du_tensor_tape(size_t n, const du_tensor x[]);
/* A node for op on n operands; its values are the caller's to fill. With a pull-back it gets slots when an
 * operand has them and recording is not paused. */
du_tensor_node *du_tensor_begin(du_tape *t, const char *op, du_shape shape, size_t n, const du_tensor x[], pullback *pull);
/* the node as a tensor, or a failed one for NULL */
du_tensor du_tensor_result(du_tape *t, du_tensor_node *node);

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
