/* lib/observe/second.c - what an observer computes at second order, on a tape of du_var2, an
 * observation at a time: the Hessian of Q and its products.
 * SPDX-License-Identifier: MIT */
#include "observer.h"
#include <string.h>

/* How observation i enters Q, in long double: its share of Q, and with the derivatives f' and f''
 * of the model, Q' = gradient f' and Q'' = outer f' f'^T + second f''. */
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

/* the tape and the sums of a unit, unless they are there */
static int allocate(worker *w, size_t width)
{
    if (w->sums_width < width) {
        w->sums = du_worker_alloc(w, width, sizeof *w->sums);
        if (!w->sums) return DU_ENOMEM;
        w->sums_width = width;
    }
    if (!w->tape) w->tape = du_tape_new_in(&w->memory, 0);
    if (!w->sum) w->sum = du_worker_alloc(w, 2 * w->o->p, sizeof *w->sum);
    return w->tape && w->sum ? DU_OK : DU_ENOMEM;
}

/* What a unit begins with: records the parameters, with tangents v (NULL for 0), and a mark after
 * them; sets w->sums[width] to zero. */
static int start_unit(worker *w, const double v[], size_t width)
{
    const du_observer *o = w->o;
    if (allocate(w, width)) return DU_ENOMEM;
    for (size_t k = 0; k < width; k++) w->sums[k] = 0.0L;
    du_tape_reset(w->tape);
    int status = du_tape_independents2(w->tape, o->p, o->b, v, w->b);
    if (!status) w->start = du_tape_mark(w->tape);
    return status;
}

/* The model at observation i: its value and the tangent of that, slope; its gradient to w->sum[p],
 * its Hessian times the tangents of the parameters to the p doubles behind. */
static int record(worker *w, size_t i, double *value, double *slope)
{
    const du_observer *o = w->o;
    const du_var2 *b = w->b;
    du_var2 y = du_var2_constant(DU_UNSET);
    int status = du_tape_rewind(w->tape, w->start);
    if (status) return status;
    o->model->f_var2(b, o->p, observation(o, i), &y, 1, o->ctx);
    status = du_block_outputs_set(w, i, &y.v, 1, 0);
    if (status) return status;
    *value = y.v;
    *slope = y.vd;
    return du_sweep_tangent(w->tape, &y, 1.0, (uint32_t)b[0].ref, o->p, w->sum, w->sum + o->p);
}

/* Q and gradient of a row to the sums, from the gradient of the model in w->sum */
static void add_gradient(worker *w, const share *s)
{
    w->sums[0] += s->q;
    for (size_t k = 0; k < w->o->p; k++) w->sums[1 + k] += s->gradient * (long double)w->sum[k];
}
/* Q'' times the direction to sums[p]: `slope` is f' times it, and w->sum holds f' and f'' times
 * it */
static void add_product(const worker *w, const share *s, double slope, long double *sums)
{
    const double *gradient = w->sum, *product = w->sum + w->o->p;
    for (size_t k = 0; k < w->o->p; k++)
        sums[k] += s->outer * (long double)slope * (long double)gradient[k]
            + s->second * (long double)product[k];
}
static void write_sums(const worker *w, double *partial, size_t width)
{
    for (size_t k = 0; k < width; k++) partial[k] = (double)w->sums[k];
}

/* partial: Q, gradient, Hessian by rows; a recording for each row and parameter */
static int curvature_unit(worker *w, size_t from, size_t to, double *partial,
                          const du_observer_job *job)
{
    size_t p = w->o->p, width = 1 + p + p * p;
    double value = 0.0, slope;
    int status = start_unit(w, NULL, width);
    du_var2 *b = w->b;
    (void)job;
    for (size_t i = from; i < to && !status; i++)
        for (size_t j = 0; j < p && !status; j++) {
            b[j].vd = 1.0;
            status = record(w, i, &value, &slope);
            b[j].vd = 0.0;
            if (status) return status;
            share s = share_exactly(w->o, i, value);
            add_product(w, &s, w->sum[j], w->sums + 1 + p + j * p);
            if (j == 0) add_gradient(w, &s);
        }
    if (!status) write_sums(w, partial, width);
    return status;
}

int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[])
{
    int status = du_observer_ready(o, 0, b && q && g && h);
    if (status) return status;
    size_t p = o->p;
    status = du_observer_run(o, &o->plain, b, curvature_unit, 1 + p + p * p,
                             &(du_observer_job){ .v = NULL });
    if (status) return status;
    du_observer_sums(o, q, g);
    memcpy(h, o->total + 1 + p, p * p * sizeof *h);
    return DU_OK;
}

/* partial: Q, gradient, product; a recording for each row */
static int hv_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    size_t p = w->o->p, width = 1 + 2 * p;
    double value, slope;
    int status = start_unit(w, job->v, width);
    for (size_t i = from; i < to && !status; i++) {
        status = record(w, i, &value, &slope);
        if (status) return status;
        share s = share_exactly(w->o, i, value);
        add_gradient(w, &s);
        add_product(w, &s, slope, w->sums + 1 + p);
    }
    if (!status) write_sums(w, partial, width);
    return status;
}

int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[],
                  double hv[])
{
    int status = du_observer_ready(o, 0, b && v && q && g && hv);
    if (status) return status;
    size_t p = o->p;
    memcpy(o->v, v, p * sizeof *v);
    status = du_observer_run(o, &o->plain, b, hv_unit, 1 + 2 * p, &(du_observer_job){ .v = o->v });
    if (status) return status;
    du_observer_sums(o, q, g);
    memcpy(hv, o->total + 1 + p, p * sizeof *hv);
    return DU_OK;
}
