/* tests/test_tensor.c - tensors: every operation against central differences and, elementwise,
 * against the scalar tape; broadcasting and empty shapes; what gradients mean; trouble; memory.
 * SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 128 };

/* ---- numbers ---- */

static void fill(size_t n, double v[], double lo, double hi, uint64_t state)
{
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        v[i] = lo + (hi - lo) * (double)(state >> 11) * 0x1p-53;
    }
}
static size_t size_of(du_shape s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.rank; i++) n *= s.n[i];
    return n;
}
static int same_shape(du_shape a, du_shape b)
{
    return a.rank == b.rank && memcmp(a.n, b.n, a.rank * sizeof *a.n) == 0;
}
static void assert_close(const char *what, size_t n, const double got[], const double want[],
                         double tolerance)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(fabs(got[i] - want[i]) <= tolerance * (1.0 + fabs(want[i])),
                  "%s, entry %zu: %.17g, expected %.17g", what, i, got[i], want[i]);
}

/* ---- against central differences ---- */

typedef du_tensor function(const du_tensor x[], const void *ctx);
typedef struct {
    const char *name;
    function *f;
    size_t n;
    du_shape shape[3];
    double lo[3], hi[3];    /* both 0: -2 ... 2 */
    const void *ctx;
} op_case;

static void sample(const op_case *c, double v[3][MOST])
{
    for (size_t k = 0; k < c->n; k++) {
        int given = c->lo[k] < c->hi[k];
        cr_assert_leq(size_of(c->shape[k]), MOST);
        fill(size_of(c->shape[k]), v[k], given ? c->lo[k] : -2.0, given ? c->hi[k] : 2.0, 17 + k);
    }
}
static du_tensor apply(du_tape *t, const op_case *c, double v[3][MOST], du_tensor x[3],
                       int requires_grad)
{
    for (size_t k = 0; k < c->n; k++) x[k] = du_tensor_new(t, c->shape[k], v[k], requires_grad);
    du_tensor y = c->f(x, c->ctx);
    cr_assert_eq(du_tape_status(t), DU_OK, "%s: %s", c->name, du_tape_message(t));
    return y;
}
/* the sum of seed times output, on a tape of its own */
static double weighted(const op_case *c, double v[3][MOST], const double seed[])
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x[3], y = apply(t, c, v, x, 0);
    double s = 0.0;
    for (size_t i = 0; i < du_tensor_size(y); i++) s += seed[i] * du_tensor_values(y)[i];
    cr_assert_str_eq(du_tensor_op(y), "constant");
    du_tape_free(t);
    return s;
}
static double difference(const op_case *c, double v[3][MOST], const double seed[], double *at)
{
    double x = *at, h = 1e-5 * (1.0 + fabs(x)), up, down;
    *at = x + h;
    up = weighted(c, v, seed);
    *at = x - h;
    down = weighted(c, v, seed);
    *at = x;
    return (up - down) / (2.0 * h);
}
/* The operands used once more, after y: their gradients must be what y gave them, plus 1. */
static void check_shared(const op_case *c, const du_tensor x[], du_tensor y, const double seed[])
{
    double want[3][MOST];
    du_tape *t = y.tape;
    for (size_t k = 0; k < c->n; k++)
        for (size_t i = 0; i < du_tensor_size(x[k]); i++)
            want[k][i] = du_tensor_grad(x[k])[i] + 1.0;
    du_tensor all = du_tensor_sum(du_mul(y, du_tensor_new(t, du_tensor_shape(y), seed, 0)));
    for (size_t k = 0; k < c->n; k++) all = du_add(all, du_tensor_sum(x[k]));
    du_tape_zero_gradients(t);
    cr_assert_eq(du_backward(all), DU_OK, "%s", c->name);
    for (size_t k = 0; k < c->n; k++)
        assert_close(c->name, du_tensor_size(x[k]), du_tensor_grad(x[k]), want[k], 1e-12);
}
static void check_gradient(const op_case *c)
{
    double v[3][MOST], seed[MOST], want[MOST];
    du_tape *t = du_tape_new(NULL);
    du_tensor x[3];
    sample(c, v);
    du_tensor y = apply(t, c, v, x, 1);
    cr_assert_leq(du_tensor_size(y), MOST);
    fill(MOST, seed, -1.0, 1.0, 99);
    cr_assert_eq(du_backward_seed(y, seed), DU_OK, "%s", c->name);
    for (size_t k = 0; k < c->n; k++) {
        for (size_t i = 0; i < size_of(c->shape[k]); i++)
            want[i] = difference(c, v, seed, &v[k][i]);
        assert_close(c->name, size_of(c->shape[k]), du_tensor_grad(x[k]), want, 1e-6);
    }
    check_shared(c, x, y, seed);
    du_tape_free(t);
}

/* ---- the rules: also against the scalar tape ---- */

typedef struct {
    const char *name;
    du_tensor (*t)(du_tensor);
    du_var (*v)(du_var);
    double lo, hi;
} rule1;
typedef struct {
    const char *name;
    du_tensor (*t)(du_tensor, du_tensor), (*t_s)(du_tensor, double), (*s_t)(double, du_tensor);
    du_var (*v)(du_var, du_var), (*v_s)(du_var, double), (*s_v)(double, du_var);
    double alo, ahi, blo, bhi;
} rule2;

#define DU_F(f)
#define DU_SEL(m, a, b)
#define DU_UNARY(id, f, p, pp, lo, hi) { #id, du_tensor_##id, du_var_##id, lo, hi },
static const rule1 RULES1[] = {
#include <duet/detail/rules.def>
};
#define DU_BINARY(id, f, da, db, daa, dab, dbb, alo, ahi, blo, bhi) \
    { #id, du_tensor_##id, du_tensor_##id##_s, du_tensor_s_##id, \
      du_var_##id, du_var_##id##_s, du_var_s_##id, alo, ahi, blo, bhi },
static const rule2 RULES2[] = {
    DU_BINARY(add, , , , , , , -3.0, 3.0, -3.0, 3.0)
    DU_BINARY(sub, , , , , , , -3.0, 3.0, -3.0, 3.0)
    DU_BINARY(mul, , , , , , , -3.0, 3.0, -3.0, 3.0)
    DU_BINARY(div, , , , , , , -3.0, 3.0, 0.5, 3.0)
#include <duet/detail/rules.def>
};
#undef DU_F
#undef DU_SEL
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* an elementwise operation on variables, one element */
typedef du_var element(const du_var x[], const void *ctx);

static void check_elements(const op_case *c, element *f)
{
    double v[3][MOST], seed[MOST], g[MOST];
    du_tape *t = du_tape_new(NULL), *scalar = du_tape_new(NULL);
    du_tensor x[3];
    du_var u[3][MOST], y[MOST];
    size_t size = size_of(c->shape[0]);
    sample(c, v);
    fill(MOST, seed, -1.0, 1.0, 99);
    du_tensor z = apply(t, c, v, x, 1);
    for (size_t k = 0; k < c->n; k++) du_tape_independents(scalar, size, v[k], u[k]);
    for (size_t i = 0; i < size; i++)
        y[i] = f((du_var[3]){ u[0][i], u[c->n > 1][i], u[c->n > 2 ? 2 : 0][i] }, c->ctx);
    for (size_t i = 0; i < size; i++)
        assert_close(c->name, 1, du_tensor_values(z) + i, &y[i].v, 1e-14);
    cr_assert_eq(du_backward_seed(z, seed), DU_OK);
    cr_assert_eq(du_tape_sweep(scalar, size, y, seed), DU_OK);
    for (size_t k = 0; k < c->n; k++) {
        du_tape_gradient(scalar, size, u[k], g);
        assert_close(c->name, size, du_tensor_grad(x[k]), g, 1e-13);
    }
    du_tape_free(scalar);
    du_tape_free(t);
}
static void check_both(const op_case *c, element *f)
{
    check_gradient(c);
    check_elements(c, f);
}

static du_tensor tensor1(const du_tensor x[], const void *ctx)
{
    return ((const rule1 *)ctx)->t(x[0]);
}
static du_var element1(const du_var x[], const void *ctx) { return ((const rule1 *)ctx)->v(x[0]); }
static du_tensor tensor2(const du_tensor x[], const void *ctx)
{
    return ((const rule2 *)ctx)->t(x[0], x[1]);
}
static du_var element2(const du_var x[], const void *ctx)
{
    return ((const rule2 *)ctx)->v(x[0], x[1]);
}
static double middle_a(const rule2 *r) { return r->alo + 0.4 * (r->ahi - r->alo); }
static double middle_b(const rule2 *r) { return r->blo + 0.4 * (r->bhi - r->blo); }
static du_tensor tensor_s(const du_tensor x[], const void *ctx)
{
    const rule2 *r = ctx;
    return r->t_s(x[0], middle_b(r));
}
static du_var element_s(const du_var x[], const void *ctx)
{
    const rule2 *r = ctx;
    return r->v_s(x[0], middle_b(r));
}
static du_tensor s_tensor(const du_tensor x[], const void *ctx)
{
    const rule2 *r = ctx;
    return r->s_t(middle_a(r), x[0]);
}
static du_var s_element(const du_var x[], const void *ctx)
{
    const rule2 *r = ctx;
    return r->s_v(middle_a(r), x[0]);
}

Test(tensor, rules_of_one_argument)
{
    for (const rule1 *r = RULES1; r < RULES1 + COUNT(RULES1); r++)
        check_both(&(op_case){ r->name, tensor1, 1, { DU_SHAPE(3, 4) }, { r->lo }, { r->hi }, r },
                   element1);
}

Test(tensor, rules_of_two_arguments)
{
    for (const rule2 *r = RULES2; r < RULES2 + COUNT(RULES2); r++) {
        du_shape s = DU_SHAPE(3, 4);
        check_both(
            &(op_case){ r->name, tensor2, 2, { s, s }, { r->alo, r->blo }, { r->ahi, r->bhi }, r },
            element2);
        check_both(&(op_case){ r->name, tensor_s, 1, { s }, { r->alo }, { r->ahi }, r }, element_s);
        check_both(&(op_case){ r->name, s_tensor, 1, { s }, { r->blo }, { r->bhi }, r }, s_element);
    }
}

static const double MASK[6] = { 1.0, 0.0, -2.0, 0.0, 0.0, 1.0 },
                    COEFFICIENTS[4] = { 0.5, -1.0, 2.0, 0.25 };
static du_tensor mask_of(du_tensor x) { return du_tensor_new(x.tape, du_tensor_shape(x), MASK, 0); }

static du_tensor t_fma(const du_tensor x[], const void *ctx)
{
    (void)ctx;
    return du_fma(x[0], x[1], x[2]);
}
static du_var v_fma(const du_var x[], const void *ctx)
{
    (void)ctx;
    return du_fma(x[0], x[1], x[2]);
}
static du_tensor t_powi(const du_tensor x[], const void *ctx)
{
    return du_powi(x[0], *(const int *)ctx);
}
static du_var v_powi(const du_var x[], const void *ctx) { return du_powi(x[0], *(const int *)ctx); }
static du_tensor t_leaky(const du_tensor x[], const void *ctx)
{
    (void)ctx;
    return du_tensor_leaky_relu(x[0], 0.1);
}
static du_var v_leaky(const du_var x[], const void *ctx)
{
    (void)ctx;
    return x[0].v > 0.0 ? x[0] : du_mul(0.1, x[0]);
}
static du_tensor t_polynomial(const du_tensor x[], const void *ctx)
{
    return du_polynomial(COEFFICIENTS, *(const size_t *)ctx, x[0]);
}
static du_var v_polynomial(const du_var x[], const void *ctx)
{
    return du_polynomial(COEFFICIENTS, *(const size_t *)ctx, x[0]);
}
static du_tensor t_many(const du_tensor x[], const void *ctx)
{
    (void)ctx;
    return du_sub(du_add(x[0], 2.0, x[1], x[2]), du_mul(x[0], x[1], 3.0, x[0]));
}
static du_var v_many(const du_var x[], const void *ctx)
{
    (void)ctx;
    return du_sub(du_add(x[0], 2.0, x[1], x[2]), du_mul(x[0], x[1], 3.0, x[0]));
}

Test(tensor, elementwise_beyond_the_rules)
{
    du_shape s = DU_SHAPE(2, 3);
    check_both(&(op_case){ "fma", t_fma, 3, { s, s, s }, .ctx = NULL }, v_fma);
    check_both(&(op_case){ "several operands", t_many, 3, { s, s, s }, .ctx = NULL }, v_many);
    check_both(&(op_case){ "leaky_relu", t_leaky, 1, { s }, .ctx = NULL }, v_leaky);
    for (int n = -3; n <= 4; n++)
        check_both(&(op_case){ "powi", t_powi, 1, { s }, { 0.3 }, { 2.0 }, &n }, v_powi);
    for (size_t n = 0; n <= 4; n++)
        check_both(&(op_case){ "polynomial", t_polynomial, 1, { s }, .ctx = &n }, v_polynomial);
}

Test(tensor, numbers_without_a_tape)
{
    du_tensor two = du_tensor_constant(2.0);
    cr_assert_eq(du_value(du_mul(two, 3.0)), 6.0);
    cr_assert_eq(du_value(du_add(two, two)), 4.0);
    cr_assert_eq(du_value(du_sqr(two)), 4.0);
    cr_assert_eq(du_value(du_powi(two, 3)), 8.0);
    cr_assert_eq(du_value(du_tensor_leaky_relu(two, 0.1)), 2.0);
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_full(t, DU_SCALAR, 5.0, 1), y = du_fma(2.0, 3.0, x);
    cr_assert_eq(du_value(y), 11.0);
    cr_assert_eq(du_backward(y), DU_OK);
    cr_assert_eq(du_tensor_grad(x)[0], 1.0);
    du_tape_free(t);
}

/* ---- the other operations ---- */

#define OP(id, ...) \
    static du_tensor op_##id(const du_tensor x[], const void *ctx) \
    { \
        (void)ctx; \
        return __VA_ARGS__; \
    }
static size_t axis_of(const void *ctx) { return *(const size_t *)ctx; }
static const size_t INDEX[5] = { 2, 0, 2, 1, 2 }, LABEL[3] = { 1, 3, 0 };
OP(where, du_tensor_where(mask_of(x[0]), x[0], x[1]))
OP(where_number, du_tensor_where(mask_of(x[0]), du_tensor_constant(3.0), x[0]))
OP(reshape, du_tensor_reshape(x[0], DU_SHAPE(3, 2, 4)))
OP(transpose, du_tensor_transpose(x[0]))
OP(slice, du_tensor_slice(x[0], axis_of(ctx), 1, 2 + (axis_of(ctx) > 0)))
OP(concatenate, du_tensor_concatenate(x[0], x[1], axis_of(ctx)))
OP(concatenate_self, du_tensor_concatenate(x[0], x[0], axis_of(ctx)))
OP(gather, du_tensor_gather(x[0], INDEX, 5))
OP(matmul, du_tensor_matmul(x[0], x[1]))
OP(gram, du_tensor_matmul(x[0], x[0]))
OP(dot, du_tensor_dot(x[0], x[1]))
OP(dot_self, du_tensor_dot(x[0], x[0]))
OP(sum, du_tensor_sum(x[0]))
OP(mean, du_tensor_mean(x[0]))
OP(sum_axis, du_tensor_sum_axis(x[0], axis_of(ctx)))
OP(mean_axis, du_tensor_mean_axis(x[0], axis_of(ctx)))
OP(max_axis, du_tensor_max_axis(x[0], axis_of(ctx)))
OP(min_axis, du_tensor_min_axis(x[0], axis_of(ctx)))
OP(norm2, du_tensor_norm2(x[0]))
OP(logsumexp, du_tensor_logsumexp(x[0]))
OP(softmax, du_tensor_softmax(x[0]))
OP(log_softmax, du_tensor_log_softmax(x[0]))
OP(mse, du_tensor_mse(x[0], x[1]))
OP(cross_entropy, du_tensor_cross_entropy(x[0], LABEL))
/* several at once, x used twice */
OP(network, du_tensor_cross_entropy(du_add(du_tensor_matmul(du_tanh(du_tensor_matmul(x[0], x[1])),
                                                            du_tensor_transpose(x[1])),
                                           x[2]),
                                    LABEL))

#define CASE(id, n, ...) { #id, op_##id, n, { __VA_ARGS__ }, .ctx = NULL }
static const op_case OPERATIONS[] = {
    CASE(where, 2, { 2, { 2, 3 } }, { 2, { 2, 3 } }),
    CASE(where_number, 1, { 2, { 2, 3 } }),
    CASE(reshape, 1, { 2, { 4, 6 } }),
    CASE(reshape, 1, { 1, { 24 } }),
    CASE(transpose, 1, { 2, { 2, 5 } }),
    CASE(transpose, 1, { 3, { 2, 3, 4 } }),
    CASE(transpose, 1, { 4, { 2, 2, 3, 1 } }),
    CASE(gather, 1, { 1, { 3 } }),
    CASE(gather, 1, { 2, { 3, 4 } }),
    CASE(gather, 1, { 3, { 4, 2, 3 } }),
    CASE(matmul, 2, { 2, { 3, 4 } }, { 2, { 4, 2 } }),
    CASE(matmul, 2, { 2, { 3, 4 } }, { 1, { 4 } }),
    CASE(matmul, 2, { 1, { 3 } }, { 2, { 3, 5 } }),
    CASE(matmul, 2, { 1, { 6 } }, { 1, { 6 } }),
    CASE(matmul, 2, { 2, { 5, 1 } }, { 2, { 1, 7 } }),
    CASE(matmul, 2, { 2, { 9, 8 } }, { 2, { 8, 9 } }),
    CASE(gram, 1, { 2, { 4, 4 } }),
    CASE(dot, 2, { 1, { 7 } }, { 1, { 7 } }),
    CASE(dot_self, 1, { 1, { 7 } }),
    CASE(sum, 1, { 3, { 2, 3, 4 } }),
    CASE(mean, 1, { 3, { 2, 3, 4 } }),
    CASE(sum, 1, { 0, { 0 } }),
    CASE(mean, 1, { 1, { 1 } }),
    CASE(norm2, 1, { 2, { 3, 4 } }),
    CASE(norm2, 1, { 0, { 0 } }),
    CASE(logsumexp, 1, { 1, { 5 } }),
    CASE(logsumexp, 1, { 2, { 3, 4 } }),
    CASE(logsumexp, 1, { 3, { 2, 2, 3 } }),
    CASE(softmax, 1, { 1, { 5 } }),
    CASE(softmax, 1, { 2, { 3, 4 } }),
    CASE(softmax, 1, { 3, { 2, 2, 3 } }),
    CASE(log_softmax, 1, { 1, { 5 } }),
    CASE(log_softmax, 1, { 2, { 3, 4 } }),
    CASE(log_softmax, 1, { 3, { 2, 2, 3 } }),
    CASE(mse, 2, { 2, { 3, 4 } }, { 2, { 3, 4 } }),
    CASE(mse, 2, { 2, { 3, 4 } }, { 1, { 4 } }),
    CASE(cross_entropy, 1, { 2, { 3, 4 } }),
    CASE(network, 3, { 2, { 3, 4 } }, { 2, { 4, 5 } }, { 1, { 4 } }),
};

Test(tensor, operations)
{
    for (size_t i = 0; i < COUNT(OPERATIONS); i++) check_gradient(&OPERATIONS[i]);
}

Test(tensor, operations_along_each_axis)
{
    static const struct { const char *name; function *f; } along[] = {
        { "slice", op_slice }, { "concatenate_self", op_concatenate_self },
        { "sum_axis", op_sum_axis }, { "mean_axis", op_mean_axis },
        { "max_axis", op_max_axis }, { "min_axis", op_min_axis },
    };
    for (size_t i = 0; i < COUNT(along); i++)
        for (size_t axis = 0; axis < 4; axis++)
            check_gradient(&(op_case){ along[i].name,
                                       along[i].f,
                                       1,
                                       { DU_SHAPE(2, 3, 3, 2 + (axis == 3)) },
                                       .ctx = &axis });
    for (size_t axis = 0; axis < 3; axis++) {
        du_shape a = DU_SHAPE(2, 3, 4), b = a;
        b.n[axis] = 1 + axis;
        check_gradient(&(op_case){ "concatenate", op_concatenate, 2, { a, b }, .ctx = &axis });
    }
}

/* values by hand */
static void assert_values(const char *what, du_tensor y, du_shape shape, const double want[])
{
    cr_assert(same_shape(du_tensor_shape(y), shape), "%s: rank %zu", what, du_tensor_shape(y).rank);
    assert_close(what, size_of(shape), du_tensor_values(y), want, 1e-14);
}
static du_tensor counting(du_tape *t, du_shape s)
{
    du_tensor x = du_tensor_new(t, s, NULL, 1);
    for (size_t i = 0; i < du_tensor_size(x); i++) du_tensor_write(x)[i] = (double)i;
    return x;
}

Test(tensor, values_of_shape_operations)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = counting(t, DU_SHAPE(2, 3)), y = counting(t, DU_SHAPE(2, 1));
    assert_values("transpose", du_tensor_transpose(x), DU_SHAPE(3, 2),
                  (double[]){ 0, 3, 1, 4, 2, 5 });
    assert_values("slice", du_tensor_slice(x, 1, 1, 3), DU_SHAPE(2, 2), (double[]){ 1, 2, 4, 5 });
    assert_values("slice", du_tensor_slice(x, 0, 1, 2), DU_SHAPE(1, 3), (double[]){ 3, 4, 5 });
    assert_values("concatenate", du_tensor_concatenate(x, y, 1), DU_SHAPE(2, 4),
                  (double[]){ 0, 1, 2, 0, 3, 4, 5, 1 });
    assert_values("gather", du_tensor_gather(x, (size_t[]){ 1, 1, 0 }, 3), DU_SHAPE(3, 3),
                  (double[]){ 3, 4, 5, 3, 4, 5, 0, 1, 2 });
    assert_values("reshape", du_tensor_reshape(x, DU_SHAPE(6)), DU_SHAPE(6),
                  (double[]){ 0, 1, 2, 3, 4, 5 });
    assert_values("where", du_tensor_where(mask_of(x), x, du_tensor_constant(9.0)), DU_SHAPE(2, 3),
                  (double[]){ 0, 9, 2, 9, 9, 5 });
    du_tape_free(t);
}

Test(tensor, values_of_products_and_reductions)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = counting(t, DU_SHAPE(2, 3)), v = counting(t, DU_SHAPE(3)),
              w = counting(t, DU_SHAPE(2));
    assert_values("matmul", du_tensor_matmul(x, du_tensor_transpose(x)), DU_SHAPE(2, 2),
                  (double[]){ 5, 14, 14, 50 });
    assert_values("matmul", du_tensor_matmul(x, v), DU_SHAPE(2), (double[]){ 5, 14 });
    assert_values("matmul", du_tensor_matmul(w, x), DU_SHAPE(3), (double[]){ 3, 4, 5 });
    assert_values("dot", du_tensor_dot(v, v), DU_SCALAR, (double[]){ 5 });
    assert_values("sum", du_tensor_sum(x), DU_SCALAR, (double[]){ 15 });
    assert_values("mean", du_tensor_mean(x), DU_SCALAR, (double[]){ 2.5 });
    assert_values("sum_axis", du_tensor_sum_axis(x, 0), DU_SHAPE(3), (double[]){ 3, 5, 7 });
    assert_values("mean_axis", du_tensor_mean_axis(x, 1), DU_SHAPE(2), (double[]){ 1, 4 });
    assert_values("max_axis", du_tensor_max_axis(x, 0), DU_SHAPE(3), (double[]){ 3, 4, 5 });
    assert_values("min_axis", du_tensor_min_axis(x, 1), DU_SHAPE(2), (double[]){ 0, 3 });
    assert_values("norm2", du_tensor_norm2(v), DU_SCALAR, (double[]){ sqrt(5.0) });
    assert_values("softmax", du_tensor_sum_axis(du_tensor_softmax(x), 1), DU_SHAPE(2),
                  (double[]){ 1, 1 });
    assert_values("log_softmax", du_tensor_log_softmax(v), DU_SHAPE(3),
                  du_tensor_values(du_log(du_tensor_softmax(v))));
    assert_values("logsumexp", du_tensor_logsumexp(v), DU_SCALAR,
                  (double[]){ log(1.0 + exp(1.0) + exp(2.0)) });
    assert_values("mse", du_tensor_mse(v, du_tensor_constant(1.0)), DU_SCALAR,
                  (double[]){ 2.0 / 3.0 });
    du_tape_free(t);
}

Test(tensor, large_logits_do_not_overflow)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(1, 3), (double[]){ 1e4, 1e4, -1e4 }, 1);
    assert_values("logsumexp", du_tensor_logsumexp(x), DU_SHAPE(1), (double[]){ 1e4 + log(2.0) });
    assert_values("softmax", du_tensor_softmax(x), DU_SHAPE(1, 3), (double[]){ 0.5, 0.5, 0.0 });
    du_tensor y = du_tensor_cross_entropy(x, (size_t[]){ 2 });
    cr_assert_float_eq(du_value(y), 2e4 + log(2.0), 1e-9);
    cr_assert_eq(du_backward(y), DU_OK);
    assert_close("cross_entropy", 3, du_tensor_grad(x), (double[]){ 0.5, 0.5, -1.0 }, 1e-11);
    du_tape_free(t);
}

Test(tensor, ties_split_the_gradient)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(2, 4), (double[]){ 5, 1, 5, 1, 2, 2, 2, 7 }, 1);
    du_backward_seed(du_tensor_max_axis(x, 1), (double[]){ 1.0, 3.0 });
    assert_close("max", 8, du_tensor_grad(x), (double[]){ 0.5, 0, 0.5, 0, 0, 0, 0, 3 }, 0.0);
    du_tape_zero_gradients(t);
    du_backward_seed(du_tensor_min_axis(x, 1), (double[]){ 1.0, 3.0 });
    assert_close("min", 8, du_tensor_grad(x), (double[]){ 0, 0.5, 0, 0.5, 1, 1, 1, 0 }, 0.0);
    du_tape_free(t);
}

Test(tensor, norm_at_zero)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(3), NULL, 1), y = du_tensor_norm2(x);
    cr_assert_eq(du_value(y), 0.0);
    cr_assert_eq(du_backward(y), DU_OK);
    assert_close("norm2", 3, du_tensor_grad(x), (double[3]){ 0.0 }, 0.0);
    du_tape_free(t);
}

/* ---- broadcasting ---- */

typedef struct { du_shape a, b, out; } shapes;
static const shapes BROADCASTS[] = {
    { { 0, { 0 } }, { 0, { 0 } }, { 0, { 0 } } },
    { { 0, { 0 } }, { 1, { 3 } }, { 1, { 3 } } },
    { { 1, { 1 } }, { 0, { 0 } }, { 1, { 1 } } },
    { { 1, { 1 } }, { 1, { 3 } }, { 1, { 3 } } },
    { { 2, { 2, 3 } }, { 1, { 3 } }, { 2, { 2, 3 } } },
    { { 2, { 2, 3 } }, { 2, { 1, 3 } }, { 2, { 2, 3 } } },
    { { 2, { 2, 3 } }, { 2, { 2, 1 } }, { 2, { 2, 3 } } },
    { { 2, { 2, 1 } }, { 2, { 1, 3 } }, { 2, { 2, 3 } } },
    { { 2, { 2, 1 } }, { 1, { 3 } }, { 2, { 2, 3 } } },
    { { 2, { 1, 3 } }, { 1, { 3 } }, { 2, { 1, 3 } } },
    { { 2, { 1, 1 } }, { 1, { 1 } }, { 2, { 1, 1 } } },
    { { 3, { 2, 3, 4 } }, { 3, { 1, 3, 4 } }, { 3, { 2, 3, 4 } } },
    { { 3, { 2, 3, 4 } }, { 3, { 2, 1, 4 } }, { 3, { 2, 3, 4 } } },
    { { 3, { 2, 3, 4 } }, { 3, { 2, 3, 1 } }, { 3, { 2, 3, 4 } } },
    { { 3, { 2, 1, 4 } }, { 2, { 3, 1 } }, { 3, { 2, 3, 4 } } },
    { { 3, { 2, 3, 4 } }, { 0, { 0 } }, { 3, { 2, 3, 4 } } },
    { { 4, { 2, 3, 2, 4 } }, { 4, { 2, 3, 2, 4 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 3, 2, 4 } }, { 4, { 1, 3, 2, 4 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 3, 2, 4 } }, { 4, { 2, 1, 2, 4 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 3, 2, 4 } }, { 4, { 2, 3, 1, 4 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 3, 2, 4 } }, { 4, { 2, 3, 2, 1 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 1, 2, 1 } }, { 4, { 1, 3, 1, 4 } }, { 4, { 2, 3, 2, 4 } } },
    { { 4, { 2, 1, 1, 4 } }, { 2, { 2, 1 } }, { 4, { 2, 1, 2, 4 } } },
    { { 1, { 0 } }, { 0, { 0 } }, { 1, { 0 } } },
    { { 1, { 0 } }, { 1, { 1 } }, { 1, { 0 } } },
    { { 2, { 0, 3 } }, { 1, { 3 } }, { 2, { 0, 3 } } },
    { { 2, { 2, 0 } }, { 2, { 2, 1 } }, { 2, { 2, 0 } } },
    { { 2, { 1, 0 } }, { 2, { 3, 1 } }, { 2, { 3, 0 } } },
    { { 4, { 2, 0, 1, 3 } }, { 2, { 4, 1 } }, { 4, { 2, 0, 4, 3 } } },
};

/* where element `at` of the result is found in an operand of shape s */
static size_t origin(du_shape out, size_t at, du_shape s)
{
    size_t index = 0, step = 1;
    for (size_t k = 0; k < out.rank; k++) {
        size_t along = at % out.n[out.rank - 1 - k], n = k < s.rank ? s.n[s.rank - 1 - k] : 1;
        index += n == 1 ? 0 : along * step;
        step *= n;
        at /= out.n[out.rank - 1 - k];
    }
    return index;
}
static void check_values(const shapes *s)
{
    double va[MOST], vb[MOST];
    du_tape *t = du_tape_new(NULL);
    fill(MOST, va, -2.0, 2.0, 1);
    fill(MOST, vb, 1.0, 2.0, 2);
    du_tensor y = du_div(du_tensor_new(t, s->a, va, 0), du_tensor_new(t, s->b, vb, 0));
    cr_assert(same_shape(du_tensor_shape(y), s->out));
    cr_assert_eq(du_tensor_size(y), size_of(s->out));
    for (size_t i = 0; i < size_of(s->out); i++)
        cr_assert_eq(du_tensor_values(y)[i],
                     va[origin(s->out, i, s->a)] / vb[origin(s->out, i, s->b)]);
    du_tape_free(t);
}
OP(div, du_div(x[0], x[1]))
OP(pow, du_pow(x[0], x[1]))

Test(tensor, broadcasting)
{
    for (size_t i = 0; i < COUNT(BROADCASTS); i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            shapes s = BROADCASTS[i];
            if (swapped) s = (shapes){ s.b, s.a, s.out };
            check_values(&s);
            check_gradient(
                &(op_case){ "div", op_div, 2, { s.a, s.b }, { -2.0, 0.5 }, { 2.0, 2.0 }, NULL });
            check_gradient(
                &(op_case){ "pow", op_pow, 2, { s.a, s.b }, { 0.5, -2.0 }, { 2.0, 2.0 }, NULL });
        }
}

Test(tensor, broadcast_operands_get_the_sum)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor a = du_tensor_full(t, DU_SHAPE(4, 3), 2.0, 1),
              b = du_tensor_full(t, DU_SHAPE(3), 5.0, 1), c = du_tensor_full(t, DU_SCALAR, 1.0, 1);
    cr_assert_eq(du_backward(du_tensor_sum(du_mul(a, b, c))), DU_OK);
    for (size_t i = 0; i < 12; i++) cr_assert_eq(du_tensor_grad(a)[i], 5.0);
    for (size_t i = 0; i < 3; i++) cr_assert_eq(du_tensor_grad(b)[i], 8.0);
    cr_assert_eq(du_tensor_grad(c)[0], 120.0);
    du_tape_free(t);
}

Test(tensor, empty_tensors)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(3, 0), NULL, 1),
              one = du_tensor_full(t, DU_SCALAR, 1.0, 1);
    cr_assert_eq(du_value(du_tensor_sum(du_exp(x))), 0.0);
    assert_values("sum_axis", du_tensor_sum_axis(x, 1), DU_SHAPE(3), (double[3]){ 0.0 });
    assert_values("matmul", du_tensor_matmul(x, du_tensor_transpose(x)), DU_SHAPE(3, 3),
                  (double[9]){ 0.0 });
    cr_assert(isnan(du_value(du_tensor_mean(x))));
    cr_assert(isnan(du_tensor_values(du_tensor_mean_axis(x, 1))[2]));
    cr_assert_eq(du_tensor_size(du_tensor_softmax(x)), 0);
    cr_assert_eq(du_tensor_values(du_tensor_logsumexp(x))[2], -(double)INFINITY);
    cr_assert_eq(du_tensor_size(du_tensor_slice(du_tensor_reshape(one, DU_SHAPE(1)), 0, 1, 1)), 0);
    cr_assert_eq(du_tape_status(t), DU_OK);
    cr_assert_eq(du_backward(du_add(du_tensor_sum(du_tensor_softmax(x)), one)), DU_OK);
    cr_assert_eq(du_tensor_grad(one)[0], 1.0);
    du_tensor_max_axis(x, 1);
    cr_assert_eq(du_tape_status(t), DU_ESHAPE);
    du_tape_free(t);
}

/* ---- what gradients mean ---- */

typedef struct { du_tape *t; du_tensor x, middle, y; } graph;
/* y = sum of exp(x)^2 */
static graph record(const du_tape_options *o)
{
    graph g = { .t = du_tape_new(o) };
    g.x = du_tensor_name(du_tensor_new(g.t, DU_SHAPE(3), (double[]){ 0.5, -1.0, 0.25 }, 1),
                         "weights");
    g.middle = du_exp(g.x);
    g.y = du_tensor_sum(du_sqr(g.middle));
    return g;
}
static void assert_gradient(graph g, double times)
{
    for (size_t i = 0; i < 3; i++) {
        double want = times * 2.0 * exp(2.0 * du_tensor_values(g.x)[i]);
        assert_close("gradient", 1, du_tensor_grad(g.x) + i, &want, 1e-14);
    }
}

Test(tensor, gradients_accumulate_until_zeroed)
{
    graph g = record(NULL);
    for (int k = 1; k <= 3; k++) {
        cr_assert_eq(du_backward(g.y), DU_OK);
        assert_gradient(g, k);
    }
    du_tape_zero_gradients(g.t);
    assert_gradient(g, 0.0);
    cr_assert_eq(du_backward_seed(g.y, &(double){ -2.0 }), DU_OK);
    assert_gradient(g, -2.0);
    du_tape_free(g.t);
}

Test(tensor, two_outputs_accumulate_into_one_leaf)
{
    graph g = record(NULL);
    du_tensor z = du_tensor_sum(du_sqr(du_exp(g.x)));
    du_backward(g.y);
    du_backward(z);
    assert_gradient(g, 2.0);
    du_tape_free(g.t);
}

Test(tensor, a_non_scalar_needs_a_seed)
{
    graph g = record(NULL);
    cr_assert_eq(du_backward(g.middle), DU_ESHAPE);
    cr_assert_eq(du_backward_seed(g.middle, NULL), DU_EINVAL);
    cr_assert_eq(du_backward(du_tensor_constant(1.0)), DU_ENOGRAD);
    cr_assert_eq(du_tape_status(g.t), DU_OK);
    assert_gradient(g, 0.0);
    cr_assert_eq(du_backward(du_tensor_slice(g.middle, 0, 1, 2)), DU_OK);
    assert_close("slice", 3, du_tensor_grad(g.x), (double[]){ 0.0, exp(-1.0), 0.0 }, 1e-15);
    du_tape_free(g.t);
}

Test(tensor, nothing_is_recorded_without_gradients)
{
    graph g = record(NULL);
    uint32_t slots = du_tape_inspect(g.t).slots;
    du_tensor z, nested;
    DU_NO_GRAD(g.t) {
        z = du_exp(g.x);
        DU_NO_GRAD(g.t) nested = du_mul(z, g.x);
        nested = du_tensor_sum(nested);
    }
    cr_assert_eq(du_tape_inspect(g.t).slots, slots);
    cr_assert_str_eq(du_tensor_op(z), "constant");
    cr_assert_eq(du_tensor_values(z)[1], exp(-1.0));
    cr_assert_eq(du_backward(nested), DU_OK);
    assert_gradient(g, 0.0);
    cr_assert_str_eq(du_tensor_op(du_exp(g.x)), "exp");
    du_tape_free(g.t);
}

Test(tensor, detached_is_a_constant)
{
    graph g = record(NULL);
    du_tensor d = du_tensor_detach(g.middle);
    cr_assert_str_eq(du_tensor_op(d), "constant");
    cr_assert_null(du_tensor_grad(d));
    cr_assert_eq(du_backward(du_tensor_sum(du_mul(d, g.x))), DU_OK);
    assert_close("detach", 3, du_tensor_grad(g.x), du_tensor_values(g.middle), 0.0);
    cr_assert_eq(du_tensor_var(d, 0).ref, 0);
    du_tape_free(g.t);
}

Test(tensor, a_constant_has_no_gradient)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_full(t, DU_SCALAR, 1.0, 1), c = du_tensor_full(t, DU_SHAPE(50), 1.0, 0);
    double seed[50] = { 1.0 };
    cr_assert_eq(du_backward_seed(c, seed), DU_OK);
    cr_assert_eq(du_tensor_grad(x)[0], 0.0);
    cr_assert_eq(du_tensor_retain_grad(c), DU_ENOGRAD);
    du_tape_free(t);
}

Test(tensor, a_retained_gradient)
{
    graph g = record(NULL);
    cr_assert_null(du_tensor_grad(g.middle));
    cr_assert_eq(du_tensor_retain_grad(g.middle), DU_OK);
    cr_assert_eq(du_tensor_retain_grad(g.middle), DU_OK);
    cr_assert_eq(du_tensor_retain_grad(g.x), DU_OK);
    for (int k = 1; k <= 2; k++) {
        cr_assert_eq(du_backward(g.y), DU_OK);
        for (size_t i = 0; i < 3; i++)
            cr_assert_eq(du_tensor_grad(g.middle)[i], k * 2.0 * du_tensor_values(g.middle)[i]);
    }
    assert_gradient(g, 2.0);
    du_tape_zero_gradients(g.t);
    cr_assert_eq(du_tensor_grad(g.middle)[0], 0.0);
    du_tape_free(g.t);
}

Test(tensor, a_rewind_forgets_what_was_retained_since)
{
    graph g = record(NULL);
    du_mark mark = du_tape_mark(g.t);
    cr_assert_eq(du_tensor_retain_grad(g.middle), DU_OK);
    du_tape_rewind(g.t, mark);
    du_tensor other = du_tensor_full(g.t, DU_SHAPE(3), 7.0, 0);
    cr_assert_null(du_tensor_grad(g.middle));
    du_tape_zero_gradients(g.t);
    cr_assert_eq(du_backward(g.y), DU_OK);
    assert_gradient(g, 1.0);
    for (size_t i = 0; i < 3; i++) cr_assert_eq(du_tensor_values(other)[i], 7.0);
    cr_assert_eq(du_tensor_retain_grad(g.middle), DU_OK);
    cr_assert_eq(du_tensor_grad(g.middle)[0], 0.0);
    du_tape_free(g.t);
}

/* ---- your own ---- */

/* data: how often it was called */
static void pull_product(const du_tensor x[], size_t n, du_tensor y, const double ybar[],
                         double *const xbar[], void *data)
{
    cr_assert_eq(n, 2);
    ++*(int *)data;
    for (size_t i = 0; i < du_tensor_size(y); i++)
        for (size_t k = 0; k < 2; k++)
            if (xbar[k]) xbar[k][i] += ybar[i] * du_tensor_values(x[1 - k])[i];
}
static int calls;
static du_tensor custom_product(const du_tensor x[], const void *ctx)
{
    double v[MOST];
    (void)ctx;
    for (size_t i = 0; i < du_tensor_size(x[0]); i++)
        v[i] = du_tensor_values(x[0])[i] * du_tensor_values(x[1])[i];
    return du_tensor_custom(x[0].tape, "product", 2, x, du_tensor_shape(x[0]), v, pull_product,
                            &calls);
}
static du_var v_product(const du_var x[], const void *ctx) { (void)ctx; return du_mul(x[0], x[1]); }

Test(tensor, custom_functions)
{
    calls = 0;
    check_both(
        &(op_case){ "custom", custom_product, 2, { DU_SHAPE(2, 3), DU_SHAPE(2, 3) }, .ctx = NULL },
        v_product);
    cr_assert_eq(calls, 3);
    graph g = record(NULL);
    du_tensor c = du_tensor_full(g.t, DU_SHAPE(3), 4.0, 0),
              y = custom_product((du_tensor[]){ c, g.middle }, NULL);
    cr_assert_str_eq(du_tensor_op(y), "product");
    cr_assert_eq(du_backward(du_tensor_sum(du_mul(y, g.middle))), DU_OK);
    assert_gradient(g, 4.0);
    du_tape_free(g.t);
}

Test(tensor, custom_functions_check_their_arguments)
{
    graph g = record(NULL);
    double v[3] = { 0.0 };
    du_tensor y = du_tensor_custom(g.t, "none", 0, &g.x, DU_SHAPE(3), v, pull_product, NULL);
    cr_assert_null(du_tensor_values(y));
    cr_assert_eq(du_tape_status(g.t), DU_EINVAL);
    du_tape_free(g.t);
    du_tensor_custom(NULL, "none", 1, &g.x, DU_SHAPE(3), v, pull_product, NULL);
}

/* ---- with variables ---- */

/* y = sin(s) x0, s = sum of (c x)^2 in tensors; its gradient by hand */
Test(tensor, variables_into_a_tensor_and_out)
{
    du_tape *t = du_tape_new(NULL);
    double v[3] = { 0.3, -0.7, 0.9 }, g[3], want[3], s = 0.0;
    du_var x[3], scaled[4];
    du_tape_independents(t, 3, v, x);
    for (int i = 0; i < 3; i++) {
        scaled[i] = du_mul(2.0, x[i]);
        s += 4.0 * v[i] * v[i];
    }
    scaled[3] = du_var_constant(1.5);
    s += 2.25;
    du_tensor z = du_tensor_sum(du_sqr(du_tensor_of_vars(t, DU_SHAPE(2, 2), scaled)));
    du_var y = du_mul(du_sin(du_tensor_var(z, 0)), x[0]);
    cr_assert_float_eq(y.v, sin(s) * v[0], 1e-15);
    for (int i = 0; i < 3; i++) want[i] = cos(s) * 8.0 * v[i] * v[0] + (i == 0 ? sin(s) : 0.0);
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(t, 3, x, g), DU_OK);
    assert_close("mixed", 3, g, want, 1e-14);
    cr_assert_eq(du_tape_jacobian(t, 1, &y, 3, x, g), DU_OK);
    assert_close("mixed", 3, g, want, 1e-14);
    du_tape_free(t);
}

Test(tensor, elements_into_variables_and_back)
{
    graph g = record(NULL);
    du_var e[3];
    for (size_t i = 0; i < 3; i++)
        e[i] = du_mul(du_tensor_var(g.middle, i), du_tensor_var(g.middle, i));
    du_tensor y = du_tensor_sum(du_tensor_of_vars(g.t, DU_SHAPE(3), e));
    cr_assert_eq(du_value(y), du_value(g.y));
    cr_assert_eq(du_backward(y), DU_OK);
    assert_gradient(g, 1.0);
    cr_assert(isnan(du_tensor_var(g.x, 3).v));
    cr_assert_eq(du_tape_status(g.t), DU_ERANGE);
    cr_assert_str_eq(du_tape_message(g.t), "element 3 of a tensor of 3");
    du_tape_free(g.t);
}

Test(tensor, jacobians_over_elements)
{
    enum { OUTPUTS = 11 };
    graph g = record(NULL);
    du_var x[3], y[OUTPUTS];
    double jac[OUTPUTS * 3], row[3];
    du_tensor s = du_tensor_softmax(g.middle);
    for (size_t j = 0; j < 3; j++) x[j] = du_tensor_var(g.x, j);
    for (size_t i = 0; i < OUTPUTS; i++)
        y[i] = du_mul((double)i, du_tensor_var(s, i % 3), du_sin(x[(i + 1) % 3]));
    cr_assert_eq(du_tape_jacobian(g.t, OUTPUTS, y, 3, x, jac), DU_OK);
    assert_gradient(g, 0.0);
    for (size_t i = 0; i < OUTPUTS; i++) {
        du_tape_zero_gradients(g.t);
        cr_assert_eq(du_tape_sweep(g.t, 1, &y[i], NULL), DU_OK);
        cr_assert_eq(du_tape_gradient(g.t, 3, x, row), DU_OK);
        assert_close("row", 3, jac + 3 * i, row, 1e-15);
        assert_close("row", 3, du_tensor_grad(g.x), row, 0.0);
    }
    double slope = du_tensor_values(g.middle)[0] *
                   du_tensor_values(s)[1]; /* of y[4] = 4 s1 sin x2 by x0, over -4 s0 sin x2 */
    cr_assert_float_eq(jac[12], -4.0 * slope * du_tensor_values(s)[0] * sin(0.25), 1e-14);
    du_tape_free(g.t);
}

Test(tensor, second_order_sweeps_refuse)
{
    graph g = record(NULL);
    du_var2 x;
    du_tape_independents2(g.t, 1, &(double){ 1.0 }, NULL, &x);
    cr_assert_eq(du_tape_sweep2(g.t, 1, &x, NULL), DU_EORDER);
    du_tape_free(g.t);
}

/* ---- trouble ---- */

Test(tensor, changes_in_place_are_detected)
{
    for (int which = 0; which < 2; which++) {
        graph g = record(NULL);
        cr_assert_eq(du_backward(g.y), DU_OK);
        du_tensor_write(which ? g.middle : g.x)[0] = 7.0;
        cr_assert_eq(du_backward(g.y), DU_EINPLACE);
        cr_assert_eq(du_tape_sweep(g.t, 1, &(du_var){ .v = 0.0 }, NULL), DU_EINPLACE);
        du_tape_free(g.t);
    }
}

Test(tensor, a_changed_result_is_detected)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_full(t, DU_SCALAR, 1.0, 1), y = du_exp(x);
    du_tensor_write(y)[0] = 100.0;
    cr_assert_eq(du_backward(y), DU_EINPLACE);
    cr_assert_eq(du_tensor_grad(x)[0], 0.0);
    du_tape_free(t);
}

static void assert_in_place(du_tensor y, const char *message)
{
    cr_assert_eq(du_backward(y), DU_EINPLACE);
    cr_assert_str_eq(du_tape_message(y.tape), message);
    cr_assert_eq(du_tape_status(y.tape), DU_OK);
}
Test(tensor, a_change_in_place_is_said_in_words)
{
    graph g = record(NULL);
    du_mark mark = du_tape_mark(g.t);
    du_tensor x = du_tensor_full(g.t, DU_SHAPE(2, 2), 1.0, 1), y = du_tensor_sum(du_mul(x, x));
    du_tensor_write(x)[0] = 2.0;
    assert_in_place(
        y, "mul: an operand (leaf, shape (2, 2)) was changed in place after it was recorded");
    du_tape_rewind(g.t, mark);
    cr_assert_eq(du_backward(g.y), DU_OK);
    cr_assert_str_eq(du_tape_message(g.t), du_strerror(DU_OK));
    du_tensor_write(g.x)[0] = 2.0;
    assert_in_place(
        g.y,
        "exp: an operand (weights: leaf, shape (3)) was changed in place after it was recorded");
    du_tensor_write(g.y)[0] = 2.0;
    assert_in_place(g.y,
                    "sum: its result (sum, shape ()) was changed in place after it was recorded");
    du_tape_reset(g.t);
    cr_assert_str_eq(du_tape_message(g.t), du_strerror(DU_OK));
    du_tape_free(g.t);
}

Test(tensor, changes_before_recording_are_fine)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_full(t, DU_SCALAR, 1.0, 1);
    du_mark mark = du_tape_mark(t);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(du_backward(du_sqr(x)), DU_OK);
        du_tensor_write(x)[0] += 1.0;
        du_tape_rewind(t, mark);
    }
    cr_assert_eq(du_tensor_grad(x)[0], 2.0 + 4.0 + 6.0);
    du_tape_free(t);
}

/* what made the tape's status sticky; the tape is freed */
static void assert_failed(du_tensor y, du_tape *t, int status, const char *message)
{
    cr_assert_null(du_tensor_values(y), "%s", message);
    cr_assert_str_eq(du_tensor_op(y), "failed");
    cr_assert_eq(du_tape_status(t), status, "%s", message);
    cr_assert_str_eq(du_tape_message(t), message);
    du_tape_free(t);
}

Test(tensor, a_mismatch_names_both_shapes)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor a = du_tensor_full(t, DU_SHAPE(2, 3), 1.0, 1),
              y = du_add(a, du_tensor_full(t, DU_SHAPE(4), 1.0, 0));
    cr_assert_eq(du_tape_status(t), DU_ESHAPE);
    cr_assert_str_eq(du_tape_message(t), "add: shapes (2, 3) and (4) do not fit");
    cr_assert_null(du_tensor_values(y));
    cr_assert_str_eq(du_tensor_op(y), "failed");
    cr_assert_eq(du_tensor_size(y), 0);
    cr_assert_null(du_tensor_values(du_exp(y)));
    cr_assert_eq(du_backward(y), DU_ESHAPE);
    cr_assert_eq(du_backward(a), DU_ESHAPE);
    du_tape_reset(t);
    cr_assert_str_eq(du_tape_message(t), du_strerror(DU_OK));
    cr_assert_null(du_tensor_values(du_exp(y)));
    cr_assert_eq(du_backward(y), DU_ESTALE);
    du_tape_free(t);
}

/* each on a tape of its own, with x (2, 3) and v (3) */
#define MISFITS(X) \
    X(du_tensor_matmul(x, x)) \
    X(du_tensor_matmul(v, v2)) \
    X(du_tensor_matmul(x, du_tensor_constant(1.0))) \
    X(du_tensor_dot(x, x)) \
    X(du_tensor_dot(v, v2)) \
    X(du_tensor_reshape(x, DU_SHAPE(4))) \
    X(du_tensor_reshape(x, DU_SHAPE((size_t)1 << 63, 2, 6))) \
    X(du_tensor_transpose(v)) \
    X(du_tensor_slice(x, 2, 0, 1)) \
    X(du_tensor_slice(x, 0, 2, 1)) \
    X(du_tensor_slice(x, 0, 0, 3)) \
    X(du_tensor_slice(x, 0, (size_t)-2, (size_t)-1)) \
    X(du_tensor_concatenate(x, v, 0)) \
    X(du_tensor_concatenate(x, x, 2)) \
    X(du_tensor_concatenate(v, du_tensor_constant(1.0), 0)) \
    X(du_tensor_gather(du_tensor_sum(x), LABEL, 1)) \
    X(du_tensor_sum_axis(x, 2)) \
    X(du_tensor_max_axis(du_tensor_sum(x), 0)) \
    X(du_tensor_softmax( du_tensor_sum(x))) \
    X(du_tensor_logsumexp(du_tensor_sum(x))) \
    X(du_tensor_cross_entropy(v, LABEL)) \
    X(du_tensor_cross_entropy( du_tensor_slice(x, 0, 0, 0), LABEL)) \
    X(du_tensor_where(x, v, x)) \
    X(du_tensor_where(x, x, du_tensor_reshape(x, DU_SHAPE(3, 2)))) \
    X(du_mul(x, v2)) \
    X(du_tensor_new(t, (du_shape){ .rank = 5 }, NULL, 1))

#define MISFIT(expression) \
    { \
        du_tape *t = du_tape_new(NULL); \
        DU_UNUSED_ du_tensor x = du_tensor_full(t, DU_SHAPE(2, 3), 1.0, 1); \
        DU_UNUSED_ du_tensor v = du_tensor_full(t, DU_SHAPE(3), 1.0, 1); \
        DU_UNUSED_ du_tensor v2 = du_tensor_full(t, DU_SHAPE(2), 1.0, 1); \
        cr_assert_null(du_tensor_values(expression), #expression); \
        cr_assert_eq(du_tape_status(t), DU_ESHAPE, #expression ": %s", du_tape_message(t)); \
        du_tape_free(t); \
    }
Test(tensor, shapes_that_do_not_fit) { MISFITS(MISFIT) }

#define WORDS(status, expression, message) { \
        graph g = record(NULL); \
        du_tensor y = expression; \
        assert_failed(y, g.t, status, message); \
    }
Test(tensor, what_does_not_fit_is_said)
{
    const double v[3] = { 0.0 };
    const du_shape s = DU_SHAPE(3), huge = DU_SHAPE(SIZE_MAX, 0);
    WORDS(DU_ESHAPE, du_tensor_sum_axis(g.x, 1), "sum_axis: shape (3) has no axis 1")
    WORDS(DU_ESHAPE, du_tensor_softmax(g.y), "softmax: a tensor of rank 0 has no axis")
    WORDS(DU_ESHAPE, du_tensor_transpose(g.x), "transpose: shape (3) has fewer than two axes")
    WORDS(DU_ESHAPE, du_tensor_slice(g.x, 0, 2, 4), "slice: no 2 to 4 along axis 0 of shape (3)")
    WORDS(DU_ESHAPE, du_tensor_max_axis(du_tensor_slice(g.x, 0, 1, 1), 0),
          "max: axis 0 of shape (0) has no elements")
    WORDS(DU_ESHAPE, du_tensor_cross_entropy(g.x, LABEL),
          "cross_entropy: shape (3) is not (rows, classes)")
    WORDS(DU_ESHAPE, du_tensor_new(g.t, (du_shape){ .rank = 5 }, NULL, 1),
          "leaf: a rank of 5, above 4")
    WORDS(DU_ERANGE, du_tensor_gather(g.x, (size_t[]){ 0, 3 }, 2),
          "gather: index 3, at 1, is not below 3")
    WORDS(DU_ERANGE,
          du_tensor_cross_entropy(du_tensor_reshape(g.x, DU_SHAPE(1, 3)), &(size_t){ 3 }),
          "cross_entropy: index 3, at 0, is not below 3")
    WORDS(DU_ERANGE, du_tensor_custom(g.t, "mine", 4, &g.x, s, v, pull_product, NULL),
          "mine: 4 inputs, above 3")
    WORDS(DU_EFOREIGN,
          du_tensor_custom(g.t, "mine", 1, &(du_tensor){ .tape = NULL }, s, v, pull_product, NULL),
          "mine: no input is a tensor of this tape")
    WORDS(DU_EINVAL, du_tensor_gather(g.x, NULL, 1), "gather: the indices are NULL")
    WORDS(DU_EINVAL, du_tensor_of_vars(g.t, s, NULL), "of_vars: the variables are NULL")
    /* empty, but along the axis their lengths add up to more than there are numbers */
    WORDS(DU_ESHAPE,
          du_tensor_concatenate(du_tensor_new(g.t, huge, NULL, 1),
                                du_tensor_new(g.t, huge, NULL, 0), 0),
          "concatenate: shapes (18446744073709551615, 0) and (18446744073709551615, 0) do not fit")
}

Test(tensor, a_number_may_be_a_mask)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_full(t, DU_SCALAR, 2.0, 1);
    cr_assert_eq(du_value(du_tensor_where(du_tensor_constant(1.0), x, du_tensor_constant(3.0))),
                 2.0);
    cr_assert_eq(du_value(du_tensor_where(du_tensor_constant(0.0), x, du_tensor_constant(3.0))),
                 3.0);
    du_tape_free(t);
}

Test(tensor, too_large_to_hold)
{
    du_tape *t = du_tape_new(NULL);
    cr_assert_null(
        du_tensor_values(du_tensor_new(t, DU_SHAPE((size_t)1 << 32, (size_t)1 << 32), NULL, 1)));
    cr_assert_eq(du_tape_status(t), DU_ENOMEM);
    du_tape_free(t);
}

Test(tensor, stale_after_a_reset)
{
    graph g = record(NULL);
    du_tape_reset(g.t);
    cr_assert_eq(du_backward(g.y), DU_ESTALE);
    cr_assert_eq(du_tensor_retain_grad(g.middle), DU_ESTALE);
    cr_assert_eq(du_graph_dot(g.y, stderr), DU_ESTALE);
    cr_assert_eq(du_tape_status(g.t), DU_OK);
    du_tensor fresh = du_tensor_full(g.t, DU_SHAPE(3), 1.0, 1);
    cr_assert_eq(du_tensor_retain_grad(fresh), DU_OK);
    cr_assert_null(du_tensor_values(du_add(fresh, g.x)));
    cr_assert_eq(du_tape_status(g.t), DU_ESTALE);
    cr_assert_eq(du_backward(du_tensor_sum(fresh)), DU_ESTALE);
    du_tape_free(g.t);
}

Test(tensor, stale_after_a_rewind)
{
    graph g = record(NULL);
    du_mark mark = du_tape_mark(g.t);
    du_tensor z = du_exp(g.x);
    du_tape_rewind(g.t, mark);
    cr_assert_eq(du_backward_seed(z, (double[]){ 1.0, 1.0, 1.0 }), DU_ESTALE);
    cr_assert_null(du_tensor_values(du_exp(z)));
    cr_assert_eq(du_tape_status(g.t), DU_ESTALE);
    du_tape_free(g.t);
}

/* A handle whose tensor was rewound past: nothing of it is read or written. */
static void assert_gone(du_tensor x)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    du_tensor_print(x, f);
    fclose(f);
    cr_assert_str_eq(text, "nan\n");
    free(text);
    cr_assert_null(du_tensor_values(x));
    cr_assert_null(du_tensor_write(x));
    cr_assert_null(du_tensor_grad(x));
    cr_assert_eq(du_tensor_size(x), 0);
    cr_assert(same_shape(du_tensor_shape(x), DU_SCALAR));
    cr_assert(isnan(du_value(x)));
    cr_assert_str_eq(du_tensor_op(du_tensor_name(x, "gone")), "failed");
    cr_assert_null(du_tensor_values(du_tensor_detach(x)));
    cr_assert_eq(du_backward_seed(x, (double[MOST]){ 1.0 }), DU_ESTALE);
    cr_assert_eq(du_backward(x), DU_ESTALE);
    cr_assert_eq(du_tensor_retain_grad(x), DU_ESTALE);
    cr_assert_eq(du_graph_dot(x, stderr), DU_ESTALE);
    cr_assert_eq(du_tape_status(x.tape), DU_OK);
}
static void assert_use_fails(du_tensor x)
{
    cr_assert_null(du_tensor_values(du_add(x, 1.0)));
    cr_assert_eq(du_tape_status(x.tape), DU_ESTALE);
}

Test(tensor, stale_after_its_memory_was_given_out_again)
{
    for (int leaf = 0; leaf < 2; leaf++) {
        graph g = record(NULL);
        du_mark mark = du_tape_mark(g.t);
        du_tensor gone = du_tensor_full(g.t, DU_SHAPE(3), 1.0, leaf);
        du_tape_rewind(g.t, mark);
        assert_gone(gone);
        du_tensor fresh = du_tensor_full(g.t, DU_SHAPE(3), 7.0, leaf);
        cr_assert_eq(fresh.node, gone.node);
        assert_gone(gone);
        for (size_t i = 0; i < 3; i++) cr_assert_eq(du_tensor_values(fresh)[i], 7.0);
        cr_assert_eq(du_backward(g.y), DU_OK);
        assert_gradient(g, 1.0);
        assert_use_fails(gone);
        du_tape_free(g.t);
    }
}

Test(tensor, stale_while_its_memory_is_as_it_was)
{
    graph g = record(NULL);
    du_mark mark = du_tape_mark(g.t);
    du_tensor gone = du_tensor_full(g.t, DU_SHAPE(2), 1.0, 0);
    du_tape_rewind(g.t, mark);
    du_tensor large = du_tensor_full(g.t, DU_SHAPE(1 << 16), 0.0, 1); /* in a chunk of its own */
    cr_assert_neq(large.node, gone.node);
    assert_gone(gone);
    du_tape_reset(g.t);
    assert_gone(g.x);
    assert_gone(large);
    du_tape_free(g.t);
}

Test(tensor, rewinds_in_rewinds)
{
    enum { DEPTH = 20 };
    du_tape *t = du_tape_new(NULL);
    du_tensor kept[DEPTH], gone[2 * DEPTH], x = du_tensor_full(t, DU_SCALAR, 1.0, 1);
    du_mark mark[DEPTH];
    for (size_t k = 0; k < DEPTH; k++) {
        kept[k] = du_add(x, (double)k);
        mark[k] = du_tape_mark(t);
        gone[2 * k] = du_mul(kept[k], x);
        gone[2 * k + 1] = du_tensor_detach(x);
        du_tape_rewind(t, mark[k]);
    }
    for (size_t k = 0; k < 2 * DEPTH; k++) assert_gone(gone[k]);
    for (size_t k = 0; k < DEPTH; k++) cr_assert_eq(du_value(du_sub(kept[k], x)), (double)k);
    cr_assert_eq(du_tape_rewind(t, mark[DEPTH / 2]), DU_OK);
    du_tensor last = du_exp(x);
    for (size_t k = 0; k < DEPTH; k++)
        if (k <= DEPTH / 2) cr_assert_eq(du_value(kept[k]), 1.0 + (double)k);
        else assert_gone(kept[k]);
    cr_assert_eq(du_backward(last), DU_OK);
    cr_assert_eq(du_tensor_grad(x)[0], exp(1.0));
    assert_use_fails(gone[0]);
    du_tape_free(t);
}

Test(tensor, another_tape)
{
    graph g = record(NULL), h = record(NULL);
    cr_assert_null(du_tensor_values(du_mul(g.x, h.x)));
    cr_assert_eq(du_tape_status(g.t), DU_EFOREIGN);
    cr_assert_eq(du_tape_status(h.t), DU_EFOREIGN);
    du_tape_free(h.t);
    h = record(NULL);
    du_var of_g = du_tensor_var(g.x, 0);
    cr_assert_null(du_tensor_values(
        du_tensor_of_vars(h.t, DU_SHAPE(1), &(du_var){ 1.0, 1.0, of_g.tape, of_g.ref })));
    cr_assert_eq(du_tape_status(h.t), DU_EFOREIGN);
    du_tape_free(h.t);
    du_tape_free(g.t);
}

Test(tensor, no_tape_at_all)
{
    du_tensor x = du_tensor_new(NULL, DU_SHAPE(2), NULL, 1);
    cr_assert_null(du_tensor_values(x));
    cr_assert_null(du_tensor_grad(x));
    cr_assert_eq(du_backward(x), DU_ENOGRAD);
    cr_assert_eq(du_tensor_retain_grad(x), DU_ENOGRAD);
    cr_assert_eq(du_graph_dot(x, stderr), DU_ENOGRAD);
    du_tape_pause(NULL);
    du_tape_resume(NULL);
}

/* one run of what allocates; the status it ends with */
static int exercise(test_memory *m)
{
    du_tape *t = du_tape_new(&(du_tape_options){ .allocator = test_allocator(m) });
    if (!t) return DU_ENOMEM;
    size_t index[40] = { 0 };
    du_tensor x = du_tensor_full(t, DU_SHAPE(40, 30), 0.1, 1), y = x;
    for (int i = 0; i < 10; i++)
        y = du_add(du_tanh(du_tensor_matmul(du_tensor_matmul(y, du_tensor_transpose(x)), x)), 1.0);
    y = du_tensor_concatenate(du_tensor_gather(y, index, 40), du_tensor_slice(y, 0, 3, 20), 0);
    y = du_tensor_where(y, y, du_tensor_constant(0.0));
    int status = du_tensor_retain_grad(y);
    du_tensor loss = du_tensor_sum(du_tensor_log_softmax(y));
    du_var v[3] = { du_tensor_var(loss, 0), du_tensor_var(x, 0), du_tensor_var(loss, 0) };
    loss = du_tensor_mean(du_tensor_of_vars(t, DU_SHAPE(3), v));
    if (du_tape_status(t)) status = du_tape_status(t);
    if (!status) status = du_backward(loss);
    if (!status) cr_assert_neq(du_tensor_grad(x)[0], 0.0);
    du_tape_free(t);
    return status;
}

Test(tensor, every_failed_allocation_is_a_status) { test_every_failure(exercise, 5); }

Test(tensor, a_byte_cap_is_a_status)
{
    for (size_t cap = 1; cap < 40000; cap += 997) {
        graph g = { .t = du_tape_new(&(du_tape_options){ .byte_cap = cap }) };
        if (!g.t) continue;
        g.x = du_tensor_full(g.t, DU_SHAPE(100), 1.0, 1);
        for (int i = 0; i < 30; i++) g.x = du_exp(du_neg(g.x));
        int status = du_backward(du_tensor_sum(g.x));
        cr_assert(status == DU_ENOMEM, "cap %zu: status %d", cap, status);
        du_tape_free(g.t);
    }
}

Test(tensor, slots_run_out)
{
    du_tape *t = du_tape_new(&(du_tape_options){ .slot_limit = 50 });
    du_tensor x = du_tensor_full(t, DU_SHAPE(20), 1.0, 1), y = du_exp(x);
    cr_assert_eq(du_tape_status(t), DU_OK);
    cr_assert_null(du_tensor_values(du_exp(y)));
    cr_assert_eq(du_tape_status(t), DU_ESLOTS);
    du_tape_free(t);
}

/* ---- the graph in words ---- */

static char *text_of(int (*write)(du_tensor, FILE *), du_tensor x)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    cr_assert_not_null(f);
    cr_assert_eq(write(x, f), 0);
    fclose(f);
    return text;
}
static int print(du_tensor x, FILE *f)
{
    du_tensor_print(x, f);
    return 0;
}
static void assert_text(int (*write)(du_tensor, FILE *), du_tensor x, const char *want, int whole)
{
    char *text = text_of(write, x);
    cr_assert(whole ? strcmp(text, want) == 0 : strstr(text, want) != NULL, "'%s' lacks '%s'", text,
              want);
    free(text);
}

Test(tensor, the_graph_for_graphviz)
{
    graph g = record(NULL);
    static const char *const WORDS[] = { "digraph",   "weights: leaf\\n(3)",
                                         "shape=box", "exp\\n(3)",
                                         "sqr\\n(3)", "sum\\n()",
                                         "n4 -> n3",  "n2 -> n1" };
    for (size_t i = 0; i < COUNT(WORDS); i++) assert_text(du_graph_dot, g.y, WORDS[i], 0);
    assert_text(du_graph_dot, du_mul(2.0, g.y), "constant\\n()\" style=dashed", 0);
    cr_assert_eq(du_graph_dot(g.y, NULL), DU_EINVAL);
    du_tape_free(g.t);
}

Test(tensor, printing)
{
    du_tape *t = du_tape_new(NULL);
    assert_text(print, counting(t, DU_SHAPE(2, 2)), "[[0, 1], [2, 3]]\n", 1);
    assert_text(print, counting(t, DU_SHAPE(3)), "[0, 1, 2]\n", 1);
    assert_text(print, du_tensor_full(t, DU_SCALAR, 1.5, 0), "1.5\n", 1);
    assert_text(print, du_tensor_constant(2.5), "2.5\n", 1);
    du_tape_free(t);
}

Test(tensor, names_are_cut)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_name(du_tensor_full(t, DU_SCALAR, 1.0, 1),
                                 "a name that is much longer than it may be");
    assert_text(du_graph_dot, x, "\"a name that is much lon: leaf", 0);
    assert_text(du_graph_dot, du_tensor_name(x, "a \"b\" \\"), "\"a 'b' ': leaf", 0);
    du_tape_free(t);
}

Test(tensor, deterministic)
{
    graph g[2] = { record(NULL), record(NULL) };
    char *text[2];
    for (int i = 0; i < 2; i++) {
        g[i].y = du_tensor_mean(
            du_tensor_softmax(du_tensor_concatenate(g[i].middle, du_mul(g[i].y, g[i].x), 0)));
        g[i].y = du_add(g[i].y, du_tensor_norm2(g[i].middle));
        cr_assert_eq(du_backward(g[i].y), DU_OK);
        text[i] = text_of(du_graph_dot, g[i].y);
    }
    cr_assert_str_eq(text[0], text[1]);
    cr_assert_eq(du_value(g[0].y), du_value(g[1].y));
    cr_assert_arr_eq(du_tensor_grad(g[0].x), du_tensor_grad(g[1].x), 3 * sizeof(double));
    for (int i = 0; i < 2; i++) {
        free(text[i]);
        du_tape_free(g[i].t);
    }
}

/* ---- training ---- */

/* one step of gradient descent for b + w x = 3 x - 1; the loss */
static double step(du_tape *t, du_mark mark, du_tensor w, du_tensor b)
{
    static const double x[4] = { -1.0, 0.0, 1.0, 2.0 }, y[4] = { -4.0, -1.0, 2.0, 5.0 };
    cr_assert_eq(du_tape_rewind(t, mark), DU_OK);
    du_tape_zero_gradients(t);
    du_tensor in = du_tensor_new(t, DU_SHAPE(4, 1), x, 0),
              out = du_tensor_new(t, DU_SHAPE(4), y, 0);
    du_tensor loss = du_tensor_mse(du_add(du_tensor_matmul(in, w), b), out);
    cr_assert_eq(du_backward(loss), DU_OK);
    du_tensor_write(w)[0] -= 0.1 * du_tensor_grad(w)[0];
    du_tensor_write(b)[0] -= 0.1 * du_tensor_grad(b)[0];
    return du_value(loss);
}

Test(tensor, training_allocates_nothing_after_its_first_step)
{
    test_memory m = { .fail_at = 0 };
    du_tape *t = du_tape_new(&(du_tape_options){ .allocator = test_allocator(&m) });
    du_tensor w = du_tensor_full(t, DU_SHAPE(1), 0.0, 1), b = du_tensor_full(t, DU_SCALAR, 0.0, 1);
    du_mark mark = du_tape_mark(t);
    double first = step(t, mark, w, b), last = 0.0;
    size_t calls_of_first = m.calls;
    for (int i = 0; i < 500; i++) last = step(t, mark, w, b);
    cr_assert_eq(m.calls, calls_of_first, "%zu allocations, %zu in the first step", m.calls,
                 calls_of_first);
    cr_assert_gt(first, 1.0);
    cr_assert_lt(last, 1e-12);
    cr_assert_float_eq(du_tensor_values(w)[0], 3.0, 1e-6);
    cr_assert_float_eq(du_value(b), -1.0, 1e-6);
    du_tape_free(t);
    cr_assert_eq(m.held, 0);
}

/* ---- second derivatives: du_var2's against central differences of the tensor's gradient ---- */

static double tensor_slope(du_tensor (*f)(du_tensor), double at)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(1), &at, 1);
    cr_assert_eq(du_backward(du_tensor_sum(f(x))), DU_OK);
    double g = du_tensor_grad(x)[0];
    du_tape_free(t);
    return g;
}
static double var2_curve(du_var2 (*f)(du_var2), double at)
{
    du_tape *t = du_tape_new(NULL);
    double one = 1.0, g, gd;
    du_var2 x;
    du_tape_independents2(t, 1, &at, &one, &x);
    du_var2 y = f(x);
    cr_assert_eq(du_tape_sweep2(t, 1, &y, NULL), DU_OK);
    du_tape_gradient2(t, 1, &x, &g, &gd);
    du_tape_free(t);
    return gd;
}
static void check_curve(const char *name, du_tensor (*f)(du_tensor), du_var2 (*g)(du_var2),
                        double lo, double hi)
{
    for (int k = 1; k < 8; k++) {
        double at = lo + (hi - lo) * k / 8.3, h = 1e-4 * (hi - lo), exact = var2_curve(g, at);
        double once = (tensor_slope(f, at + h) - tensor_slope(f, at - h)) / (2.0 * h);
        double half = (tensor_slope(f, at + 0.5 * h) - tensor_slope(f, at - 0.5 * h)) / h;
        cr_assert_float_eq(exact, (4.0 * half - once) / 3.0, 1e-6 * (1.0 + fabs(exact)),
                           "%s at %g: %.12g, differences say %.12g", name, at, exact,
                           (4.0 * half - once) / 3.0);
    }
}
Test(second_order, of_every_rule_by_du_var2)
{
    size_t visited = 0;
#define DU_F(name)
#define DU_SEL(m, a, b)
#define DU_UNARY(name, f, first, second, lo, hi) \
    check_curve(#name, du_tensor_##name, du_var2_##name, lo, hi); \
    visited++;
#include <duet/detail/rules.def>
#undef DU_F
#undef DU_SEL
    cr_assert_gt(visited, 30);
}

/* a mark is of the gradients kept then, not of others that took their place */
Test(tensor, a_mark_past_a_kept_gradient_is_stale)
{
    du_tape *t = du_tape_new(NULL);
    du_tensor a = du_tensor_full(t, DU_SHAPE(40), 1.0, 1), z = du_mul(a, 2.0), x = du_tensor_sum(z);
    du_mark before = du_tape_mark(t);
    cr_assert_eq(du_tensor_retain_grad(x), DU_OK);
    du_mark after = du_tape_mark(t);
    cr_assert_eq(du_tape_rewind(t, before), DU_OK);
    cr_assert_eq(du_tensor_retain_grad(z), DU_OK);
    cr_expect_eq(du_tape_rewind(t, after), DU_ESTALE);
    cr_assert_eq(du_backward(x), DU_OK);
    for (size_t i = 0; i < 40; i++) cr_expect_eq(du_tensor_grad(z)[i], 1.0);
    cr_expect_eq(du_tape_rewind(t, before), DU_OK);
    cr_expect_null(du_tensor_grad(z));
    du_tape_free(t);
}
