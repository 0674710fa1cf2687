/* tests/test_shapes.c - declared shapes: every wrong count in every driver and adapter is a status
 * with a message, and so is an output that the body leaves unset, in every strategy.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <duet/fit.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>
#include "polar.inc"
#include "polar_inverse.inc"
#include "strategies.h"

enum { ROWS = 20, TASKS = DU_HVP + 1 };
#define COUNT(a) (sizeof(a) / sizeof *(a))

DU_FUNCTION(pair, x[2], y[2], y[0] = du_mul(x[0], x[1]); y[1] = du_add(x[0], x[1]);)
DU_FUNCTION(one, x[2], y[1], y[0] = du_mul(x[0], x[1]);)
DU_FUNCTION(any, x[], y[], for (size_t i = 0; i < m; i++) y[i] = du_mul(x[0], x[n - 1]);)
DU_FUNCTION_OF(polar, x[2], y[2]);
DU_FUNCTION_OF(polar_inverse, x[2], y[2]);
DU_SCALAR_MODEL_OF(spiral, b[2], x[2], y[1]);
DU_MODEL(line, b[2], x[1], y[1], y[0] = du_add(b[0], du_mul(b[1], x[0]));)
DU_MODEL(two_of_line, b[2], x[1], y[2], y[0] = du_mul(b[1], x[0]); y[1] = b[0];)
/* these take what they are given */
DU_MODEL(any_line, b[], x[], y[], y[0] = du_add(b[0], du_mul(b[p - 1], x[0]));)
DU_SCALAR_MODEL(any_scalar_line, b[], x[], y[], y[0] = du_add(b[0], du_mul(b[p - 1], x[0]));)

static double X[2 * ROWS], Y[ROWS], U[ROWS];
static const double B[2] = { 1.0, 2.0 }, V[ROWS] = { 1.0, -1.0 };
static du_data data_of(size_t rows, size_t cols)
{
    return (du_data){ .rows = rows, .cols = cols, .x = X, .y = Y };
}
static void fill(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        X[i] = X[i + ROWS] = 1.0 + (double)i;
        Y[i] = 3.0 * X[i] - 1.0;
        U[i] = 1.0;
    }
}
TestSuite(shapes, .init = fill);
TestSuite(unset, .init = fill);

/* outputs that nothing may be written to */
typedef struct { double v[ROWS * ROWS]; } outputs;
static outputs untouched(void)
{
    outputs o;
    for (size_t i = 0; i < COUNT(o.v); i++) o.v[i] = 42.0;
    return o;
}
static int touched(const outputs *o)
{
    for (size_t i = 0; i < COUNT(o->v); i++) if (o->v[i] != 42.0) return 1;
    return 0;
}

/* ---- plans ---- */

typedef struct { const char *name; int values; } task_about;
static const task_about tasks[TASKS] = {
    [DU_GRADIENT] = { "gradient", 1 }, [DU_JACOBIAN] = { "Jacobian", 0 },
        [DU_HESSIAN] = { "Hessian", 1 },
    [DU_JVP] = { "J v", 0 }, [DU_VJP] = { "J^T w", 0 }, [DU_HVP] = { "H v", 1 },
};
static int is_task(int k) { return tasks[k].name != NULL; }

/* m applies to those of several outputs */
static du_plan *make_plan(int task, const du_function *f, size_t n, size_t m,
                          const du_plan_options *o)
{
    switch (task) {
    case DU_GRADIENT: return du_plan_gradient(f, n, o);
    case DU_JACOBIAN: return du_plan_jacobian(f, n, m, o);
    case DU_HESSIAN: return du_plan_hessian(f, n, o);
    case DU_JVP: return du_plan_jvp(f, n, m, o);
    case DU_VJP: return du_plan_vjp(f, n, m, o);
    default: return du_plan_hvp(f, n, o);
    }
}
static int run_plan(int task, du_plan *p, const double *x, double *y, double *first, double *second)
{
    switch (task) {
    case DU_GRADIENT: return du_run_gradient(p, x, y, first);
    case DU_JACOBIAN: return du_run_jacobian(p, x, y, first);
    case DU_HESSIAN: return du_run_hessian(p, x, y, first, second);
    case DU_JVP: return du_run_jvp(p, x, V, y, first);
    case DU_VJP: return du_run_vjp(p, x, V, y, first);
    default: return du_run_hvp(p, x, V, y, first, second);
    }
}
static int in_one_call(int task, const du_function *f, size_t n, size_t m, const double *x,
                       double *y, double *first, double *second)
{
    switch (task) {
    case DU_GRADIENT: return du_gradient(f, n, x, NULL, y, first);
    case DU_JACOBIAN: return du_jacobian(f, n, m, x, NULL, y, first);
    case DU_HESSIAN: return du_hessian(f, n, x, NULL, y, first, second);
    case DU_JVP: return du_jvp(f, n, m, x, V, NULL, y, first);
    case DU_VJP: return du_vjp(f, n, m, x, V, NULL, y, first);
    default: return du_hvp(f, n, x, V, NULL, y, first, second);
    }
}

/* a plan and the call without one are refused in the same words, in every task it is wrong for */
static void refused(int task, const du_function *f, size_t n, size_t m, int status,
                    const char *message)
{
    outputs y = untouched(), first = y, second = y;
    du_plan *p = make_plan(task, f, n, m, NULL);
    cr_assert_not_null(p);
    cr_expect_eq(du_plan_status(p), status, "%s: %s", tasks[task].name, du_plan_message(p));
    cr_expect_str_eq(du_plan_message(p), message);
    cr_expect_eq(run_plan(task, p, B, y.v, first.v, second.v), status);
    cr_expect_str_eq(du_plan_message(p), message);
    du_plan_free(p);
    cr_expect_eq(in_one_call(task, f, n, m, B, y.v, first.v, second.v), status, "%s",
        tasks[task].name);
    cr_expect(!touched(&y) && !touched(&first) && !touched(&second));
}

Test(shapes, of_functions_in_every_task)
{
    for (int task = 0; task < TASKS; task++) {
        if (!is_task(task)) continue;
        const du_function *f = tasks[task].values ? &one : &pair;
        size_t m = tasks[task].values ? 1 : 2;
        char message[120];
        for (size_t n = 1; n <= 3; n += 2) {
            snprintf(message, sizeof message, "%s has 2 inputs, not %zu", f->name, n);
            refused(task, f, n, m, DU_ESHAPE, message);
            snprintf(message, sizeof message, "polar has 2 inputs, not %zu", n);
            refused(task, &polar, n, m, DU_ESHAPE, message);
        }
        snprintf(message, sizeof message,
            "a plan needs a function, inputs and outputs: n = 0, m = %zu", m);
        refused(task, f, 0, m, DU_EINVAL, message);
        snprintf(message, sizeof message,
            "a plan needs a function, inputs and outputs: n = 2, m = %zu, the function is NULL",
            m);
        refused(task, NULL, 2, m, DU_EINVAL, message);
        if (tasks[task].values) {
            refused(task, &pair, 2, 1, DU_ESHAPE, "pair has 2 outputs, not 1");
            refused(task, &polar, 2, 1, DU_ESHAPE, "polar has 2 outputs, not 1");
        } else {
            refused(task, &pair, 2, 1, DU_ESHAPE, "pair has 2 outputs, not 1");
            refused(task, &pair, 2, 3, DU_ESHAPE, "pair has 2 outputs, not 3");
            refused(task, &polar, 2, 3, DU_ESHAPE, "polar has 2 outputs, not 3");
            refused(task, &one, 2, 2, DU_ESHAPE, "one has 1 outputs, not 2");
            refused(task, &pair, 2, 0, DU_EINVAL,
                "a plan needs a function, inputs and outputs: n = 2, m = 0");
        }
    }
}

/* What no memory could hold is a lack of memory, not an overflow. (The sanitizer's malloc ends the
 * program.) */
#ifdef __SANITIZE_ADDRESS__
#define HAS_MALLOC_OF_ANY_SIZE .disabled = true
#else
#define HAS_MALLOC_OF_ANY_SIZE .disabled = false
#endif
Test(shapes, counts_beyond_all_memory, HAS_MALLOC_OF_ANY_SIZE)
{
    const size_t most = (size_t)-1, counts[] = { most, most / 2 + 1, most / 8, most / 64 };
    double one_number = 42.0;
    for (size_t i = 0; i < COUNT(counts); i++) {
        for (int task = 0; task < TASKS; task++) {
            if (!is_task(task)) continue;
            du_plan *p = make_plan(task, &any, counts[i], 1, NULL);
            cr_expect_eq(du_plan_status(p), DU_ENOMEM, "%s of %zu", tasks[task].name, counts[i]);
            du_plan_free(p);
            cr_expect_eq(in_one_call(task, &any, counts[i], 1, &one_number, &one_number,
                &one_number, &one_number), DU_ENOMEM);
        }
        cr_expect_eq(du_jacobian(&any, 1, counts[i], &one_number, NULL, &one_number, &one_number),
            DU_ENOMEM);
        cr_expect_eq(du_check(&any, counts[i], 1, &one_number, NULL, NULL), DU_ENOMEM);
        cr_expect_eq(du_check(&any, 1, counts[i], &one_number, NULL, NULL), DU_ENOMEM);
        du_gsl *d = du_gsl_function(&any, counts[i], 1, NULL), *e = du_gsl_function(&any, 1,
            counts[i], NULL);
        cr_expect(du_gsl_status(d) == DU_ENOMEM && du_gsl_status(e) == DU_ENOMEM);
    }
    cr_expect_eq(one_number, 42.0);
}

Test(shapes, a_plan_of_another_task)
{
    for (int made = 0; made < TASKS; made++) for (int asked = 0; asked < TASKS; asked++) {
        if (!is_task(made) || !is_task(asked) || made == asked) continue;
        outputs y = untouched(), first = y, second = y;
        char message[120];
        du_plan *p = make_plan(made, &one, 2, 1, NULL);
        snprintf(message, sizeof message, "one: the plan computes the %s, not the %s",
            tasks[made].name, tasks[asked].name);
        cr_expect_eq(run_plan(asked, p, B, y.v, first.v, second.v), DU_EKIND);
        cr_expect_str_eq(du_plan_message(p), message);
        cr_expect(!touched(&y) && !touched(&first) && !touched(&second));
        /* its own it still does */
        cr_expect_eq(run_plan(made, p, B, y.v, first.v, second.v), DU_OK);
        cr_expect_str_eq(du_plan_message(p), "no error");
        du_plan_free(p);
    }
}

Test(shapes, of_a_check)
{
    du_check_report report;
    cr_expect_eq(du_check(&pair, 3, 2, X, NULL, &report), DU_ESHAPE);
    cr_expect_eq(report.status, DU_ESHAPE);
    cr_expect_eq(du_check(&pair, 2, 1, X, NULL, &report), DU_ESHAPE);
    cr_expect_eq(du_check(&pair, 1, 2, X, NULL, NULL), DU_ESHAPE);
    cr_expect_eq(du_check(&polar, 2, 3, X, NULL, NULL), DU_ESHAPE);
    cr_expect_eq(du_check(&pair, 0, 2, X, NULL, NULL), DU_EINVAL);
    cr_expect_eq(du_check(&pair, 2, 0, X, NULL, NULL), DU_EINVAL);
    cr_expect_eq(du_check(NULL, 2, 2, X, NULL, NULL), DU_EINVAL);
    cr_expect_eq(du_check(&pair, 2, 2, NULL, NULL, NULL), DU_EINVAL);
    cr_expect_eq(du_check(&pair, 2, 2, X, NULL, NULL), DU_OK);
    cr_expect_eq(du_check(&polar, 2, 2, X, NULL, NULL), DU_OK);
}

/* ---- observers ---- */

typedef enum { RESIDUALS, JACOBIAN, JV, JTU, NORMAL, FVV, OBJECTIVE, CURVATURE, HV, EACH,
    QUESTIONS } question;

static int ask(question k, du_observer *o, const double *b, double *first, double *second,
               double *third)
{
    switch (k) {
    case RESIDUALS: return du_observe_residuals(o, b, first, 1);
    case JACOBIAN: return du_observe_jacobian(o, b, first, second, 2);
    case JV: return du_observe_jv(o, b, V, first, 1);
    case JTU: return du_observe_jtu(o, b, U, 1, first);
    case NORMAL: return du_observe_normal(o, b, first, 2, second);
    case FVV: return du_observe_fvv(o, b, V, first, 1);
    case OBJECTIVE: return du_observe_objective(o, b, first, second);
    case CURVATURE: return du_observe_curvature(o, b, first, second, third);
    case HV: return du_observe_hv(o, b, V, first, second, third);
    default: return du_observe_each(o, b, first, second);
    }
}

/* an observer refuses every question in the same words */
static void mute(du_observer *o, int status, const char *message)
{
    cr_assert_not_null(o);
    cr_expect_eq(du_observer_status(o), status);
    cr_expect_str_eq(du_observer_message(o), message);
    for (int k = 0; k < QUESTIONS; k++) {
        outputs a = untouched(), b = a, c = a;
        cr_expect_eq(ask((question)k, o, X, a.v, b.v, c.v), status, "question %d", k);
        cr_expect_str_eq(du_observer_message(o), message);
        cr_expect(!touched(&a) && !touched(&b) && !touched(&c));
    }
    cr_expect_eq(du_observer_explain(o, stdout), status);
    du_observer_free(o);
}

/* the same of an adapter and of a fit */
static void model_refused(const du_model *model, const du_data *data, size_t p, int status,
                          const char *message)
{
    du_fit fit;
    mute(du_observer_new(model, data, p, NULL), status, message);
    du_gsl *d = du_gsl_model(model, data, p, NULL);
    cr_expect_eq(du_gsl_status(d), status);
    cr_expect_str_eq(du_gsl_message(d), message);
    cr_expect(du_gsl_multifit_nlinear(d).n == 0 && du_gsl_multimin(d).n == 0);
    du_gsl_free(d);
    cr_expect_eq(du_fit_model(model, data, p, X, NULL, &fit), status);
    cr_expect(fit.status == status && !fit.b);
    cr_expect_str_eq(fit.message, message);
}

Test(shapes, of_models)
{
    du_data none = data_of(ROWS, 0), good = data_of(ROWS, 1), wide = data_of(ROWS, 2);
    /* one start too few */
    model_refused(&line, &good, 1, DU_ESHAPE, "line has 2 parameters, not 1");
    model_refused(&line, &good, 3, DU_ESHAPE, "line has 2 parameters, not 3");
    model_refused(&line, &none, 2, DU_ESHAPE, "line has 1 columns, not 0");
    model_refused(&line, &wide, 2, DU_ESHAPE, "line has 1 columns, not 2");
    model_refused(&two_of_line, &good, 2, DU_ESHAPE, "two_of_line has 2 outputs, not 1");
    model_refused(&spiral, &wide, 1, DU_ESHAPE, "spiral has 2 parameters, not 1");
    model_refused(&spiral, &good, 2, DU_ESHAPE, "spiral has 2 columns, not 1");
    du_data empty = data_of(0, 1);
    model_refused(&line, &empty, 2, DU_EINVAL,
        "line: the data have 0 rows, 1 columns and an array");
    du_observer *o = du_observer_new(&any_line, &good, 1, NULL), *q = du_observer_new(&any_line,
        &wide, 2, NULL);
    cr_expect(du_observer_status(o) == DU_OK && du_observer_status(q) == DU_OK);
    du_observer_free(o);
    du_observer_free(q);
}

Test(shapes, of_maps)
{
    mute(du_observer_map(&two_of_line, ROWS, 1, X, 3, 2, NULL), DU_ESHAPE,
        "two_of_line has 2 parameters, not 3");
    mute(du_observer_map(&two_of_line, ROWS, 1, X, 2, 1, NULL), DU_ESHAPE,
        "two_of_line has 2 outputs, not 1");
    mute(du_observer_map(&two_of_line, ROWS, 1, X, 2, 3, NULL), DU_ESHAPE,
        "two_of_line has 2 outputs, not 3");
    mute(du_observer_map(&two_of_line, ROWS, 0, NULL, 2, 2, NULL), DU_ESHAPE,
        "two_of_line has 1 columns, not 0");
    mute(du_observer_map(&two_of_line, ROWS, 2, X, 2, 2, NULL), DU_ESHAPE,
        "two_of_line has 1 columns, not 2");
    mute(du_observer_map(&two_of_line, ROWS, 1, X, 0, 2, NULL), DU_EINVAL,
        "an observer needs a model, parameters and outputs: p = 0, m = 2");
    mute(du_observer_map(&two_of_line, ROWS, 1, X, 2, 0, NULL), DU_EINVAL,
        "an observer needs a model, parameters and outputs: p = 2, m = 0");
    mute(du_observer_map(NULL, ROWS, 1, X, 2, 2, NULL), DU_EINVAL,
        "an observer needs a model, parameters and outputs: p = 2, m = 2, the model is NULL");
    mute(du_observer_map(&two_of_line, 0, 1, X, 2, 2, NULL), DU_EINVAL,
        "two_of_line: the data have 0 rows, 1 columns and an array");
    mute(du_observer_map(&two_of_line, ROWS, 1, NULL, 2, 2, NULL), DU_EINVAL,
        "two_of_line: the data have 20 rows, 1 columns and no array");
}

Test(shapes, an_observer_of_another_kind)
{
    du_data data = data_of(ROWS, 1);
    du_observer *map = du_observer_map(&line, ROWS, 1, X, 2, 1, NULL), *o = du_observer_new(&line,
        &data, 2, NULL);
    for (int k = 0; k < QUESTIONS; k++) {
        outputs a = untouched(), b = a, c = a;
        du_observer *wrong = k == EACH ? o : map, *right = k == EACH ? map : o;
        static double each[2 * ROWS];
        cr_expect_eq(ask((question)k, wrong, each, a.v, b.v, c.v), DU_EKIND, "question %d", k);
        cr_expect_str_eq(du_observer_message(wrong), k == EACH
            ? "line: the observer has one point for all rows: no du_observe_each"
            : "line: the observer is a map: du_observe_each alone");
        cr_expect(!touched(&a) && !touched(&b) && !touched(&c));
        cr_expect_eq(ask((question)k, right, each, a.v, b.v, c.v), DU_OK, "question %d", k);
        cr_expect_str_eq(du_observer_message(right), "no error");
    }
    du_observer_free(map);
    du_observer_free(o);
}

/* data that a model of any columns reads and that are not there are not numbers */
Test(shapes, no_data_for_a_model_that_reads_some)
{
    const du_model *models[] = { &any_line, &any_scalar_line };
    du_data none = { .rows = ROWS, .cols = 0, .y = Y };
    for (size_t i = 0; i < COUNT(models); i++)
        EACH_STRATEGY(s, du_observer_strategy) {
            du_observer *o = du_observer_new(models[i], &none, 2,
                &(du_observer_options){ FORCED(s), .lanes = s->lanes });
            if (du_observer_status(o) == DU_OK)
                for (int k = 0; k < EACH; k++) {
                    outputs a = untouched(), b = a, c = a;
                    int status = ask((question)k, o, B, a.v, b.v, c.v);
                    cr_expect(status == DU_ENONFINITE || (status == DU_OK && isnan(a.v[0])),
                        "%s, question %d: %d, %g", s->name, k, status, a.v[0]);
                }
            du_observer_free(o);
            double each[2 * ROWS] = { 0.0 };
            outputs y = untouched(), jac = y;
            o = du_observer_map(models[i], ROWS, 0, NULL, 2, 1,
                &(du_observer_options){ FORCED(s), .lanes = s->lanes });
            if (du_observer_status(o) == DU_OK) {
                int status = du_observe_each(o, each, y.v, jac.v);
                cr_expect(status == DU_ENONFINITE || isnan(y.v[0]), "%s: %d, %g", s->name, status,
                    y.v[0]);
            }
            du_observer_free(o);
        }
    du_fit fit;
    cr_expect_eq(du_fit_model(&any_line, &none, 2, B, NULL, &fit), DU_ENONFINITE);
    cr_expect_null(fit.b);
}

Test(shapes, fewer_observations_than_parameters)
{
    du_data data = data_of(1, 1);
    du_fit fit;
    cr_expect_eq(du_fit_model(&line, &data, 2, B, NULL, &fit), DU_EROWS);
    cr_expect_str_eq(fit.message, "line: 1 observations cannot determine 2 parameters");
    cr_expect_null(fit.b);
    data.rows = 3;
    cr_expect_eq(du_fit_model(&any_line, &data, 7, X, NULL, &fit), DU_EROWS);
    cr_expect_str_eq(fit.message, "any_line: 3 observations cannot determine 7 parameters");
}

/* ---- GSL's adapters ---- */

static void adapter_refused(const du_function *f, size_t n, size_t m, int status,
                            const char *message)
{
    du_gsl *d = du_gsl_function(f, n, m, NULL);
    cr_assert_not_null(d);
    cr_expect_eq(du_gsl_status(d), status);
    cr_expect_str_eq(du_gsl_message(d), message);
    cr_expect(du_gsl_multifit_nlinear(d).n == 0 && du_gsl_multiroot(d).n == 0
        && du_gsl_multimin(d).n == 0 && du_gsl_odeiv2(d).dimension == 0);
    gsl_function_fdf fdf = du_gsl_function_fdf(d);
    cr_expect(isnan(GSL_FN_FDF_EVAL_F(&fdf, 1.0)));
    cr_expect_eq(du_gsl_status(d), status);
    cr_expect_str_eq(du_gsl_message(d), message);
    du_gsl_free(d);
}

Test(shapes, of_adapters)
{
    adapter_refused(&pair, 3, 2, DU_ESHAPE, "pair has 2 inputs, not 3");
    adapter_refused(&pair, 2, 1, DU_ESHAPE, "pair has 2 outputs, not 1");
    adapter_refused(&polar, 2, 3, DU_ESHAPE, "polar has 2 outputs, not 3");
    adapter_refused(&pair, 0, 2, DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 0, m = 2");
    adapter_refused(&pair, 2, 0, DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 2, m = 0");
    adapter_refused(NULL, 2, 2, DU_EINVAL,
        "a plan needs a function, inputs and outputs: n = 2, m = 2, the function is NULL");
    du_gsl *two = du_gsl_function(&pair, 2, 2, NULL), *flat = du_gsl_function(&one, 2, 1, NULL);
    cr_expect_eq(du_gsl_multimin(two).n, 0);
    cr_expect_eq(du_gsl_status(two), DU_ESOLVER);
    cr_expect_str_eq(du_gsl_message(two), "multimin needs one output, pair has 2");
    cr_expect_eq(du_gsl_multiroot(flat).n, 0);
    cr_expect_eq(du_gsl_status(flat), DU_ESOLVER);
    cr_expect_str_eq(du_gsl_message(flat),
        "multiroot needs as many outputs as inputs, one has 1 and 2");
    /* what suits them they still give */
    cr_expect(du_gsl_multiroot(two).n == 2 && du_gsl_multimin(flat).n == 2);
    du_gsl_free(two);
    du_gsl_free(flat);
}

/* ---- outputs that the body leaves unset ---- */

DU_FUNCTION(silent, x[2], y[1], ;)
DU_FUNCTION(half, x[2], y[2], y[0] = du_mul(x[0], x[1]);)
DU_FUNCTION(any_silent, x[], y[], ;)
DU_FUNCTION(any_half, x[], y[], y[0] = du_mul(x[0], x[n - 1]);)
DU_FUNCTION(in_one_branch, x[2], y[1], if (du_gt(x[0], 0.0)) y[0] = du_mul(x[0], x[1]);)
/* adds to what was never there */
DU_FUNCTION(adding, x[2], y[1], y[0] = du_add(y[0], x[1]);)
DU_MODEL(silent_model, b[2], x[1], y[1], ;)
DU_MODEL(half_model, b[2], x[1], y[2], y[0] = du_mul(b[0], du_mul(x[0], b[1]));)
DU_SCALAR_MODEL(up_to_9, b[2], x[1], y[1], if (x[0] < 9.5) y[0] = du_mul(b[0], du_mul(x[0], b[1]));)

/* by the strategy that is forced, or NULL where it does something else */
static du_plan *forced(int task, const du_strategy *s, const du_function *f, size_t n, size_t m)
{
    if (!du_strategy_can(s, (du_task)task, n, m)) return NULL;
    du_plan *p = make_plan(task, f, n, m, &(du_plan_options){ FORCED(s) });
    cr_assert_eq(du_plan_status(p), DU_OK, "%s by %s: %s", f->name, s->name, du_plan_message(p));
    du_plan_info info = du_plan_inspect(p);
    if (info.choice.strategy == s) return p;
    du_plan_free(p);
    return NULL;
}

/* how many strategies were tried */
static size_t unset(int task, const du_function *f, size_t n, size_t m, const double *x,
                    const char *message)
{
    size_t tried = 0;
    EACH_STRATEGY(s, du_plan_strategy) {
        du_plan *p = forced(task, s, f, n, m);
        if (!p) continue;
        for (int again = 0; again < 2; again++) {
            outputs y = untouched(), first = y, second = y;
            cr_expect_eq(run_plan(task, p, x, y.v, first.v, second.v), DU_ENONFINITE,
                "%s, %s by %s", f->name, tasks[task].name, s->name);
            cr_expect_str_eq(du_plan_message(p), message);
            cr_expect(!touched(&y) && !touched(&first) && !touched(&second), "%s by %s wrote",
                tasks[task].name, s->name);
        }
        du_plan_free(p);
        tried++;
    }
    return tried;
}

Test(unset, in_every_strategy_of_every_task)
{
    static const size_t least[TASKS] = { [DU_GRADIENT] = 5, [DU_JACOBIAN] = 5, [DU_HESSIAN] = 2,
        [DU_JVP] = 1, [DU_VJP] = 1, [DU_HVP] = 2 };
    static const double many[20] = { 1.0, 2.0, 3.0 };
    for (int task = 0; task < TASKS; task++) {
        if (!is_task(task)) continue;
        cr_expect_geq(unset(task, &silent, 2, 1, B, "output 0 of silent was not set"), least[task]);
        cr_expect_geq(unset(task, &any_silent, 20, 1, many, "output 0 of any_silent was not set"),
            least[task]);
        cr_expect_geq(unset(task, &adding, 2, 1, B, "output 0 of adding was not set"), least[task]);
        if (tasks[task].values) continue;
        cr_expect_geq(unset(task, &half, 2, 2, B, "output 1 of half was not set"), least[task]);
        cr_expect_geq(unset(task, &any_half, 20, 2, many, "output 1 of any_half was not set"),
            least[task]);
        cr_expect_geq(unset(task, &any_half, 2, 7, B, "output 1 of any_half was not set"),
            least[task]);
    }
}

Test(unset, in_one_branch)
{
    static const double there[2] = { 2.0, 3.0 }, not_there[2] = { -2.0, 3.0 };
    for (int task = 0; task < TASKS; task++) {
        if (!is_task(task)) continue;
        unset(task, &in_one_branch, 2, 1, not_there, "output 0 of in_one_branch was not set");
        EACH_STRATEGY(s, du_plan_strategy) {
            du_plan *p = forced(task, s, &in_one_branch, 2, 1);
            if (!p) continue;
            for (int k = 0; k < 4; k++) { /* a failed run leaves nothing behind */
                outputs y = untouched(), first = y, second = y;
                int status = run_plan(task, p, k % 2 ? not_there : there, y.v, first.v, second.v);
                cr_expect_eq(status, k % 2 ? DU_ENONFINITE : DU_OK);
                if (!status) cr_expect_eq(y.v[0], 6.0);
                cr_expect_str_eq(du_plan_message(p), k % 2
                    ? "output 0 of in_one_branch was not set" : "no error");
            }
            du_plan_free(p);
        }
    }
}

Test(unset, in_checks_and_adapters)
{
    cr_expect_eq(du_check(&silent, 2, 1, B, NULL, NULL), DU_ENONFINITE);
    cr_expect_eq(du_check(&half, 2, 2, B, NULL, NULL), DU_ENONFINITE);
    double b[2] = { 1.0, 2.0 }, numbers[4] = { 42.0 }, f;
    gsl_vector_view x = gsl_vector_view_array(b, 2), y = gsl_vector_view_array(numbers, 2);
    gsl_matrix_view j = gsl_matrix_view_array(numbers, 2, 2);
    du_gsl *d = du_gsl_function(&half, 2, 2, NULL), *e = du_gsl_function(&silent, 2, 1, NULL);
    gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
    gsl_multilarge_nlinear_fdf large = du_gsl_multilarge_nlinear(d);
    for (int k = 0; k < 6; k++) {
        int code = k == 0 ? fdf.f(&x.vector, d, &y.vector) : k == 1
            ? fdf.df(&x.vector, d, &j.matrix)
            : k == 2 ? fdf.fvv(&x.vector, &x.vector, d, &y.vector)
            : large.df(k == 3 ? CblasTrans : CblasNoTrans, &x.vector, &x.vector, d, k == 5 ? NULL
                : &y.vector, k == 5 ? &j.matrix : NULL);
        cr_expect_eq(code, GSL_EBADFUNC, "callback %d", k);
        cr_expect_str_eq(du_gsl_message(d), "output 1 of half was not set");
        cr_expect_eq(numbers[0], 42.0);
        du_gsl_clear(d);
    }
    gsl_multimin_function_fdf min = du_gsl_multimin(e);
    min.fdf(&x.vector, e, &f, &y.vector);
    cr_expect(isnan(f) && isnan(numbers[0]) && isnan(numbers[1]));
    cr_expect_str_eq(du_gsl_message(e), "output 0 of silent was not set");
    du_gsl_free(d);
    du_gsl_free(e);
}

/* every observer strategy that there is for a model; the number of them */
static size_t observers(const du_model *model, int kind, const char *message)
{
    size_t tried = 0;
    double each[2 * ROWS];
    for (size_t i = 0; i < COUNT(each); i++) each[i] = 1.0 + (double)i;
    EACH_STRATEGY(s, du_observer_strategy)
        for (size_t threads = 1; threads <= 2; threads++) {
            du_data data = data_of(ROWS, 1);
            if (kind == 1) data.y = NULL;
            du_observer_options how = { FORCED(s), .lanes = s->lanes,
                .threads = threads };
            du_observer *o = kind == 2 ? du_observer_map(model, ROWS, 1, X, 2, 2, &how)
                : du_observer_new(model, &data, 2, &how);
            du_observer_info info = du_observer_inspect(o);
            if (du_observer_status(o) == DU_OK && info.rows.strategy == s) {
                for (int k = 0; k < QUESTIONS; k++) {
                    if ((k == EACH) != (kind == 2)) continue;
                    outputs a = untouched(), b = a, c = a;
                    cr_expect_eq(ask((question)k, o, k == EACH ? each : B, a.v, b.v, c.v),
                        DU_ENONFINITE, "%s by %s, question %d", model->name, s->name, k);
                    cr_expect_str_eq(du_observer_message(o), message);
                    cr_expect(k <= JACOBIAN || k == JV || k == FVV || k == EACH
                        || (!touched(&a) && !touched(&b) && !touched(&c)));
                }
                tried++;
            }
            du_observer_free(o);
        }
    return tried;
}

Test(unset, in_every_observer)
{
    cr_expect_geq(observers(&silent_model, 0,
        "output 0 of silent_model was not set (observation 1)"), 14);
    cr_expect_geq(observers(&silent_model, 1,
        "output 0 of silent_model was not set (observation 1)"), 14);
    cr_expect_geq(observers(&half_model, 2, "output 1 of half_model was not set (observation 1)"),
        14);
    cr_expect_geq(observers(&up_to_9, 0, "output 0 of up_to_9 was not set (observation 10)"), 8);
    du_fit fit;
    du_data data = data_of(ROWS, 1);
    cr_expect_eq(du_fit_model(&silent_model, &data, 2, B, NULL, &fit), DU_ENONFINITE);
    cr_expect_str_eq(fit.message,
        "silent_model at the start: output 0 of silent_model was not set (observation 1)");
    data.y = NULL;
    cr_expect_eq(du_fit_model(&up_to_9, &data, 2, B, NULL, &fit), DU_ENONFINITE);
    cr_expect_str_eq(fit.message, "output 0 of up_to_9 was not set (observation 10)");
}

/* a sum over the observations of a model that sets nothing, in a function */
DU_FUNCTION(sum_of_nothing, x[2], y[1],
    du_observer *const *observations = ctx;
    y[0] = du_add(du_total(*observations, x), x[0]);
)
Test(unset, in_totals)
{
    du_data data = data_of(ROWS, 1);
    du_observer *o = du_observer_new(&silent_model, &data, 2, NULL);
    for (int task = 0; task < TASKS; task++)
        EACH_STRATEGY(s, du_plan_strategy) {
            if (!is_task(task) || !du_strategy_can(s, (du_task)task, 2, 1)) continue;
            double y = 42.0, first[4], second[4];
            du_plan *p = make_plan(task, &sum_of_nothing, 2, 1,
                &(du_plan_options){ FORCED(s), .ctx = &o });
            int status = run_plan(task, p, B, &y, first, second);
            cr_expect(status == DU_ENONFINITE || (status == DU_OK && isnan(y)),
                "%s by %s: status %d, %g", tasks[task].name, s->name, status, y);
            du_plan_free(p);
        }
    du_observer_free(o);
}
