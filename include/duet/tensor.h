/* duet/tensor.h - arrays on the tape: reverse mode for tensors of rank 0 to 4, row-major doubles.
 *
 *     A tensor is a handle on a node in the tape's arena. An operation computes its values at once and
 *     leaves one block on the tape, which owns a range of slots and knows its pull-back. Elements and
 *     du_var share the slots, so gradients flow between the two.
 *
 *     #include <duet/duet.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         du_tape *t = du_tape_new(NULL);
 *         du_tensor x = du_tensor_full(t, DU_SHAPE(2, 2), 1.0, 1);
 *         du_tensor y = du_add(x, 2.0), z = du_mul(y, y, 3.0), out = du_tensor_mean(z);
 *         du_backward(out);
 *         printf("%s %g %g\n", du_tensor_op(out), du_value(out), du_tensor_grad(x)[0]);
 *         du_tape_free(t);
 *         return 0;
 *     }
 *
 * The generic layer works on tensors: du_add(x, 2), du_exp(x), du_pow(x, y), with broadcasting:
 * shapes are aligned at the last axis and an axis of 1 (or missing) is repeated. A C number is a
 * tensor of rank 0 without a tape. All tensors are contiguous; slices and transposes are copies.
 *
 * As in PyTorch: gradients of tensors with requires_grad accumulate over du_backward until
 * du_tape_zero_gradients; a second backward adds exactly once; inside DU_NO_GRAD no tensor
 * operation is recorded.
 *
 * Errors are the tape's sticky status (du_tape_status); du_tape_message says it in words, both
 * shapes of a mismatch included. The result of a failed operation is a tensor that poisons what it
 * enters. Memory lives until the tape is rewound, reset or destroyed: a training loop marks the
 * tape after its parameters and rewinds to the mark each step. SPDX-License-Identifier: MIT */
#ifndef DU_TENSOR_H
#define DU_TENSOR_H

#include <stdio.h>
#include "tape.h"

enum { DU_MOST_RANK = 4 };

typedef struct { size_t rank, n[DU_MOST_RANK]; } du_shape;
typedef struct du_tensor_node du_tensor_node;
/* node NULL: the free scalar, a constant of rank 0 that belongs to no tape */
typedef struct du_tensor { du_tensor_node *node; du_tape *tape; double scalar; uint32_t generation; } du_tensor;

/* DU_SHAPE(2, 3): two rows of three. DU_SCALAR: rank 0. */
#define DU_SHAPE(...) ((du_shape){ sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), { __VA_ARGS__ } })
#define DU_SCALAR ((du_shape){ 0, { 0 } })

/* ---- making ---- */

/* values[size] copied, NULL for zeros; with requires_grad a leaf whose gradient is kept */
DU_API du_tensor du_tensor_new(du_tape *t, du_shape shape, const double values[], int requires_grad);
DU_API du_tensor du_tensor_full(du_tape *t, du_shape shape, double value, int requires_grad);
/* a tensor of the given values whose gradients flow to x[size]: variables become a tensor */
DU_API du_tensor du_tensor_of_vars(du_tape *t, du_shape shape, const du_var x[]);
/* element i (row-major) as a variable; a constant where x has no gradient */
DU_API du_var du_tensor_var(du_tensor x, size_t i);
/* the same values, cut off from the graph */
DU_API du_tensor du_tensor_detach(du_tensor x);

/* ---- looking ---- */

DU_API du_shape du_tensor_shape(du_tensor x);
DU_API size_t du_tensor_size(du_tensor x);
/* the values [size], row-major; NULL for a failed tensor */
DU_API const double *du_tensor_values(du_tensor x);
/* the same for writing: counts as a change in place. A sweep over an operation that still needs the
 * old value fails with DU_EINPLACE. */
DU_API double *du_tensor_write(du_tensor x);
/* the accumulated gradient [size] of a leaf or retained tensor; NULL when none is kept */
DU_API const double *du_tensor_grad(du_tensor x);
/* keeps the gradient of an intermediate tensor from now on */
DU_API int du_tensor_retain_grad(du_tensor x);
/* the operation that made it ("leaf" for a leaf); "constant" when it has no gradient */
DU_API const char *du_tensor_op(du_tensor x);
/* a name for the graph and for people, at most 23 characters; returns x */
DU_API du_tensor du_tensor_name(du_tensor x, const char *name);
DU_API void du_tensor_print(du_tensor x, FILE *stream);
/* the graph behind y for Graphviz: operations, names, shapes, leaves as boxes */
DU_API int du_graph_dot(du_tensor y, FILE *stream);

/* ---- gradients ---- */

/* y of size 1: adds dy/dx to the gradient of every leaf. DU_ESHAPE for another size. */
DU_API int du_backward(du_tensor y);
/* any size: adds the product of seed[size] with the Jacobian */
DU_API int du_backward_seed(du_tensor y, const double seed[]);
/* DU_NO_GRAD(t) { ... }: no tensor operation inside is recorded (du_var joins are); do not leave by
 * break, return or goto */
#define DU_NO_GRAD(t) DU_NO_GRAD_(t, __COUNTER__)
#define DU_NO_GRAD_(t, id) DU_NO_GRAD__(t, id)
#define DU_NO_GRAD__(t, id) for (int du_once##id = (du_tape_pause(t), 1); du_once##id; du_once##id = (du_tape_resume(t), 0))
DU_API void du_tape_pause(du_tape *t);
DU_API void du_tape_resume(du_tape *t);

/* ---- elementwise: every function of rules.def and arithmetic, as du_tensor_<name>(x) or
 * (a, b), with _s and s_ forms for a C number; the generic layer calls these ---- */

#define DU_UNARY(name, ...) DU_API du_tensor du_tensor_##name(du_tensor x);
#define DU_TENSOR_BINARY(name) \
    DU_API du_tensor du_tensor_##name(du_tensor a, du_tensor b); \
    DU_API du_tensor du_tensor_##name##_s(du_tensor a, double s); \
    DU_API du_tensor du_tensor_s_##name(double s, du_tensor b);
#define DU_BINARY(name, ...) DU_TENSOR_BINARY(name)
#include "detail/rules.def"
DU_TENSOR_BINARY(add)
DU_TENSOR_BINARY(sub)
DU_TENSOR_BINARY(mul)
DU_TENSOR_BINARY(div)
/* what the generic layer needs of every operand type: the one element as a double (NaN when there
 * are more), x itself, a free scalar, c[0] + c[1] x + ... */
DU_API double du_tensor_value(du_tensor x);
DU_API du_tensor du_tensor_same(du_tensor x);
static inline du_tensor du_tensor_select(int c, du_tensor a, du_tensor b) { return c ? a : b; }
DU_API du_tensor du_tensor_constant(double v);
DU_API du_tensor du_tensor_polynomial(const double *c, size_t n, du_tensor x);
DU_API du_tensor du_tensor_fma(du_tensor a, du_tensor b, du_tensor c);
DU_API du_tensor du_tensor_powi(du_tensor x, int n);
DU_API du_tensor du_tensor_leaky_relu(du_tensor x, double slope);
/* where mask (a tensor of zeros and others, no gradient) is not 0, a, else b */
DU_API du_tensor du_tensor_where(du_tensor mask, du_tensor a, du_tensor b);

/* ---- shape: copies whose gradients flow back ---- */

DU_API du_tensor du_tensor_reshape(du_tensor x, du_shape shape);
/* the last two axes exchanged */
DU_API du_tensor du_tensor_transpose(du_tensor x);
/* from ... to-1 of an axis */
DU_API du_tensor du_tensor_slice(du_tensor x, size_t axis, size_t from, size_t to);
/* one after the other along an axis */
DU_API du_tensor du_tensor_concatenate(du_tensor a, du_tensor b, size_t axis);
/* row index[k] of x for each k: shape {count, x's other axes}; an embedding */
DU_API du_tensor du_tensor_gather(du_tensor x, const size_t index[], size_t count);

/* ---- products and reductions ---- */

/* (m, k) by (k, n); a vector is a column on the right and a row on the left */
DU_API du_tensor du_tensor_matmul(du_tensor a, du_tensor b);
DU_API du_tensor du_tensor_sum(du_tensor x);
DU_API du_tensor du_tensor_mean(du_tensor x);
DU_API du_tensor du_tensor_sum_axis(du_tensor x, size_t axis);
DU_API du_tensor du_tensor_mean_axis(du_tensor x, size_t axis);
/* ties split the gradient evenly */
DU_API du_tensor du_tensor_max_axis(du_tensor x, size_t axis);
DU_API du_tensor du_tensor_min_axis(du_tensor x, size_t axis);
DU_API du_tensor du_tensor_dot(du_tensor a, du_tensor b);
/* sqrt of the sum of squares; gradient 0 at 0 */
DU_API du_tensor du_tensor_norm2(du_tensor x);
/* over the last axis: log of the sum of exponentials (axis removed), softmax and its logarithm */
DU_API du_tensor du_tensor_logsumexp(du_tensor x);
DU_API du_tensor du_tensor_softmax(du_tensor x);
DU_API du_tensor du_tensor_log_softmax(du_tensor x);
/* mean of (a - b)^2 */
DU_API du_tensor du_tensor_mse(du_tensor a, du_tensor b);
/* logits (rows, classes), label[rows] < classes: mean of -log softmax at the label */
DU_API du_tensor du_tensor_cross_entropy(du_tensor logits, const size_t label[]);

/* ---- your own ---- */

/* The pull-back of a custom function: x[n] inputs and its output y with their values; adds to
 * xbar[i] (NULL where input i has no gradient) from ybar; data is the caller's and must outlive the
 * sweeps. */
typedef void du_tensor_pullback(const du_tensor x[], size_t n, du_tensor y, const double ybar[],
                                double *const xbar[], void *data);
/* At most three inputs. The values [size of shape] are computed by the caller. */
DU_API du_tensor du_tensor_custom(du_tape *t, const char *op, size_t n, const du_tensor x[], du_shape shape,
                           const double values[], du_tensor_pullback *pull, void *data);

#endif
