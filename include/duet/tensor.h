/* duet/tensor.h - arrays on the tape: reverse mode for tensors of rank 0 to 4, row-major doubles.
 *
 *     A tensor is a handle on a node in the tape's arena. An operation y = f(a, b) computes its
 *     values at once and leaves one block on the tape: a range of slots, an element each, and its
 *     pull-back, which the sweep calls for
 *
 *         adjoint[a] += (dy/da)^T adjoint[y],   adjoint[b] += (dy/db)^T adjoint[y]
 *
 *     Elements and du_var share the slots, so gradients flow between the two.
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
 * Broadcasting. The generic layer works on tensors: du_add(x, 2), du_exp(x), du_pow(x, y).
 * Shapes are aligned at the last axis, and an axis of 1 (or a missing one) is repeated. A C
 * number is a tensor of rank 0 without a tape. All tensors are contiguous: slices and
 * transposes are copies.
 *
 * Gradients. As in PyTorch, gradients of leaves (made with requires_grad) accumulate over
 * du_backward until du_tape_zero_gradients, and inside DU_NO_GRAD no tensor operation is
 * recorded. A second du_backward from the same tensor is allowed.
 *
 * Memory. A tensor belongs to its tape and lives until the tape is rewound past it, reset or
 * freed. There is nothing to free: a training loop marks the tape after its parameters and
 * rewinds to the mark in each step. A handle used after a rewind or a reset is DU_ESTALE, even
 * when its memory was given out again.
 *
 * Errors. An operation that fails makes the tape's status sticky, and du_tape_message says why,
 * both shapes of a mismatch included. Its result is a failed tensor: it has no values, and
 * every operation that it enters fails too. All operations can fail with DU_ENOMEM, DU_ESLOTS,
 * DU_ESTALE and DU_EFOREIGN; below stands what else they can fail with. Functions that return a
 * status themselves do not make it sticky.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TENSOR_H
#define DU_TENSOR_H

#include <stdio.h>
#include "tape.h"

DU_BEGIN

enum { DU_MOST_RANK = 4 };

typedef struct { size_t rank, n[DU_MOST_RANK]; } du_shape;
typedef struct du_tensor_node du_tensor_node;
/* A handle, passed by value; the members are the library's. A node of NULL is a number of rank
 * 0: a constant that belongs to no tape or, with a tape, a failed tensor. */
typedef struct du_tensor {
    du_tensor_node *node;
    du_tape *tape;
    double scalar;
    uint64_t serial;
} du_tensor;

/* DU_SHAPE(2, 3): two rows of three. DU_SCALAR: rank 0. */
#define DU_SHAPE(...) \
    ((du_shape){ sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), { __VA_ARGS__ } })
#define DU_SCALAR ((du_shape){ 0, { 0 } })

/* ---- making ---- */

/* A tensor on t of values[size], which are copied; NULL for zeros. With requires_grad it is a
 * leaf, whose gradient is kept; else a constant. DU_ESHAPE for a rank above 4. */
DU_API du_tensor du_tensor_new(du_tape *t, du_shape shape, const double values[],
                               int requires_grad);
/* the same with one value for all elements */
DU_API du_tensor du_tensor_full(du_tape *t, du_shape shape, double value, int requires_grad);
/* A tensor of the variables x[size] of t, to which its gradient flows. DU_EINVAL for NULL. */
DU_API du_tensor du_tensor_of_vars(du_tape *t, du_shape shape, const du_var x[]);
/* Element i (row-major) as a variable; a constant where x is one. DU_ERANGE for i beyond the
 * size; the variable's value is NaN then. */
DU_API du_var du_tensor_var(du_tensor x, size_t i);
/* A constant with the values of x: the gradient does not flow through it. */
DU_API du_tensor du_tensor_detach(du_tensor x);

/* ---- looking ---- */

/* The shape and the number of elements; DU_SCALAR and 0 of a failed or stale tensor. */
DU_API du_shape du_tensor_shape(du_tensor x);
DU_API size_t du_tensor_size(du_tensor x);
/* The values [size], row-major, which live as long as x. NULL for a failed or stale tensor and
 * for a number without a tape. */
DU_API const double *du_tensor_values(du_tensor x);
/* The same for writing. Each call counts as a change in place: a sweep over an operation that
 * was recorded before and needs the old values is DU_EINPLACE, and du_tape_message names the
 * two. */
DU_API double *du_tensor_write(du_tensor x);
/* The accumulated gradient [size] of a leaf or of a tensor whose gradient is retained; else
 * NULL. */
DU_API const double *du_tensor_grad(du_tensor x);
/* Keeps the gradient of an intermediate tensor from now on. DU_ENOGRAD for a constant,
 * DU_ESTALE, DU_ENOMEM; the tape's status where it has failed. */
DU_API int du_tensor_retain_grad(du_tensor x);
/* The operation that made x: "leaf" for a leaf, "constant" when it has no gradient, "failed".
 * */
DU_API const char *du_tensor_op(du_tensor x);
/* Gives x a name, in the graph and in messages; the first 23 characters are copied. Returns x.
 * */
DU_API du_tensor du_tensor_name(du_tensor x, const char *name);
/* Prints the values, a row in brackets. */
DU_API void du_tensor_print(du_tensor x, FILE *stream);
/* Prints the graph behind y for Graphviz: operations, names, shapes, leaves as boxes. DU_EINVAL
 * for a NULL stream, DU_ENOGRAD for a number without a tape, DU_ESTALE. */
DU_API int du_graph_dot(du_tensor y, FILE *stream);

/* ---- gradients ---- */

/* Adds dy/dx to the gradient of every leaf x and every retained tensor, for y of size 1.
 * DU_ESHAPE for another size, DU_ENOGRAD for a number without a tape, DU_ENOINDEP for a tape
 * without leaves, DU_ESTALE, DU_EINPLACE, DU_ENOMEM; the tape's status where it has failed.
 * Gradients are untouched on failure. */
DU_API int du_backward(du_tensor y);
/* The same for any size: adds (dy/dx)^T seed. seed[size], not NULL (DU_EINVAL). */
DU_API int du_backward_seed(du_tensor y, const double seed[]);
/* DU_NO_GRAD(t) { ... }: no tensor operation inside is recorded (joins of du_var are). It
 * nests; do not leave it by break, return or goto. */
#define DU_NO_GRAD(t) DU_NO_GRAD_(t, __COUNTER__)
#define DU_NO_GRAD_(t, id) DU_NO_GRAD__(t, id)
#define DU_NO_GRAD__(t, id) \
    for (int du_once##id = (du_tape_pause(t), 1); du_once##id; \
         du_once##id = (du_tape_resume(t), 0))
/* The same in two calls, which count: recording goes on when every pause has been resumed. */
DU_API void du_tape_pause(du_tape *t);
DU_API void du_tape_resume(du_tape *t);

/* ---- elementwise: what the generic layer calls ----
 *
 * Every function of rules.def and arithmetic: du_tensor_<name>(x) in the shape of x;
 * du_tensor_<name>(a, b) in the broadcast shape, DU_ESHAPE when there is none; _s and s_ with a C
 * number on the right and on the left. */

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
/* the one element as a double; NaN when there are more, and of a failed or stale tensor */
DU_API double du_tensor_value(du_tensor x);
/* x itself */
DU_API du_tensor du_tensor_same(du_tensor x);
static inline du_tensor du_tensor_select(int c, du_tensor a, du_tensor b) { return c ? a : b; }
/* a number of rank 0 without a tape */
DU_API du_tensor du_tensor_constant(double v);
/* c[0] + c[1] x + ... + c[n-1] x^(n-1), in the shape of x */
DU_API du_tensor du_tensor_polynomial(const double *c, size_t n, du_tensor x);
/* a b + c, in the broadcast shape */
DU_API du_tensor du_tensor_fma(du_tensor a, du_tensor b, du_tensor c);
/* x^n */
DU_API du_tensor du_tensor_powi(du_tensor x, int n);
/* x where it is above 0, else slope x */
DU_API du_tensor du_tensor_leaky_relu(du_tensor x, double slope);

/* ---- shape: copies whose gradients flow back ---- */

/* a where the mask is not 0, else b. All of one shape (DU_ESHAPE); a C number fills the shape
 * of the mask. No gradient flows to the mask. */
DU_API du_tensor du_tensor_where(du_tensor mask, du_tensor a, du_tensor b);
/* The same elements in another shape of the same size (DU_ESHAPE). */
DU_API du_tensor du_tensor_reshape(du_tensor x, du_shape shape);
/* The last two axes exchanged. DU_ESHAPE for a rank below 2. */
DU_API du_tensor du_tensor_transpose(du_tensor x);
/* The indices from ... to-1 of an axis. DU_ESHAPE unless from <= to <= the axis's length. */
DU_API du_tensor du_tensor_slice(du_tensor x, size_t axis, size_t from, size_t to);
/* a, then b, along an axis. DU_ESHAPE when they differ in another axis, or the length
 * overflows. */
DU_API du_tensor du_tensor_concatenate(du_tensor a, du_tensor b, size_t axis);
/* Row index[k] of x for k < count (an embedding): shape (count, the other axes of x). The
 * indices are copied. DU_ERANGE for one beyond the first axis, DU_ESHAPE for rank 0, DU_EINVAL
 * for NULL. */
DU_API du_tensor du_tensor_gather(du_tensor x, const size_t index[], size_t count);

/* ---- products and reductions ---- */

/* (m, k) by (k, n). A vector is a column on the right and a row on the left, and its axis of 1
 * is not in the result. DU_ESHAPE. */
DU_API du_tensor du_tensor_matmul(du_tensor a, du_tensor b);
/* the sum of a_i b_i, of two vectors of one length (DU_ESHAPE) */
DU_API du_tensor du_tensor_dot(du_tensor a, du_tensor b);
/* over all elements, to rank 0; the mean of none is NaN */
DU_API du_tensor du_tensor_sum(du_tensor x);
DU_API du_tensor du_tensor_mean(du_tensor x);
/* Over an axis, which is removed from the shape. DU_ESHAPE where there is no such axis. */
DU_API du_tensor du_tensor_sum_axis(du_tensor x, size_t axis);
DU_API du_tensor du_tensor_mean_axis(du_tensor x, size_t axis);
/* The same; ties split the gradient evenly, and NaN wins. DU_ESHAPE for an axis of length 0
 * too. */
DU_API du_tensor du_tensor_max_axis(du_tensor x, size_t axis);
DU_API du_tensor du_tensor_min_axis(du_tensor x, size_t axis);
/* the root of the sum of squares of all elements, without overflow; its gradient at 0 is 0 */
DU_API du_tensor du_tensor_norm2(du_tensor x);
/* Over the last axis, without overflow: the log of the sum of exponentials (the axis is
 * removed); softmax and its logarithm in the shape of x. DU_ESHAPE for rank 0. */
DU_API du_tensor du_tensor_logsumexp(du_tensor x);
DU_API du_tensor du_tensor_softmax(du_tensor x);
DU_API du_tensor du_tensor_log_softmax(du_tensor x);
/* The mean of (a - b)^2, broadcast (DU_ESHAPE). */
DU_API du_tensor du_tensor_mse(du_tensor a, du_tensor b);
/* The mean of -log softmax at the label, for logits (rows, classes), rows > 0 (DU_ESHAPE).
 * label[rows] is copied; DU_ERANGE for one that is not below classes, DU_EINVAL for NULL. */
DU_API du_tensor du_tensor_cross_entropy(du_tensor logits, const size_t label[]);

/* ---- your own ---- */

/* The pull-back of a custom function of x[n], whose result is y. ybar[size of y] is the adjoint
 * of y; adds (dy/dx_k)^T ybar to xbar[k][size of x_k], which is NULL where x_k has no gradient.
 * Reads x and y by du_tensor_values and must not record. */
typedef void du_tensor_pullback(const du_tensor x[], size_t n, du_tensor y, const double ybar[],
                                double *const xbar[], void *data);
/* A tensor of the shape and values[size], which the caller has computed from x[n], n up to 3.
 * The values are copied; op and data are not, and must outlive the tensor. DU_EINVAL for NULL
 * or n = 0, DU_ERANGE for n above 3, DU_EFOREIGN when no input is of t. */
DU_API du_tensor du_tensor_custom(du_tape *t, const char *op, size_t n, const du_tensor x[],
                                  du_shape shape, const double values[], du_tensor_pullback *pull,
                                  void *data);

DU_END

#endif
