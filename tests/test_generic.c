/* tests/test_generic.c - the generic layer: du_add(2, x) is what the plain names make of it, for
 * every number type and every type of C number, with operands evaluated once. Most cases are a
 * DU_FUNCTION whose first output is written generically and whose second with plain names; both
 * rows must agree in value and derivatives, in every mode.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/plan.h>
#include <float.h>
#include <stdio.h>
#include <string.h>
#include "modes.h"

/* du_<type of T>_<op>, as a formula for every type writes a plain name */
#define PLAIN_CASE(t, op, ...) du_##t: du_##t##_##op,
#define PLAIN(op) _Generic(*(T *)0, DU_NUMBER_TYPES(PLAIN_CASE, op) default: du_double_##op)

/* ---- checks ---- */

static const double inf = (double)INFINITY;

#define COUNT(...) (sizeof((double[]){ __VA_ARGS__ }) / sizeof(double))
#define LIST(...) (const double[]){ __VA_ARGS__ }
#define AT(...) COUNT(__VA_ARGS__), LIST(__VA_ARGS__)

static int same(double a, double b) { return a == b || (a != a && b != b); }
static int close_to(double a, double b, double relative)
{
    return a == b || fabs(a - b) <= relative * fabs(b);
}

/* in every mode, and for plain double, the rows of f at x[n] come in equal pairs */
static void expect_pairs(const du_function *f, size_t pairs, size_t n, const double *x)
{
    result r[MODES];
    double y[M];
    size_t m = 2 * pairs, modes = run_modes(f, n, m, x, NULL, r);
    f->f_double(x, n, y, m, NULL);
    for (size_t i = 0; i < m; i += 2) {
        cr_expect(same(y[i], y[i + 1]), "%s, double, pair %zu: %g and %g", f->name, i / 2, y[i],
            y[i + 1]);
        for (size_t k = 0; k < modes; k++) {
            /* on a tape a kernel adds up in another order */
            double order = strcmp(r[k].mode, "reverse") ? 0.0 : 1e-15;
            cr_expect(close_to(r[k].y[i], y[i], order) && close_to(r[k].y[i + 1], y[i], order),
                "%s, %s, pair %zu: %.17g and %.17g, not %.17g",
                      f->name, r[k].mode, i / 2, r[k].y[i], r[k].y[i + 1], y[i]);
            for (size_t j = 0; j < n; j++) {
                double g = r[k].jac[i * n + j], p = r[k].jac[(i + 1) * n + j];
                cr_expect(same(g, p), "%s, %s, pair %zu, d/dx%zu: %g and %g", f->name, r[k].mode,
                    i / 2, j, g,
                          p);
            }
        }
    }
}

/* f at x[n] is y with gradient g[n], to a few rounding errors, in every mode and for plain double
 */
static void expect(const du_function *f, size_t n, const double *x, double y, const double *g)
{
    result r[MODES];
    size_t modes = run_modes(f, n, 1, x, NULL, r);
    double plain;
    f->f_double(x, n, &plain, 1, NULL);
    cr_expect(close_to(plain, y, 1e-15), "%s, double: %.17g, not %.17g", f->name, plain, y);
    for (size_t k = 0; k < modes; k++) {
        cr_expect(close_to(r[k].y[0], y, 1e-15), "%s, %s: %.17g, not %.17g", f->name, r[k].mode,
                  r[k].y[0], y);
        for (size_t j = 0; j < n; j++)
            cr_expect(close_to(r[k].jac[j], g[j], 1e-15), "%s, %s: d/dx%zu = %.17g, not %.17g",
                f->name,
                      r[k].mode, j, r[k].jac[j], g[j]);
    }
}

/* ---- two to eight operands of mixed types; the numbers are such that every order is exact ---- */

enum colour { RED = 3, GREEN = 4 };

DU_FUNCTION(sums, x[], y[],
    const T c = x[1];
    const int two = 2;
    y[0] = du_add(x[0], two);
    y[1] = PLAIN(add_s)(x[0], 2.0);
    y[2] = du_add(3L, c, 4ULL);
    y[3] = PLAIN(add_s)(c, 7.0);
    y[4] = du_add(0.5f, x[0], RED, c);
    y[5] = PLAIN(add_s)(PLAIN(add)(x[0], c), 3.5);
    y[6] = du_add(x[0], 2, 3L, 4ULL, c);
    y[7] = PLAIN(add_s)(PLAIN(add)(x[0], c), 9.0);
)
DU_FUNCTION(long_sums, x[], y[],
    const T c = x[1];
    const double half = 0.5;
    const enum colour green = GREEN;
    y[0] = du_add(1, 2.0L, half, c, x[0], green);
    y[1] = PLAIN(add_s)(PLAIN(add)(c, x[0]), 7.5);
    y[2] = du_add((char)1, (short)2, x[0], (unsigned char)3, c, 4U, x[0]);
    y[3] = PLAIN(add_s)(PLAIN(add)(PLAIN(add)(x[0], c), x[0]), 10.0);
    y[4] = du_add(x[0], 2, 3L, 4ULL, 0.5f, RED, 1.5L, c);
    y[5] = PLAIN(add_s)(PLAIN(add)(x[0], c), 14.0);
    y[6] = du_add(x[0], c, x[0], c, x[0], c, x[0], c);
    y[7] = PLAIN(mul_s)(PLAIN(add)(x[0], c), 4.0);
)
DU_FUNCTION(products, x[], y[],
    const T c = x[1];
    const unsigned long long two = 2;
    y[0] = du_mul(two, x[0]);
    y[1] = PLAIN(mul_s)(x[0], 2.0);
    y[2] = du_mul(GREEN, c, 0.5L);
    y[3] = PLAIN(mul_s)(c, 2.0);
    y[4] = du_mul(x[0], 2L, c, 0.5f);
    y[5] = PLAIN(mul)(x[0], c);
    y[6] = du_mul(2, 2L, 2ULL, x[0], c);
    y[7] = PLAIN(mul_s)(PLAIN(mul)(x[0], c), 8.0);
)
DU_FUNCTION(long_products, x[], y[],
    const T c = x[1];
    y[0] = du_mul(c, 2, 0.25, x[0], 2.0L, GREEN);
    y[1] = PLAIN(mul_s)(PLAIN(mul)(c, x[0]), 4.0);
    y[2] = du_mul(0.5f, x[0], 2, c, 2, x[0], 4L);
    y[3] = PLAIN(mul_s)(PLAIN(mul)(PLAIN(mul)(x[0], c), x[0]), 8.0);
    y[4] = du_mul(x[0], 2, 2L, 4ULL, 0.5f, GREEN, 0.25L, c);
    y[5] = PLAIN(mul_s)(PLAIN(mul)(x[0], c), 8.0);
    y[6] = du_mul(x[0], c, x[0], c, x[0], c, x[0], c);
    y[7] = PLAIN(powi)(PLAIN(mul)(x[0], c), 4);
)

Test(generic, many_operands_of_mixed_types)
{
    expect_pairs(&sums, 4, AT(1.5, -0.75));
    expect_pairs(&long_sums, 4, AT(1.5, -0.75));
    expect_pairs(&products, 4, AT(1.5, -0.75));
    expect_pairs(&long_products, 4, AT(1.5, -0.75));
}

/* (a function: cr_expect_eq would spell the whole expansion out) */
static void equals(double got, double want, const char *what)
{
    cr_expect_eq(got, want, "%s: %g, not %g", what, got, want);
}

/* C numbers alone give a double */
Test(generic, numbers_alone)
{
    equals(du_add(1, 2L, 3ULL, 0.5f, RED, 1.5L, 1U, 2.0), 14.0, "sum");
    equals(du_mul(1, 2L, 3ULL, 0.5f, GREEN, 1.5L, 1U, 2.0), 36.0, "product");
    equals(du_div(1, 2), 0.5, "no integer division");
    equals(du_sub(1U, 2U), -1.0, "no unsigned wrap");
    equals(du_pow(2, 10), 1024.0, "pow");
    equals(du_sqrt(GREEN), 2.0, "sqrt");
    equals(du_fma(2, 3L, 4.0f), 10.0, "fma");
    equals(du_where(1, 2, 3.0L), 2.0, "where");
    equals(du_powi(2, -1), 0.5, "powi");
    equals(_Generic(du_add(1, 2), double: 1, default: 0), 1, "type of a sum");
    equals(_Generic(du_where(0, 1, 2), double: 1, default: 0), 1, "type of a choice");
}

/* ---- two and three operands, number on either side ---- */

DU_FUNCTION(pairs, x[], y[],
    const T c = x[1];
    y[0] = du_sub(x[0], c);
    y[1] = PLAIN(sub)(x[0], c);
    y[2] = du_sub(3, c);
    y[3] = PLAIN(s_sub)(3.0, c);
    y[4] = du_div(c, 4ULL);
    y[5] = PLAIN(div_s)(c, 4.0);
    y[6] = du_div(1, c);
    y[7] = PLAIN(s_div)(1.0, c);
)
DU_FUNCTION(functions, x[], y[],
    y[0] = du_div(x[0], x[1]);
    y[1] = PLAIN(div)(x[0], x[1]);
    y[2] = du_pow(x[0], 2.5f);
    y[3] = PLAIN(pow_s)(x[0], 2.5);
    y[4] = du_atan2(1L, x[1]);
    y[5] = PLAIN(s_atan2)(1.0, x[1]);
    y[6] = du_mul(2, du_exp(du_neg(x[0])));
    y[7] = PLAIN(s_mul)(2.0, PLAIN(exp)(PLAIN(neg)(x[0])));
)
DU_FUNCTION(fused, x[], y[],
    y[0] = du_fma(x[0], x[1], x[0]);
    y[1] = PLAIN(fma)(x[0], x[1], x[0]);
    y[2] = du_fma(2, x[1], 1L);
    y[3] = PLAIN(fma)(PLAIN(constant)(2.0), x[1], PLAIN(constant)(1.0));
    y[4] = du_fma(0.5f, 3, x[0]);
    y[5] = PLAIN(fma)(PLAIN(constant)(0.5), PLAIN(constant)(3.0), x[0]);
    y[6] = du_fma(x[0], 2ULL, RED);
    y[7] = PLAIN(fma)(x[0], PLAIN(constant)(2.0), PLAIN(constant)(3.0));
)
DU_FUNCTION(choices, x[], y[],
    y[0] = du_where(du_gt(x[0], x[1]), x[0], x[1]);
    y[1] = x[0];
    y[2] = du_where(du_gt(x[0], 100), x[0], RED);
    y[3] = PLAIN(constant)(3.0);
    y[4] = du_where(x != NULL, 2L, x[1]);
    y[5] = PLAIN(constant)(2.0);
    y[6] = du_where(n, x[1], 1.5f);
    y[7] = x[1];
)

Test(generic, two_and_three_operands)
{
    expect_pairs(&pairs, 4, AT(1.5, -0.75));
    expect_pairs(&functions, 4, AT(1.7, 0.3));
    expect_pairs(&fused, 4, AT(1.7, 0.3));
    expect_pairs(&choices, 4, AT(1.7, 0.3));
}

/* ---- the arithmetic itself, first and second derivatives by hand ---- */

DU_FUNCTION(arithmetic, x[], y[],
    y[0] = du_sub(x[0], x[1]);
    y[1] = du_sub(3, x[1]);
    y[2] = du_div(x[0], x[1]);
    y[3] = du_div(3, x[1]);
    y[4] = du_div(x[0], 4);
    y[5] = du_div(x[0], du_add(x[0], x[1]));
    y[6] = du_mul(du_mul(x[0], x[1]), x[0]);
    y[7] = du_fma(x[0], x[1], x[0]);
)

Test(generic, arithmetic)
{
    static const double y[] = { 2.0, 3.5, -3.0, -6.0, 0.375, 1.5, -1.125, 0.75 };
    static const double jac[] = { 1, -1, 0, -1, -2, -6, 0, -12, 0.25, 0, -0.5, -1.5, -1.5, 2.25,
        0.5, 1.5 };
    static const double second[] = { 0, 0, 0, 0, 0, -24, 0, -48, 0, 0, 1, 3, -1, 0, 0, 0 };
    result r[MODES];
    size_t modes = run_modes(&arithmetic, 2, 8, LIST(1.5, -0.5), NULL, r);
    for (size_t k = 0; k < modes; k++) {
        for (size_t i = 0; i < 8; i++)
            cr_expect_eq(r[k].y[i], y[i], "%s: y[%zu] = %g", r[k].mode, i, r[k].y[i]);
        for (size_t i = 0; i < 16; i++) {
            cr_expect_eq(r[k].jac[i], jac[i], "%s: jac[%zu] = %g", r[k].mode, i, r[k].jac[i]);
            if (r[k].has_second)
                cr_expect_eq(r[k].second[i], second[i], "%s: second[%zu] = %g", r[k].mode, i,
                    r[k].second[i]);
        }
    }
}

/* ---- operands evaluated once ---- */

static int calls;
DU_HELPER(counted, (T a), calls++; return a;)
static int number(int a) { calls++; return a; }
static double real(double a) { calls++; return a; }

#define COUNTED(j) DU_CALL(counted, x[j])

/* expression has so many operands, each of them counted */
#define ONCE(what, operands, expression) \
    calls = 0; (void)(expression); expect_calls(what, operands);
static void expect_calls(const char *what, int operands)
{
    cr_expect_eq(calls, operands, "%s: %d evaluations of %d operands", what, calls, operands);
}

DU_FUNCTION(counting, x[], y[],
    const double c[2] = { 1.0, 2.0 };
    y[0] = x[0];
    ONCE("du_add", 2, du_add(COUNTED(0), COUNTED(1)))
    ONCE("du_add", 3, du_add(number(1), COUNTED(0), real(2.0)))
    ONCE("du_add", 8, du_add(COUNTED(0), number(1), number(1), COUNTED(1), number(1),
                   number(1), number(1), number(1)))
    ONCE("du_mul", 2, du_mul(number(2), COUNTED(1)))
    ONCE("du_mul", 8, du_mul(number(1), number(1), COUNTED(0), number(1), number(1),
                   number(1), number(1), COUNTED(1)))
    ONCE("du_sub", 2, du_sub(COUNTED(0), number(1)))
    ONCE("du_div", 2, du_div(real(1.0), COUNTED(0)))
    ONCE("du_sin", 1, du_sin(COUNTED(0)))
    ONCE("du_pow", 2, du_pow(COUNTED(0), COUNTED(1)))
    ONCE("du_pow", 2, du_pow(COUNTED(0), number(2)))
    ONCE("du_fma", 3, du_fma(COUNTED(0), number(2), COUNTED(1)))
    ONCE("du_where", 3, du_where(number(1), COUNTED(0), number(2)))
    ONCE("du_where", 3, du_where(number(0), COUNTED(0), COUNTED(1)))
    ONCE("du_powi", 2, du_powi(COUNTED(0), number(3)))
    ONCE("du_value", 1, du_value(COUNTED(0)))
    ONCE("du_lt", 2, du_lt(COUNTED(0), number(3)))
    ONCE("du_ne", 2, du_ne(COUNTED(0), COUNTED(1)))
    ONCE("du_constant", 1, du_constant(T, number(1)))
    ONCE("du_sum", 1, du_sum(x + number(0), n))
    ONCE("du_dot", 2, du_dot(x + number(0), x + number(0), n))
    ONCE("du_polynomial", 2, du_polynomial(c + number(0), 2, COUNTED(0)))
)

Test(generic, operands_evaluated_once)
{
    expect(&counting, AT(1.5, 2.5), 1.5, LIST(1.0, 0.0));
}

/* ---- types of results, constants, values, comparisons ---- */

#define IS_T(expression) _Generic((expression), T: 1, default: 0)

DU_FUNCTION(result_types, x[], y[],
    const T c = x[0];
    int wrong = !IS_T(du_add(1, c)) + !IS_T(du_mul(c, c, 2)) + !IS_T(du_sub(1L, c))
        + !IS_T(du_div(c, 2))
              + !IS_T(du_sin(c)) + !IS_T(du_pow(2, c)) + !IS_T(du_fma(1, 2, c))
                  + !IS_T(du_where(1, 2, c))
              + !IS_T(du_powi(c, 2)) + !IS_T(du_sum(x, n)) + !IS_T(du_constant(T, 1))
              + !_Generic(du_value(c), double: 1, default: 0)
                  + !_Generic(du_lt(c, 1), int: 1, default: 0);
    y[0] = du_add(x[0], wrong);
)

Test(generic, types_of_results) { expect(&result_types, AT(1.5), 1.5, LIST(1.0)); }

DU_FUNCTION(constants, x[], y[],
    y[0] = du_add(du_constant(T, 3), du_constant(T, 2L), du_constant(T, 0.5f), du_constant(T, 1.0L),
                  du_constant(T, 1ULL), du_constant(T, RED));
    y[1] = PLAIN(constant)(10.5);
)
DU_FUNCTION(constant, x[], y[], y[0] = du_constant(T, RED);)
DU_FUNCTION(values, x[], y[],
    const T c = x[0];
    y[0] = du_constant(T, du_value(c) + du_value(2) + du_value(0.5f));
)

Test(generic, constants_and_values)
{
    expect_pairs(&constants, 1, AT(1.5));
    expect(&constant, AT(1.5), 3.0, LIST(0.0));
    expect(&values, AT(1.5), 4.0, LIST(0.0));
}

DU_FUNCTION(comparisons, x[], y[],
    int right = du_lt(x[0], x[1]) && du_le(x[0], x[1]) && !du_gt(x[0], x[1]) && !du_ge(x[0], x[1])
             && !du_eq(x[0], x[1]) && du_ne(x[0], x[1]) && du_le(x[0], x[0]) && du_ge(x[0], x[0])
             && du_eq(x[0], 1) && du_lt(x[0], 2ULL) && du_gt(2.0L, x[0]) && du_eq(x[1], 2.5f);
    y[0] = du_constant(T, right);
)

Test(generic, comparisons) { expect(&comparisons, AT(1.0, 2.5), 1.0, LIST(0.0, 0.0)); }

/* ---- reductions ---- */

DU_FUNCTION(sum, x[], y[], y[0] = du_sum(x, n);)
DU_FUNCTION(dot, x[], y[], y[0] = du_dot(x, x + 2, 2);)
DU_FUNCTION(norm, x[], y[], y[0] = du_norm2(x, n);)
DU_FUNCTION(lse, x[], y[], y[0] = du_logsumexp(x, n);)
DU_FUNCTION(poly, x[], y[],
    static const double c[] = { 5.0, -4.0, 3.0, 2.0 };
    y[0] = du_polynomial(c, 4, x[0]);
)
DU_FUNCTION(poly_1, x[], y[], y[0] = du_polynomial((const double[]){ 5.0 }, 1, x[0]);)

Test(reduction, sum_and_dot)
{
    expect(&sum, AT(1.5, 2.0, -4.0), -0.5, LIST(1.0, 1.0, 1.0));
    expect(&sum, AT(1.5), 1.5, LIST(1.0));
    expect(&dot, AT(2.0, 3.0, 5.0, 7.0), 31.0, LIST(5.0, 7.0, 2.0, 3.0));
}

Test(reduction, norm2)
{
    static const double scales[] = { 1.0, 1e200, 1e-200, 1e300, 0x1p-1060 };
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        double s = scales[i];
        expect(&norm, AT(3.0 * s, 4.0 * s), 5.0 * s, LIST(0.6, 0.8));
        expect(&norm, AT(-2.0 * s, 0.0, s, 2.0 * s), 3.0 * s,
            LIST(-2.0 / 3.0, 0.0, 1.0 / 3.0, 2.0 / 3.0));
    }
    expect(&norm, AT(-2.0), 2.0, LIST(-1.0));
    expect(&norm, AT(3.0, 1e200), 1e200, LIST(3e-200, 1.0));
    expect(&norm, AT(0.0, 1e200), 1e200, LIST(0.0, 1.0));
}

Test(reduction, logsumexp)
{
    expect(&lse, AT(2.5), 2.5, LIST(1.0));
    expect(&lse, AT(0.0, log(3.0)), log(4.0), LIST(0.25, 0.75));
    expect(&lse, AT(1000.0, 1000.0), 1000.0 + log(2.0), LIST(0.5, 0.5));
    expect(&lse, AT(-1e5, -1e5, -1e5, -1e5), -1e5 + log(4.0), LIST(0.25, 0.25, 0.25, 0.25));
    expect(&lse, AT(1e308, 0.0), 1e308, LIST(1.0, 0.0));
    expect(&lse, AT(-inf, 2.0), 2.0, LIST(0.0, 1.0));
    expect(&lse, AT(2.0, -inf, -inf), 2.0, LIST(1.0, 0.0, 0.0));
    expect(&lse, AT(-inf, -inf), -inf, LIST(0.0, 0.0));
}

Test(reduction, polynomial)
{
    expect(&poly, AT(2.0), 25.0, LIST(32.0));
    expect(&poly, AT(-1.0), 10.0, LIST(-4.0));
    expect(&poly_1, AT(2.0), 5.0, LIST(0.0));
}

/* nothing at all: the neutral elements */
DU_FUNCTION(empty, x[], y[],
    y[0] = du_sum(x, 0);
    y[1] = du_constant(T, 0);
    y[2] = du_add(du_dot(x, x, 0), du_norm2(x, 0));
    y[3] = du_constant(T, 0);
    y[4] = du_logsumexp(x, 0);
    y[5] = du_constant(T, -(double)INFINITY);
    y[6] = du_polynomial((const double *)NULL, 0, x[0]);
    y[7] = du_constant(T, 0);
)

Test(reduction, of_nothing)
{
    result r[MODES];
    size_t modes = run_modes(&empty, 1, 8, LIST(1.5), NULL, r);
    expect_pairs(&empty, 4, AT(1.5));
    for (size_t k = 0; k < modes; k++)
        for (size_t i = 0; i < 8; i++) cr_expect_eq(r[k].jac[i], 0.0, "%s, output %zu", r[k].mode,
            i);
}

/* every loop above is also the loop of plain additions and products */
DU_FUNCTION(loops, x[], y[],
    y[0] = du_sum(x, n);
    y[1] = PLAIN(add)(PLAIN(add)(x[0], x[1]), x[2]);
    y[2] = du_dot(x, x, n);
    y[3] = PLAIN(fma)(x[2], x[2], PLAIN(fma)(x[1], x[1], PLAIN(mul)(x[0], x[0])));
    y[4] = du_norm2(x, n);
    y[5] = PLAIN(norm2)(x, n);
    y[6] = du_logsumexp(x, n);
    y[7] = PLAIN(logsumexp)(x, n);
)

Test(reduction, plain_names) { expect_pairs(&loops, 4, AT(0.3, -1.2, 2.1)); }

/* ---- integer powers ---- */

DU_FUNCTION(powers, x[], y[],
    int k = *(const int *)ctx;
    y[0] = du_powi(x[0], k);
    y[1] = du_pow(x[0], k);
)

static void expect_power(double x, int k, const char *mode, const char *what, double got,
                         double want)
{
    cr_expect(close_to(got, want, 1e-14), "%g^%d, %s, %s: %.17g, not %.17g", x, k, mode, what,
        got, want);
}

/* c x^(c-n), where a zero c is the end of it */
static double power(double c, double x, double exponent)
{
    return c == 0.0 ? 0.0 : c * pow(x, exponent);
}

static void check_power(double x, int k)
{
    result r[MODES];
    double c = k, y = pow(x, c), d = power(c, x, c - 1.0), dd = power(c * (c - 1.0), x, c - 2.0);
    size_t modes = run_modes(&powers, 1, 2, &x, &k, r);
    for (size_t i = 0; i < modes; i++)
        for (size_t row = 0; row < 2; row++) {
            expect_power(x, k, r[i].mode, row ? "pow" : "powi", r[i].y[row], y);
            expect_power(x, k, r[i].mode, row ? "pow'" : "powi'", r[i].jac[row], d);
            if (!r[i].has_second) continue;
            expect_power(x, k, r[i].mode, row ? "pow''" : "powi''", r[i].second[row], dd);
        }
}

Test(powi, agrees_with_pow)
{
    static const double bases[] = { 0.3, 1.0, 1.7, 9.0, -0.6, -2.5 };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        for (int k = -20; k <= 20; k++) check_power(bases[i], k);
}

Test(powi, of_zero)
{
    for (int k = 0; k <= 20; k++) check_power(0.0, k);
}
