/* tests/test_tape.c - the tape: joins and merges, sweeps that accumulate, marks, anchors, custom
 * functions, sticky statuses, memory. Run under valgrind too. SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>

static const double POINT[3] = { 0.7, -1.3, 2.1 };

/* f = x0 x1 + sin(x1 x2), and its gradient */
static du_var example(const du_var *x)
{
    return du_add(du_mul(x[0], x[1]), du_sin(du_mul(x[1], x[2])));
}
static void example_gradient(const double *x, double *g)
{
    double c = cos(x[1] * x[2]);
    g[0] = x[1];
    g[1] = x[0] + x[2] * c;
    g[2] = x[1] * c;
}

static void assert_close(const double *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_assert_float_eq(got[i], want[i], 1e-14 * (1.0 + fabs(want[i])),
            "entry %zu: %.17g, expected %.17g", i, got[i], want[i]);
}

typedef struct { du_tape *t; du_var x[3], y; double g[3], want[3]; } fixture;
static fixture record(const du_tape_options *o)
{
    fixture f = { .t = du_tape_new(o) };
    cr_assert_not_null(f.t);
    cr_assert_eq(du_tape_independents(f.t, 3, POINT, f.x), DU_OK);
    f.y = example(f.x);
    example_gradient(POINT, f.want);
    return f;
}

Test(tape, gradient_of_an_expression)
{
    fixture f = record(NULL);
    cr_assert_eq(du_tape_sweep(f.t, 1, &f.y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(f.t, 3, f.x, f.g), DU_OK);
    assert_close(f.g, f.want, 3);
    cr_assert_eq(du_tape_inspect(f.t).joins, 3); /* x0 x1, x1 x2, their sum: sin is free */
    du_tape_free(f.t);
}

Test(tape, one_slot_costs_nothing)
{
    du_tape *t = du_tape_new(NULL);
    double v = -0.3, g;
    du_var x;
    du_tape_independents(t, 1, &v, &x);
    du_var y = x;
    for (int i = 0; i < 1000000; i++) y = du_add(du_sin(y), du_sqr(y));
    cr_assert_eq(du_tape_inspect(t).joins, 0);
    cr_assert_eq(du_tape_inspect(t).slots, 1);
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(t, 1, &x, &g), DU_OK);
    du_dual d = { -0.3, 1.0 };
    for (int i = 0; i < 1000000; i++) d = du_add(du_sin(d), du_sqr(d));
    cr_assert_gt(d.d, 1e-14);
    cr_assert_float_eq(g, d.d, 1e-9 * d.d);
    du_tape_free(t);
}

Test(tape, gradients_accumulate_until_zeroed)
{
    fixture f = record(NULL);
    for (int k = 1; k <= 3; k++) {
        du_tape_sweep(f.t, 1, &f.y, NULL);
        du_tape_gradient(f.t, 3, f.x, f.g);
        double want[3] = { k * f.want[0], k * f.want[1], k * f.want[2] };
        assert_close(f.g, want, 3);
    }
    du_tape_zero_gradients(f.t);
    du_tape_gradient(f.t, 3, f.x, f.g);
    assert_close(f.g, (double[3]){ 0.0 }, 3);
    du_tape_free(f.t);
}

Test(tape, seeds_weight_several_outputs)
{
    fixture f = record(NULL);
    du_var y[2] = { f.y, du_mul(3.0, f.x[2]) };
    double seed[2] = { 2.0, -1.0 };
    cr_assert_eq(du_tape_sweep(f.t, 2, y, seed), DU_OK);
    du_tape_gradient(f.t, 3, f.x, f.g);
    assert_close(f.g, (double[3]){ 2.0 * f.want[0], 2.0 * f.want[1], 2.0 * f.want[2] - 3.0 }, 3);
    du_tape_free(f.t);
}

Test(tape, jacobian_rows_in_lanes)
{
    for (size_t m = 1; m <= 19; m++) {
        fixture f = record(NULL);
        du_var y[19];
        double jac[19 * 3];
        for (size_t i = 0; i < m; i++) y[i] = du_mul((double)i + 1.0, du_mul(f.y, f.x[i % 3]));
        cr_assert_eq(du_tape_jacobian(f.t, m, y, 3, f.x, jac), DU_OK);
        for (size_t i = 0; i < m; i++) {
            double k = (double)i + 1.0, want[3];
            for (size_t j = 0; j < 3; j++)
                want[j] = k * (POINT[i % 3] * f.want[j] + (i % 3 == j ? f.y.v : 0.0));
            assert_close(jac + 3 * i, want, 3);
        }
        du_tape_free(f.t);
    }
}

Test(tape, many_segments)
{
    du_tape *t = du_tape_new(NULL);
    double v[2] = { 1.0, 1e-7 }, g[2];
    du_var x[2];
    du_tape_independents(t, 2, v, x);
    du_var y = x[0];
    for (int i = 0; i < 10000000; i++) y = du_add(y, x[1]);
    cr_assert_eq(du_tape_inspect(t).joins, 10000000);
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(t, 2, x, g), DU_OK);
    cr_assert_eq(g[0], 1.0);
    cr_assert_eq(g[1], 1e7);
    du_tape_free(t);
}

Test(tape, bytes_of_an_entry)
{
    cr_assert_leq(sizeof(du_join), 24);
    cr_assert_leq(sizeof(du_join2), 40);
}

Test(tape, constants_have_gradient_zero)
{
    fixture f = record(NULL);
    du_var c = du_sin(du_var_constant(2.0));
    cr_assert_eq(du_tape_sweep(f.t, 1, &c, NULL), DU_OK);
    du_tape_gradient(f.t, 3, f.x, f.g);
    assert_close(f.g, (double[3]){ 0.0 }, 3);
    du_tape_free(f.t);
}

Test(tape, anchors_keep_a_gradient)
{
    fixture f = record(NULL);
    du_var a = du_anchor(du_mul(2.0, du_sin(f.x[0]))), y = du_mul(a, f.x[1]);
    double ga;
    cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(f.t, 1, &a, &ga), DU_OK);
    cr_assert_float_eq(ga, POINT[1], 1e-15);
    du_tape_gradient(f.t, 3, f.x, f.g);
    assert_close(f.g, (double[3]){ 2.0 * cos(POINT[0]) * POINT[1], 2.0 * sin(POINT[0]), 0.0 }, 3);
    cr_assert_eq(du_anchor(du_var_constant(1.0)).ref, 0);
    cr_assert_eq(du_tape_gradient(f.t, 1, &y, &ga), DU_ENOGRAD); /* has no gradient of its own */
    du_tape_free(f.t);
}

/* (x, y) -> (x y, x + y) with a pull-back of its own; data counts the calls */
static void product_and_sum(const double ybar[], size_t m, double xbar[], size_t n, void *data)
{
    const double *x = POINT;
    cr_assert_eq(m, 2);
    cr_assert_eq(n, 2);
    xbar[0] += x[1] * ybar[0] + ybar[1];
    xbar[1] += x[0] * ybar[0] + ybar[1];
    ++*(int *)data;
}

Test(tape, custom_functions)
{
    fixture f = record(NULL);
    int calls = 0;
    double v[2] = { POINT[0] * POINT[1], POINT[0] + POINT[1] };
    du_var out[2], in[2] = { f.x[0], f.x[1] };
    cr_assert_eq(du_tape_custom(f.t, 2, in, 2, v, out, product_and_sum, &calls), DU_OK);
    du_var y = du_mul(out[0], du_exp(out[1])), same = du_mul(du_mul(in[0], in[1]),
        du_exp(du_add(in[0], in[1])));
    double want[3];
    du_tape_sweep(f.t, 1, &y, NULL);
    cr_assert_eq(calls, 1);
    du_tape_gradient(f.t, 3, f.x, f.g);
    du_tape_zero_gradients(f.t);
    du_tape_sweep(f.t, 1, &same, NULL);
    du_tape_gradient(f.t, 3, f.x, want);
    assert_close(f.g, want, 3);
    double jac[6];
    du_var both[2] = { y, same };
    cr_assert_eq(du_tape_jacobian(f.t, 2, both, 3, f.x, jac), DU_OK);
    assert_close(jac, want, 3);
    assert_close(jac + 3, want, 3);
    cr_assert_eq(du_tape_custom(f.t, 0, in, 2, v, out, product_and_sum, &calls), DU_EINVAL);
    cr_assert_eq(du_tape_custom(f.t, 2, in, 2, v, out, NULL, &calls), DU_EINVAL);
    du_tape_free(f.t);
}

Test(tape, tangents_through_a_custom_function_are_refused)
{
    du_tape *t = du_tape_new(NULL);
    double v = 1.0, out_v = 2.0, one = 1.0;
    du_var x, out;
    du_var2 x2;
    int calls = 0;
    du_tape_independents(t, 1, &v, &x);
    du_tape_independents2(t, 1, &v, &one, &x2);
    du_tape_custom(t, 1, &x, 1, &out_v, &out, product_and_sum, &calls);
    du_var2 y = du_sqr(x2);
    cr_assert_eq(du_tape_sweep2(t, 1, &y, NULL), DU_EORDER);
    du_tape_free(t);
}

Test(tape, second_order_sweep)
{
    du_tape *t = du_tape_new(NULL);
    double direction[3] = { 0.5, -2.0, 1.0 }, g[3], gd[3], want[3];
    du_var2 x[3];
    du_tape_independents2(t, 3, POINT, direction, x);
    du_var2 y = du_add(du_mul(x[0], x[1]), du_sin(du_mul(x[1], x[2])));
    cr_assert_eq(du_tape_sweep2(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient2(t, 3, x, g, gd), DU_OK);
    example_gradient(POINT, want);
    assert_close(g, want, 3);
    const double *p = POINT, *v = direction;
    double s = sin(p[1] * p[2]), c = cos(p[1] * p[2]), cross = c - p[1] * p[2] * s;
    assert_close(gd, (double[3]){ v[1], v[0] - p[2] * p[2] * s * v[1] + cross * v[2],
        cross * v[1] - p[1] * p[1] * s * v[2] }, 3);
    du_tape_free(t);
}

Test(tape, marks_rewind_and_reuse)
{
    fixture f = record(NULL);
    du_mark mark = du_tape_mark(f.t);
    size_t bytes = 0;
    for (int k = 0; k < 50; k++) {
        du_var y = f.y;
        for (int i = 0; i < 10000; i++) y = du_mul(du_add(y, f.x[i % 3]), 0.5);
        du_tape_zero_gradients(f.t);
        cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_OK);
        if (k == 0) bytes = du_tape_inspect(f.t).bytes;
        cr_assert_eq(du_tape_inspect(f.t).bytes, bytes, "the tape grew in round %d", k);
        cr_assert_eq(du_tape_rewind(f.t, mark), DU_OK);
    }
    du_tape_zero_gradients(f.t);
    du_tape_sweep(f.t, 1, &f.y, NULL);
    du_tape_gradient(f.t, 3, f.x, f.g);
    assert_close(f.g, f.want, 3);
    du_tape_free(f.t);
}

Test(tape, marks_of_the_past_are_refused)
{
    fixture f = record(NULL);
    du_mark early = du_tape_mark(f.t);
    du_var y = du_mul(f.x[0], f.x[2]);
    du_mark late = du_tape_mark(f.t);
    cr_assert_eq(du_tape_rewind(f.t, early), DU_OK);
    cr_assert_eq(du_tape_rewind(f.t, late), DU_ESTALE);
    /* its slot is not given out again yet */
    cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_ESTALE);
    du_tape_reset(f.t);
    cr_assert_eq(du_tape_rewind(f.t, early), DU_ESTALE);
    du_tape_free(f.t);
}

/* a mark whose place has been rewound past and recorded over */
Test(tape, marks_recorded_over_are_refused)
{
    fixture f = record(NULL);
    du_mark early = du_tape_mark(f.t);
    du_var y = f.y;
    for (int i = 0; i < 2000; i++) y = du_mul(y, f.x[1]);
    du_mark late = du_tape_mark(f.t);
    cr_assert_eq(du_tape_rewind(f.t, late), DU_OK); /* as often as wanted */
    cr_assert_eq(du_tape_rewind(f.t, late), DU_OK);
    cr_assert_eq(du_tape_rewind(f.t, early), DU_OK);
    y = f.x[0];
    for (int i = 0; i < 20; i++) y = du_anchor(du_add(y, f.x[1]));
    for (int i = 0; i < 3000; i++) y = du_add(y, f.x[1]);
    cr_assert_eq(du_tape_rewind(f.t, late), DU_ESTALE);
    cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_rewind(f.t, early), DU_OK);
    du_tape_free(f.t);
    cr_assert_eq(du_tape_mark(NULL).ref, 0);
}

/* what nothing depends on must not poison: an anchor, a custom function, a seed of zero */
static void infinite_slope(const double ybar[], size_t m, double xbar[], size_t n, void *data)
{
    (void)m, (void)n, (void)data;
    xbar[0] += ybar[0] * (double)INFINITY;
}
Test(tape, unused_infinite_blocks_do_not_poison)
{
    du_tape *t = du_tape_new(NULL);
    double v[2] = { 0.0, 3.0 }, g[2], zero = 0.0;
    du_var x[2], out;
    int ignored = 0;
    du_tape_independents(t, 2, v, x);
    du_var anchored = du_anchor(du_sqrt(x[0]));
    du_tape_custom(t, 1, x, 1, &zero, &out, infinite_slope, &ignored);
    du_var y = du_where(0, du_add(anchored, out), du_mul(x[0], x[1]));
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_OK);
    du_tape_gradient(t, 2, x, g);
    assert_close(g, (double[2]){ 3.0, 0.0 }, 2);
    du_tape_zero_gradients(t);
    du_var both[2] = { du_sqrt(x[0]), x[1] };
    cr_assert_eq(du_tape_sweep(t, 2, both, (double[2]){ 0.0, 1.0 }), DU_OK);
    du_tape_gradient(t, 2, x, g);
    assert_close(g, (double[2]){ 0.0, 1.0 }, 2);
    du_tape_free(t);
}

Test(tape, the_slot_limit_is_exact)
{
    double v[4] = { 1, 2, 3, 4 };
    du_var x[4];
    for (uint32_t limit = 1; limit <= 4; limit++) {
        du_tape *t = du_tape_new(&(du_tape_options){ .slot_limit = limit });
        cr_assert_eq(du_tape_independents(t, limit, v, x), DU_OK);
        cr_assert_eq(du_tape_independents(t, 1, v, x), DU_ESLOTS);
        du_tape_free(t);
    }
}

Test(tape, use_after_reset_is_detected)
{
    fixture f = record(NULL);
    du_var old = f.x[0], fresh[3];
    du_tape_reset(f.t);
    du_tape_independents(f.t, 3, POINT, fresh);
    f.g[0] = 42.0;
    cr_assert_eq(du_tape_sweep(f.t, 1, &old, NULL), DU_ESTALE);
    cr_assert_eq(du_tape_gradient(f.t, 1, &old, f.g), DU_ENOGRAD);
    du_var y = du_mul(old, fresh[1]);
    cr_assert_float_eq(y.v, POINT[0] * POINT[1], 1e-15); /* values go on */
    cr_assert_eq(du_tape_status(f.t), DU_ESTALE);
    cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_ESTALE);
    cr_assert_eq(f.g[0], 42.0);
    du_tape_reset(f.t);
    cr_assert_eq(du_tape_status(f.t), DU_OK);
    du_tape_free(f.t);
}

Test(tape, another_tapes_variable_is_detected)
{
    fixture f = record(NULL), g = record(NULL);
    cr_assert_eq(du_tape_sweep(f.t, 1, &g.y, NULL), DU_EFOREIGN);
    du_var y = du_mul(f.x[0], g.x[1]);
    cr_assert_eq(du_tape_status(f.t), DU_EFOREIGN);
    cr_assert_eq(du_tape_status(g.t), DU_EFOREIGN);
    cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_EFOREIGN);
    du_tape_free(f.t);
    du_tape_free(g.t);
}

Test(tape, same_slot_of_another_tape_does_not_merge)
{
    fixture f = record(NULL), g = record(NULL);
    (void)du_add(f.x[0], g.x[0]);
    cr_assert_eq(du_tape_status(f.t), DU_EFOREIGN);
    du_tape_free(f.t);
    du_tape_free(g.t);
}

Test(tape, slots_run_out)
{
    du_tape *t = du_tape_new(&(du_tape_options){ .slot_limit = 100 });
    du_var x[3], y;
    double g[3] = { 42.0, 42.0, 42.0 };
    du_tape_independents(t, 3, POINT, x);
    y = x[0];
    for (int i = 0; i < 1000; i++) y = du_add(y, x[1 + i % 2]);
    cr_assert_float_eq(y.v, POINT[0] + 500.0 * (POINT[1] + POINT[2]), 1e-10);
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_ESLOTS);
    du_tape_jacobian(t, 1, &y, 3, x, g);
    cr_assert_eq(g[0], 42.0);
    cr_assert_leq(du_tape_inspect(t).slots, 100);
    du_tape_free(t);
}

Test(tape, a_byte_cap_is_kept)
{
    for (size_t cap = 0; cap < 300000; cap += 1777) {
        du_tape *t = du_tape_new(&(du_tape_options){ .byte_cap = cap + 1 });
        if (!t) continue;
        du_var x[3], y;
        int status = du_tape_independents(t, 3, POINT, x);
        if (!status) {
            y = x[0];
            for (int i = 0; i < 4000; i++) y = du_add(y, x[1 + i % 2]);
            status = du_tape_sweep(t, 1, &y, NULL);
        }
        cr_assert(status == DU_ENOMEM || (status == DU_OK && cap > 100000), "cap %zu: status %d",
            cap, status);
        cr_assert_leq(du_tape_inspect(t).bytes, cap + 1);
        du_tape_free(t);
    }
}

/* one run of everything that allocates, on a tape that fails at allocation k; the status it ends
 * with */
static int exercise(test_memory *m)
{
    du_tape *t = du_tape_new(&(du_tape_options){ .allocator = test_allocator(m) });
    if (!t) return DU_ENOMEM;
    du_var x[3], y;
    double jac[3] = { 42.0, 42.0, 42.0 };
    int status = du_tape_independents(t, 3, POINT, x);
    if (!status) {
        y = du_anchor(x[0]);
        for (int i = 0; i < 20000; i++) y = du_add(y, x[1 + i % 2]);
        status = du_tape_jacobian(t, 1, &y, 3, x, jac);
        if (status) cr_assert_eq(jac[0], 42.0, "an output was touched");
        else cr_assert_eq(jac[1], 10000.0);
    }
    du_tape_free(t);
    return status;
}

Test(tape, every_failed_allocation_is_a_status) { test_every_failure(exercise, 3); }

Test(tape, bad_arguments)
{
    du_tape *t = du_tape_new(NULL);
    double v[1] = { 1.0 }, g[1];
    du_var x[1], c = du_var_constant(1.0);
    cr_assert_eq(du_tape_independents(t, 0, v, x), DU_EINVAL);
    cr_assert_eq(du_tape_independents(t, 1, NULL, x), DU_EINVAL);
    cr_assert_eq(du_tape_independents(NULL, 1, v, x), DU_EINVAL);
    cr_assert_eq(du_tape_sweep(t, 1, &c, NULL), DU_ENOINDEP);
    du_tape_independents(t, 1, v, x);
    cr_assert_eq(du_tape_sweep(t, 0, x, NULL), DU_EINVAL);
    cr_assert_eq(du_tape_sweep(t, 1, NULL, NULL), DU_EINVAL);
    cr_assert_eq(du_tape_gradient(t, 1, x, NULL), DU_EINVAL);
    cr_assert_eq(du_tape_jacobian(t, 0, x, 1, x, g), DU_EINVAL);
    cr_assert_eq(du_tape_status(NULL), DU_ENOMEM);
    du_tape_reset(NULL);
    du_tape_zero_gradients(NULL);
    du_tape_free(NULL);
    du_tape_free(t);
}

Test(tape, deep_graphs_do_not_recurse)
{
    fixture f = record(NULL);
    du_var y = f.y;
    for (int i = 0; i < 300000; i++) y = du_sub(du_mul(y, f.x[i % 3]), y);
    for (int i = 0; i < 10; i++) cr_assert_eq(du_tape_sweep(f.t, 1, &y, NULL), DU_OK);
    du_tape_free(f.t);
}
