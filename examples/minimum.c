/* examples/minimum.c - the minimum of a function of many variables, twice: GSL's BFGS on the adapter, and
 * Newton's method with conjugate gradients, which asks only for products of the Hessian with vectors
 * (J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., algorithm 7.1). SPDX-License-Identifier: MIT */
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000 };

/* the extended Rosenbrock function: pairs of variables */
DU_FUNCTION(valley, x[], y[],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i += 2)
        s = du_add(s, du_mul(100.0, du_sqr(du_sub(x[i + 1], du_sqr(x[i])))), du_sqr(du_sub(1.0, x[i])));
    y[0] = s;
)

static void start(double *x) { for (int i = 0; i < N; i += 2) x[i] = -1.2, x[i + 1] = 1.0; }
static double dot(const double *a, const double *b)
{
    double s = 0.0;
    for (int i = 0; i < N; i++) s += a[i] * b[i];
    return s;
}

static void bfgs(void)
{
    double x[N];
    int i = 0;
    start(x);
    du_gsl *d = du_gsl_function(&valley, N, 1, NULL);
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    gsl_vector_view v = gsl_vector_view_array(x, N);
    gsl_multimin_fdfminimizer *s = gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, N);
    gsl_multimin_fdfminimizer_set(s, &fdf, &v.vector, 0.01, 0.1);
    while (i++ < 5000 && gsl_multimin_fdfminimizer_iterate(s) == GSL_SUCCESS && gsl_multimin_test_gradient(s->gradient, 1e-8) == GSL_CONTINUE);
    printf("%-12s f = %.3e after %d iterations\n", gsl_multimin_fdfminimizer_name(s), s->f, i);
    gsl_multimin_fdfminimizer_free(s);
    du_gsl_free(d);
}

/* Approximately H p = -g by conjugate gradients, up to the first direction of negative curvature;
 * returns the products asked for. */
static int newton_direction(du_plan *hvp, const double *x, const double *g, double *p)
{
    static double r[N], q[N], hq[N], unused[N];
    double f, rr = dot(g, g), goal = fmin(0.5, sqrt(sqrt(rr))) * sqrt(rr);
    int k = 0;
    memset(p, 0, N * sizeof *p);
    for (int i = 0; i < N; i++) r[i] = g[i], q[i] = -g[i];
    while (k < 200 && sqrt(rr) > goal && du_run_hvp(hvp, x, q, &f, unused, hq) == DU_OK) {
        double curvature = dot(q, hq), before = rr;
        k++;
        if (curvature <= 0.0) {
            if (k == 1) memcpy(p, q, N * sizeof *p);
            break;
        }
        for (int i = 0; i < N; i++) p[i] += rr / curvature * q[i], r[i] += rr / curvature * hq[i];
        rr = dot(r, r);
        for (int i = 0; i < N; i++) q[i] = -r[i] + rr / before * q[i];
    }
    return k;
}

static void newton_cg(void)
{
    static double x[N], g[N], p[N], trial[N], trial_g[N];
    double f, trial_f;
    int iterations = 0, products = 0;
    start(x);
    du_plan *gradient = du_plan_gradient(&valley, N, NULL), *hvp = du_plan_hvp(&valley, N, NULL);
    du_run_gradient(gradient, x, &f, g);
    for (; iterations < 200 && sqrt(dot(g, g)) > 1e-8; iterations++) {
        double step = 1.0;
        products += newton_direction(hvp, x, g, p);
        for (;; step *= 0.5) { /* Armijo's rule */
            for (int i = 0; i < N; i++) trial[i] = x[i] + step * p[i];
            du_run_gradient(gradient, trial, &trial_f, trial_g);
            if (trial_f <= f + 1e-4 * step * dot(g, p) || step < 1e-12) break;
        }
        memcpy(x, trial, sizeof x);
        memcpy(g, trial_g, sizeof g);
        f = trial_f;
    }
    printf("%-12s f = %.3e after %d iterations, %d products\n", "newton-cg", f, iterations, products);
    du_plan_explain(hvp, stdout);
    du_plan_free(gradient);
    du_plan_free(hvp);
}

int main(void)
{
    bfgs();
    newton_cg();
    return 0;
}
