/* examples/stiff_ode.c - Robertson's chemical kinetics with two stiff methods of GSL; the Jacobian
 * comes from the right-hand side.
 *
 *     y1' = -0.04 y1 + 1e4 y2 y3,  y2' = -y1' - y3',  y3' = 3e7 y2^2,  y(0) = (1, 0, 0)
 *
 * References. t = 4e10, the last output of the LSODE and CVODE demonstrations: the solution with
 * which SUNDIALS checks cvRoberts_dns, computed at a relative tolerance of 1e-8. t = 1e11:
 * F. Mazzia, C. Magherini, Test Set for Initial Value Problem Solvers, release 2.4 (2008), problem
 * ROBER.
 * SPDX-License-Identifier: MIT */
#include <duet/function.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>

/* inputs y1, y2, y3, t */
DU_FUNCTION(robertson, x[4], y[3],
    T slow = du_mul(0.04, x[0]);
    T back = du_mul(1e4, du_mul(x[1], x[2]));
    T fast = du_mul(3e7, du_sqr(x[1]));
    y[0] = du_sub(back, slow);
    y[1] = du_sub(du_sub(slow, back), fast);
    y[2] = fast;
)

typedef struct { gsl_odeiv2_system inner; size_t jacobians; } counted;

static int count_function(double t, const double y[], double dydt[], void *params)
{
    counted *c = params;
    return c->inner.function(t, y, dydt, c->inner.params);
}
static int count_jacobian(double t, const double y[], double *dfdy, double dfdt[], void *params)
{
    counted *c = params;
    c->jacobians++;
    return c->inner.jacobian(t, y, dfdy, dfdt, c->inner.params);
}

static void compare(double t, const double y[3], const double reference[3])
{
    printf("  t = %-7.0e", t);
    for (int i = 0; i < 3; i++)
        printf("  y%d = %.9e (%.1e off)", i + 1, y[i], fabs(y[i] - reference[i]) / reference[i]);
    printf("\n");
}

static int run(const gsl_odeiv2_step_type *type, double relative)
{
    static const double times[] = { 4e10, 1e11 };
    static const double reference[][3] = {
        { 5.2083474251394888e-08, 2.0833390772616859e-13, 9.9999994791631752e-01 },
        { 2.083340149701255e-08, 8.333360770334713e-14, 9.999999791665050e-01 },
    };
    double t = 0.0, y[3] = { 1.0, 0.0, 0.0 };
    du_gsl *d = du_gsl_function(&robertson, 4, 3, NULL);
    counted c = { .inner = du_gsl_odeiv2(d) };
    gsl_odeiv2_system system = { count_function, count_jacobian, 3, &c };
    gsl_odeiv2_driver *driver =
        gsl_odeiv2_driver_alloc_y_new(&system, type, 1e-6, 1e-20, relative);
    int code = driver ? du_gsl_code(du_gsl_status(d)) : GSL_ENOMEM;
    printf("%s, relative tolerance %.0e\n", type->name, relative);
    for (int k = 0; k < 2 && !code; k++) {
        code = gsl_odeiv2_driver_apply(driver, &t, times[k], y);
        if (!code) compare(t, y, reference[k]);
    }
    if (code) printf("  stopped at t = %g: %s: %s\n", t, gsl_strerror(code), du_gsl_message(d));
    printf("  Jacobian calls: %zu\n", c.jacobians);
    if (driver) gsl_odeiv2_driver_free(driver);
    du_gsl_free(d);
    return code != 0;
}

int main(void)
{
    gsl_set_error_handler_off();
    int bad = run(gsl_odeiv2_step_msbdf, 1e-8);
    return run(gsl_odeiv2_step_bsimp, 1e-9) || bad;
}
