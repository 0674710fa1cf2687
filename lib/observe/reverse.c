/* lib/observe/reverse.c - strategies by a tape: observations are recorded behind the independents,
 * the parameters, and swept. Each function is there for one observation at a time and for packs of
 * eight. SPDX-License-Identifier: MIT */
#include "../base/transpose.h"
#include "observer.h"
#include <string.h>

/* ---- parameters ---- */

static int prepare_tape(worker *w, size_t number)
{
    int status = du_worker_prepare(w, number);
    if (status) return status;
    w->tape = du_tape_new_in(&w->memory, 0);
    return w->tape ? DU_OK : DU_ENOMEM;
}
int du_reverse_prepare(worker *w) { return prepare_tape(w, sizeof(du_var)); }
int du_reverse_prepare_pack(worker *w) { return prepare_tape(w, sizeof(du_pack_var)); }

/* the slot of the first parameter */
static uint32_t first_slot(const worker *w) { return (uint32_t)w->start.ref - (uint32_t)w->o->p; }

/* What follows the recording of the parameters, numbers of `number` bytes; data of `value`
 * bytes. */
static int parameters_recorded(worker *w, size_t number, size_t value)
{
    const du_observer *o = w->o;
    w->start = du_tape_mark(w->tape);
    w->tape->engine_inputs = (du_engine_inputs){
        .numbers = w->b,
        .bytes = o->map ? 0 : o->p * number,
        .values = o->b,
        .first = first_slot(w),
        .data_bytes = o->data.cols * value,
    };
    return DU_OK;
}

/* Whether the independents recorded by the previous run are still on the tape; if so only their
 * values change. */
static int still_recorded(const worker *w) { return w->start.ref && !du_tape_status(w->tape); }

int du_reverse_begin(worker *w)
{
    du_var *b = w->b;
    if (still_recorded(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = w->o->b[j];
        return DU_OK;
    }
    du_tape_reset(w->tape);
    int status = du_tape_independents(w->tape, w->o->p, w->o->b, b);
    return status ? status : parameters_recorded(w, sizeof *b, sizeof(double));
}

int du_reverse_begin_pack(worker *w)
{
    du_pack_var *b = w->b;
    du_tape *t = w->tape;
    if (still_recorded(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = du_pack_constant(w->o->b[j]);
        return DU_OK;
    }
    du_tape_reset(t);
    uint64_t ref = t->head.ref;
    if (!du_tape_segment(t, DU_LEAVES, w->o->p, 0, 0)) return t->status;
    du_pack one = du_pack_constant(1.0);
    for (size_t j = 0; j < w->o->p; j++)
        b[j] = (du_pack_var){ du_pack_constant(w->o->b[j]), one, &t->head, ref + j };
    return parameters_recorded(w, sizeof *b, sizeof(du_pack));
}
/* ---- recording ---- */

/* the parameters of a row that has its own */
static void own_parameters(const worker *w, const double own[])
{
    du_var *b = w->b;
    for (size_t j = 0; j < w->o->p; j++) {
        DU_ONE_BY_ONE
        b[j].v = own[j];
    }
}
/* Records row i, whose outputs are y[m]. `each` is the parameters of all rows, where they have
 * their own. */
static void record_row(const worker *w, const double *each, size_t i, du_var *y)
{
    const du_observer *o = w->o;
    du_var *b = w->b;
    if (each) own_parameters(w, each + i * o->p);
    for (size_t k = 0; k < o->m; k++) {
        DU_ONE_BY_ONE
        y[k] = du_var_constant(DU_UNSET);
    }
    w->tape->engine_inputs.data = observation(o, i);
    o->model->f_var(b, o->p, observation(o, i), y, o->m, o->ctx);
}

/* The same of the rows at ...; their data are copied to x, which must stay until the sweep. */
static void record_pack(const worker *w, const double *each, size_t at, size_t to, du_pack *x,
                        du_pack_var *y)
{
    const du_observer *o = w->o;
    du_pack_var *b = w->b;
    du_block_load(w, at, to, x);
    if (each) du_block_gather(each + at * o->p, o->p, least(8, to - at), b, sizeof *b);
    for (size_t k = 0; k < o->m; k++) {
        DU_ONE_BY_ONE
        y[k] = du_pack_var_constant(DU_UNSET);
    }
    w->tape->engine_inputs.data = x;
    o->model->f_pack_var(b, o->p, x, y, o->m, o->ctx);
}

/* ---- rows of the Jacobian ---- */

/* Copies the adjoints of the parameters to output i of row `row` of the block. Returns whether all
 * are finite. */
static int keep_row(const worker *w, const du_request *q, size_t row, size_t i)
{
    size_t p = w->o->p, step = q->direct ? 1 : BLOCK;
    const double *a = w->tape->adjoint + first_slot(w);
    double *out = q->direct ? direct_row(q, row, i) : jac_column(w, i, 0) + row, sum = 0.0;
    for (size_t j = 0; j < p; j++) {
        DU_ONE_BY_ONE
        sum += 0.0 * a[j];
        out[j * step] = a[j];
    }
    return __builtin_isfinite(sum);
}

static int sweep_row(worker *w, const du_request *q, size_t row)
{
    const du_var *y = w->y;
    int status = DU_OK;
    for (size_t i = 0; i < w->o->m && !status; i++)
        for (int skipping = 0; skipping < 2 && !status; skipping++) {
            status = du_sweep_observations(w->tape, 1, y + i, NULL, 0, skipping);
            if (!status && keep_row(w, q, row, i)) break;
        }
    return status;
}

int du_reverse_rows(worker *w, size_t from, size_t to, const du_request *q)
{
    size_t m = w->o->m;
    du_var *y = w->y;
    int status = q->jac ? du_worker_need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row++) {
        du_tape_restart(w->tape, &w->start);
        record_row(w, q->job->each, from + row, y);
        status = w->tape->status;
        if (status) break;
        for (size_t i = 0; i < m; i++) w->value[i * BLOCK + row] = y[i].v;
        if (q->jac) status = sweep_row(w, q, row);
        if (!status && q->jac) du_block_weigh_rows(w, q, from, row, 1);
    }
    return status ? status : du_block_all_set(w, from, to);
}

/* The same for all outputs of `rows` rows from `row` on. */
static int keep_pack(const worker *w, const du_request *q, size_t row, size_t rows)
{
    size_t p = w->o->p, m = w->o->m;
    const du_pack *a = (const du_pack *)(const void *)w->tape->adjoint + m * first_slot(w);
    du_pack zero = du_pack_constant(0.0), sum = zero;
    for (size_t i = 0; q->direct && i < m; i++)
        du_scatter((const double *)(const void *)(a + i), 8 * m, p, rows, direct_row(q, row, i),
                   q->next);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < m; i++, a++) {
            sum = du_pack_add(sum, du_pack_mul(zero, *a));
            if (!q->direct) du_pack_store(jac_column(w, i, j) + row, *a);
        }
    return du_pack_all_finite(sum);
}

int du_reverse_rows_pack(worker *w, size_t from, size_t to, const du_request *q)
{
    size_t m = w->o->m;
    du_pack_var *y = w->y;
    int status = q->jac ? du_worker_need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row += 8) {
        du_tape_restart(w->tape, &w->start);
        record_pack(w, q->job->each, from + row, to, w->x, y);
        status = w->tape->status;
        if (status) break;
        for (size_t i = 0; i < m; i++) du_pack_store(w->value + i * BLOCK + row, y[i].v);
        for (int skipping = 0; q->jac && skipping < 2 && !status; skipping++) {
            status = du_sweep_observations_pack(w->tape, m, m, y, NULL, 0, skipping);
            if (!status && keep_pack(w, q, row, least(8, to - from - row))) break;
        }
        if (!status && q->jac) du_block_weigh_rows(w, q, from, row, least(8, to - from - row));
    }
    return status ? status : du_block_all_set(w, from, to);
}

/* ---- sums: one sweep of a group of observations, recorded one behind the other ---- */

/* A group is BLOCK rows at most, and fewer where its tape or the data of its packs would not stay
 * in the nearest cache, of so many bytes. That depends on the model and its data alone: the order
 * in which a sum is added up is always the same. */
enum { NEAR = 1 << 14 };

/* whether the tape has room for one more than the `count` recorded, by their average */
static int room_for_another(const worker *w, size_t count, size_t entry)
{
    size_t used = (size_t)(w->tape->head.ref - w->start.ref) * entry;
    return count < w->group_most && used * (count + 1) <= NEAR * count;
}

/* The memory of a group, when sums are first asked for: `most` outputs of `number` bytes, and data
 * of `bytes` each. */
static int need_group(worker *w, size_t most, size_t number, size_t bytes)
{
    if (w->group) return DU_OK;
    if (bytes > NEAR / most) most = bytes > NEAR ? 1 : NEAR / bytes;
    w->group_most = most;
    if (!w->group_x) w->group_x = du_worker_alloc(w, most, bytes);
    if (w->group_x) w->group = du_worker_alloc(w, most, number);
    return w->group ? DU_OK : DU_ENOMEM;
}

/* Records a group that begins with row i, and returns how many rows it has. Their seeds come to
 * w->seed, their values to w->value; their shares are added to q. */
static size_t record_group(worker *w, const du_observer_job *job, size_t i, size_t to, double *q)
{
    du_var *y = w->group;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_row(w, NULL, i + n, y + n);
        *q += share_of(w->o, job, i + n, y[n].v, &w->seed[n]);
        w->value[n] = y[n].v;
        n++;
    } while (i + n < to && room_for_another(w, n, sizeof(du_join)));
    return n;
}

/* The adjoints of the parameters are added to by every group of the range. If one comes out
 * non-finite, the range is swept once more, skipping zeros. */
int du_reverse_total(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                     double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK, sizeof(du_var), 0);
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        status = du_sweep_clear(w->tape, keep, 1);
        *q = 0.0;
        for (size_t i = from, n; i < to && !status; i += n) {
            n = record_group(w, job, i, to, q);
            status = du_sweep_observations(w->tape, n, w->group, w->seed, keep, skipping);
            if (!status) status = du_block_outputs_set(w, i, w->value, n, 0);
        }
        if (status) break;
        memcpy(sum, w->tape->adjoint + first, w->o->p * sizeof *sum);
        if (du_real_all_finite(sum, w->o->p)) break;
    }
    return status;
}

/* share_of for the rows at ... at+7; 0 from row `to` on */
static __attribute__((noinline)) du_pack shares_by_row(const du_observer *o,
                                                       const du_observer_job *job, size_t at,
                                                       size_t to, du_pack f, du_pack *slope)
{
    du_pack q = *slope = du_pack_constant(0.0);
    for (size_t k = 0; k < least(8, to - at); k++) {
        double s;
        du_pack_set(&q, k, share_of(o, job, at + k, du_pack_get(f, k), &s));
        du_pack_set(slope, k, s);
    }
    return q;
}
static du_pack shares(const du_observer *o, const du_observer_job *job, size_t at, size_t to,
                      du_pack f, du_pack *slope)
{
    if (DU_UNLIKELY(to - at < 8 || job->u)) return shares_by_row(o, job, at, to, f, slope);
    du_pack w = o->data.weights ? du_pack_load(o->data.weights + at) : du_pack_constant(1.0);
    if (!o->data.y) {
        *slope = w;
        return du_pack_mul(w, f);
    }
    du_pack r = du_pack_sub(f, du_pack_load(o->data.y + at));
    *slope = du_pack_mul(w, r);
    return du_pack_mul(du_pack_constant(0.5), du_pack_mul(*slope, r));
}

/* The same of packs of rows; returns how many packs. Lane k of q gathers the rows of lane k. */
static size_t record_group_pack(worker *w, const du_observer_job *job, size_t at, size_t to,
                                du_pack *q)
{
    du_pack_var *y = w->group;
    du_pack *seed = (du_pack *)(void *)w->seed;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_pack(w, NULL, at, to, w->group_x + n * w->o->data.cols, y + n);
        *q = du_pack_add(*q, shares(w->o, job, at, to, y[n].v, &seed[n]));
        du_pack_store(w->value + 8 * n, y[n].v);
        n++;
        at += 8;
    } while (at < to && room_for_another(w, n, sizeof(du_join_pack)));
    return n;
}

int du_reverse_total_pack(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                          double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK / 8, sizeof(du_pack_var), w->o->data.cols * sizeof(du_pack));
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        du_pack parts = du_pack_constant(0.0); /* of q, a lane each */
        status = du_sweep_clear(w->tape, keep, 8);
        for (size_t at = from, n; at < to && !status; at += 8 * n) {
            n = record_group_pack(w, job, at, to, &parts);
            const du_pack *seed = (const du_pack *)(const void *)w->seed;
            status = du_sweep_observations_pack(w->tape, 1, n, w->group, seed, keep, skipping);
            if (!status) status = du_block_outputs_set(w, at, w->value, least(8 * n, to - at), 0);
        }
        if (status) break;
        const du_pack *a = (const du_pack *)(const void *)w->tape->adjoint + first;
        *q = du_pack_total(parts);
        for (size_t j = 0; j < w->o->p; j++) sum[j] = du_pack_total(a[j]);
        if (du_real_all_finite(sum, w->o->p)) break;
    }
    return status;
}
