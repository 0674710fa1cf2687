/* examples/roots.c - where a function is zero, with GSL's derivative solvers: Kepler's equation in one
 * variable by Newton and Steffenson, and the discretised boundary value problem of More and Cosnard in
 * ten by hybridsj. SPDX-License-Identifier: MIT */
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <stdio.h>

/* E - e sin E = M; ctx: e, M */
DU_FUNCTION(kepler, x[], y[],
    const double *orbit = ctx;
    y[0] = du_sub(du_sub(x[0], du_mul(orbit[0], du_sin(x[0]))), orbit[1]);
)
/* -u'' + (u + t + 1)^3/2 = 0 on (0, 1), u = 0 at both ends */
DU_FUNCTION(boundary_value, x[], y[],
    double h = 1.0 / (double)(n + 1);
    for (size_t i = 0; i < n; i++) {
        T r = du_add(du_mul(2.0, x[i]), du_mul(0.5 * h * h, du_powi(du_add(x[i], (double)(i + 1) * h + 1.0), 3)));
        if (i > 0) r = du_sub(r, x[i - 1]);
        if (i + 1 < n) r = du_sub(r, x[i + 1]);
        y[i] = r;
    }
)

static void solve_kepler(const gsl_root_fdfsolver_type *type)
{
    static const double orbit[2] = { 0.9, 0.3 };
    double before, x = 2.0;
    int i = 0;
    du_gsl *d = du_gsl_function(&kepler, 1, 1, &(du_plan_options){ .ctx = orbit });
    gsl_function_fdf fdf = du_gsl_function_fdf(d);
    gsl_root_fdfsolver *s = gsl_root_fdfsolver_alloc(type);
    gsl_root_fdfsolver_set(s, &fdf, x);
    do {
        before = x;
        gsl_root_fdfsolver_iterate(s);
        x = gsl_root_fdfsolver_root(s);
    } while (++i < 50 && gsl_root_test_delta(x, before, 0.0, 1e-15) == GSL_CONTINUE);
    printf("Kepler, %-10s E = %.16f after %d iterations\n", gsl_root_fdfsolver_name(s), x, i);
    gsl_root_fdfsolver_free(s);
    du_gsl_free(d);
}

static void solve_boundary_value(void)
{
    enum { N = 10 };
    int i = 0;
    du_gsl *d = du_gsl_function(&boundary_value, N, N, NULL);
    gsl_multiroot_function_fdf fdf = du_gsl_multiroot(d);
    gsl_vector *x = gsl_vector_calloc(N);
    gsl_multiroot_fdfsolver *s = gsl_multiroot_fdfsolver_alloc(gsl_multiroot_fdfsolver_hybridsj, N);
    gsl_multiroot_fdfsolver_set(s, &fdf, x);
    while (i++ < 100 && gsl_multiroot_test_residual(s->f, 1e-14) == GSL_CONTINUE && gsl_multiroot_fdfsolver_iterate(s) == GSL_SUCCESS);
    printf("boundary value problem, %s, %d iterations:\n", gsl_multiroot_fdfsolver_name(s), i - 1);
    for (size_t k = 0; k < N; k++) printf("  u(%.3f) = %.15f\n", (double)(k + 1) / (N + 1), gsl_vector_get(s->x, k));
    gsl_multiroot_fdfsolver_free(s);
    gsl_vector_free(x);
    du_gsl_free(d);
}

int main(void)
{
    solve_kepler(gsl_root_fdfsolver_newton);
    solve_kepler(gsl_root_fdfsolver_steffenson);
    solve_boundary_value();
    return 0;
}
