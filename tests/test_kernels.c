/* tests/test_kernels.c - the kernels on arrays (kernels.inc) in every number type against loops of
 * du_add, du_mul and du_exp, values and all derivatives: operands active, constant, repeated, with
 * coefficients other than 1, out of joins, data on either side; as records on the tape: sweeps of
 * many outputs, rewinds, plans, and everything that can go wrong; special values.
 * SPDX-License-Identifier: MIT */
#define DU_STRAIGHT 0 /* whose kernels are those loops, and take minutes to compile */
#include "memory.h"
#include "modes.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define PLAIN_CASE(t, op, ...) du_##t: du_##t##_##op,
#define PLAIN(op) \
    _Generic(*(T *)0, DU_NUMBER_TYPES(PLAIN_CASE, op) DU_PACK_NUMBER_TYPES(PLAIN_CASE, op) \
        du_pack: du_pack_##op, default: du_double_##op)

/* ---- the kernels, each beside its loops ---- */

enum { LANES = DU_PACK_LANES, LONGEST = 33, ROWS = 3, MOST = LONGEST * (LONGEST - 1)
    / 2 + 2 * LONGEST };

/* what the operands are: the parameters, every third a constant, functions of one parameter each,
 * every parameter twice, products, constants */
enum { ACTIVE, SOME_CONSTANT, COEFFICIENTS, REPEATED, JOINED, CONSTANT, KINDS };
static const char *const kinds[] = { "active", "some constant", "coefficients", "repeated",
    "joined", "constant" };

typedef struct {
    size_t n;           /* length of the arrays */
    int kind, after;    /* after: the results go through joins */
    double w[ROWS * LONGEST];
} setup;

DU_HELPER(operands, (T *u, const T *b, size_t n, int kind),
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case SOME_CONSTANT: u[i] = du_where(i % 3 == 1, 0.25 + 0.125 * (double)(i % 5), b[i]);
            break;
        case COEFFICIENTS: u[i] = du_where(i % 2, du_sin(b[i]), du_mul(-1.5, b[i])); break;
        case REPEATED: u[i] = b[i / 2]; break;
        case JOINED: u[i] = du_mul(b[i], b[(i + 1) % n]); break;
        case CONSTANT: u[i] = PLAIN(lift)(du_value(b[i])); break;
        default: u[i] = b[i];
        }
    return du_constant(T, 0);
)

#define FORM(form, name, ...) \
    DU_MODEL(form##_##name, b[], x[], y[], \
        const size_t n = p; \
        const setup *s = ctx; \
        const size_t k = s->n; \
        const double *w = s->w; \
        T made[MOST]; \
        /* active: in place, to which a record of a plan's refers */ \
        const T *u = s->kind == ACTIVE ? b : made; \
        (void)w, (void)DU_CALL(operands, made, b, n, s->kind); \
        __VA_ARGS__ \
        for (size_t i = 0; s->after && i < m; i++) \
            y[i] = du_mul(du_sin(y[i]), du_add(b[0], y[0])); \
    )
#define DOT_TO(s, a, b, n) \
    T s = du_constant(T, 0); for (size_t j_ = 0; j_ < (n); j_++) \
        s = du_add(s, du_mul((a)[j_], (b)[j_]))
#define AXPY_TO(a, x) for (size_t i = 0; i < k; i++) y[i] = du_add(y[i], du_mul(a, (x)[i]))
#define FROM(from) for (size_t i = 0; i < k; i++) y[i] = (from)[i]
#define ROWS_TO(a, x) for (size_t i = 0; i < ROWS; i++) { DOT_TO(t, (a) + i * k, x, k); y[i] = t; }

/* X(name, parameters, outputs, by the kernel, by loops): arrays of length k, operands u, data x,
 * doubles w */
#define TRIANGLE (k * (k - (k != 0)) / 2)
#define KERNELS(X) \
    X(sum, k, 1, y[0] = du_sum(u, k);, T t = du_constant(T, 0); for (size_t i = 0; i < k; i++) \
        t = du_add(t, u[i]); y[0] = t;) \
    X(dot, 2 * k, 1, y[0] = du_dot(u, u + k, k);, DOT_TO(t, u, u + k, k); y[0] = t;) \
    X(dot_self, k, 1, y[0] = du_dot(u, u, k);, DOT_TO(t, u, u, k); y[0] = t;) \
    X(dot_data, k, 1, y[0] = du_dot(u, x, k);, DOT_TO(t, u, x, k); y[0] = t;) \
    X(data_dot, k, 1, y[0] = du_dot(x, u, k);, DOT_TO(t, x, u, k); y[0] = t;) \
    X(dot_doubles, k, 1, y[0] = du_dot(u, w, k);, DOT_TO(t, u, w, k); y[0] = t;) \
    X(doubles_dot, k, 1, y[0] = du_dot(w, u, k);, DOT_TO(t, w, u, k); y[0] = t;) \
    X(sqnorm, k, 1, y[0] = du_sqnorm(u, k);, DOT_TO(t, u, u, k); y[0] = t;) \
    X(norm2, k, 1, y[0] = du_norm2(u, k);, DOT_TO(t, u, u, k); y[0] = k ? du_sqrt(t) : t;) \
    X(axpy, 2 * k + 1, k, FROM(u + k); du_axpy(u[2 * k], u, y, k);, FROM(u + k); \
        AXPY_TO(u[2 * k], u);) \
    X(axpy_same, 2 * k, k, FROM(u + k); du_axpy(u[k], u, y, k);, FROM(u + k); AXPY_TO(u[k], u);) \
    X(axpy_data, k + 1, k, FROM(u); du_axpy(u[k], x, y, k);, FROM(u); AXPY_TO(u[k], x);) \
    X(data_axpy, 2 * k, k, FROM(u + k); du_axpy(x[0], u, y, k);, FROM(u + k); AXPY_TO(x[0], u);) \
    X(axpy_doubles, k + 1, k, FROM(u); du_axpy(u[k], w, y, k);, FROM(u); AXPY_TO(u[k], w);) \
    X(double_axpy, 2 * k, k, FROM(u + k); du_axpy(w[0], u, y, k);, FROM(u + k); AXPY_TO(w[0], u);) \
    X(int_axpy, 2 * k, k, FROM(u + k); du_axpy(2, u, y, k);, FROM(u + k); AXPY_TO(2, u);) \
    X(matvec, (ROWS + 1) * k, ROWS, du_matvec(u, u + ROWS * k, y, ROWS, k);, \
        ROWS_TO(u, u + ROWS * k)) \
    X(matvec_data, ROWS * k, ROWS, du_matvec(u, x, y, ROWS, k);, ROWS_TO(u, x)) \
    X(data_matvec, k, ROWS, du_matvec(x, u, y, ROWS, k);, ROWS_TO(x, u)) \
    X(matvec_doubles, ROWS * k, ROWS, du_matvec(u, w, y, ROWS, k);, ROWS_TO(u, w)) \
    X(doubles_matvec, k, ROWS, du_matvec(w, u, y, ROWS, k);, ROWS_TO(w, u)) \
    X(trmv, TRIANGLE + 2 * k, k, du_trmv(u, u + 2 * k, u + k, y, k);, \
        for (size_t i = 0; i < k; i++) { \
            y[i] = du_mul(u[i], u[k + i]); \
            for (size_t j = 0; j < i; j++) \
                y[i] = du_add(y[i], du_mul(u[2 * k + j * (k - 1) - j * (j + 1) / 2 + i - 1], \
                    u[k + j])); \
        }) \
    X(trmv_apart, TRIANGLE + 2 * k, k, T v[LONGEST]; for (size_t i = 0; i < k; i++) \
        v[i] = du_sin(u[k + i]); du_trmv(u, u + 2 * k, v, y, k);, \
        for (size_t i = 0; i < k; i++) { \
            y[i] = du_mul(u[i], du_sin(u[k + i])); \
            for (size_t j = 0; j < i; j++) \
                y[i] = du_add(y[i], du_mul(u[2 * k + j * (k - 1) - j * (j + 1) / 2 + i - 1], \
                    du_sin(u[k + j]))); \
        }) \
    X(trmv_same, k * (k + 1) / 2, k, du_trmv(u, u + k, u, y, k);, \
        for (size_t i = 0; i < k; i++) { \
            y[i] = du_mul(u[i], u[i]); \
            for (size_t j = 0; j < i; j++) \
                y[i] = du_add(y[i], du_mul(u[k + j * (k - 1) - j * (j + 1) / 2 + i - 1], u[j])); \
        }) \
    X(logsumexp, k, 1, y[0] = du_logsumexp(u, k);, \
        T t = du_constant(T, 0); for (size_t i = 0; i < k; i++) t = du_add(t, du_exp(u[i])); \
            y[0] = k ? du_log(t) : du_constant(T, -(double)INFINITY);) \
    X(softmax, k, k, du_softmax(u, y, k);, \
        T t = du_constant(T, 0); for (size_t i = 0; i < k; i++) t = du_add(t, du_exp(u[i])); \
        for (size_t i = 0; i < k; i++) y[i] = du_div(du_exp(u[i]), t);)

#define FORMS(name, parameters, outputs, by_kernel, by_loops) \
    FORM(kernel, name, by_kernel) FORM(loops, name, by_loops)
KERNELS(FORMS)

typedef struct {
    const char *name;
    const du_model *kernel, *loops;
    size_t (*parameters)(size_t k), (*outputs)(size_t k);
} kernel;

#define COUNTS(name, parameters, outputs, ...) \
    static size_t name##_parameters(size_t k) { (void)k; return parameters; } \
    static size_t name##_outputs(size_t k) { (void)k; return outputs; }
KERNELS(COUNTS)
static const kernel kernels[] = {
#define KERNEL(name, ...) \
    { #name, &kernel_##name, &loops_##name, name##_parameters, name##_outputs },
    KERNELS(KERNEL)
};

/* ---- values, data and seeds in every lane ---- */

static double values[MOST][LANES], data[ROWS * LONGEST][LANES], seeds[MOST][16 * LANES];

static double random_number(void)
{
    static uint64_t s = 88172645463325252u;
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return (double)(s >> 11) * 0x1p-52 - 1.0;
}
#define FILL(a) \
    for (size_t i_ = 0; i_ < sizeof(a) / sizeof(double); i_++) ((double *)(a))[i_] = random_number()

static setup start(size_t n, int kind, int after)
{
    setup s = { n, kind, after, { 0.0 } };
    FILL(values);
    FILL(data);
    FILL(seeds);
    FILL(s.w);
    return s;
}

/* ---- comparing ---- */

static int shown; /* the first failures are enough */

typedef struct { const char *type; const kernel *q; const setup *s; double worst; } comparison;

static double magnitude(const double *a, size_t n)
{
    double m = 1.0;
    for (size_t i = 0; i < n; i++) if (fabs(a[i]) > m) m = fabs(a[i]);
    return m;
}
/* To 1e-14 of the largest; where kernels are recorded, joins after enlarge the difference between
 * two orders of summation. */
static void expect_close(comparison *c, const char *what, const double *got, const double *want,
                         size_t n)
{
    int recorded = !strcmp(c->type, "var") || !strcmp(c->type, "pack_var")
        || !strcmp(c->type, "plan");
    double scale = magnitude(want, n) * (recorded && c->s->after ? 10.0 : 1.0);
    for (size_t i = 0; i < n; i++) {
        double d = got[i] == want[i] ? 0.0 : fabs(got[i] - want[i]) / scale;
        if (d > c->worst) c->worst = d;
        if (d <= 1e-14 || shown++ > 20) continue;
        cr_expect(0, "%s, %s, n = %zu, %s%s: %s %zu is %.17g, not %.17g", c->q->name, c->type,
            c->s->n,
                  kinds[c->s->kind], c->s->after ? ", joins after" : "", what, i, got[i], want[i]);
    }
}

/* ---- a kernel and its loops in one number type ---- */

#define SHAPE \
    const kernel *q = c->q; \
    const setup *s = c->s; \
    const size_t n = q->parameters(s->n), m = q->outputs(s->n); \
    (void)n, (void)m;

/* a number of a forward type is W values and then numbers that are seeded; all are compared */
#define FORWARD(t, D, W) \
    static void compare_##t(comparison *c) \
    { \
        SHAPE \
        static du_##t b[MOST], y[LONGEST], z[LONGEST]; \
        D x[ROWS * LONGEST]; \
        for (size_t i = 0; i < LENGTH(x); i++) memcpy(&x[i], data[i], sizeof x[i]); \
        for (size_t j = 0; j < n; j++) { \
            memcpy((double *)(void *)&b[j], values[j], W * sizeof(double)); \
            memcpy((double *)(void *)&b[j] + W, seeds[j], sizeof b[j] - W * sizeof(double)); \
        } \
        q->kernel->f_##t(b, n, x, y, m, s); \
        q->loops->f_##t(b, n, x, z, m, s); \
        expect_close(c, "number", (const double *)(const void *)y, \
            (const double *)(const void *)z, m * sizeof *y / sizeof(double)); \
    }
FORWARD(double, double, 1)
FORWARD(dual, double, 1)
FORWARD(dual4, double, 1)
FORWARD(dual8, double, 1)
FORWARD(dual16, double, 1)
FORWARD(jet, double, 1)
FORWARD(hyper, double, 1)
FORWARD(pack, du_pack, LANES)
FORWARD(pack_dual, du_pack, LANES)
FORWARD(pack_dual4, du_pack, LANES)
FORWARD(pack_dual8, du_pack, LANES)

/* Jacobians, and two weighted sweeps that add up */
static void record_var(const comparison *c, const du_model *f, double *v, double *jac, double *g)
{
    SHAPE
    du_tape *t = du_tape_new(NULL);
    static du_var b[MOST], y[LONGEST];
    double x[ROWS * LONGEST], at[MOST];
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = data[i][0];
    for (size_t j = 0; j < n; j++) at[j] = values[j][0];
    cr_assert_eq(du_tape_independents(t, n, at, b), DU_OK);
    f->f_var(b, n, x, y, m, s);
    for (size_t i = 0; i < m; i++) v[i] = y[i].v;
    cr_assert_eq(du_tape_jacobian(t, m, y, n, b, jac), DU_OK, "%s: %s", q->name,
        du_tape_message(t));
    for (int twice = 0; twice < 2; twice++) cr_assert_eq(du_tape_sweep(t, m, y, seeds[0]), DU_OK);
    cr_assert_eq(du_tape_gradient(t, n, b, g), DU_OK);
    du_tape_free(t);
}
static void compare_var(comparison *c)
{
    SHAPE
    static double v[LONGEST], jac[LONGEST * MOST], g[MOST], w[LONGEST], want[LONGEST * MOST],
        h[MOST];
    if (n == 0 || m == 0) return;
    record_var(c, q->kernel, v, jac, g);
    record_var(c, q->loops, w, want, h);
    expect_close(c, "value", v, w, m);
    expect_close(c, "entry of the Jacobian", jac, want, m * n);
    expect_close(c, "entry of the gradient", g, h, n);
    memset(h, 0, sizeof h);
    for (size_t i = 0; i < m; i++) for (size_t j = 0; j < n; j++)
        h[j] += 2.0 * seeds[0][i] * jac[i * n + j];
    expect_close(c, "sum of the Jacobian", g, h, n);
}

/* gradient and Hessian times the tangents of the last output, and the tangents of all */
static void record_var2(const comparison *c, const du_model *f, double *v, double *g, double *gd)
{
    SHAPE
    du_tape *t = du_tape_new(NULL);
    static du_var2 b[MOST], y[LONGEST];
    double x[ROWS * LONGEST], at[MOST], tangent[MOST];
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = data[i][0];
    for (size_t j = 0; j < n; j++) at[j] = values[j][0], tangent[j] = seeds[j][0];
    cr_assert_eq(du_tape_independents2(t, n, at, tangent, b), DU_OK);
    f->f_var2(b, n, x, y, m, s);
    for (size_t i = 0; i < m; i++) v[i] = y[i].v, v[m + i] = y[i].vd;
    cr_assert_eq(du_tape_sweep2(t, 1, &y[m - 1], NULL), DU_OK);
    cr_assert_eq(du_tape_gradient2(t, n, b, g, gd), DU_OK);
    du_tape_free(t);
}
static void compare_var2(comparison *c)
{
    SHAPE
    static double v[2 * LONGEST], g[MOST], gd[MOST], w[2 * LONGEST], h[MOST], hd[MOST];
    if (n == 0 || m == 0) return;
    record_var2(c, q->kernel, v, g, gd);
    record_var2(c, q->loops, w, h, hd);
    expect_close(c, "value or tangent", v, w, 2 * m);
    expect_close(c, "entry of the gradient", g, h, n);
    expect_close(c, "entry of the Hessian times the tangents", gd, hd, n);
}

static void record_pack_var(const comparison *c, const du_model *f, du_pack *v, du_pack *jac)
{
    SHAPE
    du_tape *t = du_tape_new(NULL);
    static du_pack_var b[MOST], y[LONGEST];
    static du_pack x[ROWS * LONGEST], at[MOST];
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = du_pack_load(data[i]);
    for (size_t j = 0; j < n; j++) at[j] = du_pack_load(values[j]);
    cr_assert_eq(du_tape_independents_pack(t, n, at, b), DU_OK);
    f->f_pack_var(b, n, x, y, m, s);
    for (size_t i = 0; i < m; i++) {
        v[i] = y[i].v;
        cr_assert_eq(du_tape_gradient_pack(t, &y[i], n, b, jac + i * n), DU_OK);
    }
    du_tape_free(t);
}
static void compare_pack_var(comparison *c)
{
    SHAPE
    static du_pack v[LONGEST], w[LONGEST], jac[LONGEST * MOST], want[LONGEST * MOST];
    if (n == 0 || m == 0) return;
    record_pack_var(c, q->kernel, v, jac);
    record_pack_var(c, q->loops, w, want);
    expect_close(c, "value", (const double *)(const void *)v, (const double *)(const void *)w,
        LANES * m);
    expect_close(c, "entry of the Jacobian", (const double *)(const void *)jac,
        (const double *)(const void *)want, LANES * m * n);
}

static void compare_all(const char *type, void (*compare)(comparison *))
{
    static const size_t lengths[] = { 0, 1, 2, 7, LONGEST };
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        comparison c = { .type = type, .q = &kernels[i] };
        for (size_t l = 0; l < LENGTH(lengths); l++)
            for (int kind = 0; kind < KINDS; kind++)
                for (int after = 0; after < 2; after++) {
                    if (lengths[l] == 0 && after) continue;
                    setup s = start(lengths[l], kind, after);
                    c.s = &s;
                    compare(&c);
                }
        cr_log_info("%s, %s: %.2g\n", type, c.q->name, c.worst);
    }
}
#define AGAINST_LOOPS(t, ...) Test(against_loops, t) { compare_all(#t, compare_##t); }
DU_ALL_TYPES(AGAINST_LOOPS, ~)
DU_ALL_PACK_TYPES(AGAINST_LOOPS, ~)

/* ---- one record a kernel ---- */

/* slots that a form of a kernel takes on a tape of numbers or of packs */
#define SLOTS(t, S, independents) \
    static uint32_t slots_##t(const kernel *q, const du_model *f, const setup *s) \
    { \
        static du_##t b[MOST], y[LONGEST]; \
        static S x[ROWS * LONGEST], at[MOST]; \
        size_t n = q->parameters(s->n); \
        du_tape *t = du_tape_new(NULL); \
        cr_assert_eq(independents(t, n, at, b), DU_OK); \
        f->f_##t(b, n, x, y, q->outputs(s->n), s); \
        uint32_t slots = du_tape_inspect(t).slots - (uint32_t)n; \
        du_tape_free(t); \
        return slots; \
    }
SLOTS(var, double, du_tape_independents)
SLOTS(pack_var, du_pack, du_tape_independents_pack)

/* A record is one group of entries: fewer than the joins of the loops where terms are products of
 * variables, about as many where each term is of one slot (which would be recorded as sums alone).
 */
Test(record, takes_few_slots)
{
    setup s = start(LONGEST, ACTIVE, 0);
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        const kernel *q = &kernels[i];
        uint32_t one[2] = { slots_var(q, q->kernel, &s), slots_var(q, q->loops, &s) };
        uint32_t eight[2] = { slots_pack_var(q, q->kernel, &s), slots_pack_var(q, q->loops, &s) };
        cr_log_info("%s: %u slots for %u; packs: %u for %u\n", q->name, one[0], one[1], eight[0],
            eight[1]);
        cr_expect_leq(4 * one[0], 5 * one[1], "%s: %u slots, loops %u", q->name, one[0], one[1]);
        cr_expect_leq(4 * eight[0], 5 * eight[1], "%s of packs: %u slots, loops %u", q->name,
            eight[0], eight[1]);
    }
}

Test(record, rewinds)
{
    setup s = start(7, COEFFICIENTS, 1);
    static du_var b[MOST], y[LONGEST];
    double x[ROWS * LONGEST], at[MOST], g[MOST], first[MOST];
    size_t bytes = 0;
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = data[i][0];
    for (size_t j = 0; j < MOST; j++) at[j] = values[j][0];
    du_tape *t = du_tape_new(NULL);
    cr_assert_eq(du_tape_independents(t, MOST, at, b), DU_OK);
    du_mark mark = du_tape_mark(t);
    for (int round = 0; round < 20; round++) {
        du_tape_zero_gradients(t);
        for (size_t i = 0; i < LENGTH(kernels); i++) {
            size_t m = kernels[i].outputs(s.n);
            kernels[i].kernel->f_var(b, kernels[i].parameters(s.n), x, y, m, &s);
            cr_assert_eq(du_tape_sweep(t, m, y, NULL), DU_OK);
        }
        cr_assert_eq(du_tape_gradient(t, MOST, b, round ? g : first), DU_OK);
        if (round == 0) bytes = du_tape_inspect(t).bytes;
        else cr_expect_arr_eq(g, first, sizeof g);
        cr_expect_eq(du_tape_inspect(t).bytes, bytes, "the tape grew in round %d", round);
        cr_assert_eq(du_tape_rewind(t, mark), DU_OK);
    }
    du_tape_free(t);
}

/* ---- plans ---- */

static const double weights[12] = { 0.5, -1.0, 2.0, 0.25, 1.5, 1.0, -0.5, 0.75, -2.0, 0.125, 1.0,
    -0.25 };

DU_FUNCTION(network, x[], y[],
    T h[3], p[3], z[2], k[4] = { x[0], du_constant(T, 2), du_sin(x[1]), du_mul(x[2], x[3]) };
    du_matvec(weights, x, h, 3, 4);
    du_softmax(h, p, 3);
    y[0] = du_logsumexp(h, 3);
    y[1] = du_dot(p, h, 3);
    y[2] = du_add(du_norm2(x, n), du_sqnorm(p, 3), du_sum(k, 4));
    du_axpy(x[0], p, h, 3);
    y[3] = du_mul(h[1], h[2]);
    du_trmv(x, k + 3, x + 2, z, 2);
    y[4] = du_dot(z, weights, 2);
    y[5] = du_dot(k, x, 4);
    du_matvec(x, x, z, 2, 2);
    y[6] = du_sub(z[0], z[1]);
    du_axpy(2, k, h, 3);
    y[7] = du_dot(weights, h, 3);
)

Test(plan, all_strategies_agree)
{
    const double x[4] = { 0.7, -1.2, 0.4, 1.9 };
    result r[MODES];
    size_t modes = run_modes(&network, 4, 8, x, NULL, r);
    const result *jet = find_mode(r, modes, "jet");
    double y[8];
    network.f_double(x, 4, y, 8, NULL);
    for (size_t k = 0; k < modes; k++) {
        for (size_t i = 0; i < 8; i++) cr_expect_float_eq(r[k].y[i], y[i], 1e-14, "%s: y[%zu]",
            r[k].mode, i);
        for (size_t i = 0; i < 32; i++) {
            cr_expect_float_eq(r[k].jac[i], jet->jac[i], 2e-14, "%s: jac[%zu] = %.17g, not %.17g",
                r[k].mode, i, r[k].jac[i], jet->jac[i]);
            if (r[k].has_second) cr_expect_float_eq(r[k].second[i], jet->second[i], 1e-13,
                "%s: second[%zu]", r[k].mode, i);
        }
    }
}

/* every kernel as a function of its parameters, its data in the context */
typedef struct { setup s; double data[ROWS * LONGEST]; } plan_setup;
#define FUNCTION(name, ...) \
    DU_FUNCTION(plan_##name, b[], y[], \
        const plan_setup *p = ctx; \
        DU_CALL(kernel_##name, b, n, p->data, y, m, &p->s); \
    )
KERNELS(FUNCTION)
static const du_function *const functions[] = {
#define FUNCTION_OF(name, ...) &plan_##name,
    KERNELS(FUNCTION_OF)
};

static void check_plans(const kernel *q, const du_function *f, const plan_setup *ctx)
{
    static double jac[2][LONGEST * MOST];
    size_t n = q->parameters(ctx->s.n), m = q->outputs(ctx->s.n);
    double x[MOST], y[2][LONGEST];
    for (size_t j = 0; j < n; j++) x[j] = values[j][0];
    for (int k = 0; k < 2; k++) {
        du_plan *p = du_plan_jacobian(f, n, m, &(du_plan_options){ .ctx = ctx, .mode = k
            ? DU_REVERSE : DU_FORWARD });
        for (int run = 0; run < 2; run++) cr_assert_eq(du_run_jacobian(p, x, y[k], jac[k]), DU_OK,
            "%s", q->name);
        du_plan_info info;
        info = du_plan_inspect(p);
        cr_expect_eq(info.allocations_after_first, 0, "%s", q->name);
        du_plan_free(p);
    }
    comparison c = { .type = "plan", .q = q, .s = &ctx->s };
    expect_close(&c, "value", y[1], y[0], m);
    expect_close(&c, "entry of the Jacobian", jac[1], jac[0], m * n);
}

Test(plan, each_kernel_in_both_directions)
{
    for (size_t i = 0; i < LENGTH(kernels); i++)
        for (size_t l = 1; l <= LONGEST; l += l < 8 ? 2 : 12)
            for (int kind = 0; kind < 2 * KINDS; kind++) {
                plan_setup ctx = { .s = start(l, kind / 2, kind % 2) };
                for (size_t k = 0; k < LENGTH(ctx.data); k++) ctx.data[k] = data[k][0];
                check_plans(&kernels[i], functions[i], &ctx);
            }
}

/* The gradient of the weighted sum of a kernel's outputs: the sweep of one adjoint a slot, of
 * operands at home, at all lengths, so that whatever is over beside groups of eight is. */
#define WEIGHTED(name, ...) \
    DU_FUNCTION(weighted_##name, b[], y[], \
        const plan_setup *p = ctx; \
        const size_t k = name##_outputs(p->s.n); \
        T z[LONGEST]; \
        DU_CALL(kernel_##name, b, n, p->data, z, k, &p->s); \
        y[0] = du_dot(z, p->s.w, k); \
    )
KERNELS(WEIGHTED)
static const du_function *const weighted[] = {
#define WEIGHTED_OF(name, ...) &weighted_##name,
    KERNELS(WEIGHTED_OF)
};

Test(plan, gradients_of_every_length)
{
    static double x[MOST], f[2], g[2][MOST];
    for (size_t i = 0; i < LENGTH(kernels); i++)
        for (size_t l = 1; l <= LONGEST; l++) {
            plan_setup ctx = { .s = start(l, ACTIVE, 0) };
            size_t n = kernels[i].parameters(l);
            for (size_t k = 0; k < LENGTH(ctx.data); k++) ctx.data[k] = data[k][0];
            for (size_t j = 0; j < n; j++) x[j] = values[j][0];
            for (int k = 0; k < 2; k++) {
                du_plan *p = du_plan_gradient(weighted[i], n,
                    &(du_plan_options){ .ctx = &ctx, .mode = k ? DU_REVERSE : DU_FORWARD });
                cr_assert_eq(du_run_gradient(p, x, &f[k], g[k]), DU_OK, "%s", kernels[i].name);
                du_plan_free(p);
            }
            comparison c = { .type = "gradient", .q = &kernels[i], .s = &ctx.s };
            expect_close(&c, "value", &f[1], &f[0], 1);
            expect_close(&c, "entry of the gradient", g[1], g[0], n);
        }
}

/* x of n = 300: a Gram matrix, a triangle and a mixture */
DU_FUNCTION(large, x[], y[],
    T u[100], v[100], s = du_constant(T, 0);
    du_matvec(x, x + 200, u, 2, 100);
    for (size_t i = 0; i < 100; i++) v[i] = du_mul(0.1, du_sin(x[i]));
    du_axpy(u[0], x + 100, v, 100);
    du_axpy(u[1], v, v + 50, 0);
    du_softmax(v, u, 100);
    for (size_t i = 0; i < 10; i++) s = du_add(s, du_dot(u + 10 * i, x + 30 * i, 10),
        du_logsumexp(x + 30 * i, 20));
    du_trmv(x, x + 13, x + 150, u, 13);
    y[0] = du_add(s, du_norm2(u, 13), du_sqnorm(v, 100), du_sum(x, n));
)

Test(plan, a_large_gradient_in_every_mode)
{
    enum { P = 300 };
    double x[P], f, want, g[P], forward[P];
    for (size_t j = 0; j < P; j++) x[j] = 0.3 * random_number();
    du_plan *p = du_plan_gradient(&large, P, &(du_plan_options){ .mode = DU_FORWARD });
    cr_assert_eq(du_run_gradient(p, x, &want, forward), DU_OK);
    du_plan_free(p);
    p = du_plan_gradient(&large, P, &(du_plan_options){ .mode = DU_REVERSE });
    for (int run = 0; run < 5; run++) {
        cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
        cr_expect_float_eq(f, want, 1e-12);
        for (size_t j = 0; j < P; j++) cr_expect_float_eq(g[j], forward[j], 1e-13,
            "g[%zu] = %.17g, not %.17g", j, g[j], forward[j]);
    }
    du_plan_info info;
    info = du_plan_inspect(p);
    cr_expect_eq(info.allocations_after_first, 0);
    du_plan_free(p);
}

/* second derivatives: forward over reverse records no kernels, and agrees with hyper-dual numbers
 */
DU_FUNCTION(energy, x[], y[],
    T z[8];
    DU_CALL(network, x, n, z, 8, ctx);
    y[0] = du_dot(weights, z, 8);
)

Test(plan, hessians)
{
    static const du_mode modes[] = { DU_FORWARD, DU_FORWARD_OVER_REVERSE };
    const double x[4] = { 0.7, -1.2, 0.4, 1.9 };
    double f, g[2][4], h[2][16];
    for (int k = 0; k < 2; k++) {
        du_plan *p = du_plan_hessian(&energy, 4, &(du_plan_options){ .mode = modes[k] });
        cr_assert_eq(du_run_hessian(p, x, &f, g[k], h[k]), DU_OK);
        du_plan_free(p);
    }
    for (size_t i = 0; i < 4; i++) cr_expect_float_eq(g[0][i], g[1][i], 1e-13);
    for (size_t i = 0; i < 16; i++) cr_expect_float_eq(h[0][i], h[1][i], 1e-13,
        "%.17g, not %.17g", h[1][i], h[0][i]);
}

/* ---- what goes wrong: values go on, the status stays, sweeps refuse ---- */

/* every kernel on arrays of x[2n] and, for packs too, data of values; the last output */
#define RUN_ALL(t, S) \
    static du_##t run_all_##t(const du_##t *x, const S *v, size_t n) \
    { \
        du_##t y[LONGEST], r[6] = { du_sum(x, n), du_dot(x, x + n, n), du_dot(x, v, n), \
            du_sqnorm(x, n), \
                                    du_norm2(x, n), du_logsumexp(x, n) }; \
        for (size_t i = 0; i < n; i++) y[i] = x[n + i]; \
        du_axpy(r[0], x, y, n); \
        du_axpy(x[0], v, y, n); \
        du_softmax(x + n, y, n); \
        du_matvec(x, x + n, y, 2, n / 2); \
        du_matvec(x, v, y, 2, n / 2); \
        du_matvec(v, x, y, 2, n / 2); \
        du_trmv(x, x + 3, x + n, y, 3); \
        return du_add(du_dot(r, y, 3), du_sum(r, 6)); \
    }
RUN_ALL(var, double)
RUN_ALL(pack_var, du_pack)
RUN_ALL(dual, double)

enum { N_ALL = 8 };
typedef struct { du_tape *t; double v[2 * N_ALL]; du_var x[2 * N_ALL], y; double value,
    g[2 * N_ALL], want[2 * N_ALL]; } fixture;

static int set_up(fixture *f, const du_tape_options *options)
{
    *f = (fixture){ .t = du_tape_new(options) };
    for (size_t j = 0; j < 2 * N_ALL; j++) f->v[j] = 0.1 + 0.05 * (double)j, f->g[j] = 42.0;
    for (size_t j = 0; j < 2 * N_ALL; j++) {
        du_dual x[2 * N_ALL];
        for (size_t i = 0; i < 2 * N_ALL; i++) x[i] = (du_dual){ f->v[i], i == j };
        du_dual y = run_all_dual(x, f->v, N_ALL);
        f->value = y.v;
        f->want[j] = y.d;
    }
    return f->t ? du_tape_independents(f->t, 2 * N_ALL, f->v, f->x) : DU_ENOMEM;
}
static void run(fixture *f)
{
    f->y = run_all_var(f->x, f->v, N_ALL);
    cr_expect_float_eq(f->y.v, f->value, 1e-13, "value %.17g, not %.17g", f->y.v, f->value);
}
/* the status of a sweep: the gradient, or 42 as before */
static int sweep(fixture *f)
{
    int status = du_tape_jacobian(f->t, 1, &f->y, 2 * N_ALL, f->x, f->g);
    for (size_t j = 0; j < 2 * N_ALL; j++) {
        double want = status ? 42.0 : f->want[j];
        cr_expect_float_eq(f->g[j], want, 1e-13, "status %d, g[%zu] = %.17g, not %.17g", status,
            j, f->g[j], want);
    }
    return status;
}

Test(trouble, none)
{
    fixture f;
    cr_assert_eq(set_up(&f, NULL), DU_OK);
    run(&f);
    cr_expect_eq(sweep(&f), DU_OK);
    du_tape_free(f.t);
}

/* an operand of another tape, or from before a reset, at any place of any array */
Test(trouble, foreign_and_stale)
{
    for (size_t j = 0; j < 2 * N_ALL; j++) {
        fixture f, g;
        cr_assert_eq(set_up(&f, NULL), DU_OK);
        cr_assert_eq(set_up(&g, NULL), DU_OK);
        f.x[j] = g.x[j];
        run(&f);
        cr_expect_eq(du_tape_status(f.t), DU_EFOREIGN, "x[%zu]", j);
        cr_expect_eq(du_tape_status(g.t), DU_EFOREIGN, "x[%zu]", j);
        du_var stale = f.x[(j + 1) % N_ALL];
        du_tape_reset(f.t);
        cr_assert_eq(du_tape_independents(f.t, 2 * N_ALL, f.v, f.x), DU_OK);
        stale.v = f.v[j];
        f.x[j] = stale;
        run(&f);
        cr_expect_eq(du_tape_status(f.t), DU_ESTALE, "x[%zu]", j);
        cr_expect_eq(du_tape_sweep(f.t, 1, &f.y, NULL), DU_ESTALE);
        du_tape_free(f.t);
        du_tape_free(g.t);
    }
}

/* each kernel finds it out for itself, and its outputs are not swept */
Test(trouble, each_kernel_by_itself)
{
    const setup s = start(7, ACTIVE, 0);
    static du_var b[MOST], y[LONGEST];
    double x[ROWS * LONGEST], at[MOST], want[LONGEST];
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = data[i][0];
    for (size_t j = 0; j < MOST; j++) at[j] = values[j][0];
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        const kernel *q = &kernels[i];
        size_t n = q->parameters(s.n), m = q->outputs(s.n);
        q->kernel->f_double(at, n, x, want, m, &s);
        for (int what = 0; what < 3; what++) {
            du_tape *t = du_tape_new(&(du_tape_options){ .slot_limit = what ? 0 : (uint32_t)n }),
                *other = du_tape_new(NULL);
            du_var stranger;
            cr_assert_eq(du_tape_independents(t, n, at, b), DU_OK);
            if (what == 1) { /* an operand of another tape */
                cr_assert_eq(du_tape_independents(other, 1, at + n - 1, &stranger), DU_OK);
                b[n - 1] = stranger;
            }
            if (what == 2) { /* all from before a reset */
                du_tape_reset(t);
                cr_assert_eq(du_tape_independents(t, 1, at, &stranger), DU_OK);
                /* or there is nothing for its root to refer to */
                if (!strcmp(q->name, "norm2")) b[0] = stranger;
            }
            int status = what == 0 ? DU_ESLOTS : what == 1 ? DU_EFOREIGN : DU_ESTALE;
            q->kernel->f_var(b, n, x, y, m, &s);
            cr_expect_eq(du_tape_status(t), status, "%s: status %d, not %d", q->name,
                du_tape_status(t), status);
            if (what == 1) cr_expect_eq(du_tape_status(other), status, "%s: the other's status",
                q->name);
            for (size_t k = 0; k < m; k++)
                cr_expect_float_eq(y[k].v, want[k], 1e-14, "%s: y[%zu] = %.17g, not %.17g",
                    q->name, k, y[k].v, want[k]);
            cr_expect_eq(du_tape_sweep(t, m, y, NULL), status);
            for (size_t k = 0; k < m; k++) { /* nor are they constants later */
                du_tape_reset(t);
                cr_assert_eq(du_tape_independents(t, 1, at, b), DU_OK);
                (void)du_mul(y[k], b[0]);
                cr_expect(du_tape_status(t) == DU_ESTALE || du_tape_status(t) == status,
                    "%s: y[%zu] after a reset", q->name, k);
            }
            du_tape_free(t);
            du_tape_free(other);
        }
    }
}

Test(trouble, slots_run_out)
{
    uint32_t needed = 0;
    fixture f;
    cr_assert_eq(set_up(&f, NULL), DU_OK);
    run(&f);
    needed = du_tape_inspect(f.t).slots;
    du_tape_free(f.t);
    for (uint32_t limit = 2 * N_ALL; limit <= needed + 2; limit++) {
        cr_assert_eq(set_up(&f, &(du_tape_options){ .slot_limit = limit }), DU_OK);
        run(&f);
        cr_expect_eq(sweep(&f), limit < needed ? DU_ESLOTS : DU_OK, "limit %u of %u", limit,
            needed);
        cr_expect_leq(du_tape_inspect(f.t).slots, limit);
        du_tape_free(f.t);
    }
}

/* many rounds, so that segments and chunks are opened among records; the status it ends with */
static int exercise(const du_tape_options *options)
{
    fixture f;
    int status = set_up(&f, options);
    if (!status) {
        du_var sum = f.x[0];
        for (int k = 0; k < 40; k++) {
            run(&f);
            sum = du_add(sum, f.y);
        }
        f.y = du_div(du_sub(sum, f.x[0]), 40.0);
        status = sweep(&f);
        cr_assert(!options->byte_cap || du_tape_inspect(f.t).bytes <= options->byte_cap);
    }
    du_tape_free(f.t);
    return status;
}

static int exercise_in(test_memory *m)
{
    return exercise(&(du_tape_options){ .allocator = test_allocator(m) });
}

Test(trouble, memory_runs_out)
{
    test_every_failure(exercise_in, 3);
    for (size_t cap = 1; cap < 400000; cap += 3333) {
        int status = exercise(&(du_tape_options){ .byte_cap = cap });
        cr_expect(status == DU_ENOMEM || (status == DU_OK && cap > 50000), "cap %zu: status %d",
            cap, status);
    }
}

/* the same of packs: gradients in every lane, and refusals */
static int exercise_packs(const du_tape_options *options)
{
    fixture f; /* what is wanted of every lane */
    cr_assert_eq(set_up(&f, NULL), DU_OK);
    du_tape *t = du_tape_new(options);
    du_pack v[2 * N_ALL], g[2 * N_ALL];
    du_pack_var x[2 * N_ALL], y;
    int status = DU_ENOMEM;
    for (size_t j = 0; j < 2 * N_ALL; j++) v[j] = du_pack_constant(f.v[j]),
        g[j] = du_pack_constant(42.0);
    if (t && !(status = du_tape_independents_pack(t, 2 * N_ALL, v, x))) {
        y = x[0];
        for (int k = 0; k < 12; k++) y = du_add(y, run_all_pack_var(x, v, N_ALL));
        y = du_div(du_sub(y, x[0]), 12.0);
        status = du_tape_gradient_pack(t, &y, 2 * N_ALL, x, g);
        for (size_t l = 0; l < LANES; l++) {
            cr_expect_float_eq(du_pack_get(y.v, l), f.value, 1e-13);
            for (size_t j = 0; j < 2 * N_ALL; j++)
                cr_expect_float_eq(du_pack_get(g[j], l), status ? 42.0 : f.want[j], 1e-13);
        }
    }
    du_tape_free(t);
    du_tape_free(f.t);
    return status;
}

Test(trouble, of_packs)
{
    test_memory whole = { .fail_at = 0 };
    cr_assert_eq(exercise_packs(&(du_tape_options){ .allocator = test_allocator(&whole) }), DU_OK);
    for (size_t k = 1; k <= whole.calls; k++) {
        test_memory m = { .fail_at = k };
        int status = exercise_packs(&(du_tape_options){ .allocator = test_allocator(&m) });
        cr_expect(status == DU_ENOMEM || (status == DU_OK && m.calls > k),
            "failing %zu: status %d", k, status);
        cr_expect_eq(m.held, 0);
    }
    for (uint32_t limit = 2 * N_ALL; limit < 1000; limit += 7) {
        int status = exercise_packs(&(du_tape_options){ .slot_limit = limit });
        cr_expect(status == DU_ESLOTS || (status == DU_OK && limit > 300), "limit %u: status %d",
            limit, status);
    }
}

Test(trouble, tangents_through_a_record_are_refused)
{
    fixture f;
    cr_assert_eq(set_up(&f, NULL), DU_OK);
    du_var2 x, y;
    cr_assert_eq(du_tape_independents2(f.t, 1, f.v, NULL, &x), DU_OK);
    y = du_sqr(x);
    cr_expect_eq(du_tape_sweep2(f.t, 1, &y, NULL), DU_OK);
    du_mark mark = du_tape_mark(f.t);
    (void)du_sum(f.x, 3);
    cr_expect_eq(du_tape_sweep2(f.t, 1, &y, NULL), DU_EORDER);
    cr_expect_eq(du_tape_rewind(f.t, mark), DU_OK);
    cr_expect_eq(du_tape_sweep2(f.t, 1, &y, NULL), DU_OK);
    du_tape_free(f.t);
}

/* ---- special values ---- */

static int alike(double got, double want)
{
    return got == want || (got != got && want != want) || fabs(got - want) <= 1e-14 * fabs(want);
}

enum { SPECIAL = 4 };
static const double special[][LANES][SPECIAL] = {
    { { 0, 0, 0, 0 }, { 1e308, -1e308, 0, 1 }, { -INFINITY, -INFINITY, -INFINITY, -INFINITY },
        { -INFINITY, 2, 3, -INFINITY },
      { 1, 2, 3, 4 }, { 1e5, 1e5, -1e5, 0 }, { -800, -800, -800.5, -801 }, { 710, 709, 1000, 5 } },
    { { 5e-324, 0, 0, 0 }, { 1e-320, -2e-320, 0, 3e-320 }, { 3e-200, 4e-200, 0, 0 },
        { -3e200, 0, 4e200, 0 },
      { 1e308, 1e308, -1e308, 0 }, { 0, 0, 0, -1 }, { 1e-300, 1, 0, 0 }, { 0, 0, 0, 0 } },
    { { NAN, 1, 2, 3 }, { 1, NAN, 2, 3 }, { NAN, NAN, NAN, NAN }, { 1, 2, 3, NAN },
      { 1, -INFINITY, NAN, 0 }, { 0, 0, 0, 0 }, { 1e-200, 1e-200, NAN, 0 }, { 1, 1, 1, 1 } },
    { { INFINITY, 1, 2, 3 }, { 1, 2, INFINITY, 3 }, { INFINITY, INFINITY, 1, 2 },
        { INFINITY, -INFINITY, 1, 2 },
      { 1, 1, 1, 1 }, { 0, 0, 0, 0 }, { 1e200, 1e200, 1, 1 }, { NAN, INFINITY, 1, 1 } },
};
/* outputs: the three kernels that shift or scale */
DU_MODEL(shifting, b[], x[], y[],
    y[0] = du_norm2(b, p);
    y[1] = du_logsumexp(b, p);
    du_softmax(b, y + 2, p);
)
enum { OUTPUTS = 2 + SPECIAL };

/* arms that are NaN or infinite in lanes where they are not taken; rows of a product that are not
 * used */
DU_MODEL(masked, b[], x[], y[],
    T r[SPECIAL], l[SPECIAL], z[SPECIAL];
    for (size_t i = 0; i < SPECIAL; i++) {
        r[i] = du_sqrt(b[i]);
        l[i] = du_log(b[i]);
        z[i] = b[i];
    }
    y[0] = du_where(du_gt(b[0], 0), du_dot(l, r, 4), b[1]);
    y[1] = du_where(du_gt(b[0], 0), du_add(du_sum(r, 4), du_sqnorm(l, 4), du_logsumexp(l, 4)),
        du_mul(b[2], b[3]));
    du_axpy(r[0], l, z, 4);
    y[2] = du_where(du_gt(b[0], 0), z[1], b[0]);
    du_matvec(l, r, z, 2, 2);
    y[3] = du_where(du_gt(b[0], 0), z[0], du_sqr(b[3]));
    du_trmv(l, r + 3, r, z, 2);
    y[4] = du_where(du_gt(b[0], 0), z[1], b[2]);
    du_softmax(l, z, 4);
    y[5] = du_where(du_gt(b[0], 0), z[3], du_mul(b[0], b[1]));
)
static const double arms[LANES][SPECIAL] = { { 1, 2, 3, 4 }, { -1, 2, 3, 4 }, { 0, 0, 0, 0 },
    { -1, 2, 0, 3 }, { 0.5, 2, 0, 3 },
                                             { -1, -2, -3, -4 }, { -INFINITY, 1, 2, 3 },
                                                 { 1.25, 0.5, 2, 0.75 } };
typedef struct { double v[OUTPUTS], d[OUTPUTS][SPECIAL]; } outcome;

static void by_dual4(const du_model *f, const double *at, outcome *r)
{
    du_dual4 b[SPECIAL], y[OUTPUTS];
    for (size_t j = 0; j < SPECIAL; j++) b[j] = du_dual4_independent(at[j], j);
    f->f_dual4(b, SPECIAL, NULL, y, OUTPUTS, NULL);
    for (size_t i = 0; i < OUTPUTS; i++) {
        r->v[i] = y[i].v;
        for (size_t j = 0; j < SPECIAL; j++) r->d[i][j] = du_dual4_partial(y[i], j);
    }
}
static void by_tape(const du_model *f, const double *at, outcome *r)
{
    du_var b[SPECIAL], y[OUTPUTS];
    du_tape *t = du_tape_new(NULL);
    cr_assert_eq(du_tape_independents(t, SPECIAL, at, b), DU_OK);
    f->f_var(b, SPECIAL, NULL, y, OUTPUTS, NULL);
    for (size_t i = 0; i < OUTPUTS; i++) {
        r->v[i] = y[i].v;
        cr_assert_eq(du_tape_jacobian(t, 1, &y[i], SPECIAL, b, r->d[i]), DU_OK);
    }
    du_tape_free(t);
}
static void by_pack_dual4(const du_model *f, const double at[LANES][SPECIAL], outcome *r)
{
    du_pack_dual4 b[SPECIAL], y[OUTPUTS];
    for (size_t j = 0; j < SPECIAL; j++) {
        b[j] = du_pack_dual4_independent(du_pack_constant(0.0), j);
        for (size_t l = 0; l < LANES; l++) du_pack_set(&b[j].v, l, at[l][j]);
    }
    f->f_pack_dual4(b, SPECIAL, NULL, y, OUTPUTS, NULL);
    for (size_t l = 0; l < LANES; l++)
        for (size_t i = 0; i < OUTPUTS; i++) {
            r[l].v[i] = du_pack_get(y[i].v, l);
            for (size_t j = 0; j < SPECIAL; j++)
                r[l].d[i][j] = du_pack_get(du_pack_dual4_partial(y[i], j), l);
        }
}
static void by_pack_tape(const du_model *f, const double at[LANES][SPECIAL], outcome *r)
{
    du_pack v[SPECIAL], g[SPECIAL];
    du_pack_var b[SPECIAL], y[OUTPUTS];
    du_tape *t = du_tape_new(NULL);
    for (size_t j = 0; j < SPECIAL; j++) for (size_t l = 0; l < LANES; l++)
        du_pack_set(&v[j], l, at[l][j]);
    cr_assert_eq(du_tape_independents_pack(t, SPECIAL, v, b), DU_OK);
    f->f_pack_var(b, SPECIAL, NULL, y, OUTPUTS, NULL);
    for (size_t i = 0; i < OUTPUTS; i++) {
        cr_assert_eq(du_tape_gradient_pack(t, &y[i], SPECIAL, b, g), DU_OK);
        for (size_t l = 0; l < LANES; l++) {
            r[l].v[i] = du_pack_get(y[i].v, l);
            for (size_t j = 0; j < SPECIAL; j++) r[l].d[i][j] = du_pack_get(g[j], l);
        }
    }
    du_tape_free(t);
}

static void expect_alike(const char *type, const double *at, const outcome *got,
                         const outcome *want)
{
    for (size_t i = 0; i < OUTPUTS; i++) {
        cr_expect(alike(got->v[i], want->v[i]),
            "%s at (%g, %g, %g, %g): y[%zu] = %.17g, not %.17g", type, at[0], at[1],
                  at[2], at[3], i, got->v[i], want->v[i]);
        /* of NaN and +Inf they are what they are */
        for (size_t j = 0; j < SPECIAL && want->v[i] <= DBL_MAX; j++)
            cr_expect(alike(got->d[i][j], want->d[i][j]) || want->d[i][j] != want->d[i][j],
                "%s at (%g, %g, %g, %g): dy[%zu]/dx[%zu] = %.17g, not %.17g", type,
                      at[0], at[1], at[2], at[3], i, j, got->d[i][j], want->d[i][j]);
    }
}

static void expect_modes_alike(const du_model *f, const double at[LANES][SPECIAL])
{
    outcome dual[LANES], var[LANES], pack_dual[LANES], pack_var[LANES];
    by_pack_dual4(f, at, pack_dual);
    by_pack_tape(f, at, pack_var);
    for (size_t l = 0; l < LANES; l++) {
        by_dual4(f, at[l], &dual[l]);
        by_tape(f, at[l], &var[l]);
        expect_alike("pack_dual4", at[l], &pack_dual[l], &dual[l]);
        expect_alike("var", at[l], &var[l], &dual[l]);
        expect_alike("pack_var", at[l], &pack_var[l], &dual[l]);
    }
}

Test(special, huge_tiny_and_not_finite)
{
    for (size_t k = 0; k < LENGTH(special); k++) expect_modes_alike(&shifting, special[k]);
}

/* what they must be */
static void expect_known(const double at[SPECIAL], size_t i, double y, const double d[SPECIAL])
{
    outcome r;
    by_dual4(&shifting, at, &r);
    cr_expect(alike(r.v[i], y), "y[%zu] at (%g, %g, ...) is %.17g, not %.17g", i, at[0], at[1],
        r.v[i], y);
    for (size_t j = 0; j < SPECIAL; j++)
        cr_expect(alike(r.d[i][j], d[j]), "dy[%zu]/dx[%zu] at (%g, %g, ...) is %.17g, not %.17g",
            i, j, at[0], at[1], r.d[i][j], d[j]);
}
#define POINT(...) (const double[SPECIAL]){ __VA_ARGS__ }
Test(special, known)
{
    const double third = 0.57735026918962576451;
    expect_known(POINT(0), 0, 0.0, POINT(0));
    expect_known(POINT(5e-324), 0, 5e-324, POINT(1));
    expect_known(POINT(0, 3e-200, 4e-200), 0, 5e-200, POINT(0, 0.6, 0.8));
    expect_known(POINT(-3e200, 0, 4e200), 0, 5e200, POINT(-0.6, 0, 0.8));
    expect_known(POINT(9e307, 9e307, -9e307), 0, 9e307 / third, POINT(third, third, -third));
    expect_known(POINT(-INFINITY, -INFINITY, -INFINITY, -INFINITY), 1, -(double)INFINITY, POINT(0));
    expect_known(POINT(1e308, -1e308, 0, 1), 1, 1e308, POINT(1));
    expect_known(POINT(-INFINITY, -1e5, -1e5, -INFINITY), 1, -1e5 + log(2.0), POINT(0, 0.5, 0.5));
    expect_known(POINT(-INFINITY, -1e5, -1e5, -INFINITY), 3, 0.5, POINT(0, 0.25, -0.25));
    expect_known(POINT(1e5, -1e5, 0, 1), 2, 1.0, POINT(0));
}

Test(special, arms_not_taken_and_rows_not_used) { expect_modes_alike(&masked, arms); }

Test(special, signs_of_zero_in_a_triangle)
{
    enum { SIDE = 17 };
    du_var diag[SIDE], lower[SIDE * (SIDE - 1) / 2], x[SIDE], y[SIDE];
    double one[SIDE], none[SIDE * (SIDE - 1) / 2] = { 0 }, minus[SIDE];
    for (size_t i = 0; i < SIDE; i++) one[i] = 1.0, minus[i] = -0.0;
    for (size_t n = 1; n <= SIDE; n++) {
        du_tape *t = du_tape_new(NULL);
        cr_assert_eq(du_tape_independents(t, n, one, diag), DU_OK);
        cr_assert_eq(du_tape_independents(t, LENGTH(none), none, lower), DU_OK);
        cr_assert_eq(du_tape_independents(t, n, minus, x), DU_OK);
        du_trmv(diag, lower, x, y, n);
        for (size_t i = 0; i < n; i++) cr_expect(y[i].v == 0.0 && signbit(y[i].v),
            "row %zu of %zu", i, n);
        du_tape_free(t);
    }
}
