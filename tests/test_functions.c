/* tests/test_functions.c - 19 functions R^n -> R^m at given points: values, Jacobians in every
 * strategy and Hessians against high-precision numbers (tests/data/README.md). Compile with
 * -DTEST_DATA="the folder of functions.csv".
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "strategies.h"

#define PI 3.14159265358979323846
#define E  2.71828182845904523536

/* ---- the functions ---- */

DU_FUNCTION(rosenbrock, x[], y[],
    y[0] = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i++)
        y[0] = du_add(y[0], du_mul(100, du_sqr(du_sub(x[i + 1], du_sqr(x[i])))),
            du_sqr(du_sub(1, x[i])));
)

/* -20 exp(-r/5) - exp(c) + 20 + e, both differences without cancellation */
DU_FUNCTION(ackley, x[], y[],
    T squares = du_constant(T, 0.0);
    T cosines = squares;
    for (size_t i = 0; i < n; i++) {
        squares = du_add(squares, du_sqr(x[i]));
        cosines = du_add(cosines, du_cospi(du_mul(2, x[i])));
    }
    T r = du_sqrt(du_div(squares, n));
    y[0] = du_sub(du_mul(-20, du_expm1(du_mul(-0.2, r))),
        du_mul(E, du_expm1(du_sub(du_div(cosines, n), 1))));
)

DU_FUNCTION(powell_singular, x[], y[],
    y[0] = du_add(x[0], du_mul(10, x[1]));
    y[1] = du_mul(sqrt(5), du_sub(x[2], x[3]));
    y[2] = du_sqr(du_sub(x[1], du_mul(2, x[2])));
    y[3] = du_mul(sqrt(10), du_sqr(du_sub(x[0], x[3])));
)

DU_FUNCTION(helical_valley, x[], y[],
    T theta = du_div(du_atan2(x[1], x[0]), 2 * PI);
    T r = du_hypot(x[0], x[1]);
    T squares = du_add(du_sqr(du_sub(x[2], du_mul(10, theta))), du_sqr(du_sub(r, 1)));
    y[0] = du_add(du_mul(100, squares), du_sqr(x[2]));
)

DU_FUNCTION(wood, x[], y[],
    T first = du_add(du_mul(100, du_sqr(du_sub(x[1], du_sqr(x[0])))), du_sqr(du_sub(1, x[0])));
    T second = du_add(du_mul(90, du_sqr(du_sub(x[3], du_sqr(x[2])))), du_sqr(du_sub(1, x[2])));
    T sum = du_add(du_sub(x[1], 1), du_sub(x[3], 1));
    y[0] = du_add(first, second, du_mul(10, du_sqr(sum)), du_div(du_sqr(du_sub(x[1], x[3])), 10));
)

DU_FUNCTION(himmelblau, x[], y[],
    y[0] = du_add(du_sqr(du_add(du_sqr(x[0]), x[1], -11)), du_sqr(du_add(x[0], du_sqr(x[1]), -7)));
)

DU_FUNCTION(booth, x[], y[],
    y[0] = du_add(du_sqr(du_add(x[0], du_mul(2, x[1]), -7)),
        du_sqr(du_add(du_mul(2, x[0]), x[1], -5)));
)

/* 10 n + sum of x^2 - 10 cos(2 pi x), as x^2 + 20 sin(pi x)^2 */
DU_FUNCTION(rastrigin, x[], y[],
    y[0] = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++)
        y[0] = du_add(y[0], du_sqr(x[i]), du_mul(20, du_sqr(du_sinpi(x[i]))));
)

DU_FUNCTION(branin, x[], y[],
    T parabola = du_add(x[1], du_mul(-5.1 / (4 * PI * PI), du_sqr(x[0])), du_mul(5 / PI, x[0]), -6);
    y[0] = du_add(du_sqr(parabola), du_mul(10 * (1 - 1 / (8 * PI)), du_cos(x[0])), 10);
)

DU_FUNCTION(styblinski_tang, x[], y[],
    y[0] = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++)
        y[0] = du_add(y[0], du_mul(0.5, du_powi(x[i], 4)), du_mul(-8, du_sqr(x[i])),
            du_mul(2.5, x[i]));
)

/* x, y, z, sigma, rho, beta */
DU_FUNCTION(lorenz, x[], y[],
    y[0] = du_mul(x[3], du_sub(x[1], x[0]));
    y[1] = du_sub(du_mul(x[0], du_sub(x[4], x[2])), x[1]);
    y[2] = du_sub(du_mul(x[0], x[1]), du_mul(x[5], x[2]));
)

/* x, v, mu */
DU_FUNCTION(van_der_pol, x[], y[],
    y[0] = x[1];
    y[1] = du_sub(du_mul(x[2], du_sub(1, du_sqr(x[0])), x[1]), x[0]);
)

static const double substrate[] = { 0.02, 0.06, 0.11, 0.22, 0.56, 1.10 };
static const double velocity[] = { 47, 97, 123, 152, 191, 200 };

/* Vm, K */
DU_FUNCTION(michaelis_menten, x[], y[],
    for (size_t i = 0; i < m; i++)
        y[i] = du_sub(velocity[i], du_div(du_mul(x[0], substrate[i]), du_add(x[1], substrate[i])));
)

static const double regressors[5][3] = {
    { 1, 0.5, -1.2 }, { 1, -0.3, 0.8 }, { 1, 2.0, 0.1 }, { 1, -1.5, -0.7 }, { 1, 0.9, 1.6 } };
static const double label[5] = { 1, 0, 1, 0, 1 };

/* log(1 + exp z) - z = log(1 + exp -z) */
DU_FUNCTION(logistic_nll, x[], y[],
    y[0] = du_constant(T, 0.0);
    for (size_t i = 0; i < 5; i++) {
        T z = du_mul(regressors[i][0], x[0]);
        for (size_t j = 1; j < n; j++) z = du_add(z, du_mul(regressors[i][j], x[j]));
        y[0] = du_add(y[0], du_softplus(du_mul(1 - 2 * label[i], z)));
    }
)

DU_FUNCTION(logsumexp, x[], y[], y[0] = du_logsumexp(x, n);)

DU_FUNCTION(det_3x3, x[], y[],
    T a = du_mul(x[0], du_sub(du_mul(x[4], x[8]), du_mul(x[5], x[7])));
    T b = du_mul(x[1], du_sub(du_mul(x[5], x[6]), du_mul(x[3], x[8])));
    T c = du_mul(x[2], du_sub(du_mul(x[3], x[7]), du_mul(x[4], x[6])));
    y[0] = du_add(a, b, c);
)

/* q1, q2, v1, v2 in the plane; masses 1 and 0.3 */
DU_FUNCTION(two_body, x[], y[],
    T dx = du_sub(x[2], x[0]);
    T dy = du_sub(x[3], x[1]);
    T cube = du_powi(du_hypot(dx, dy), -3);
    for (size_t i = 0; i < 4; i++) y[i] = x[4 + i];
    y[4] = du_mul(0.3, dx, cube);
    y[5] = du_mul(0.3, dy, cube);
    y[6] = du_mul(-1, dx, cube);
    y[7] = du_mul(-1, dy, cube);
)

/* x0 log x0 + x1 log x1 - (x0 + x1) log(x0 + x1), the logarithms taken of quotients */
DU_FUNCTION(entropy_mix, x[], y[],
    T first = du_mul(x[0], du_log1p(du_div(x[1], x[0])));
    T second = du_mul(x[1], du_log1p(du_div(x[0], x[1])));
    y[0] = du_neg(du_add(first, second));
    y[1] = du_pow(x[0], x[1]);
    y[2] = du_mul(du_atan2(x[1], x[0]), du_hypot(x[0], x[1]));
)

static const struct { const char *name; const du_function *f; } functions[] = {
    { "rosenbrock_2", &rosenbrock }, { "rosenbrock_10", &rosenbrock }, { "ackley_3", &ackley },
    { "powell_singular_res", &powell_singular }, { "helical_valley", &helical_valley },
        { "wood", &wood },
    { "himmelblau", &himmelblau }, { "booth", &booth }, { "rastrigin_4", &rastrigin },
        { "branin", &branin },
    { "styblinski_tang_4", &styblinski_tang }, { "lorenz_rhs", &lorenz },
        { "van_der_pol_rhs", &van_der_pol },
    { "michaelis_menten_res", &michaelis_menten }, { "logistic_nll_5", &logistic_nll },
    { "logsumexp_5", &logsumexp }, { "det_3x3", &det_3x3 }, { "two_body_rhs", &two_body },
    { "hs_entropy_mix", &entropy_mix },
};

/* ---- the table: one problem is a function at a point ---- */

enum { MAX_N = 10, MAX_M = 8, PROBLEMS = 57, NUMBERS = 2691 };

typedef struct {
    char name[32];
    const du_function *f;
    size_t n, m, point;
    double x[MAX_N], y[MAX_M], jac[MAX_M * MAX_N], hess[MAX_M][MAX_N * MAX_N];
} problem;

static problem problems[PROBLEMS];
static size_t problem_count;

static const du_function *find_function(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(functions[i].name, name)) return functions[i].f;
    return NULL;
}

/* the problem that a line belongs to: the last one, or a new one */
static problem *find_problem(const char *name, size_t n, size_t m, size_t point)
{
    problem *p = problem_count ? &problems[problem_count - 1] : NULL;
    if (p && !strcmp(p->name, name) && p->point == point) return p;
    cr_assert_lt(problem_count, PROBLEMS);
    cr_assert(n <= MAX_N && m <= MAX_M);
    p = &problems[problem_count++];
    *p = (problem){ .f = find_function(name), .n = n, .m = m, .point = point };
    snprintf(p->name, sizeof p->name, "%s", name);
    cr_assert_not_null(p->f, "no function %s", name);
    return p;
}

static void read_line(char *line)
{
    char *field[9];
    size_t index[9] = { 0 };
    for (size_t i = 0; i < 9; i++) {
        field[i] = strsep(&line, ",");
        cr_assert_not_null(field[i], "a field is missing");
        index[i] = strtoul(field[i], NULL, 10);
    }
    problem *p = find_problem(field[0], index[1], index[2], index[3]);
    size_t n = p->n, k = index[5], i = index[6], j = index[7];
    double v = strtod(field[8], NULL);
    switch (*field[4]) {
    case 'x': p->x[k] = v; break;
    case 'f': p->y[k] = v; break;
    case 'J': p->jac[k * n + i] = v; break;
    default: p->hess[k][i * n + j] = p->hess[k][j * n + i] = v;
    }
}

static void read_problems(void)
{
    char line[256];
    size_t numbers = 0;
    FILE *file = fopen(TEST_DATA "/functions.csv", "r");
    cr_assert_not_null(file, "%s/functions.csv cannot be read", TEST_DATA);
    cr_assert_not_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file); numbers++) read_line(line);
    fclose(file);
    cr_assert_eq(numbers, NUMBERS);
    cr_assert_eq(problem_count, PROBLEMS);
}

TestSuite(functions, .init = read_problems);

/* ---- comparison: relative, for an exact zero relative to the largest number beside it. Near a
 * minimum values and gradients are differences of large terms, so that what an ulp of the point
 * changes is allowed for as well: |J| |x| in a value, |H| |x| in a row of the Jacobian, times
 * DBL_EPSILON. In a Hessian, where large terms cancel alike, it is DBL_EPSILON times the largest
 * entry ---- */

static const double tolerance = 1e-12;

/* sum of |d_i x_i| */
static double size_of_change(const problem *p, const double d[])
{
    double s = 0.0;
    for (size_t i = 0; i < p->n; i++) s += fabs(d[i] * p->x[i]);
    return s;
}

static void expect_close(const problem *p, const char *how, const char *what, size_t i,
                         double got, double want, double bound)
{
    if (fabs(got - want) <= bound) return;
    cr_expect(0, "%s, point %zu, %s: %s[%zu] is %.17g, expected %.17g, relative error %.2g",
        p->name,
              p->point, how, what, i, got, want, fabs(got - want) / fabs(want));
}

static double largest(size_t count, const double v[])
{
    double most = 0.0;
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs(v[i]));
    return most;
}

static void expect_values(const problem *p, const char *how, const double y[])
{
    for (size_t k = 0; k < p->m; k++) {
        double ulp = DBL_EPSILON * size_of_change(p, p->jac + k * p->n);
        expect_close(p, how, "value", k, y[k], p->y[k], tolerance * fabs(p->y[k]) + ulp);
    }
}

/* g against the gradient of output k */
static void expect_gradient(const problem *p, const char *how, size_t k, const double g[])
{
    const double *want = p->jac + k * p->n;
    for (size_t i = 0; i < p->n; i++) {
        double ulp = DBL_EPSILON * size_of_change(p, p->hess[k] + i * p->n);
        double size = want[i] == 0.0 ? largest(p->n, want) : fabs(want[i]);
        expect_close(p, how, "gradient", i, g[i], want[i], tolerance * size + ulp);
    }
}

static void expect_jacobian(const problem *p, const char *how, const double jac[])
{
    for (size_t k = 0; k < p->m; k++) expect_gradient(p, how, k, jac + k * p->n);
}

static void expect_hessian(const problem *p, const char *how, size_t k, const double h[])
{
    const double *want = p->hess[k];
    double most = largest(p->n * p->n, want);
    for (size_t i = 0; i < p->n * p->n; i++) {
        double size = want[i] == 0.0 ? most : fabs(want[i]);
        expect_close(p, how, "Hessian", i, h[i], want[i], tolerance * size + DBL_EPSILON * most);
    }
}

/* ---- the tests ---- */

Test(functions, values)
{
    for (const problem *p = problems; p < problems + PROBLEMS; p++) {
        double y[MAX_M];
        p->f->f_double(p->x, p->n, y, p->m, NULL);
        expect_values(p, "double", y);
    }
}

static du_plan_options forced(const du_strategy *s)
{
    return (du_plan_options){ FORCED(s) };
}

static void expect_strategy(const du_plan *plan, const du_strategy *s)
{
    du_plan_info info;
    cr_assert_not_null(plan, "no plan for %s", s->name);
    info = du_plan_inspect(plan);
    cr_expect_eq(info.choice.strategy, s);
}

static void check_jacobian(const problem *p, const du_strategy *s)
{
    double y[MAX_M], jac[MAX_M * MAX_N];
    du_plan_options options = forced(s);
    du_plan *plan = du_plan_jacobian(p->f, p->n, p->m, &options);
    expect_strategy(plan, s);
    cr_assert_eq(du_run_jacobian(plan, p->x, y, jac), DU_OK);
    expect_values(p, s->name, y);
    expect_jacobian(p, s->name, jac);
    du_plan_free(plan);
}

static void check_gradient(const problem *p, const du_strategy *s)
{
    double y, g[MAX_N];
    du_plan_options options = forced(s);
    du_plan *plan = du_plan_gradient(p->f, p->n, &options);
    expect_strategy(plan, s);
    cr_assert_eq(du_run_gradient(plan, p->x, &y, g), DU_OK);
    expect_values(p, s->name, &y);
    expect_jacobian(p, s->name, g);
    du_plan_free(plan);
}

static void check_hessian(const problem *p, const du_strategy *s)
{
    double y, g[MAX_N], h[MAX_N * MAX_N];
    du_plan_options options = forced(s);
    du_plan *plan = du_plan_hessian(p->f, p->n, &options);
    expect_strategy(plan, s);
    cr_assert_eq(du_run_hessian(plan, p->x, &y, g, h), DU_OK);
    expect_values(p, s->name, &y);
    expect_jacobian(p, s->name, g);
    expect_hessian(p, s->name, 0, h);
    du_plan_free(plan);
}

/* calls check for every problem and every strategy that can compute the task; each of the problems
 * has to find one */
static void for_each_strategy(du_task task, void (*check)(const problem *, const du_strategy *))
{
    int scalar = task == DU_GRADIENT || task == DU_HESSIAN;
    for (const problem *p = problems; p < problems + PROBLEMS; p++) {
        size_t checked = 0;
        if (scalar && p->m != 1) continue;
        EACH_STRATEGY(s, du_plan_strategy) {
            if (!du_strategy_can(s, task, p->n, p->m) || s->straight) continue;
            check(p, s);
            checked++;
        }
        cr_expect_gt(checked, 0, "no strategy for %s", p->name);
    }
}

Test(functions, jacobians_in_every_strategy) { for_each_strategy(DU_JACOBIAN, check_jacobian); }
Test(functions, gradients_in_every_strategy) { for_each_strategy(DU_GRADIENT, check_gradient); }
Test(functions, hessians_in_every_strategy) { for_each_strategy(DU_HESSIAN, check_hessian); }

Test(functions, one_call_jacobian_and_hessian)
{
    for (const problem *p = problems; p < problems + PROBLEMS; p++) {
        double y[MAX_M], jac[MAX_M * MAX_N], h[MAX_N * MAX_N];
        cr_assert_eq(du_jacobian(p->f, p->n, p->m, p->x, NULL, y, jac), DU_OK);
        expect_jacobian(p, "du_jacobian", jac);
        if (p->m != 1) continue;
        cr_assert_eq(du_hessian(p->f, p->n, p->x, NULL, y, jac, h), DU_OK);
        expect_jacobian(p, "du_hessian", jac);
        expect_hessian(p, "du_hessian", 0, h);
    }
}

/* along each axis: the rows of the Hessian */
Test(functions, hessian_vector_products)
{
    for (const problem *p = problems; p < problems + PROBLEMS; p++) {
        double y, g[MAX_N], h[MAX_N * MAX_N];
        if (p->m != 1) continue;
        for (size_t i = 0; i < p->n; i++) {
            double v[MAX_N] = { 0.0 };
            v[i] = 1.0;
            cr_assert_eq(du_hvp(p->f, p->n, p->x, v, NULL, &y, g, h + i * p->n), DU_OK);
            expect_jacobian(p, "du_hvp", g);
        }
        expect_hessian(p, "du_hvp", 0, h);
    }
}

/* row i of the Hessian of every output: one recording with tangent 1 in x_i, a sweep for each */
static void var2_rows(du_tape *t, const problem *p, size_t i, double hess[][MAX_N * MAX_N])
{
    double v[MAX_N] = { 0.0 }, g[MAX_N];
    du_var2 x[MAX_N], y[MAX_M];
    v[i] = 1.0;
    du_tape_reset(t);
    cr_assert_eq(du_tape_independents2(t, p->n, p->x, v, x), DU_OK);
    p->f->f_var2(x, p->n, y, p->m, NULL);
    for (size_t k = 0; k < p->m; k++) {
        du_tape_zero_gradients(t);
        cr_assert_eq(du_tape_sweep2(t, 1, &y[k], NULL), DU_OK);
        cr_assert_eq(du_tape_gradient2(t, p->n, x, g, hess[k] + i * p->n), DU_OK);
        expect_gradient(p, "var2", k, g);
    }
}

Test(functions, hessians_of_every_output)
{
    du_tape *t = du_tape_new(NULL);
    for (const problem *p = problems; p < problems + PROBLEMS; p++) {
        double hess[MAX_M][MAX_N * MAX_N];
        for (size_t i = 0; i < p->n; i++) var2_rows(t, p, i, hess);
        for (size_t k = 0; k < p->m; k++) expect_hessian(p, "var2", k, hess[k]);
    }
    du_tape_free(t);
}

/* along e_i + e_j: H_ii + 2 H_ij + H_jj of every output */
static void check_jet(const problem *p, size_t i, size_t j)
{
    du_jet x[MAX_N], y[MAX_M];
    for (size_t l = 0; l < p->n; l++) x[l] = (du_jet){ p->x[l], l == i || l == j, 0.0 };
    p->f->f_jet(x, p->n, y, p->m, NULL);
    for (size_t k = 0; k < p->m; k++) {
        double ii = p->hess[k][i * p->n + i], ij = p->hess[k][i * p->n + j],
            jj = p->hess[k][j * p->n + j];
        double bound = tolerance * (fabs(ii) + 2.0 * fabs(ij) + fabs(jj));
        if (bound == 0.0) bound = tolerance * largest(p->n * p->n, p->hess[k]);
        expect_close(p, "jet", "second derivative of output", k, y[k].dd, ii + 2.0 * ij + jj,
            bound);
    }
}

Test(functions, second_derivatives_along_a_direction)
{
    for (const problem *p = problems; p < problems + PROBLEMS; p++)
        for (size_t i = 0; i < p->n; i++)
            for (size_t j = 0; j < i; j++) check_jet(p, i, j);
}
