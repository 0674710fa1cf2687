/* lib/tensor/elementwise.c - functions of each element: the rules and arithmetic with broadcasting,
 * powers and slopes with a number, polynomials.
 * SPDX-License-Identifier: MIT */
#include "node.h"

static du_tensor free_scalar(double s) { return (du_tensor){ .scalar = s }; }
du_tensor du_tensor_constant(double v) { return free_scalar(v); }
du_tensor du_tensor_same(du_tensor x) { return x; }

#define DU_F(f) du_real_##f
#define DU_SEL(mask, then, other) ((mask) ? (then) : (other))

/* ---- one operand ---- */

typedef void forward1(size_t n, double number, const double *from, double *to);

static du_tensor unary(du_tensor x, const char *op, double number, forward1 *forward,
                       pullback *pull)
{
    if (!x.tape) {
        forward(1, number, &x.scalar, &x.scalar);
        return x;
    }
    du_tape *t = du_tensor_tape(1, &x);
    du_tensor_node *node = t ? du_tensor_begin(t, op, x.node->shape, 1, &x, pull) : NULL;
    if (!node) return du_tensor_failed(x.tape);
    forward(node->size, number, x.node->value, node->value);
    node->number = number;
    return du_tensor_result(t, node);
}

/* The two loops of an operation: f in x and `number`, its derivative in x, y = f and `number`. */
#define ONE_OPERAND(id, f, first) \
    static void forward_##id(size_t n, double number DU_UNUSED_, const double *from, double *to) \
    { \
        for (size_t i = 0; i < n; i++) { \
            double x = from[i]; \
            to[i] = (f); \
        } \
    } \
    static void pull_##id(const du_tensor_node *node, double *adjoint) \
    { \
        const double *from = node->in[0]->value, *to = node->value, *g = adjoint + node->slot; \
        const double number DU_UNUSED_ = node->number; \
        double *xbar = adjoint + node->in[0]->slot; \
        for (size_t i = 0; i < node->size; i++) { \
            double x DU_UNUSED_ = from[i], y DU_UNUSED_ = to[i]; \
            xbar[i] += times((first), g[i]); \
        } \
    }

#define DU_UNARY(id, f, first, ...) \
    ONE_OPERAND(id, f, first) \
    du_tensor du_tensor_##id(du_tensor x) { return unary(x, #id, 0.0, forward_##id, pull_##id); }
#define DU_BINARY(...)
#include <duet/detail/rules.def>

ONE_OPERAND(powi, du_real_powi(x, (int)number), du_real_powi_a(x, (int)number))
du_tensor du_tensor_powi(du_tensor x, int n)
{
    return unary(x, "powi", n, forward_powi, pull_powi);
}

ONE_OPERAND(leaky_relu, x > 0.0 ? x : number * x, x > 0.0 ? 1.0 : number)
du_tensor du_tensor_leaky_relu(du_tensor x, double slope)
{
    return unary(x, "leaky_relu", slope, forward_leaky_relu, pull_leaky_relu);
}

/* ---- two operands: broadcasting ---- */

/* four axes of the result, and the step along each in either operand (0 where it is repeated) */
typedef struct {
    size_t n[DU_MOST_RANK], a[DU_MOST_RANK], b[DU_MOST_RANK];
} walk;
/* what a row of the walk reads and writes; to is the result, or the adjoint of an operand */
typedef struct {
    const double *a, *b, *y, *g;
    double *to;
} arrays;
/* One row, along the last axis; its first elements are at ia, ib and iy of the arrays. */
typedef void row(const walk *w, const arrays *v, size_t ia, size_t ib, size_t iy);

static size_t axis_from_end(du_shape s, size_t k) { return k < s.rank ? s.n[s.rank - 1 - k] : 1; }

static int broadcast(du_shape a, du_shape b, du_shape *out)
{
    *out = (du_shape){ .rank = a.rank > b.rank ? a.rank : b.rank };
    for (size_t k = 0; k < out->rank; k++) {
        size_t p = axis_from_end(a, k), q = axis_from_end(b, k);
        if (p != q && p != 1 && q != 1) return 0;
        out->n[out->rank - 1 - k] = p == 1 ? q : p;
    }
    return 1;
}

static walk walk_over(du_shape out, du_shape a, du_shape b)
{
    walk w = { .n = { 1, 1, 1, 1 } };
    size_t step_a = 1, step_b = 1, size = du_shape_size(out);
    if (du_shape_size(a) == size && du_shape_size(b) == size) { /* no repeats: one long axis */
        w.n[3] = size;
        w.a[3] = w.b[3] = 1;
        return w;
    }
    for (size_t k = 0; k < out.rank; k++) {
        size_t p = axis_from_end(a, k), q = axis_from_end(b, k);
        w.n[3 - k] = axis_from_end(out, k);
        w.a[3 - k] = p == 1 ? 0 : step_a;
        w.b[3 - k] = q == 1 ? 0 : step_b;
        step_a *= p;
        step_b *= q;
    }
    return w;
}

/* Always inlined, so that the call of each operation's row is, too. */
static inline __attribute__((always_inline)) void each_row(const walk *w, const arrays *v,
                                                           row *visit)
{
    size_t iy = 0;
    for (size_t i0 = 0; i0 < w->n[0]; i0++)
        for (size_t i1 = 0; i1 < w->n[1]; i1++)
            for (size_t i2 = 0; i2 < w->n[2]; i2++, iy += w->n[3])
                visit(w, v, i0 * w->a[0] + i1 * w->a[1] + i2 * w->a[2],
                      i0 * w->b[0] + i1 * w->b[1] + i2 * w->b[2], iy);
}

typedef void forward2(walk w, arrays v);

static du_tensor binary(du_tensor p, du_tensor q, const char *op, forward2 *forward, pullback *pull)
{
    du_tensor in[2] = { p, q };
    du_shape shape;
    du_tape *t = du_tensor_tape(2, in), *owner = owner_of(p, q);
    if (!owner) {
        forward((walk){ .n = { 1, 1, 1, 1 } },
                (arrays){ .a = &p.scalar, .b = &q.scalar, .to = &in[0].scalar });
        return in[0];
    }
    if (!t) return du_tensor_failed(owner);
    if (!broadcast(shape_of(p), shape_of(q), &shape))
        return du_tensor_mismatch(t, op, shape_of(p), shape_of(q));
    du_tensor_node *node = du_tensor_begin(t, op, shape, 2, in, pull);
    if (!node) return du_tensor_failed(t);
    forward(walk_over(shape, shape_of(p), shape_of(q)),
            (arrays){ .a = p.node ? p.node->value : &p.scalar,
                      .b = q.node ? q.node->value : &q.scalar,
                      .to = node->value });
    return du_tensor_result(t, node);
}

/* the arrays of a pull-back to operand k; to is NULL where that is a constant */
static arrays arrays_back(const du_tensor_node *node, double *adjoint, int k)
{
    return (arrays){ .a = node->in[0]->value,
                     .b = node->in[1]->value,
                     .y = node->value,
                     .g = adjoint + node->slot,
                     .to = adjoint_of(node->in[k], adjoint) };
}

/* A row of an operation: `statement` in a, b and y, the elements of the arrays, for each i. */
#define ROW(name, statement) \
    static inline void name(const walk *w, const arrays *v, size_t ia, size_t ib, size_t iy) \
    { \
        for (size_t i = 0; i < w->n[3]; i++) { \
            double a DU_UNUSED_ = v->a[ia + i * w->a[3]], b DU_UNUSED_ = v->b[ib + i * w->b[3]]; \
            statement; \
        } \
    }

#define DU_BINARY(id, f, da, db, ...) \
    ROW(forward_row_##id, v->to[iy + i] = (f)) \
    ROW(a_row_##id, double y DU_UNUSED_ = v->y[iy + i]; \
        v->to[ia + i * w->a[3]] += times((da), v->g[iy + i])) \
    ROW(b_row_##id, double y DU_UNUSED_ = v->y[iy + i]; \
        v->to[ib + i * w->b[3]] += times((db), v->g[iy + i])) \
    static void forward_##id(walk w, arrays v) { each_row(&w, &v, forward_row_##id); } \
    static void pull_##id(const du_tensor_node *node, double *adjoint) \
    { \
        const walk w = walk_over(node->shape, node->in[0]->shape, node->in[1]->shape); \
        const arrays to_a = arrays_back(node, adjoint, 0), to_b = arrays_back(node, adjoint, 1); \
        if (to_a.to) each_row(&w, &to_a, a_row_##id); \
        if (to_b.to) each_row(&w, &to_b, b_row_##id); \
    } \
    du_tensor du_tensor_##id(du_tensor a, du_tensor b) \
    { \
        return binary(a, b, #id, forward_##id, pull_##id); \
    } \
    du_tensor du_tensor_##id##_s(du_tensor a, double s) \
    { \
        return binary(a, free_scalar(s), #id, forward_##id, pull_##id); \
    } \
    du_tensor du_tensor_s_##id(double s, du_tensor b) \
    { \
        return binary(free_scalar(s), b, #id, forward_##id, pull_##id); \
    }
DU_BINARY(add, a + b, 1.0, 1.0, ~)
DU_BINARY(sub, a - b, 1.0, -1.0, ~)
DU_BINARY(mul, a *b, b, a, ~)
DU_BINARY(div, a / b, 1.0 / b, -y / b, ~)
#include <duet/detail/rules.def>

/* ---- of the others ---- */

du_tensor du_tensor_fma(du_tensor a, du_tensor b, du_tensor c)
{
    return du_tensor_add(du_tensor_mul(a, b), c);
}

du_tensor du_tensor_polynomial(const double *c, size_t n, du_tensor x)
{
    du_tensor s = free_scalar(n ? c[n - 1] : 0.0);
    if (n < 2) return du_tensor_add_s(du_tensor_mul_s(x, 0.0), s.scalar); /* in the shape of x */
    for (size_t i = n; i-- > 1;) s = du_tensor_add_s(du_tensor_mul(s, x), c[i - 1]);
    return s;
}
