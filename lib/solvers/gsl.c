/* lib/solvers/gsl.c - the adapter: a model's observer, a function's plans or an objective of
 * tensors, with the values and derivatives at the last points kept. SPDX-License-Identifier: MIT */
#include "adapter.h"
#include <duet/tensor.h>
#include <gsl/gsl_errno.h>
#include <string.h>

/* ---- statuses ---- */

int du_gsl_status(const du_gsl *d) { return d ? d->report.status : DU_ENOMEM; }
const char *du_gsl_message(const du_gsl *d)
{
    if (!d) return du_strerror(DU_ENOMEM);
    return d->report.status ? d->report.text : du_strerror(DU_OK);
}
void du_gsl_clear(du_gsl *d)
{
    if (d && !d->broken) d->report.status = DU_OK;
}

int du_gsl_code(int status)
{
    switch ((enum du_status)status) { /* without a default: the compiler names what is missing */
    case DU_OK: return GSL_SUCCESS;
    case DU_EINVAL:
    case DU_EKIND:
    case DU_ESOLVER:
    case DU_EWEIGHT: return GSL_EINVAL;
    case DU_ESHAPE:
    case DU_EROWS: return GSL_EBADLEN;
    case DU_ERANGE: return GSL_EDOM;
    case DU_ENOMEM:
    case DU_ESLOTS: return GSL_ENOMEM;
    case DU_ENONFINITE: return GSL_EBADFUNC;
    case DU_ENOCONV: return GSL_EMAXITER;
    case DU_ESINGULAR: return GSL_ESING;
    case DU_EMODE:
    case DU_EORDER: return GSL_EUNIMPL;
    case DU_EFOREIGN:
    case DU_ESTALE:
    case DU_ENOINDEP:
    case DU_EMISMATCH:
    case DU_EINPLACE:
    case DU_ENOGRAD:
    case DU_ELANES: return GSL_EFAILED;
    }
    return GSL_EFAILED;
}

static int failed(du_gsl *d, int status, const char *words)
{
    return du_gsl_code(du_report_set(&d->report, status, "%s", words));
}
int du_gsl_observer_failed(du_gsl *d, int status)
{
    int same = du_observer_status(d->observer) == status;
    return failed(d, status, same ? du_observer_message(d->observer) : du_strerror(status));
}
int du_gsl_plan_failed(du_gsl *d, const du_plan *plan, int status)
{
    int same = du_plan_status(plan) == status;
    return failed(d, status, same ? du_plan_message(plan) : du_strerror(status));
}
int du_gsl_tape_failed(du_gsl *d, int status)
{
    const char *words = d->tape && du_tape_status(d->tape) == status ? du_tape_message(d->tape)
                                                                     : du_strerror(status);
    return du_gsl_code(du_report_set(&d->report, status, "%s: %s", d->name, words));
}
int du_gsl_not_set(du_gsl *d, size_t i)
{
    return du_gsl_code(
        du_report_set(&d->report, DU_ENONFINITE, "output %zu of %s was not set", i, d->name));
}

/* ---- values and Jacobian at a point (points.h) ---- */

static int evaluate_model(void *owner, const double *x, double *f, double *j)
{
    du_gsl *d = owner;
    int status = j ? du_observe_jacobian(d->observer, x, f, j, d->p)
                   : du_observe_residuals(d->observer, x, f, 1);
    if (status) du_gsl_observer_failed(d, status);
    return status;
}

static int evaluate_function(void *owner, const double *x, double *f, double *j)
{
    du_gsl *d = owner;
    if (j) {
        int status = du_run_jacobian(d->plan, x, f, j);
        if (status) du_gsl_plan_failed(d, d->plan, status);
        return status;
    }
    for (size_t i = 0; i < d->n; i++) f[i] = DU_UNSET;
    d->function->f_double(x, d->p, f, d->n, d->ctx);
    for (size_t i = 0; i < d->n; i++) {
        if (!du_is_unset(f[i])) continue;
        du_gsl_not_set(d, i);
        return DU_ENONFINITE;
    }
    return DU_OK;
}

/* value and gradient of an objective of tensors */
static int evaluate_tensors(void *owner, const double *x, double *f, double *j)
{
    du_gsl *d = owner;
    du_tape_reset(d->tape);
    du_tensor parameters = du_tensor_new(d->tape, DU_SHAPE(d->p), x, 1);
    du_tensor y = d->objective(d->tape, parameters, d->ctx);
    if (!du_tape_status(d->tape) && du_tensor_size(y) != 1)
        return du_report_set(&d->report, DU_ESHAPE, "%s has %zu elements, not one", d->name,
                             du_tensor_size(y));
    int status = y.node ? du_backward(y) : du_tape_status(d->tape); /* a C number has gradient 0 */
    const double *gradient = du_tensor_grad(parameters);
    if (status) {
        du_gsl_tape_failed(d, status);
        return status;
    }
    *f = du_tensor_value(y);
    if (gradient) memcpy(j, gradient, d->p * sizeof *j);
    else memset(j, 0, d->p * sizeof *j);
    return DU_OK;
}

/* ---- making and freeing ---- */

static du_gsl *create(du_allocator allocator, size_t byte_cap)
{
    du_memory memory = { .allocator = allocator, .cap = byte_cap };
    du_gsl *d = du_memory_alloc(&memory, sizeof *d);
    if (!d) return NULL;
    *d = (du_gsl){ .memory = memory };
    d->arena.memory = &d->memory;
    return d;
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

/* NULL when the status is that memory is out, else an adapter that may be broken */
static du_gsl *finish(du_gsl *d, int status)
{
    if (status == DU_ENOMEM) {
        du_gsl_free(d);
        return NULL;
    }
    d->broken = status != DU_OK;
    return d;
}

/* The arrays of n outputs and p inputs, which are known to be valid. */
static int allocate(du_gsl *d, size_t n, size_t p, du_points_evaluate *evaluate,
                    du_points_mode mode)
{
    d->points = (du_points){ .evaluate = evaluate,
                             .owner = d,
                             .mode = mode,
                             .n = n,
                             .p = p,
                             .observations = d->model != NULL,
                             .arena = &d->arena,
                             .report = &d->report };
    if (du_points_init(&d->points)) return DU_ENOMEM;
    const struct {
        double **member;
        size_t count;
    } arrays[] = {
        { &d->at_q, p },      { &d->gradient, p }, { &d->point, p },
        { &d->direction, p }, { &d->outputs, n },  { &d->product, n > p ? n : p },
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i].member = du_arena_alloc(&d->arena, arrays[i].count * sizeof(double));
        if (!*arrays[i].member) return DU_ENOMEM;
    }
    d->n = n;
    d->p = p;
    return DU_OK;
}

static int make_tape(du_gsl *d)
{
    du_tape_options o = { .allocator = d->memory.allocator, .byte_cap = d->memory.cap };
    d->tape = du_tape_new(&o);
    return d->tape ? DU_OK : DU_ENOMEM;
}

du_gsl *du_gsl_model(const du_model *model, const du_data *data, size_t p,
                     const du_observer_options *options)
{
    du_observer_options o = options ? *options : (du_observer_options){ .ctx = NULL };
    du_gsl *d = create(o.allocator, o.byte_cap);
    if (!d) return NULL;
    if (!model || !data)
        return finish(d,
                      du_report_set(&d->report, DU_EINVAL,
                                    "an adapter needs a model and data: the %s NULL",
                                    model ? "data are" : "model is"));
    d->model = model;
    d->name = model->name;
    d->observer = du_observer_new(model, data, p, &o);
    int status = du_observer_status(d->observer);
    if (status) du_gsl_observer_failed(d, status);
    else status = allocate(d, data->rows, p, evaluate_model, DU_POINTS_ADAPTIVE);
    return finish(d, status);
}

/* The plans and scratch of all structs, so that no callback allocates. */
static int prepare_function(du_gsl *d, const du_function *f, size_t n, size_t m,
                            const du_plan_options *o)
{
    du_plan_options product = *o; /* a forced mode is about the Jacobian */
    product.mode = DU_AUTO;
    product.chunk = 0;
    d->plan = du_plan_jacobian(f, n, m, o);
    d->jvp = du_plan_jvp(f, n, m, &product);
    d->vjp = du_plan_vjp(f, n, m, &product);
    const du_plan *plans[] = { d->plan, d->jvp, d->vjp };
    for (size_t i = 0; i < 3; i++) {
        int status = du_plan_status(plans[i]);
        if (status) du_gsl_plan_failed(d, plans[i], status);
        if (status) return status;
    }
    d->function = f;
    d->name = f->name;
    int status = allocate(d, m, n, evaluate_function, DU_POINTS_BOTH_WITH_J);
    if (status) return status;
    d->jets = du_arena_alloc(&d->arena, (n + m) * sizeof *d->jets);
    d->vars = du_arena_alloc(&d->arena, (n + m) * sizeof *d->vars);
    d->rows = du_arena_alloc(&d->arena, DU_GSL_ROWS * n * sizeof *d->rows);
    return d->jets && d->vars && d->rows ? make_tape(d) : DU_ENOMEM;
}

du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m, const du_plan_options *options)
{
    du_plan_options o = options ? *options : (du_plan_options){ .ctx = NULL };
    du_gsl *d = create(o.allocator, o.byte_cap);
    if (!d) return NULL;
    d->ctx = o.ctx;
    return finish(d, prepare_function(d, f, n, m, &o));
}

du_gsl *du_gsl_tensors(du_tensor_objective *objective, size_t n, const du_plan_options *options)
{
    du_plan_options o = options ? *options : (du_plan_options){ .ctx = NULL };
    du_gsl *d = create(o.allocator, o.byte_cap);
    if (!d) return NULL;
    if (!objective || !n)
        return finish(d,
                      du_report_set(&d->report, DU_EINVAL,
                                    "an adapter needs an objective and parameters: n = %zu%s", n,
                                    objective ? "" : ", the objective is NULL"));
    d->ctx = o.ctx;
    d->objective = objective;
    d->name = "the objective";
    int status = allocate(d, 1, n, evaluate_tensors, DU_POINTS_BOTH_ALWAYS);
    return finish(d, status ? status : make_tape(d));
}
