/* lib/gsl_structs.c - every derivative struct of GSL from an adapter: callbacks that gather GSL's
 * vectors, ask the adapter and scatter the answer. SPDX-License-Identifier: MIT */
#include "gsl_adapter.h"
#include <duet/tape.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

static const double *gather(const du_gsl *d, const gsl_vector *x, double *to)
{
    for (size_t j = 0; j < d->p; j++) to[j] = x->data[j * x->stride];
    return to;
}

/* ---- what all vector-valued structs share ---- */

static int vector_f(const gsl_vector *x, void *params, gsl_vector *f)
{
    du_gsl *d = params;
    int code = du_gsl_compute_f(d, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !code; i++) f->data[i * f->stride] = d->f[i];
    return code;
}

static int vector_df(const gsl_vector *x, void *params, gsl_matrix *jac)
{
    du_gsl *d = params;
    int code = du_gsl_compute_j(d, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !code; i++)
        memcpy(jac->data + i * jac->tda, d->j + i * d->p, d->p * sizeof *d->j);
    return code;
}

static int vector_fdf(const gsl_vector *x, void *params, gsl_vector *f, gsl_matrix *jac)
{
    int code = vector_df(x, params, jac);
    return code ? code : vector_f(x, params, f);
}

/* second directional derivatives of a function's outputs, by jets */
static int function_fvv(du_gsl *d, const double *x, const double *v, gsl_vector *fvv)
{
    du_jet *in = d->jets, *out = in + d->p;
    for (size_t j = 0; j < d->p; j++) in[j] = (du_jet){ x[j], v[j], 0.0 };
    d->function->f_jet(in, d->p, out, d->n, d->ctx);
    for (size_t i = 0; i < d->n; i++) fvv->data[i * fvv->stride] = out[i].dd;
    return DU_OK;
}

static int vector_fvv(const gsl_vector *x, const gsl_vector *v, void *params, gsl_vector *fvv)
{
    du_gsl *d = params;
    const double *b = gather(d, x, d->point), *along = gather(d, v, d->direction);
    int status = d->observer ? du_observe_fvv(d->observer, b, along, fvv->data, fvv->stride)
                             : function_fvv(d, b, along, fvv);
    if (status) return du_gsl_failed(d, status);
    for (size_t i = 0; i < d->n; i++)
        if (!isfinite(fvv->data[i * fvv->stride])) return du_gsl_name_output(d, i, fvv->data[i * fvv->stride]);
    return GSL_SUCCESS;
}

/* residuals: of a model or a function */
static size_t residuals_of(du_gsl *d)
{
    if (d && d->objective) du_gsl_failed(d, DU_EINVAL);
    return d && !d->objective ? d->n : 0;
}

gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d)
{
    return (gsl_multifit_nlinear_fdf){ .f = vector_f, .df = vector_df, .fvv = vector_fvv,
                                       .n = residuals_of(d), .p = d ? d->p : 0, .params = d };
}

gsl_multifit_function_fdf du_gsl_multifit(du_gsl *d)
{
    return (gsl_multifit_function_fdf){ .f = vector_f, .df = vector_df, .fdf = vector_fdf,
                                        .n = residuals_of(d), .p = d ? d->p : 0, .params = d };
}

gsl_multiroot_function_fdf du_gsl_multiroot(du_gsl *d)
{
    int square = d && d->n == d->p && !d->objective;
    if (d && !square) du_gsl_failed(d, DU_EINVAL);
    return (gsl_multiroot_function_fdf){ .f = vector_f, .df = vector_df, .fdf = vector_fdf,
                                         .n = square ? d->p : 0, .params = d };
}

/* ---- gsl_multilarge_nlinear_fdf: products with J, which is never stored for a model ---- */

static int large_product(du_gsl *d, CBLAS_TRANSPOSE_t trans, const double *x, const gsl_vector *u, gsl_vector *v)
{
    if (trans == CblasNoTrans) {
        const double *along = gather(d, u, d->direction);
        if (d->observer) return du_observe_jv(d->observer, x, along, v->data, v->stride);
        int status = du_run_jvp(d->jvp, x, along, d->outputs, d->product);
        for (size_t i = 0; i < d->n && !status; i++) v->data[i * v->stride] = d->product[i];
        return status;
    }
    for (size_t i = 0; i < d->n; i++) d->outputs[i] = u->data[i * u->stride];
    int status = d->observer ? du_observe_jtu(d->observer, x, d->outputs, 1, d->product)
                             : du_run_vjp(d->vjp, x, d->outputs, d->outputs, d->product);
    for (size_t j = 0; j < d->p && !status; j++) v->data[j * v->stride] = d->product[j];
    return status;
}

/* J^T J of a function: its tape is recorded once and swept DU_GSL_ROWS rows at a time */
static int function_jtj(du_gsl *d, const double *x, gsl_matrix *jtj)
{
    size_t n = d->n, p = d->p;
    du_tape_reset(d->tape);
    int status = du_tape_independents(d->tape, p, x, d->vars);
    if (!status) d->function->f_var(d->vars, p, d->vars + p, n, d->ctx);
    if (!status) gsl_matrix_set_zero(jtj);
    for (size_t at = 0; at < n && !status; at += DU_GSL_ROWS) {
        size_t count = n - at < DU_GSL_ROWS ? n - at : DU_GSL_ROWS;
        status = du_tape_jacobian(d->tape, count, d->vars + p + at, p, d->vars, d->rows);
        for (size_t i = 0; i < count && !status; i++)
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k < p; k++) jtj->data[j * jtj->tda + k] += d->rows[i * p + j] * d->rows[i * p + k];
    }
    return status;
}

/* GSL asks for J^T J through the same callback; v or JTJ may be NULL */
static int large_df(CBLAS_TRANSPOSE_t trans, const gsl_vector *x, const gsl_vector *u, void *params,
                    gsl_vector *v, gsl_matrix *jtj)
{
    du_gsl *d = params;
    const double *b = gather(d, x, d->point);
    int status = DU_OK;
    if (u && v) status = large_product(d, trans, b, u, v);
    if (!status && jtj) status = d->observer ? du_observe_jtj(d->observer, b, jtj->data, jtj->tda)
                                             : function_jtj(d, b, jtj);
    if (status) return du_gsl_failed(d, status);
    size_t length = trans == CblasNoTrans ? d->n : d->p;
    int finite = 1;
    for (size_t i = 0; u && v && i < length; i++) finite &= isfinite(v->data[i * v->stride]) != 0;
    for (size_t j = 0; jtj && j < d->p; j++) finite &= isfinite(jtj->data[j * jtj->tda + j]) != 0;
    if (finite) return GSL_SUCCESS;
    int code = du_gsl_compute_j(d, b); /* names the entry */
    return code ? code : du_gsl_failed(d, DU_ENONFINITE);
}

gsl_multilarge_nlinear_fdf du_gsl_multilarge_nlinear(du_gsl *d)
{
    return (gsl_multilarge_nlinear_fdf){ .f = vector_f, .df = large_df, .fvv = vector_fvv,
                                         .n = residuals_of(d), .p = d ? d->p : 0, .params = d };
}

/* ---- gsl_multimin_function_fdf: void callbacks, so trouble is NaN and the status ---- */

/* value and gradient at x, kept: of a model the objective Q, of a function its one output */
static int objective(du_gsl *d, const gsl_vector *x, int gradient)
{
    const double *b = gather(d, x, d->point);
    if (!d->observer) return gradient ? du_gsl_compute_j(d, b) : du_gsl_compute_f(d, b);
    if (d->have_q && !memcmp(d->at_q, b, d->p * sizeof *b)) return GSL_SUCCESS;
    memcpy(d->at_q, b, d->p * sizeof *b);
    d->have_q = 0;
    int status = du_observe_objective(d->observer, b, &d->q, d->gradient);
    if (status) return du_gsl_failed(d, status);
    if (!isfinite(d->q)) {
        int code = du_gsl_compute_f(d, b); /* names the observation */
        return code ? code : du_gsl_failed(d, DU_ENONFINITE);
    }
    for (size_t j = 0; j < d->p; j++) {
        if (isfinite(d->gradient[j])) continue;
        int code = du_gsl_compute_j(d, b);
        return code ? code : du_gsl_failed(d, DU_ENONFINITE);
    }
    d->have_q = 1;
    return GSL_SUCCESS;
}

static double min_f(const gsl_vector *x, void *params)
{
    du_gsl *d = params;
    if (objective(d, x, 0)) return (double)NAN;
    return d->observer ? d->q : d->f[0];
}

static void min_df(const gsl_vector *x, void *params, gsl_vector *g)
{
    du_gsl *d = params;
    int code = objective(d, x, 1);
    const double *from = d->observer ? d->gradient : d->j;
    for (size_t j = 0; j < d->p; j++) g->data[j * g->stride] = code ? (double)NAN : from[j];
}

static void min_fdf(const gsl_vector *x, void *params, double *f, gsl_vector *g)
{
    min_df(x, params, g);
    *f = min_f(x, params);
}

gsl_multimin_function_fdf du_gsl_multimin(du_gsl *d)
{
    int scalar = d && (d->observer || d->n == 1);
    if (d && !scalar) du_gsl_failed(d, DU_EINVAL);
    return (gsl_multimin_function_fdf){ .f = min_f, .df = min_df, .fdf = min_fdf,
                                        .n = scalar ? d->p : 0, .params = d };
}

/* ---- gsl_function_fdf ---- */

static double scalar_f(double x, void *params)
{
    du_gsl *d = params;
    return du_gsl_compute_f(d, &x) ? (double)NAN : d->f[0];
}
static double scalar_df(double x, void *params)
{
    du_gsl *d = params;
    return du_gsl_compute_j(d, &x) ? (double)NAN : d->j[0];
}
static void scalar_fdf(double x, void *params, double *f, double *df)
{
    *df = scalar_df(x, params);
    *f = scalar_f(x, params);
}
static double refused(double x, void *params)
{
    (void)x;
    (void)params;
    return (double)NAN;
}
static void refused_fdf(double x, void *params, double *f, double *df) { *f = *df = refused(x, params); }

gsl_function_fdf du_gsl_function_fdf(du_gsl *d)
{
    if (d && d->n == 1 && d->p == 1) return (gsl_function_fdf){ .f = scalar_f, .df = scalar_df, .fdf = scalar_fdf, .params = d };
    if (d) du_gsl_failed(d, DU_EINVAL);
    return (gsl_function_fdf){ .f = refused, .df = refused, .fdf = refused_fdf, .params = d };
}

/* ---- gsl_odeiv2_system: y[0..dim-1], then t, are the inputs of the function ---- */

static int ode_point(du_gsl *d, double t, const double y[])
{
    if (d->p != d->n + 1) return du_gsl_failed(d, DU_EINVAL);
    memcpy(d->point, y, d->n * sizeof *y);
    d->point[d->n] = t;
    return GSL_SUCCESS;
}

static int ode_function(double t, const double y[], double dydt[], void *params)
{
    du_gsl *d = params;
    int code = ode_point(d, t, y);
    if (!code) code = du_gsl_compute_f(d, d->point);
    if (!code) memcpy(dydt, d->f, d->n * sizeof *dydt);
    return code;
}

static int ode_jacobian(double t, const double y[], double *dfdy, double dfdt[], void *params)
{
    du_gsl *d = params;
    int code = ode_point(d, t, y);
    if (!code) code = du_gsl_compute_j(d, d->point);
    for (size_t i = 0; i < d->n && !code; i++) {
        memcpy(dfdy + i * d->n, d->j + i * d->p, d->n * sizeof *dfdy);
        dfdt[i] = d->j[i * d->p + d->n];
    }
    return code;
}

gsl_odeiv2_system du_gsl_odeiv2(du_gsl *d)
{
    int shaped = d && d->function && d->p == d->n + 1;
    if (d && !shaped) du_gsl_failed(d, DU_EINVAL);
    return (gsl_odeiv2_system){ .function = ode_function, .jacobian = ode_jacobian,
                                .dimension = shaped ? d->n : 0, .params = d };
}
