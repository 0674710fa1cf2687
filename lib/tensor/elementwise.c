/* lib/tensor/elementwise.c - the rules and arithmetic on tensors, with broadcasting.
 * SPDX-License-Identifier: MIT */
#include "node.h"

/* ---- elementwise, one operand ---- */

#define DU_F(f) du_real_##f
#define DU_SEL(mask, then, other) ((mask) ? (then) : (other))

static du_tensor unary(du_tensor in, const char *op, void (*forward)(size_t, const double *, double *), pullback *pull)
{
    du_tape *t = du_tensor_tape(1, &in);
    if (!in.tape) forward(1, &in.scalar, &in.scalar);
    if (!t) return in.tape ? du_tensor_failed(in.tape) : in;
    du_tensor_node *node = du_tensor_begin(t, op, in.node->shape, 1, &in, pull);
    if (!node) return du_tensor_failed(t);
    forward(node->size, in.node->value, node->value);
    return du_tensor_result(t, node);
}

#define DU_UNARY(id, f, first, ...) \
    static void forward_##id(size_t n, const double *from, double *to) \
    { \
        for (size_t i = 0; i < n; i++) { \
            double x = from[i]; \
            to[i] = (f); \
        } \
    } \
    static void pull_##id(const du_tensor_node *node, double *adjoint) \
    { \
        const double *from = node->in[0]->value, *to = node->value, *g = adjoint + node->slot; \
        double *xbar = adjoint + node->in[0]->slot; \
        for (size_t i = 0; i < node->size; i++) { \
            double x = from[i], y = to[i]; \
            (void)x, (void)y; \
            xbar[i] += times((first), g[i]); \
        } \
    } \
    du_tensor du_tensor_##id(du_tensor x) { return unary(x, #id, forward_##id, pull_##id); }
#define DU_BINARY(...)
#include <duet/detail/rules.def>

/* ---- elementwise, two operands: broadcasting ---- */

/* four axes of the result, and what a step along each is in either operand (0 where it is repeated) */
typedef struct { size_t n[DU_MOST_RANK], a[DU_MOST_RANK], b[DU_MOST_RANK]; } walk;

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
    size_t step_a = 1, step_b = 1;
    if (du_shape_size(a) == du_shape_size(out) && du_shape_size(b) == du_shape_size(out)) { /* no repeats: one long axis */
        w.n[3] = du_shape_size(out);
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

/* the body with ia, ib, iy for each element of the result */
#define WALK(w, ...) do { \
    size_t iy = 0; \
    for (size_t i0 = 0; i0 < (w).n[0]; i0++) for (size_t i1 = 0; i1 < (w).n[1]; i1++) for (size_t i2 = 0; i2 < (w).n[2]; i2++) { \
        size_t ia = i0 * (w).a[0] + i1 * (w).a[1] + i2 * (w).a[2], ib = i0 * (w).b[0] + i1 * (w).b[1] + i2 * (w).b[2]; \
        for (size_t i3 = 0; i3 < (w).n[3]; i3++, iy++, ia += (w).a[3], ib += (w).b[3]) { __VA_ARGS__ } \
    } } while (0)

static du_tensor binary(du_tensor p, du_tensor q, const char *op,
                        void (*forward)(walk, const double *, const double *, double *), pullback *pull)
{
    du_tensor in[2] = { p, q };
    du_shape shape;
    du_tape *t = du_tensor_tape(2, in), *owner = p.tape ? p.tape : q.tape;
    if (!owner) forward((walk){ .n = { 1, 1, 1, 1 } }, &p.scalar, &q.scalar, &p.scalar);
    if (!t) return owner ? du_tensor_failed(owner) : p;
    if (!broadcast(du_tensor_shape(p), du_tensor_shape(q), &shape)) return du_tensor_mismatch(t, op, du_tensor_shape(p), du_tensor_shape(q));
    du_tensor_node *node = du_tensor_begin(t, op, shape, 2, in, pull);
    if (!node) return du_tensor_failed(t);
    const double *a = p.node ? p.node->value : &p.scalar, *b = q.node ? q.node->value : &q.scalar;
    forward(walk_over(shape, du_tensor_shape(p), du_tensor_shape(q)), a, b, node->value);
    return du_tensor_result(t, node);
}

static du_tensor free_scalar(double s) { return (du_tensor){ .scalar = s }; }

#define DU_BINARY(id, f, da, db, ...) \
    static void forward_##id(walk w, const double *pa, const double *pb, double *to) \
    { \
        WALK(w, double a = pa[ia], b = pb[ib]; to[iy] = (f);); \
    } \
    static void pull_##id(const du_tensor_node *node, double *adjoint) \
    { \
        const double *pa = node->in[0]->value, *pb = node->in[1]->value, *to = node->value, *g = adjoint + node->slot; \
        double *abar = adjoint_of(node->in[0], adjoint), *bbar = adjoint_of(node->in[1], adjoint); \
        walk w = walk_over(node->shape, node->in[0]->shape, node->in[1]->shape); \
        if (abar) WALK(w, double a = pa[ia], b = pb[ib], y = to[iy]; (void)a, (void)b, (void)y; abar[ia] += times((da), g[iy]);); \
        if (bbar) WALK(w, double a = pa[ia], b = pb[ib], y = to[iy]; (void)a, (void)b, (void)y; bbar[ib] += times((db), g[iy]);); \
    } \
    du_tensor du_tensor_##id(du_tensor a, du_tensor b) { return binary(a, b, #id, forward_##id, pull_##id); } \
    du_tensor du_tensor_##id##_s(du_tensor a, double s) { return binary(a, free_scalar(s), #id, forward_##id, pull_##id); } \
    du_tensor du_tensor_s_##id(double s, du_tensor b) { return binary(free_scalar(s), b, #id, forward_##id, pull_##id); }
DU_BINARY(add, a + b, 1.0, 1.0, ~)
DU_BINARY(sub, a - b, 1.0, -1.0, ~)
DU_BINARY(mul, a * b, b, a, ~)
DU_BINARY(div, a / b, 1.0 / b, -y / b, ~)
#include <duet/detail/rules.def>
#undef DU_F
#undef DU_SEL

du_tensor du_tensor_fma(du_tensor a, du_tensor b, du_tensor c) { return du_tensor_add(du_tensor_mul(a, b), c); }
du_tensor du_tensor_same(du_tensor x) { return x; }
du_tensor du_tensor_constant(double v) { return free_scalar(v); }
du_tensor du_tensor_polynomial(const double *c, size_t n, du_tensor x)
{
    du_tensor s = free_scalar(n ? c[n - 1] : 0.0);
    for (size_t i = n; i-- > 1; ) s = du_tensor_add_s(du_tensor_mul(s, x), c[i - 1]);
    return s.node || s.tape ? s : du_tensor_add_s(du_tensor_mul_s(x, 0.0), s.scalar);
}

/* ---- elementwise with a number, and where ---- */

static void pull_powi(const du_tensor_node *node, double *adjoint)
{
    const double *x = node->in[0]->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i++) xbar[i] += times(du_real_powi_a(x[i], (int)node->number), g[i]);
}
static void pull_leaky(const du_tensor_node *node, double *adjoint)
{
    const double *x = node->in[0]->value, *g = adjoint + node->slot;
    double *xbar = adjoint + node->in[0]->slot;
    for (size_t i = 0; i < node->size; i++) xbar[i] += g[i] * (x[i] > 0.0 ? 1.0 : node->number);
}

static du_tensor_node *with_number(du_tensor x, const char *op, double number, pullback *pull)
{
    du_tape *t = du_tensor_tape(1, &x);
    du_tensor_node *node = t ? du_tensor_begin(t, op, x.node->shape, 1, &x, pull) : NULL;
    if (node) node->number = number;
    return node;
}
du_tensor du_tensor_powi(du_tensor x, int n)
{
    if (!x.tape) return free_scalar(du_real_powi(x.scalar, n));
    du_tensor_node *node = with_number(x, "powi", n, pull_powi);
    for (size_t i = 0; node && i < node->size; i++) node->value[i] = du_real_powi(x.node->value[i], n);
    return du_tensor_result(x.tape, node);
}
du_tensor du_tensor_leaky_relu(du_tensor x, double slope)
{
    if (!x.tape) return free_scalar(x.scalar > 0.0 ? x.scalar : slope * x.scalar);
    du_tensor_node *node = with_number(x, "leaky_relu", slope, pull_leaky);
    for (size_t i = 0; node && i < node->size; i++)
        node->value[i] = x.node->value[i] > 0.0 ? x.node->value[i] : slope * x.node->value[i];
    return du_tensor_result(x.tape, node);
}
