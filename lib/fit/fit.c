/* lib/fit/fit.c - a fit from its arguments to its results. SPDX-License-Identifier: MIT */
#include "fitter.h"
#include <duet/detail/descriptor.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

int du_fit_observer_failed(du_fitter *t, int status)
{
    if (du_observer_status(t->observer) != status) return du_report_status(&t->report, status);
    return du_report_set(&t->report, status, "%s", du_observer_message(t->observer));
}

/* ---- arguments ---- */

static int check_arguments(du_fitter *t, const du_model *model, const du_data *data)
{
    const char *null = !model ? ", the model is NULL"
        : !data               ? ", the data are NULL"
        : !t->start           ? ", the start is NULL"
                              : "";
    if (*null || t->p == 0)
        return du_report_set(&t->report, DU_EINVAL,
                             "a fit needs a model, data, parameters and their start: p = %zu%s",
                             t->p, null);
    if (t->p > DU_FIT_MOST_PARAMETERS)
        return du_report_set(&t->report, DU_ERANGE, "%s: %zu parameters: a fit has at most %d",
                             model->name, t->p, DU_FIT_MOST_PARAMETERS);
    return DU_OK;
}

/* Arrays of p and of p*p numbers, all zero. */
static int allocate(du_fitter *t)
{
    size_t p = t->p;
    const struct {
        double **member;
        size_t count;
    } arrays[] = {
        { &t->trial, p },          { &t->gradient, p },
        { &t->trial_gradient, p }, { &t->step, p },
        { &t->best, p },           { &t->scale, p },
        { &t->residual, p },       { &t->solution, p },
        { &t->hessian, p * p },    { &t->trial_hessian, p * p },
        { &t->damped, p * p },     { &t->factor, p * p },
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        double *block = du_arena_alloc(&t->arena, arrays[i].count * sizeof *block);
        if (!block) return du_report_status(&t->report, DU_ENOMEM);
        memset(block, 0, arrays[i].count * sizeof *block);
        *arrays[i].member = block;
    }
    return DU_OK;
}

static int prepare(du_fitter *t, const du_model *model, const du_data *data)
{
    int status = check_arguments(t, model, data);
    if (status) return status;
    t->name = model->name;
    t->rows = data->rows;
    t->observer = du_observer_new(model, data, t->p, &t->options->observer);
    status = du_observer_status(t->observer);
    if (status) return du_fit_observer_failed(t, status);
    if (t->rows < t->p)
        return du_report_set(&t->report, DU_EROWS,
                             "%s: %zu observations cannot determine %zu parameters", t->name,
                             t->rows, t->p);
    t->memory.allocator = t->options->observer.allocator;
    t->memory.cap = t->options->observer.byte_cap;
    t->arena.memory = &t->memory;
    return allocate(t);
}

/* ---- results ---- */

/* observations of positive weight less parameters, as R counts them */
static size_t freedom_of(const du_data *data, size_t p)
{
    size_t n = data->rows;
    for (size_t i = 0; data->weights && i < data->rows; i++) n -= data->weights[i] == 0.0;
    return n > p ? n - p : 0;
}

/* sum of w y^2: what the sum of squares is of a model that says 0 */
static double size_of_response(const du_data *data)
{
    double s = 0.0;
    for (size_t i = 0; data->y && i < data->rows; i++)
        s += (data->weights ? data->weights[i] : 1.0) * data->y[i] * data->y[i];
    return s;
}

/* One block, which the caller frees by du_fit_free. */
static int allocate_results(du_fitter *t, du_fit *fit)
{
    size_t p = t->p;
    fit->b = calloc(2 * p + p * p + t->rows, sizeof *fit->b);
    if (!fit->b) return du_report_status(&t->report, DU_ENOMEM);
    fit->se = fit->b + p;
    fit->covariance = fit->se + p;
    fit->residuals = fit->covariance + p * p;
    return DU_OK;
}

static int run(du_fitter *t, const du_data *data, du_fit *fit)
{
    fit->rows = t->rows;
    fit->p = t->p;
    fit->likelihood = !data->y;
    fit->freedom = freedom_of(data, t->p);
    t->natural = size_of_response(data);
    int status = allocate_results(t, fit);
    if (!status)
        status = fit->likelihood ? du_fit_maximum_likelihood(t, fit) : du_fit_least_squares(t, fit);
    if (status) return status;
    memcpy(fit->b, t->best, t->p * sizeof *fit->b);
    status = du_observe_residuals(t->observer, fit->b, fit->residuals, 1);
    return status ? du_fit_observer_failed(t, status) : DU_OK;
}

int du_fit_model(const du_model *model, const du_data *data, size_t p, const double start[],
                 const du_fit_options *options, du_fit *fit)
{
    if (!fit) return DU_EINVAL;
    du_fit_options defaults = { .max_iterations = 0 };
    du_fitter t = { .options = options ? options : &defaults, .p = p, .start = start };
    du_fit result = { .rows = 0 };
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    int status = prepare(&t, model, data);
    if (!status) status = run(&t, data, &result);
    gsl_set_error_handler(handler);
    if (status) du_fit_free(&result);
    if (!status) du_report_status(&t.report, DU_OK);
    result.status = status;
    memcpy(result.message, t.report.text, sizeof result.message);
    *fit = result;
    du_observer_free(t.observer);
    du_arena_free(&t.arena);
    return status;
}

void du_fit_free(du_fit *fit)
{
    if (!fit) return;
    free(fit->b);
    *fit = (du_fit){ .rows = 0 };
}
