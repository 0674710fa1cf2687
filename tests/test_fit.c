/* tests/test_fit.c - fits: all NIST problems to the certified digits, standard errors, weights, and
 * statuses for what cannot be fitted. SPDX-License-Identifier: MIT */
#include "../examples/nist_models.h"
#include "../examples/table.h"
#include <criterion/criterion.h>
#include <duet/fit.h>
#include <duet/function.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

DU_MODEL(line, b[2], x[1], y[1], y[0] = du_add(b[0], du_mul(b[1], x[0]));)
/* Horner's scheme; any number of parameters */
DU_MODEL(polynomial, b[], x[1], y[1], T s = b[p - 1]; for (size_t j = p - 1; j-- > 0; )
    s = du_add(du_mul(s, x[0]), b[j]); y[0] = s;)
DU_MODEL(logarithm, b[1], x[1], y[1], y[0] = du_mul(x[0], du_log(b[0]));)
DU_MODEL(unbounded, b[1], x[1], y[1], y[0] = du_mul(x[0], du_exp(du_neg(b[0])));)

static double worst_error(const double *got, const double *want, size_t p)
{
    double worst = 0.0;
    for (size_t j = 0; j < p; j++) worst = fmax(worst, fabs(got[j] - want[j]) / fabs(want[j]));
    return worst;
}

static void fit_problem(const nist_problem *q, int start)
{
    char path[512], message[256];
    nist_file f;
    du_fit fit;
    snprintf(path, sizeof path, "%s/%s.dat", NIST_DATA, q->name);
    cr_assert_eq(nist_read(path, &f, message), 0, "%s", message);
    for (size_t i = 0; q->log_response && i < f.data.rows; i++) f.data.y[i] = log(f.data.y[i]);
    du_data data = { .rows = f.data.rows, .cols = f.data.cols, .x = f.data.x, .y = f.data.y };
    cr_assert_eq(du_fit_model(q->model, &data, f.p, f.start[start], NULL, &fit), DU_OK,
        "%s, start %d", q->name, start + 1);
    cr_assert_lt(worst_error(fit.b, f.certified, f.p), 6.3e-11, "%s, start %d: error %.2g",
        q->name, start + 1, worst_error(fit.b, f.certified, f.p));
    /* Lanczos1's sum of squares, 1e-25, is below rounding, and the deviations with it */
    if (f.sum_of_squares > 1e-20) {
        cr_assert_lt(worst_error(fit.se, f.deviation, f.p), 1e-7,
            "%s: standard error off by %.2g", q->name, worst_error(fit.se, f.deviation, f.p));
        cr_assert_float_eq(fit.s, f.sum_of_squares, 1e-9 * f.sum_of_squares);
    }
    du_fit_free(&fit);
    nist_free(&f);
}

Test(fit, nist_problems_to_the_certified_digits)
{
    cr_assert_eq(nist_problem_count, 27);
    for (size_t i = 0; i < nist_problem_count; i++)
        for (int start = 0; start < 2; start++) fit_problem(&nist_problems[i], start);
}

Test(fit, a_weighted_line_in_closed_form)
{
    double x[5] = { 0, 1, 2, 3, 4 }, y[5] = { 1.0, 2.9, 5.2, 7.1, 8.8 }, w[5] = { 1, 2, 3, 2, 1 },
        start[2] = { 0.1, 0.1 };
    du_data data = { .rows = 5, .cols = 1, .x = x, .y = y, .weights = w };
    double s0 = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < 5; i++) s0 += w[i], sx += w[i] * x[i], sy += w[i] * y[i],
        sxx += w[i] * x[i] * x[i], sxy += w[i] * x[i] * y[i];
    double d = s0 * sxx - sx * sx, slope = (s0 * sxy - sx * sy) / d;
    du_fit fit;
    cr_assert_eq(du_fit_model(&line, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_float_eq(fit.b[1], slope, 1e-14);
    cr_assert_float_eq(fit.b[0], (sy - slope * sx) / s0, 1e-14);
    cr_assert_float_eq(fit.se[1], fit.sigma * sqrt(s0 / d), 1e-13);
    cr_assert_float_eq(fit.covariance[1], -fit.sigma * fit.sigma * sx / d, 1e-13);
    du_fit_free(&fit);
}

/* a fit that fails says why and holds nothing */
static void fails(const du_model *model, const du_data *data, size_t p, const double start[],
                  const du_fit_options *options, int status, const char *message)
{
    du_fit fit;
    memset(&fit, 0x5a, sizeof fit);
    cr_expect_eq(du_fit_model(model, data, p, start, options, &fit), status);
    cr_expect_eq(fit.status, status);
    cr_expect_str_eq(fit.message, message);
    cr_expect(!fit.b && !fit.se && !fit.covariance && !fit.residuals && !fit.rows && !fit.p
        && !fit.freedom);
    cr_expect_eq(du_fit_summary(&fit, NULL, stdout), status);
    cr_expect_eq(du_fit_interval(&fit, 0.95, NULL, NULL), status);
    cr_expect_eq(du_fit_correlation(&fit, NULL), status);
    cr_expect(isnan(du_fit_ratio(&fit, 0)) && isnan(du_fit_p_value(&fit, 0)));
    du_fit_free(&fit);
}

Test(fit, what_cannot_be_fitted_is_a_status)
{
    double x[3] = { 1, 2, 3 }, y[3] = { -1, -1, -1 }, bad[3] = { 1, NAN, 3 }, w[3] = { 1, -2, 1 },
        start[2] = { 1.0, 1.0 }, negative[1] = { -1.0 };
    static double many[5000];
    du_data data = { .rows = 3, .cols = 1, .x = x, .y = y },
        broken = { .rows = 3, .cols = 1, .x = x, .y = bad };
    du_data weighted = { .rows = 3, .cols = 1, .x = x, .y = y, .weights = w },
        one = { .rows = 1, .cols = 1, .x = x, .y = y };
    fails(&logarithm, &data, 1, negative, NULL, DU_ENONFINITE,
        "logarithm at the start: output 0 (observation 1) is not finite: nan");
    fails(&line, &broken, 2, start, NULL, DU_ENONFINITE,
        "line: observation 2 has a number that is not finite");
    fails(&line, &weighted, 2, start, NULL, DU_EWEIGHT, "line: the weight of observation 2 is -2");
    fails(&line, &one, 2, start, NULL, DU_EROWS,
        "line: 1 observations cannot determine 2 parameters");
    fails(&line, &data, 4, many, NULL, DU_ESHAPE, "line has 2 parameters, not 4");
    fails(&line, &data, 1, start, NULL, DU_ESHAPE, "line has 2 parameters, not 1");
    fails(&polynomial, &data, 4, many, NULL, DU_EROWS,
        "polynomial: 3 observations cannot determine 4 parameters");
    fails(&polynomial, &data, 4097, many, NULL, DU_ERANGE,
        "polynomial: 4097 parameters: a fit has at most 4096");
    fails(&line, &data, 0, start, NULL, DU_EINVAL,
        "a fit needs a model, data, parameters and their start: p = 0");
    fails(NULL, &data, 1, start, NULL, DU_EINVAL,
        "a fit needs a model, data, parameters and their start: p = 1, the model is NULL");
    fails(&line, NULL, 2, start, NULL, DU_EINVAL,
        "a fit needs a model, data, parameters and their start: p = 2, the data are NULL");
    fails(&line, &data, 2, NULL, NULL, DU_EINVAL,
        "a fit needs a model, data, parameters and their start: p = 2, the start is NULL");
    du_fit fit;
    cr_assert_eq(du_fit_model(&unbounded, &data, 1, start, NULL, &fit), DU_ENOCONV);
    cr_assert_not_null(strstr(fit.message, "unbounded: "), "%s", fit.message);
    du_fit_free(&fit);
    cr_assert_eq(du_fit_model(&line, &data, 2, many, NULL, NULL), DU_EINVAL);
    cr_assert_eq(du_fit_summary(NULL, NULL, stdout), DU_EINVAL);
    du_fit_free(NULL);
}

Test(fit, success_says_so_too)
{
    double x[3] = { 1, 2, 3 }, y[3] = { 1, 4, 9 }, start[2] = { 0, 0 };
    du_data data = { .rows = 3, .cols = 1, .x = x, .y = y };
    du_fit fit;
    cr_assert_eq(du_fit_model(&line, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_eq(fit.status, DU_OK);
    cr_assert_str_eq(fit.message, "no error");
    cr_assert(fit.rows == 3 && fit.p == 2 && fit.freedom == 1 && !fit.likelihood);
    du_fit_free(&fit);
    cr_assert_null(fit.b);
}

/* the best slope is 0: nothing to be relative to */
Test(fit, a_parameter_may_be_zero)
{
    double x[4] = { 1.3, 9.3, -9.3, -1.3 }, y[4] = { 21.9, 1.3, 1.3, 21.9 }, none[4] = { 0 },
        start[2] = { 1, 1 };
    du_data data = { .rows = 4, .cols = 1, .x = x, .y = y };
    du_fit fit;
    cr_assert_eq(du_fit_model(&line, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_float_eq(fit.b[1], 0.0, 1e-14);
    du_fit_free(&fit);
    data.y = none;
    cr_assert_eq(du_fit_model(&line, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_float_eq(fit.b[0], 0.0, 1e-14);
    du_fit_free(&fit);
}

DU_MODEL(logit, b[2], x[2], y[1], T z = du_add(b[0], du_mul(b[1], x[0]));
    y[0] = du_sub(du_softplus(z), du_mul(x[1], z));)
Test(fit, a_likelihood_converges_as_newton_does)
{
    double x[16] = { -2, 0, -1, 0, 0, 1, 1, 0, 2, 1, 0.5, 1, -0.5, 1, 1.5, 0 }, start[2] = { 0, 0 };
    du_data data = { .rows = 8, .cols = 2, .x = x };
    du_fit fit;
    cr_assert_eq(du_fit_model(&logit, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_leq(fit.iterations, 12);
    du_fit_free(&fit);
}

DU_MODEL(redundant, b[2], x[1], y[1], y[0] = du_mul(du_add(b[0], b[1]), x[0]);)
Test(fit, statuses_and_freedom)
{
    double x[5] = { 1, 2, 3, 4, 5 }, y[5] = { 2, 4.1, 6, 8.2, 10 }, w[5] = { 1, 1, 1, 0, 0 },
        start[2] = { 1, 1 };
    du_data data = { .rows = 5, .cols = 1, .x = x, .y = y },
        three = { .rows = 3, .cols = 1, .x = x, .y = y }, two = three;
    du_fit fit, part;
    cr_assert_eq(du_fit_model(&redundant, &data, 2, start, NULL, &fit), DU_ESINGULAR);
    cr_assert_not_null(strstr(fit.message, "redundant: "), "%s", fit.message);
    fails(&line, &data, 2, start, &(du_fit_options){ .observer = { .byte_cap = 3000 } },
        DU_ENOMEM, du_strerror(DU_ENOMEM));
    data.weights = w; /* rows of weight 0 do not count */
    cr_assert_eq(du_fit_model(&line, &data, 2, start, NULL, &fit), DU_OK);
    cr_assert_eq(du_fit_model(&line, &three, 2, start, NULL, &part), DU_OK);
    cr_assert_float_eq(fit.sigma, part.sigma, 1e-12);
    cr_assert_float_eq(fit.se[1], part.se[1], 1e-12);
    du_fit_free(&fit);
    du_fit_free(&part);
    two.rows = 2; /* as many parameters as rows: nothing is known of the error */
    cr_assert_eq(du_fit_model(&line, &two, 2, start, NULL, &fit), DU_OK);
    cr_assert(isnan(fit.sigma) && isnan(fit.se[0]));
    du_fit_free(&fit);
}

static size_t seen;
static void count(size_t iteration, double s, const double b[], void *user)
{
    (void)b;
    cr_assert(s >= 0.0 && user == &seen);
    seen += iteration > 0;
}

Test(fit, progress_is_reported)
{
    double x[3] = { 1, 2, 3 }, y[3] = { 1, 4, 9 }, start[2] = { 0, 0 };
    du_data data = { .rows = 3, .cols = 1, .x = x, .y = y };
    du_fit fit;
    cr_assert_eq(du_fit_model(&line, &data, 2, start, &(du_fit_options){ .progress = count,
        .user = &seen }, &fit), DU_OK);
    cr_assert_gt(seen, 0);
    du_fit_free(&fit);
}
