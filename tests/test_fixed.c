/* tests/test_fixed.c - functions of a fixed number of inputs: every plan of one against the same
 * formula as a function of any number; where zeros are known, and what happens where they are not.
 * SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "strategies.h"

enum { MOST_N = 16, MOST_M = 5 };

DU_HELPER(square_of_sum, (T a, T b), return du_sqr(du_add(a, b));)
DU_SCALAR_HELPER(fold, (T a), if (du_value(a) < 0.0) return du_neg(a); return a;)
DU_SCALAR_HELPER(power, (T a, int k), if (k == 0) return du_constant(T, 1.0);
    return du_mul(a, DU_CALL(power, a, k - 1));)
DU_FUNCTION(inner, x[3], y[], y[0] = du_mul(x[0], x[n - 1]);)

/* X(name, inputs, outputs, straight, formula) */
#define FORMULAS(X) \
    X(one, 1, 1, 1, y[0] = du_mul(x[0], du_exp(x[0]));) \
    X(saddle, 2, 1, 1, y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));) \
    X(two, 3, 2, 1, y[0] = DU_CALL(square_of_sum, x[0], x[2]); \
        y[1] = du_fma(x[0], x[1], du_log(du_add(3.0, x[2]))); ) \
    X(three, 4, 3, 1, y[0] = du_sub(x[3], x[0]); y[1] = du_constant(T, 7.0); \
        y[2] = du_div(x[1], du_add(4.0, x[2]));) \
    X(four, 5, 4, 1, DU_UNROLL for (size_t i = 0; i < 4; i++) \
        y[i] = du_mul(x[i], du_atan2(x[i + 1], 2.0));) \
    X(five, 5, 5, 0, DU_UNROLL for (size_t i = 0; i < 5; i++) y[i] = du_sin(x[i]);) \
    X(long_sum, 16, 1, 1, T s = du_constant(T, 0.0); DU_UNROLL for (size_t i = 0; i + 1 < n; i++) \
        s = du_fma(x[i], du_sqr(x[i + 1]), s); y[0] = s;) \
    X(scaled, 3, 1, 1, double k = ctx ? *(const double *)ctx : 1.0; \
        y[0] = du_mul(k, du_mul(x[0], du_mul(x[1], x[2])));) \
    X(flat, 3, 1, 1, y[0] = du_constant(T, 3.0);) \
    X(folded, 2, 1, 1, y[0] = du_mul(DU_CALL(fold, x[0]), x[1]);) \
    X(recursive, 2, 1, 0, y[0] = du_add(DU_CALL(power, x[0], ctx ? *(const int *)ctx : 5), x[1]);) \
    X(calling, 3, 1, 0, T t[1]; DU_CALL(inner, x, 3, t, 1, ctx); y[0] = du_mul(t[0], x[1]);) \
    X(looped, 4, 1, 0, T s = x[0]; for (int i = 0; i < (ctx ? *(const int *)ctx : 9); i++) \
        s = du_mul(s, du_add(1.5, x[i & 3])); y[0] = s;) \
    X(branched, 2, 1, 0, y[0] = x[0]; if (du_gt(x[0], 0.0)) y[0] = du_mul(y[0], x[1]);) \
    X(infinite_slope, 2, 1, 1, y[0] = du_add(du_mul(du_sqrt(x[0]), x[1]), \
        du_div(x[1], du_add(x[0], 1.0)));) \
    X(happens_to_be_0, 2, 1, 1, y[0] = du_add(du_sqrt(du_sqr(x[0])), x[1]);)
#define DEFINE(name, inputs, m, straight, ...) \
    DU_FUNCTION(any_##name, x[], y[], __VA_ARGS__) DU_FUNCTION(name, x[inputs], y[], __VA_ARGS__)
FORMULAS(DEFINE)

#define LIST(name, inputs, m, straight, ...) { &name, &any_##name, inputs, m, straight },
static const struct { const du_function *fixed, *any; size_t n, m; int straight; }
    formulas[] = { FORMULAS(LIST) };
enum { FORMULA_COUNT = sizeof formulas / sizeof *formulas };

/* the same formula without the straight instance */
#undef DU_STRAIGHT
#define DU_STRAIGHT 0
DU_FUNCTION(saddle_without, x[2], y[], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)

static void fill(double *x, size_t n)
{
    for (size_t i = 0;
    i < n;
    i++) x[i] = 0.3 + 0.11 * (double)i - 0.02 * (double)(i * i % 7);
}
static int known(const du_function *f)
{
    return f->row_straight && f->row_straight((double[MOST_N]){ 0.0 }, NULL, 0, NULL, NULL);
}
static const char *chosen(const du_plan *p)
{
    static du_plan_info info; /* of one process a test */
    info = du_plan_inspect(p);
    return info.choice.strategy->name;
}
static int same(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i]))) return 0;
    return 1;
}
static void close(const char *name, const char *by, const double *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(fabs(got[i] - want[i]) <= 4e-16 * (1.0 + fabs(want[i])),
            "%s by %s: [%zu] = %.17g, expected %.17g", name, by, i, got[i], want[i]);
}

Test(fixed, jacobians_by_every_strategy)
{
    for (size_t k = 0; k < FORMULA_COUNT; k++) {
        size_t n = formulas[k].n, m = formulas[k].m;
        double x[MOST_N], y[MOST_M], jac[MOST_M * MOST_N], want_y[MOST_M], want[MOST_M * MOST_N];
        fill(x, n);
        cr_assert_eq(du_jacobian(formulas[k].any, n, m, x, NULL, want_y, want), DU_OK);
        EACH_STRATEGY(s, du_plan_strategy) {
            if (!du_strategy_can(s, DU_JACOBIAN, n, m)) continue;
            du_plan *p = du_plan_jacobian(formulas[k].fixed, n, m,
                &(du_plan_options){ FORCED(s) });
            for (int again = 0; again < 2; again++) {
                cr_assert_eq(du_run_jacobian(p, x, y, jac), DU_OK);
                close(formulas[k].fixed->name, chosen(p), y, want_y, m);
                close(formulas[k].fixed->name, chosen(p), jac, want, m * n);
            }
            du_plan_free(p);
        }
    }
}

Test(fixed, zeros_are_known_of_straight_formulas)
{
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    for (size_t k = 0; k < FORMULA_COUNT; k++) {
        size_t n = formulas[k].n, m = formulas[k].m;
        if (!formulas[k].straight || n < 2) continue;
        du_plan *p = du_plan_jacobian(formulas[k].fixed, n, m, NULL), *q
            = du_plan_jacobian(formulas[k].any, n, m, NULL);
        cr_expect_str_eq(chosen(p), "straight", "%s: %s", formulas[k].fixed->name, chosen(p));
        cr_expect_str_neq(chosen(q), "straight");
        du_plan_free(p);
        du_plan_free(q);
    }
    du_plan *p = du_plan_gradient(&saddle, 2, NULL);
    char text[600] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    cr_assert_eq(du_plan_explain(p, stream), DU_OK);
    fclose(stream);
    cr_expect_not_null(strstr(text, "forward without zeros, 1 chunk of 16: n = 2, m = 1"), "%s",
        text);
    du_plan_free(p);
#endif
    cr_expect(!known(&looped) && !known(&recursive) && !known(&any_saddle)
        && !known(&saddle_without));
    cr_expect_null(saddle_without.row_straight);
    cr_expect(saddle_without.inputs == 2 && saddle.inputs == 2 && any_saddle.inputs == 0);
}

/* more outputs than straight numbers are made for */
Test(fixed, five_outputs_go_by_dual_numbers)
{
    du_plan *p = du_plan_jacobian(&five, 5, 5, NULL);
    cr_expect_str_neq(chosen(p), "straight");
    du_plan_free(p);
}

Test(fixed, other_tasks_and_products)
{
    double x[3] = { 2.0, 3.0, 5.0 }, v[3] = { 1.0, -2.0, 0.5 }, k = 2.0, f, g[3], h[9], hv[3], jv,
        wj[3];
    cr_assert_eq(du_gradient(&scaled, 3, x, &k, &f, g), DU_OK);
    cr_expect(f == 60.0 && g[0] == 30.0 && g[1] == 20.0 && g[2] == 12.0);
    cr_assert_eq(du_hessian(&scaled, 3, x, &k, &f, g, h), DU_OK);
    cr_expect(same(h, (double[9]){ 0.0, 10.0, 6.0, 10.0, 0.0, 4.0, 6.0, 4.0, 0.0 }, 9));
    cr_assert_eq(du_hvp(&scaled, 3, x, v, &k, &f, g, hv), DU_OK);
    cr_expect(same(hv, (double[3]){ -17.0, 12.0, -2.0 }, 3));
    cr_assert_eq(du_jvp(&scaled, 3, 1, x, v, &k, &f, &jv), DU_OK);
    cr_expect_eq(jv, -4.0);
    cr_assert_eq(du_vjp(&scaled, 3, 1, x, (double[1]){ 2.0 }, &k, &f, wj), DU_OK);
    cr_expect(same(wj, (double[3]){ 60.0, 40.0, 24.0 }, 3));
    du_check_report report;
    cr_assert_eq(du_check(&scaled, 3, 1, x, &k, &report), DU_OK);
}

Test(fixed, branches_and_loops_follow_the_point)
{
    double g[4], want[4], f, x[2][4] = { { 2.0, 5.0, 0.5, -1.0 }, { -2.0, 5.0, -0.5, 1.0 } };
    for (int turn = 0; turn < 4; turn++) for (int times = 0; times < 10; times += 3) {
        const double *at = x[turn % 2];
        cr_assert_eq(du_gradient(&branched, 2, at, NULL, &f, g), DU_OK);
        cr_expect(turn % 2 ? g[0] == 1.0 && g[1] == 0.0 : g[0] == 5.0 && g[1] == 2.0);
        cr_assert_eq(du_gradient(&folded, 2, at, NULL, &f, g), DU_OK);
        cr_expect(g[0] == (turn % 2 ? -5.0 : 5.0) && g[1] == 2.0 && f == 10.0);
        cr_assert_eq(du_gradient(&recursive, 2, at, &times, &f, g), DU_OK);
        cr_expect(fabs(g[0] - times * pow(at[0], times - 1)) <= 1e-12 * fabs(g[0]) && g[1] == 1.0,
            "%d: %.17g", times, g[0]);
        cr_assert_eq(du_gradient(&looped, 4, at, &times, &f, g), DU_OK);
        cr_assert_eq(du_gradient(&any_looped, 4, at, &times, &f, want), DU_OK);
        close("looped", "points", g, want, 4);
    }
}

/* What dual numbers give wherever something is not finite: a partial that happens to be 0 times an
 * infinite slope is 0. */
static void as_by_duals(const du_function *fixed, const du_function *any)
{
    static const double points[][2] = {
        { 0.0, 0.0 }, { 0.0, 2.0 }, { -1.0, 1.0 }, { -1.0, 0.0 }, { INFINITY, 1.0 },
            { 1.0, INFINITY }, { NAN, 1.0 }, { 1.0, NAN },
        { 1e308, 1e308 }, { 5e-324, 1.0 },
    };
    const du_plan_options chunks = { .mode = DU_FORWARD, .chunk = 16 };
    du_plan *p = du_plan_gradient(fixed, 2, &chunks), *q = du_plan_gradient(any, 2, &chunks);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double f, g[2], want_f, want[2];
        cr_assert_eq(du_run_gradient(p, points[i], &f, g), du_run_gradient(q, points[i], &want_f,
            want));
        cr_expect(same(&f, &want_f, 1) && same(g, want, 2), "%s at (%g, %g): %.17g, %.17g, %.17g",
            fixed->name, points[i][0], points[i][1], f, g[0], g[1]);
    }
    du_plan_free(p);
    du_plan_free(q);
}
Test(fixed, not_finite_is_as_by_dual_numbers)
{
    as_by_duals(&infinite_slope, &any_infinite_slope);
    as_by_duals(&happens_to_be_0, &any_happens_to_be_0);
}

Test(fixed, a_row_that_is_not_finite_writes_nothing)
{
    double y = 42.0, jac[2] = { 42.0, 42.0 };
    cr_assert_eq(infinite_slope.row_straight((double[2]){ 0.0, 0.0 }, &y, 1, jac, NULL), 0);
    cr_expect(y == 42.0 && jac[0] == 42.0 && jac[1] == 42.0);
    int straight = infinite_slope.row_straight((double[2]){ 4.0, 3.0 }, &y, 1, jac, NULL);
    cr_expect_eq(straight, known(&infinite_slope));
    cr_expect(y == 6.6 && fabs(jac[0] - 0.63) < 1e-15 && jac[1] == 2.2, "%.17g %.17g %.17g", y,
        jac[0], jac[1]);
}

Test(fixed, sums_of_partials_that_are_finite)
{
    du_straight a = du_straight_add(du_straight_independent(1.0, 0),
        du_straight_mul(3.0 > 2.0 ? du_straight_constant(-0.0) : du_straight_constant(1.0),
        du_straight_independent(1.0, 15)));
    cr_expect(du_straight_finite(a) && du_straight_finite(du_straight_constant(NAN)));
    for (unsigned k = 0; k < DU_STRAIGHT_PARTIALS; k++) {
        du_straight b = du_straight_independent(2.0, k);
        cr_expect(du_straight_finite(b));
        cr_expect(!du_straight_finite(du_straight_mul(b, du_straight_constant(INFINITY)))
            && !du_straight_finite(du_straight_mul(b, du_straight_constant(NAN))));
    }
}

Test(fixed, outputs_may_be_inputs)
{
    for (int chunk = 0; chunk <= 16; chunk += 16) {
        double x[16], want[16], f;
        fill(x, 16);
        cr_assert_eq(du_gradient(&any_long_sum, 16, x, NULL, &f, want), DU_OK);
        du_plan *p = du_plan_gradient(&long_sum, 16, &(du_plan_options){ .chunk = (size_t)chunk });
        cr_assert_eq(du_run_gradient(p, x, &f, x), DU_OK);
        close("long_sum", chosen(p), x, want, 16);
        du_plan_free(p);
        double point[5], jac[20];
        fill(jac, 5);
        fill(point, 5);
        p = du_plan_jacobian(&four, 5, 4, &(du_plan_options){ .chunk = (size_t)chunk });
        cr_assert_eq(du_run_jacobian(p, jac, point, jac), DU_OK);
        fill(want, 5);
        double y[4], want_jac[20];
        cr_assert_eq(du_jacobian(&any_four, 5, 4, want, NULL, y, want_jac), DU_OK);
        close("four", chosen(p), jac, want_jac, 20);
        close("four", chosen(p), point, y, 4);
        du_plan_free(p);
    }
}

Test(fixed, another_number_of_inputs_is_refused)
{
    double x[3] = { 1.0, 2.0, 3.0 }, f = 42.0, g[9] = { 42.0 }, h[9];
    du_plan *p = du_plan_gradient(&saddle, 3, NULL);
    cr_expect_eq(du_plan_status(p), DU_ESHAPE);
    cr_expect_str_eq(du_plan_message(p), "saddle has 2 inputs, not 3");
    cr_expect_eq(du_run_gradient(p, x, &f, g), DU_ESHAPE);
    du_plan_free(p);
    cr_expect_eq(du_gradient(&saddle, 3, x, NULL, &f, g), DU_ESHAPE);
    cr_expect_eq(du_hessian(&saddle, 3, x, NULL, &f, g, h), DU_ESHAPE);
    cr_expect_eq(du_jvp(&saddle, 1, 1, x, x, NULL, &f, g), DU_ESHAPE);
    cr_expect_eq(du_vjp(&saddle, 1, 1, x, x, NULL, &f, g), DU_ESHAPE);
    du_check_report report;
    cr_expect_eq(du_check(&saddle, 3, 1, x, NULL, &report), DU_ESHAPE);
    cr_expect(f == 42.0 && g[0] == 42.0, "an output was touched");
}

Test(fixed, measured_strategies_are_right)
{
    double x[16], g[16], want[16], f;
    fill(x, 16);
    cr_assert_eq(du_gradient(&any_long_sum, 16, x, NULL, &f, want), DU_OK);
    du_plan *p = du_plan_gradient(&long_sum, 16, &(du_plan_options){ .mode = DU_MEASURE,
        .measure_at = x });
    cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
    close("long_sum", chosen(p), g, want, 16);
    du_plan_free(p);
}

/* sums over observations in a function of declared inputs, where what is left of them may be no
 * derivative at all */
DU_MODEL(line, b[2], x[1], y[1], y[0] = du_add(b[0], du_mul(b[1], x[0]));)
#define TOTAL du_total((du_observer *)(uintptr_t)ctx, q)
DU_FUNCTION(ridge, q[2], y[1], y[0] = du_add(TOTAL, du_sqr(q[0]));)
DU_FUNCTION(capped, q[2], y[1], y[0] = du_fmin(TOTAL, du_mul(q[0], 1e6));)
DU_FUNCTION(chosen_by_total, q[2], y[1],
    y[0] = du_where(du_gt(TOTAL, 1.0), du_sqr(q[0]), du_mul(q[0], 2.0));
)

Test(fixed, totals)
{
    const double x[3] = { 1.0, 2.0, 3.0 }, y[3] = { 2.0, 3.0, 1.0 }, q[2] = { 0.5, 0.1 };
    const du_function *const f[] = { &ridge, &capped, &chosen_by_total };
    const double want[][3] = { { 3.895, -2.9, -6.6 }, { 3.645, -3.9, -6.6 }, { 0.25, 1.0, 0.0 } };
    du_observer *o = du_observer_new(&line, &(du_data){ 3, 1, x, y, NULL }, 2, NULL);
    for (size_t k = 0; k < 3; k++)
        for (int mode = DU_AUTO; mode <= DU_REVERSE; mode++) {
            double v, g[2];
            du_plan *p = du_plan_gradient(f[k], 2,
                &(du_plan_options){ .ctx = o, .mode = (du_mode)mode });
            cr_assert_eq(du_run_gradient(p, q, &v, g), DU_OK, "%s", du_plan_message(p));
            close(f[k]->name, chosen(p), (double[]){ v, g[0], g[1] }, want[k], 3);
            du_plan_free(p);
        }
    du_observer_free(o);
}

/* what is added to before it is set, and what lies beyond the inputs */
DU_FUNCTION(accumulated, x[2], y[1], y[0] = du_add(y[0], x[0]); y[0] = du_add(y[0], x[1]);)
DU_FUNCTION(beyond, x[2], y[1], y[0] = du_add(x[0], du_mul(x[1], x[*(const size_t *)ctx]));)

Test(fixed, forgotten_starts_and_indices_beyond)
{
    double x[2] = { 1.0, 2.0 };
    for (int mode = DU_AUTO; mode <= DU_REVERSE; mode++) {
        double y = 42.0, g[2] = { 42.0, 42.0 };
        du_plan *p = du_plan_gradient(&accumulated, 2, &(du_plan_options){ .mode = (du_mode)mode });
        cr_expect_eq(du_run_gradient(p, x, &y, g), DU_ENONFINITE);
        cr_expect_str_eq(du_plan_message(p), "output 0 of accumulated was not set");
        cr_expect(y == 42.0 && g[0] == 42.0);
        du_plan_free(p);
        p = du_plan_gradient(&beyond, 2,
            &(du_plan_options){ .ctx = &(size_t){ 2 }, .mode = (du_mode)mode });
        cr_expect_eq(du_run_gradient(p, x, &y, g), DU_OK);
        cr_expect(isnan(y));
        du_plan_free(p);
    }
}

/* plans by this strategy: in any memory, and without allocations after the first run */
static int run_twice(test_memory *m)
{
    double x[2] = { 4.0, 3.0 }, f, g[2];
    du_plan *p = du_plan_gradient(&infinite_slope, 2,
        &(du_plan_options){ .allocator = test_allocator(m), .chunk = 16 });
    int status = du_run_gradient(p, x, &f, g);
    size_t calls = m->calls;
    x[0] = 0.0; /* by dual numbers */
    if (!status) status = du_run_gradient(p, x, &f, g);
    if (!status) cr_expect_eq(m->calls, calls);
    du_plan_free(p);
    return status;
}
Test(fixed, every_failed_allocation_is_a_status) { test_every_failure(run_twice, 1); }

static du_choice choose_straight(du_task task, size_t n, size_t m, du_mode mode, size_t chunk)
{
    const unsigned lane = 1u << DU_ONE_LANE;
    return du_policy(&(du_question){ .task = task, .n = n, .m = m, .mode = mode, .chunk = chunk,
        .straight = lane, .known = lane });
}

Test(policy, straight_functions_leave_zeros_out)
{
    cr_expect_str_eq(choose_straight(DU_GRADIENT, 10, 1, DU_AUTO, 0).strategy->name, "straight");
    cr_expect_str_eq(choose_straight(DU_JACOBIAN, 16, 4, DU_AUTO, 0).strategy->name, "straight");
    cr_expect_str_eq(choose_straight(DU_GRADIENT, 10, 1, DU_FORWARD, 16).strategy->name,
        "straight");
    cr_expect_str_eq(choose_straight(DU_GRADIENT, 10, 1, DU_FORWARD, 8).strategy->name,
        "forward-8");
    cr_expect_eq(choose_straight(DU_GRADIENT, 10, 1, DU_REVERSE, 0).strategy->mode, DU_REVERSE);
    cr_expect_not(choose_straight(DU_JACOBIAN, 16, 5, DU_AUTO, 0).strategy->straight);
    cr_expect_not(choose_straight(DU_GRADIENT, 17, 1, DU_AUTO, 0).strategy->straight);
    cr_expect_not(choose_straight(DU_HESSIAN, 2, 1, DU_AUTO, 0).strategy->straight);
    cr_expect_str_eq(du_policy(&(du_question){ .task = DU_GRADIENT, .n = 10, .m = 1,
        .mode = DU_FORWARD, .chunk = 16 }).strategy->name, "forward-16");
}

/* counts that are named as the library's own variables, which then hide them */
#pragma GCC diagnostic ignored "-Wshadow"
#undef DU_STRAIGHT
#define DU_STRAIGHT 1
enum { k = 3, m = 2, n_and_one = k };
DU_FUNCTION(of_k, x[k], y[], y[0] = du_mul(x[0], du_mul(x[1], x[2])); if (n != 3) y[0] = x[0];)
DU_FUNCTION(of_m, x[m], y[], y[0] = du_mul(x[0], x[1]); if (n != 2) y[0] = x[0];)
DU_FUNCTION(of_sum, x[n_and_one + 1], y[], y[0] = du_mul(x[n - 1], x[0]);)

Test(fixed, counts_of_any_name)
{
    double x[4] = { 2.0, 3.0, 5.0, 7.0 }, f, g[4];
    cr_assert_eq(du_gradient(&of_k, 3, x, NULL, &f, g), DU_OK);
    cr_expect(f == 30.0 && g[0] == 15.0 && g[1] == 10.0 && g[2] == 6.0);
    cr_assert_eq(du_gradient(&of_m, 2, x, NULL, &f, g), DU_OK);
    cr_expect(f == 6.0 && g[0] == 3.0 && g[1] == 2.0);
    cr_assert_eq(du_gradient(&of_sum, 4, x, NULL, &f, g), DU_OK);
    cr_expect(f == 14.0 && g[0] == 7.0 && g[1] == 0.0 && g[2] == 0.0 && g[3] == 2.0);
}
