/* lib/model.c - a model over observations: forward duals by chunks of parameters, jets for fvv, a
 * tape of second order for the curvature. SPDX-License-Identifier: MIT */
#include "tape_layout.h"
#include <duet/model.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 64 };

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
    double *scale;          /* [rows] what the weights make of r_i, or NULL for ones */
    du_var2 *vars;          /* [p] */
    double *row, *product;  /* [p] gradient of one observation, its Hessian times a vector */
    double *rows;           /* [p*p] its Hessian */
    long double *sums, *sums2;  /* [2p], [p*p] */
    double *block;          /* [BLOCK*p] rows of the Jacobian, for its products */
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
    if (!d || d->rows == 0 || (d->cols && !d->x)) return DU_EINVAL;
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
    if (!(o->scale = du_arena_alloc(&o->arena, n * sizeof(double)))) return DU_ENOMEM;
    for (size_t i = 0; i < n; i++) o->scale[i] = o->data.y ? sqrt(o->data.weights[i]) : o->data.weights[i];
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

static const double *observation(const du_observer *o, size_t i)
{
    return o->data.cols ? o->data.x + i * o->data.cols : NULL;
}
static double scale(const du_observer *o, size_t i) { return o->scale ? o->scale[i] : 1.0; }
static double response(const du_observer *o, size_t i) { return o->data.y ? o->data.y[i] : 0.0; }

int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride)
{
    if (!o || !b || !r || stride == 0) return DU_EINVAL;
    memcpy(o->b, b, o->p * sizeof *b);
    for (size_t i = 0; i < o->data.rows; i++) {
        double y = 0.0;
        o->model->f_double(o->b, o->p, observation(o, i), &y, 1, o->ctx);
        r[i * stride] = scale(o, i) * (y - response(o, i));
    }
    return DU_OK;
}

/* Columns at ... at+C-1 of the rows from ... to-1 of the Jacobian, the first of them at jac; the seeds
 * are set once. */
#define JACOBIAN_CHUNK(t, C) \
    static void jacobian_##t(du_observer *o, size_t from, size_t to, size_t at, double jac[], size_t tda, double r[]) \
    { \
        du_##t *b = o->numbers; \
        size_t width = o->p - at < (C) ? o->p - at : (C); \
        for (size_t j = 0; j < o->p; j++) \
            b[j] = j - at < (C) ? du_##t##_independent(o->b[j], j - at) : du_##t##_constant(o->b[j]); \
        for (size_t i = from; i < to; i++) { \
            du_##t y = du_##t##_constant(0.0); \
            o->model->f_##t(b, o->p, observation(o, i), &y, 1, o->ctx); \
            double *row = jac + (i - from) * tda + at, *w = (double *)y.w; \
            if (!o->scale && width == (C)) memcpy(row, w, (C) * sizeof *row); \
            else for (size_t k = 0; k < width; k++) row[k] = scale(o, i) * w[k]; \
            if (r) r[i - from] = scale(o, i) * (y.v - response(o, i)); \
        } \
    }
JACOBIAN_CHUNK(dual4, 4)
JACOBIAN_CHUNK(dual8, 8)
JACOBIAN_CHUNK(dual16, 16)

/* and the residuals of these rows, which come with it, to r when not NULL */
static void jacobian_rows(du_observer *o, size_t from, size_t to, double jac[], size_t tda, double r[])
{
    for (size_t at = 0; at < o->p; ) {
        size_t left = o->p - at;
        if (left <= 4) jacobian_dual4(o, from, to, at, jac, tda, r), at += 4;
        else if (left <= 8) jacobian_dual8(o, from, to, at, jac, tda, r), at += 8;
        else jacobian_dual16(o, from, to, at, jac, tda, r), at += 16;
    }
}

int du_observe_jacobian(du_observer *o, const double b[], double jac[], size_t tda)
{
    if (!o || !b || !jac || tda < o->p) return DU_EINVAL;
    memcpy(o->b, b, o->p * sizeof *b);
    jacobian_rows(o, 0, o->data.rows, jac, tda, NULL);
    return DU_OK;
}

int du_observe_both(du_observer *o, const double b[], double r[], double jac[], size_t tda)
{
    if (!o || !b || !r || !jac || tda < o->p) return DU_EINVAL;
    memcpy(o->b, b, o->p * sizeof *b);
    jacobian_rows(o, 0, o->data.rows, jac, tda, r);
    return DU_OK;
}

/* ---- products with the Jacobian, a block of rows at a time ---- */

int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[], size_t stride)
{
    if (!o || !b || !v || !jv || stride == 0) return DU_EINVAL;
    du_dual *x = o->numbers;
    for (size_t j = 0; j < o->p; j++) x[j] = (du_dual){ b[j], v[j] };
    for (size_t i = 0; i < o->data.rows; i++) {
        du_dual y = du_dual_constant(0.0);
        o->model->f_dual(x, o->p, observation(o, i), &y, 1, o->ctx);
        jv[i * stride] = scale(o, i) * y.d;
    }
    return DU_OK;
}

static int prepare_block(du_observer *o)
{
    if (!o->block) o->block = du_arena_alloc(&o->arena, BLOCK * o->p * sizeof(double));
    return o->block ? DU_OK : DU_ENOMEM;
}

static int prepare_sums(du_observer *o)
{
    if (!o->sums) o->sums = du_arena_alloc(&o->arena, 2 * o->p * sizeof *o->sums);
    return o->sums ? DU_OK : DU_ENOMEM;
}

int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride, double jtu[])
{
    if (!o || !b || !u || !jtu || stride == 0) return DU_EINVAL;
    int status = prepare_block(o);
    if (!status) status = prepare_sums(o);
    if (status) return status;
    size_t p = o->p, n = o->data.rows;
    memcpy(o->b, b, p * sizeof *b);
    for (size_t j = 0; j < p; j++) o->sums[j] = 0.0L;
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t to = n - from < BLOCK ? n : from + BLOCK;
        jacobian_rows(o, from, to, o->block, p, NULL);
        for (size_t i = from; i < to; i++)
            for (size_t j = 0; j < p; j++) o->sums[j] += (long double)u[i * stride] * o->block[(i - from) * p + j];
    }
    for (size_t j = 0; j < p; j++) jtu[j] = (double)o->sums[j];
    return DU_OK;
}

int du_observe_jtj(du_observer *o, const double b[], double jtj[], size_t tda)
{
    if (!o || !b || !jtj || tda < o->p) return DU_EINVAL;
    int status = prepare_block(o);
    if (status) return status;
    size_t p = o->p, n = o->data.rows;
    memcpy(o->b, b, p * sizeof *b);
    for (size_t j = 0; j < p; j++) memset(jtj + j * tda, 0, p * sizeof *jtj);
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t to = n - from < BLOCK ? n : from + BLOCK;
        jacobian_rows(o, from, to, o->block, p, NULL);
        for (size_t i = 0; i < to - from; i++) {
            const double *row = o->block + i * p;
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k <= j; k++) jtj[j * tda + k] += row[j] * row[k];
        }
    }
    for (size_t j = 0; j < p; j++) for (size_t k = 0; k < j; k++) jtj[k * tda + j] = jtj[j * tda + k];
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
        fvv[i * stride] = scale(o, i) * y.dd;
    }
    return DU_OK;
}

/* ---- the objective Q and its curvature ---- */

/* the squares: for a whole Hessian only */
static int prepare_squares(du_observer *o)
{
    size_t p = o->p;
    if (!o->rows) o->rows = du_arena_alloc(&o->arena, p * p * sizeof(double));
    if (!o->sums2) o->sums2 = du_arena_alloc(&o->arena, p * p * sizeof *o->sums2);
    return o->rows && o->sums2 ? DU_OK : DU_ENOMEM;
}

static int prepare_tape(du_observer *o)
{
    size_t p = o->p;
    if (o->tape) return DU_OK;
    if (!o->vars) o->vars = du_arena_alloc(&o->arena, p * sizeof *o->vars);
    if (!o->row) o->row = du_arena_alloc(&o->arena, 2 * p * sizeof(double));
    if (o->row) o->product = o->row + p;
    if (!o->vars || !o->row) return DU_ENOMEM;
    o->tape = du_tape_create_in(&o->memory, 0);
    return o->tape ? DU_OK : DU_ENOMEM;
}

/* the parameters as independents with tangents v (NULL for 0), and a mark after them */
static int start_tape(du_observer *o, const double b[], const double v[])
{
    int status = prepare_tape(o);
    if (!status) status = prepare_sums(o);
    if (status) return status;
    du_tape_reset(o->tape);
    status = du_tape_independents2(o->tape, o->p, b, v, o->vars);
    if (!status) o->start = du_tape_mark(o->tape);
    return status;
}

/* model at observation i: value, gradient to o->row, Hessian times the tangents of the vars to hv */
static int record(du_observer *o, size_t i, double *value, double *slope, double hv[])
{
    du_var2 y = du_var2_constant(0.0);
    int status = du_tape_rewind(o->tape, o->start);
    if (status) return status;
    o->model->f_var2(o->vars, o->p, observation(o, i), &y, 1, o->ctx);
    *value = y.v;
    *slope = y.vd;
    return du_sweep_tangent(o->tape, &y, 1.0, (uint32_t)o->vars[0].ref, o->p, o->row, hv);
}

/* its Hessian to o->rows, a unit direction at a time */
static int differentiate(du_observer *o, size_t i, double *value)
{
    int status = DU_OK;
    double slope;
    for (size_t j = 0; j < o->p && !status; j++) {
        o->vars[j].vd = 1.0;
        status = record(o, i, value, &slope, o->rows + j * o->p);
        o->vars[j].vd = 0.0;
    }
    return status;
}

/* How observation i enters Q: its share of Q, and with w the weights of its first and second
 * derivative: Q'' = first-by-first * outer(f', f') + second * f''. */
typedef struct { long double q, gradient, outer, second; } share;
static share share_of(const du_observer *o, size_t i, double value)
{
    long double w = o->data.weights ? (long double)o->data.weights[i] : 1.0L, f = (long double)value;
    if (!o->data.y) return (share){ w * f, w, 0.0L, w };
    long double r = f - (long double)o->data.y[i];
    return (share){ 0.5L * w * r * r, w * r, w, w * r };
}

int du_observe_objective(du_observer *o, const double b[], double *q, double g[])
{
    if (!o || !b || !q || !g) return DU_EINVAL;
    int status = prepare_block(o);
    if (!status) status = prepare_sums(o);
    if (status) return status;
    size_t p = o->p, n = o->data.rows;
    long double total = 0.0L, *sum = o->sums;
    memcpy(o->b, b, p * sizeof *b);
    for (size_t j = 0; j < p; j++) sum[j] = 0.0L;
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t to = n - from < BLOCK ? n : from + BLOCK;
        jacobian_rows(o, from, to, o->block, p, NULL);
        for (size_t i = from; i < to; i++) {
            double value = 0.0, s = scale(o, i);
            o->model->f_double(o->b, p, observation(o, i), &value, 1, o->ctx);
            long double r = o->data.y ? s * ((long double)value - (long double)o->data.y[i]) : 1.0L;
            total += share_of(o, i, value).q;
            for (size_t j = 0; j < p; j++) sum[j] += r * (long double)o->block[(i - from) * p + j];
        }
    }
    *q = (double)total;
    for (size_t j = 0; j < p; j++) g[j] = (double)sum[j];
    return DU_OK;
}

int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[])
{
    if (!o || !b || !q || !g || !h) return DU_EINVAL;
    int status = start_tape(o, b, NULL);
    if (!status) status = prepare_squares(o);
    if (status) return status;
    size_t p = o->p;
    long double total = 0.0L, *sg = o->sums, *sh = o->sums2;
    for (size_t k = 0; k < p; k++) sg[k] = 0.0L;
    for (size_t k = 0; k < p * p; k++) sh[k] = 0.0L;
    for (size_t i = 0; i < o->data.rows; i++) {
        double value = 0.0;
        if ((status = differentiate(o, i, &value))) return status;
        share s = share_of(o, i, value);
        total += s.q;
        for (size_t j = 0; j < p; j++) {
            sg[j] += s.gradient * (long double)o->row[j];
            for (size_t k = 0; k < p; k++)
                sh[j * p + k] += s.outer * (long double)o->row[j] * (long double)o->row[k]
                               + s.second * (long double)o->rows[j * p + k];
        }
    }
    *q = (double)total;
    for (size_t j = 0; j < p; j++) g[j] = (double)sg[j];
    for (size_t k = 0; k < p * p; k++) h[k] = (double)sh[k];
    return DU_OK;
}

int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[], double hv[])
{
    if (!o || !b || !v || !q || !g || !hv) return DU_EINVAL;
    int status = start_tape(o, b, v);
    if (status) return status;
    size_t p = o->p;
    long double total = 0.0L, *sg = o->sums, *sh = sg + p;
    for (size_t k = 0; k < 2 * p; k++) sg[k] = 0.0L;
    for (size_t i = 0; i < o->data.rows; i++) {
        double value, slope;
        if ((status = record(o, i, &value, &slope, o->product))) return status;
        share s = share_of(o, i, value);
        total += s.q;
        for (size_t j = 0; j < p; j++) {
            sg[j] += s.gradient * (long double)o->row[j];
            sh[j] += s.outer * (long double)slope * (long double)o->row[j] + s.second * (long double)o->product[j];
        }
    }
    *q = (double)total;
    for (size_t j = 0; j < p; j++) {
        g[j] = (double)sg[j];
        hv[j] = (double)sh[j];
    }
    return DU_OK;
}
