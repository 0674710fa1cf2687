/* tests/test_kinks.c - the table "Kinks and edges": what a derivative is where there is none, and
 * that every mode says the same. A case is a DU_FUNCTION, a point, and the value and gradient
 * there; comparisons are exact, NaN equal to NaN.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/plan.h>
#include <stdio.h>
#include "modes.h"

/* ---- a case ---- */

static const double inf = (double)INFINITY, nan_ = (double)NAN;

#define COUNT(...) (sizeof((double[]){ __VA_ARGS__ }) / sizeof(double))
#define LIST(...) (const double[]){ __VA_ARGS__ }
/* the point of a case and its size */
#define AT(...) COUNT(__VA_ARGS__), LIST(__VA_ARGS__)

static int same(double a, double b) { return a == b || (a != a && b != b); }

/* f at x[n] has value y and gradient g[n], in every mode */
static void expect(const du_function *f, size_t n, const double *x, double y, const double *g)
{
    result r[MODES];
    size_t modes = run_modes(f, n, 1, x, NULL, r);
    for (size_t k = 0; k < modes; k++) {
        cr_expect(same(r[k].y[0], y), "%s(%g, ...), %s: value %g, not %g", f->name, x[0], r[k].mode,
                  r[k].y[0], y);
        for (size_t j = 0; j < n; j++)
            cr_expect(same(r[k].jac[j], g[j]), "%s(%g, ...), %s: d/dx%zu = %g, not %g", f->name,
                x[0],
                      r[k].mode, j, r[k].jac[j], g[j]);
    }
}

/* ... and second derivatives d2f/dx_j^2 = h[n], in the modes that have them */
static void expect_second(const du_function *f, size_t n, const double *x, const double *h)
{
    result r[MODES];
    size_t modes = run_modes(f, n, 1, x, NULL, r);
    for (size_t k = 0; k < modes; k++)
        for (size_t j = 0; j < n && r[k].has_second; j++)
            cr_expect(same(r[k].second[j], h[j]), "%s(%g, ...), %s: d2/dx%zu^2 = %g, not %g",
                f->name, x[0],
                      r[k].mode, j, r[k].second[j], h[j]);
}

/* ---- zero tangent times infinite derivative ---- */

/* the last input is inactive in the singular term and the other way round */
DU_FUNCTION(sqrt_beside, x[], y[], y[0] = du_add(du_sqrt(x[0]), x[1]);)
DU_FUNCTION(acos_beside, x[], y[], y[0] = du_add(du_acos(x[0]), x[1]);)
DU_FUNCTION(sqrt_constant, x[], y[],
    y[0] = du_mul(x[0], du_add(1.0, du_sqrt(du_constant(T, 0.0))));)
DU_FUNCTION(acos_constant, x[], y[],
    y[0] = du_mul(x[0], du_add(1.0, du_acos(du_constant(T, 1.0))));)
DU_FUNCTION(mul_beside, x[], y[], y[0] = du_add(du_mul(x[0], x[1]), x[2]);)
DU_FUNCTION(div_beside, x[], y[], y[0] = du_add(du_div(x[0], x[1]), x[2]);)
DU_FUNCTION(fma_beside, x[], y[], y[0] = du_fma(x[0], x[1], x[2]);)
DU_FUNCTION(mul_inactive, x[], y[],
    y[0] = du_where(1, x[0], du_mul(x[0], (double)INFINITY));
    T k = du_mul(du_constant(T, (double)INFINITY), du_constant(T, 2.0));
    y[0] = du_add(y[0], du_div(1.0, k));
)
DU_FUNCTION(div_inactive, x[], y[],
    y[0] = du_add(x[0], du_inv(du_div(du_constant(T, 1.0), du_constant(T, 0.0))));
)
DU_FUNCTION(fma_inactive, x[], y[],
    T k = du_fma(du_constant(T, (double)INFINITY), du_constant(T, 1.0), x[1]);
    y[0] = du_add(x[0], du_inv(k));
)

Test(strong_zero, elementary)
{
    expect(&sqrt_beside, AT(0.0, 3.0), 3.0, LIST(inf, 1.0));
    expect(&acos_beside, AT(1.0, 3.0), 3.0, LIST(-inf, 1.0));
}

Test(strong_zero, constants)
{
    expect(&sqrt_constant, AT(2.0), 2.0, LIST(1.0));
    expect(&acos_constant, AT(2.0), 2.0, LIST(1.0));
}

Test(strong_zero, multiplication)
{
    expect(&mul_beside, AT(inf, 2.0, 5.0), inf, LIST(2.0, inf, 1.0));
    expect(&mul_beside, AT(3.0, -inf, 5.0), -inf, LIST(-inf, 3.0, 1.0));
    expect(&mul_beside, AT(0.0, inf, 5.0), nan_, LIST(inf, 0.0, 1.0));
    expect(&mul_inactive, AT(2.0), 2.0, LIST(1.0));
}

Test(strong_zero, division)
{
    expect(&div_beside, AT(1.0, 0.0, 5.0), inf, LIST(inf, -inf, 1.0));
    expect(&div_beside, AT(0.0, 0.0, 5.0), nan_, LIST(inf, nan_, 1.0));
    expect(&div_inactive, AT(2.0), 2.0, LIST(1.0));
}

Test(strong_zero, fused_multiply_add)
{
    expect(&fma_beside, AT(inf, 2.0, 5.0), inf, LIST(2.0, inf, 1.0));
    expect(&fma_beside, AT(2.0, inf, 5.0), inf, LIST(inf, 2.0, 1.0));
    expect(&fma_inactive, AT(2.0, 3.0), 2.0, LIST(1.0, 0.0));
}

/* ---- pow ---- */

DU_FUNCTION(power, x[], y[], y[0] = du_pow(x[0], x[1]);)
DU_FUNCTION(power_0, x[], y[], y[0] = du_pow(x[0], 0);)
DU_FUNCTION(power_half, x[], y[], y[0] = du_pow(x[0], 0.5);)
DU_FUNCTION(power_1, x[], y[], y[0] = du_pow(x[0], 1);)
DU_FUNCTION(power_2, x[], y[], y[0] = du_pow(x[0], 2.0);)
DU_FUNCTION(power_3, x[], y[], y[0] = du_pow(x[0], 3);)
DU_FUNCTION(power_minus_1, x[], y[], y[0] = du_pow(x[0], -1);)
DU_FUNCTION(power_constant_1, x[], y[], y[0] = du_pow(x[0], du_constant(T, 1.0));)
DU_FUNCTION(power_of_0, x[], y[], y[0] = du_pow(0, x[0]);)

Test(pow, exponent_zero)
{
    expect(&power_0, AT(0.0), 1.0, LIST(0.0));
    expect(&power_0, AT(-2.0), 1.0, LIST(0.0));
    expect(&power_0, AT(nan_), 1.0, LIST(0.0));
    expect(&power, AT(3.0, 0.0), 1.0, LIST(0.0, log(3.0)));
    expect(&power, AT(0.0, 0.0), 1.0, LIST(0.0, 0.0));
    expect(&power_of_0, AT(0.0), 1.0, LIST(0.0));
}

Test(pow, of_zero)
{
    expect(&power_1, AT(0.0), 0.0, LIST(1.0));
    expect(&power_constant_1, AT(0.0), 0.0, LIST(1.0));
    expect(&power_2, AT(0.0), 0.0, LIST(0.0));
    expect(&power_3, AT(0.0), 0.0, LIST(0.0));
    expect(&power_half, AT(0.0), 0.0, LIST(inf));
    expect(&power_minus_1, AT(0.0), inf, LIST(-inf));
    expect(&power, AT(0.0, 2.0), 0.0, LIST(0.0, 0.0));
    expect(&power, AT(0.0, 1.0), 0.0, LIST(1.0, 0.0));
    expect(&power_of_0, AT(2.0), 0.0, LIST(0.0));
    expect(&power_of_0, AT(0.5), 0.0, LIST(0.0));
}

Test(pow, zero_factors_of_second_derivatives)
{
    expect_second(&power_0, AT(0.0), LIST(0.0));
    expect_second(&power_1, AT(0.0), LIST(0.0));
    expect_second(&power_constant_1, AT(0.0), LIST(0.0));
    expect_second(&power_2, AT(0.0), LIST(2.0));
    expect_second(&power_3, AT(0.0), LIST(0.0));
    expect_second(&power, AT(0.0, 2.0), LIST(2.0, 0.0));
}

Test(pow, negative_base_integer_exponent)
{
    expect(&power_3, AT(-2.0), -8.0, LIST(12.0));
    expect(&power_2, AT(-3.0), 9.0, LIST(-6.0));
    expect(&power_minus_1, AT(-2.0), -0.5, LIST(-0.25));
    expect_second(&power_3, AT(-2.0), LIST(-12.0));
    /* active exponent: the logarithm is NaN, and only its own direction knows */
    expect(&power, AT(-2.0, 3.0), -8.0, LIST(12.0, nan_));
}

/* ---- roots and magnitudes ---- */

DU_FUNCTION(root, x[], y[], y[0] = du_sqrt(x[0]);)
DU_FUNCTION(root_of_3x, x[], y[], y[0] = du_sqrt(du_mul(-3, x[0]));)
DU_FUNCTION(magnitude, x[], y[], y[0] = du_abs(x[0]);)
DU_FUNCTION(hypotenuse, x[], y[], y[0] = du_hypot(x[0], x[1]);)
DU_FUNCTION(norm, x[], y[], y[0] = du_norm2(x, n);)
DU_FUNCTION(angle, x[], y[], y[0] = du_atan2(x[0], x[1]);)

Test(kinks, sqrt_at_zero)
{
    expect(&root, AT(0.0), 0.0, LIST(inf));
    expect(&root, AT(-0.0), -0.0, LIST(inf));
    expect(&root_of_3x, AT(0.0), 0.0, LIST(-inf));
}

Test(kinks, abs)
{
    expect(&magnitude, AT(0.0), 0.0, LIST(0.0));
    expect(&magnitude, AT(-0.0), 0.0, LIST(0.0));
    expect(&magnitude, AT(-2.0), 2.0, LIST(-1.0));
    expect(&magnitude, AT(nan_), nan_, LIST(nan_));
    expect_second(&magnitude, AT(0.0), LIST(0.0));
}

Test(kinks, hypot)
{
    expect(&hypotenuse, AT(0.0, 0.0), 0.0, LIST(0.0, 0.0));
    expect(&hypotenuse, AT(3.0, 4.0), 5.0, LIST(0.6, 0.8));
    expect(&hypotenuse, AT(0x3p1000, 0x4p1000), 0x5p1000, LIST(0.6, 0.8));
    expect(&hypotenuse, AT(0x3p-1060, 0x4p-1060), 0x5p-1060, LIST(0.6, 0.8));
    expect_second(&hypotenuse, AT(0.0, 0.0), LIST(0.0, 0.0));
}

Test(kinks, norm2_at_zero)
{
    expect(&norm, AT(0.0, 0.0, -0.0), 0.0, LIST(0.0, 0.0, 0.0));
    expect(&norm, AT(0.0), 0.0, LIST(0.0));
    expect_second(&norm, AT(0.0, 0.0), LIST(0.0, 0.0));
}

/* whichever place it has */
Test(kinks, norm2_of_nan)
{
    result r[MODES];
    const double *const points[] = { LIST(nan_, 0.0), LIST(0.0, nan_), LIST(nan_, 2.0) };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        size_t modes = run_modes(&norm, 2, 1, points[i], NULL, r);
        for (size_t k = 0; k < modes; k++)
            cr_expect(r[k].y[0] != r[k].y[0], "case %zu, %s: %g", i, r[k].mode, r[k].y[0]);
    }
}

Test(kinks, atan2_at_origin)
{
    expect(&angle, AT(0.0, 0.0), 0.0, LIST(nan_, nan_));
    expect(&angle, AT(0.0, -0.0), atan2(0.0, -0.0), LIST(nan_, nan_));
    expect(&angle, AT(-0.0, -0.0), atan2(-0.0, -0.0), LIST(nan_, nan_));
    expect(&angle, AT(2.0, 0.0), atan2(2.0, 0.0), LIST(0.0, -0.5));
}

/* ---- minima, maxima, steps ---- */

DU_FUNCTION(least, x[], y[], y[0] = du_fmin(x[0], x[1]);)
DU_FUNCTION(largest, x[], y[], y[0] = du_fmax(x[0], x[1]);)
DU_FUNCTION(largest_of_x_and_2, x[], y[], y[0] = du_fmax(x[0], 2);)
DU_FUNCTION(excess, x[], y[], y[0] = du_fdim(x[0], x[1]);)
DU_FUNCTION(ramp, x[], y[], y[0] = du_relu(x[0]);)

Test(kinks, ties_split_evenly)
{
    expect(&least, AT(2.0, 2.0), 2.0, LIST(0.5, 0.5));
    expect(&largest, AT(2.0, 2.0), 2.0, LIST(0.5, 0.5));
    expect(&largest, AT(0.0, -0.0), fmax(0.0, -0.0), LIST(0.5, 0.5));
    expect(&largest_of_x_and_2, AT(2.0), 2.0, LIST(0.5));
    expect(&least, AT(1.0, 2.0), 1.0, LIST(1.0, 0.0));
    expect(&largest, AT(1.0, 2.0), 2.0, LIST(0.0, 1.0));
}

Test(kinks, one_nan_operand)
{
    expect(&least, AT(nan_, 2.0), 2.0, LIST(0.0, 1.0));
    expect(&least, AT(2.0, nan_), 2.0, LIST(1.0, 0.0));
    expect(&largest, AT(nan_, 2.0), 2.0, LIST(0.0, 1.0));
    expect(&largest, AT(2.0, nan_), 2.0, LIST(1.0, 0.0));
    expect(&largest_of_x_and_2, AT(nan_), 2.0, LIST(0.0));
}

Test(kinks, fdim_and_relu)
{
    expect(&excess, AT(2.0, 2.0), 0.0, LIST(0.0, 0.0));
    expect(&excess, AT(3.0, 2.0), 1.0, LIST(1.0, -1.0));
    expect(&excess, AT(1.0, 2.0), 0.0, LIST(0.0, 0.0));
    expect(&excess, AT(nan_, 2.0), nan_, LIST(nan_, nan_));
    expect(&ramp, AT(0.0), 0.0, LIST(0.0));
}

DU_FUNCTION(floor_, x[], y[], y[0] = du_floor(x[0]);)
DU_FUNCTION(ceil_, x[], y[], y[0] = du_ceil(x[0]);)
DU_FUNCTION(trunc_, x[], y[], y[0] = du_trunc(x[0]);)
DU_FUNCTION(round_, x[], y[], y[0] = du_round(x[0]);)

Test(kinks, steps)
{
    expect(&floor_, AT(-1.5), -2.0, LIST(0.0));
    expect(&ceil_, AT(-1.5), -1.0, LIST(0.0));
    expect(&trunc_, AT(-1.5), -1.0, LIST(0.0));
    expect(&round_, AT(-1.5), -2.0, LIST(0.0));
    const du_function *const steps[] = { &floor_, &ceil_, &trunc_, &round_ };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        expect(steps[i], AT(3.0), 3.0, LIST(0.0));
        expect(steps[i], AT(inf), inf, LIST(0.0));
        expect(steps[i], AT(nan_), nan_, LIST(nan_));
    }
}

DU_FUNCTION(fmod_, x[], y[], y[0] = du_fmod(x[0], x[1]);)
DU_FUNCTION(remainder_, x[], y[], y[0] = du_remainder(x[0], x[1]);)
DU_FUNCTION(copysign_, x[], y[], y[0] = du_copysign(x[0], x[1]);)

Test(kinks, fmod_and_remainder)
{
    static const double points[][2] = { { 7.0, 2.0 }, { -7.0, 2.0 }, { 7.5, -2.0 }, { 1.0, 3.0 },
                                        { 6.0, 3.0 }, { 0x1p60, 3.0 }, { 5.0, 2.0 } };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double a = points[i][0], b = points[i][1], m = fmod(a, b), r = remainder(a, b);
        expect(&fmod_, AT(a, b), m, LIST(1.0, -rint((a - m) / b)));
        expect(&remainder_, AT(a, b), r, LIST(1.0, -rint((a - r) / b)));
    }
    expect(&fmod_, AT(7.0, 2.0), 1.0, LIST(1.0, -3.0));
    expect(&remainder_, AT(7.0, 2.0), -1.0, LIST(1.0, -4.0));
}

Test(kinks, copysign)
{
    expect(&copysign_, AT(2.0, 3.0), 2.0, LIST(1.0, 0.0));
    expect(&copysign_, AT(2.0, -3.0), -2.0, LIST(-1.0, 0.0));
    expect(&copysign_, AT(-2.0, 3.0), 2.0, LIST(-1.0, 0.0));
    expect(&copysign_, AT(-2.0, -0.0), -2.0, LIST(1.0, 0.0));
    expect(&copysign_, AT(0.0, 3.0), 0.0, LIST(0.0, 0.0));
    expect(&copysign_, AT(0.0, -3.0), 0.0, LIST(0.0, 0.0));
}

/* ---- choice and comparison ---- */

DU_FUNCTION(root_or_twice, x[], y[], y[0] = du_where(du_gt(x[0], 0), du_sqrt(x[0]),
    du_mul(2, x[0]));)
DU_FUNCTION(nan_not_taken, x[], y[], y[0] = du_where(du_lt(x[0], x[1]), x[1],
    du_log(du_mul(x[0], x[1])));)
DU_FUNCTION(number_or_x, x[], y[], y[0] = du_where(du_lt(x[0], 1), 7, x[0]);)

Test(where, arm_not_taken_contributes_nothing)
{
    expect(&root_or_twice, AT(-1.0), -2.0, LIST(2.0));
    expect(&root_or_twice, AT(0.0), 0.0, LIST(2.0));
    expect(&root_or_twice, AT(4.0), 2.0, LIST(0.25));
    expect(&nan_not_taken, AT(-1.0, 2.0), 2.0, LIST(0.0, 1.0));
    expect(&nan_not_taken, AT(0.0, 2.0), 2.0, LIST(0.0, 1.0));
    expect(&number_or_x, AT(0.0), 7.0, LIST(0.0));
    expect(&number_or_x, AT(3.0), 3.0, LIST(1.0));
}

/* one bit a comparison */
DU_FUNCTION(compare, x[], y[],
    int bits = du_lt(x[0], x[1]) + 2 * du_le(x[0], x[1]) + 4 * du_gt(x[0], x[1])
        + 8 * du_ge(x[0], x[1])
             + 16 * du_eq(x[0], x[1]) + 32 * du_ne(x[0], x[1]);
    y[0] = du_constant(T, bits);
)
DU_FUNCTION(compare_number, x[], y[],
    int bits = du_lt(x[0], 2) + 2 * du_le(2.0f, x[0]) + 4 * du_gt(x[0], 2U) + 8 * du_ge(2L, x[0])
             + 16 * du_eq(x[0], 2) + 32 * du_ne(x[0], 2);
    y[0] = du_constant(T, bits);
)

Test(compare, values_only)
{
    expect(&compare, AT(1.0, 2.0), 1 + 2 + 32, LIST(0.0, 0.0));
    expect(&compare, AT(2.0, 1.0), 4 + 8 + 32, LIST(0.0, 0.0));
    expect(&compare, AT(2.0, 2.0), 2 + 8 + 16, LIST(0.0, 0.0));
    expect(&compare, AT(0.0, -0.0), 2 + 8 + 16, LIST(0.0, 0.0));
    expect(&compare, AT(nan_, 1.0), 32, LIST(0.0, 0.0));
    expect(&compare_number, AT(1.0), 1 + 8 + 32, LIST(0.0));
    expect(&compare_number, AT(3.0), 2 + 4 + 32, LIST(0.0));
    expect(&compare_number, AT(2.0), 2 + 8 + 16, LIST(0.0));
}

/* ---- an infinite partial that nothing depends on ---- */

DU_FUNCTION(unused_term, x[], y[],
    T u = du_mul(du_sqrt(du_add(x[0], x[1])), x[2]);
    (void)u;
    y[0] = du_add(x[0], du_mul(2, x[1]), du_mul(3, x[2]));
)
/* the same term as an output of its own */
DU_FUNCTION(beside_term, x[], y[],
    y[0] = du_mul(du_sqrt(du_add(x[0], x[1])), x[2]);
    y[1] = du_add(x[0], du_mul(2, x[1]), du_mul(3, x[2]));
)
DU_FUNCTION(zero_times_term, x[], y[],
    T u = du_mul(du_sqrt(du_add(x[0], x[1])), x[2]);
    y[0] = du_add(x[0], du_mul(2, x[1]), du_mul(3, x[2]), du_mul(0.0, u));
)

Test(unused, infinite_partial)
{
    expect(&unused_term, AT(0.0, 0.0, 0.0), 0.0, LIST(1.0, 2.0, 3.0));
    expect(&unused_term, AT(0.0, 0.0, 4.0), 12.0, LIST(1.0, 2.0, 3.0));
}

Test(unused, infinite_partial_of_another_output)
{
    result r[MODES];
    size_t modes = run_modes(&beside_term, 3, 2, LIST(0.0, 0.0, 4.0), NULL, r);
    static const double jac[] = { (double)INFINITY, (double)INFINITY, 0.0, 1.0, 2.0, 3.0 };
    for (size_t k = 0; k < modes; k++)
        for (size_t i = 0; i < 6; i++)
            cr_expect(same(r[k].jac[i], jac[i]), "%s: jac[%zu] = %g, not %g", r[k].mode, i,
                r[k].jac[i],
                      jac[i]);
}

/* an adjoint that is exactly zero stops an infinite partial: by a zero weight, and by a zero factor
 */
Test(unused, zero_adjoint)
{
    double y[2], g[3], value;
    cr_assert_eq(du_vjp(&beside_term, 3, 2, LIST(0.0, 0.0, 4.0), LIST(0.0, 1.0), NULL, y, g),
        DU_OK);
    cr_expect(g[0] == 1.0 && g[1] == 2.0 && g[2] == 3.0, "zero weight: %g %g %g", g[0], g[1], g[2]);
    du_plan *p = du_plan_gradient(&zero_times_term, 3, &(du_plan_options){ .mode = DU_REVERSE });
    cr_assert_eq(du_run_gradient(p, LIST(0.0, 0.0, 4.0), &value, g), DU_OK);
    cr_expect(g[0] == 1.0 && g[1] == 2.0 && g[2] == 3.0, "zero factor: %g %g %g", g[0], g[1], g[2]);
    du_plan_free(p);
}

/* ---- outputs aliasing inputs ---- */

/* f = x^2 y: gradient (2xy, x^2), Hessian (2y, 2x; 2x, 0) */
DU_FUNCTION(cubic, x[], y[], y[0] = du_mul(du_sqr(x[0]), x[1]);)
DU_FUNCTION(cubics, x[], y[],
    y[0] = du_mul(du_sqr(x[0]), x[1]);
    y[1] = du_mul(x[0], du_sqr(x[1]));
)

static void expect_list(const char *what, const char *mode, size_t n, const double *got,
                        const double *want)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(got[i] == want[i], "%s, %s: [%zu] = %g, not %g", what, mode, i, got[i], want[i]);
}

static du_plan_options forced(const du_strategy *s)
{
    return (du_plan_options){ FORCED(s) };
}

static void alias_gradient(const du_strategy *s, const du_plan_options *o)
{
    double x[2] = { 3.0, 5.0 }, f;
    du_plan *p = du_plan_gradient(&cubic, 2, o);
    cr_assert_eq(du_run_gradient(p, x, &f, x), DU_OK);
    expect_list("gradient in x", s->name, 2, x, LIST(30.0, 9.0));
    double z[2] = { 3.0, 5.0 }, g[2];
    cr_assert_eq(du_run_gradient(p, z, z, g), DU_OK);
    expect_list("value in x", s->name, 1, z, LIST(45.0));
    expect_list("gradient", s->name, 2, g, LIST(30.0, 9.0));
    du_plan_free(p);
}

static void alias_jacobian(const du_strategy *s, const du_plan_options *o)
{
    double x[4] = { 3.0, 5.0 }, z[2] = { 3.0, 5.0 }, y[2], jac[4];
    du_plan *p = du_plan_jacobian(&cubics, 2, 2, o);
    cr_assert_eq(du_run_jacobian(p, x, y, x), DU_OK);
    expect_list("Jacobian in x", s->name, 4, x, LIST(30.0, 9.0, 25.0, 30.0));
    cr_assert_eq(du_run_jacobian(p, z, z, jac), DU_OK);
    expect_list("values in x", s->name, 2, z, LIST(45.0, 75.0));
    expect_list("Jacobian", s->name, 4, jac, LIST(30.0, 9.0, 25.0, 30.0));
    du_plan_free(p);
}

static void alias_hessian(const du_strategy *s, const du_plan_options *o)
{
    double x[4] = { 3.0, 5.0 }, z[2] = { 3.0, 5.0 }, f, g[2], h[4];
    du_plan *p = du_plan_hessian(&cubic, 2, o);
    cr_assert_eq(du_run_hessian(p, x, &f, g, x), DU_OK);
    expect_list("Hessian in x", s->name, 4, x, LIST(10.0, 6.0, 6.0, 0.0));
    cr_assert_eq(du_run_hessian(p, z, &f, z, h), DU_OK);
    expect_list("gradient in x", s->name, 2, z, LIST(30.0, 9.0));
    expect_list("Hessian", s->name, 4, h, LIST(10.0, 6.0, 6.0, 0.0));
    du_plan_free(p);
}

static void alias_jvp(const du_strategy *s, const du_plan_options *o)
{
    double x[2] = { 3.0, 5.0 }, v[2] = { 1.0, 2.0 };
    du_plan *p = du_plan_jvp(&cubics, 2, 2, o);
    cr_assert_eq(du_run_jvp(p, x, v, x, v), DU_OK);
    expect_list("values in x", s->name, 2, x, LIST(45.0, 75.0));
    expect_list("J v in v", s->name, 2, v, LIST(48.0, 85.0));
    du_plan_free(p);
}

static void alias_vjp(const du_strategy *s, const du_plan_options *o)
{
    double x[2] = { 3.0, 5.0 }, w[2] = { 1.0, 2.0 };
    du_plan *p = du_plan_vjp(&cubics, 2, 2, o);
    cr_assert_eq(du_run_vjp(p, x, w, w, x), DU_OK);
    expect_list("values in w", s->name, 2, w, LIST(45.0, 75.0));
    expect_list("w J in x", s->name, 2, x, LIST(80.0, 69.0));
    du_plan_free(p);
}

static void alias_hvp(const du_strategy *s, const du_plan_options *o)
{
    double x[2] = { 3.0, 5.0 }, v[2] = { 1.0, 2.0 }, f;
    du_plan *p = du_plan_hvp(&cubic, 2, o);
    cr_assert_eq(du_run_hvp(p, x, v, &f, v, x), DU_OK);
    expect_list("gradient in v", s->name, 2, v, LIST(30.0, 9.0));
    expect_list("H v in x", s->name, 2, x, LIST(22.0, 6.0));
    du_plan_free(p);
}

/* every task by every strategy that computes it */
Test(aliasing, outputs_over_inputs)
{
    static void (*const check[])(const du_strategy *, const du_plan_options *) = {
        [DU_GRADIENT] = alias_gradient, [DU_JACOBIAN] = alias_jacobian,
            [DU_HESSIAN] = alias_hessian,
        [DU_JVP] = alias_jvp, [DU_VJP] = alias_vjp, [DU_HVP] = alias_hvp,
    };
    for (size_t i = 0; du_plan_strategy(i); i++)
        for (int task = DU_GRADIENT; task <= DU_HVP; task++) {
            const du_strategy *s = du_plan_strategy(i);
            size_t m = task == DU_JACOBIAN || task == DU_JVP || task == DU_VJP ? 2 : 1;
            du_plan_options o = forced(s);
            if (du_strategy_can(s, (du_task)task, 2, m)) check[task](s, &o);
        }
}
