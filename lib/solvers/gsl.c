/* lib/gsl.c - the adapter: a model's observer or a function's plan, with the values and derivatives
 * at the last points kept, and statuses that name output and input. SPDX-License-Identifier: MIT */
#include "gsl_adapter.h"
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

static du_gsl *create(size_t n, size_t p, const du_options *options)
{
    du_options o = options ? *options : (du_options){ .ctx = NULL };
    du_memory memory = { .allocator = o.allocator, .cap = o.byte_cap };
    du_gsl *d = du_memory_alloc(&memory, sizeof *d);
    if (!d) return NULL;
    *d = (du_gsl){ .n = n, .p = p, .ctx = o.ctx, .memory = memory };
    d->arena.memory = &d->memory;
    size_t most = n > p ? n : p;
    double *block = n > (size_t)-1 / 64 / (p + 1) ? NULL
        : du_arena_alloc(&d->arena, (2 * n + most + 6 * p) * sizeof *block);
    if (!block) {
        du_gsl_free(d);
        return NULL;
    }
    double **parts[] = { &d->f, &d->at_f, &d->at_j, &d->at_q, &d->gradient, &d->point, &d->direction, &d->outputs, &d->product };
    size_t sizes[] = { n, p, p, p, p, p, p, n, most };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; block += sizes[i], i++) *parts[i] = block;
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
    if (d) d->observer = du_observer_new(model, data, p, &o);
    return finish(d, d && d->observer, status, options);
}

/* The plans and scratch of all structs, so that no callback allocates. */
static int prepare_function(du_gsl *d, const du_function *f, size_t n, size_t m, const du_options *o)
{
    du_options product = *o; /* a forced mode is about the Jacobian */
    product.mode = DU_AUTO;
    product.chunk = 0;
    d->function = f;
    d->plan = du_plan_jacobian(f, n, m, o);
    if (!d->plan) return *o->status;
    d->jvp = du_plan_jvp(f, n, m, &product);
    d->vjp = d->jvp ? du_plan_vjp(f, n, m, &product) : NULL;
    if (!d->vjp) return *o->status;
    d->jets = du_arena_alloc(&d->arena, (n + m) * sizeof *d->jets);
    d->vars = du_arena_alloc(&d->arena, (n + m) * sizeof *d->vars);
    d->rows = du_arena_alloc(&d->arena, DU_GSL_ROWS * n * sizeof *d->rows);
    d->tape = du_tape_new(&(du_tape_options){ .allocator = o->allocator, .byte_cap = o->byte_cap });
    return d->jets && d->vars && d->rows && d->tape ? DU_OK : DU_ENOMEM;
}

du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m, const du_options *options)
{
    int status = f && n && m ? DU_OK : DU_EINVAL;
    du_gsl *d = status ? NULL : create(m, n, options);
    du_options o = reporting(options, &status);
    if (d) status = prepare_function(d, f, n, m, &o);
    return finish(d, d && !status, status, options);
}

du_gsl *du_gsl_tensors(du_tensor_objective *objective, size_t n, const du_options *options)
{
    int status = objective && n ? DU_OK : DU_EINVAL;
    du_gsl *d = status ? NULL : create(1, n, options);
    du_options o = reporting(options, &status);
    if (d) {
        d->objective = objective;
        d->tape = du_tape_new(&(du_tape_options){ .allocator = o.allocator, .byte_cap = o.byte_cap });
        if (!d->tape) status = DU_ENOMEM;
    }
    return finish(d, d && !status, status, options);
}

void du_gsl_free(du_gsl *d)
{
    if (!d) return;
    du_observer_free(d->observer);
    du_plan_free(d->plan);
    du_plan_free(d->jvp);
    du_plan_free(d->vjp);
    du_tape_free(d->tape);
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

int du_gsl_failed(du_gsl *d, int status)
{
    d->status = status;
    snprintf(d->message, sizeof d->message, "%s", du_strerror(status));
    return du_gsl_code(status);
}

static const char *spelt(double v) { return v != v ? "nan" : v > 0.0 ? "inf" : "-inf"; }

/* "output 17 (observation 18) is not finite": outputs count from 0, observations from 1. The characters
 * written; what comes after is the caller's. */
static int begin_name(du_gsl *d, size_t i)
{
    d->status = DU_ENONFINITE;
    return d->observer ? snprintf(d->message, sizeof d->message, "output %zu (observation %zu) is not finite", i, i + 1)
                       : snprintf(d->message, sizeof d->message, "output %zu is not finite", i);
}
int du_gsl_name_output(du_gsl *d, size_t i, double v)
{
    int used = begin_name(d, i);
    snprintf(d->message + used, sizeof d->message - (size_t)used, ": %s", spelt(v));
    return GSL_EBADFUNC;
}
static int name_derivative(du_gsl *d, size_t i, size_t j)
{
    int used = begin_name(d, i);
    snprintf(d->message + used, sizeof d->message - (size_t)used, "; derivative with respect to %s %zu is %s",
             d->observer ? "parameter" : "input", j, spelt(d->j[i * d->p + j]));
    return GSL_EBADFUNC;
}

/* ---- values and Jacobian at a point, each computed once ---- */

static int same(const du_gsl *d, const double *a, const double *b) { return !memcmp(a, b, d->p * sizeof *a); }

/* Residuals of a model. A solver whose steps are mostly taken wants J wherever it wanted f: then both come
 * from one pass, for the price of J. */
enum { ONE_PASS = 16 };
static int observe(du_gsl *d, const double *x)
{
    d->points++;
    d->counted = 0;
    if (!d->j || d->p > ONE_PASS || 2 * d->both <= d->points) return du_observe_residuals(d->observer, x, d->f, 1);
    int status = du_observe_both(d->observer, x, d->f, d->j, d->p);
    memcpy(d->at_j, x, d->p * sizeof *x);
    d->have_j = !status && du_real_all_finite(d->j, d->n * d->p);
    return status;
}

int du_gsl_compute_f(du_gsl *d, const double *x)
{
    if (d->have_f && same(d, d->at_f, x)) return GSL_SUCCESS;
    int status = DU_OK;
    d->have_f = 0;
    memcpy(d->at_f, x, d->p * sizeof *x);
    if (d->observer) status = observe(d, x);
    else if (d->objective) return du_gsl_compute_j(d, x);
    else d->function->f_double(x, d->p, d->f, d->n, d->ctx);
    if (status) return du_gsl_failed(d, status);
    if (!du_real_all_finite(d->f, d->n))
        for (size_t i = 0; i < d->n; i++) if (!isfinite(d->f[i])) return du_gsl_name_output(d, i, d->f[i]);
    d->have_f = 1;
    return GSL_SUCCESS;
}

/* value and gradient of a tensor objective, together */
static int compute_tensors(du_gsl *d, const double *x)
{
    du_tape_reset(d->tape);
    d->have_f = 0;
    du_tensor parameters = du_tensor_new(d->tape, DU_SHAPE(d->p), x, 1), y = d->objective(d->tape, parameters, d->ctx);
    int status = du_backward(y);
    if (status) return status;
    memcpy(d->at_f, x, d->p * sizeof *x);
    memcpy(d->j, du_tensor_grad(parameters), d->p * sizeof *x);
    d->f[0] = du_tensor_value(y);
    d->have_f = 1;
    return DU_OK;
}

int du_gsl_compute_j(du_gsl *d, const double *x)
{
    if (d->have_f && !d->counted && same(d, d->at_f, x)) d->both += (size_t)(d->counted = 1);
    if (d->have_j && same(d, d->at_j, x)) return GSL_SUCCESS;
    d->have_j = 0;
    /* J itself at first use: multilarge never asks for it */
    if (!d->j && !(d->j = du_arena_alloc(&d->arena, d->n * d->p * sizeof *d->j))) return du_gsl_failed(d, DU_ENOMEM);
    memcpy(d->at_j, x, d->p * sizeof *x);
    int status;
    if (d->observer) status = du_observe_jacobian(d->observer, x, d->j, d->p);
    else if (d->objective) status = compute_tensors(d, x);
    else {
        d->have_f = 0;
        status = du_run_jacobian(d->plan, x, d->f, d->j);
        memcpy(d->at_f, x, d->p * sizeof *x);
        d->have_f = !status;
    }
    if (status) return du_gsl_failed(d, status);
    for (size_t i = 0; !d->observer && i < d->n; i++)
        if (!isfinite(d->f[i])) return d->have_f = 0, du_gsl_name_output(d, i, d->f[i]);
    if (!du_real_all_finite(d->j, d->n * d->p))
        for (size_t k = 0; k < d->n * d->p; k++)
            if (!isfinite(d->j[k])) return name_derivative(d, k / d->p, k % d->p);
    d->have_j = 1;
    return GSL_SUCCESS;
}
