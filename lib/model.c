/* lib/model.c - what an observer computes: jobs over units of rows. SPDX-License-Identifier: MIT */
#include "observer.h"
#include <math.h>
#include <string.h>

static int is_observer(const du_observer *o) { return o && !o->map; }
static int packed(const du_observer *o) { return o->rows.choice.strategy->lanes == DU_EIGHT_LANES; }

/* ---- rows of the Jacobian ---- */

typedef struct { double *r; size_t stride; double *jac; size_t tda; } row_outputs;

/* the residuals of the rows from ... to-1, whose values are given, to r[row*stride] */
static void write_residuals(const du_observer *o, const double value[], size_t from, size_t to, double *r, size_t stride)
{
    if (!o->data.y && !o->scale) for (size_t row = from; row < to; row++) r[row * stride] = value[row - from];
    else for (size_t row = from; row < to; row++) r[row * stride] = scale(o, row) * (value[row - from] - response(o, row));
}

static int rows_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    const row_outputs *out = job;
    size_t m = w->o->m;
    (void)partial;
    w->tda = out->tda;
    w->next = m * out->tda;
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        w->direct = out->jac + at * w->next;
        int status = w->o->rows.engine->rows(w, at, end, 1);
        w->direct = NULL;
        if (status) return status;
        for (size_t i = 0; out->r && i < m; i++)
            write_residuals(w->o, w->value + i * BLOCK, at, end, out->r + i * out->stride, m * out->stride);
    }
    return DU_OK;
}

int du_observe_jacobian(du_observer *o, const double b[], double jac[], size_t tda)
{
    if (!is_observer(o) || !b || !jac || tda < o->p) return DU_EINVAL;
    return du_observer_run(o, &o->rows, b, rows_unit, 0, &(row_outputs){ .jac = jac, .tda = tda });
}

int du_observe_both(du_observer *o, const double b[], double r[], double jac[], size_t tda)
{
    if (!is_observer(o) || !b || !r || !jac || tda < o->p) return DU_EINVAL;
    return du_observer_run(o, &o->rows, b, rows_unit, 0, &(row_outputs){ r, 1, jac, tda });
}

int du_observe_each(du_observer *o, const double b[], double y[], double jac[])
{
    if (!o || !o->map || !b || !y || !jac) return DU_EINVAL;
    o->each = b;
    return du_observer_run(o, &o->rows, b, rows_unit, 0, &(row_outputs){ y, 1, jac, o->p });
}

/* ---- J^T J and J^T r ---- */

/* the block's rows weighted, and rows past the last of a pack zero */
static void weigh(worker *w, size_t from, size_t to)
{
    const du_observer *o = w->o;
    size_t rows = to - from, padded = (rows + 7) / 8 * 8;
    for (size_t j = 0; j < o->p; j++) {
        double *column = w->jac + j * BLOCK;
        for (size_t row = 0; o->scale && row < rows; row++) column[row] *= o->scale[from + row];
        for (size_t row = rows; row < padded; row++) column[row] = 0.0;
    }
    for (size_t row = 0; row < padded; row++)
        w->seed[row] = row < rows ? scale(o, from + row) * (w->value[row] - response(o, from + row)) : 0.0;
}
/* sum over rows of a block of a_i b_i; a zero b_i counts even against an infinity */
static double block_dot(const double *a, const double *b, size_t rows)
{
    du_pack s = du_pack_constant(0.0);
    for (size_t row = 0; row < rows; row += 8) s = du_pack_add(s, du_pack_times(du_pack_load(a + row), du_pack_load(b + row)));
    return du_pack_total(s);
}

/* partial: the lower triangle of J^T J by rows, then J^T r */
static int normal_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    (void)job;
    size_t p = w->o->p;
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        int status = w->o->rows.engine->rows(w, at, end, 1);
        if (status) return status;
        weigh(w, at, end);
        double *sum = partial;
        if (at == from) memset(partial, 0, (p * (p + 1) / 2 + p) * sizeof *partial);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++) *sum++ += block_dot(w->jac + j * BLOCK, w->jac + k * BLOCK, end - at);
        for (size_t j = 0; j < p; j++) *sum++ += block_dot(w->jac + j * BLOCK, w->seed, end - at);
    }
    return DU_OK;
}

int du_observe_normal(du_observer *o, const double b[], double jtj[], size_t tda, double jtr[])
{
    if (!is_observer(o) || !b || !jtj || tda < o->p) return DU_EINVAL;
    size_t p = o->p, triangle = p * (p + 1) / 2;
    int status = du_observer_run(o, &o->rows, b, normal_unit, triangle + p, NULL);
    if (status) return status;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) jtj[j * tda + k] = jtj[k * tda + j] = o->total[j * (j + 1) / 2 + k];
    for (size_t j = 0; jtr && j < p; j++) jtr[j] = o->total[triangle + j];
    return DU_OK;
}

int du_observe_jtj(du_observer *o, const double b[], double jtj[], size_t tda)
{
    return du_observe_normal(o, b, jtj, tda, NULL);
}

/* ---- Q and its gradient; J^T u ---- */

/* forward: from rows of the Jacobian */
static int total_from_rows(worker *w, size_t from, size_t to, double *q, double sum[])
{
    const du_observer *o = w->o;
    *q = 0.0;
    memset(sum, 0, o->p * sizeof *sum);
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        int status = o->sums.engine->rows(w, at, end, 1);
        if (status) return status;
        memset(w->seed, 0, BLOCK * sizeof *w->seed);
        for (size_t i = at; i < end; i++) *q += share_of(o, i, w->value[i - at], &w->seed[i - at]);
        for (size_t j = 0; j < o->p; j++) sum[j] += block_dot(w->jac + j * BLOCK, w->seed, end - at);
    }
    return DU_OK;
}

/* partial: Q, then its gradient */
static int sum_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    (void)job;
    const engine *e = w->o->sums.engine;
    return (e->total ? e->total : total_from_rows)(w, from, to, partial, partial + 1);
}

int du_observe_objective(du_observer *o, const double b[], double *q, double g[])
{
    if (!is_observer(o) || !b || !q || !g) return DU_EINVAL;
    int status = du_observer_run(o, &o->sums, b, sum_unit, 1 + o->p, NULL);
    if (status) return status;
    *q = o->total[0];
    for (size_t j = 0; j < o->p; j++) g[j] = o->total[1 + j];
    return DU_OK;
}

int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride, double jtu[])
{
    if (!is_observer(o) || !b || !u || !jtu || stride == 0) return DU_EINVAL;
    o->u = u;
    o->u_stride = stride;
    int status = du_observer_run(o, &o->sums, b, sum_unit, 1 + o->p, NULL);
    o->u = NULL;
    for (size_t j = 0; j < o->p && !status; j++) jtu[j] = o->total[1 + j];
    return status;
}

/* ---- without an engine: values, one direction ---- */

/* along v (NULL for the values alone), to out[i*stride] */
typedef struct { const double *b, *v; double *out; size_t stride; } direction;

/* the parameters in every lane, once a unit */
static void spread_parameters(worker *w)
{
    du_pack *b = w->b;
    for (size_t j = 0; packed(w->o) && j < w->o->p; j++) b[j] = du_pack_constant(w->o->b[j]);
}

/* f of the rows from ... to-1, at most BLOCK, to value[] */
static void evaluate(worker *w, size_t from, size_t to, double value[])
{
    const du_observer *o = w->o;
    if (!packed(o)) {
        for (size_t i = from; i < to; i++) {
            double y = 0.0;
            o->model->f_double(o->b, o->p, observation(o, i), &y, 1, o->ctx);
            value[i - from] = y;
        }
        return;
    }
    for (size_t i = from; i < to; i += 8) {
        du_pack y = du_pack_constant(0.0);
        du_observer_load(w, i, to, w->x);
        o->model->f_pack(w->b, o->p, w->x, &y, 1, o->ctx);
        du_pack_store(value + (i - from), y);
    }
}

static int residual_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    const direction *d = job;
    double value[BLOCK];
    (void)partial;
    spread_parameters(w);
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        evaluate(w, at, end, value);
        write_residuals(w->o, value, at, end, d->out, d->stride);
    }
    return DU_OK;
}

int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride)
{
    if (!is_observer(o) || !b || !r || stride == 0) return DU_EINVAL;
    return du_observer_run(o, &o->plain, b, residual_unit, 0, &(direction){ .out = r, .stride = stride });
}

static int jv_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    const du_observer *o = w->o;
    const direction *d = job;
    (void)partial;
    if (!packed(o)) {
        du_dual *b = w->b;
        for (size_t j = 0; j < o->p; j++) b[j] = (du_dual){ o->b[j], d->v[j] };
        for (size_t i = from; i < to; i++) {
            du_dual y = du_dual_constant(0.0);
            o->model->f_dual(b, o->p, observation(o, i), &y, 1, o->ctx);
            d->out[i * d->stride] = scale(o, i) * y.d;
        }
        return DU_OK;
    }
    du_pack_dual *b = w->b;
    for (size_t j = 0; j < o->p; j++) {
        b[j] = du_pack_dual_constant(o->b[j]);
        du_pack_dual_seed(b + j, 0, d->v[j]);
    }
    for (size_t i = from; i < to; i += 8) {
        du_pack_dual y = du_pack_dual_constant(0.0);
        du_observer_load(w, i, to, w->x);
        o->model->f_pack_dual(b, o->p, w->x, &y, 1, o->ctx);
        du_pack jv = du_pack_dual_partial(y, 0);
        for (size_t k = 0; k < least(8, to - i); k++) d->out[(i + k) * d->stride] = scale(o, i + k) * du_pack_get(jv, k);
    }
    return DU_OK;
}

static int fvv_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    const du_observer *o = w->o;
    const direction *d = job;
    du_jet *b = w->b;
    (void)partial;
    for (size_t j = 0; j < o->p; j++) b[j] = (du_jet){ o->b[j], d->v[j], 0.0 };
    for (size_t i = from; i < to; i++) {
        du_jet y = du_jet_constant(0.0);
        o->model->f_jet(b, o->p, observation(o, i), &y, 1, o->ctx);
        d->out[i * d->stride] = scale(o, i) * y.dd;
    }
    return DU_OK;
}

/* outputs may overlap v, which every thread reads: v is copied behind b */
static int along(du_observer *o, const double b[], const double v[], double out[], size_t stride, unit_function *f)
{
    if (!is_observer(o) || !b || !v || !out || stride == 0) return DU_EINVAL;
    memcpy(o->v, v, o->p * sizeof *v);
    return du_observer_run(o, &o->plain, b, f, 0, &(direction){ .v = o->v, .out = out, .stride = stride });
}
int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[], size_t stride)
{
    return along(o, b, v, jv, stride, jv_unit);
}
int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride)
{
    return along(o, b, v, fvv, stride, fvv_unit);
}

/* ---- second order: a tape of du_var2, an observation at a time ---- */

/* How observation i enters Q: its share of Q, and the weights of its first and second derivative:
 * Q'' = outer f' f'^T + second f''. */
typedef struct { long double q, gradient, outer, second; } share;
static share share_exactly(const du_observer *o, size_t i, double value)
{
    long double w = o->data.weights ? (long double)o->data.weights[i] : 1.0L, f = (long double)value;
    if (!o->data.y) return (share){ w * f, w, 0.0L, w };
    long double r = f - (long double)o->data.y[i];
    return (share){ 0.5L * w * r * r, w * r, w, w * r };
}

/* the parameters as independents with tangents v (NULL for 0), and a mark after them; w->sums[width] zero */
static int start_tape(worker *w, const double v[], size_t width)
{
    const du_observer *o = w->o;
    if (w->sums_width < width) {
        if (!(w->sums = du_arena_alloc(&w->arena, width * sizeof *w->sums))) return DU_ENOMEM;
        w->sums_width = width;
    }
    for (size_t k = 0; k < width; k++) w->sums[k] = 0.0L;
    if (!w->tape && !(w->tape = du_tape_create_in(&w->memory, 0))) return DU_ENOMEM;
    if (!w->sum && !(w->sum = du_arena_alloc(&w->arena, 2 * o->p * sizeof *w->sum))) return DU_ENOMEM;
    du_tape_reset(w->tape);
    int status = du_tape_independents2(w->tape, o->p, o->b, v, w->b);
    if (!status) w->start = du_tape_mark(w->tape);
    return status;
}

/* model at observation i: value, gradient to w->sum[0 ... p-1], Hessian times the tangents to w->sum[p ...] */
static int record(worker *w, size_t i, double *value, double *slope)
{
    const du_observer *o = w->o;
    const du_var2 *b = w->b;
    du_var2 y = du_var2_constant(0.0);
    int status = du_tape_rewind(w->tape, w->start);
    if (status) return status;
    o->model->f_var2(b, o->p, observation(o, i), &y, 1, o->ctx);
    *value = y.v;
    *slope = y.vd;
    return du_sweep_tangent(w->tape, &y, 1.0, (uint32_t)b[0].ref, o->p, w->sum, w->sum + o->p);
}

/* partial: Q, gradient, Hessian by rows */
static int curvature_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    size_t p = w->o->p;
    double value = 0.0, slope;
    size_t width = 1 + p + p * p;
    int status = start_tape(w, NULL, width);
    du_var2 *b = w->b;
    (void)job;
    for (size_t i = from; i < to && !status; i++)
        for (size_t j = 0; j < p && !status; j++) {
            b[j].vd = 1.0;
            status = record(w, i, &value, &slope);
            b[j].vd = 0.0;
            if (status) return status;
            share s = share_exactly(w->o, i, value);
            long double *row = w->sums + 1 + p + j * p;
            for (size_t k = 0; k < p; k++)
                row[k] += s.outer * (long double)w->sum[j] * (long double)w->sum[k] + s.second * (long double)w->sum[p + k];
            if (j) continue;
            w->sums[0] += s.q;
            for (size_t k = 0; k < p; k++) w->sums[1 + k] += s.gradient * (long double)w->sum[k];
        }
    for (size_t k = 0; k < width && !status; k++) partial[k] = (double)w->sums[k];
    return status;
}

int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[])
{
    if (!is_observer(o) || !b || !q || !g || !h) return DU_EINVAL;
    size_t p = o->p;
    int status = du_observer_run(o, &o->plain, b, curvature_unit, 1 + p + p * p, NULL);
    if (status) return status;
    *q = o->total[0];
    for (size_t j = 0; j < p; j++) g[j] = o->total[1 + j];
    for (size_t k = 0; k < p * p; k++) h[k] = o->total[1 + p + k];
    return DU_OK;
}

/* partial: Q, gradient, product */
static int hv_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    size_t p = w->o->p;
    double value, slope;
    int status = start_tape(w, ((const direction *)job)->v, 1 + 2 * p);
    for (size_t i = from; i < to && !status; i++) {
        if ((status = record(w, i, &value, &slope))) return status;
        share s = share_exactly(w->o, i, value);
        w->sums[0] += s.q;
        for (size_t j = 0; j < p; j++) {
            w->sums[1 + j] += s.gradient * (long double)w->sum[j];
            w->sums[1 + p + j] += s.outer * (long double)slope * (long double)w->sum[j] + s.second * (long double)w->sum[p + j];
        }
    }
    for (size_t k = 0; k < 1 + 2 * p && !status; k++) partial[k] = (double)w->sums[k];
    return status;
}

int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[], double hv[])
{
    if (!is_observer(o) || !b || !v || !q || !g || !hv) return DU_EINVAL;
    size_t p = o->p;
    memcpy(o->v, v, p * sizeof *v);
    int status = du_observer_run(o, &o->plain, b, hv_unit, 1 + 2 * p, &(direction){ .v = o->v });
    if (status) return status;
    *q = o->total[0];
    for (size_t j = 0; j < p; j++) {
        g[j] = o->total[1 + j];
        hv[j] = o->total[1 + p + j];
    }
    return DU_OK;
}

/* ---- Q as a number ---- */

static int q_unit(worker *w, size_t from, size_t to, double *partial, const void *job)
{
    double value[BLOCK], slope;
    (void)job;
    *partial = 0.0;
    spread_parameters(w);
    for (size_t at = from; at < to; at += BLOCK) {
        evaluate(w, at, least(to, at + BLOCK), value);
        for (size_t i = at; i < least(to, at + BLOCK); i++) *partial += share_of(w->o, i, value[i - at], &slope);
    }
    return DU_OK;
}

double du_double_total(du_observer *o, const double q[])
{
    if (!is_observer(o) || !q || du_observer_run(o, &o->plain, q, q_unit, 1, NULL)) return (double)NAN;
    return o->total[0];
}

/* Q's gradient is kept on the arena of the tape, like everything a sweep needs. */
static void pull_total(const double ybar[], size_t m, double xbar[], size_t n, void *data)
{
    const double *g = data;
    (void)m;
    for (size_t j = 0; j < n; j++) xbar[j] += g[j] * ybar[0];
}

/* the tape that any of q is on */
static du_tape *tape_of(const du_var q[], size_t p)
{
    for (size_t j = 0; j < p; j++) if (q[j].ref) return q[j].tape;
    return NULL;
}

du_var du_var_total(du_observer *o, const du_var q[])
{
    du_var y = du_var_constant((double)NAN);
    if (!is_observer(o) || !q) return y;
    du_tape *t = tape_of(q, o->p);
    if (t) du_tape_close(t); /* the open segment has all the room of its chunk */
    double value = (double)NAN, *g = t ? du_arena_alloc(&t->arena, 2 * o->p * sizeof *g) : NULL;
    if (t && !g) return du_tape_fail(t, DU_ENOMEM, NULL), y;
    for (size_t j = 0; j < o->p; j++) o->v[j] = q[j].v;
    if (!t) return du_var_constant(du_double_total(o, o->v));
    int status = du_observe_objective(o, o->v, &value, g);
    if (status) return du_tape_fail(t, status, NULL), y;
    du_tape_custom(t, o->p, q, 1, &value, &y, pull_total, g);
    y.v = value;
    return y;
}

/* In types with their own derivatives the model is evaluated as it is, a row at a time. */
#define TOTAL_OF_ROWS(t) \
    du_##t du_##t##_total(du_observer *o, const du_##t q[]) \
    { \
        if (!is_observer(o) || !q) return du_##t##_constant((double)NAN); \
        du_##t sum = du_##t##_constant(0.0); \
        for (size_t i = 0; i < o->data.rows; i++) { \
            double w = o->data.weights ? o->data.weights[i] : 1.0; \
            du_##t f = du_##t##_constant(0.0); \
            o->model->f_##t(q, o->p, observation(o, i), &f, 1, o->ctx); \
            if (o->data.y) f = du_##t##_mul_s(du_##t##_sqr(du_##t##_sub_s(f, o->data.y[i])), 0.5); \
            sum = du_##t##_add(sum, du_##t##_mul_s(f, w)); \
        } \
        return sum; \
    }
TOTAL_OF_ROWS(dual)
TOTAL_OF_ROWS(dual4)
TOTAL_OF_ROWS(dual8)
TOTAL_OF_ROWS(dual16)
TOTAL_OF_ROWS(jet)
TOTAL_OF_ROWS(hyper)
TOTAL_OF_ROWS(var2)
