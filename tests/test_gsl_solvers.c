/* tests/test_gsl_solvers.c - GSL's other solvers on the adapters, and the ways in which GSL alone
 * fails its users: each is shown failing, then done right. SPDX-License-Identifier: MIT */
#include "memory.h"
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <duet/gsl.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>

enum { ROWS = 40 };

DU_MODEL(offset_decay, b[3], t[1], y[1],
    y[0] = du_add(du_mul(b[0], du_exp(du_neg(du_mul(t[0], b[1])))), b[2]);)
DU_FUNCTION(offset_decays, b[3], y[ROWS],
    const double *t = ctx; /* 40 times, then 40 responses */
    for (size_t i = 0; i < m; i++)
        y[i] = du_sub(du_add(du_mul(b[0], du_exp(du_mul(-t[i], b[1]))), b[2]), t[ROWS + i]);
)
DU_FUNCTION(rosenbrock, x[2], y[1],
    y[0] = du_add(du_mul(100.0, du_sqr(du_sub(x[1], du_sqr(x[0])))), du_sqr(du_sub(1.0, x[0])));)
DU_FUNCTION(rosenbrock_system, x[2], y[2],
    y[0] = du_sub(1.0, x[0]);
    y[1] = du_mul(10.0, du_sub(x[1], du_sqr(x[0])));
)
/* y' = -100 (y - t): inputs y, t */
DU_FUNCTION(relaxation, x[2], y[1], y[0] = du_mul(-100.0, du_sub(x[0], x[1]));)
DU_FUNCTION(roots_of_negative, x[1], y[1], y[0] = du_sqrt(x[0]);)

static double TIME[2 * ROWS], *Y = TIME + ROWS, W[ROWS];
static du_data make_data(double noise, int weighted)
{
    for (int i = 0; i < ROWS; i++) {
        TIME[i] = 3.0 * i / 39.0;
        Y[i] = 5.0 * exp(-1.5 * TIME[i]) + 1.0 + noise * sin(37.0 * i);
        W[i] = i % 3 ? 0.5 : 100.0;
    }
    return (du_data){ .rows = ROWS, .cols = 1, .x = TIME, .y = Y, .weights = weighted ? W : NULL };
}

/* what an adapter of another shape says; it can still be used by the solvers that it suits */
static void says(du_gsl *d, const char *message)
{
    cr_expect_eq(du_gsl_status(d), DU_ESOLVER);
    cr_expect_str_eq(du_gsl_message(d), message);
    du_gsl_clear(d);
    cr_expect_eq(du_gsl_status(d), DU_OK);
}

/* ---- multilarge ---- */

/* chi^2 at the end, x updated; wts NULL for the plain init */
static double fit_large(gsl_multilarge_nlinear_fdf *fdf, const gsl_multilarge_nlinear_trs *trs,
                        double *b, const gsl_vector *wts, size_t *iterations)
{
    gsl_multilarge_nlinear_parameters how = gsl_multilarge_nlinear_default_parameters();
    double chi2;
    int info;
    how.trs = trs;
    gsl_multilarge_nlinear_workspace *w
        = gsl_multilarge_nlinear_alloc(gsl_multilarge_nlinear_trust, &how, ROWS, 3);
    gsl_vector_view x = gsl_vector_view_array(b, 3);
    if (wts) gsl_multilarge_nlinear_winit(&x.vector, wts, fdf, w);
    else gsl_multilarge_nlinear_init(&x.vector, fdf, w);
    gsl_multilarge_nlinear_driver(200, 1e-12, 1e-12, 0.0, NULL, NULL, &info, w);
    gsl_blas_ddot(gsl_multilarge_nlinear_residual(w), gsl_multilarge_nlinear_residual(w), &chi2);
    gsl_vector_memcpy(&x.vector, gsl_multilarge_nlinear_position(w));
    *iterations = gsl_multilarge_nlinear_niter(w);
    gsl_multilarge_nlinear_free(w);
    return chi2;
}

static double chi2_of(const double *b)
{
    double s = 0.0;
    for (int i = 0; i < ROWS; i++) s += W[i] * pow(b[0] * exp(-b[1] * TIME[i]) + b[2] - Y[i], 2.0);
    return s;
}

Test(multilarge, has_no_differences)
{
    du_data data = make_data(0.05, 0);
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multilarge_nlinear_fdf right = du_gsl_multilarge_nlinear(d), none = right;
    double b[3] = { 1, 1, 0 }, c[3] = { 1, 1, 0 };
    size_t iterations;
    none.df = NULL;
    gsl_set_error_handler_off();
    fit_large(&none, gsl_multilarge_nlinear_trs_lm, c, NULL, &iterations);
    cr_assert(c[0] == 1.0 && c[1] == 1.0 && c[2] == 0.0 && iterations <= 1,
        "GSL alone moved after all");
    cr_assert_float_eq(fit_large(&right, gsl_multilarge_nlinear_trs_lm, b, NULL, &iterations),
        0.0482, 1e-4);
    du_gsl_free(d);
}

Test(multilarge, every_method_finds_the_minimum)
{
    du_data data = make_data(0.05, 0);
    const gsl_multilarge_nlinear_trs *methods[] = { gsl_multilarge_nlinear_trs_lm,
        gsl_multilarge_nlinear_trs_lmaccel,
        gsl_multilarge_nlinear_trs_dogleg, gsl_multilarge_nlinear_trs_ddogleg,
            gsl_multilarge_nlinear_trs_subspace2D, gsl_multilarge_nlinear_trs_cgst };
    du_gsl *d[2] = { du_gsl_model(&offset_decay, &data, 3, NULL),
        du_gsl_function(&offset_decays, 3, ROWS, &(du_plan_options){ .ctx = TIME }) };
    for (int k = 0; k < 12; k++) {
        gsl_multilarge_nlinear_fdf fdf = du_gsl_multilarge_nlinear(d[k % 2]);
        double b[3] = { 1, 1, 0 };
        size_t iterations;
        cr_assert_float_eq(fit_large(&fdf, methods[k / 2], b, NULL, &iterations), 0.0482, 1e-4,
            "%s", methods[k / 2]->name);
        cr_assert_eq(du_gsl_status(d[k % 2]), DU_OK);
    }
    du_gsl_free(d[0]);
    du_gsl_free(d[1]);
}

Test(multilarge, weights_of_winit_go_wrong_and_the_adapters_right)
{
    du_data data = make_data(0.3, 0), weighted = make_data(0.3, 1);
    du_gsl *plain = du_gsl_model(&offset_decay, &data, 3, NULL), *d = du_gsl_model(&offset_decay,
        &weighted, 3, NULL);
    gsl_multilarge_nlinear_fdf documented = du_gsl_multilarge_nlinear(plain),
        right = du_gsl_multilarge_nlinear(d);
    gsl_vector_view wts = gsl_vector_view_array(W, ROWS);
    double b[3] = { 1, 1, 0 }, c[3] = { 1, 1, 0 };
    size_t iterations;
    gsl_set_error_handler_off();
    fit_large(&documented, gsl_multilarge_nlinear_trs_lm, c, &wts.vector, &iterations);
    cr_assert_float_eq(chi2_of(c), 59.8955, 1e-3);
    fit_large(&right, gsl_multilarge_nlinear_trs_lm, b, NULL, &iterations);
    cr_assert_float_eq(chi2_of(b), 59.8825, 1e-4);
    du_gsl_free(plain);
    du_gsl_free(d);
}

Test(multilarge, products_are_those_of_the_jacobian)
{
    du_data data = make_data(0.3, 1);
    du_gsl *d[2] = { du_gsl_model(&offset_decay, &data, 3, NULL),
        du_gsl_function(&offset_decays, 3, ROWS, &(du_plan_options){ .ctx = TIME }) };
    double xs[3] = { 4.0, 1.2, 0.9 }, vs[3] = { 1.0, -1.0, 0.5 }, us[2 * ROWS], jv[3 * ROWS],
        jtu[6], jtj[15], jac[3 * ROWS], fs[ROWS];
    gsl_vector_view x = gsl_vector_view_array(xs, 3), v = gsl_vector_view_array(vs, 3),
        f = gsl_vector_view_array(fs, ROWS);
    gsl_vector_view u = gsl_vector_view_array_with_stride(us, 2, ROWS),
        out_n = gsl_vector_view_array_with_stride(jv, 3, ROWS),
        out_p = gsl_vector_view_array_with_stride(jtu, 2, 3);
    gsl_matrix_view jj = gsl_matrix_view_array_with_tda(jtj, 3, 3, 5),
        j = gsl_matrix_view_array(jac, ROWS, 3);
    for (int i = 0; i < ROWS; i++) us[2 * i] = cos(i);
    for (int k = 0; k < 2; k++) {
        gsl_multilarge_nlinear_fdf fdf = du_gsl_multilarge_nlinear(d[k]);
        gsl_multifit_nlinear_fdf nl = du_gsl_multifit_nlinear(d[k]);
        cr_assert_eq(nl.df(&x.vector, nl.params, &j.matrix), GSL_SUCCESS);
        cr_assert_eq(fdf.df(CblasNoTrans, &x.vector, &v.vector, fdf.params, &out_n.vector, NULL),
            GSL_SUCCESS);
        cr_assert_eq(fdf.df(CblasTrans, &x.vector, &u.vector, fdf.params, &out_p.vector,
            &jj.matrix), GSL_SUCCESS);
        cr_assert_eq(fdf.fvv(&x.vector, &v.vector, fdf.params, &f.vector), GSL_SUCCESS);
        for (int i = 0; i < ROWS; i++) {
            double e = exp(-1.2 * TIME[i]), w = k ? 1.0 : sqrt(W[i]);
            cr_assert_float_eq(jv[3 * i], jac[3 * i] - jac[3 * i + 1] + 0.5 * jac[3 * i + 2],
                1e-12);
            cr_assert_float_eq(fs[i], w * (2.0 * TIME[i] * e + 4.0 * TIME[i] * TIME[i] * e), 1e-12);
        }
        for (int a = 0; a < 3; a++) {
            double want = 0.0, row[3] = { 0.0 };
            for (int i = 0; i < ROWS; i++) {
                want += us[2 * i] * jac[3 * i + a];
                for (int c = 0; c < 3; c++) row[c] += jac[3 * i + a] * jac[3 * i + c];
            }
            cr_assert_float_eq(jtu[2 * a], want, 1e-10);
            for (int c = 0; c < 3; c++) cr_assert_float_eq(jtj[5 * a + c], row[c], 1e-9);
        }
    }
    du_gsl_free(d[0]);
    du_gsl_free(d[1]);
}

/* ---- a NaN in J, and the stride of f under differences ---- */

static int nan_df(const gsl_vector *x, void *params, gsl_matrix *j)
{
    (void)x;
    (void)params;
    gsl_matrix_set_all(j, GSL_NAN);
    return GSL_SUCCESS;
}

Test(nan, in_the_jacobian_is_never_called_so_by_gsl)
{
    du_data data = make_data(0.05, 0);
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust,
        &how, ROWS, 3);
    double b[3] = { 1, 1, 0 };
    gsl_vector_view x = gsl_vector_view_array(b, 3);
    int info, code;
    gsl_set_error_handler_off();
    fdf.df = nan_df;
    gsl_multifit_nlinear_init(&x.vector, &fdf, w);
    code = gsl_multifit_nlinear_driver(100, 1e-8, 1e-8, 0.0, NULL, NULL, &info, w);
    cr_assert(code == GSL_EMAXITER || code == GSL_ENOPROG || code == GSL_SUCCESS, "GSL says %s",
        gsl_strerror(code));
    fdf = du_gsl_multifit_nlinear(d);
    b[1] = -1000.0;
    code = gsl_multifit_nlinear_init(&x.vector, &fdf, w);
    cr_assert_eq(code, GSL_EBADFUNC);
    cr_assert_not_null(strstr(du_gsl_message(d), "(observation "), "%s", du_gsl_message(d));
    gsl_multifit_nlinear_free(w);
    du_gsl_free(d);
}

Test(stride, of_the_column_in_differences_is_respected)
{
    du_data data = make_data(0.05, 0);
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_matrix *exact = gsl_matrix_alloc(ROWS, 3), *differences = gsl_matrix_alloc(ROWS, 3);
    gsl_vector *f = gsl_vector_alloc(ROWS), *work = gsl_vector_alloc(ROWS);
    double b[3] = { 4.0, 1.2, 0.9 };
    gsl_vector_view x = gsl_vector_view_array(b, 3);
    fdf.f(&x.vector, fdf.params, f);
    fdf.df(&x.vector, fdf.params, exact);
    fdf.df = NULL;
    gsl_multifit_nlinear_df(1e-8, GSL_MULTIFIT_NLINEAR_FWDIFF, &x.vector, NULL, &fdf, f,
        differences, work);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 3; j++) cr_assert_float_eq(gsl_matrix_get(differences, i, j),
            gsl_matrix_get(exact, i, j), 1e-6);
    gsl_matrix_free(exact);
    gsl_matrix_free(differences);
    gsl_vector_free(f);
    gsl_vector_free(work);
    du_gsl_free(d);
}

/* ---- ordinary differential equations ---- */

static const gsl_odeiv2_step_type **implicit(int k)
{
    static const gsl_odeiv2_step_type *type;
    const gsl_odeiv2_step_type *all[] = { gsl_odeiv2_step_rk1imp, gsl_odeiv2_step_rk2imp,
        gsl_odeiv2_step_rk4imp, gsl_odeiv2_step_bsimp, gsl_odeiv2_step_msbdf };
    type = all[k];
    return &type;
}

static double solve_relaxation(gsl_odeiv2_system *system, const gsl_odeiv2_step_type *type)
{
    double t = 0.0, y[1] = { 1.0 };
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(system, type, 1e-4, 1e-8, 1e-8);
    cr_assert_eq(gsl_odeiv2_driver_apply(driver, &t, 1.0, y), GSL_SUCCESS, "%s", type->name);
    gsl_odeiv2_driver_free(driver);
    return y[0];
}

Test(odeiv2, without_a_jacobian_gsl_crashes, .signal = SIGSEGV)
{
    du_gsl *d = du_gsl_function(&relaxation, 2, 1, NULL);
    gsl_odeiv2_system system = du_gsl_odeiv2(d);
    system.jacobian = NULL;
    solve_relaxation(&system, gsl_odeiv2_step_msbdf);
}

Test(odeiv2, implicit_methods_solve_a_stiff_equation)
{
    du_gsl *d = du_gsl_function(&relaxation, 2, 1, NULL);
    gsl_odeiv2_system system = du_gsl_odeiv2(d);
    double exact = 1.01 * exp(-100.0) + 1.0 - 0.01, y[1] = { 0.5 }, dfdy[1], dfdt[1], f[1];
    for (int k = 0; k < 5; k++) cr_assert_float_eq(solve_relaxation(&system, *implicit(k)), exact,
        1e-6, "%s", (*implicit(k))->name);
    system.function(0.2, y, f, system.params);
    system.jacobian(0.2, y, dfdy, dfdt, system.params);
    cr_assert(fabs(f[0] + 30.0) < 1e-13 && dfdy[0] == -100.0 && dfdt[0] == 100.0);
    du_gsl_free(d);
}

/* ---- roots and minima ---- */

Test(multiroot, every_derivative_solver_finds_the_root)
{
    const gsl_multiroot_fdfsolver_type *types[] = { gsl_multiroot_fdfsolver_newton,
        gsl_multiroot_fdfsolver_gnewton, gsl_multiroot_fdfsolver_hybridj,
        gsl_multiroot_fdfsolver_hybridsj };
    du_gsl *d = du_gsl_function(&rosenbrock_system, 2, 2, NULL);
    gsl_multiroot_function_fdf fdf = du_gsl_multiroot(d);
    for (int k = 0; k < 4; k++) {
        double start[2] = { -10.0, -5.0 };
        gsl_vector_view x = gsl_vector_view_array(start, 2);
        gsl_multiroot_fdfsolver *s = gsl_multiroot_fdfsolver_alloc(types[k], 2);
        gsl_multiroot_fdfsolver_set(s, &fdf, &x.vector);
        for (int i = 0; i < 1000 && gsl_multiroot_test_residual(s->f, 1e-12) == GSL_CONTINUE; i++)
            gsl_multiroot_fdfsolver_iterate(s);
        cr_assert_float_eq(gsl_vector_get(s->x, 0), 1.0, 1e-10, "%s", types[k]->name);
        cr_assert_float_eq(gsl_vector_get(s->x, 1), 1.0, 1e-10, "%s", types[k]->name);
        gsl_multiroot_fdfsolver_free(s);
    }
    du_gsl_free(d);
}

static double minimise(gsl_multimin_function_fdf *fdf, const gsl_multimin_fdfminimizer_type *type,
                       double *start)
{
    gsl_vector_view x = gsl_vector_view_array(start, fdf->n);
    gsl_multimin_fdfminimizer *s = gsl_multimin_fdfminimizer_alloc(type, fdf->n);
    gsl_multimin_fdfminimizer_set(s, fdf, &x.vector, 0.01, 0.1);
    for (int i = 0; i < 20000 && gsl_multimin_fdfminimizer_iterate(s) == GSL_SUCCESS
        && gsl_multimin_test_gradient(s->gradient, 1e-10) == GSL_CONTINUE; i++);
    double f = s->f;
    gsl_vector_memcpy(&x.vector, s->x);
    gsl_multimin_fdfminimizer_free(s);
    return f;
}

Test(multimin, every_derivative_solver_finds_the_minimum)
{
    const gsl_multimin_fdfminimizer_type *types[] = { gsl_multimin_fdfminimizer_conjugate_fr,
        gsl_multimin_fdfminimizer_conjugate_pr, gsl_multimin_fdfminimizer_vector_bfgs,
        gsl_multimin_fdfminimizer_vector_bfgs2 };
    du_gsl *d = du_gsl_function(&rosenbrock, 2, 1, NULL);
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    for (int k = 0; k < 4; k++) {
        double x[2] = { -1.2, 1.0 };
        cr_assert_lt(minimise(&fdf, types[k], x), 1e-9, "%s", types[k]->name);
        cr_assert_float_eq(x[0], 1.0, 1e-4, "%s", types[k]->name);
    }
    du_gsl_free(d);
}

Test(multimin, a_models_objective_is_half_its_sum_of_squares)
{
    du_data data = make_data(0.05, 0);
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    double b[3] = { 4.0, 1.2, 0.9 };
    cr_assert_float_eq(2.0 * minimise(&fdf, gsl_multimin_fdfminimizer_vector_bfgs2, b), 0.0482,
        1e-4);
    du_gsl_free(d);
}

Test(multimin, trouble_is_nan_and_a_sticky_status)
{
    du_gsl *d = du_gsl_function(&roots_of_negative, 1, 1, NULL);
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    double f, xs[1] = { -1.0 }, gs[1];
    gsl_vector_view x = gsl_vector_view_array(xs, 1), g = gsl_vector_view_array(gs, 1);
    fdf.fdf(&x.vector, fdf.params, &f, &g.vector);
    cr_assert(isnan(f) && isnan(gs[0]));
    cr_assert_eq(du_gsl_status(d), DU_ENONFINITE);
    xs[0] = 4.0;
    fdf.fdf(&x.vector, fdf.params, &f, &g.vector);
    cr_assert(f == 2.0 && gs[0] == 0.25);
    cr_assert_eq(du_gsl_status(d), DU_ENONFINITE); /* until cleared */
    du_gsl_clear(d);
    cr_assert_eq(du_gsl_status(d), DU_OK);
    xs[0] = 0.0;
    fdf.df(&x.vector, fdf.params, &g.vector);
    cr_assert(isnan(gs[0]));
    cr_assert_str_eq(du_gsl_message(d),
        "output 0 is not finite; derivative with respect to input 0 is inf");
    du_gsl_free(d);
}

/* infinity outside the domain, with a finite derivative: a value that is not finite is never a
 * success */
DU_FUNCTION(walled, x[1], y[1], y[0] = du_where(du_lt(x[0], 0.0), (double)INFINITY, du_sqr(x[0]));)
Test(nan, an_infinite_value_is_found_through_the_jacobian_too)
{
    du_gsl *d = du_gsl_function(&walled, 1, 1, NULL);
    gsl_multiroot_function_fdf fdf = du_gsl_multiroot(d);
    double xs[1] = { -1.0 }, fs[1], js[1];
    gsl_vector_view x = gsl_vector_view_array(xs, 1), f = gsl_vector_view_array(fs, 1);
    gsl_matrix_view j = gsl_matrix_view_array(js, 1, 1);
    cr_assert_eq(fdf.fdf(&x.vector, fdf.params, &f.vector, &j.matrix), GSL_EBADFUNC);
    cr_assert_eq(fdf.f(&x.vector, fdf.params, &f.vector), GSL_EBADFUNC);
    du_gsl_free(d);
}

Test(multimin, shares_an_adapter_with_multilarge)
{
    du_data data = make_data(0.05, 0);
    du_gsl *d = du_gsl_model(&offset_decay, &data, 3, NULL);
    gsl_multimin_function_fdf m = du_gsl_multimin(d);
    gsl_multilarge_nlinear_fdf large = du_gsl_multilarge_nlinear(d);
    double bs[3] = { 4.0, 1.2, 0.9 }, before[3], after[3], us[ROWS] = { 1.0 }, vs[3];
    gsl_vector_view b = gsl_vector_view_array(bs, 3), g = gsl_vector_view_array(before, 3),
        h = gsl_vector_view_array(after, 3);
    gsl_vector_view u = gsl_vector_view_array(us, ROWS), v = gsl_vector_view_array(vs, 3);
    m.df(&b.vector, m.params, &g.vector);
    large.df(CblasTrans, &b.vector, &u.vector, large.params, &v.vector, NULL);
    m.df(&b.vector, m.params, &h.vector);
    for (int i = 0; i < 3; i++) cr_assert_eq(before[i], after[i]);
    du_gsl_free(d);
}

/* (w - 1)^2 + (v - 2)^2 in tensors */
static du_tensor bowl(du_tape *t, du_tensor p, const void *ctx)
{
    return du_tensor_sum(du_sqr(du_sub(p, du_tensor_new(t, DU_SHAPE(2), ctx, 0))));
}
Test(multimin, a_scalar_made_of_tensors)
{
    static const double centre[2] = { 1.0, 2.0 };
    test_memory memory = { .fail_at = 0 };
    du_gsl *d = du_gsl_tensors(bowl, 2, &(du_plan_options){ .ctx = centre,
        .allocator = test_allocator(&memory) });
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    double x[2] = { -3.0, 5.0 };
    cr_assert_lt(minimise(&fdf, gsl_multimin_fdfminimizer_vector_bfgs2, x), 1e-18);
    cr_assert_float_eq(x[0], 1.0, 1e-8);
    size_t calls = memory.calls;
    x[0] = 7.0;
    minimise(&fdf, gsl_multimin_fdfminimizer_vector_bfgs2, x);
    cr_assert_eq(memory.calls, calls);
    cr_assert_eq(du_gsl_multifit_nlinear(d).n, 0);
    says(d, "multifit_nlinear needs the residuals of a model or a function, not a scalar of "
            "tensors");
    cr_assert_eq(du_gsl_multilarge_nlinear(d).n, 0);
    says(d, "multilarge_nlinear needs the residuals of a model or a function, not a scalar of "
            "tensors");
    cr_assert_eq(du_gsl_multifit(d).n, 0);
    says(d, "multifit needs the residuals of a model or a function, not a scalar of tensors");
    cr_assert_eq(du_gsl_odeiv2(d).dimension, 0);
    says(d, "odeiv2 needs a function, not a scalar of tensors");
    du_gsl_free(d);
    cr_assert_eq(memory.held, 0);
}

/* ---- shapes and memory ---- */

Test(shapes, of_another_kind_are_refused)
{
    du_data data = make_data(0.05, 0);
    du_gsl *wide = du_gsl_function(&rosenbrock, 2, 1, NULL), *square
        = du_gsl_function(&rosenbrock_system, 2, 2, NULL);
    du_gsl *model = du_gsl_model(&offset_decay, &data, 3, NULL);
    cr_assert_eq(du_gsl_multiroot(wide).n, 0);
    says(wide, "multiroot needs as many outputs as inputs, rosenbrock has 1 and 2");
    cr_assert_eq(du_gsl_multimin(square).n, 0);
    says(square, "multimin needs one output, rosenbrock_system has 2");
    cr_assert_eq(du_gsl_odeiv2(square).dimension, 0);
    says(square, "odeiv2 needs an input more than outputs, y and then t: rosenbrock_system has 2 "
            "inputs and 2 outputs");
    cr_assert_eq(du_gsl_odeiv2(model).dimension, 0);
    says(model, "odeiv2 needs a function, not a model");
    cr_assert_eq(du_gsl_multiroot(model).n, 0);
    says(model, "multiroot needs as many outputs as inputs, offset_decay has 40 and 3");
    gsl_function_fdf f = du_gsl_function_fdf(square);
    cr_assert(isnan(GSL_FN_FDF_EVAL_F(&f, 1.0)) && isnan(GSL_FN_FDF_EVAL_DF(&f, 1.0)));
    says(square, "a gsl_function_fdf needs one input and one output, "
            "rosenbrock_system has 2 and 2");
    du_gsl_free(wide);
    du_gsl_free(square);
    du_gsl_free(model);
}

Test(memory, nothing_is_allocated_after_the_first_call)
{
    test_memory m = { .fail_at = 0 };
    du_plan_options o = { .allocator = test_allocator(&m), .ctx = TIME };
    du_data data = make_data(0.05, 1);
    du_gsl *fits[2] = { du_gsl_model(&offset_decay, &data, 3,
        &(du_observer_options){ .allocator = test_allocator(&m) }),
                        du_gsl_function(&offset_decays, 3, ROWS, &o) };
    o.ctx = NULL;
    du_gsl *root = du_gsl_function(&rosenbrock_system, 2, 2, &o), *minimum
        = du_gsl_function(&rosenbrock, 2, 1, &o), *ode = du_gsl_function(&relaxation, 2, 1, &o);
    gsl_vector *x = gsl_vector_alloc(3), *f = gsl_vector_alloc(ROWS), *x2 = gsl_vector_alloc(2),
        *f2 = gsl_vector_alloc(2);
    gsl_matrix *j = gsl_matrix_alloc(ROWS, 3), *jj = gsl_matrix_alloc(3, 3), *j2
        = gsl_matrix_alloc(2, 2);
    gsl_multiroot_function_fdf r = du_gsl_multiroot(root);
    gsl_multimin_function_fdf u = du_gsl_multimin(minimum), um = du_gsl_multimin(fits[0]);
    gsl_odeiv2_system s = du_gsl_odeiv2(ode);
    size_t first = 0;
    for (int k = 0; k < 1000; k++) {
        double value, y[1] = { 0.1 * k }, dydt[1], dfdt[1];
        gsl_vector_set_all(x, 1.0 + 1e-3 * k);
        gsl_vector_set_all(x2, 1.0 + 1e-3 * k);
        for (int a = 0; a < 2; a++) {
            gsl_multifit_function_fdf legacy = du_gsl_multifit(fits[a]);
            gsl_multilarge_nlinear_fdf large = du_gsl_multilarge_nlinear(fits[a]);
            legacy.fdf(x, legacy.params, f, j);
            large.df(CblasNoTrans, x, x, large.params, f, jj);
            large.df(CblasTrans, x, f, large.params, x, NULL);
            large.fvv(x, x, large.params, f);
        }
        gsl_vector_set_all(x, 1.0 + 1e-3 * k);
        um.fdf(x, um.params, &value, x);
        r.fdf(x2, r.params, f2, j2);
        u.fdf(x2, u.params, &value, f2);
        s.function(0.1, y, dydt, s.params);
        s.jacobian(0.1, y, dydt, dfdt, s.params);
        if (k == 0) first = m.calls;
    }
    cr_assert_eq(m.calls, first, "%zu allocations after the first calls", m.calls - first);
    gsl_vector_free(x); gsl_vector_free(f); gsl_vector_free(x2); gsl_vector_free(f2);
    gsl_matrix_free(j); gsl_matrix_free(jj); gsl_matrix_free(j2);
    for (int a = 0; a < 2; a++) du_gsl_free(fits[a]);
    du_gsl_free(root);
    du_gsl_free(minimum);
    du_gsl_free(ode);
    cr_assert_eq(m.held, 0);
}
