/* lib/gsl.c - GSL's callbacks over an observer (models) or a plan (functions).
 * SPDX-License-Identifier: MIT */
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

struct du_gsl {
    du_observer *observer;          /* of a model, or */
    du_plan *plan;                  /* of a function */
    const du_function *function;
    const void *ctx;
    size_t n, p;                    /* outputs and inputs */
    du_memory memory;
    du_arena arena;
    double *at_f, *f, *at_j, *j;    /* the last point and result of each kind: f[n] and j[n*p] */
    double *point, *direction;
    int have_f, have_j;
    int status;
    char message[160];
};

static du_gsl *create(size_t n, size_t p, const du_options *options)
{
    du_options o = options ? *options : (du_options){ .ctx = NULL };
    du_memory memory = { .allocator = o.allocator, .cap = o.byte_cap };
    du_gsl *d = du_memory_alloc(&memory, sizeof *d);
    if (!d) return NULL;
    *d = (du_gsl){ .n = n, .p = p, .ctx = o.ctx, .memory = memory };
    d->arena.memory = &d->memory;
    double *block = n > (size_t)-1 / 64 / (p + 1) ? NULL
        : du_arena_alloc(&d->arena, (n + n * p + 4 * p) * sizeof *block);
    if (!block) {
        du_gsl_free(d);
        return NULL;
    }
    d->f = block;
    d->j = d->f + n;
    d->at_f = d->j + n * p;
    d->at_j = d->at_f + p;
    d->point = d->at_j + p;
    d->direction = d->point + p;
    return d;
}

static du_gsl *finish(du_gsl *d, int made, int status, const du_options *options)
{
    if (!d) status = status ? status : DU_ENOMEM;
    if (d && !made) {
        du_gsl_free(d);
        d = NULL;
    }
    if (options && options->status) *options->status = status;
    return d;
}

static du_options reporting(const du_options *options, int *status)
{
    du_options o = options ? *options : (du_options){ .ctx = NULL };
    o.status = status;
    return o;
}

du_gsl *du_gsl_model(const du_model *model, const du_data *data, size_t p, const du_options *options)
{
    int status = model && data && p ? DU_OK : DU_EINVAL;
    du_gsl *d = status ? NULL : create(data->rows, p, options);
    du_options o = reporting(options, &status);
    if (d) d->observer = du_observe(model, data, p, &o);
    return finish(d, d && d->observer, status, options);
}

du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m, const du_options *options)
{
    int status = f && n && m ? DU_OK : DU_EINVAL;
    du_gsl *d = status ? NULL : create(m, n, options);
    du_options o = reporting(options, &status);
    if (d) d->plan = du_plan_jacobian(f, n, m, &o);
    if (d) d->function = f;
    return finish(d, d && d->plan, status, options);
}

void du_gsl_free(du_gsl *d)
{
    if (!d) return;
    du_observer_free(d->observer);
    du_plan_free(d->plan);
    du_arena_free(&d->arena);
    du_memory memory = d->memory;
    du_memory_free(&memory, d, sizeof *d);
}

/* ---- statuses ---- */

int du_gsl_status(const du_gsl *d) { return d ? d->status : DU_EINVAL; }
const char *du_gsl_message(const du_gsl *d) { return d ? d->message : du_strerror(DU_EINVAL); }
void du_gsl_clear(du_gsl *d)
{
    if (!d) return;
    d->status = DU_OK;
    d->message[0] = '\0';
}

int du_gsl_code(int status)
{
    switch (status) {
    case DU_OK: return GSL_SUCCESS;
    case DU_EINVAL: return GSL_EINVAL;
    case DU_ENOMEM: case DU_ESLOTS: return GSL_ENOMEM;
    case DU_ENONFINITE: return GSL_EBADFUNC;
    case DU_ENOCONV: return GSL_EMAXITER;
    case DU_ESINGULAR: return GSL_ESING;
    default: return GSL_EFAILED;
    }
}

static int failed(du_gsl *d, int status)
{
    d->status = status;
    snprintf(d->message, sizeof d->message, "%s", du_strerror(status));
    return du_gsl_code(status);
}

static const char *spelt(double v) { return v != v ? "nan" : v > 0.0 ? "inf" : "-inf"; }

/* "output 17 (observation 18) is not finite; derivative with respect to parameter 2 is inf":
 * outputs and parameters count from 0, observations from 1. */
static int name_output(du_gsl *d, size_t i, double v)
{
    int used = snprintf(d->message, sizeof d->message, "output %zu", i);
    if (d->observer) used += snprintf(d->message + used, sizeof d->message - (size_t)used, " (observation %zu)", i + 1);
    snprintf(d->message + used, sizeof d->message - (size_t)used, " is not finite: %s", spelt(v));
    d->status = DU_ENONFINITE;
    return GSL_EBADFUNC;
}
static int name_derivative(du_gsl *d, size_t i, size_t j)
{
    double v = d->j[i * d->p + j];
    name_output(d, i, v);
    char *at = strstr(d->message, " is not finite");
    snprintf(at, sizeof d->message - (size_t)(at - d->message),
             " is not finite; derivative with respect to %s %zu is %s", d->observer ? "parameter" : "input", j, spelt(v));
    return GSL_EBADFUNC;
}

/* ---- values and Jacobian at a point, each computed once ---- */

static const double *gather(du_gsl *d, const gsl_vector *x, double *to)
{
    for (size_t j = 0; j < d->p; j++) to[j] = x->data[j * x->stride];
    return to;
}
static int same(const du_gsl *d, const double *a, const double *b) { return !memcmp(a, b, d->p * sizeof *a); }

static int compute_f(du_gsl *d, const double *x)
{
    if (d->have_f && same(d, d->at_f, x)) return GSL_SUCCESS;
    int status = DU_OK;
    d->have_f = 0;
    memcpy(d->at_f, x, d->p * sizeof *x);
    if (d->observer) status = du_observe_residuals(d->observer, x, d->f, 1);
    else d->function->f_double(x, d->p, d->f, d->n, d->ctx);
    if (status) return failed(d, status);
    for (size_t i = 0; i < d->n; i++) if (!isfinite(d->f[i])) return name_output(d, i, d->f[i]);
    d->have_f = 1;
    return GSL_SUCCESS;
}

static int compute_j(du_gsl *d, const double *x)
{
    if (d->have_j && same(d, d->at_j, x)) return GSL_SUCCESS;
    d->have_j = 0;
    memcpy(d->at_j, x, d->p * sizeof *x);
    int status;
    if (d->observer) status = du_observe_jacobian(d->observer, x, d->j, d->p);
    else {
        d->have_f = 0;
        status = du_run_jacobian(d->plan, x, d->f, d->j);
        memcpy(d->at_f, x, d->p * sizeof *x);
        d->have_f = !status;
    }
    if (status) return failed(d, status);
    for (size_t i = 0; i < d->n; i++)
        for (size_t j = 0; j < d->p; j++) if (!isfinite(d->j[i * d->p + j])) return name_derivative(d, i, j);
    d->have_j = 1;
    return GSL_SUCCESS;
}

/* ---- gsl_multifit_nlinear_fdf ---- */

static int nlinear_f(const gsl_vector *x, void *params, gsl_vector *f)
{
    du_gsl *d = params;
    int code = compute_f(d, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !code; i++) f->data[i * f->stride] = d->f[i];
    return code;
}

static int nlinear_df(const gsl_vector *x, void *params, gsl_matrix *jac)
{
    du_gsl *d = params;
    int code = compute_j(d, gather(d, x, d->point));
    for (size_t i = 0; i < d->n && !code; i++)
        memcpy(jac->data + i * jac->tda, d->j + i * d->p, d->p * sizeof *d->j);
    return code;
}

static int nlinear_fvv(const gsl_vector *x, const gsl_vector *v, void *params, gsl_vector *fvv)
{
    du_gsl *d = params;
    int status = du_observe_fvv(d->observer, gather(d, x, d->point), gather(d, v, d->direction), fvv->data, fvv->stride);
    if (status) return failed(d, status);
    for (size_t i = 0; i < d->n; i++)
        if (!isfinite(fvv->data[i * fvv->stride])) return name_output(d, i, fvv->data[i * fvv->stride]);
    return GSL_SUCCESS;
}

gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d)
{
    return (gsl_multifit_nlinear_fdf){ .f = nlinear_f, .df = nlinear_df, .fvv = nlinear_fvv,
                                       .n = d ? d->n : 0, .p = d ? d->p : 0, .params = d };
}

/* ---- gsl_function_fdf: its callbacks cannot return a code, so trouble is NaN and the status ---- */

static double scalar_f(double x, void *params)
{
    du_gsl *d = params;
    return compute_f(d, &x) ? (double)NAN : d->f[0];
}
static double scalar_df(double x, void *params)
{
    du_gsl *d = params;
    return compute_j(d, &x) ? (double)NAN : d->j[0];
}
static void scalar_fdf(double x, void *params, double *f, double *df)
{
    *df = scalar_df(x, params);
    *f = scalar_f(x, params);
}

gsl_function_fdf du_gsl_function_fdf(du_gsl *d)
{
    return (gsl_function_fdf){ .f = scalar_f, .df = scalar_df, .fdf = scalar_fdf, .params = d };
}
