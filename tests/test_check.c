/* tests/test_check.c - the derivative check passes what is right and names what is wrong.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <math.h>
#include <string.h>

DU_FUNCTION(good, x[], y[],
    y[0] = du_mul(du_exp(x[0]), du_sin(x[1]));
    y[1] = du_div(x[0], du_add(2.0, du_sqr(x[1])));
)
/* wrong on the tape only: a slot too many is dropped */
static void lying(const du_var *x, size_t n, du_var *y, size_t m, const void *ctx)
{
    good.f_var(x, n, y, m, ctx);
    y[1].c *= 1.0 + 1e-6;
}
/* a constant where the value moves: every mode agrees, the differences do not */
DU_FUNCTION(frozen, x[], y[], y[0] = du_add(du_sqr(x[0]), sin(du_value(x[1])));)
DU_FUNCTION(infinite, x[], y[], y[0] = du_sqrt(x[0]); y[1] = x[1];)

static const double X[2] = { 0.4, 1.1 };

Test(check, passes_right_derivatives)
{
    du_check_report r;
    cr_assert_eq(du_check(&good, 2, 2, X, NULL, &r), DU_OK);
    cr_assert(r.modes < 1e-14 && r.directions < 1e-14 && r.differences < 1.0);
    cr_assert_eq(du_check(&good, 2, 2, X, NULL, NULL), DU_OK);
}

Test(check, finds_modes_that_disagree)
{
    du_function liar = good;
    du_check_report r;
    liar.f_var = lying;
    cr_assert_eq(du_check(&liar, 2, 2, X, NULL, &r), DU_EMISMATCH);
    cr_assert(r.modes > 1e-10 && r.directions > 1e-10);
}

Test(check, finds_a_frozen_input)
{
    du_check_report r;
    cr_assert_eq(du_check(&frozen, 2, 1, X, NULL, &r), DU_EMISMATCH);
    cr_assert_eq(r.input, 1);
    cr_assert_float_eq(r.difference, cos(X[1]), 1e-6);
    cr_assert_eq(r.exact, 0.0);
}

Test(check, names_what_is_not_finite)
{
    du_check_report r;
    cr_assert_eq(du_check(&infinite, 2, 2, (double[2]){ 0.0, 1.0 }, NULL, &r), DU_ENONFINITE);
    cr_assert(r.output == 0 && r.input == 0);
    cr_assert_eq(du_check(&good, 0, 2, X, NULL, &r), DU_EINVAL);
}

/* near the edge of the domain the first steps leave it */
DU_FUNCTION(logarithm, x[], y[], y[0] = du_log(x[0]); if (m > 1) y[1] = x[0];)
DU_FUNCTION(infinite_value, x[], y[], y[0] = du_add(du_mul(0.0, x[0]), (double)INFINITY);
    y[1] = x[0];)
Test(check, stays_in_the_domain)
{
    du_check_report r;
    cr_assert_eq(du_check(&logarithm, 1, 2, (double[1]){ 1e-5 }, NULL, &r), DU_OK);
    cr_assert_eq(du_check(&logarithm, 1, 1, (double[1]){ 1e-5 }, NULL, &r), DU_OK);
    cr_assert_eq(du_check(&infinite_value, 1, 2, (double[1]){ 1.0 }, NULL, &r), DU_ENONFINITE);
}

Test(check, prints)
{
    char text[600] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    du_check_report r;
    du_check(&frozen, 2, 1, X, NULL, &r);
    du_check_print(&r, stream);
    fclose(stream);
    cr_assert_not_null(strstr(text, "output 0, input 1"), "%s", text);
}

Test(status, every_code_has_a_message)
{
#define KNOWN(name, value, message) cr_assert_str_eq(du_strerror(name), message);
    DU_STATUSES(KNOWN)
    cr_assert_str_eq(du_strerror(-1), "unknown status");
}
