/* tests/test_plan.c - plans: every task by every strategy that can do it, aliasing, bad input,
 * memory; and the policy as a table. SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>
#include <string.h>
#include "strategies.h"

enum { MOST = 40 };

/* f = sum of x_i^2 x_{i+1} + exp(x_0) scaled by *ctx */
DU_FUNCTION(chain, x[], y[],
    T s = du_exp(x[0]);
    for (size_t i = 0; i + 1 < n; i++) s = du_add(s, du_mul(du_sqr(x[i]), x[i + 1]));
    y[0] = du_mul(s, ctx ? *(const double *)ctx : 1.0);
)
/* y_i = x_{i mod n} sin(x_{(i+1) mod n}) + i x_0 */
DU_FUNCTION(waves, x[], y[],
    for (size_t i = 0; i < m; i++)
        y[i] = du_add(du_mul(x[i % n], du_sin(x[(i + 1) % n])), du_mul(i, x[0]));
)
DU_FUNCTION(constant, x[], y[], y[0] = du_constant(T, 3.0);)
DU_FUNCTION(branching, x[], y[], y[0] = x[0]; if (du_gt(x[0], 0.0)) for (size_t i = 0; i < n; i++)
    y[0] = du_mul(y[0], x[i]);)

static void fill(double *x, size_t n)
{
    for (size_t i = 0;
    i < n;
    i++) x[i] = 0.3 + 0.11 * (double)i - 0.02 * (double)(i * i % 7);
}

static double chain_gradient(const double *x, size_t n, double k, double *g)
{
    double s = exp(x[0]);
    memset(g, 0, n * sizeof *g);
    g[0] = k * exp(x[0]);
    for (size_t i = 0; i + 1 < n; i++) {
        s += x[i] * x[i] * x[i + 1];
        g[i] += k * 2.0 * x[i] * x[i + 1];
        g[i + 1] += k * x[i] * x[i];
    }
    return k * s;
}
static void waves_jacobian(const double *x, size_t n, size_t m, double *jac)
{
    memset(jac, 0, m * n * sizeof *jac);
    for (size_t i = 0; i < m; i++) {
        size_t a = i % n, b = (i + 1) % n;
        jac[i * n + a] += sin(x[b]);
        jac[i * n + b] += x[a] * cos(x[b]);
        jac[i * n] += (double)i;
    }
}
static void assert_close(const char *what, const double *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_assert_float_eq(got[i], want[i], 1e-13 * (1.0 + fabs(want[i])),
            "%s[%zu]: %.17g, expected %.17g", what, i, got[i], want[i]);
}

Test(plan, gradient_by_every_strategy)
{
    const double k = 2.5;
    for (size_t n = 1; n <= MOST; n++) {
        double x[MOST], g[MOST], want[MOST], f;
        fill(x, n);
        double value = chain_gradient(x, n, k, want);
        size_t tried = 0;
        for (size_t i = 0; du_plan_strategy(i); i++) {
            const du_strategy *s = du_plan_strategy(i);
            if (!du_strategy_can(s, DU_GRADIENT, n, 1) || s->straight) continue;
            du_plan *p = du_plan_gradient(&chain, n,
                &(du_plan_options){ .ctx = &k, FORCED(s) });
            for (int again = 0; again < 3; again++) {
                cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
                assert_close(s->name, g, want, n);
                cr_assert_float_eq(f, value, 1e-13 * fabs(value));
            }
            du_plan_free(p);
            tried++;
        }
        cr_assert_eq(tried, 5);
    }
}

Test(plan, jacobian_by_every_strategy)
{
    for (size_t n = 1; n <= 20; n += 3) for (size_t m = 1; m <= 20; m += 2) {
        double x[MOST], y[MOST], jac[MOST * MOST], want[MOST * MOST];
        fill(x, n);
        waves_jacobian(x, n, m, want);
        for (size_t i = 0; du_plan_strategy(i); i++) {
            const du_strategy *s = du_plan_strategy(i);
            if (!du_strategy_can(s, DU_JACOBIAN, n, m)) continue;
            du_plan *p = du_plan_jacobian(&waves, n, m, &(du_plan_options){ FORCED(s) });
            cr_assert_eq(du_run_jacobian(p, x, y, jac), DU_OK);
            assert_close(s->name, jac, want, m * n);
            assert_close("y", y, (double[]){ x[0] * sin(x[1 % n]) }, 1);
            du_plan_free(p);
        }
    }
}

Test(plan, products)
{
    enum { N = 7, M = 5 };
    double x[N], v[N], w[M], y[M], jv[M], wj[N], jac[M * N], want_jv[M] = { 0.0 },
        want_wj[N] = { 0.0 };
    fill(x, N);
    waves_jacobian(x, N, M, jac);
    for (size_t j = 0; j < N; j++) v[j] = 1.0 - 0.3 * (double)j;
    for (size_t i = 0; i < M; i++) w[i] = 0.5 + (double)i;
    for (size_t i = 0; i < M; i++) for (size_t j = 0; j < N; j++) {
        want_jv[i] += jac[i * N + j] * v[j];
        want_wj[j] += jac[i * N + j] * w[i];
    }
    cr_assert_eq(du_jvp(&waves, N, M, x, v, NULL, y, jv), DU_OK);
    assert_close("Jv", jv, want_jv, M);
    cr_assert_eq(du_vjp(&waves, N, M, x, w, NULL, y, wj), DU_OK);
    assert_close("J'w", wj, want_wj, N);
}

Test(plan, hessian_and_product)
{
    for (size_t n = 1; n <= 9; n++) {
        double x[9], v[9], g[9], h[81], hv[9], want_g[9], want[81] = { 0.0 },
            want_hv[9] = { 0.0 }, f;
        fill(x, n);
        chain_gradient(x, n, 1.0, want_g);
        want[0] = exp(x[0]);
        for (size_t i = 0; i + 1 < n; i++) {
            want[i * n + i] += 2.0 * x[i + 1];
            want[i * n + i + 1] = want[(i + 1) * n + i] = 2.0 * x[i];
        }
        for (size_t i = 0; i < n; i++) v[i] = 0.4 * (double)i - 1.0;
        for (size_t i = 0; i < n; i++) for (size_t j = 0; j < n; j++)
            want_hv[i] += want[i * n + j] * v[j];
        for (size_t i = 0; du_plan_strategy(i); i++) {
            const du_strategy *s = du_plan_strategy(i);
            if (!du_strategy_can(s, DU_HESSIAN, n, 1)) continue;
            du_plan_options o = { FORCED(s) };
            du_plan *p = du_plan_hessian(&chain, n, &o), *q = du_plan_hvp(&chain, n, &o);
            cr_assert_eq(du_run_hessian(p, x, &f, g, h), DU_OK);
            assert_close("H", h, want, n * n);
            assert_close("g", g, want_g, n);
            cr_assert_eq(du_run_hvp(q, x, v, &f, g, hv), DU_OK);
            assert_close("Hv", hv, want_hv, n);
            assert_close("g", g, want_g, n);
            du_plan_free(p);
            du_plan_free(q);
        }
    }
}

Test(plan, outputs_may_be_inputs)
{
    enum { N = 20 };
    double x[N], want[N], f, h[N * N], g[N];
    for (size_t i = 0; du_plan_strategy(i); i++) {
        const du_strategy *s = du_plan_strategy(i);
        if (!du_strategy_can(s, DU_GRADIENT, N, 1)) continue;
        fill(x, N);
        chain_gradient(x, N, 1.0, want);
        du_plan *p = du_plan_gradient(&chain, N, &(du_plan_options){ FORCED(s) });
        cr_assert_eq(du_run_gradient(p, x, &f, x), DU_OK);
        assert_close(s->name, x, want, N);
        du_plan_free(p);
    }
    fill(h, N);
    fill(x, N);
    chain_gradient(x, N, 1.0, want);
    cr_assert_eq(du_hessian(&chain, N, h, NULL, &f, g, h), DU_OK);
    assert_close("g", g, want, N);
    cr_assert_float_eq(h[1], 2.0 * x[0], 1e-14);
    fill(g, N);
    cr_assert_eq(du_hvp(&chain, N, x, g, NULL, &f, x, g), DU_OK);
    assert_close("g", x, want, N);
}

Test(plan, a_constant_has_gradient_zero)
{
    for (size_t i = 0; du_plan_strategy(i); i++) {
        double x[2] = { 1.0, 2.0 }, g[2] = { 42.0, 42.0 }, f;
        const du_strategy *s = du_plan_strategy(i);
        if (!du_strategy_can(s, DU_GRADIENT, 2, 1)) continue;
        du_plan *p = du_plan_gradient(&constant, 2, &(du_plan_options){ FORCED(s) });
        cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
        cr_assert(f == 3.0 && g[0] == 0.0 && g[1] == 0.0);
        du_plan_free(p);
    }
}

Test(plan, branches_may_change_from_run_to_run)
{
    double up[2] = { 2.0, 5.0 }, down[2] = { -2.0, 5.0 }, g[2], f;
    du_plan *p = du_plan_gradient(&branching, 2, &(du_plan_options){ .mode = DU_REVERSE });
    for (int i = 0; i < 3; i++) {
        du_run_gradient(p, up, &f, g);
        cr_assert(g[0] == 20.0 && g[1] == 4.0);
        du_run_gradient(p, down, &f, g);
        cr_assert(g[0] == 1.0 && g[1] == 0.0);
    }
    du_plan_free(p);
}

/* a plan that cannot run says why, and so does running it */
static void refused(du_plan *p, int status, const char *message)
{
    double x[2] = { 1.0, 2.0 }, y = 42.0, g[2] = { 42.0, 42.0 };
    cr_assert_not_null(p);
    cr_expect_eq(du_plan_status(p), status);
    cr_expect_str_eq(du_plan_message(p), message);
    cr_expect_eq(du_run_gradient(p, x, &y, g), status);
    cr_expect_eq(du_plan_explain(p, stdout), status);
    cr_expect(y == 42.0 && g[0] == 42.0);
    du_plan_free(p);
}

Test(plan, bad_input)
{
    double x[2] = { 1.0, 2.0 }, g[2] = { 42.0, 42.0 }, f = 42.0;
    refused(du_plan_gradient(&chain, 0, NULL), DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 0, m = 1");
    refused(du_plan_jacobian(&waves, 2, 0, NULL), DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 2, m = 0");
    refused(du_plan_gradient(NULL, 2, NULL), DU_EINVAL,
            "a plan needs a function, inputs and outputs: n = 2, m = 1, the function is NULL");
    refused(du_plan_hessian(&chain, 2, &(du_plan_options){ .mode = DU_REVERSE }), DU_EMODE,
            "chain: no strategy computes this");
    refused(du_plan_gradient(&chain, 2, &(du_plan_options){ .mode = DU_MEASURE }), DU_EINVAL,
            "chain: DU_MEASURE needs a point, measure_at");
    cr_assert_eq(du_run_gradient(NULL, x, &f, g), DU_ENOMEM);
    cr_assert_eq(du_plan_status(NULL), DU_ENOMEM);
    cr_assert_eq(du_gradient(&chain, 0, x, NULL, &f, g), DU_EINVAL);
    cr_assert_eq(du_gradient(&chain, 2, NULL, NULL, &f, g), DU_EINVAL);
    cr_assert_eq(du_gradient(&chain, 2, x, NULL, NULL, g), DU_EINVAL);
    cr_assert_eq(du_gradient(&chain, 2, x, NULL, &f, NULL), DU_EINVAL);
    cr_assert_eq(du_hessian(&chain, 2, x, NULL, &f, g, NULL), DU_EINVAL);
    cr_assert_eq(du_jvp(&waves, 2, 1, x, NULL, NULL, &f, g), DU_EINVAL);
    cr_assert_eq(du_vjp(&waves, 2, 1, x, NULL, NULL, &f, g), DU_EINVAL);
    du_plan *p = du_plan_gradient(&chain, 2, NULL);
    cr_assert_eq(du_run_jacobian(p, x, &f, g), DU_EKIND);
    cr_assert_str_eq(du_plan_message(p), "chain: the plan computes the gradient, not the Jacobian");
    cr_assert_eq(du_run_gradient(p, NULL, &f, g), DU_EINVAL);
    cr_assert_str_eq(du_plan_message(p), "chain: an array is NULL");
    cr_assert_eq(du_plan_explain(NULL, stdout), DU_ENOMEM);
    cr_assert_eq(du_plan_explain(p, NULL), DU_EINVAL);
    cr_assert(f == 42.0 && g[0] == 42.0 && g[1] == 42.0, "an output was touched");
    du_plan_free(p);
    du_plan_free(NULL);
}

/* Every kind of plan, run twice: the status, with everything given back. */
static int exercise(du_task task, du_mode mode, test_memory *m, size_t cap)
{
    enum { N = 6 };
    int status;
    double x[N], v[N], f[N], first[N * N], second[N * N];
    du_plan_options o = { .allocator = test_allocator(m), .byte_cap = cap, .mode = mode,
        .measure_at = x };
    fill(x, N);
    fill(v, N);
    for (size_t i = 0; i < N * N; i++) first[i] = second[i] = 42.0;
    du_plan *p = task == DU_GRADIENT ? du_plan_gradient(&chain, N, &o) : task == DU_JACOBIAN
        ? du_plan_jacobian(&waves, N, N, &o)
        : task == DU_HESSIAN ? du_plan_hessian(&chain, N, &o) : task == DU_JVP
            ? du_plan_jvp(&waves, N, N, &o)
        : task == DU_VJP ? du_plan_vjp(&waves, N, N, &o) : du_plan_hvp(&chain, N, &o);
    status = du_plan_status(p);
    for (int k = 0; k < 2 && !status; k++)
        status = task == DU_GRADIENT ? du_run_gradient(p, x, f, first) : task == DU_JACOBIAN
            ? du_run_jacobian(p, x, f, first)
            : task == DU_HESSIAN ? du_run_hessian(p, x, f, first, second) : task == DU_JVP
                ? du_run_jvp(p, x, v, f, first)
            : task == DU_VJP ? du_run_vjp(p, x, v, f, first)
                : du_run_hvp(p, x, v, f, first, second);
    if (status) cr_assert(first[0] == 42.0 && second[0] == 42.0, "an output was touched");
    du_plan_free(p);
    cr_assert_eq(m->held, 0, "%zu bytes leaked", m->held);
    return status;
}

Test(plan, every_failed_allocation_is_a_status)
{
    for (int task = DU_GRADIENT; task <= DU_HVP; task++)
        for (int mode = DU_AUTO; mode <= DU_MEASURE; mode++) {
        test_memory whole = { .fail_at = 0 };
        if (exercise((du_task)task, (du_mode)mode, &whole, 0) == DU_EMODE) continue;
        for (size_t k = 1; k <= whole.calls; k++) {
            test_memory m = { .fail_at = k };
            int status = exercise((du_task)task, (du_mode)mode, &m, 0);
            cr_assert(status == DU_ENOMEM || status == DU_OK, "task %d mode %d: status %d", task,
                mode, status);
        }
    }
}

Test(plan, a_byte_cap_is_a_status)
{
    int refused = 0, enough = 0;
    for (size_t cap = 1; cap < 60000; cap += 701) {
        test_memory m = { .fail_at = 0 };
        int status = exercise(DU_HESSIAN, DU_FORWARD_OVER_REVERSE, &m, cap);
        cr_assert(status == DU_ENOMEM || status == DU_OK, "cap %zu: status %d", cap, status);
        cr_assert(!enough || !status, "cap %zu is refused, a smaller one was not", cap);
        refused += status == DU_ENOMEM;
        enough += status == DU_OK;
    }
    cr_assert(refused > 2 && enough > 2);
}

Test(plan, recovers_after_running_out)
{
    enum { N = 500 };
    static double x[N], g[N], want[N];
    int failures = 0;
    double f;
    fill(x, N);
    chain_gradient(x, N, 1.0, want);
    for (size_t k = 1; k < 8; k++) {
        test_memory m = { .fail_at = 0 };
        du_plan *p = du_plan_gradient(&chain, N,
            &(du_plan_options){ .allocator = test_allocator(&m), .mode = DU_REVERSE });
        m.fail_at = m.calls + k;
        failures += du_run_gradient(p, x, &f, g) == DU_ENOMEM;
        cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
        assert_close("g", g, want, N);
        du_plan_free(p);
    }
    cr_assert_gt(failures, 0);
}

Test(plan, nothing_is_allocated_after_the_first_run)
{
    enum { N = 3000 };
    static double x[N], g[N];
    double f;
    fill(x, N);
    for (size_t i = 0; du_plan_strategy(i); i++) {
        const du_strategy *s = du_plan_strategy(i);
        if (!du_strategy_can(s, DU_GRADIENT, N, 1)) continue;
        test_memory m = { .fail_at = 0 };
        du_plan *p = du_plan_gradient(&chain, N,
            &(du_plan_options){ .allocator = test_allocator(&m), FORCED(s) });
        du_run_gradient(p, x, &f, g);
        size_t after_first = m.calls;
        for (int k = 0; k < 20; k++) du_run_gradient(p, x, &f, g);
        du_plan_info info;
        info = du_plan_inspect(p);
        cr_assert_eq(m.calls, after_first, "%s allocated", s->name);
        cr_assert_eq(info.allocations_after_first, 0);
        cr_assert_eq(info.runs, 21);
        du_plan_free(p);
    }
}

Test(plan, measure_picks_one_that_is_right)
{
    double x[12], g[12], want[12], f;
    fill(x, 12);
    chain_gradient(x, 12, 1.0, want);
    du_plan *p = du_plan_gradient(&chain, 12, &(du_plan_options){ .mode = DU_MEASURE,
        .measure_at = x });
    cr_assert_not_null(p);
    cr_assert_eq(du_run_gradient(p, x, &f, g), DU_OK);
    assert_close("g", g, want, 12);
    du_plan_info info;
    info = du_plan_inspect(p);
    cr_assert_not_null(strstr(info.choice.reason, "measured"));
    du_plan_free(p);
}

Test(plan, measures_more_outputs_than_inputs)
{
    double x[1] = { 0.7 }, v[1] = { 2.0 }, y[50], jv[50];
    du_plan *p = du_plan_jvp(&waves, 1, 50, &(du_plan_options){ .mode = DU_MEASURE,
        .measure_at = x });
    cr_assert_eq(du_run_jvp(p, x, v, y, jv), DU_OK);
    assert_close("Jv", jv, (double[1]){ 2.0 * (sin(0.7) + 0.7 * cos(0.7)) }, 1);
    du_plan_free(p);
    refused(du_plan_gradient(&chain, 1, &(du_plan_options){ .mode = (du_mode)77 }), DU_EMODE,
        "chain: there is no mode 77");
}

Test(plan, explains_itself)
{
    char text[600] = "";
    double x[12], g[12], f;
    fill(x, 12);
    FILE *stream = fmemopen(text, sizeof text, "w");
    du_plan *p = du_plan_gradient(&chain, 12, NULL);
    du_run_gradient(p, x, &f, g);
    cr_assert_eq(du_plan_explain(p, stream), DU_OK);
    fclose(stream);
    cr_assert_not_null(strstr(text, "n = 12, m = 1"), "%s", text);
    cr_assert_not_null(strstr(text, "0 allocations after the first run"), "%s", text);
    du_plan_free(p);
}

/* ---- policy ---- */

static du_choice choose(du_task task, size_t n, size_t m, du_mode mode, size_t chunk)
{
    return du_policy(&(du_question){ .task = task, .n = n, .m = m, .mode = mode, .chunk = chunk });
}

Test(policy, is_a_table)
{
    const struct { du_task task; size_t n, m; du_mode mode; size_t chunk; } rows[] = {
        { DU_GRADIENT, 1, 1, DU_FORWARD, 1 },       { DU_GRADIENT, 2, 1, DU_FORWARD, 4 },
        { DU_GRADIENT, 8, 1, DU_FORWARD, 8 },       { DU_GRADIENT, 10, 1, DU_FORWARD, 16 },
        { DU_GRADIENT, 1000, 1, DU_REVERSE, 8 },    { DU_GRADIENT, 100000, 1, DU_REVERSE, 8 },
        { DU_JACOBIAN, 3, 250, DU_FORWARD, 4 },     { DU_JACOBIAN, 100, 100000, DU_FORWARD, 16 },
        { DU_JACOBIAN, 1000, 2, DU_REVERSE, 8 },    { DU_JVP, 1000, 1000, DU_FORWARD, 1 },
        { DU_VJP, 3, 3, DU_REVERSE, 8 },            { DU_HESSIAN, 1, 1, DU_FORWARD, 1 },
        { DU_HESSIAN, 5, 1, DU_FORWARD, 1 },
            { DU_HESSIAN, 50, 1, DU_FORWARD_OVER_REVERSE, 1 },
        { DU_HVP, 2, 1, DU_FORWARD, 1 },              { DU_HVP, 1000, 1, DU_FORWARD_OVER_REVERSE,
            1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        du_choice c = choose(rows[i].task, rows[i].n, rows[i].m, DU_AUTO, 0);
        cr_assert_not_null(c.strategy);
        cr_assert(c.strategy->mode == rows[i].mode && c.strategy->chunk == rows[i].chunk,
            "row %zu: %s", i, c.reason);
        char counts[64];
        snprintf(counts, sizeof counts, "n = %zu, m = %zu", rows[i].n, rows[i].m);
        cr_assert_not_null(strstr(c.reason, counts), "%s", c.reason);
    }
}

Test(policy, forced_and_impossible)
{
    cr_assert_eq(choose(DU_GRADIENT, 5, 1, DU_REVERSE, 0).strategy->mode, DU_REVERSE);
    cr_assert_eq(choose(DU_GRADIENT, 1000, 1, DU_FORWARD, 4).strategy->chunk, 4);
    cr_assert_null(choose(DU_HESSIAN, 2, 1, DU_REVERSE, 0).strategy);
    cr_assert_null(choose(DU_GRADIENT, 0, 1, DU_AUTO, 0).strategy);
}

Test(policy, twelve_inputs_take_two_chunks_of_eight_when_asked)
{
    du_choice c = choose(DU_GRADIENT, 12, 1, DU_FORWARD, 8);
    cr_assert_not_null(strstr(c.reason, "forward, 2 chunks of 8: n = 12, m = 1"), "%s", c.reason);
}
