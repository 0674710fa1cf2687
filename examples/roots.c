/* examples/roots.c - where a function is zero, with GSL's derivative solvers: Kepler's equation in
 * one variable by Newton and Steffenson, and the discretised boundary value problem of More and
 * Cosnard in ten by hybridsj. SPDX-License-Identifier: MIT */
#include <duet/function.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <stdio.h>

/* E - e sin E = M; ctx: e, M */
DU_FUNCTION(kepler, x[1], y[1],
    const double *orbit = ctx;
    y[0] = du_sub(du_sub(x[0], du_mul(orbit[0], du_sin(x[0]))), orbit[1]);
)
/* -u'' + (u + t + 1)^3/2 = 0 on (0, 1), u = 0 at both ends: u at N points between */
enum { N = 10 };
DU_FUNCTION(boundary_value, u[N], y[N],
    double h = 1.0 / (double)(n + 1);
    for (size_t i = 0; i < n; i++) {
        T cube = du_powi(du_add(u[i], (double)(i + 1) * h + 1.0), 3);
        T r = du_add(du_mul(2.0, u[i]), du_mul(0.5 * h * h, cube));
        if (i > 0) r = du_sub(r, u[i - 1]);
        if (i + 1 < n) r = du_sub(r, u[i + 1]);
        y[i] = r;
    }
)

/* A solver whose callbacks return nothing goes on with NaN: the adapter says why. */
static int finish(du_gsl *d)
{
    int status = du_gsl_status(d);
    if (status) fprintf(stderr, "roots: %s\n", du_gsl_message(d));
    du_gsl_free(d);
    return status;
}

static int solve_kepler(const gsl_root_fdfsolver_type *type)
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
    return finish(d);
}

static int solve_boundary_value(void)
{
    int i = 0;
    du_gsl *d = du_gsl_function(&boundary_value, N, N, NULL);
    gsl_multiroot_function_fdf fdf = du_gsl_multiroot(d);
    gsl_vector *x = gsl_vector_calloc(N);
    gsl_multiroot_fdfsolver *s =
        gsl_multiroot_fdfsolver_alloc(gsl_multiroot_fdfsolver_hybridsj, N);
    int code = gsl_multiroot_fdfsolver_set(s, &fdf, x);
    while (!code && i < 100 && gsl_multiroot_test_residual(s->f, 1e-14) == GSL_CONTINUE) {
        code = gsl_multiroot_fdfsolver_iterate(s);
        if (!code) i++;
    }
    printf("boundary value problem, %s, %d iterations:\n", gsl_multiroot_fdfsolver_name(s), i);
    for (size_t k = 0; k < N; k++)
        printf("  u(%.3f) = %.15f\n", (double)(k + 1) / (N + 1), gsl_vector_get(s->x, k));
    gsl_multiroot_fdfsolver_free(s);
    gsl_vector_free(x);
    return finish(d);
}

int main(void)
{
    gsl_set_error_handler_off();
    int bad = solve_kepler(gsl_root_fdfsolver_newton) != DU_OK;
    bad |= solve_kepler(gsl_root_fdfsolver_steffenson) != DU_OK;
    bad |= solve_boundary_value() != DU_OK;
    return bad;
}
