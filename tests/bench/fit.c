/* tests/bench/fit.c - a whole fit of NIST's Gauss1 (250 points, 8 parameters, start 1) by GSL's
 * trust region: Jacobian by hand, through Duet's adapter, and by GSL's finite differences. Lines as
 * bench.c's; the ratio to the plain function is to 1000 evaluations of all residuals.
 * SPDX-License-Identifier: MIT */
#include "../../examples/table.h"
#include "clock.h"
#include <duet/function.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P = 8, ROUNDS = 41 };

DU_MODEL(gauss, b[P], x[1], y[1],
    T decay = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));
    T u = du_div(du_sub(x[0], b[3]), b[4]);
    T v = du_div(du_sub(x[0], b[6]), b[7]);
    y[0] = du_add(decay, du_mul(b[2], du_exp(du_neg(du_sqr(u)))),
        du_mul(b[5], du_exp(du_neg(du_sqr(v)))));
)

static nist_file gauss1;

static int hand_f(const gsl_vector *b, void *params, gsl_vector *f)
{
    (void)params;
    const double *p = b->data;
    for (size_t i = 0; i < gauss1.data.rows; i++) {
        double x = gauss1.data.x[i], u = (x - p[3]) / p[4], v = (x - p[6]) / p[7];
        f->data[i * f->stride] = p[0] * exp(-p[1] * x) + p[2] * exp(-u * u) + p[5] * exp(-v * v)
            - gauss1.data.y[i];
    }
    return GSL_SUCCESS;
}

static int hand_df(const gsl_vector *b, void *params, gsl_matrix *jac)
{
    (void)params;
    const double *p = b->data;
    for (size_t i = 0; i < gauss1.data.rows; i++) {
        double x = gauss1.data.x[i], u = (x - p[3]) / p[4], v = (x - p[6])
            / p[7], *row = jac->data + i * jac->tda;
        double e = exp(-p[1] * x), eu = exp(-u * u), ev = exp(-v * v);
        double du = 2.0 * p[2] * eu * u / p[4], dv = 2.0 * p[5] * ev * v / p[7];
        row[0] = e;
        row[1] = -x * p[0] * e;
        row[2] = eu;
        row[3] = du;
        row[4] = du * u;
        row[5] = ev;
        row[6] = dv;
        row[7] = dv * v;
    }
    return GSL_SUCCESS;
}

/* one fit with a workspace made outside the clock; b[P] out. The tolerances end it while steps
 * still gain: then every tool does the same iterations, and rounding does not decide how many
 * trials are rejected. */
static double fit(gsl_multifit_nlinear_fdf *fdf, gsl_multifit_nlinear_workspace *w, double *b)
{
    gsl_vector_const_view start = gsl_vector_const_view_array(gauss1.start[0], P);
    int info;
    double begin = seconds();
    gsl_multifit_nlinear_init(&start.vector, fdf, w);
    gsl_multifit_nlinear_driver(100, 1e-6, 1e-6, 0.0, NULL, NULL, &info, w);
    double took = seconds() - begin;
    for (size_t j = 0; j < P; j++) b[j] = gsl_vector_get(gsl_multifit_nlinear_position(w), j);
    return took;
}

static double time_function(gsl_multifit_nlinear_fdf *fdf)
{
    gsl_vector_view start = gsl_vector_view_array(gauss1.start[0], P);
    gsl_vector *f = gsl_vector_alloc(fdf->n);
    double begin = seconds();
    for (int k = 0; k < 1000; k++) hand_f(&start.vector, NULL, f);
    begin = seconds() - begin;
    gsl_vector_free(f);
    return begin;
}

int main(int argc, char **argv)
{
    char message[256];
    if (nist_read(argc > 1 ? argv[1] : "examples/data/nist/Gauss1.dat", &gauss1, message)) {
        fprintf(stderr, "%s\n", message);
        return 2;
    }
    du_data data = { .rows = gauss1.data.rows, .cols = 1, .x = gauss1.data.x, .y = gauss1.data.y };
    du_gsl *d = du_gsl_model(&gauss, &data, P, NULL);
    gsl_multifit_nlinear_fdf hand = { .f = hand_f, .df = hand_df, .n = data.rows, .p = P };
    gsl_multifit_nlinear_fdf adapter = du_gsl_multifit_nlinear(d), differences = hand;
    differences.df = NULL;
    struct { const char *name; gsl_multifit_nlinear_fdf *fdf; double samples[ROUNDS], b[P]; }
        tools[] = {
        { .name = "hand", .fdf = &hand }, { .name = "duet-adapter", .fdf = &adapter },
            { .name = "gsl-differences", .fdf = &differences },
    };
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust,
        &how, data.rows, P);
    int bad = 0;
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < 3; k++) tools[k].samples[r] = fit(tools[k].fdf, w, tools[k].b);
    double plain = time_function(&hand);
    for (int k = 0; k < 3; k++) qsort(tools[k].samples, ROUNDS, sizeof(double), ascending);
    for (int k = 0; k < 3; k++) {
        double off = 0.0, median = tools[k].samples[ROUNDS / 2];
        for (int j = 0; j < P; j++) off = fmax(off, fabs(tools[k].b[j] - tools[0].b[j])
            / fabs(tools[0].b[j]));
        printf("gauss1_fit\t%s\t%.3f\t%.3f\t%.3f\t%.2g\n", tools[k].name, 1e6 * median,
            median / plain, median / tools[0].samples[ROUNDS / 2], off);
        bad |= !(off <= (k == 2 ? 1e-6 : 1e-9));
    }
    gsl_multifit_nlinear_free(w);
    du_gsl_free(d);
    nist_free(&gauss1);
    return bad;
}
