/* tests/test_gsl.c - the GSL adapters: strides and tda, exact fvv, weights, caching, statuses that
 * name output and input, no allocation after the first call; and GSL's own solvers on them.
 * SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/gsl.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_machine.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <string.h>

enum { ROWS = 40 };

static int evaluations;

/* a exp(-l t) + c, counting its evaluations */
DU_SCALAR_MODEL(offset_decay, b[3], t[1], y[1], evaluations++;
    y[0] = du_add(du_mul(b[0], du_exp(du_neg(du_mul(t[0], b[1])))), b[2]);)
DU_MODEL(root_model, b[2], x[1], y[1], y[0] = du_add(b[0], du_sqrt(du_mul(x[0], b[1])));)
DU_FUNCTION(saddle, x[2], y[1], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
DU_FUNCTION(cubic, x[1], y[1], y[0] = du_sub(du_powi(x[0], 3), 2.0);)

static double T[ROWS], Y[ROWS];
static du_data make_data(void)
{
    for (int i = 0; i < ROWS; i++) {
        T[i] = 3.0 * i / 39.0;
        Y[i] = 5.0 * exp(-1.5 * T[i]) + 1.0 + 0.05 * sin(37.0 * i);
    }
    return (du_data){ .rows = ROWS, .cols = 1, .x = T, .y = Y };
}

static double fit(gsl_multifit_nlinear_fdf *fdf, double *b, const gsl_multifit_nlinear_trs *trs,
                  int *status)
{
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    double chi2;
    int info;
    how.trs = trs;
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust,
        &how, fdf->n, fdf->p);
    gsl_vector_view x = gsl_vector_view_array(b, fdf->p);
    *status = gsl_multifit_nlinear_init(&x.vector, fdf, w);
    if (!*status) *status = gsl_multifit_nlinear_driver(200, 1e-8, GSL_ROOT3_DBL_EPSILON, 0.0,
        NULL, NULL, &info, w);
    gsl_blas_ddot(gsl_multifit_nlinear_residual(w), gsl_multifit_nlinear_residual(w), &chi2);
    gsl_vector_memcpy(&x.vector, gsl_multifit_nlinear_position(w));
    gsl_multifit_nlinear_free(w);
    return chi2;
}

/* With differences, whose step is a fraction of the parameter, GSL reports success at a wrong
 * minimum */
Test(gsl, finds_the_minimum_that_differences_miss)
{
    du_data data = make_data();
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multifit_nlinear_fdf exact = du_gsl_multifit_nlinear(d), differences = exact;
    double b[3] = { 1.0, 1.0, 1e-12 }, c[3] = { 1.0, 1.0, 1e-12 };
    int status;
    cr_assert_float_eq(fit(&exact, b, gsl_multifit_nlinear_trs_lmaccel, &status), 0.0482, 1e-4);
    cr_assert_eq(status, GSL_SUCCESS);
    differences.df = NULL;
    differences.fvv = NULL;
    cr_assert_float_eq(fit(&differences, c, gsl_multifit_nlinear_trs_lm, &status), 3.74, 1e-2);
    cr_assert_eq(status, GSL_SUCCESS);
    du_gsl_free(d);
}

Test(gsl, strides_and_tda)
{
    du_data data = make_data();
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    double xs[9] = { 4.0, 0, 0, 1.2, 0, 0, 0.9 }, fs[2 * ROWS], js[7 * ROWS],
        vs[6] = { 1.0, 0, -1.0, 0, 0.5 }, ws[3 * ROWS];
    gsl_vector_view x = gsl_vector_view_array_with_stride(xs, 3, 3),
        f = gsl_vector_view_array_with_stride(fs, 2, ROWS);
    gsl_vector_view v = gsl_vector_view_array_with_stride(vs, 2, 3),
        w = gsl_vector_view_array_with_stride(ws, 3, ROWS);
    gsl_matrix_view j = gsl_matrix_view_array_with_tda(js, ROWS, 3, 7);
    cr_assert_eq(fdf.f(&x.vector, fdf.params, &f.vector), GSL_SUCCESS);
    cr_assert_eq(fdf.df(&x.vector, fdf.params, &j.matrix), GSL_SUCCESS);
    cr_assert_eq(fdf.fvv(&x.vector, &v.vector, fdf.params, &w.vector), GSL_SUCCESS);
    for (int i = 0; i < ROWS; i++) {
        double e = exp(-1.2 * T[i]);
        cr_assert_float_eq(fs[2 * i], 4.0 * e + 0.9 - Y[i], 1e-14);
        cr_assert_float_eq(js[7 * i], e, 1e-14);
        cr_assert_float_eq(js[7 * i + 1], -4.0 * T[i] * e, 1e-14);
        cr_assert_eq(js[7 * i + 2], 1.0);
        cr_assert_float_eq(ws[3 * i], 2.0 * T[i] * e + 4.0 * T[i] * T[i] * e, 1e-13);
    }
    du_gsl_free(d);
}

Test(gsl, weights_are_applied_once_everywhere)
{
    du_data data = make_data();
    double weights[ROWS], b[3] = { 4.0, 1.2, 0.9 }, f[2][ROWS], j[2][3 * ROWS];
    for (int i = 0; i < ROWS; i++) weights[i] = i % 3 ? 0.25 : 100.0;
    for (int k = 0; k < 2; k++) {
        data.weights = k ? weights : NULL;
        du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
        gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
        gsl_vector_view x = gsl_vector_view_array(b, 3), fv = gsl_vector_view_array(f[k], ROWS);
        gsl_matrix_view jm = gsl_matrix_view_array(j[k], ROWS, 3);
        fdf.f(&x.vector, fdf.params, &fv.vector);
        fdf.df(&x.vector, fdf.params, &jm.matrix);
        du_gsl_free(d);
    }
    for (int i = 0; i < ROWS; i++) {
        double root = i % 3 ? 0.5 : 10.0;
        cr_assert_float_eq(f[1][i], root * f[0][i], 1e-14);
        for (int c = 0; c < 3; c++) cr_assert_float_eq(j[1][3 * i + c], root * j[0][3 * i + c],
            1e-13);
    }
}

Test(gsl, the_same_point_is_computed_once)
{
    du_data data = make_data();
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_vector *x = gsl_vector_alloc(3), *f = gsl_vector_alloc(ROWS);
    gsl_vector_set_all(x, 1.0);
    evaluations = 0;
    for (int k = 0; k < 5; k++) fdf.f(x, fdf.params, f);
    cr_assert_eq(evaluations, ROWS);
    gsl_vector_set(x, 0, 2.0);
    fdf.f(x, fdf.params, f);
    cr_assert_eq(evaluations, 2 * ROWS);
    gsl_vector_free(x);
    gsl_vector_free(f);
    du_gsl_free(d);
}

Test(gsl, nothing_is_allocated_after_the_first_call)
{
    du_data data = make_data();
    test_memory m = { .fail_at = 0 };
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3,
        &(du_observer_options){ .allocator = test_allocator(&m) });
    du_gsl *s = du_gsl_function(&cubic, 1, 1, &(du_plan_options){ .allocator = test_allocator(&m)
        });
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_function_fdf g = du_gsl_function_fdf(s);
    gsl_vector *x = gsl_vector_alloc(3), *f = gsl_vector_alloc(ROWS);
    gsl_matrix *j = gsl_matrix_alloc(ROWS, 3);
    size_t first = 0;
    for (int k = 0; k < 1000; k++) {
        gsl_vector_set_all(x, 1.0 + 1e-3 * k);
        fdf.f(x, fdf.params, f);
        fdf.df(x, fdf.params, j);
        fdf.fvv(x, x, fdf.params, f);
        (void)GSL_FN_FDF_EVAL_DF(&g, 1.0 + k);
        if (k == 0) first = m.calls;
    }
    cr_assert_eq(m.calls, first);
    gsl_vector_free(x);
    gsl_vector_free(f);
    gsl_matrix_free(j);
    du_gsl_free(d);
    du_gsl_free(s);
    cr_assert_eq(m.held, 0);
}

Test(gsl, newton_finds_a_root)
{
    int status = GSL_CONTINUE;
    double x0 = 5.0, x = 5.0;
    du_gsl *d = du_gsl_function(&cubic, 1, 1, NULL);
    gsl_function_fdf fdf = du_gsl_function_fdf(d);
    gsl_root_fdfsolver *s = gsl_root_fdfsolver_alloc(gsl_root_fdfsolver_newton);
    gsl_root_fdfsolver_set(s, &fdf, x);
    for (int i = 0; i < 50 && status == GSL_CONTINUE; i++) {
        gsl_root_fdfsolver_iterate(s);
        x0 = x;
        x = gsl_root_fdfsolver_root(s);
        status = gsl_root_test_delta(x, x0, 0.0, 1e-15);
    }
    cr_assert_float_eq(x, cbrt(2.0), 1e-15);
    gsl_root_fdfsolver_free(s);
    du_gsl_free(d);
}

Test(gsl, a_nan_names_its_output_and_input)
{
    double x[20], y[20] = { 0.0 }, b[2] = { 1.0, 0.0 }, jac[40];
    for (int i = 0; i < 20; i++) x[i] = i == 17 ? 1.0 : 0.0;
    du_data data = { .rows = 20, .cols = 1, .x = x, .y = y };
    du_gsl *d = du_gsl_model(&root_model, &data, 2, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_vector_view v = gsl_vector_view_array(b, 2), f = gsl_vector_view_array(jac, 20);
    gsl_matrix_view j = gsl_matrix_view_array(jac, 20, 2);
    jac[0] = 42.0;
    cr_assert_eq(fdf.df(&v.vector, fdf.params, &j.matrix), GSL_EBADFUNC);
    cr_assert_eq(jac[0], 42.0);
    cr_assert_eq(du_gsl_status(d), DU_ENONFINITE);
    cr_assert_str_eq(du_gsl_message(d),
        "output 17 (observation 18) is not finite; derivative with respect to parameter 1 is inf");
    du_gsl_clear(d);
    cr_assert_str_eq(du_gsl_message(d), "no error");
    b[1] = -1.0;
    cr_assert_eq(fdf.f(&v.vector, fdf.params, &f.vector), GSL_EBADFUNC);
    cr_assert_str_eq(du_gsl_message(d), "output 17 (observation 18) is not finite: nan");
    du_gsl_free(d);
}

/* an adapter that cannot be used says why, its structs are empty and its callbacks return the code
 */
static void refused(du_gsl *d, int status, const char *message)
{
    double numbers[ROWS] = { 42.0 };
    gsl_vector_view x = gsl_vector_view_array(numbers + 1, 3), f = gsl_vector_view_array(numbers,
        ROWS);
    cr_assert_not_null(d);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_multimin_function_fdf min = du_gsl_multimin(d);
    cr_expect_eq(du_gsl_status(d), status);
    cr_expect_str_eq(du_gsl_message(d), message);
    cr_expect(fdf.n == 0 && du_gsl_multilarge_nlinear(d).n == 0 && du_gsl_multifit(d).n == 0
        && du_gsl_multiroot(d).n == 0);
    cr_expect(min.n == 0 && du_gsl_odeiv2(d).dimension == 0);
    cr_expect_eq(fdf.f(&x.vector, fdf.params, &f.vector), du_gsl_code(status));
    cr_expect_eq(numbers[0], 42.0);
    cr_expect(isnan(min.f(&x.vector, min.params)));
    du_gsl_clear(d); /* it stays what it is */
    cr_expect_eq(du_gsl_status(d), status);
    cr_expect_str_eq(du_gsl_message(d), message);
    du_gsl_free(d);
}

Test(gsl, bad_arguments)
{
    du_data data = make_data();
    refused(du_gsl_model(NULL, &data, 3, NULL), DU_EINVAL,
        "an adapter needs a model and data: the model is NULL");
    refused(du_gsl_model(&offset_decay, NULL, 3, NULL), DU_EINVAL,
        "an adapter needs a model and data: the data are NULL");
    refused(du_gsl_model(&offset_decay, &data, 2, NULL), DU_ESHAPE,
        "offset_decay has 3 parameters, not 2");
    T[3] = NAN;
    refused(du_gsl_model(&offset_decay, &data, 3, NULL), DU_ENONFINITE,
        "offset_decay: observation 4 has a number that is not finite");
    refused(du_gsl_function(&cubic, 0, 1, NULL), DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 0, m = 1");
    refused(du_gsl_function(&saddle, 3, 1, NULL), DU_ESHAPE, "saddle has 2 inputs, not 3");
    cr_assert_eq(du_gsl_status(NULL), DU_ENOMEM);
    cr_assert_str_eq(du_gsl_message(NULL), du_strerror(DU_ENOMEM));
    du_gsl_free(NULL);
}

Test(gsl, codes)
{
    static const int codes[] = {
        [DU_OK] = GSL_SUCCESS, [DU_EINVAL] = GSL_EINVAL, [DU_ENOMEM] = GSL_ENOMEM,
            [DU_ESLOTS] = GSL_ENOMEM,
        [DU_EFOREIGN] = GSL_EFAILED, [DU_ESTALE] = GSL_EFAILED, [DU_ENOINDEP] = GSL_EFAILED,
            [DU_EORDER] = GSL_EUNIMPL,
        [DU_EMODE] = GSL_EUNIMPL, [DU_ENONFINITE] = GSL_EBADFUNC, [DU_EMISMATCH] = GSL_EFAILED,
            [DU_ENOCONV] = GSL_EMAXITER,
        [DU_ESINGULAR] = GSL_ESING, [DU_ESHAPE] = GSL_EBADLEN, [DU_EINPLACE] = GSL_EFAILED,
            [DU_EKIND] = GSL_EINVAL,
        [DU_EROWS] = GSL_EBADLEN, [DU_ESOLVER] = GSL_EINVAL, [DU_EWEIGHT] = GSL_EINVAL,
            [DU_ERANGE] = GSL_EDOM,
        [DU_ENOGRAD] = GSL_EFAILED, [DU_ELANES] = GSL_EFAILED,
    };
    int count = (int)(sizeof codes / sizeof *codes);
    for (int status = 0; status < count; status++)
        cr_expect_eq(du_gsl_code(status), codes[status], "%s", du_strerror(status));
    cr_expect_str_eq(du_strerror(count), "unknown status");
    cr_expect_eq(du_gsl_code(count), GSL_EFAILED);
}

/* NULL is what a lack of memory is, and nothing else is NULL. (For a large chunk that is refused a
 * smaller one is asked for.) */
static void lacks_memory(const du_gsl *d, const test_memory *m, size_t k)
{
    if (d) cr_expect(m->calls < k || m->calls > k, "allocation %zu failed and nothing was said", k);
    else cr_expect_geq(m->calls, k);
    cr_expect_eq(du_gsl_status(d), d ? DU_OK : DU_ENOMEM);
}

Test(gsl, every_failed_allocation_is_null_or_a_status)
{
    du_data data = make_data();
    for (size_t k = 1; k < 40; k++) {
        test_memory m = { .fail_at = k };
        du_gsl *d = du_gsl_model(&offset_decay, &data, 3,
            &(du_observer_options){ .allocator = test_allocator(&m) });
        lacks_memory(d, &m, k);
        du_gsl_free(d);
        cr_assert_eq(m.held, 0);
        m = (test_memory){ .fail_at = k };
        d = du_gsl_function(&cubic, 1, 1, &(du_plan_options){ .allocator = test_allocator(&m) });
        lacks_memory(d, &m, k);
        du_gsl_free(d);
        cr_assert_eq(m.held, 0);
    }
}

/* the Jacobian is made at its first use: its failure is a status, and the next call may succeed */
Test(gsl, a_failed_allocation_in_a_callback_is_a_status)
{
    du_data data = make_data();
    for (size_t k = 1; k < 40; k++) {
        test_memory m = { .fail_at = 0 };
        double b[3] = { 4.0, 1.2, 0.9 }, jac[3 * ROWS] = { 42.0 };
        gsl_vector_view x = gsl_vector_view_array(b, 3);
        gsl_matrix_view j = gsl_matrix_view_array(jac, ROWS, 3);
        du_gsl *d = du_gsl_model(&offset_decay, &data, 3,
            &(du_observer_options){ .allocator = test_allocator(&m) });
        gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
        m.fail_at = m.calls + k;
        int code = fdf.df(&x.vector, fdf.params, &j.matrix);
        if (m.calls < m.fail_at) cr_assert_eq(code, GSL_SUCCESS);
        if (code) {
            cr_assert_eq(code, GSL_ENOMEM);
            cr_assert_eq(jac[0], 42.0);
            cr_assert_eq(du_gsl_status(d), DU_ENOMEM);
        }
        du_gsl_clear(d);
        cr_assert_eq(fdf.df(&x.vector, fdf.params, &j.matrix), GSL_SUCCESS);
        cr_assert_eq(du_gsl_status(d), DU_OK);
        du_gsl_free(d);
        cr_assert_eq(m.held, 0);
    }
}
