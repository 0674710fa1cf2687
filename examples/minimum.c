/* examples/minimum.c - the minimum of a function of many variables, twice: GSL's BFGS on the
 * adapter, and Newton's method with conjugate gradients, which asks only for products of the
 * Hessian with vectors (J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., algorithm 7.1).
 * SPDX-License-Identifier: MIT */
#include <duet/duet.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000 };

/* the extended Rosenbrock function: pairs of variables */
DU_FUNCTION(valley, x[N], y[1],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i += 2) {
        T a = du_sub(x[i + 1], du_sqr(x[i]));
        T b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)

static void start(double *x)
{
    for (int i = 0; i < N; i++) x[i] = i % 2 ? 1.0 : -1.2;
}
static double dot(const double *a, const double *b)
{
    double s = 0.0;
    for (int i = 0; i < N; i++) s += a[i] * b[i];
    return s;
}

static int bfgs(void)
{
    double x[N];
    int i = 0;
    start(x);
    du_gsl *d = du_gsl_function(&valley, N, 1, NULL);
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    gsl_vector_view v = gsl_vector_view_array(x, N);
    gsl_multimin_fdfminimizer *s =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, N);
    int code = gsl_multimin_fdfminimizer_set(s, &fdf, &v.vector, 0.01, 0.1);
    while (!code && i++ < 5000) {
        code = gsl_multimin_fdfminimizer_iterate(s);
        if (gsl_multimin_test_gradient(s->gradient, 1e-8) == GSL_SUCCESS) break;
    }
    printf("%-12s f = %.3e after %d iterations\n", gsl_multimin_fdfminimizer_name(s), s->f, i);
    int status = du_gsl_status(d); /* callbacks of a minimiser cannot return one */
    if (status) fprintf(stderr, "minimum: %s\n", du_gsl_message(d));
    gsl_multimin_fdfminimizer_free(s);
    du_gsl_free(d);
    return status;
}

/* Approximately H p = -g by conjugate gradients, up to the first direction of negative curvature;
 * *products are counted. */
static int newton_direction(du_plan *hvp, const double *x, const double *g, double *p,
                            int *products)
{
    static double r[N], q[N], hq[N], unused[N];
    double f, rr = dot(g, g), goal = fmin(0.5, sqrt(sqrt(rr))) * sqrt(rr);
    memset(p, 0, N * sizeof *p);
    for (int i = 0; i < N; i++) {
        r[i] = g[i];
        q[i] = -g[i];
    }
    for (int k = 0; k < 200 && sqrt(rr) > goal; k++) {
        int status = du_run_hvp(hvp, x, q, &f, unused, hq);
        if (status) return status;
        ++*products;
        double curvature = dot(q, hq), before = rr;
        if (curvature <= 0.0) {
            if (k == 0) memcpy(p, q, N * sizeof *p);
            break;
        }
        for (int i = 0; i < N; i++) {
            p[i] += rr / curvature * q[i];
            r[i] += rr / curvature * hq[i];
        }
        rr = dot(r, r);
        for (int i = 0; i < N; i++) q[i] = -r[i] + rr / before * q[i];
    }
    return DU_OK;
}

typedef struct { double x[N], f, g[N]; } point;

/* A step along p, halved until it satisfies Armijo's rule. */
static int line_search(du_plan *gradient, point *at, const double *p)
{
    static point trial;
    double slope = dot(at->g, p);
    for (double step = 1.0;; step *= 0.5) {
        for (int i = 0; i < N; i++) trial.x[i] = at->x[i] + step * p[i];
        int status = du_run_gradient(gradient, trial.x, &trial.f, trial.g);
        if (status) return status;
        if (trial.f <= at->f + 1e-4 * step * slope || step < 1e-12) break;
    }
    *at = trial;
    return DU_OK;
}

static int newton_cg(void)
{
    static point at;
    static double p[N];
    int iterations = 0, products = 0;
    start(at.x);
    du_plan *gradient = du_plan_gradient(&valley, N, NULL), *hvp = du_plan_hvp(&valley, N, NULL);
    int status = du_run_gradient(gradient, at.x, &at.f, at.g);
    while (!status && iterations < 200 && sqrt(dot(at.g, at.g)) > 1e-8) {
        status = newton_direction(hvp, at.x, at.g, p, &products);
        if (!status) status = line_search(gradient, &at, p);
        iterations++;
    }
    if (status) {
        const du_plan *failed = du_plan_status(gradient) ? gradient : hvp;
        fprintf(stderr, "minimum: %s\n", du_plan_message(failed));
    } else {
        printf("%-12s f = %.3e after %d iterations, %d products\n", "newton-cg", at.f, iterations,
               products);
        du_plan_explain(hvp, stdout);
    }
    du_plan_free(gradient);
    du_plan_free(hvp);
    return status;
}

int main(void)
{
    gsl_set_error_handler_off();
    int bad = bfgs();
    return newton_cg() || bad;
}
