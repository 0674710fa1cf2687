/* lib/observe/second.c - what an observer computes at second order: a tape of du_var2, an
 * observation at a time.
 * SPDX-License-Identifier: MIT */
#include "observer.h"
#include <string.h>

/* How observation i enters Q: its share of Q, and the weights of its first and second derivative:
 * Q'' = outer f' f'^T + second f''. */
typedef struct {
    long double q, gradient, outer, second;
} share;
static share share_exactly(const du_observer *o, size_t i, double value)
{
    long double w = o->data.weights ? (long double)o->data.weights[i] : 1.0L,
                f = (long double)value;
    if (!o->data.y) return (share){ w * f, w, 0.0L, w };
    long double r = f - (long double)o->data.y[i];
    return (share){ 0.5L * w * r * r, w * r, w, w * r };
}

/* the parameters as independents with tangents v (NULL for 0), and a mark after them;
 * w->sums[width] zero */
static int start_tape(worker *w, const double v[], size_t width)
{
    const du_observer *o = w->o;
    if (w->sums_width < width) {
        if (!(w->sums = du_arena_alloc(&w->arena, width * sizeof *w->sums))) return DU_ENOMEM;
        w->sums_width = width;
    }
    for (size_t k = 0; k < width; k++) w->sums[k] = 0.0L;
    if (!w->tape && !(w->tape = du_tape_new_in(&w->memory, 0))) return DU_ENOMEM;
    if (!w->sum && !(w->sum = du_arena_alloc(&w->arena, 2 * o->p * sizeof *w->sum)))
        return DU_ENOMEM;
    du_tape_reset(w->tape);
    int status = du_tape_independents2(w->tape, o->p, o->b, v, w->b);
    if (!status) w->start = du_tape_mark(w->tape);
    return status;
}

/* model at observation i: value, gradient to w->sum[0 ... p-1], Hessian times the tangents to
 * w->sum[p ...] */
static int record(worker *w, size_t i, double *value, double *slope)
{
    const du_observer *o = w->o;
    const du_var2 *b = w->b;
    du_var2 y = du_var2_constant(DU_UNSET);
    int status = du_tape_rewind(w->tape, w->start);
    if (status) return status;
    o->model->f_var2(b, o->p, observation(o, i), &y, 1, o->ctx);
    if ((status = du_block_outputs_set(w, i, &y.v, 1, 0))) return status;
    *value = y.v;
    *slope = y.vd;
    return du_sweep_tangent(w->tape, &y, 1.0, (uint32_t)b[0].ref, o->p, w->sum, w->sum + o->p);
}

/* partial: Q, gradient, Hessian by rows */
static int curvature_unit(worker *w, size_t from, size_t to, double *partial,
                          const du_observer_job *job)
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
                row[k] += s.outer * (long double)w->sum[j] * (long double)w->sum[k]
                    + s.second * (long double)w->sum[p + k];
            if (j) continue;
            w->sums[0] += s.q;
            for (size_t k = 0; k < p; k++) w->sums[1 + k] += s.gradient * (long double)w->sum[k];
        }
    for (size_t k = 0; k < width && !status; k++) partial[k] = (double)w->sums[k];
    return status;
}

int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[])
{
    int status = du_observer_ready(o, 0);
    if (status) return status;
    if (!b || !q || !g || !h) return du_observer_null(o);
    size_t p = o->p;
    status = du_observer_run(o, &o->plain, b, curvature_unit, 1 + p + p * p,
                             &(du_observer_job){ .v = NULL });
    if (status) return status;
    *q = o->total[0];
    for (size_t j = 0; j < p; j++) g[j] = o->total[1 + j];
    for (size_t k = 0; k < p * p; k++) h[k] = o->total[1 + p + k];
    return DU_OK;
}

/* partial: Q, gradient, product */
static int hv_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    size_t p = w->o->p;
    double value, slope;
    int status = start_tape(w, job->v, 1 + 2 * p);
    for (size_t i = from; i < to && !status; i++) {
        if ((status = record(w, i, &value, &slope))) return status;
        share s = share_exactly(w->o, i, value);
        w->sums[0] += s.q;
        for (size_t j = 0; j < p; j++) {
            w->sums[1 + j] += s.gradient * (long double)w->sum[j];
            w->sums[1 + p + j] += s.outer * (long double)slope * (long double)w->sum[j]
                + s.second * (long double)w->sum[p + j];
        }
    }
    for (size_t k = 0; k < 1 + 2 * p && !status; k++) partial[k] = (double)w->sums[k];
    return status;
}

int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[],
                  double hv[])
{
    int status = du_observer_ready(o, 0);
    if (status) return status;
    if (!b || !v || !q || !g || !hv) return du_observer_null(o);
    size_t p = o->p;
    memcpy(o->v, v, p * sizeof *v);
    status = du_observer_run(o, &o->plain, b, hv_unit, 1 + 2 * p, &(du_observer_job){ .v = o->v });
    if (status) return status;
    *q = o->total[0];
    for (size_t j = 0; j < p; j++) {
        g[j] = o->total[1 + j];
        hv[j] = o->total[1 + p + j];
    }
    return DU_OK;
}
