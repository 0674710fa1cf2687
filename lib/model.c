/* lib/model.c - a model over observations: forward duals by chunks of parameters, jets for fvv, a
 * tape of second order for the curvature. SPDX-License-Identifier: MIT */
#include "tape_layout.h"
#include <duet/model.h>
#include <math.h>
#include <string.h>

struct du_observer {
    const du_model *model;
    du_data data;
    size_t p;
    const void *ctx;
    du_memory memory;
    du_arena arena;
    du_tape *tape;          /* made when curvature is first asked for */
    du_tape_mark_t start;
    double *b;              /* [p]: values of a run, so that outputs may overlap inputs */
    void *numbers;          /* [p] of the largest type in use */
    double *root_weight;    /* [rows] or NULL */
    du_var2 *vars;          /* [p] */
    double *row, *rows;     /* [p] gradient and [p*p] Hessian of one observation */
    long double *sums;      /* [p + p*p] */
};

size_t du_data_nonfinite_row(const du_data *d)
{
    for (size_t i = 0; d && i < d->rows; i++) {
        int ok = (!d->y || isfinite(d->y[i])) && (!d->weights || isfinite(d->weights[i]));
        for (size_t k = 0; d->x && k < d->cols; k++) ok &= isfinite(d->x[i * d->cols + k]) != 0;
        if (!ok) return i + 1;
    }
    return 0;
}

static int check_data(const du_data *d)
{
    if (!d || d->rows == 0 || !d->y || (d->cols && !d->x)) return DU_EINVAL;
    if (du_data_nonfinite_row(d)) return DU_ENONFINITE;
    for (size_t i = 0; d->weights && i < d->rows; i++) if (d->weights[i] < 0.0) return DU_EINVAL;
    return DU_OK;
}

static int fill(du_observer *o)
{
    size_t n = o->data.rows;
    o->b = du_arena_alloc(&o->arena, o->p * sizeof *o->b);
    o->numbers = du_arena_alloc(&o->arena, o->p * sizeof(du_dual16));
    if (!o->b || !o->numbers) return DU_ENOMEM;
    if (!o->data.weights) return DU_OK;
    if (!(o->root_weight = du_arena_alloc(&o->arena, n * sizeof(double)))) return DU_ENOMEM;
    for (size_t i = 0; i < n; i++) o->root_weight[i] = sqrt(o->data.weights[i]);
    return DU_OK;
}

du_observer *du_observe(const du_model *model, const du_data *data, size_t p, const du_options *options)
{
    du_options opt = options ? *options : (du_options){ .ctx = NULL };
    du_memory memory = { .allocator = opt.allocator, .cap = opt.byte_cap };
    int status = model && p && p < (size_t)1 << 24 ? check_data(data) : DU_EINVAL;
    du_observer *o = status ? NULL : du_memory_alloc(&memory, sizeof *o);
    if (o) {
        *o = (du_observer){ .model = model, .data = *data, .p = p, .ctx = opt.ctx, .memory = memory };
        o->arena.memory = &o->memory;
        status = fill(o);
        if (status) {
            du_observer_free(o);
            o = NULL;
        }
    } else if (!status) status = DU_ENOMEM;
    if (opt.status) *opt.status = status;
    return o;
}

void du_observer_free(du_observer *o)
{
    if (!o) return;
    du_tape_destroy(o->tape);
    du_arena_free(&o->arena);
    du_memory memory = o->memory;
    du_memory_free(&memory, o, sizeof *o);
}

static const double *observation(const du_observer *o, size_t i) { return o->data.x + i * o->data.cols; }
static double root(const du_observer *o, size_t i) { return o->root_weight ? o->root_weight[i] : 1.0; }

int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride)
{
    if (!o || !b || !r || stride == 0) return DU_EINVAL;
    memcpy(o->b, b, o->p * sizeof *b);
    for (size_t i = 0; i < o->data.rows; i++) {
        double y = 0.0;
        o->model->f_double(o->b, o->p, observation(o, i), &y, 1, o->ctx);
        r[i * stride] = root(o, i) * (y - o->data.y[i]);
    }
    return DU_OK;
}

/* Columns at ... at+C-1 of the Jacobian, all observations; the seeds are set once. */
#define JACOBIAN_CHUNK(t, C) \
    static void jacobian_##t(du_observer *o, size_t at, double jac[], size_t tda) \
    { \
        du_##t *b = o->numbers; \
        size_t width = o->p - at < (C) ? o->p - at : (C); \
        for (size_t j = 0; j < o->p; j++) \
            b[j] = j - at < (C) ? du_##t##_independent(o->b[j], j - at) : du_##t##_constant(o->b[j]); \
        for (size_t i = 0; i < o->data.rows; i++) { \
            du_##t y = du_##t##_constant(0.0); \
            o->model->f_##t(b, o->p, observation(o, i), &y, 1, o->ctx); \
            for (size_t k = 0; k < width; k++) jac[i * tda + at + k] = root(o, i) * ((const double *)y.w)[k]; \
        } \
    }
JACOBIAN_CHUNK(dual4, 4)
JACOBIAN_CHUNK(dual8, 8)
JACOBIAN_CHUNK(dual16, 16)

int du_observe_jacobian(du_observer *o, const double b[], double jac[], size_t tda)
{
    if (!o || !b || !jac || tda < o->p) return DU_EINVAL;
    memcpy(o->b, b, o->p * sizeof *b);
    for (size_t at = 0; at < o->p; ) {
        size_t left = o->p - at;
        if (left <= 4) jacobian_dual4(o, at, jac, tda), at += 4;
        else if (left <= 8) jacobian_dual8(o, at, jac, tda), at += 8;
        else jacobian_dual16(o, at, jac, tda), at += 16;
    }
    return DU_OK;
}

int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride)
{
    if (!o || !b || !v || !fvv || stride == 0) return DU_EINVAL;
    du_jet *x = o->numbers;
    for (size_t j = 0; j < o->p; j++) x[j] = (du_jet){ b[j], v[j], 0.0 };
    for (size_t i = 0; i < o->data.rows; i++) {
        du_jet y = du_jet_constant(0.0);
        o->model->f_jet(x, o->p, observation(o, i), &y, 1, o->ctx);
        fvv[i * stride] = root(o, i) * y.dd;
    }
    return DU_OK;
}

/* ---- curvature ---- */

static int prepare_curvature(du_observer *o)
{
    size_t p = o->p;
    if (o->tape) return DU_OK;
    o->vars = du_arena_alloc(&o->arena, p * sizeof *o->vars);
    o->row = du_arena_alloc(&o->arena, p * sizeof(double));
    o->rows = du_arena_alloc(&o->arena, p * p * sizeof(double));
    o->sums = du_arena_alloc(&o->arena, (p + p * p) * sizeof *o->sums);
    if (!o->vars || !o->row || !o->rows || !o->sums) return DU_ENOMEM;
    o->tape = du_tape_create_in(&o->memory, 0);
    return o->tape ? DU_OK : DU_ENOMEM;
}

/* value, gradient (o->row) and Hessian (o->rows) of the model at observation i */
static int differentiate(du_observer *o, size_t i, double *value)
{
    int status = DU_OK;
    for (size_t j = 0; j < o->p && !status; j++) {
        du_var2 y = du_var2_constant(0.0);
        status = du_tape_rewind(o->tape, o->start);
        o->vars[j].vd = 1.0;
        if (!status) o->model->f_var2(o->vars, o->p, observation(o, i), &y, 1, o->ctx);
        o->vars[j].vd = 0.0;
        *value = y.v;
        if (!status) status = du_sweep_tangent(o->tape, &y, 1.0, (uint32_t)o->vars[0].ref, o->p,
                                               o->row, o->rows + j * o->p);
    }
    return status;
}

int du_observe_curvature(du_observer *o, const double b[], double *s, double g[], double h[])
{
    if (!o || !b || !s || !g || !h) return DU_EINVAL;
    size_t p = o->p;
    int status = prepare_curvature(o);
    if (status) return status;
    du_tape_reset(o->tape);
    status = du_tape_independents2(o->tape, p, b, NULL, o->vars);
    if (!status) o->start = du_tape_mark(o->tape);
    long double total = 0.0L, *sg = o->sums, *sh = sg + p;
    for (size_t k = 0; k < p + p * p; k++) sg[k] = 0.0L;
    for (size_t i = 0; i < o->data.rows && !status; i++) {
        double y = 0.0;
        if ((status = differentiate(o, i, &y))) break;
        long double w = o->data.weights ? (long double)o->data.weights[i] : 1.0L;
        long double r = (long double)y - (long double)o->data.y[i];
        total += w * r * r;
        for (size_t j = 0; j < p; j++) {
            sg[j] += w * r * (long double)o->row[j];
            for (size_t k = 0; k < p; k++)
                sh[j * p + k] += w * ((long double)o->row[j] * (long double)o->row[k]
                                      + r * (long double)o->rows[j * p + k]);
        }
    }
    if (status) return status;
    *s = (double)total;
    for (size_t j = 0; j < p; j++) g[j] = (double)sg[j];
    for (size_t k = 0; k < p * p; k++) h[k] = (double)sh[k];
    return DU_OK;
}
