/* tests/test_model.c - a model over observations: residuals, Jacobian, fvv and curvature against
 * formulas by hand, weights, bad data. SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/observe.h>
#include <math.h>

enum { ROWS = 11 };

/* b0 exp(-b1 x0) + b2 x1 */
DU_MODEL(decay, b[], x[], y[], y[0] = du_add(du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1])))),
    du_mul(b[2], x[1]));)
/* sum of b_j^2 x0^j / 2: as many parameters as wanted */
DU_MODEL(wide, b[], x[], y[],
    T s = du_constant(T, 0.0);
    D power = du_constant(D, 0.5);
    for (size_t j = 0; j < p; j++, power = du_mul(power, x[0]))
        s = du_add(s, du_mul(power, du_sqr(b[j])));
    y[0] = s;
)

static double X[2 * ROWS], Y[ROWS], W[ROWS];
static const double B[3] = { 2.0, 0.7, -0.4 };

static du_data make_data(int weighted)
{
    for (int i = 0; i < ROWS; i++) {
        X[2 * i] = 0.2 * i;
        X[2 * i + 1] = 1.0 - 0.1 * i * i;
        Y[i] = cos(i);
        W[i] = 0.5 + i % 3;
    }
    return (du_data){ .rows = ROWS, .cols = 2, .x = X, .y = Y, .weights = weighted ? W : NULL };
}

static void close_to(double got, double want)
{
    cr_assert_float_eq(got, want, 1e-13 * (1.0 + fabs(want)), "%.17g, expected %.17g", got, want);
}

static void check_all(int weighted)
{
    du_data data = make_data(weighted);
    du_observer *o = du_observer_new(&decay, &data, 3, NULL);
    double r[2 * ROWS], jac[5 * ROWS], fvv[ROWS], v[3] = { 1.0, -2.0, 0.5 };
    double s, g[3], h[9], ws = 0.0, wg[3] = { 0.0 }, wh[9] = { 0.0 };
    cr_assert_eq(du_observe_residuals(o, B, r, 2), DU_OK);
    cr_assert_eq(du_observe_jacobian(o, B, NULL, jac, 5), DU_OK);
    cr_assert_eq(du_observe_fvv(o, B, v, fvv, 1), DU_OK);
    cr_assert_eq(du_observe_curvature(o, B, &s, g, h), DU_OK);
    for (int i = 0; i < ROWS; i++) {
        double x0 = X[2 * i], e = exp(-B[1] * x0), k = weighted ? sqrt(W[i]) : 1.0;
        double res = B[0] * e + B[2] * X[2 * i + 1] - Y[i],
            j[3] = { e, -x0 * B[0] * e, X[2 * i + 1] };
        double second[9] = { 0.0, -x0 * e, 0.0, -x0 * e, x0 * x0 * B[0] * e, 0.0, 0.0, 0.0, 0.0 },
            curve = 0.0;
        close_to(r[2 * i], k * res);
        for (int a = 0; a < 3; a++) close_to(jac[5 * i + a], k * j[a]);
        for (int a = 0; a < 3; a++) for (int c = 0; c < 3; c++) {
            curve += v[a] * second[3 * a + c] * v[c];
            wh[3 * a + c] += k * k * (j[a] * j[c] + res * second[3 * a + c]);
        }
        close_to(fvv[i], k * curve);
        ws += k * k * res * res;
        for (int a = 0; a < 3; a++) wg[a] += k * k * res * j[a];
    }
    close_to(s, 0.5 * ws);
    for (int a = 0; a < 3; a++) close_to(g[a], wg[a]);
    for (int a = 0; a < 9; a++) close_to(h[a], wh[a]);
    du_observer_free(o);
}

Test(model, unweighted) { check_all(0); }
Test(model, weighted) { check_all(1); }

Test(model, any_number_of_parameters)
{
    du_data data = make_data(0);
    for (size_t p = 1; p <= 40; p++) {
        double b[40], jac[ROWS * 40];
        du_observer *o = du_observer_new(&wide, &data, p, NULL);
        for (size_t j = 0; j < p; j++) b[j] = 1.0 + 0.1 * (double)j;
        cr_assert_eq(du_observe_jacobian(o, b, NULL, jac, p), DU_OK);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < p; j++)
                close_to(jac[i * p + j], b[j] * pow(X[2 * i], (double)j));
        du_observer_free(o);
    }
}

/* an observer that cannot run says why, and so does running it */
static void refused(const du_model *model, const du_data *data, size_t p, int status,
                    const char *message)
{
    double r[ROWS] = { 42.0 };
    du_observer *o = du_observer_new(model, data, p, NULL);
    cr_assert_not_null(o);
    cr_expect_eq(du_observer_status(o), status);
    cr_expect_str_eq(du_observer_message(o), message);
    cr_expect_eq(du_observe_residuals(o, B, r, 1), status);
    cr_expect_eq(r[0], 42.0);
    du_observer_free(o);
}

Test(model, bad_data)
{
    du_data data = make_data(1);
    X[2 * 4 + 1] = NAN;
    refused(&decay, &data, 3, DU_ENONFINITE,
        "decay: observation 5 has a number that is not finite");
    cr_assert_eq(du_data_nonfinite_row(&data), 5);
    data = make_data(1);
    Y[0] = INFINITY;
    cr_assert_eq(du_data_nonfinite_row(&data), 1);
    data = make_data(1);
    W[2] = -1.0;
    refused(&decay, &data, 3, DU_EWEIGHT, "decay: the weight of observation 3 is -1");
    W[2] = NAN;
    refused(&decay, &data, 3, DU_EWEIGHT, "decay: the weight of observation 3 is nan");
    data = make_data(0);
    cr_assert_eq(du_data_nonfinite_row(&data), 0);
    data.rows = 0;
    refused(&decay, &data, 3, DU_EINVAL, "decay: the data have 0 rows, 2 columns and an array");
    data = make_data(0);
    refused(&decay, &data, 0, DU_EINVAL,
        "an observer needs a model, parameters and outputs: p = 0, m = 1");
    refused(NULL, &data, 3, DU_EINVAL,
        "an observer needs a model, parameters and outputs: p = 3, m = 1, the model is NULL");
    refused(&decay, NULL, 3, DU_EINVAL, "decay: the data are NULL");
    du_observer *ok = du_observer_new(&decay, &data, 3, NULL);
    double r[ROWS] = { 42.0 };
    cr_assert_eq(du_observe_residuals(ok, NULL, r, 1), DU_EINVAL);
    cr_assert_eq(du_observe_jacobian(ok, B, NULL, r, 2), DU_ERANGE);
    cr_assert_eq(du_observe_residuals(NULL, B, r, 1), DU_ENOMEM);
    cr_assert_eq(r[0], 42.0);
    du_observer_free(ok);
    du_observer_free(NULL);
}

static int exercise(test_memory *m)
{
    du_data data = make_data(1);
    double s = 42.0, g[3], h[9], jac[3 * ROWS];
    du_observer *o = du_observer_new(&decay, &data, 3,
        &(du_observer_options){ .allocator = test_allocator(m) });
    int status = du_observe_jacobian(o, B, NULL, jac, 3);
    if (!status) status = du_observe_curvature(o, B, &s, g, h);
    if (status) cr_assert_eq(s, 42.0);
    du_observer_free(o);
    cr_assert_eq(m->held, 0);
    return status;
}

Test(model, every_failed_allocation_is_a_status)
{
    test_memory whole = { .fail_at = 0 };
    cr_assert_eq(exercise(&whole), DU_OK);
    for (size_t k = 1; k <= whole.calls; k++) {
        test_memory m = { .fail_at = k };
        int status = exercise(&m);
        cr_assert(status == DU_ENOMEM || status == DU_OK);
    }
}
