/* lib/observe/jobs.c - what an observer computes at first order: rows of the Jacobian, products
 * with it, Q and its gradient. SPDX-License-Identifier: MIT */
#include "observer.h"
#include <duet/function.h>
#include <math.h>
#include <string.h>

static int packed(const du_observer *o) { return o->rows.choice.strategy->lanes == DU_EIGHT_LANES; }

/* ---- rows of the Jacobian ---- */

/* the residuals of the rows from ... to-1, whose values are given, to r[row*stride] */
static void write_residuals(const du_observer *o, const double value[], size_t from, size_t to,
                            double *r, size_t stride)
{
    if (!o->data.y && !o->scale)
        for (size_t row = from; row < to; row++) r[row * stride] = value[row - from];
    else
        for (size_t row = from; row < to; row++)
            r[row * stride] = scale(o, row) * (value[row - from] - response(o, row));
}

static int rows_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    size_t m = w->o->m;
    du_request q = { .job = job, .jac = 1, .tda = job->tda, .next = m * job->tda };
    (void)partial;
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        q.direct = job->jac + at * q.next;
        int status = w->o->rows.engine->rows(w, at, end, &q);
        if (status) return status;
        for (size_t i = 0; job->out && i < m; i++)
            write_residuals(w->o, w->value + i * BLOCK, at, end, job->out + i * job->stride,
                            m * job->stride);
    }
    return DU_OK;
}

static int tda_too_small(du_observer *o, size_t tda)
{
    return du_report_set(&o->report, DU_ERANGE,
                         "%s: rows of %zu parameters do not fit into tda = %zu", o->model->name,
                         o->p, tda);
}

int du_observe_jacobian(du_observer *o, const double b[], double r[], double jac[], size_t tda)
{
    int status = du_observer_ready(o, 0, b && jac);
    if (status) return status;
    if (tda < o->p) return tda_too_small(o, tda);
    return du_observer_run(o, &o->rows, b, rows_unit, 0,
                           &(du_observer_job){ .out = r, .stride = 1, .jac = jac, .tda = tda });
}

int du_observe_each(du_observer *o, const double b[], double y[], double jac[])
{
    int status = du_observer_ready(o, 1, b && y && jac);
    if (status) return status;
    return du_observer_run(
        o, &o->rows, b, rows_unit, 0,
        &(du_observer_job){ .each = b, .out = y, .stride = 1, .jac = jac, .tda = o->p });
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
        w->seed[row] = row < rows ? scale(o, from + row) * (w->value[row] - response(o, from + row))
                                  : 0.0;
}
/* sum over rows of a block of a_i b_i; a zero b_i counts even against an infinity */
static double block_dot(const double *a, const double *b, size_t rows)
{
    du_pack s = du_pack_constant(0.0);
    for (size_t row = 0; row < rows; row += 8)
        s = du_pack_add(s, du_pack_times(du_pack_load(a + row), du_pack_load(b + row)));
    return du_pack_total(s);
}

/* partial: the lower triangle of J^T J by rows, then J^T r */
static int normal_unit(worker *w, size_t from, size_t to, double *partial,
                       const du_observer_job *job)
{
    size_t p = w->o->p;
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        int status = w->o->rows.engine->rows(w, at, end, &(du_request){ .job = job, .jac = 1 });
        if (status) return status;
        weigh(w, at, end);
        double *sum = partial;
        if (at == from) memset(partial, 0, (p * (p + 1) / 2 + p) * sizeof *partial);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                *sum++ += block_dot(w->jac + j * BLOCK, w->jac + k * BLOCK, end - at);
        for (size_t j = 0; j < p; j++) *sum++ += block_dot(w->jac + j * BLOCK, w->seed, end - at);
    }
    return DU_OK;
}

int du_observe_normal(du_observer *o, const double b[], double jtj[], size_t tda, double jtr[])
{
    int status = du_observer_ready(o, 0, b && jtj);
    if (status) return status;
    if (tda < o->p) return tda_too_small(o, tda);
    size_t p = o->p, triangle = p * (p + 1) / 2;
    status = du_observer_run(o, &o->rows, b, normal_unit, triangle + p,
                             &(du_observer_job){ .jac = NULL });
    if (status) return status;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++)
            jtj[j * tda + k] = jtj[k * tda + j] = o->total[j * (j + 1) / 2 + k];
    for (size_t j = 0; jtr && j < p; j++) jtr[j] = o->total[triangle + j];
    return DU_OK;
}

/* ---- Q and its gradient; J^T u ---- */

/* forward: from rows of the Jacobian */
static int total_from_rows(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                           double sum[])
{
    const du_observer *o = w->o;
    *q = 0.0;
    memset(sum, 0, o->p * sizeof *sum);
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        int status = o->sums.engine->rows(w, at, end, &(du_request){ .job = job, .jac = 1 });
        if (status) return status;
        memset(w->seed, 0, BLOCK * sizeof *w->seed);
        for (size_t i = at; i < end; i++)
            *q += share_of(o, job, i, w->value[i - at], &w->seed[i - at]);
        for (size_t j = 0; j < o->p; j++)
            sum[j] += block_dot(w->jac + j * BLOCK, w->seed, end - at);
    }
    return DU_OK;
}

/* partial: Q, then its gradient */
static int sum_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    const du_observer_engine *e = w->o->sums.engine;
    return (e->total ? e->total : total_from_rows)(w, from, to, job, partial, partial + 1);
}

int du_observe_objective(du_observer *o, const double b[], double *q, double g[])
{
    int status = du_observer_ready(o, 0, b && q && g);
    if (status) return status;
    status = du_observer_run(o, &o->sums, b, sum_unit, 1 + o->p, &(du_observer_job){ .u = NULL });
    if (status) return status;
    du_observer_sums(o, q, g);
    return DU_OK;
}

int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride, double jtu[])
{
    int status = du_observer_ready(o, 0, b && u && jtu && stride);
    if (status) return status;
    status = du_observer_run(o, &o->sums, b, sum_unit, 1 + o->p,
                             &(du_observer_job){ .u = u, .u_stride = stride });
    for (size_t j = 0; j < o->p && !status; j++) jtu[j] = o->total[1 + j];
    return status;
}

/* ---- without an engine: values, one direction ---- */

/* the parameters in every lane, once a unit */
static void spread_parameters(worker *w)
{
    du_pack *b = w->b;
    for (size_t j = 0; packed(w->o) && j < w->o->p; j++) b[j] = du_pack_constant(w->o->b[j]);
}

/* f of the rows from ... to-1, at most BLOCK, to value[] */
static int evaluate(worker *w, size_t from, size_t to, double value[])
{
    const du_observer *o = w->o;
    for (size_t i = from; !packed(o) && i < to; i++) {
        double y = DU_UNSET;
        o->model->f_double(o->b, o->p, observation(o, i), &y, 1, o->ctx);
        value[i - from] = y;
    }
    for (size_t i = from; packed(o) && i < to; i += 8) {
        du_pack y = du_pack_constant(DU_UNSET);
        du_block_load(w, i, to, w->x);
        o->model->f_pack(w->b, o->p, w->x, &y, 1, o->ctx);
        du_pack_store(value + (i - from), y);
    }
    return du_block_outputs_set(w, from, value, to - from, 0);
}

static int residual_unit(worker *w, size_t from, size_t to, double *partial,
                         const du_observer_job *job)
{
    double value[BLOCK];
    (void)partial;
    spread_parameters(w);
    for (size_t at = from; at < to; at += BLOCK) {
        size_t end = least(to, at + BLOCK);
        int status = evaluate(w, at, end, value);
        if (status) return status;
        write_residuals(w->o, value, at, end, job->out, job->stride);
    }
    return DU_OK;
}

int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride)
{
    int status = du_observer_ready(o, 0, b && r && stride);
    if (status) return status;
    return du_observer_run(o, &o->plain, b, residual_unit, 0,
                           &(du_observer_job){ .out = r, .stride = stride });
}

/* a row's directional derivative, where its value has been set */
static int write_product(worker *w, const du_observer_job *job, size_t i, double v, double product)
{
    if (DU_UNLIKELY(du_is_unset(v))) return du_block_outputs_set(w, i, &v, 1, 0);
    job->out[i * job->stride] = scale(w->o, i) * product;
    return DU_OK;
}

static int jv_one(worker *w, size_t from, size_t to, const du_observer_job *job)
{
    const du_observer *o = w->o;
    du_dual *b = w->b;
    int status = DU_OK;
    for (size_t j = 0; j < o->p; j++) b[j] = (du_dual){ o->b[j], job->v[j] };
    for (size_t i = from; i < to && !status; i++) {
        du_dual y = du_dual_constant(DU_UNSET);
        o->model->f_dual(b, o->p, observation(o, i), &y, 1, o->ctx);
        status = write_product(w, job, i, y.v, y.d);
    }
    return status;
}

static int jv_eight(worker *w, size_t from, size_t to, const du_observer_job *job)
{
    const du_observer *o = w->o;
    du_pack_dual *b = w->b;
    int status = DU_OK;
    for (size_t j = 0; j < o->p; j++) {
        b[j] = du_pack_dual_constant(o->b[j]);
        du_pack_dual_seed(b + j, 0, job->v[j]);
    }
    for (size_t i = from; i < to; i += 8) {
        du_pack_dual y = du_pack_dual_constant(DU_UNSET);
        du_block_load(w, i, to, w->x);
        o->model->f_pack_dual(b, o->p, w->x, &y, 1, o->ctx);
        du_pack jv = du_pack_dual_partial(y, 0);
        for (size_t k = 0; k < least(8, to - i) && !status; k++)
            status = write_product(w, job, i + k, du_pack_get(y.v, k), du_pack_get(jv, k));
    }
    return status;
}

static int jv_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    (void)partial;
    return (packed(w->o) ? jv_eight : jv_one)(w, from, to, job);
}

static int fvv_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    const du_observer *o = w->o;
    du_jet *b = w->b;
    int status = DU_OK;
    (void)partial;
    for (size_t j = 0; j < o->p; j++) b[j] = (du_jet){ o->b[j], job->v[j], 0.0 };
    for (size_t i = from; i < to && !status; i++) {
        du_jet y = du_jet_constant(DU_UNSET);
        o->model->f_jet(b, o->p, observation(o, i), &y, 1, o->ctx);
        status = write_product(w, job, i, y.v, y.dd);
    }
    return status;
}

/* outputs may overlap v, which every thread reads: v is copied behind b */
static int along(du_observer *o, const double b[], const double v[], double out[], size_t stride,
                 du_unit_function *f)
{
    int status = du_observer_ready(o, 0, b && v && out && stride);
    if (status) return status;
    memcpy(o->v, v, o->p * sizeof *v);
    return du_observer_run(o, &o->plain, b, f, 0,
                           &(du_observer_job){ .v = o->v, .out = out, .stride = stride });
}
int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[], size_t stride)
{
    return along(o, b, v, jv, stride, jv_unit);
}
int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride)
{
    return along(o, b, v, fvv, stride, fvv_unit);
}

/* ---- Q alone, as a number ---- */

static int q_unit(worker *w, size_t from, size_t to, double *partial, const du_observer_job *job)
{
    double value[BLOCK], slope;
    *partial = 0.0;
    spread_parameters(w);
    for (size_t at = from; at < to; at += BLOCK) {
        int status = evaluate(w, at, least(to, at + BLOCK), value);
        if (status) return status;
        for (size_t i = at; i < least(to, at + BLOCK); i++)
            *partial += share_of(w->o, job, i, value[i - at], &slope);
    }
    return DU_OK;
}

double du_double_total(du_observer *o, const double q[])
{
    if (du_observer_ready(o, 0, 1) || !q) return (double)NAN;
    int status = du_observer_run(o, &o->plain, q, q_unit, 1, &(du_observer_job){ .u = NULL });
    return status ? (double)NAN : o->total[0];
}
