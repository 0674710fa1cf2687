/* lib/solvers/gsl_structs.c - every derivative struct of GSL from an adapter: callbacks that gather
 * GSL's vectors, ask the adapter and scatter the answer. SPDX-License-Identifier: MIT */
#include "adapter.h"
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

/* Every callback begins with this: an adapter that is NULL or broken has no arrays. */
static int unusable(const du_gsl *d) { return !d || d->broken; }
static int refuse(const du_gsl *d) { return du_gsl_code(du_gsl_status(d)); }

static const double *gather(const du_gsl *d, const gsl_vector *x, double *to)
{
    for (size_t j = 0; j < d->p; j++) to[j] = x->data[j * x->stride];
    return to;
}

/* ---- what all vector-valued structs share ---- */

static int vector_f(const gsl_vector *x, void *params, gsl_vector *f)
{
    du_gsl *d = params;
    if (unusable(d)) return refuse(d);
    int status = du_points_f(&d->points, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !status; i++) f->data[i * f->stride] = d->points.f[i];
    return du_gsl_code(status);
}

static int vector_df(const gsl_vector *x, void *params, gsl_matrix *jac)
{
    du_gsl *d = params;
    if (unusable(d)) return refuse(d);
    int status = du_points_j(&d->points, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !status; i++)
        memcpy(jac->data + i * jac->tda, d->points.j + i * d->p, d->p * sizeof *d->points.j);
    return du_gsl_code(status);
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
    for (size_t i = 0; i < d->n; i++) out[i] = du_jet_constant(DU_UNSET);
    d->function->f_jet(in, d->p, out, d->n, d->ctx);
    for (size_t i = 0; i < d->n; i++)
        if (du_is_unset(out[i].v)) return du_gsl_not_set(d, i);
    for (size_t i = 0; i < d->n; i++) fvv->data[i * fvv->stride] = out[i].dd;
    return GSL_SUCCESS;
}

static int model_fvv(du_gsl *d, const double *b, const double *v, gsl_vector *fvv)
{
    int status = du_observe_fvv(d->observer, b, v, fvv->data, fvv->stride);
    return status ? du_gsl_observer_failed(d, status) : GSL_SUCCESS;
}

static int vector_fvv(const gsl_vector *x, const gsl_vector *v, void *params, gsl_vector *fvv)
{
    du_gsl *d = params;
    if (unusable(d)) return refuse(d);
    const double *at = gather(d, x, d->point), *along = gather(d, v, d->direction);
    int code = d->observer ? model_fvv(d, at, along, fvv) : function_fvv(d, at, along, fvv);
    if (code) return code;
    for (size_t i = 0; i < d->n; i++) {
        double second = fvv->data[i * fvv->stride];
        if (!isfinite(second)) return du_gsl_code(du_points_name_output(&d->points, i, second));
    }
    return GSL_SUCCESS;
}

/* ---- structs of residuals: from a model or a function ---- */

static size_t residuals_of(du_gsl *d, const char *solver)
{
    if (unusable(d)) return 0;
    if (!d->objective) return d->n;
    du_report_set(&d->report, DU_ESOLVER,
                  "%s needs the residuals of a model or a function, not a scalar of tensors",
                  solver);
    return 0;
}

gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d)
{
    return (gsl_multifit_nlinear_fdf){ .f = vector_f,
                                       .df = vector_df,
                                       .fvv = vector_fvv,
                                       .n = residuals_of(d, "multifit_nlinear"),
                                       .p = d ? d->p : 0,
                                       .params = d };
}

gsl_multifit_function_fdf du_gsl_multifit(du_gsl *d)
{
    return (gsl_multifit_function_fdf){ .f = vector_f,
                                        .df = vector_df,
                                        .fdf = vector_fdf,
                                        .n = residuals_of(d, "multifit"),
                                        .p = d ? d->p : 0,
                                        .params = d };
}

/* ---- gsl_multiroot_function_fdf ---- */

static size_t unknowns_of(du_gsl *d)
{
    if (unusable(d)) return 0;
    if (d->objective)
        du_report_set(&d->report, DU_ESOLVER,
                      "multiroot needs a function, not a scalar of tensors");
    else if (d->n != d->p)
        du_report_set(&d->report, DU_ESOLVER,
                      "multiroot needs as many outputs as inputs, %s has %zu and %zu", d->name,
                      d->n, d->p);
    else return d->p;
    return 0;
}

gsl_multiroot_function_fdf du_gsl_multiroot(du_gsl *d)
{
    return (gsl_multiroot_function_fdf){
        .f = vector_f, .df = vector_df, .fdf = vector_fdf, .n = unknowns_of(d), .params = d
    };
}

/* ---- gsl_multilarge_nlinear_fdf: products with J, which is never stored for a model ---- */

/* J u */
static int large_jv(du_gsl *d, const double *x, const gsl_vector *u, gsl_vector *v)
{
    const double *along = gather(d, u, d->direction);
    if (d->observer) {
        int status = du_observe_jv(d->observer, x, along, v->data, v->stride);
        return status ? du_gsl_observer_failed(d, status) : GSL_SUCCESS;
    }
    int status = du_run_jvp(d->jvp, x, along, d->outputs, d->product);
    if (status) return du_gsl_plan_failed(d, d->jvp, status);
    for (size_t i = 0; i < d->n; i++) v->data[i * v->stride] = d->product[i];
    return GSL_SUCCESS;
}

/* J^T u */
static int large_jtu(du_gsl *d, const double *x, const gsl_vector *u, gsl_vector *v)
{
    for (size_t i = 0; i < d->n; i++) d->outputs[i] = u->data[i * u->stride];
    int status = d->observer ? du_observe_jtu(d->observer, x, d->outputs, 1, d->product)
                             : du_run_vjp(d->vjp, x, d->outputs, d->outputs, d->product);
    if (status)
        return d->observer ? du_gsl_observer_failed(d, status)
                           : du_gsl_plan_failed(d, d->vjp, status);
    for (size_t j = 0; j < d->p; j++) v->data[j * v->stride] = d->product[j];
    return GSL_SUCCESS;
}

/* Records the function on the tape: d->vars holds inputs, then outputs. */
static int record(du_gsl *d, const double *x)
{
    du_var *y = d->vars + d->p;
    du_tape_reset(d->tape);
    int status = du_tape_independents(d->tape, d->p, x, d->vars);
    if (status) return du_gsl_tape_failed(d, status);
    for (size_t i = 0; i < d->n; i++) y[i] = du_var_constant(DU_UNSET);
    d->function->f_var(d->vars, d->p, y, d->n, d->ctx);
    for (size_t i = 0; i < d->n; i++)
        if (du_is_unset(y[i].v)) return du_gsl_not_set(d, i);
    return GSL_SUCCESS;
}

/* J^T J of a function: its tape is recorded once and swept DU_GSL_ROWS rows at a time */
static int function_jtj(du_gsl *d, const double *x, gsl_matrix *jtj)
{
    size_t n = d->n, p = d->p;
    int code = record(d, x);
    if (code) return code;
    gsl_matrix_set_zero(jtj);
    for (size_t at = 0; at < n; at += DU_GSL_ROWS) {
        size_t count = n - at < DU_GSL_ROWS ? n - at : DU_GSL_ROWS;
        int status = du_tape_jacobian(d->tape, count, d->vars + p + at, p, d->vars, d->rows);
        if (status) return du_gsl_tape_failed(d, status);
        for (size_t i = 0; i < count; i++) {
            const double *row = d->rows + i * p;
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k < p; k++) jtj->data[j * jtj->tda + k] += row[j] * row[k];
        }
    }
    return GSL_SUCCESS;
}

static int large_jtj(du_gsl *d, const double *x, gsl_matrix *jtj)
{
    if (!d->observer) return function_jtj(d, x, jtj);
    int status = du_observe_normal(d->observer, x, jtj->data, jtj->tda, NULL);
    return status ? du_gsl_observer_failed(d, status) : GSL_SUCCESS;
}

/* An output of a product or of the objective is not finite: the entry of the Jacobian that is not
 * is named, if there is one. */
static int name_entry(du_gsl *d, const double *x)
{
    int status = du_points_j(&d->points, x);
    if (!status) status = du_report_status(&d->report, DU_ENONFINITE);
    return du_gsl_code(status);
}

/* GSL asks for J^T J through the same callback; v or jtj may be NULL */
static int large_df(CBLAS_TRANSPOSE_t trans, const gsl_vector *x, const gsl_vector *u, void *params,
                    gsl_vector *v, gsl_matrix *jtj)
{
    du_gsl *d = params;
    if (unusable(d)) return refuse(d);
    const double *b = gather(d, x, d->point);
    int code = GSL_SUCCESS, plain = trans == CblasNoTrans, product = u && v;
    if (product) code = plain ? large_jv(d, b, u, v) : large_jtu(d, b, u, v);
    if (!code && jtj) code = large_jtj(d, b, jtj);
    if (code) return code;
    size_t length = !product ? 0 : plain ? d->n : d->p;
    int finite = 1;
    for (size_t i = 0; i < length; i++) finite &= isfinite(v->data[i * v->stride]) != 0;
    for (size_t j = 0; jtj && j < d->p; j++) finite &= isfinite(jtj->data[j * jtj->tda + j]) != 0;
    return finite ? GSL_SUCCESS : name_entry(d, b);
}

gsl_multilarge_nlinear_fdf du_gsl_multilarge_nlinear(du_gsl *d)
{
    return (gsl_multilarge_nlinear_fdf){ .f = vector_f,
                                         .df = large_df,
                                         .fvv = vector_fvv,
                                         .n = residuals_of(d, "multilarge_nlinear"),
                                         .p = d ? d->p : 0,
                                         .params = d };
}

/* ---- gsl_multimin_function_fdf: void callbacks, so a failure is NaN and the status ---- */

/* a model's objective and gradient at b, kept */
static int model_objective(du_gsl *d, const double *b)
{
    if (d->have_q && !memcmp(d->at_q, b, d->p * sizeof *b)) return GSL_SUCCESS;
    memcpy(d->at_q, b, d->p * sizeof *b);
    d->have_q = 0;
    int status = du_observe_objective(d->observer, b, &d->q, d->gradient);
    if (status) return du_gsl_observer_failed(d, status);
    if (!isfinite(d->q)) {
        status = du_points_f(&d->points, b); /* names the observation */
        if (!status) status = du_report_status(&d->report, DU_ENONFINITE);
        return du_gsl_code(status);
    }
    if (!du_real_all_finite(d->gradient, d->p)) return name_entry(d, b);
    d->have_q = 1;
    return GSL_SUCCESS;
}

/* value and gradient at x: of a model the objective Q, of a function its one output */
static int objective(du_gsl *d, const gsl_vector *x, int gradient)
{
    if (unusable(d)) return refuse(d);
    const double *b = gather(d, x, d->point);
    if (d->observer) return model_objective(d, b);
    return du_gsl_code(gradient ? du_points_j(&d->points, b) : du_points_f(&d->points, b));
}

static double min_f(const gsl_vector *x, void *params)
{
    du_gsl *d = params;
    if (objective(d, x, 0)) return (double)NAN;
    return d->observer ? d->q : d->points.f[0];
}

static void min_df(const gsl_vector *x, void *params, gsl_vector *g)
{
    du_gsl *d = params;
    if (objective(d, x, 1)) {
        for (size_t j = 0; j < g->size; j++) g->data[j * g->stride] = (double)NAN;
        return;
    }
    const double *from = d->observer ? d->gradient : d->points.j;
    for (size_t j = 0; j < d->p; j++) g->data[j * g->stride] = from[j];
}

static void min_fdf(const gsl_vector *x, void *params, double *f, gsl_vector *g)
{
    min_df(x, params, g);
    *f = min_f(x, params);
}

gsl_multimin_function_fdf du_gsl_multimin(du_gsl *d)
{
    size_t n = unusable(d) ? 0 : d->p;
    if (n && !d->observer && d->n != 1) {
        du_report_set(&d->report, DU_ESOLVER, "multimin needs one output, %s has %zu", d->name,
                      d->n);
        n = 0;
    }
    return (
        gsl_multimin_function_fdf){ .f = min_f, .df = min_df, .fdf = min_fdf, .n = n, .params = d };
}

/* ---- gsl_function_fdf ---- */

static double scalar_f(double x, void *params)
{
    du_gsl *d = params;
    return du_points_f(&d->points, &x) ? (double)NAN : d->points.f[0];
}
static double scalar_df(double x, void *params)
{
    du_gsl *d = params;
    return du_points_j(&d->points, &x) ? (double)NAN : d->points.j[0];
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
static void refused_fdf(double x, void *params, double *f, double *df)
{
    *f = refused(x, params);
    *df = *f;
}

gsl_function_fdf du_gsl_function_fdf(du_gsl *d)
{
    if (!unusable(d) && d->n == 1 && d->p == 1)
        return (gsl_function_fdf){ .f = scalar_f, .df = scalar_df, .fdf = scalar_fdf, .params = d };
    if (!unusable(d))
        du_report_set(&d->report, DU_ESOLVER,
                      "a gsl_function_fdf needs one input and one output, %s has %zu and %zu",
                      d->name, d->p, d->n);
    return (gsl_function_fdf){ .f = refused, .df = refused, .fdf = refused_fdf, .params = d };
}

/* ---- gsl_odeiv2_system: y[0..dim-1], then t, are the inputs of the function ---- */

/* DU_ESOLVER for an adapter of another shape */
static int ode_shape(du_gsl *d)
{
    if (!d->function)
        return du_report_set(&d->report, DU_ESOLVER, "odeiv2 needs a function, not %s",
                             d->model ? "a model" : "a scalar of tensors");
    if (d->p == d->n + 1) return DU_OK;
    return du_report_set(&d->report, DU_ESOLVER,
                         "odeiv2 needs an input more than outputs, y and then t: %s has %zu inputs "
                         "and %zu outputs",
                         d->name, d->p, d->n);
}

static int ode_point(du_gsl *d, double t, const double y[])
{
    if (unusable(d)) return refuse(d);
    if (ode_shape(d)) return refuse(d);
    memcpy(d->point, y, d->n * sizeof *y);
    d->point[d->n] = t;
    return GSL_SUCCESS;
}

static int ode_function(double t, const double y[], double dydt[], void *params)
{
    du_gsl *d = params;
    int code = ode_point(d, t, y);
    if (!code) code = du_gsl_code(du_points_f(&d->points, d->point));
    if (!code) memcpy(dydt, d->points.f, d->n * sizeof *dydt);
    return code;
}

static int ode_jacobian(double t, const double y[], double *dfdy, double dfdt[], void *params)
{
    du_gsl *d = params;
    int code = ode_point(d, t, y);
    if (!code) code = du_gsl_code(du_points_j(&d->points, d->point));
    for (size_t i = 0; !code && i < d->n; i++) {
        memcpy(dfdy + i * d->n, d->points.j + i * d->p, d->n * sizeof *dfdy);
        dfdt[i] = d->points.j[i * d->p + d->n];
    }
    return code;
}

gsl_odeiv2_system du_gsl_odeiv2(du_gsl *d)
{
    size_t dimension = unusable(d) || ode_shape(d) ? 0 : d->n;
    return (gsl_odeiv2_system){
        .function = ode_function, .jacobian = ode_jacobian, .dimension = dimension, .params = d
    };
}
