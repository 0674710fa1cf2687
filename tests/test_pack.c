/* tests/test_pack.c - packs: what a packed type computes in a lane is what the scalar type computes
 * there. The elementary functions at the arguments of the tables of tests/data and over the
 * intervals of SLEEF, every operation of every packed type, masks, strong zeros; layout; the tape
 * of du_pack_var; packed instances of models. Built with SLEEF and, as pack_without_sleef, lane by
 * lane.
 * SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DU_N 3
#define DU_OF_PACKS
#include <duet/dualn.h>
#define DU_N 3
#include <duet/dualn.h>

enum { LANES = DU_PACK_LANES, INPUTS = 2, DATA = 4, MOST = 17, DIRECTIONS = 8 };
#define LENGTH(a) (sizeof(a) / sizeof *(a))

static const double inf = (double)INFINITY, nan_ = (double)NAN;

/* ---- comparing, and numbers to compare at ---- */

static const double tolerance = 1.6e-15;

/* relative difference; 0 for two NaN and within two units of the last place of subnormal numbers */
static double difference(double got, double want)
{
    if (got == want || (got != got && want != want) || fabs(got - want) <= 2.0 * DBL_TRUE_MIN)
        return 0.0;
    double d = fabs(got - want) / fabs(want);
    return d <= DBL_MAX ? d : inf;
}

static uint64_t random_bits(void)
{
    static uint64_t s = 88172645463325252u;
    s ^= s << 13;
    s ^= s >> 7;
    return s ^= s << 17;
}
static double between(double lo, double hi)
{
    double u = (double)(random_bits() >> 11) * 0x1p-53;
    return lo * (1.0 - u) + hi * u;
}
static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
#define ONE_OF(list) ((list)[random_bits() % LENGTH(list)])

/* ---- operations: each formula once, for all types, its outputs in every form of its operands ----
 */

/* du_<type of T>_<op> */
#define PLAIN_CASE(t, op, ...) du_##t: du_##t##_##op,
#define PLAIN(op) \
    _Generic(*(T *)0, DU_NUMBER_TYPES(PLAIN_CASE, op) DU_PACK_NUMBER_TYPES(PLAIN_CASE, op) \
        du_pack: du_pack_##op, default: du_double_##op)

/* b the active operands, x[0] and x[1] the same as data, x[2] and x[3] factors that may be 0, c a
 * double */
#define OPERATION1(name) \
    DU_MODEL(op_##name, b[], x[], y[], \
        y[0] = du_##name(b[0]); \
        y[1] = PLAIN(name)(b[0]); \
        y[2] = PLAIN(lift)(du_##name(x[0])); \
        y[3] = du_##name(du_mul(b[0], x[2])); \
    )
#define OPERATION2(name) \
    DU_MODEL(op_##name, b[], x[], y[], \
        const double c = *(const double *)ctx; \
        y[0] = du_##name(b[0], b[1]); \
        y[1] = PLAIN(name)(b[0], b[1]); \
        y[2] = du_##name(b[0], x[1]); \
        y[3] = PLAIN(name##_s)(b[0], x[1]); \
        y[4] = du_##name(x[0], b[1]); \
        y[5] = PLAIN(s_##name)(x[0], b[1]); \
        y[6] = du_##name(b[0], c); \
        y[7] = du_##name(c, b[1]); \
        y[8] = PLAIN(lift)(du_##name(x[0], x[1])); \
        y[9] = PLAIN(lift)(du_##name(x[0], c)); \
        y[10] = PLAIN(lift)(du_##name(c, x[1])); \
        y[11] = du_##name(du_mul(b[0], x[2]), du_mul(b[1], x[3])); \
        y[12] = du_##name(b[0], b[0]); \
        y[13] = du_##name(PLAIN(constant)(c), b[1]); \
        y[14] = du_##name(b[0], PLAIN(lift)(x[1])); \
        y[15] = du_##name(du_mul(b[0], x[2]), x[1]); \
        y[16] = du_##name(x[0], du_mul(b[1], x[3])); \
    )
#define ARITHMETIC(X) X(add) X(sub) X(mul) X(div)
#if DU_STRAIGHT
#define SPARSE_TOO
#endif
#define DU_UNARY(name, ...) OPERATION1(name)
#include <duet/detail/rules.def>
ARITHMETIC(OPERATION2)
/* sparse numbers take these by what they take the others by; to compile them too would take a
 * minute */
#undef DU_STRAIGHT
#define DU_STRAIGHT 0
#define DU_BINARY(name, ...) OPERATION2(name)
#include <duet/detail/rules.def>
#ifdef SPARSE_TOO
#undef DU_STRAIGHT
#define DU_STRAIGHT 1
#endif

DU_MODEL(op_fma, b[], x[], y[],
    const double c = *(const double *)ctx;
    y[0] = du_fma(b[0], b[1], b[0]);
    y[1] = PLAIN(fma)(b[1], b[1], b[0]);
    y[2] = du_fma(x[0], b[1], c);
    y[3] = du_fma(b[0], 2, x[1]);
    y[4] = du_fma(c, x[0], b[1]);
    y[5] = PLAIN(lift)(du_fma(x[0], x[1], c));
    y[6] = du_fma(du_mul(b[0], x[2]), du_mul(b[1], x[3]), x[0]);
    y[7] = du_add(b[0], b[1], du_mul(b[0], b[1]));
    y[8] = du_add(du_mul(b[0], x[2]), du_mul(b[0], b[1]), du_mul(b[1], x[3]));
    y[9] = du_fma(b[0], du_mul(b[0], b[1]), du_exp(b[1]));
)
/* numbers of every kind on all sides */
DU_MODEL(op_mixed, b[], x[], y[],
    const double c = *(const double *)ctx;
    const float half = 0.5f;
    y[0] = du_add(b[0], 2, x[0], 1.5L, b[1], c);
    y[1] = du_mul(3, b[0], x[1], 2L, half, b[1]);
    y[2] = du_sub(b[0], 1);
    y[3] = du_sub(4ULL, b[1]);
    y[4] = du_div(b[0], 8);
    y[5] = du_div(1, b[1]);
    y[6] = du_constant(T, 3);
    y[7] = PLAIN(lift)(du_value(b[0]));
    y[8] = PLAIN(lift)(du_constant(D, 7L));
    y[9] = PLAIN(lift)(du_value(x[1]));
    y[10] = PLAIN(lift)(du_add(x[0], x[1], 3, c));
    y[11] = du_hypot(b[0], 3);
    y[12] = du_pow(2, b[1]);
)
static const int exponents[] = { -20, -17, -16, -3, -1, 0, 1, 2, 3, 7, 16, 17, 20 };
DU_MODEL(op_powi, b[], x[], y[],
    for (size_t i = 0; i < LENGTH(exponents); i++) y[i] = du_powi(b[0], exponents[i]);
    y[13] = PLAIN(lift)(du_powi(x[0], 3));
    y[14] = du_powi(du_mul(b[0], x[2]), -1);
)
DU_MODEL(op_polynomial, b[], x[], y[],
    static const double k[] = { 5.0, -4.0, 3.0, 2.0 };
    y[0] = du_polynomial(k, 4, b[0]);
    y[1] = du_polynomial(k, 1, b[0]);
    y[2] = du_polynomial(k, 0, b[0]);
    y[3] = PLAIN(lift)(du_polynomial(k, 3, x[0]));
)
/* masks that differ by lane; arms that are NaN or infinite where they are not taken */
DU_MODEL(op_where, b[], x[], y[],
    const double c = *(const double *)ctx;
    y[0] = du_where(du_gt(b[0], 0.0), du_log(b[0]), du_mul(b[0], b[1]));
    y[1] = du_where(du_lt(b[0], 0), du_sqr(b[1]), du_sqrt(b[0]));
    y[2] = du_where(du_and(du_gt(b[0], x[1]), du_not(du_lt(b[1], c))), b[0], x[0]);
    y[3] = du_where(du_or(du_le(x[0], b[1]), du_ge(c, b[0])), 2, b[1]);
    y[4] = du_where(du_eq(b[0], b[1]), 3.5, du_div(x[0], du_sub(b[0], b[1])));
    y[5] = du_where(du_ne(b[0], b[0]), c, du_mul(b[0], du_sqrt(b[1])));
    y[6] = du_where(c > 0.5, b[0], b[1]);
    y[7] = PLAIN(lift)(du_where(du_lt(x[0], x[1]), x[0], c));
    y[8] = du_where(du_lt(c, x[1]), du_pow(b[0], b[1]), du_exp(b[1]));
    y[9] = du_mul(du_where(du_gt(b[0], 0), du_mul(du_sqrt(b[0]), du_inv(b[1])), b[1]), b[0]);
    y[10] = du_where(du_lt(b[0], 0), du_mul(b[1], b[1]), du_mul(du_log(b[0]), du_log(b[1])));
    y[11] = du_where(du_not(du_le(b[0], 1.0)), x[1], du_where(du_ge(b[1], b[0]), du_atanh(b[0]),
        b[1]));
    y[12] = du_where(du_eq(x[2], 0), b[1], du_div(du_mul(b[0], b[1]), x[2]));
    y[13] = du_where(du_gt(b[0], 0), du_fma(du_inv(b[0]), du_inv(du_sqr(b[1])),
        du_inv(du_mul(b[0], du_sqr(b[1])))), b[1]);
)

/* ---- models: the file form for packs too, helpers, scalar models ---- */

#define DU_INSTANCE_PACKS
#include "polar_inverse.inc"
DU_FUNCTION_OF(polar_inverse, x[], y[]);
DU_MODEL_OF(spiral, b[], x[], y[]);

DU_HELPER(line, (const D *x, T slope, D at, const T *b, double c),
    return du_fma(slope, at, du_add(b[0], c, x[0]));)
DU_HELPER(scale, (const D x, D *out, const T a), *out = du_mul(x, 2); return du_mul(a, x);)
DU_MODEL(op_helpers, b[], x[], y[],
    const double c = *(const double *)ctx;
    D twice;
    y[0] = DU_CALL(line, x, b[1], x[1], b, c);
    y[1] = DU_CALL(scale, x[0], &twice, b[0]);
    y[2] = du_mul(twice, b[1]);
)
DU_SCALAR_HELPER(magnitude, (T a), if (du_value(a) < 0.0) return du_neg(a); return a;)
DU_SCALAR_MODEL(branching, b[], x[], y[], y[0] = x[0] > 0.0 ? du_mul(b[0], x[0])
    : DU_CALL(magnitude, b[0]);)

/* ---- the table ---- */

typedef struct {
    const char *name;
    const du_model *f;
    size_t n, m;                        /* active operands, outputs */
    double lo[INPUTS], hi[INPUTS];      /* the sample domain */
    void (*f_straight)(const du_straight *b, size_t n, const double *x, du_straight *y, size_t m,
        const void *ctx);
    void (*f_pack_straight)(const du_pack_straight *b, size_t n, const du_pack *x,
        du_pack_straight *y, size_t m, const void *ctx);
} operation;
#ifndef SPARSE_TOO
#define SPARSE(f) NULL, NULL
#elif DU_PACK_VECTORS > 2 /* then there are none over packs */
#define SPARSE(f) f##_straight, NULL
#else
#define SPARSE(f) f##_straight, f##_pack_straight
#endif

static const operation operations[] = {
#define DU_UNARY(name, value, first, second, lo, hi) \
    { #name, &op_##name, 1, 4, { lo }, { hi }, SPARSE(op_##name) },
#define DU_BINARY(name, value, da, db, daa, dab, dbb, alo, ahi, blo, bhi) \
    { #name, &op_##name, 2, 17, { alo, blo }, { ahi, bhi }, NULL, NULL },
#include <duet/detail/rules.def>
#define OPERATION(name) \
    { #name, &op_##name, 2, 17, { -3.0, 0.25 }, { 3.0, 9.0 }, SPARSE(op_##name) },
    ARITHMETIC(OPERATION)
    { "fma", &op_fma, 2, 10, { 0.25, 0.25 }, { 3.0, 3.0 }, SPARSE(op_fma) },
    { "mixed", &op_mixed, 2, 13, { -3.0, 0.25 }, { 3.0, 9.0 }, SPARSE(op_mixed) },
    { "powi", &op_powi, 1, 15, { -3.0 }, { 3.0 }, SPARSE(op_powi) },
    { "polynomial", &op_polynomial, 1, 4, { 0.5 }, { 3.0 }, SPARSE(op_polynomial) },
    { "where", &op_where, 2, 14, { -2.0, -2.0 }, { 2.0, 2.0 }, SPARSE(op_where) },
    { "spiral", &spiral, 2, 1, { -9.0, 1.0 }, { -5.0, 2.0 }, SPARSE(spiral) },
    { "helpers", &op_helpers, 2, 3, { 0.5, 0.5 }, { 3.0, 3.0 }, SPARSE(op_helpers) },
};

static const operation *find(const char *name)
{
    size_t i = 0;
    while (i < LENGTH(operations) && strcmp(operations[i].name, name)) i++;
    cr_assert_lt(i, LENGTH(operations), "no operation %s", name);
    return &operations[i];
}

/* ---- an operation at eight points, by a scalar type a lane at a time, or packed ---- */

typedef struct { double b[INPUTS][LANES], x[DATA][LANES], seed[INPUTS][LANES], c; } point;
typedef struct { double v[MOST][LANES], d[MOST][DIRECTIONS][LANES]; } result;
typedef void evaluator(const operation *o, const point *p, result *r);

/* Forward: a number of N directions over W lanes is (1 + N) W doubles. With one direction, a pass
 * for each input; else each input has a direction of its own. */
#define FORWARD(t, D, W, directions) \
    static void by_##t(const operation *o, const point *p, result *r) \
    { \
        const size_t N = directions; \
        for (size_t l = 0; l < LANES; l += W) \
            for (size_t pass = 0; pass < (N == 1 ? INPUTS : 1); pass++) { \
                du_##t b[INPUTS], y[MOST]; \
                D x[DATA]; \
                double raw[(1 + directions) * W]; \
                for (size_t j = 0; j < DATA; j++) memcpy(&x[j], p->x[j] + l, sizeof x[j]); \
                for (size_t j = 0; j < INPUTS; j++) { \
                    memset(raw, 0, sizeof raw); \
                    memcpy(raw, p->b[j] + l, W * sizeof *raw); \
                    if (N > 1 || (N == 1 && pass == j)) \
                        memcpy(raw + (size_t)(1 + (j == 0 ? N / 3 : N - 1)) * W, p->seed[j] + l, \
                            W * sizeof *raw); \
                    memcpy(&b[j], raw, sizeof raw); \
                } \
                o->f->f_##t(b, o->n, x, y, o->m, &p->c); \
                for (size_t i = 0; i < o->m; i++) { \
                    memcpy(raw, &y[i], sizeof raw); \
                    memcpy(r->v[i] + l, raw, W * sizeof *raw); \
                    for (size_t k = 0; k < N; k++) \
                        memcpy(r->d[i][pass + k] + l, raw + (1 + k) * W, W * sizeof *raw); \
                } \
            } \
    }
#define ONE_AND_EIGHT(t, N) FORWARD(t, double, 1, N) FORWARD(pack_##t, du_pack, LANES, N)
FORWARD(double, double, 1, 0)
FORWARD(pack, du_pack, LANES, 0)
ONE_AND_EIGHT(dual, 1)
ONE_AND_EIGHT(dual4, 4)
ONE_AND_EIGHT(dual8, 8)

static int gradient_one(du_tape *t, const du_var *y, size_t n, const du_var x[], double g[])
{
    du_tape_zero_gradients(t);
    int status = du_tape_sweep(t, 1, y, NULL);
    return status ? status : du_tape_gradient(t, n, x, g);
}

#define REVERSE(t, D, W, independents, gradient) \
    static void by_##t(const operation *o, const point *p, result *r) \
    { \
        du_tape *tape = du_tape_new(NULL); \
        for (size_t l = 0; l < LANES; l += W) { \
            du_##t b[INPUTS], y[MOST]; \
            D v[INPUTS], x[DATA], g[INPUTS]; \
            for (size_t j = 0; j < DATA; j++) memcpy(&x[j], p->x[j] + l, sizeof x[j]); \
            for (size_t j = 0; j < INPUTS; j++) memcpy(&v[j], p->b[j] + l, sizeof v[j]); \
            du_tape_reset(tape); \
            cr_assert_eq(independents(tape, INPUTS, v, b), DU_OK); \
            o->f->f_##t(b, o->n, x, y, o->m, &p->c); \
            for (size_t i = 0; i < o->m; i++) { \
                D value = du_##t##_value(y[i]); \
                memcpy(r->v[i] + l, &value, sizeof value); \
                cr_assert_eq(gradient(tape, &y[i], INPUTS, b, g), DU_OK, "%s, output %zu", \
                    o->name, i); \
                for (size_t j = 0; j < INPUTS; j++) memcpy(r->d[i][j] + l, &g[j], sizeof g[j]); \
            } \
        } \
        du_tape_free(tape); \
    }
REVERSE(var, double, 1, du_tape_independents, gradient_one)
REVERSE(pack_var, du_pack, LANES, du_tape_independents_pack, du_tape_gradient_pack)

/* an input has a direction of its own, away from the others */
#define BY_SPARSE(t, D, W) \
    static void by_##t(const operation *o, const point *p, result *r) \
    { \
        static const size_t at[INPUTS] = { 3, 12 }; \
        for (size_t l = 0; l < LANES; l += W) { \
            du_##t b[INPUTS]; \
            static du_##t y[MOST]; \
            D v[INPUTS], x[DATA]; \
            for (size_t j = 0; j < DATA; j++) memcpy(&x[j], p->x[j] + l, sizeof x[j]); \
            for (size_t j = 0; j < INPUTS; j++) { \
                memcpy(&v[j], p->b[j] + l, sizeof v[j]); \
                b[j] = du_##t##_independent(v[j], (unsigned)at[j]); \
                memcpy(&b[j].w[at[j]], p->seed[j] + l, sizeof v[j]); \
            } \
            o->f_##t(b, o->n, x, y, o->m, &p->c); \
            for (size_t i = 0; i < o->m; i++) { \
                v[0] = du_##t##_value(y[i]); \
                memcpy(r->v[i] + l, &v[0], sizeof v[0]); \
                for (size_t j = 0; j < INPUTS; j++) { \
                    v[0] = du_##t##_partial(y[i], at[j]); \
                    memcpy(r->d[i][j] + l, &v[0], sizeof v[0]); \
                } \
            } \
        } \
    }
BY_SPARSE(straight, double, 1)
BY_SPARSE(pack_straight, du_pack, LANES)

/* packed type, scalar type, directions */
#define PAIRS(X) \
    X(pack, double, 0) X(pack_dual, dual, INPUTS) X(pack_dual4, dual4, 4) X(pack_dual8, dual8, 8) \
        X(pack_var, var, INPUTS)

typedef struct { const char *name; evaluator *packed, *scalar; size_t directions; } pair;
#define PAIR(p, s, n) static const pair p##_lanes = { #p, by_##p, by_##s, n };
PAIRS(PAIR)

static int shown; /* the first failures are enough */

static void expect_lane(const operation *o, const pair *q, const point *p, size_t i, size_t l,
                        const char *what,
                        size_t k, double got, double want, double *worst)
{
    double d = difference(got, want);
    if (d <= DBL_MAX && d > *worst) *worst = d;
    if (d <= tolerance || shown++ > 20) return;
    cr_expect(0, "%s, %s, output %zu, lane %zu at (%.17g, %.17g), x %g %g, seeds %g %g, c %g: %s "
            "%zu is %.17g, not %.17g",
              o->name, q->name, i, l, p->b[0][l], p->b[1][l], p->x[2][l], p->x[3][l],
                  p->seed[0][l], p->seed[1][l],
              p->c, what, k, got, want);
}

/* An operand times 0 is inactive: the derivative in it is 0, through an infinite or NaN derivative
 * too. Outputs of OPERATION1 and OPERATION2 have the factors x[2] and x[3]. */
static void expect_strong_zeros(const operation *o, const pair *q, const point *p, const result *r)
{
    static const struct { size_t m, output, input; } zeros[] = { { 4, 3, 0 }, { 17, 11, 0 },
        { 17, 11, 1 }, { 17, 15, 0 }, { 17, 16, 1 } };
    for (size_t z = 0; z < LENGTH(zeros); z++)
        for (size_t l = 0; l < LANES; l++) {
            size_t i = zeros[z].output, j = zeros[z].input, k = q->directions <= INPUTS ? j : j
                ? q->directions - 1 : q->directions / 3;
            if (zeros[z].m != o->m || p->x[2 + j][l] != 0.0 || q->directions == 0
                || r->d[i][k][l] == 0.0 || shown++ > 20) continue;
            cr_expect(0, "%s, %s, output %zu, lane %zu at (%g, %g), x %g %g: a derivative of 0 "
                    "became %g", o->name, q->name, i, l,
                      p->b[0][l], p->b[1][l], p->x[0][l], p->x[1][l], r->d[i][k][l]);
        }
}

/* the largest difference */
static double compare(const operation *o, const pair *q, const point *p)
{
    static result packed, scalar;
    double worst = 0.0;
    q->packed(o, p, &packed);
    q->scalar(o, p, &scalar);
    expect_strong_zeros(o, q, p, &packed);
    expect_strong_zeros(o, q, p, &scalar);
    for (size_t i = 0; i < o->m; i++)
        for (size_t l = 0; l < LANES; l++) {
            expect_lane(o, q, p, i, l, "value", 0, packed.v[i][l], scalar.v[i][l], &worst);
            for (size_t k = 0; k < q->directions; k++)
                expect_lane(o, q, p, i, l, "derivative", k, packed.d[i][k][l], scalar.d[i][k][l],
                    &worst);
        }
    return worst;
}

/* ---- every operation of every packed type, lane by lane ---- */

/* eight points of the sample domain */
static point sample(const operation *o)
{
    static const double seeds[] = { 1.0, -2.0, 0.75, 0.0 }, factors[] = { 1.0, -0.5, 1.25, 1.0 };
    point p;
    for (size_t l = 0; l < LANES; l++) {
        for (size_t j = 0; j < INPUTS; j++) {
            p.b[j][l] = between(o->lo[j], o->hi[j]);
            p.x[j][l] = between(o->lo[j], o->hi[j]);
            p.seed[j][l] = ONE_OF(seeds);
            p.x[2 + j][l] = ONE_OF(factors);
        }
        for (size_t j = 0; j < INPUTS; j++) if (p.b[j][l] * p.x[2 + j][l] < o->lo[j])
            p.x[2 + j][l] = 1.0;
    }
    p.c = between(fmax(o->lo[0], o->lo[1]), fmin(o->hi[0], o->hi[1]));
    return p;
}

/* ends of the range, kinks and poles, with seeds and factors of zero among them */
static point specials(void)
{
    const double values[] = { 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.25, -0.01, 30.0,
        -30.0, 800.0, -800.0,
                              1e-5, 1e10, -1e10, 1e16, 1e200, -1e200, 1e-200, DBL_MAX, DBL_MIN,
                                  1e-310, inf, -inf, nan_ };
    const double seeds[] = { 0.0, 1.0, -2.0, 0.0 }, factors[] = { 0.0, 1.0, -1.0, 0.0, 2.0 };
    point p;
    for (size_t l = 0; l < LANES; l++)
        for (size_t j = 0; j < INPUTS; j++) {
            p.b[j][l] = ONE_OF(values);
            p.x[j][l] = ONE_OF(values);
            p.seed[j][l] = ONE_OF(seeds);
            p.x[2 + j][l] = ONE_OF(factors);
        }
    p.c = ONE_OF(values);
    return p;
}

static void check_pair(const pair *q)
{
    for (size_t i = 0; i < LENGTH(operations); i++) {
        const operation *o = &operations[i];
        double worst = 0.0, end = 0.0;
        for (int k = 0; k < 25; k++) {
            point p = sample(o), s = specials();
            worst = fmax(worst, compare(o, q, &p));
            end = fmax(end, compare(o, q, &s));
        }
        cr_log_info("%s, %s: %.2g in the domain, %.2g at the ends\n", q->name, o->name, worst, end);
    }
}

#define LANE_TEST(p, s, n) Test(lanes, p) { check_pair(&p##_lanes); }
PAIRS(LANE_TEST)

/* ---- the tables of tests/data: each row alone in all lanes and among others in any lane ---- */

typedef struct { const operation *o; double x[INPUTS]; } row;
enum { ROWS = 8192 };

/* reads func, then the columns of arguments; pow of one argument has its exponent first */
static size_t read_rows(const char *file, int unary, row *rows, size_t count)
{
    char path[4096], line[1024];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s cannot be read", path);
    cr_assert_not_null(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        char *at = line;
        row *r = &rows[count++];
        cr_assert_leq(count, ROWS);
        r->o = find(strsep(&at, ","));
        double first = strtod(strsep(&at, ","), NULL), second = strtod(strsep(&at, ","), NULL);
        r->x[0] = unary ? second : first;
        r->x[1] = unary ? first : second;
    }
    fclose(f);
    return count;
}

static void put(point *p, size_t lane, const row *r)
{
    for (size_t j = 0; j < INPUTS; j++) {
        p->b[j][lane] = p->x[j][lane] = r->x[j];
        p->x[2 + j][lane] = p->seed[j][lane] = 1.0;
    }
    p->c = r->x[r->o->n - 1];
}

/* rows[n] of one operation */
static double compare_rows(const pair *q, const row *rows, size_t n)
{
    double worst = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t step = 0; step < 24; step += step < 2 ? 1 : 7) { /* 0: alone */
            point p;
            for (size_t l = 0; l < LANES; l++) put(&p, l, &rows[(i + l * step) % n]);
            worst = fmax(worst, compare(rows->o, q, &p));
        }
    return worst;
}

static void check_tables(const pair *q)
{
    static row all[ROWS], rows[ROWS];
    size_t count = read_rows("unary.csv", 1, all, 0), tested = 0;
    count = read_rows("binary.csv", 0, all, count);
    for (size_t k = 0; k < LENGTH(operations); k++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++) if (all[i].o == &operations[k]) rows[n++] = all[i];
        if (n == 0) continue;
        cr_log_info("%s, %s: %zu rows, %.2g\n", q->name, operations[k].name, n,
            compare_rows(q, rows, n));
        tested += n;
    }
    cr_expect_eq(tested, count);
    cr_expect_gt(tested, 3000);
}

Test(tables, pack) { check_tables(&pack_lanes); }
Test(tables, pack_dual) { check_tables(&pack_dual_lanes); }
Test(tables, pack_var) { check_tables(&pack_var_lanes); }

/* ---- the vector functions over the intervals in which they are SLEEF's, at their ends, and beyond
 * ---- */

typedef struct {
    const char *name;
    du_native (*packed)(du_native x);
    double (*scalar)(double x);
    double lo, hi;
} vector_function;

static const vector_function vector_functions[] = {
#define VECTOR_FUNCTION(f, accuracy, lo, hi) { #f, du_native_##f, du_real_##f, lo, hi },
    DU_SLEEF1(VECTOR_FUNCTION)
    VECTOR_FUNCTION(sqrt, , -INFINITY, INFINITY)
    VECTOR_FUNCTION(logistic, , -INFINITY, INFINITY)
};

/* evenly spread; of any magnitude; of moderate magnitude; near multiples of pi/2, where sin, cos
 * and tan are small or large */
static double argument(double lo, double hi, int kind)
{
    double x;
    if (kind == 0) return between(fmax(lo, -1e3), fmin(hi, 1e3));
    if (kind == 1) return between(fmax(lo, -DBL_MAX), fmin(hi, DBL_MAX));
    do {
        uint64_t bits = random_bits();
        if (kind == 3) bits = (bits & ~((uint64_t)0x7ff << 52)) | (983 + random_bits() % 60) << 52;
        x = from_bits(bits);
        if (kind == 4) x = rint(between(-1.0, 1.0) * fmin(hi, 1e14)) * 1.57079632679489661923;
    } while (x != x || !((x >= lo && x <= hi) || (-x >= lo && -x <= hi)));
    return x >= lo && x <= hi ? x : -x;
}

static double check_lanes(const vector_function *f, du_native x)
{
    du_native y = f->packed(x);
    double worst = 0.0;
    for (size_t i = 0; i < DU_NATIVE_LANES; i++) {
        double want = f->scalar(x[i]), d = difference(y[i], want);
        worst = fmax(worst, d);
        if (d > tolerance && shown++ <= 20) cr_expect(0, "%s(%.17g) = %.17g, not %.17g", f->name,
            x[i], y[i], want);
    }
    return worst;
}

Test(vector, over_the_intervals)
{
    for (size_t k = 0; k < LENGTH(vector_functions); k++) {
        const vector_function *f = &vector_functions[k];
        double worst = 0.0;
        for (size_t i = 0; i < 1000000 / DU_NATIVE_LANES; i++) {
            du_native x;
            for (size_t l = 0; l < DU_NATIVE_LANES; l++)
                x[l] = argument(f->lo, f->hi, (int)(i % 5));
            worst = fmax(worst, check_lanes(f, x));
        }
        cr_log_info("%s in [%g, %g]: %.2g\n", f->name, f->lo, f->hi, worst);
    }
}

/* the last arguments inside and the first outside, alone and with others */
Test(vector, at_the_ends)
{
    const double special[] = { 0.0, -0.0, 1.0, -1.0, 0.5, DBL_MIN, 1e-310, DBL_TRUE_MIN, DBL_MAX,
        -DBL_MAX, inf, -inf, nan_ };
    for (size_t k = 0; k < LENGTH(vector_functions); k++) {
        const vector_function *f = &vector_functions[k];
        for (int side = 0; side < 4; side++) {
            double x = side & 1 ? f->lo : f->hi, to = side & 2 ? inf : -inf;
            for (int i = 0; i < 64; i++, x = nextafter(x, to)) {
                du_native mixed = DU_SPLAT(x);
                mixed[i % DU_NATIVE_LANES] = argument(f->lo, f->hi, 2);
                check_lanes(f, DU_SPLAT(x));
                check_lanes(f, mixed);
            }
        }
        for (size_t i = 0; i < LENGTH(special); i++)
            for (size_t l = 0; l < DU_NATIVE_LANES; l++) {
                du_native mixed = DU_SPLAT(0.75);
                mixed[l] = special[i];
                check_lanes(f, mixed);
                check_lanes(f, DU_SPLAT(special[i]));
            }
    }
}

/* pow where it neither overflows nor underflows too soon, of negative numbers, and of any bits */
Test(vector, pow_and_atan2)
{
    for (size_t k = 0; k < 1000000; k++) {
        du_native a, b, pow_ab, atan2_ab;
        for (size_t i = 0; i < DU_NATIVE_LANES; i++) {
            a[i] = from_bits(random_bits());
            b[i] = from_bits(random_bits());
            if (k % 4 == 1) b[i] = between(-745.0, 745.0) / log(a[i] = fabs(a[i]));
            if (k % 4 == 2) a[i] = between(-9.0, 9.0), b[i] = rint(between(-300.0, 300.0));
            if (k % 4 == 3) a[i] = 1.0 + between(-1e-3, 1e-3), b[i] = between(-7e5, 7e5);
        }
        pow_ab = du_native_pow(a, b);
        atan2_ab = du_native_atan2(a, b);
        for (size_t i = 0; i < DU_NATIVE_LANES; i++) {
            int right = difference(pow_ab[i], pow(a[i], b[i])) <= tolerance
                     && difference(atan2_ab[i], atan2(a[i], b[i])) <= tolerance;
            if (!right && shown++ <= 20)
                cr_expect(0, "(%.17g, %.17g): pow %.17g, not %.17g; atan2 %.17g, not %.17g", a[i],
                    b[i], pow_ab[i],
                          pow(a[i], b[i]), atan2_ab[i], atan2(a[i], b[i]));
        }
    }
}

/* one rounding, whatever the compiler makes of a * b + c */
Test(vector, fma_rounds_once)
{
    for (int k = 0; k < 1000; k++) {
        double a[LANES], b[LANES], c[LANES];
        for (size_t l = 0; l < LANES; l++) a[l] = between(1.0, 2.0), b[l] = between(1.0, 2.0),
            c[l] = -a[l] * b[l];
        du_pack y = du_fma(du_pack_load(a), du_pack_load(b), du_pack_load(c));
        for (size_t l = 0; l < LANES; l++) cr_expect_eq(du_pack_get(y, l), fma(a[l], b[l], c[l]));
    }
}

/* ---- any number of directions: du_pack_dual3 against du_dual3 ---- */

static void expect_custom(const char *name, const du_pack_dual3 *packed,
                          const du_dual3 scalar[LANES])
{
    for (size_t l = 0; l < LANES; l++) {
        double got[4] = { du_pack_get(du_pack_dual3_value(*packed), l) },
            want[4] = { du_dual3_value(scalar[l]) };
        for (size_t i = 0; i < 3; i++) {
            got[1 + i] = du_pack_get(du_pack_dual3_partial(*packed, i), l);
            want[1 + i] = du_dual3_partial(scalar[l], i);
        }
        for (size_t i = 0; i < 4; i++)
            cr_expect(difference(got[i], want[i]) <= tolerance,
                "%s, lane %zu, number %zu: %.17g, not %.17g", name, l,
                      i, got[i], want[i]);
    }
}

typedef struct { du_pack_dual3 A, B; du_pack S; du_dual3 a[LANES], b[LANES]; double s[LANES]; }
    custom;

/* a in direction 0, b in directions 2 and, with 0.5, 1 */
static custom custom_point(const char *name)
{
    const operation *o = find(name);
    point p = sample(o);
    custom u = { .A = du_pack_dual3_independent(du_pack_load(p.b[0]), 0),
        .S = du_pack_load(p.x[o->n - 1]),
                 .B = du_pack_dual3_independent(du_pack_load(p.b[1]), 2) };
    du_pack_dual3_seed(&u.B, 1, 0.5);
    for (size_t l = 0; l < LANES; l++) {
        u.a[l] = du_dual3_independent(p.b[0][l], 0);
        u.b[l] = du_dual3_independent(p.b[1][l], 2);
        du_dual3_seed(&u.b[l], 1, 0.5);
        u.s[l] = p.x[o->n - 1][l];
    }
    return u;
}

#define CUSTOM(what, packed, scalar) \
    { \
        du_pack_dual3 got = packed; \
        du_dual3 want[LANES]; \
        for (size_t l = 0; l < LANES; l++) want[l] = scalar; \
        expect_custom(what, &got, want); \
    }
Test(custom_n, every_operation)
{
#define DU_UNARY(name, ...) \
    { \
        custom u = custom_point(#name); \
        CUSTOM(#name, du_pack_dual3_##name(u.A), du_dual3_##name(u.a[l])) \
    }
#define DU_BINARY(name, ...) CUSTOM2(name)
#define CUSTOM2(name) \
    { \
        custom u = custom_point(#name); \
        CUSTOM(#name, du_pack_dual3_##name(u.A, u.B), du_dual3_##name(u.a[l], u.b[l])) \
        CUSTOM(#name "_s", du_pack_dual3_##name##_s(u.A, u.S), \
            du_dual3_##name##_s(u.a[l], u.s[l])) \
        CUSTOM("s_" #name, du_pack_dual3_s_##name(u.S, u.B), du_dual3_s_##name(u.s[l], u.b[l])) \
        CUSTOM(#name "_d", du_pack_dual3_##name##_d(u.A, u.s[0]), \
            du_dual3_##name##_s(u.a[l], u.s[0])) \
        CUSTOM("d_" #name, du_pack_dual3_d_##name(u.s[0], u.B), du_dual3_s_##name(u.s[0], u.b[l])) \
    }
#include <duet/detail/rules.def>
    ARITHMETIC(CUSTOM2)
}

/* ---- layout: the same for every -march ---- */

Test(layout, sizes_and_offsets)
{
    cr_expect_eq(sizeof(du_pack), 64);
    cr_expect_eq(sizeof(du_mask), 64);
    cr_expect_eq(sizeof(du_pack_dual), 128);
    cr_expect_eq(sizeof(du_pack_dual3), 256);
    cr_expect_eq(sizeof(du_pack_dual4), 320);
    cr_expect_eq(sizeof(du_pack_dual8), 576);
    cr_expect_eq(sizeof(du_pack_var), 192);
    cr_expect_eq(sizeof(du_join_pack), 192);
    cr_expect_eq(offsetof(du_pack_dual8, v), 0);
    cr_expect_eq(offsetof(du_pack_dual8, w), 64);
    cr_expect_eq(offsetof(du_pack_var, c), 64);
    cr_expect_eq(offsetof(du_pack_var, ref), 136);
    cr_expect_eq(_Alignof(du_pack_dual8), 8);
    cr_expect_geq(_Alignof(du_pack_var), 16);
}

Test(layout, loads_and_stores)
{
    double t[10] = { -1, 0, 1, 2, 3, 4, 5, 6, 7, -1 }, out[9] = { 0 };
    du_pack p = du_pack_load(t + 1); /* no alignment asked for */
    du_pack_store(out + 1, p);
    for (size_t l = 0; l < LANES; l++) {
        cr_expect_eq(du_pack_get(p, l), (double)l);
        cr_expect_eq(out[1 + l], (double)l);
        du_pack_set(&p, l, 10.0 * (double)l);
        cr_expect_eq(du_pack_get(p, l), 10.0 * (double)l);
    }
    cr_expect_eq(out[0], 0.0);
    cr_expect_eq(du_pack_total(p), 280.0);
    cr_expect_eq(du_pack_total(du_pack_constant(0.1)), 0.8);
    du_pack_dual4 d = du_pack_dual4_independent(p, 2);
    du_pack_dual4_seed(&d, 3, 0.5);
    for (size_t l = 0; l < LANES; l++)
        for (size_t i = 0; i < 4; i++)
            cr_expect_eq(du_pack_get(du_pack_dual4_partial(d, i), l), i == 2 ? 1.0 : i == 3 ? 0.5
                : 0.0);
}

/* ---- masks alone ---- */

static void expect_mask(const char *what, du_mask m, const int want[LANES])
{
    du_pack chosen = du_where(m, du_pack_constant(1.0), 0.0);
    int all = 1;
    for (size_t l = 0; l < LANES; l++) {
        cr_expect_eq(du_pack_get(chosen, l), (double)want[l], "%s, lane %zu", what, l);
        all &= want[l];
    }
    cr_expect_eq(du_mask_all(m), all, "%s: all", what);
}

#define COMPARISONS(X) X(lt, <) X(le, <=) X(gt, >) X(ge, >=) X(eq, ==) X(ne, !=)
Test(mask, comparisons_and_logic)
{
    const double a[LANES] = { 1, 2, 3, nan_, -0.0, inf, -inf, 2 },
        b[LANES] = { 2, 2, 2, 2, 0.0, inf, 2, nan_ };
    du_pack A = du_pack_load(a), B = du_pack_load(b);
    du_pack_dual dual = du_pack_dual_independent(A, 0);
    du_tape *t = du_tape_new(NULL);
    du_pack_var var;
    cr_assert_eq(du_tape_independents_pack(t, 1, &A, &var), DU_OK);
#define COMPARE(op, sign) \
    { \
        int packs[LANES], with_two[LANES], two_with[LANES]; \
        for (size_t l = 0; l < LANES; l++) { \
            packs[l] = a[l] sign b[l]; \
            with_two[l] = a[l] sign 2.0; \
            two_with[l] = 2.0 sign a[l]; \
        } \
        expect_mask(#op, du_##op(A, B), packs); \
        expect_mask(#op " of a pack_dual and a pack", du_##op(dual, B), packs); \
        expect_mask(#op " of a pack and a double", du_##op(A, 2.0), with_two); \
        expect_mask(#op " of a pack_var and an int", du_##op(var, 2), with_two); \
        expect_mask(#op " of a double and a pack_dual", du_##op(2.0f, dual), two_with); \
    }
    COMPARISONS(COMPARE)
    du_mask p = du_lt(A, B), q = du_eq(A, B);
    int both[LANES], either[LANES], not[LANES], every[LANES], never[LANES];
    for (size_t l = 0; l < LANES; l++) {
        both[l] = a[l] <= b[l] && a[l] == b[l];
        either[l] = a[l] < b[l] || a[l] == b[l];
        not[l] = !(a[l] < b[l]);
        every[l] = 1;
        never[l] = 0;
    }
    expect_mask("and", du_and(du_le(A, B), q), both);
    expect_mask("or", du_or(p, q), either);
    expect_mask("not", du_not(p), not);
    expect_mask("p or not p", du_or(p, du_not(p)), every);
    expect_mask("p and not p", du_and(p, du_not(p)), never);
    cr_expect_eq(du_and(1, 0), 0);
    cr_expect_eq(du_or(1, 0), 1);
    cr_expect_eq(du_not(2), 0);
    du_tape_free(t);
}

/* ---- the tape: y = x0 x1 + sin(x1 x2) in every lane ---- */

typedef struct { du_tape *t; double v[3][LANES], want[3][LANES]; du_pack p[3], g[3];
    du_pack_var x[3], y; } fixture;

static du_pack_var example(const du_pack_var *x)
{
    return du_add(du_mul(x[0], x[1]), du_sin(du_mul(x[1], x[2])));
}

static int start(fixture *f, const du_tape_options *options)
{
    *f = (fixture){ .t = du_tape_new(options) };
    if (!f->t) return DU_ENOMEM;
    for (size_t l = 0; l < LANES; l++) {
        double lane = 0.1 * (double)l, x[3] = { 0.7 + lane, -1.3 + lane, 2.1 - lane },
            c = cos(x[1] * x[2]);
        double g[3] = { x[1], x[0] + x[2] * c, x[1] * c };
        for (size_t j = 0; j < 3; j++) f->v[j][l] = x[j], f->want[j][l] = g[j];
    }
    for (size_t j = 0; j < 3; j++) {
        f->p[j] = du_pack_load(f->v[j]);
        f->g[j] = du_pack_constant(42.0);
    }
    return du_tape_independents_pack(f->t, 3, f->p, f->x);
}
static fixture record(const du_tape_options *options)
{
    fixture f;
    cr_assert_eq(start(&f, options), DU_OK);
    f.y = example(f.x);
    return f;
}
static void expect_gradient(const fixture *f, double factor)
{
    for (size_t j = 0; j < 3; j++)
        for (size_t l = 0; l < LANES; l++)
            cr_expect_float_eq(du_pack_get(f->g[j], l), factor * f->want[j][l], 1e-14,
                "dy/dx%zu, lane %zu: %.17g", j, l,
                               du_pack_get(f->g[j], l));
}
/* the gradient is refused with this status, and left as it was */
static void expect_refused(fixture *f, const du_pack_var *y, int status)
{
    cr_expect_eq(du_tape_gradient_pack(f->t, y, 3, f->x, f->g), status);
    cr_expect_eq(du_pack_get(f->g[1], 5), 42.0, "an output was touched");
}

Test(tape, gradient_of_an_expression)
{
    fixture f = record(NULL);
    cr_assert_eq(du_tape_gradient_pack(f.t, &f.y, 3, f.x, f.g), DU_OK);
    expect_gradient(&f, 1.0);
    cr_expect_eq(du_tape_inspect(f.t).joins, 3); /* x0 x1, x1 x2, their sum: sin is free */
    cr_assert_eq(du_tape_gradient_pack(f.t, &f.y, 3, f.x, f.g), DU_OK); /* not accumulated */
    expect_gradient(&f, 1.0);
    du_pack_var c = du_pack_var_constant(2.0);
    cr_assert_eq(du_tape_gradient_pack(f.t, &c, 3, f.x, f.g), DU_OK);
    expect_gradient(&f, 0.0);
    du_tape_free(f.t);
}

Test(tape, one_slot_costs_nothing)
{
    fixture f = record(NULL);
    du_pack_var y = f.x[0];
    for (int i = 0; i < 1000; i++) y = du_add(du_sin(y), du_mul(0.5, du_sqr(y)), f.p[0], 1);
    cr_expect_eq(du_tape_inspect(f.t).joins, 3);
    du_tape_free(f.t);
}

Test(tape, choices_of_one_slot_are_not_recorded)
{
    fixture f = record(NULL);
    du_mask m = du_lt(f.x[0], 1.0);
    (void)du_where(m, f.x[0], du_sin(f.x[0]));
    (void)du_where(m, 2, f.x[0]);
    cr_expect_eq(du_tape_inspect(f.t).joins, 3);
    (void)du_where(m, f.x[1], f.x[0]);
    cr_expect_eq(du_tape_inspect(f.t).joins, 4);
    du_tape_free(f.t);
}

Test(tape, many_segments_and_rewinds)
{
    fixture f = record(NULL);
    du_mark mark = du_tape_mark(f.t);
    size_t bytes = 0;
    for (int k = 0; k < 20; k++) {
        du_pack_var y = f.y;
        for (int i = 0; i < 10000; i++) y = du_mul(du_add(y, f.x[i % 3]), 0.5);
        cr_assert_eq(du_tape_gradient_pack(f.t, &y, 3, f.x, f.g), DU_OK);
        if (k == 0) bytes = du_tape_inspect(f.t).bytes;
        cr_expect_eq(du_tape_inspect(f.t).joins, 10003);
        cr_expect_eq(du_tape_inspect(f.t).bytes, bytes, "the tape grew in round %d", k);
        cr_assert_eq(du_tape_rewind(f.t, mark), DU_OK);
    }
    cr_assert_eq(du_tape_gradient_pack(f.t, &f.y, 3, f.x, f.g), DU_OK);
    expect_gradient(&f, 1.0);
    du_tape_free(f.t);
}

Test(tape, use_after_reset_and_of_another_tape)
{
    fixture f = record(NULL), g = record(NULL);
    expect_refused(&f, &g.y, DU_EFOREIGN);
    du_pack_var y = du_mul(f.x[0], g.x[1]);
    cr_expect_eq(du_pack_get(y.v, 2), f.v[0][2] * f.v[1][2]); /* values go on */
    cr_expect_eq(du_tape_status(f.t), DU_EFOREIGN);
    cr_expect_eq(du_tape_status(g.t), DU_EFOREIGN);
    expect_refused(&f, &f.y, DU_EFOREIGN);
    du_pack_var old = f.y;
    du_tape_reset(f.t);
    cr_assert_eq(du_tape_independents_pack(f.t, 3, f.p, f.x), DU_OK);
    expect_refused(&f, &old, DU_ESTALE);
    y = du_mul(old, f.x[0]);
    cr_expect_eq(du_tape_status(f.t), DU_ESTALE);
    expect_refused(&f, &y, DU_ESTALE);
    du_tape_free(f.t);
    du_tape_free(g.t);
}

Test(tape, slots_run_out)
{
    for (uint32_t limit = 1; limit < 60; limit++) {
        fixture f;
        int status = start(&f, &(du_tape_options){ .slot_limit = limit });
        cr_assert_eq(status, limit < 3 ? DU_ESLOTS : DU_OK);
        du_pack_var y = f.x[0];
        for (int i = 0; !status && i < 50; i++) y = du_add(y, f.x[1 + i % 2]);
        if (!status) {
            cr_expect_float_eq(du_pack_get(y.v, 3), f.v[0][3] + 25.0 * (f.v[1][3] + f.v[2][3]),
                1e-12);
            if (limit < 53) expect_refused(&f, &y, DU_ESLOTS);
            else cr_expect_eq(du_tape_gradient_pack(f.t, &y, 3, f.x, f.g), DU_OK);
        }
        cr_expect_leq(du_tape_inspect(f.t).slots, limit);
        du_tape_free(f.t);
    }
}

/* one run of everything that allocates; the status it ends with */
static int exercise(const du_tape_options *options)
{
    fixture f;
    int status = start(&f, options);
    if (!status) {
        du_pack_var y = f.x[0];
        for (int i = 0; i < 4000; i++) y = du_add(y, f.x[1 + i % 2]);
        cr_assert_float_eq(du_pack_get(y.v, 3), f.v[0][3] + 2000.0 * (f.v[1][3] + f.v[2][3]), 1e-9);
        status = du_tape_gradient_pack(f.t, &y, 3, f.x, f.g);
        cr_assert_eq(du_pack_get(f.g[1], 7), status ? 42.0 : 2000.0);
        cr_assert(!options->byte_cap || du_tape_inspect(f.t).bytes <= options->byte_cap);
    }
    du_tape_free(f.t);
    return status;
}

static int exercise_in(test_memory *m)
{
    return exercise(&(du_tape_options){ .allocator = test_allocator(m) });
}

Test(tape, memory_runs_out)
{
    test_every_failure(exercise_in, 3);
    for (size_t cap = 1; cap < 1500000; cap += 17771) {
        int status = exercise(&(du_tape_options){ .byte_cap = cap });
        cr_expect(status == DU_ENOMEM || (status == DU_OK && cap > 4000 * sizeof(du_join_pack)),
            "cap %zu: status %d", cap, status);
    }
}

Test(tape, bad_arguments)
{
    fixture f = record(NULL), g = record(NULL);
    du_pack_var constant = du_pack_var_constant(1.0), x[3] = { f.x[0], constant, f.x[1] };
    cr_expect_eq(du_tape_independents_pack(f.t, 0, f.p, f.x), DU_EINVAL);
    cr_expect_eq(du_tape_independents_pack(f.t, 1, NULL, f.x), DU_EINVAL);
    cr_expect_eq(du_tape_independents_pack(f.t, 1, f.p, NULL), DU_EINVAL);
    cr_expect_eq(du_tape_independents_pack(NULL, 1, f.p, f.x), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(NULL, &f.y, 3, f.x, f.g), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(f.t, NULL, 3, f.x, f.g), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(f.t, &f.y, 0, f.x, f.g), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(f.t, &f.y, 3, NULL, f.g), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(f.t, &f.y, 3, f.x, NULL), DU_EINVAL);
    cr_expect_eq(du_tape_gradient_pack(f.t, &f.y, 3, x, f.g), DU_ENOGRAD);
    cr_expect_eq(du_tape_gradient_pack(f.t, &f.y, 3, g.x, f.g), DU_ENOGRAD);
    cr_expect_eq(du_pack_get(f.g[0], 0), 42.0);
    du_tape_free(f.t);
    du_tape_free(g.t);
}

/* numbers of one lane and of eight do not mix on a tape: a sweep of either refuses the other's
 * joins */
Test(tape, one_lane_and_eight_do_not_mix)
{
    fixture f = record(NULL);
    double v[2] = { 2.0, 3.0 }, g[2] = { 42.0, 42.0 };
    du_var x[2];
    cr_assert_eq(du_tape_independents(f.t, 2, v, x), DU_OK);
    cr_expect_eq(du_tape_sweep(f.t, 1, x, NULL), DU_ELANES);
    cr_expect_eq(du_tape_jacobian(f.t, 1, x, 2, x, g), DU_ELANES);
    du_var y = du_mul(x[0], x[1]);
    cr_expect_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_ELANES);
    expect_refused(&f, &f.y, DU_ELANES);
    cr_expect_eq(du_tape_gradient(f.t, 2, x, g), DU_OK);
    cr_expect_eq(g[0], 0.0); /* nothing was accumulated */
    du_tape_reset(f.t);
    cr_assert_eq(du_tape_independents(f.t, 2, v, x), DU_OK);
    y = du_mul(x[0], x[1]);
    cr_expect_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_independents_pack(f.t, 3, f.p, f.x), DU_OK);
    expect_refused(&f, f.x, DU_ELANES);
    du_tape_free(f.t);
}

/* an infinite partial in some lanes of what the output does not depend on there, or not at all */
Test(tape, unused_infinite_partials_do_not_poison)
{
    fixture f = record(NULL);
    for (size_t l = 0; l < LANES; l += 2) du_pack_set(&f.p[0], l, 0.0);
    cr_assert_eq(du_tape_independents_pack(f.t, 3, f.p, f.x), DU_OK);
    du_pack_var root = du_add(du_sqrt(f.x[0]), f.x[1]); /* infinite partials */
    du_pack_var y = du_mul(f.x[0], f.x[1]);
    cr_assert_eq(du_tape_gradient_pack(f.t, &y, 3, f.x, f.g), DU_OK);
    for (size_t l = 0; l < LANES; l++) {
        cr_expect_eq(du_pack_get(f.g[0], l), f.v[1][l]);
        cr_expect_eq(du_pack_get(f.g[1], l), l % 2 ? f.v[0][l] : 0.0);
        cr_expect_eq(du_pack_get(f.g[2], l), 0.0);
    }
    y = du_where(du_gt(f.x[0], 0.0), du_mul(root, f.x[2]), f.x[1]);
    cr_assert_eq(du_tape_gradient_pack(f.t, &y, 3, f.x, f.g), DU_OK);
    for (size_t l = 0; l < LANES; l++) {
        double r = sqrt(f.v[0][l]);
        cr_expect_float_eq(du_pack_get(f.g[0], l), l % 2 ? 0.5 / r * f.v[2][l] : 0.0, 1e-14);
        cr_expect_float_eq(du_pack_get(f.g[1], l), l % 2 ? f.v[2][l] : 1.0, 1e-14);
        cr_expect_float_eq(du_pack_get(f.g[2], l), l % 2 ? r + f.v[1][l] : 0.0, 1e-14);
    }
    y = root; /* depended on, it is infinite */
    cr_assert_eq(du_tape_gradient_pack(f.t, &y, 3, f.x, f.g), DU_OK);
    for (size_t l = 0; l < LANES; l++) cr_expect_eq(isinf(du_pack_get(f.g[0], l)), l % 2 == 0);
    du_tape_free(f.t);
}

/* ---- with known zeros: where all is finite, as dual numbers are ---- */

Test(straight, every_operation_as_of_dual_numbers)
{
    static result got, want;
    static evaluator *const evaluators[] = { by_straight, by_pack_straight };
    for (size_t k = 0; k < LENGTH(operations); k++)
        for (int again = 0; again < 20; again++)
            for (size_t e = 0; e < 2; e++) {
                const operation *o = &operations[k];
                point p = sample(o);
                size_t compared = 0;
                if (evaluators[e] == by_pack_straight ? !o->f_pack_straight : !o->f_straight)
                    continue;
                by_dual(o, &p, &want);
                evaluators[e](o, &p, &got);
                for (size_t i = 0; i < o->m; i++)
                    for (size_t l = 0; l < LANES; l++) {
                        cr_expect_leq(difference(got.v[i][l], want.v[i][l]), tolerance,
                            "%s, value %zu", o->name, i);
                        for (size_t j = 0; j < INPUTS; j++) {
                            if (!isfinite(got.d[i][j][l])) continue;
                            compared++;
                            cr_expect_leq(difference(got.d[i][j][l], want.d[i][j][l]), tolerance,
                                "%s, output %zu by %zu: %.17g, not %.17g",
                                          o->name, i, j, got.d[i][j][l], want.d[i][j][l]);
                        }
                    }
                cr_expect_geq(4 * compared, 3 * o->m * LANES * INPUTS, "%s", o->name);
            }
}

/* ---- descriptors ---- */

Test(model, packed_instances)
{
#define CHECK_INSTANCE(t, ...) \
    cr_expect_not_null(op_mixed.f_##t, #t); \
    cr_expect_not_null(spiral.f_##t, #t); \
    cr_expect_null(branching.f_##t, #t);
    DU_ALL_PACK_TYPES(CHECK_INSTANCE, ~)
#define CHECK_SCALAR(t, ...) cr_expect_not_null(branching.f_##t, #t);
    DU_ALL_TYPES(CHECK_SCALAR, ~)
    double x = -1.0, b = -3.0, y;
    branching.f_double(&b, 1, &x, &y, 1, NULL);
    cr_expect_eq(y, 3.0);
    du_dual db = { -3.0, 1.0 }, dy;
    branching.f_dual(&db, 1, &x, &dy, 1, NULL);
    cr_expect_eq(dy.d, -1.0);
    x = 2.0;
    branching.f_dual(&db, 1, &x, &dy, 1, NULL);
    cr_expect_eq(dy.d, 2.0);
}

/* the file form of a function with DU_INSTANCE_PACKS has its packed instances too, by name */
Test(model, file_form_of_a_function)
{
    point p = sample(find("spiral"));
    du_pack in[2] = { du_pack_load(p.b[0]), du_pack_load(p.b[1]) };
#define CHECK_FILE_FORM(t, ...) \
    { \
        du_##t x[2] = { du_##t##_lift(in[0]), du_##t##_lift(in[1]) }, y[2]; \
        polar_inverse_##t(x, 2, y, 2, NULL); \
        for (size_t l = 0; l < LANES; l++) { \
            double v[2] = { p.b[0][l], p.b[1][l] }, w[2]; \
            polar_inverse.f_double(v, 2, w, 2, NULL); \
            for (size_t i = 0; i < 2; i++) \
                cr_expect_leq(difference(du_pack_get(du_##t##_value(y[i]), l), w[i]), tolerance, \
                    #t ", lane %zu", l); \
        } \
    }
    DU_ALL_PACK_TYPES(CHECK_FILE_FORM, ~)
#ifdef SPARSE_TOO
#if DU_PACK_VECTORS <= 2
    CHECK_FILE_FORM(pack_straight)
#endif
    du_straight x[2] = { du_straight_constant(p.b[0][0]), du_straight_constant(p.b[1][0]) }, y[2];
    double v[2] = { p.b[0][0], p.b[1][0] }, w[2];
    polar_inverse_straight(x, 2, y, 2, NULL);
    polar_inverse.f_double(v, 2, w, 2, NULL);
    for (size_t i = 0; i < 2; i++) cr_expect_leq(difference(y[i].v, w[i]), tolerance);
#endif
}
