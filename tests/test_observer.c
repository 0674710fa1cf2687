/* tests/test_observer.c - observers: every strategy of the registry and every driver against sums
 * over scalar hyper-duals, tails, threads, kernels that refer to the engine's own arrays, memory,
 * maps, du_total; the policy of models.
 *
 * The polynomial models have whole numbers for data, parameters, directions and roots of weights,
 * so that all sums are exact in any order: there results must be equal, not close.
 * SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "strategies.h"

enum { ROWS = 1000, MANY = 10000, P = 20, COLS = 9, WEIGHTED = 1, RESPONSE = 2 };
static const size_t row_counts[] = { 1, 3, 7, 8, 9, 63, 64, 65, 127, 128, 129, 200, 1000 };
#define COUNT(a) (sizeof(a) / sizeof *(a))

static double X[MANY * COLS], Y[MANY], W[MANY], U[2 * MANY], B[P], V[P];
static char where[160];     /* what is being checked, for messages */

/* -range ... range, without a pattern */
static double whole(size_t i, int range)
{
    return (double)((int)(((uint32_t)i * 2654435761u >> 9) % (uint32_t)(2 * range + 1)) - range);
}

static void fill(void)
{
    for (size_t i = 0; i < COUNT(X); i++) X[i] = whole(i, 3);
    for (size_t i = 0; i < MANY; i++) Y[i] = whole(i + 77, 9),
        W[i] = (double[]){ 1, 4, 0, 9, 1 }[i % 5];
    for (size_t i = 0; i < COUNT(U); i++) U[i] = whole(i + 7, 4);
    for (size_t j = 0; j < P; j++) B[j] = j % 3 == 2 ? -1 : 1 + (double)(j % 2),
        V[j] = whole(j + 5, 2);
}
TestSuite(observer, .init = fill);
TestSuite(map, .init = fill);
TestSuite(total, .init = fill);
TestSuite(policy, .init = fill);

static du_data make_data(size_t rows, size_t cols, int kind)
{
    return (du_data){ .rows = rows, .cols = cols, .x = cols ? X : NULL, .y = kind & RESPONSE ? Y
        : NULL, .weights = kind & WEIGHTED ? W : NULL };
}

/* ---- models ---- */

/* output i of m; cols numbers of data */
DU_HELPER(row_of_polynomial, (const T *b, const D *x, size_t n, size_t cols, size_t i),
    T s = du_constant(T, (double)i);
    for (size_t j = 0; j < n; j++) {
        T t = du_mul(b[j], b[(j + 1) % n]);
        s = du_add(s, cols ? du_mul(t, x[(j + i) % cols]) : t, du_mul((double)i - 1.0, b[j]));
    }
    return s;
)
DU_MODEL(polynomial, b[], x[], y[], for (size_t i = 0; i < m; i++)
    y[i] = DU_CALL(row_of_polynomial, b, x, p, *(const size_t *)ctx, i);)
/* three predictors */
DU_MODEL(smooth, b[], x[], y[],
    T s = du_exp(du_mul(0.1, x[0], b[0]));
    for (size_t j = 1; j < p; j++) s = du_add(s, du_sin(du_mul(b[j], x[j % 3])),
        du_mul(b[j - 1], du_sqr(b[j])));
    y[0] = s;
)
/* without loops over what is not constant, for five parameters or more and one predictor or more:
 * whole numbers stay whole */
DU_MODEL(straight, b[], x[], y[],
    T t[2];
    DU_UNROLL for (int i = 0; i < 2; i++)
        t[i] = du_fma(b[i], b[i + 2], du_sub(du_mul(x[0], b[4]), b[i + 1]));
    T s = du_add(du_sqr(t[0]), du_neg(du_powi(b[3], 3)));
    T u = du_where(du_gt(x[0], 0.0), du_mul(b[0], b[1], x[0]), du_sub(b[2], du_abs(b[4])));
    y[0] = du_add(s, u, du_div(du_mul(t[1], b[0]), du_add(du_mul(0.5, du_sub(b[0], b[0])), 2.0)));
    if (m > 1) y[1] = du_sub(2.0, b[1]);
    if (m > 2) y[2] = u;
)
DU_SCALAR_MODEL(branching, b[], x[], y[],
    T s = du_sqr(b[p - 1]);
    if (du_value(b[0]) > x[0]) for (size_t j = 0; j < p; j++) s = du_add(s, du_mul(b[j], x[1]));
    else s = du_mul(s, b[0]);
    y[0] = s;
)
/* without an entry on the tape, and without a parameter */
DU_MODEL(last_of_them, b[], x[], y[], y[0] = b[p - 1];)
DU_MODEL(one_slot, b[], x[], y[], y[0] = du_mul(x[0], du_sqr(b[0]));)
DU_MODEL(unvarying, b[], x[], y[], y[0] = du_constant(T, 3.0);)
/* what the first lane's first number says, the same in eight rows: nothing or little on the tape,
 * kernels, much */
enum { TURNS = 5, MUCH = 200 };
DU_MODEL(by_turns, b[], x[], y[],
    T s = du_constant(T, 3.0);
    switch ((int)*(const double *)(const void *)x) {
    case 0: break;
    case 1: s = b[p - 1]; break;
    case 2: s = du_mul(b[0], b[1], x[1]); break;
    case 3: s = du_add(du_dot(b, x, p), du_sqnorm(b, p)); break;
    default: for (size_t j = 0; j < MUCH; j++)
        s = du_add(s, du_mul(b[j % p], b[(j + 1) % p], x[1 + j % 2]));
    }
    y[0] = s;
)
/* the square root's derivative is infinite where x0 = 0, and NaN below: there the other arm is
 * chosen */
DU_MODEL(guarded, b[], x[], y[],
    y[0] = du_where(du_gt(x[0], 0.0), du_add(du_sqrt(du_mul(b[0], x[0])), b[1]),
    du_mul(b[1], b[2]));)
DU_MODEL(guarded_kernels, b[], x[], y[],
    T c[2] = { du_sqrt(du_mul(b[0], x[0])), b[1] };
    T d[2];
    du_matvec(c, c, d, 1, 2);
    T s = du_add(du_sum(c, 2), du_dot(c, b, 2), du_mul(0.0, d[0]));
    y[0] = du_where(du_gt(x[0], 0.0), s, du_mul(b[1], b[2]));
)

/* which would take minutes to compile */
#undef DU_STRAIGHT
#define DU_STRAIGHT 0
/* Kernels on the engine's own arrays b and x, on slices and copies of them, in the order of b,
 * permuted, and shifted; the plain form is the same in loops. */
enum { DOTS, DOTS_OF_COPIES, SUMS, TRMV, TRMV_HOME, TRMV_DIAG_COPY, TRMV_LOWER_COPY,
    HOME_TIMES_DATA, DATA_TIMES_HOME, HOME_TIMES_HOME,
       COPY_TIMES_HOME, HOME_TIMES_COPY, COPY_TIMES_DATA, DATA_COPIES, AXPYS, SUMS_OF_ALL, FORMS,
           SMOOTH_ONE = FORMS, SMOOTH_FORMS };
enum { FORM_P = 12, FORM_COLS = 4 };
#define FORM(R, data, SUM, DOT, SQNORM, NORM2, LOGSUMEXP, SOFTMAX, MATVEC, TRMV_, AXPY) \
    T c[FORM_P]; \
    T d[FORM_P]; \
    T e[FORM_P]; \
    T z[6]; \
    R w[FORM_COLS]; \
    const size_t n = p; \
    for (size_t i = 0; i < FORM_COLS; i++) w[i] = data[FORM_COLS - 1 - i]; \
    for (size_t i = 0; i < 6; i++) z[i] = du_constant(T, 0.0); \
    for (size_t i = 0; i < n; i++) c[i] = b[n - 1 - i], d[i] = b[i], \
        e[i] = du_sub(x[i % FORM_COLS], b[i]); \
    switch (*(const int *)ctx) { \
    case DOTS: z[0] = DOT(b + 3, data, 4), z[1] = DOT(data + 1, b, 3), z[2] = DOT(b, b + 4, 5); \
        break; \
    case DOTS_OF_COPIES: z[0] = DOT(c + 2, data, 4), z[1] = DOT(b + 2, c, 6), z[2] = DOT(c, e, 7), \
        z[3] = DOT(d + 1, b + 1, 3); break; \
    case SUMS: z[0] = SUM(b + 1, 10), z[1] = SUM(c + 1, 5), z[2] = SQNORM(b + 4, 5), \
        z[3] = SQNORM(d + 7, 3), z[4] = SUM(e, 4); break; \
    case TRMV: TRMV_(b, b + 3, e, z, 3); break; \
    case TRMV_HOME: TRMV_(b + 1, b + 4, b + 6, z, 4); break; \
    case TRMV_DIAG_COPY: TRMV_(c, b + 3, d + 2, z, 3); break; \
    case TRMV_LOWER_COPY: TRMV_(b, c + 3, e, z, 3); break; \
    case HOME_TIMES_DATA: MATVEC(b, data, z, 3, 4); break; \
    case DATA_TIMES_HOME: MATVEC(data, b + 5, z, 2, 2); break; \
    case HOME_TIMES_HOME: MATVEC(b, b + 4, z, 3, 2); break; \
    case COPY_TIMES_HOME: MATVEC(c, b + 1, z, 2, 3); break; \
    case HOME_TIMES_COPY: MATVEC(b + 1, c, z, 2, 3); break; \
    case COPY_TIMES_DATA: MATVEC(e, data + 1, z, 4, 3); break; \
    case DATA_COPIES: z[0] = DOT(b + 3, w, 4); MATVEC(b, w + 1, z + 1, 2, 3); \
        MATVEC(w, b + 5, z + 3, 2, 2); break; \
    case AXPYS: z[1] = b[7], z[2] = e[1]; AXPY(b[0], b + 1, z, 3); AXPY(data[0], b + 5, z, 3); \
        AXPY(b[2], c, z + 1, 3); break; \
    case SUMS_OF_ALL: z[0] = SUM(b, n), z[1] = SQNORM(b, n), z[2] = DOT(b, b, n), \
        z[3] = SUM(z, 3); break; \
    default: z[0] = NORM2(b + 1, 5), z[1] = LOGSUMEXP(b + 2, 7), z[2] = LOGSUMEXP(e, 5), \
        z[3] = NORM2(c, 4); SOFTMAX(b + 1, z + 4, 2); SOFTMAX(e, c, 3); \
        z[0] = du_add(z[0], c[1]); \
    } \
    /* copies may change before the sweep */ \
    for (size_t i = 0; i < FORM_COLS; i++) w[i] = data[0]; \
    y[0] = du_sqr(z[0]); \
    for (size_t i = 1; i < 6; i++) y[0] = du_add(y[0], du_mul((double)i + 1.0, du_sqr(z[i])));
DU_MODEL(kernel_form, b[], x[], y[], FORM(D, x, du_sum, du_dot, du_sqnorm, du_norm2, du_logsumexp,
    du_softmax, du_matvec, du_trmv, du_axpy))

DU_HELPER(plain_dot, (const T *a, const T *b, size_t n),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++) s = du_add(s, du_mul(a[i], b[i]));
    return s;
)
DU_HELPER(plain_sum, (const T *a, size_t n),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++) s = du_add(s, a[i]);
    return s;
)
DU_HELPER(plain_exponentials, (const T *a, size_t n),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++) s = du_add(s, du_exp(a[i]));
    return s;
)
DU_HELPER(plain_softmax, (const T *a, T *z, size_t n),
    T s = DU_CALL(plain_exponentials, a, n);
    for (size_t i = 0; i < n; i++) z[i] = du_div(du_exp(a[i]), s);
    return s;
)
DU_HELPER(plain_matvec, (const T *a, const T *v, T *z, size_t rows, size_t n),
    for (size_t i = 0; i < rows; i++) z[i] = DU_CALL(plain_dot, a + i * n, v, n);
    return z[0];
)
DU_HELPER(plain_trmv, (const T *diag, const T *lower, const T *v, T *z, size_t n),
    for (size_t i = 0; i < n; i++) z[i] = du_mul(diag[i], v[i]);
    for (size_t j = 0; j < n; j++) for (size_t i = j + 1; i < n; i++)
        z[i] = du_add(z[i], du_mul(*lower++, v[j]));
    return z[0];
)
DU_HELPER(plain_axpy, (T a, const T *v, T *z, size_t n),
    for (size_t i = 0; i < n; i++) z[i] = du_add(z[i], du_mul(a, v[i]));
    return a;
)
#define PLAIN_SUM(...) DU_CALL(plain_sum, __VA_ARGS__)
#define PLAIN_DOT(...) DU_CALL(plain_dot, __VA_ARGS__)
#define PLAIN_SQNORM(a, n) DU_CALL(plain_dot, a, a, n)
#define PLAIN_NORM2(a, n) du_sqrt(DU_CALL(plain_dot, a, a, n))
#define PLAIN_LOGSUMEXP(...) du_log(DU_CALL(plain_exponentials, __VA_ARGS__))
#define PLAIN_SOFTMAX(...) DU_CALL(plain_softmax, __VA_ARGS__)
#define PLAIN_MATVEC(...) DU_CALL(plain_matvec, __VA_ARGS__)
#define PLAIN_TRMV(...) DU_CALL(plain_trmv, __VA_ARGS__)
#define PLAIN_AXPY(...) DU_CALL(plain_axpy, __VA_ARGS__)
DU_MODEL(plain_form, b[], x[], y[],
    T lifted[FORM_COLS];
    for (size_t i = 0; i < FORM_COLS; i++) lifted[i] = du_add(du_constant(T, 0.0), x[i]);
    FORM(T, lifted, PLAIN_SUM, PLAIN_DOT, PLAIN_SQNORM, PLAIN_NORM2, PLAIN_LOGSUMEXP,
        PLAIN_SOFTMAX, PLAIN_MATVEC, PLAIN_TRMV, PLAIN_AXPY)
)

/* kernels of n numbers, n in ctx, mostly of the engine's own: b is n means, the diagonal and the
 * rest of a triangle */
enum { LONG = 20, LONG_P = 2 * LONG + LONG * (LONG - 1) / 2 };
enum { LONG_DOT = 70 };
DU_MODEL(long_dot, b[], x[], y[], y[0] = du_dot(b, x, p);)
DU_MODEL(long_kernels, b[], x[], y[],
    size_t k = *(const size_t *)ctx;
    T c[LONG];
    T z[LONG];
    c[0] = b[0];
    for (size_t i = 0; i < k; i++) c[i] = du_sub(x[i], b[i]);
    du_trmv(b + k, b + 2 * k, c, z, k);
    y[0] = du_add(du_sqnorm(z, k), du_dot(b, x, k), du_dot(b + k, z, k),
        du_sum(b + 2 * k, k * (k - 1) / 2));
)

/* ---- what must come out: by hyper-duals, a row and two directions at a time ---- */

static double value[ROWS], first[ROWS][P], second[ROWS][P][P];
/* size: of its terms, what rounding is measured by */
typedef struct { long double v, size; } sum;
static struct { sum q, g[P], h[P][P], hv[P], jtj[P][P], jtr[P], jtu[P]; } want;

static void add_to(sum *s, long double t) { s->v += t, s->size += fabsl(t); }
static double root(const du_data *d, size_t i)
{
    return !d->weights ? 1.0 : d->y ? sqrt(d->weights[i]) : d->weights[i];
}

static void differentiate(const du_model *model, const void *ctx, const du_data *d, size_t p)
{
    for (size_t i = 0; i < d->rows; i++)
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++) {
                du_hyper b[P], y = du_hyper_constant(0.0);
                for (size_t c = 0; c < p; c++) b[c] = (du_hyper){ B[c], c == j, c == k, 0.0 };
                model->f_hyper(b, p, d->cols ? d->x + i * d->cols : NULL, &y, 1, ctx);
                value[i] = y.v;
                first[i][j] = y.a;
                second[i][j][k] = second[i][k][j] = y.ab;
            }
}

static void expect(const du_model *model, const void *ctx, const du_data *d, size_t p)
{
    differentiate(model, ctx, d, p);
    memset(&want, 0, sizeof want);
    for (size_t i = 0; i < d->rows; i++) {
        long double w = d->weights ? d->weights[i] : 1.0, r = value[i] - (d->y ? d->y[i] : 0.0),
            k = root(d, i);
        long double slope = d->y ? w * r : w, outer = d->y ? w : 0.0L;
        add_to(&want.q, d->y ? 0.5L * w * r * r : w * r);
        for (size_t j = 0; j < p; j++) {
            add_to(&want.g[j], slope * first[i][j]);
            add_to(&want.jtu[j], k * U[2 * i] * first[i][j]);
            add_to(&want.jtr[j], k * k * r * first[i][j]);
            for (size_t c = 0; c < p; c++) {
                long double h = outer * first[i][j] * first[i][c] + slope * second[i][j][c];
                add_to(&want.h[j][c], h);
                add_to(&want.hv[j], h * V[c]);
                add_to(&want.jtj[j][c], k * k * first[i][j] * first[i][c]);
            }
        }
    }
}

static void same(const char *what, double got, long double v, long double size, double tolerance)
{
    if (tolerance == 0.0 ? (long double)got == v : fabsl((long double)got - v)
        <= (long double)tolerance * size) return;
    cr_assert_fail("%s, %s: %.17g, expected %.17Lg", where, what, got, v);
}
static void same_sum(const char *what, double got, sum s, double tolerance)
{
    same(what, got, s.v, s.size, tolerance);
}
static void ok(const char *what, int status)
{
    if (status) cr_assert_fail("%s, %s: %s", where, what, du_strerror(status));
}

/* ---- every driver, with strides and room between the rows, which must stay as it is ---- */

static void check_rows(du_observer *o, const du_data *d, size_t p, double tolerance)
{
    static double r[ROWS * 3], r2[ROWS], jac[ROWS * (P + 2)], jac2[ROWS * P], jv[ROWS * 2],
        fvv[ROWS];
    size_t n = d->rows, tda = p + 2;
    for (size_t i = 0; i < 3 * n; i++) r[i] = 42.0;
    for (size_t i = 0; i < n * tda; i++) jac[i] = 42.0;
    ok("residuals", du_observe_residuals(o, B, r, 3));
    ok("jacobian", du_observe_jacobian(o, B, NULL, jac, tda));
    ok("both", du_observe_jacobian(o, B, r2, jac2, p));
    ok("jv", du_observe_jv(o, B, V, jv, 2));
    ok("fvv", du_observe_fvv(o, B, V, fvv, 1));
    for (size_t i = 0; i < n; i++) {
        double k = root(d, i), y = d->y ? d->y[i] : 0.0;
        sum along = { 0 }, curve = { 0 };
        same("residuals", r[3 * i], k * (value[i] - y), fabs(k) * (fabs(value[i]) + fabs(y)),
            tolerance);
        same("both r", r2[i], k * (value[i] - y), fabs(k) * (fabs(value[i]) + fabs(y)), tolerance);
        same("between residuals", r[3 * i + 1] + r[3 * i + 2], 84.0, 0.0, 0.0);
        same("between rows", jac[i * tda + p] + jac[i * tda + p + 1], 84.0, 0.0, 0.0);
        for (size_t j = 0; j < p; j++) {
            same("jacobian", jac[i * tda + j], k * first[i][j],
                fabs(k) * (1.0 + fabs(first[i][j])), tolerance);
            same("both jac", jac2[i * p + j], jac[i * tda + j], 0.0, 0.0);
            add_to(&along, k * first[i][j] * V[j]);
            for (size_t c = 0; c < p; c++) add_to(&curve, k * V[j] * second[i][j][c] * V[c]);
        }
        along.size += fabs(k), curve.size += fabs(k);
        same_sum("jv", jv[2 * i], along, tolerance);
        same_sum("fvv", fvv[i], curve, tolerance);
    }
}

static void check_sums(du_observer *o, size_t p, double tolerance)
{
    double jtu[P], jtj[P * (P + 1)], jtj2[P * P], jtr[P], q[3], g[3][P], h[P * P], hv[P];
    size_t tda = p + 1;
    for (size_t j = 0; j < p; j++) jtj[j * tda + p] = 42.0;
    ok("jtu", du_observe_jtu(o, B, U, 2, jtu));
    ok("jtj", du_observe_normal(o, B, jtj, tda, NULL));
    ok("normal", du_observe_normal(o, B, jtj2, p, jtr));
    ok("objective", du_observe_objective(o, B, &q[0], g[0]));
    ok("curvature", du_observe_curvature(o, B, &q[1], g[1], h));
    ok("hv", du_observe_hv(o, B, V, &q[2], g[2], hv));
    for (int c = 0; c < 3; c++) {
        same_sum("Q", q[c], want.q, tolerance);
        for (size_t j = 0; j < p; j++) same_sum("gradient", g[c][j], want.g[j], tolerance);
    }
    for (size_t j = 0; j < p; j++) {
        same_sum("jtu", jtu[j], want.jtu[j], tolerance);
        same_sum("jtr", jtr[j], want.jtr[j], tolerance);
        same_sum("hv", hv[j], want.hv[j], tolerance);
        same("between rows of jtj", jtj[j * tda + p], 42.0, 0.0, 0.0);
        for (size_t k = 0; k < p; k++) {
            same_sum("jtj", jtj[j * tda + k], want.jtj[j][k], tolerance);
            same("jtj and normal", jtj2[j * p + k], jtj[j * tda + k], 0.0, 0.0);
            same_sum("curvature", h[j * p + k], want.h[j][k], tolerance);
        }
    }
}

/* du_total in every number type */
static void check_totals(du_observer *o, size_t p, double tolerance)
{
    sum along = { 0 }, curve = { 0 };
    for (size_t j = 0; j < p; j++) add_to(&along, want.g[j].v * V[j]),
        add_to(&curve, want.hv[j].v * V[j]);
    for (size_t j = 0; j < p; j++) along.size += want.g[j].size * fabs(V[j]),
        curve.size += want.hv[j].size * fabs(V[j]);
    du_dual dual[P], dual_y;
    du_jet jet[P], jet_y;
    du_hyper hyper[P], hyper_y;
    for (size_t j = 0; j < p; j++) {
        dual[j] = (du_dual){ B[j], V[j] };
        jet[j] = (du_jet){ B[j], V[j], 0.0 };
        hyper[j] = (du_hyper){ B[j], V[j], j == 0, 0.0 };
    }
    dual_y = du_total(o, dual), jet_y = du_total(o, jet), hyper_y = du_total(o, hyper);
    same_sum("total of double", du_total(o, B), want.q, tolerance);
    same_sum("total of dual", dual_y.v, want.q, tolerance);
    same_sum("total of dual, d", dual_y.d, along, tolerance);
    same_sum("total of jet", jet_y.v, want.q, tolerance);
    same_sum("total of jet, d", jet_y.d, along, tolerance);
    same_sum("total of jet, dd", jet_y.dd, curve, tolerance);
    same_sum("total of hyper", hyper_y.v, want.q, tolerance);
    same_sum("total of hyper, a", hyper_y.a, along, tolerance);
    same_sum("total of hyper, b", hyper_y.b, want.g[0], tolerance);
    same_sum("total of hyper, ab", hyper_y.ab, want.hv[0], tolerance);
#define DUALN(C) { \
        du_dual##C x[P], y; \
        for (size_t j = 0; j < p; j++) x[j] = j < C ? du_dual##C##_independent(B[j], j) \
            : du_dual##C##_constant(B[j]); \
        y = du_total(o, x); \
        same_sum("total of dual" #C, y.v, want.q, tolerance); \
        for (size_t j = 0; j < p && j < C; j++) same_sum("total of dual" #C ", partial", \
            du_dual##C##_partial(y, j), want.g[j], tolerance); \
    }
    DUALN(4)
    DUALN(8)
    DUALN(16)
    du_tape *t = du_tape_new(NULL);
    du_var x[P], y;
    du_var2 x2[P], y2;
    double g[P], gd[P];
    du_tape_independents(t, p, B, x);
    y = du_total(o, x);
    same_sum("total of var", y.v, want.q, tolerance);
    ok("sweep", du_tape_sweep(t, 1, &y, NULL));
    ok("gradient", du_tape_gradient(t, p, x, g));
    for (size_t j = 0; j < p; j++) same_sum("total of var, gradient", g[j], want.g[j], tolerance);
    du_tape_reset(t);
    du_tape_independents2(t, p, B, V, x2);
    y2 = du_total(o, x2);
    same_sum("total of var2", y2.v, want.q, tolerance);
    if (y2.ref) {
        ok("sweep2", du_tape_sweep2(t, 1, &y2, NULL));
        ok("gradient2", du_tape_gradient2(t, p, x2, g, gd));
        for (size_t j = 0; j < p; j++) same_sum("total of var2, gradient", g[j], want.g[j],
            tolerance), same_sum("total of var2, tangent", gd[j], want.hv[j], tolerance);
    }
    du_tape_free(t);
}

#define EACH_ROWS_STRATEGY(s) \
    EACH_STRATEGY(s, du_observer_strategy) if (du_strategy_can(s, DU_ROWS, 1, 1))

/* whether the compiler knew the zeros of the scalar instance: then it is what a forced chunk of 16
 * means */
static int zeros_known(const du_model *f)
{
    const double b[DU_STRAIGHT_PARTIALS] = { 0.0 };
    return f->rows_straight && f->rows_straight(&(du_straight_block){ .b = b });
}
static int suits(const du_strategy *s, const du_model *f, size_t p, size_t m)
{
    if (s->lanes == DU_EIGHT_LANES && !f->f_pack) return 0;
    if (s->straight && !(s->lanes == DU_EIGHT_LANES ? f->rows_pack_straight : f->rows_straight))
        return 0;
    if (s->straight && (p > DU_STRAIGHT_PARTIALS || m > DU_STRAIGHT_OUTPUTS)) return 0;
    int known = p <= DU_STRAIGHT_PARTIALS && m <= DU_STRAIGHT_OUTPUTS && zeros_known(f);
    return s->lanes == DU_EIGHT_LANES || s->mode != DU_FORWARD || s->chunk != 16
        || s->straight == known;
}
#define EACH_STRATEGY_FOR(s, f, p, m) EACH_ROWS_STRATEGY(s) if (suits(s, f, p, m))

static du_observer *observe(const du_strategy *s, const du_model *model, const void *ctx,
                            const du_data *d, size_t p, size_t threads)
{
    du_observer *o = du_observer_new(model, d, p, &(du_observer_options){ .ctx = ctx,
        FORCED(s), .lanes = s->lanes,
                                                            .threads = threads });
    snprintf(where, sizeof where,
        "%s, %s, rows %zu, cols %zu, p %zu, %sweights, %sresponse, %zu threads", model->name,
        s->name, d->rows, d->cols, p,
             d->weights ? "" : "no ", d->y ? "" : "no ", threads);
    ok("observe", du_observer_status(o));
    du_observer_info info = du_observer_inspect(o);
    if (info.rows.strategy != s || info.sums.strategy != s) cr_assert_fail("%s: %s, %s", where,
        info.rows.reason, info.sums.reason);
    return o;
}

/* the model by every strategy, against the reference by hyper-duals */
static void check(const du_model *model, const du_model *reference, const void *ctx,
                  const du_data *d, size_t p, double tolerance)
{
    expect(reference, ctx, d, p);
    EACH_STRATEGY_FOR(s, model, p, 1) {
        du_observer *o = observe(s, model, ctx, d, p, 1);
        check_rows(o, d, p, tolerance);
        check_sums(o, p, tolerance);
        check_totals(o, p, tolerance);
        du_observer_free(o);
    }
}

static void check_polynomial(size_t rows, size_t cols, size_t p, int kind)
{
    du_data d = make_data(rows, cols, kind);
    check(&polynomial, &polynomial, &cols, &d, p, 0.0);
}

static const size_t col_counts[] = { 0, 1, 3, 9 };

Test(observer, the_registry_has_rows_and_sums_for_the_same_strategies)
{
    size_t count = 0;
    EACH_STRATEGY(s, du_observer_strategy) cr_expect(du_strategy_can(s, DU_ROWS, 1, 1)
        && du_strategy_can(s, DU_SUM, 1, 1));
    EACH_ROWS_STRATEGY(s) count++;
    cr_expect_geq(count, 9);
}

Test(observer, every_strategy_exactly_for_any_number_of_rows)
{
    static const size_t ps[] = { 1, 3, 8, 17 };
    for (size_t r = 0; r < COUNT(row_counts); r++)
        for (size_t k = 0; k < COUNT(ps); k++)
            check_polynomial(row_counts[r], col_counts[(r + k) % 4], ps[k],
            (int)((r / 2 + 3 * k) % 4));
}

Test(observer, every_strategy_exactly_for_any_number_of_parameters)
{
    for (size_t p = 1; p <= P; p++)
        for (int kind = 0; kind < 4; kind++) check_polynomial(kind % 2 ? 65 : 9,
            col_counts[(p + (size_t)kind / 2) % 4], p, kind);
}

Test(observer, every_strategy_exactly_for_any_data)
{
    for (size_t c = 0; c < COUNT(col_counts); c++)
        for (int kind = 0; kind < 4; kind++) check_polynomial(15, col_counts[c], 5, kind),
            check_polynomial(130, col_counts[c], 2, kind);
}

Test(observer, every_strategy_exactly_on_a_straight_model)
{
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    cr_expect(zeros_known(&straight));
#endif
    for (size_t r = 0; r < COUNT(row_counts); r++)
        for (size_t p = 5; p <= 17; p += 3)
            for (int kind = 0; kind < 4; kind++) {
                du_data d = make_data(row_counts[r], 1 + r % 2 * 2, kind);
                check(&straight, &straight, NULL, &d, p, 0.0);
            }
}

Test(observer, every_strategy_on_a_smooth_model)
{
    for (int kind = 0; kind < 4; kind++) {
        du_data d = make_data(130, 3, kind);
        for (size_t i = 0; i < 390; i++) X[i] = cos((double)i);
        check(&smooth, &smooth, NULL, &d, 10, 4e-15);
    }
}

/* what needs no entry on the tape */
Test(observer, outputs_that_are_a_parameter_one_slot_or_constant)
{
    for (int kind = 0; kind < 4; kind++)
        for (size_t p = 1; p < 4; p++) {
            du_data d = make_data(67, 2, kind);
            check(&last_of_them, &last_of_them, NULL, &d, p, 0.0);
            check(&one_slot, &one_slot, NULL, &d, p, 0.0);
            check(&unvarying, &unvarying, NULL, &d, p, 0.0);
        }
}

Test(observer, scalar_models_that_branch)
{
    for (int kind = 0; kind < 4; kind++) {
        du_data d = make_data(130, 2, kind);
        check(&branching, &branching, NULL, &d, 4, 0.0);
    }
    du_data d = make_data(130, 2, 0);
    char text[1000] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    du_observer *o = du_observer_new(&branching, &d, 4, NULL);
    cr_assert_eq(du_observer_explain(o, f), DU_OK);
    fclose(f);
    cr_expect(strstr(text, "a scalar model has no packed form"), "%s", text);
    du_observer_free(o);
    o = du_observer_new(&branching, &d, 4, &(du_observer_options){ .lanes = DU_EIGHT_LANES });
    cr_expect_eq(du_observer_status(o), DU_EMODE);
    du_observer_free(o);
}

Test(observer, kernels_on_parameters_data_and_copies)
{
    static const size_t rows[] = { 1, 9, 70 };
    for (int form = 0; form < SMOOTH_FORMS; form++)
        for (int kind = 0; kind < 4; kind++) {
            du_data d = make_data(rows[(form + kind) % 3], FORM_COLS, kind);
            check(&kernel_form, &plain_form, &form, &d, FORM_P, form < FORMS ? 0.0 : 1e-14);
        }
}

/* y of long_kernels, and its gradient added to g, by hand */
static double long_by_hand(const double *b, const double *x, size_t k, double *g)
{
    const double *diag = b + k, *lower = b + 2 * k;
    double z[LONG], y = 0.0;
    for (size_t i = 0; i < k; i++) z[i] = diag[i] * (x[i] - b[i]);
    for (size_t j = 0, at = 0; j < k; j++) for (size_t i = j + 1; i < k; i++, at++)
        z[i] += lower[at] * (x[j] - b[j]), y += lower[at];
    for (size_t i = 0; i < k; i++) y += z[i] * z[i] + b[i] * x[i] + diag[i] * z[i];
    for (size_t j = 0, at = 2 * k; j < k; j++) {
        double c = x[j] - b[j], seed = 2.0 * z[j] + diag[j], back = diag[j] * seed;
        g[k + j] += seed * c + z[j];
        for (size_t i = j + 1; i < k; i++, at++) {
            seed = 2.0 * z[i] + diag[i];
            back += b[at] * seed;
            g[at] += seed * c + 1.0;
        }
        g[j] += x[j] - back;
    }
    return y;
}

Test(observer, kernels_of_every_length)
{
    enum { SOME = 19 };
    for (size_t k = 1; k <= LONG; k++) {
        size_t p = k * 2 + k * (k - 1) / 2;
        double b[LONG_P], value_by_hand = 0.0, by_hand[LONG_P] = { 0.0 }, q, g[LONG_P];
        for (size_t j = 0; j < p; j++) b[j] = whole(j + 3 * k, 3);
        du_data d = make_data(SOME, k, 0);
        for (size_t i = 0; i < SOME; i++) value_by_hand += long_by_hand(b, X + i * k, k, by_hand);
        EACH_STRATEGY_FOR(s, &long_kernels, p, 1) {
            du_observer *o = observe(s, &long_kernels, &k, &d, p, 1);
            ok("objective", du_observe_objective(o, b, &q, g));
            cr_expect_eq(q, value_by_hand, "%s: %g, expected %g", where, q, value_by_hand);
            for (size_t j = 0; j < p; j++)
                cr_expect_eq(g[j], by_hand[j], "%s: g[%zu] = %g, expected %g", where, j, g[j],
                by_hand[j]);
            du_observer_free(o);
        }
    }
}

Test(observer, dots_of_every_length)
{
    enum { SOME = 11 };
    for (size_t k = 1; k <= LONG_DOT; k++) {
        double b[LONG_DOT], value_by_hand = 0.0, by_hand[LONG_DOT] = { 0.0 }, q, g[LONG_DOT];
        for (size_t j = 0; j < k; j++) b[j] = whole(j + k, 3);
        for (size_t i = 0; i < SOME; i++) for (size_t j = 0; j < k; j++)
            value_by_hand += b[j] * X[i * k + j], by_hand[j] += X[i * k + j];
        du_data d = make_data(SOME, k, 0);
        EACH_STRATEGY_FOR(s, &long_dot, k, 1) {
            du_observer *o = observe(s, &long_dot, NULL, &d, k, 1);
            ok("objective", du_observe_objective(o, b, &q, g));
            cr_expect_eq(q, value_by_hand, "%s: %g, expected %g", where, q, value_by_hand);
            cr_expect_arr_eq(g, by_hand, k * sizeof *g, "%s", where);
            du_observer_free(o);
        }
    }
}

/* An observer that has been at other points gives what a new one gives, bit for bit. */
Test(observer, point_after_point)
{
    enum { SOME = 70, FEW = 5 };
    size_t cols = 3;
    du_data d = make_data(SOME, cols, RESPONSE);
    static double r[SOME], jac[SOME * FEW], want_r[SOME], want_jac[SOME * FEW];
    for (size_t threads = 1; threads <= 2; threads++) EACH_STRATEGY_FOR(s, &polynomial, FEW, 1) {
        du_observer *o = observe(s, &polynomial, &cols, &d, FEW, threads);
        for (size_t turn = 0; turn < 4; turn++) {
            double b[FEW], q, g[FEW], want_q, want_g[FEW];
            for (size_t j = 0; j < FEW; j++) b[j] = whole(j + 11 * turn, 3);
            if (turn == 2) b[1] = NAN;
            du_observer *fresh = observe(s, &polynomial, &cols, &d, FEW, threads);
            ok("objective", du_observe_objective(fresh, b, &want_q, want_g));
            ok("both", du_observe_jacobian(fresh, b, want_r, want_jac, FEW));
            ok("objective", du_observe_objective(o, b, &q, g));
            ok("both", du_observe_jacobian(o, b, r, jac, FEW));
            if (turn != 2) cr_expect(q == want_q && !memcmp(g, want_g, sizeof g)
                && !memcmp(r, want_r, sizeof r) && !memcmp(jac, want_jac, sizeof jac),
                "%s, point %zu", where, turn);
            du_observer_free(fresh);
        }
        du_observer_free(o);
    }
}

/* Observations that are swept at once are as different as can be. */
Test(observer, groups_of_observations_that_differ)
{
    static const size_t rows[] = { 1, 8, 9, 63, 65, 128, 200 };
    for (size_t r = 0; r < COUNT(rows); r++)
        for (size_t after = 0; after < TURNS; after++) {
            du_data d = make_data(rows[r], 3, (int)((r + after) % 4));
            for (size_t i = 0; i < rows[r]; i++) X[3 * i] = (double)((i / 8 * (1 + r % 2) + after)
                % TURNS);
            check(&by_turns, &by_turns, NULL, &d, 3, 0.0);
        }
}

/* an arm that is not taken contributes nothing to sums and rows, whatever its partials: in other
 * lanes it is taken */
Test(observer, unused_infinite_partials)
{
    const du_model *models[] = { &guarded, &guarded_kernels };
    for (int k = 0; k < 2; k++)
        for (int kind = 0; kind < 4; kind++) {
            du_data d = make_data(70, 1, kind);
            for (size_t i = 0; i < 70; i++) X[i] = i % 3 ? 0.25 * whole(i, 2) : 0.0;
            X[69] = 1.0;
            check(models[k], models[k], NULL, &d, 3, 1e-14);
        }
}

/* a row of NaN stays alone in its pack */
Test(observer, a_row_of_nan_stays_alone)
{
    du_data d = make_data(70, 3, 0);
    X[3 * 11] = 1e6;    /* exp overflows there */
    EACH_STRATEGY_FOR(s, &smooth, 5, 1) {
        static double r[70], jac[70 * 5], jv[70];
        du_observer *o = observe(s, &smooth, NULL, &d, 5, 1);
        ok("both", du_observe_jacobian(o, B, r, jac, 5));
        ok("jv", du_observe_jv(o, B, V, jv, 1));
        for (size_t i = 0; i < 70; i++) {
            if (!!isfinite(r[i]) != (i != 11)) cr_assert_fail("%s: residual %zu is %g", where, i,
                r[i]);
            for (size_t j = 0; j < 5; j++) if (i != 11 && !isfinite(jac[i * 5 + j]))
                cr_assert_fail("%s: jac %zu %zu", where, i, j);
            if (i != 11 && !isfinite(jv[i])) cr_assert_fail("%s: jv %zu", where, i);
        }
        du_observer_free(o);
    }
}

/* ---- every driver by one name: outputs one behind the other ---- */

static struct { size_t rows, p; } shape;
typedef int driver(du_observer *o, double *out);
static int run_residuals(du_observer *o, double *out) { return du_observe_residuals(o, B, out, 1); }
static int run_jacobian(du_observer *o, double *out)
{
    return du_observe_jacobian(o, B, NULL, out, shape.p);
}
static int run_both(du_observer *o, double *out)
{
    return du_observe_jacobian(o, B, out, out + shape.rows, shape.p);
}
static int run_jv(du_observer *o, double *out) { return du_observe_jv(o, B, V, out, 1); }
static int run_jtu(du_observer *o, double *out) { return du_observe_jtu(o, B, U, 1, out); }
static int run_jtj(du_observer *o, double *out)
{
    return du_observe_normal(o, B, out, shape.p, NULL);
}
static int run_normal(du_observer *o, double *out)
{
    return du_observe_normal(o, B, out + shape.p, shape.p, out);
}
static int run_fvv(du_observer *o, double *out) { return du_observe_fvv(o, B, V, out, 1); }
static int run_objective(du_observer *o, double *out)
{
    return du_observe_objective(o, B, out, out + 1);
}
static int run_curvature(du_observer *o, double *out)
{
    return du_observe_curvature(o, B, out, out + 1, out + 1 + shape.p);
}
static int run_hv(du_observer *o, double *out)
{
    return du_observe_hv(o, B, V, out, out + 1, out + 1 + shape.p);
}
static int run_total(du_observer *o, double *out)
{
    double q = du_total(o, B);
    if (isnan(q)) return DU_ENOMEM;
    *out = q;
    return DU_OK;
}
static int run_total_var(du_observer *o, double *out)
{
    du_tape *t = du_tape_new(NULL);
    du_var x[P];
    du_tape_independents(t, shape.p, B, x);
    du_var y = du_total(o, x);
    int status = du_tape_sweep(t, 1, &y, NULL);
    if (!status) *out = y.v, status = du_tape_gradient(t, shape.p, x, out + 1);
    du_tape_free(t);
    return status;
}
static const struct { const char *name; driver *run; } drivers[] = {
    { "residuals", run_residuals }, { "jacobian", run_jacobian }, { "both", run_both },
        { "jv", run_jv }, { "jtu", run_jtu }, { "jtj", run_jtj },
    { "normal", run_normal }, { "fvv", run_fvv }, { "objective", run_objective },
        { "curvature", run_curvature }, { "hv", run_hv },
    { "total", run_total }, { "total of var", run_total_var },
};
enum { OUT = MANY * 8 };
static double out[OUT], out2[OUT];
static void run(du_observer *o, size_t k, double *to)
{
    for (size_t i = 0; i < OUT; i++) to[i] = 42.0;
    ok(drivers[k].name, drivers[k].run(o, to));
}

/* A row does not depend on how many others there are. */
Test(observer, tails_bit_for_bit)
{
    for (size_t i = 0; i < 1000 * 3; i++) X[i] = sin((double)i);
    EACH_STRATEGY_FOR(s, &smooth, 5, 1) {
        static double all[ROWS * 6];
        du_data d = make_data(1000, 3, WEIGHTED | RESPONSE);
        du_observer *whole_set = observe(s, &smooth, NULL, &d, 5, 1);
        for (size_t k = 0; k < COUNT(drivers); k++) {
            driver *f = drivers[k].run;
            if (f != run_residuals && f != run_jacobian && f != run_jv && f != run_fvv) continue;
            shape.rows = 1000, shape.p = 5;
            ok(drivers[k].name, f(whole_set, all));
            for (size_t r = 0; r < COUNT(row_counts); r++) {
                d.rows = shape.rows = row_counts[r];
                du_observer *o = observe(s, &smooth, NULL, &d, 5, 1);
                run(o, k, out);
                size_t length = d.rows * (f == run_jacobian ? 5 : 1);
                if (memcmp(out, all, length * sizeof *out))
                    cr_assert_fail("%s, %s: not the same as of 1000 rows", where,
                    drivers[k].name);
                if (out[length] != 42.0) cr_assert_fail("%s, %s: written past the end", where,
                    drivers[k].name);
                du_observer_free(o);
            }
        }
        du_observer_free(whole_set);
    }
}

Test(observer, threads_bit_for_bit)
{
    static const size_t rows[] = { 130, 1000, 10000 }, threads[] = { 2, 3, 5 };
    for (size_t i = 0; i < MANY * 3; i++) X[i] = sin((double)i);
    for (size_t r = 0; r < COUNT(rows); r++)
        EACH_STRATEGY_FOR(s, &smooth, 5, 1) {
            du_data d = make_data(shape.rows = rows[r], 3, r == 1 ? WEIGHTED : RESPONSE);
            du_observer *one = observe(s, &smooth, NULL, &d, shape.p = 5, 1), *more[COUNT(threads)];
            for (size_t t = 0; t < COUNT(threads); t++) more[t] = observe(s, &smooth, NULL, &d, 5,
                threads[t]);
            for (size_t k = 0; k < COUNT(drivers); k++) {
                run(one, k, out);
                for (size_t t = 0; t < COUNT(threads); t++)
                    for (int again = 0; again < 2; again++) {
                        run(more[t], k, out2);
                        if (memcmp(out, out2, sizeof out))
                            cr_assert_fail("%s, %s: %zu threads give other bits", where,
                            drivers[k].name, threads[t]);
                    }
            }
            du_observer_free(one);
            for (size_t t = 0; t < COUNT(threads); t++) du_observer_free(more[t]);
        }
}

/* A child has none of its parent's threads, and needs none where it asks for one. */
Test(observer, one_thread_in_a_child_of_fork)
{
    for (size_t i = 0; i < MANY * 3; i++) X[i] = sin((double)i);
    du_data d = make_data(shape.rows = 1000, 3, RESPONSE);
    double q, g[5], q_child, g_child[5];
    du_observer *parent = du_observer_new(&smooth, &d, 5, &(du_observer_options){ .threads = 2 });
    ok("parent", du_observe_objective(parent, B, &q, g));
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(30);
        du_observer *o = du_observer_new(&smooth, &d, 5, &(du_observer_options){ .threads = 1 });
        int status = du_observe_objective(o, B, &q_child, g_child);
        du_observer_free(o);
        _exit(status || q_child != q || memcmp(g_child, g, sizeof g));
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status: %d", status);
    du_observer_free(parent);
}

/* units of rows are 128 at least */
Test(observer, no_more_threads_than_units_of_rows)
{
    static const size_t rows[] = { 1, 128, 129, 1000 }, most[] = { 1, 1, 2, 8 };
    for (size_t r = 0; r < COUNT(rows); r++) {
        du_data d = make_data(shape.rows = rows[r], 3, RESPONSE);
        du_observer_info info;
        du_observer *one = du_observer_new(&smooth, &d, shape.p = 5, NULL), *o
            = du_observer_new(&smooth, &d, 5, &(du_observer_options){ .threads = (size_t)-1 });
        cr_assert(one && o);
        info = du_observer_inspect(o);
        cr_expect_leq(info.rows.threads, most[r]);
        cr_expect_leq(info.sums.threads, most[r]);
        run(one, 8, out);
        run(o, 8, out2);
        cr_expect(!memcmp(out, out2, sizeof out));
        du_observer_free(one);
        du_observer_free(o);
    }
}

/* ---- memory ---- */

/* all drivers, of which one may fail */
static int exercise(const du_strategy *s, size_t threads, size_t cap, test_memory *m)
{
    size_t cols = 3, failures = 0;
    double q, g[P];
    du_data d = make_data(shape.rows = 300, cols, WEIGHTED | RESPONSE);
    du_observer *o = du_observer_new(&polynomial, &d, shape.p = 9,
        &(du_observer_options){ .ctx = &cols, FORCED(s),
        .lanes = s->lanes,
                                    .threads = threads, .allocator = test_allocator(m),
                                        .byte_cap = cap });
    snprintf(where, sizeof where, "%s, %zu threads, cap %zu, failing call %zu", s->name, threads,
        cap, m->fail_at);
    int status = du_observer_status(o);
    if (status && (o || status != DU_ENOMEM)) cr_assert_fail("%s: %s", where, du_strerror(status));
    for (size_t k = 0; o && k < COUNT(drivers); k++) {
        for (size_t i = 0; i < 300 * 10; i++) out[i] = 42.0;
        int got = drivers[k].run(o, out);
        if (got && got != DU_ENOMEM) cr_assert_fail("%s, %s: %s", where, drivers[k].name,
            du_strerror(got));
        for (size_t i = 0; got && i < 300 * 10; i++) if (out[i] != 42.0)
            cr_assert_fail("%s, %s: output %zu written", where, drivers[k].name, i);
        if (got) status = got, failures++;
        if (cap && m->held > cap) cr_assert_fail("%s: %zu bytes", where, m->held);
    }
    if (!cap && failures > 1) cr_assert_fail("%s: one failure of memory, %zu of drivers", where,
        failures);
    if (o && !cap) { /* whatever failed, it goes on */
        ok("afterwards", du_observe_objective(o, B, &q, g));
        same_sum("Q afterwards", q, want.q, 0.0);
        for (size_t j = 0; j < shape.p; j++) same_sum("gradient afterwards", g[j], want.g[j], 0.0);
    }
    du_observer_free(o);
    if (m->held) cr_assert_fail("%s: %zu bytes are not given back", where, m->held);
    return status;
}

Test(observer, every_failed_allocation_is_a_status)
{
    size_t cols = 3;
    du_data d = make_data(300, cols, WEIGHTED | RESPONSE);
    expect(&polynomial, &cols, &d, 9);
    EACH_STRATEGY_FOR(s, &polynomial, 9, 1)
        for (size_t threads = 1; threads < 4; threads += 2) {
            test_memory all = { .fail_at = 0 };
            cr_assert_eq(exercise(s, threads, 0, &all), DU_OK);
            cr_expect_geq(all.calls, 4);
            for (size_t k = 1; k <= all.calls; k++)
                exercise(s, threads, 0, &(test_memory){ .fail_at = k });
        }
}

Test(observer, the_byte_cap_is_kept)
{
    EACH_STRATEGY_FOR(s, &polynomial, 9, 1) {
        int status = DU_ENOMEM;
        for (size_t cap = 500; status && cap < (size_t)1 << 22; cap += cap / 4)
            status = exercise(s, 1, cap, &(test_memory){ .fail_at = 0 });
        cr_expect_eq(status, DU_OK, "%s", where);
    }
}

Test(observer, nothing_is_allocated_after_the_first_run)
{
    size_t cols = 3;
    du_data d = make_data(shape.rows = 1000, cols, WEIGHTED | RESPONSE);
    EACH_STRATEGY_FOR(s, &polynomial, 9, 1)
        for (size_t threads = 1; threads < 4; threads += 2) {
            du_observer *o = observe(s, &polynomial, &cols, &d, shape.p = 9, threads);
            for (size_t k = 0; k < COUNT(drivers); k++) {
                du_observer_info before, after;
                run(o, k, out);
                before = du_observer_inspect(o);
                for (int again = 0; again < 5; again++) run(o, k, out);
                after = du_observer_inspect(o);
                if (before.allocations != after.allocations || before.bytes != after.bytes)
                    cr_assert_fail("%s, %s: %zu allocations more", where, drivers[k].name,
                        after.allocations - before.allocations);
            }
            du_observer_free(o);
        }
}

/* The tape is that of an observation or of few, however many there are; */
Test(observer, tape_bytes_do_not_grow_with_the_rows)
{
    static const size_t rows[] = { 1000, 100000 };
    double *x = calloc(100000, sizeof *x), q, g[P];
    EACH_STRATEGY_FOR(s, &polynomial, 15, 1) {
        size_t bytes[2];
        for (int k = 0; k < 2; k++) {
            du_observer_info info;
            du_data d = { .rows = rows[k], .cols = 1, .x = x };
            size_t cols = 1;
            du_observer *o = observe(s, &polynomial, &cols, &d, 15, 1);
            ok("objective", du_observe_objective(o, B, &q, g));
            info = du_observer_inspect(o);
            bytes[k] = info.tape_bytes;
            du_observer_free(o);
        }
        cr_expect_eq(bytes[0], bytes[1], "%s: %zu and %zu", s->name, bytes[0], bytes[1]);
        cr_expect_eq(bytes[0] != 0, s->mode == DU_REVERSE, "%s", s->name);
    }
    free(x);
}

/* of one, where that takes much. */
Test(observer, a_large_observation_is_alone_on_the_tape)
{
    double q, g[P];
    for (size_t i = 0; i < 3 * ROWS; i++) X[i] = TURNS;
    EACH_STRATEGY_FOR(s, &by_turns, 3, 1) {
        static const size_t rows[] = { 1, ROWS };
        size_t bytes[2];
        for (int k = 0; k < 2; k++) {
            du_data d = make_data(rows[k], 3, 0);
            du_observer_info info;
            du_observer *o = observe(s, &by_turns, NULL, &d, 3, 1);
            ok("objective", du_observe_objective(o, B, &q, g));
            info = du_observer_inspect(o);
            bytes[k] = info.tape_bytes;
            du_observer_free(o);
        }
        cr_expect_eq(bytes[0], bytes[1], "%s: %zu and %zu", s->name, bytes[0], bytes[1]);
    }
}

/* ---- arguments ---- */

Test(observer, bad_arguments_touch_nothing)
{
    size_t cols = 3;
    du_data d = make_data(20, cols, RESPONSE);
    double r[40] = { 42.0 }, q = 42.0, g[P] = { 42.0 }, h[P * P] = { 42.0 };
    du_observer *o = du_observer_new(&polynomial, &d, 4, &(du_observer_options){ .ctx = &cols });
    du_observer *map = du_observer_map(&polynomial, 20, cols, X, 4, 2,
        &(du_observer_options){ .ctx = &cols });
    cr_assert(o && map);
    du_observer *not_rows[] = { NULL, map };
    for (int k = 0; k < 2; k++) {
        du_observer *n = not_rows[k];
        const int wrong = n ? DU_EKIND : DU_ENOMEM;
        cr_expect_eq(du_observe_residuals(n, B, r, 1), wrong);
        cr_expect_eq(du_observe_jacobian(n, B, NULL, h, 4), wrong);
        cr_expect_eq(du_observe_jacobian(n, B, r, h, 4), wrong);
        cr_expect_eq(du_observe_jv(n, B, V, r, 1), wrong);
        cr_expect_eq(du_observe_jtu(n, B, U, 1, g), wrong);
        cr_expect_eq(du_observe_normal(n, B, h, 4, NULL), wrong);
        cr_expect_eq(du_observe_normal(n, B, h, 4, g), wrong);
        cr_expect_eq(du_observe_fvv(n, B, V, r, 1), wrong);
        cr_expect_eq(du_observe_objective(n, B, &q, g), wrong);
        cr_expect_eq(du_observe_curvature(n, B, &q, g, h), wrong);
        cr_expect_eq(du_observe_hv(n, B, V, &q, g, r), wrong);
        cr_expect(isnan(du_total(n, B)));
    }
    cr_expect_eq(du_observe_each(o, B, r, h), DU_EKIND);
    cr_expect_str_eq(du_observer_message(o),
        "polynomial: the observer has one point for all rows: no du_observe_each");
    cr_expect_eq(du_observe_each(map, NULL, r, h), DU_EINVAL);
    cr_expect_eq(du_observe_each(map, B, NULL, h), DU_EINVAL);
    cr_expect_eq(du_observe_each(map, B, r, NULL), DU_EINVAL);
    cr_expect_eq(du_observe_residuals(o, B, r, 0), DU_EINVAL);
    cr_expect_eq(du_observe_jacobian(o, B, r, NULL, 4), DU_EINVAL);
    cr_expect_eq(du_observe_jacobian(o, B, r, h, 3), DU_ERANGE);
    cr_expect_str_eq(du_observer_message(o),
        "polynomial: rows of 4 parameters do not fit into tda = 3");
    cr_expect_eq(du_observe_jv(o, B, NULL, r, 1), DU_EINVAL);
    cr_expect_eq(du_observe_jv(o, B, V, r, 0), DU_EINVAL);
    cr_expect_eq(du_observe_jtu(o, B, NULL, 1, g), DU_EINVAL);
    cr_expect_eq(du_observe_jtu(o, B, U, 0, g), DU_EINVAL);
    cr_expect_eq(du_observe_normal(o, B, h, 3, NULL), DU_ERANGE);
    cr_expect_eq(du_observe_fvv(o, NULL, V, r, 1), DU_EINVAL);
    cr_expect_eq(du_observe_objective(o, B, &q, NULL), DU_EINVAL);
    cr_expect_eq(du_observe_hv(o, B, NULL, &q, g, r), DU_EINVAL);
    cr_expect_eq(du_observer_inspect(NULL).bytes, 0);
    cr_expect_eq(du_observer_explain(NULL, stdout), DU_ENOMEM);
    cr_expect(r[0] == 42.0 && q == 42.0 && g[0] == 42.0 && h[0] == 42.0);
    du_observer_free(o);
    du_observer_free(map);
    du_observer *bad[] = { du_observer_map(&polynomial, 20, 3, NULL, 4, 2, NULL),
        du_observer_map(&polynomial, 0, 3, X, 4, 2, NULL),
                           du_observer_map(&polynomial, 20, 3, X, 4, 0, NULL) };
    for (size_t k = 0; k < COUNT(bad); k++) {
        cr_expect_eq(du_observer_status(bad[k]), DU_EINVAL);
        cr_expect_eq(du_observe_each(bad[k], B, r, h), DU_EINVAL);
        du_observer_free(bad[k]);
    }
    cr_expect(r[0] == 42.0 && h[0] == 42.0);
}

/* the point and the direction may be outputs too */
Test(observer, outputs_over_inputs)
{
    size_t cols = 3;
    du_data d = make_data(130, cols, RESPONSE);
    expect(&polynomial, &cols, &d, 5);
    EACH_STRATEGY_FOR(s, &polynomial, 5, 1) {
        double q, b[130], v[130], g[P];
        du_observer *o = observe(s, &polynomial, &cols, &d, 5, 3);
        memcpy(b, B, sizeof B);
        ok("objective", du_observe_objective(o, b, &q, b));
        for (size_t j = 0; j < 5; j++) same_sum("gradient over b", b[j], want.g[j], 0.0);
        memcpy(v, V, sizeof V);
        ok("hv", du_observe_hv(o, B, v, &q, g, v));
        for (size_t j = 0; j < 5; j++) same_sum("hv over v", v[j], want.hv[j], 0.0);
        memcpy(v, V, sizeof V);
        ok("jv", du_observe_jv(o, B, V, out, 1));
        ok("jv over v", du_observe_jv(o, B, v, v, 1));
        cr_assert_arr_eq(v, out, sizeof v);
        memcpy(b, B, sizeof B);
        ok("residuals", du_observe_residuals(o, B, out, 1));
        ok("residuals over b", du_observe_residuals(o, b, b, 1));
        cr_assert_arr_eq(b, out, sizeof b);
        du_observer_free(o);
    }
}

/* ---- the same formula at many points ---- */

/* every row with parameters of its own, against the double and hyper instances */
static void check_map(const du_model *model, const void *ctx, size_t rows, size_t cols, size_t p,
                      size_t m, size_t threads)
{
    static double b[ROWS * P], y[ROWS * 3 + 1], jac[ROWS * P * 3 + 1];
    for (size_t i = 0; i < rows * p; i++) b[i] = whole(i + 31, 2);
    EACH_STRATEGY_FOR(s, model, p, m) {
        du_observer *o = du_observer_map(model, rows, cols, cols ? X : NULL, p, m,
            &(du_observer_options){ .ctx = ctx, FORCED(s),
                .lanes = s->lanes, .threads = threads });
        snprintf(where, sizeof where,
            "map of %s, %s, rows %zu, cols %zu, p %zu, m %zu, %zu threads", model->name, s->name,
            rows, cols, p, m, threads);
        ok("observe", du_observer_status(o));
        y[rows * m] = jac[rows * m * p] = 42.0;
        for (int again = 0; again < 2; again++) ok("each", du_observe_each(o, b, y, jac));
        cr_assert(y[rows * m] == 42.0 && jac[rows * m * p] == 42.0);
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < p; j++) {
                du_dual in[P], f[3] = { { 0.0, 0.0 } };
                for (size_t k = 0; k < p; k++) in[k] = (du_dual){ b[r * p + k], k == j };
                model->f_dual(in, p, cols ? X + r * cols : NULL, f, m, ctx);
                for (size_t i = 0; i < m; i++) {
                    same("value", y[r * m + i], f[i].v, 0.0, 0.0);
                    same("partial", jac[(r * m + i) * p + j], f[i].d, 0.0, 0.0);
                }
            }
        du_observer_free(o);
    }
}

Test(map, every_strategy_exactly)
{
    static const size_t ps[] = { 1, 2, 5, 9, 17 };
    for (size_t r = 0; r < COUNT(row_counts); r++)
        for (size_t m = 1; m <= 3; m++) {
            size_t cols = col_counts[(r + m) % 4];
            check_map(&polynomial, &cols, row_counts[r], cols, ps[(r + 2 * m) % 5], m, 1 + r % 3);
            if (row_counts[r] < 130) for (size_t k = 0; k < COUNT(ps); k++)
                check_map(&polynomial, &cols, row_counts[r], cols, ps[k], m, 1);
        }
    check_map(&branching, NULL, 65, 2, 4, 1, 2);
    for (size_t m = 1; m <= 3; m++) check_map(&straight, NULL, 65, 2, 7, m, 1 + m % 2),
        check_map(&straight, NULL, 3, 1, 16, m, 1);
    for (int form = 0; form < FORMS; form++) check_map(&kernel_form, &form, 19, FORM_COLS, FORM_P,
        1, 1);
}

Test(map, threads_bit_for_bit_and_memory)
{
    static double b[MANY * 3], y[2][MANY], jac[2][MANY * 3];
    for (size_t i = 0; i < COUNT(b); i++) b[i] = sin((double)i);
    EACH_STRATEGY_FOR(s, &smooth, 3, 1) {
        for (size_t threads = 1; threads <= 5; threads++) {
            du_observer_info before, after;
            du_observer *o = du_observer_map(&smooth, MANY, 3, X, 3, 1,
                &(du_observer_options){ FORCED(s), .lanes = s->lanes,
                .threads = threads });
            ok("each", du_observe_each(o, b, y[threads > 1], jac[threads > 1]));
            before = du_observer_inspect(o);
            if (threads > 1) cr_assert(!memcmp(y[0], y[1], sizeof y[0])
                && !memcmp(jac[0], jac[1], sizeof jac[0]), "%s, %zu threads", s->name, threads);
            ok("each", du_observe_each(o, b, y[1], jac[1]));
            after = du_observer_inspect(o);
            cr_expect_eq(before.allocations, after.allocations, "%s", s->name);
            du_observer_free(o);
        }
    }
}

/* ---- du_total in functions ---- */

typedef struct { du_observer *o; const du_data *d; } summed;
/* parameters of the observer are combinations of the inputs, a constant, and an input itself */
#define SUMMED(TOTAL) \
    T q[P]; \
    for (size_t j = 0; j < n; j++) q[j] = du_sub(du_mul(x[j], x[(j + 1) % n]), x[j]); \
    q[0] = x[n - 1]; \
    if (n > 2) q[2] = du_constant(T, 2.0); \
    T s = TOTAL; \
    y[0] = du_add(du_mul(s, x[0]), du_sqr(x[n - 1]), s); \
    for (size_t i = 1; i < m; i++) y[i] = du_mul(s, x[i % n], (double)i);
DU_FUNCTION(of_total, x[], y[],
    const summed *c = ctx;
    SUMMED(du_total(c->o, q))
)
DU_SCALAR_HELPER(looped, (const T *q, size_t n, const du_data *d),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < d->rows; i++) {
        T f = DU_CALL(row_of_polynomial, q, d->x + i * d->cols, n, d->cols, 0);
        T t = d->y ? du_mul(0.5, du_sqr(du_sub(f, d->y[i]))) : f;
        s = du_add(s, du_mul(t, d->weights ? d->weights[i] : 1.0));
    }
    return s;
)
DU_FUNCTION(of_loop, x[], y[],
    const summed *c = ctx;
    SUMMED(DU_CALL(looped, q, n, c->d))
)

/* value, then derivatives, of a task for n inputs and m outputs */
static int run_task(du_task task, const du_function *f, const du_strategy *s, const void *ctx,
                    size_t n, size_t m, double *to)
{
    du_plan_options options = { .ctx = ctx, FORCED(s) };
    int status = DU_EINVAL;
#define RUN(KIND, MAKE, CALL) \
    case KIND: { du_plan *plan = MAKE; status = CALL; du_plan_free(plan); break; }
    switch (task) {
    RUN(DU_GRADIENT, du_plan_gradient(f, n, &options), du_run_gradient(plan, B, to, to + 1))
    RUN(DU_JACOBIAN, du_plan_jacobian(f, n, m, &options), du_run_jacobian(plan, B, to, to + m))
    RUN(DU_HESSIAN, du_plan_hessian(f, n, &options), du_run_hessian(plan, B, to, to + 1,
        to + 1 + n))
    RUN(DU_JVP, du_plan_jvp(f, n, m, &options), du_run_jvp(plan, B, V, to, to + m))
    RUN(DU_VJP, du_plan_vjp(f, n, m, &options), du_run_vjp(plan, B, V, to, to + m))
    RUN(DU_HVP, du_plan_hvp(f, n, &options), du_run_hvp(plan, B, V, to, to + 1, to + 1 + n))
    default: break;
    }
    return status;
}

Test(total, in_plans_of_every_strategy)
{
    int runs = 0;
    for (size_t n = 1; n <= 10; n += 3)
        for (int kind = 0; kind < 4; kind++) {
            size_t cols = 3;
            du_data d = make_data(65, cols, kind);
            for (size_t i = 0; du_plan_strategy(i); i++)
                for (du_task task = DU_GRADIENT; task <= DU_HVP; task++) {
                    const du_strategy *s = du_plan_strategy(i);
                    if (!du_strategy_can(s, task, n, 3)) continue;
                    du_observer *o = du_observer_new(&polynomial, &d, n,
                        &(du_observer_options){ .ctx = &cols, .mode = i % 2 ? DU_REVERSE
                        : DU_FORWARD, .threads = 1 + i % 3 });
                    for (size_t k = 0; k < 300; k++) out[k] = out2[k] = 42.0;
                    snprintf(where, sizeof where, "%s, task %d, n %zu", s->name, (int)task, n);
                    ok("loop", run_task(task, &of_loop, s, &(summed){ NULL, &d }, n, 3, out));
                    ok("total", run_task(task, &of_total, s, &(summed){ o, &d }, n, 3, out2));
                    for (size_t k = 0; k < 300; k++) same("result", out2[k], out[k], 0.0, 0.0);
                    du_observer_free(o);
                    runs++;
                }
        }
    cr_expect_gt(runs, 100);
}

Test(total, of_constants_needs_no_tape)
{
    size_t cols = 3;
    du_data d = make_data(65, cols, RESPONSE);
    du_observer *o = du_observer_new(&polynomial, &d, 2, &(du_observer_options){ .ctx = &cols });
    du_var q[2] = { du_var_constant(B[0]), du_var_constant(B[1]) }, y = du_total(o, q);
    cr_expect_eq(y.ref, 0);
    cr_expect_eq(y.v, du_total(o, B));
    cr_expect(isnan(du_value(du_total((du_observer *)NULL, q))));
    du_observer_free(o);
}

/* an observer that runs out of memory: NaN, a tape's status, and outputs of the plan as they were
 */
Test(total, trouble_is_nan_or_a_status)
{
    size_t cols = 3, failed = 0;
    double f = 42.0, g[4] = { 42.0 };
    du_data d = make_data(65, cols, RESPONSE);
    for (size_t k = 1; k < 12; k++) {
        test_memory m = { .fail_at = k };
        du_observer *o = du_observer_new(&polynomial, &d, 4, &(du_observer_options){ .ctx = &cols,
            .mode = DU_REVERSE, .allocator = test_allocator(&m) });
        if (!o) continue;
        du_plan *p = du_plan_gradient(&of_total, 4, &(du_plan_options){ .ctx = &(summed){ o, &d },
            .mode = DU_REVERSE });
        int status = du_run_gradient(p, B, &f, g);
        if (status) {
            failed++;
            cr_expect_eq(status, DU_ENOMEM);
            cr_expect(f == 42.0 && g[0] == 42.0);
            cr_expect_eq(du_run_gradient(p, B, &f, g), DU_OK, "once more, with memory");
        }
        f = g[0] = 42.0;
        du_plan_free(p);
        du_observer_free(o);
        cr_expect_eq(m.held, 0);
    }
    cr_expect_geq(failed, 1);
}

/* ---- the policy ---- */

static du_choice choose(size_t rows, size_t p, int packs, size_t threads, size_t forced)
{
    return du_policy(&(du_question){ .among = du_observer_strategy, .task = DU_SUM, .n = p,
        .m = 1, .rows = rows, .packs = packs,
                                     .available = threads, .threads = forced });
}

static du_choice choose_rows(size_t p, size_t m, unsigned made, unsigned known, du_mode mode,
                             size_t chunk, du_lanes lanes)
{
    return du_policy(&(du_question){ .among = du_observer_strategy, .task = DU_ROWS, .n = p,
        .m = m, .rows = 100, .packs = 1,
                                     .available = 1, .straight = made, .known = known,
                                         .mode = mode, .chunk = chunk,
                                     .lanes = lanes });
}
Test(policy, forward_for_few_parameters_and_a_tape_for_many)
{
    for (int packs = 0; packs < 2; packs++) {
        int reverse_from = 0;
        for (size_t p = 1; p <= 300; p++) {
            du_choice c = choose(100, p, packs, 1, 0);
            cr_expect_eq(c.strategy->lanes == DU_EIGHT_LANES, packs);
            if (c.strategy->mode == DU_REVERSE && !reverse_from) reverse_from = (int)p;
            if (reverse_from) cr_expect_eq(c.strategy->mode, DU_REVERSE,
                "p = %zu, but a tape from %d on", p, reverse_from);
            cr_expect_gt(c.predicted, 0.0);
            if (c.strategy->mode == DU_FORWARD) cr_expect_eq(c.passes, (p + c.strategy->chunk - 1)
                / c.strategy->chunk);
        }
        cr_expect(reverse_from > 2 && reverse_from < 100, "%d", reverse_from);
    }
}

Test(policy, threads_for_much_work)
{
    cr_expect_eq(choose(10, 3, 1, 8, 0).threads, 1);
    cr_expect_eq(choose(1000000, 3, 1, 8, 0).threads, 8);
    cr_expect_eq(choose(1000000, 3, 1, 1, 0).threads, 1);
    cr_expect_eq(choose(1000000, 3, 1, 0, 0).threads, 1);
    cr_expect_eq(choose(10, 3, 1, 8, 5).threads, 5);
    size_t one = 1;
    while (choose(one, 10, 0, 8, 0).threads == 1) one *= 2;
    double work = choose(one, 10, 0, 8, 0).predicted * (double)one;
    cr_expect(work >= 20000.0 && work < 40000.0, "%g", work);
}

Test(policy, the_reason_in_words)
{
    du_choice c = choose(100, 3, 1, 8, 0);
    char line[300];
    snprintf(line, sizeof line,
        "%s, 1 pass, eight observations at a time, 1 thread: rows = 100, p = 3, m = 1, predicted "
        "%.1f evaluations an observation",
             c.strategy->name, c.predicted);
    cr_expect_str_eq(c.reason, line);
    cr_expect(strstr(choose(100, 3, 0, 8, 2).reason,
        ", an observation at a time, since a scalar model has no packed form, 2 threads: "
        "rows = 100"));
    c = choose_rows(9, 2, 0, 0, DU_FORWARD, 4, DU_ONE_LANE);
    cr_expect_str_eq(c.strategy->name, "forward-4");
    cr_expect(strstr(c.reason,
        "forward-4, 3 passes, an observation at a time, 1 thread: rows = 100, p = 9, m = 2"),
        "%s", c.reason);
    c = choose((size_t)-1, (size_t)-1, 0, (size_t)-1, (size_t)-1); /* the longest there is */
    cr_expect_lt(strlen(c.reason), sizeof c.reason - 1, "%s", c.reason);
    c = du_policy(&(du_question){ .among = du_observer_strategy, .task = DU_SUM, .n = 9, .m = 1,
        .rows = 100, .lanes = DU_EIGHT_LANES });
    cr_expect_null(c.strategy);
    cr_expect_str_eq(c.reason, "no strategy computes this");
}

Test(policy, an_observer_says_what_it_does)
{
    size_t cols = 3;
    du_data d = make_data(100, cols, 0);
    du_observer_info info;
    char text[2000] = "", line[700];
    du_observer *o = du_observer_new(&polynomial, &d, 4, &(du_observer_options){ .ctx = &cols });
    FILE *f = fmemopen(text, sizeof text, "w");
    cr_assert_eq(du_observer_explain(o, f), DU_OK);
    fclose(f);
    info = du_observer_inspect(o);
    snprintf(line, sizeof line,
        "polynomial, rows: %s\npolynomial, sums: %s\npolynomial: %zu bytes held\n",
        info.rows.reason, info.sums.reason, info.bytes);
    cr_expect_str_eq(text, line);
    du_observer_free(o);
}

/* straight instances: chosen where their zeros are known, 16 parameters and four outputs at most */
Test(policy, straight_where_zeros_are_known)
{
    enum { ONE = 1 << DU_ONE_LANE, EIGHT = 1 << DU_EIGHT_LANES };
    static const struct { size_t p, m; unsigned made, known; du_mode mode; const char *name; }
        cases[] = {
        { 8, 1, ONE | EIGHT, ONE | EIGHT, DU_AUTO, "packed-straight" },
        { 16, 4, EIGHT, EIGHT, DU_AUTO, "packed-straight" },
        { 8, 1, ONE | EIGHT, 0, DU_AUTO, "packed-forward-8" },
        { 17, 1, EIGHT, EIGHT, DU_AUTO, "packed-reverse" },
        { 16, 5, EIGHT, EIGHT, DU_FORWARD, "packed-forward-8" },
    };
    for (size_t k = 0; k < COUNT(cases); k++) {
        du_choice c = choose_rows(cases[k].p, cases[k].m, cases[k].made, cases[k].known,
            cases[k].mode, 0, DU_ANY_LANES);
        cr_expect_str_eq(c.strategy->name, cases[k].name, "%zu", k);
    }
    /* eight lanes and sixteen directions: straight or nothing */
    cr_expect_null(choose_rows(17, 1, EIGHT, EIGHT, DU_FORWARD, 16, DU_EIGHT_LANES).strategy);
    cr_expect_null(choose_rows(8, 1, ONE, ONE, DU_FORWARD, 16, DU_EIGHT_LANES).strategy);
    cr_expect_str_eq(choose_rows(8, 1, ONE, ONE, DU_FORWARD, 16, DU_ONE_LANE).strategy->name,
        "straight");
    cr_expect_str_eq(choose_rows(8, 1, ONE, 0, DU_FORWARD, 16, DU_ONE_LANE).strategy->name,
        "forward-16");
}

Test(policy, what_cannot_be_met_is_refused)
{
    static const du_observer_options wrong[] = {
        { .mode = DU_MEASURE }, { .mode = DU_FORWARD_OVER_REVERSE }, { .mode = (du_mode)99 },
            { .mode = (du_mode)-1 }, { .chunk = 3 },
        { .mode = DU_REVERSE, .chunk = 4 },
            { .mode = DU_FORWARD, .chunk = 1, .lanes = DU_EIGHT_LANES }, { .lanes = (du_lanes)7 },
            { .lanes = (du_lanes)-1 },
    };
    size_t cols = 3;
    du_data d = make_data(20, cols, 0);
    for (size_t k = 0; k < COUNT(wrong); k++) {
        du_observer_options options = wrong[k];
        options.ctx = &cols;
        du_observer *o = du_observer_new(&polynomial, &d, 3, &options), *map
            = du_observer_map(&polynomial, 20, cols, X, 3, 2, &options);
        cr_expect_eq(du_observer_status(o), DU_EMODE, "%zu: %s", k, du_observer_message(o));
        cr_expect_eq(du_observer_status(map), DU_EMODE, "map, %zu: %s", k,
            du_observer_message(map));
        du_observer_free(o);
        du_observer_free(map);
    }
}
