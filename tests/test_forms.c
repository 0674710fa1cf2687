/* tests/test_forms.c - the ways to write a function once: DU_FUNCTION, DU_MODEL, DU_HELPER with
 * DU_CALL, DU_DECLARE, and the file form. Two forms of one formula have the same values and
 * derivatives in every mode. That nothing here is reported as unused is a test too.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/plan.h>
#include <math.h>
#include <stdio.h>
#include "modes.h"

/* ---- comparing two forms ---- */

#define LIST(...) (const double[]){ __VA_ARGS__ }

static void expect_equal(const du_function *f, const char *mode, const char *what, size_t n,
                         const double *a,
                         const double *b)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(fabs(a[i] - b[i]) <= 1e-15 * fabs(b[i]), "%s, %s: %s[%zu] = %.17g and %.17g",
            f->name, mode, what, i, a[i], b[i]);
}

/* f and g from n inputs to m outputs are the same at x in every mode, but for what the compiler
 * contracts */
static void expect_alike(const du_function *f, const du_function *g, size_t n, size_t m,
                         const double *x,
                         const void *ctx)
{
    result rf[MODES], rg[MODES];
    double yf[M], yg[M];
    size_t modes = run_modes(f, n, m, x, ctx, rf);
    run_modes(g, n, m, x, ctx, rg);
    f->f_double(x, n, yf, m, ctx);
    g->f_double(x, n, yg, m, ctx);
    expect_equal(f, "double", "y", m, yf, yg);
    for (size_t k = 0; k < modes; k++) {
        expect_equal(f, rf[k].mode, "y", m, rf[k].y, rg[k].y);
        expect_equal(f, rf[k].mode, "jac", m * n, rf[k].jac, rg[k].jac);
        if (rf[k].has_second) expect_equal(f, rf[k].mode, "second", m * n, rf[k].second,
            rg[k].second);
    }
}

/* f has the Jacobian jac[m*n] at x, in every mode */
static void expect_jacobian(const du_function *f, size_t n, size_t m, const double *x,
                            const void *ctx,
                            const double *jac)
{
    result r[MODES];
    size_t modes = run_modes(f, n, m, x, ctx, r);
    for (size_t k = 0; k < modes; k++)
        for (size_t i = 0; i < m * n; i++)
            cr_expect(fabs(r[k].jac[i] - jac[i]) <= 1e-14 * fabs(jac[i]),
                      "%s, %s: jac[%zu] = %.17g, not %.17g", f->name, r[k].mode, i, r[k].jac[i],
                          jac[i]);
}

/* ---- the macro form against the file form, two files in this one ---- */

#include "polar.inc"
DU_FUNCTION_OF(polar, x[], y[]);
#include "polar_inverse.inc"
DU_FUNCTION_OF(polar_inverse, x[], y[]);
DU_SCALAR_MODEL_OF(spiral, b[], x[], y[]);

DU_FUNCTION(polar_macro, x[], y[],
    y[0] = du_mul(x[0], du_cos(x[1]));
    y[1] = du_mul(x[0], du_sin(x[1]));
)
DU_FUNCTION(polar_inverse_macro, x[], y[],
    y[0] = du_hypot(x[0], x[1]);
    y[1] = du_atan2(x[1], x[0]);
)

Test(file_form, polar)
{
    const double r = 2.0, phi = 0.7;
    expect_alike(&polar, &polar_macro, 2, 2, LIST(r, phi), NULL);
    expect_jacobian(&polar, 2, 2, LIST(r, phi), NULL, LIST(cos(phi), -r * sin(phi), sin(phi),
        r * cos(phi)));
}

Test(file_form, polar_inverse)
{
    const double x = -3.0, y = 4.0;
    expect_alike(&polar_inverse, &polar_inverse_macro, 2, 2, LIST(x, y), NULL);
    expect_jacobian(&polar_inverse, 2, 2, LIST(x, y), NULL,
        LIST(x / 5.0, y / 5.0, -y / 25.0, x / 25.0));
}

Test(file_form, names)
{
    cr_expect_str_eq(polar.name, "polar");
    cr_expect_str_eq(polar_inverse.name, "polar_inverse");
    cr_expect_str_eq(spiral.name, "spiral");
    cr_expect_str_eq(polar_macro.name, "polar_macro");
}

/* ---- models: declared as in a header, then defined ---- */

DU_DECLARE(rosenbrock);
DU_DECLARE_MODEL(decay);
DU_DECLARE_MODEL(decay);

DU_MODEL(decay, b[], x[], y[], y[0] = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));)
DU_MODEL(spiral_macro, b[], x[], y[],
    D r = du_hypot(x[0], x[1]);
    D phi = du_atan2(x[1], x[0]);
    y[0] = du_sub(r, du_add(b[0], du_mul(b[1], phi)));
)
/* statements with commas, declarations with commas, ctx and n */
DU_MODEL(series, b[], x[], y[],
    const double *frequency = ctx;
    T s, t;
    s = du_constant(T, 0), t = s;
    for (size_t i = 0; i < p; i++) s = du_add(s, du_mul(b[i], du_sin(du_mul(frequency[i], x[0]))));
    y[0] = s, y[1] = t;
)

/* a model as a function of its parameters, at the observation (3, 4) */
static const double observation[] = { 3.0, 4.0 };
DU_FUNCTION(decay_here, b[], y[], DU_CALL(decay, b, n, observation, y, m, ctx);)
DU_FUNCTION(spiral_here, b[], y[], DU_CALL(spiral, b, n, observation, y, m, ctx);)
DU_FUNCTION(spiral_macro_here, b[], y[], DU_CALL(spiral_macro, b, n, observation, y, m, ctx);)
DU_FUNCTION(series_here, b[], y[], DU_CALL(series, b, n, observation, y, m, ctx);)

Test(model, macro_form)
{
    double e = exp(-3.0 * 0.25);
    expect_jacobian(&decay_here, 2, 1, LIST(2.0, 0.25), NULL, LIST(e, -6.0 * e));
    cr_expect_str_eq(decay.name, "decay");
}

Test(model, file_form)
{
    expect_alike(&spiral_here, &spiral_macro_here, 2, 1, LIST(0.5, 0.25), NULL);
    expect_jacobian(&spiral_here, 2, 1, LIST(0.5, 0.25), NULL, LIST(-1.0, -atan2(4.0, 3.0)));
}

Test(model, context_and_commas)
{
    const double frequency[] = { 1.0, 2.0, 0.5 };
    expect_jacobian(&series_here, 3, 2, LIST(0.5, 0.25, 2.0), frequency,
                    LIST(sin(3.0), sin(6.0), sin(1.5), 0.0, 0.0, 0.0));
}

/* every instance of a model is in its descriptor */
Test(model, descriptor)
{
    const double x = 3.0;
    double b[2] = { 2.0, 0.25 }, y = 0.0;
    decay.f_double(b, 2, &x, &y, 1, NULL);
    cr_expect_eq(y, 2.0 * exp(-0.75));
#define CHECK_INSTANCE(t, ...) \
    { \
        du_##t c[2] = { du_##t##_constant(2.0), du_##t##_constant(0.25) }, z[1]; \
        decay.f_##t(c, 2, &x, z, 1, NULL); \
        cr_expect_eq(du_##t##_value(z[0]), y, #t); \
    }
    DU_ALL_TYPES(CHECK_INSTANCE, ~)
}

/* ---- helpers: T, const T, const T *, T *, double, size_t and pointers, one to eight parameters
 * ---- */

DU_HELPER(half, (T a), return du_mul(0.5, a);)
DU_HELPER(scaled_sum, (const T *v, size_t count, double factor),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < count; i++) s = du_add(s, du_mul(factor, v[i]));
    return s;
)
DU_HELPER(weighted, (const T *v, const double *w, const size_t count),
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < count; i++) s = du_fma(w[i], v[i], s);
    return s;
)
DU_HELPER(kept, (T *out, const T a, T b), *out = du_mul(a, b); return du_add(a, b);)
DU_HELPER(eight, (T a, const T b, const T *c, double d, size_t e, int f, T g, unsigned h),
    return du_add(du_mul(a, d), du_mul(b, e), du_mul(c[0], f), du_mul(g, h));
)
/* a helper may call another, and need not be called */
DU_HELPER(quarter, (T a), T b = DU_CALL(half, a); return DU_CALL(half, b);)
DU_HELPER(uncalled, (T a, const T *v, size_t count), (void)v, (void)count; return a;)

DU_FUNCTION(by_helpers, x[], y[],
    const double w[2] = { 3.0, -1.0 };
    T product;
    y[0] = DU_CALL(scaled_sum, x, n, 2.0);
    y[1] = DU_CALL(weighted, x, w, 2);
    y[2] = DU_CALL(kept, &product, x[0], x[1]);
    y[3] = DU_CALL(half, product);
    y[4] = DU_CALL(eight, x[0], x[1], x, 2.0, 3, 4, x[1], 5U);
    y[5] = DU_CALL(quarter, du_sqr(x[0]));
)
DU_FUNCTION(by_hand, x[], y[],
    y[0] = du_add(du_mul(2.0, x[0]), du_mul(2.0, x[1]));
    y[1] = du_sub(du_mul(3.0, x[0]), x[1]);
    y[2] = du_add(x[0], x[1]);
    y[3] = du_mul(0.5, du_mul(x[0], x[1]));
    y[4] = du_add(du_mul(6.0, x[0]), du_mul(8.0, x[1]));
    y[5] = du_mul(0.25, du_sqr(x[0]));
)

Test(helper, every_kind_of_parameter)
{
    expect_alike(&by_helpers, &by_hand, 2, 6, LIST(1.5, -2.0), NULL);
    expect_jacobian(&by_helpers, 2, 6, LIST(1.5, -2.0), NULL,
                    LIST(2.0, 2.0, 3.0, -1.0, 1.0, 1.0, -1.0, 0.75, 6.0, 8.0, 0.75, 0.0));
}

/* ---- DU_FUNCTION: declared before, parameters that it does not use, never used itself ---- */

DU_FUNCTION(rosenbrock, x[], y[],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        T a = du_sub(x[i + 1], du_sqr(x[i])), b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)
DU_FUNCTION(seven, x[], y[], y[0] = du_constant(T, 7);)
DU_FUNCTION(never_used, x[], y[], y[0] = x[0];)
DU_FUNCTION(does_nothing, x[], y[], )
DU_MODEL(model_never_used, b[], x[], y[], y[0] = b[0];)
DU_FUNCTION(by_context, x[], y[], y[0] = du_mul(*(const double *)ctx, x[0]);)

Test(function, loops_and_locals)
{
    expect_jacobian(&rosenbrock, 3, 1, LIST(2.0, 3.0, 5.0), NULL, LIST(802.0, 4604.0, -800.0));
}

Test(function, of_nothing)
{
    expect_jacobian(&seven, 2, 1, LIST(2.0, 3.0), NULL, LIST(0.0, 0.0));
}

Test(function, context)
{
    const double k = 3.5;
    expect_jacobian(&by_context, 1, 1, LIST(2.0), &k, LIST(k));
}

/* ---- nested fifty deep (deep.c), against a loop ---- */

DU_DECLARE(deep);

DU_FUNCTION(deep_loop, x[], y[],
    T s = du_sin(x[0]);
    for (int i = 0; i < 25; i++) s = du_add(x[0], 0.1, du_mul(x[1], 0.9, s));
    y[0] = s;
)

Test(function, nested_fifty_deep)
{
    expect_alike(&deep, &deep_loop, 2, 1, LIST(0.3, 1.1), NULL);
}

/* its strategies against each other: a sum of 26 terms, so to some rounding errors */
Test(function, nested_fifty_deep_gradient)
{
    result r[MODES];
    size_t modes = run_modes(&deep, 2, 1, LIST(0.3, 1.1), NULL, r);
    expect_jacobian(&deep, 2, 1, LIST(0.3, 1.1), NULL, r[0].jac);
    cr_expect_geq(modes, 7);
}
