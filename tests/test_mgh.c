/* tests/test_mgh.c - 19 problems of More, Garbow and Hillstrom through the adapters: residuals and
 * Jacobian at the start to 1e-13, and the minimum from there by GSL's trust region, by multilarge
 * and by lmsder.
 * SPDX-License-Identifier: MIT */
#include "mgh_problems.h"
#include <criterion/criterion.h>
#include <duet/gsl.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 33 };
typedef struct { size_t n, m, seen; double x0[MOST], minimiser[MOST], residual[MOST],
    jacobian[MOST * MOST], sumsq; } expectation;

static expectation expected(const char *problem)
{
    char line[256], name[64], kind[32], value[64];
    size_t n, m, i, j;
    expectation e = { .seen = 0 };
    FILE *f = fopen(TEST_DATA "/mgh.csv", "r");
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%63[^,],%zu,%zu,%31[^,],%zu,%zu,%63s", name, &n, &m, kind, &i, &j,
            value) != 7 || strcmp(name, problem)) continue;
        double v = strtod(value, NULL);
        e.n = n;
        e.m = m;
        if (!strcmp(kind, "x0")) e.x0[i] = v;
        else if (!strcmp(kind, "minimiser")) e.minimiser[i] = v;
        else if (!strcmp(kind, "residual")) e.residual[i] = v;
        else if (!strcmp(kind, "jacobian")) e.jacobian[i * n + j] = v;
        else e.sumsq = v;
        e.seen++;
    }
    fclose(f);
    cr_assert(e.seen == 2 * e.n + e.m + e.n * e.m + 1 && e.n > 0, "%s: %zu rows", problem, e.seen);
    return e;
}

Test(mgh, residuals_and_jacobian_at_the_start)
{
    cr_assert_eq(mgh_problem_count, 19);
    for (size_t k = 0; k < mgh_problem_count; k++) {
        expectation e = expected(mgh_problems[k].name);
        double y[MOST], jac[MOST * MOST];
        for (size_t s = 0; du_plan_strategy(s); s++) {
            if (!du_strategy_can(du_plan_strategy(s), DU_JACOBIAN, e.n, e.m)) continue;
            du_plan *p = du_plan_jacobian(mgh_problems[k].function, e.n, e.m,
                                          &(du_plan_options){ .mode = du_plan_strategy(s)->mode,
                                              .chunk = du_plan_strategy(s)->chunk });
            cr_assert_eq(du_run_jacobian(p, e.x0, y, jac), DU_OK);
            du_plan_free(p);
            for (size_t i = 0; i < e.m; i++) {
                double terms = 0.0; /* what the residual is a difference of */
                for (size_t j = 0; j < e.n; j++) terms += fabs(e.jacobian[i * e.n + j] * e.x0[j]);
                cr_assert_float_eq(y[i], e.residual[i],
                    1e-13 * fmax(fabs(e.residual[i]), fmin(terms, 1.0)),
                    "%s: r%zu = %.17g, expected %.17g", mgh_problems[k].name, i, y[i],
                    e.residual[i]);
                for (size_t j = 0; j < e.n; j++)
                    cr_assert_float_eq(jac[i * e.n + j], e.jacobian[i * e.n + j],
                        1e-13 * fabs(e.jacobian[i * e.n + j]) + 1e-300,
                        "%s: J(%zu,%zu) = %.17g, expected %.17g", mgh_problems[k].name, i, j,
                        jac[i * e.n + j], e.jacobian[i * e.n + j]);
            }
        }
    }
}

/* the minimum counts as found when the sum of squares is that of the table, or all but */
static int found(const expectation *e, double s)
{
    double start = 0.0;
    for (size_t i = 0; i < e->m; i++) start += e->residual[i] * e->residual[i];
    return s <= e->sumsq * (1.0 + 1e-8) + 1e-16 * start + 1e-20;
}

static double by_trust_region(const mgh_problem *q, const expectation *e)
{
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    double s;
    int info;
    du_gsl *d = du_gsl_function(q->function, e->n, e->m, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust,
        &how, e->m, e->n);
    gsl_vector_const_view x = gsl_vector_const_view_array(e->x0, e->n);
    gsl_multifit_nlinear_init(&x.vector, &fdf, w);
    gsl_multifit_nlinear_driver(2000, 1e-15, 1e-15, 0.0, NULL, NULL, &info, w);
    gsl_blas_ddot(gsl_multifit_nlinear_residual(w), gsl_multifit_nlinear_residual(w), &s);
    gsl_multifit_nlinear_free(w);
    du_gsl_free(d);
    return s;
}

static double by_multilarge(const mgh_problem *q, const expectation *e)
{
    gsl_multilarge_nlinear_parameters how = gsl_multilarge_nlinear_default_parameters();
    double s;
    int info;
    du_gsl *d = du_gsl_function(q->function, e->n, e->m, NULL);
    gsl_multilarge_nlinear_fdf fdf = du_gsl_multilarge_nlinear(d);
    gsl_multilarge_nlinear_workspace *w
        = gsl_multilarge_nlinear_alloc(gsl_multilarge_nlinear_trust, &how, e->m, e->n);
    gsl_vector_const_view x = gsl_vector_const_view_array(e->x0, e->n);
    gsl_multilarge_nlinear_init(&x.vector, &fdf, w);
    gsl_multilarge_nlinear_driver(2000, 1e-15, 1e-15, 0.0, NULL, NULL, &info, w);
    gsl_blas_ddot(gsl_multilarge_nlinear_residual(w), gsl_multilarge_nlinear_residual(w), &s);
    gsl_multilarge_nlinear_free(w);
    du_gsl_free(d);
    return s;
}

static double by_lmsder(const mgh_problem *q, const expectation *e)
{
    double s;
    du_gsl *d = du_gsl_function(q->function, e->n, e->m, NULL);
    gsl_multifit_function_fdf fdf = du_gsl_multifit(d);
    gsl_multifit_fdfsolver *w = gsl_multifit_fdfsolver_alloc(gsl_multifit_fdfsolver_lmsder, e->m,
        e->n);
    gsl_vector_const_view x = gsl_vector_const_view_array(e->x0, e->n);
    gsl_multifit_fdfsolver_set(w, &fdf, &x.vector);
    for (int i = 0; i < 2000 && gsl_multifit_fdfsolver_iterate(w) == GSL_SUCCESS; i++);
    gsl_blas_ddot(w->f, w->f, &s);
    gsl_multifit_fdfsolver_free(w);
    du_gsl_free(d);
    return s;
}

static size_t count_found(const char *solver, double (*minimise)(const mgh_problem *,
                          const expectation *))
{
    size_t count = 0;
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    for (size_t k = 0; k < mgh_problem_count; k++) {
        expectation e = expected(mgh_problems[k].name);
        double s = minimise(&mgh_problems[k], &e);
        if (found(&e, s)) count++;
        else fprintf(stderr, "# %s: %s ends at %.10g, the minimum is %.10g\n", solver,
            mgh_problems[k].name, s, e.sumsq);
    }
    gsl_set_error_handler(handler);
    return count;
}

Test(mgh, trust_region_finds_the_minima)
    { cr_assert_geq(count_found("trust region", by_trust_region), 18); }
Test(mgh, multilarge_finds_the_minima)
    { cr_assert_geq(count_found("multilarge", by_multilarge), 17); }
Test(mgh, lmsder_finds_the_minima) { cr_assert_geq(count_found("lmsder", by_lmsder), 17); }
