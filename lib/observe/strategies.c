/* lib/observe/strategies.c - the ways to evaluate a model's values and partials for a block of
 * rows: forward or by a tape, an observation or eight at a time. One entry of the list at the end
 * each. SPDX-License-Identifier: MIT */
#include "../base/transpose.h"
#include "observer.h"
#include <string.h>

static void *allocate(worker *w, size_t count, size_t size)
{
    return du_arena_alloc(&w->arena, count * size);
}

/* what every engine needs: numbers for parameters and outputs, buffers of a block */
static int prepare(worker *w, size_t number)
{
    const du_observer *o = w->o;
    size_t cols = o->data.cols ? o->data.cols
                               : 8; /* a model without columns that reads some finds NaN */
    w->b = allocate(w, o->p, number);
    w->y = allocate(w, o->m, number);
    w->x = allocate(w, cols, sizeof *w->x);
    w->value = allocate(w, o->m * BLOCK, sizeof *w->value);
    w->seed = allocate(w, BLOCK, sizeof *w->seed);
    if (!w->b || !w->y || !w->x || !w->value || !w->seed) return DU_ENOMEM;
    memset(w->value, 0, o->m * BLOCK * sizeof *w->value);
    for (size_t k = 0; k < cols; k++) w->x[k] = du_pack_constant(DU_UNSET);
    return DU_OK;
}
/* the block of Jacobian rows: by a tape only when rows are first asked for, since a gradient needs
 * none */
static int need_jac(worker *w)
{
    if (!w->jac) w->jac = allocate(w, w->o->m * w->o->p * BLOCK, sizeof *w->jac);
    return w->jac ? DU_OK : DU_ENOMEM;
}
/* what a block of rows ends with: whether all outputs have been set */
static int finish(worker *w, size_t from, size_t to)
{
    int status = DU_OK;
    for (size_t i = 0; i < w->o->m && !status; i++)
        status = du_block_outputs_set(w, from, w->value + i * BLOCK, to - from, i);
    return status;
}

/* ---- forward: the parameters stay seeded, a pass moves the seeds ---- */

/* Of an observation or of eight: the data of the rows at ...; the parameters of the rows, when they
 * have their own, to numbers of `size` bytes that begin with their value; an output's value and its
 * partials, `width` from `at` on. */
#define ALWAYS static inline __attribute__((always_inline))
ALWAYS const double *data_1(const worker *w, size_t at, size_t to)
{
    (void)to;
    return observation(w->o, at);
}
ALWAYS const du_pack *data_8(const worker *w, size_t at, size_t to)
{
    du_block_load(w, at, to, w->x);
    return w->x;
}
ALWAYS void own_parameters_1(const worker *w, const du_request *q, size_t at, size_t to,
                             size_t size)
{
    size_t p = w->o->p;
    (void)to;
    for (size_t j = 0; q->job->each && j < p; j++)
        *(double *)(void *)((char *)w->b + j * size) = q->job->each[at * p + j];
}
ALWAYS void own_parameters_8(const worker *w, const du_request *q, size_t at, size_t to,
                             size_t size)
{
    size_t p = w->o->p;
    if (q->job->each) du_block_gather(q->job->each + at * p, p, least(8, to - at), w->b, size);
}
ALWAYS void keep_1(const worker *w, const du_request *q, size_t row, size_t rows, size_t i,
                   const double *v, const double *partial, size_t at, size_t width, size_t chunk)
{
    size_t p = w->o->p;
    (void)rows;
    w->value[i * BLOCK + row] = *v;
    double *direct = q->direct ? q->direct + row * q->next + i * q->tda + at : NULL;
    if (!direct)
        for (size_t k = 0; k < width; k++) w->jac[(i * p + at + k) * BLOCK + row] = partial[k];
    else if (width == chunk) memcpy(direct, partial, chunk * sizeof *direct);
    else
        for (size_t k = 0; k < width; k++) direct[k] = partial[k];
}
ALWAYS void keep_8(const worker *w, const du_request *q, size_t row, size_t rows, size_t i,
                   const du_pack *v, const double *partial, size_t at, size_t width, size_t chunk)
{
    double *jac = w->jac + (i * w->o->p + at) * BLOCK + row;
    (void)chunk;
    du_pack_store(w->value + i * BLOCK + row, *v);
    if (q->direct)
        du_scatter(partial, 8, width, least(8, rows - row),
                   q->direct + row * q->next + i * q->tda + at, q->next);
    else
        for (size_t k = 0; k < width; k++)
            du_pack_store(jac + k * BLOCK, du_pack_load(partial + 8 * k));
}

/* numbers of type t, C directions, `lanes` observations at a time */
#define FORWARD(t, C, lanes) \
    static int prepare_##t(worker *w) \
    { \
        int status = prepare(w, sizeof(du_##t)); \
        return status ? status : need_jac(w); \
    } \
    static int begin_##t(worker *w) \
    { \
        du_##t *b = w->b; \
        for (size_t j = 0; j < w->o->p; j++) b[j] = du_##t##_constant(w->o->b[j]); \
        return DU_OK; \
    } \
    static int rows_##t(worker *w, size_t from, size_t to, const du_request *q) \
    { \
        const du_observer *o = w->o; \
        du_##t *b = w->b, *y = w->y; \
        size_t p = o->p, m = o->m; \
        for (size_t at = 0; at < p; at += (C)) { \
            size_t width = least((C), p - at); \
            for (size_t k = 0; k < width; k++) du_##t##_seed(b + at + k, k, 1.0); \
            for (size_t row = 0; row < to - from; row += (lanes)) { \
                own_parameters_##lanes(w, q, from + row, to, sizeof *b); \
                for (size_t i = 0; i < m; i++) y[i] = du_##t##_constant(DU_UNSET); \
                o->model->f_##t(b, p, data_##lanes(w, from + row, to), y, m, o->ctx); \
                for (size_t i = 0; i < m; i++) \
                    keep_##lanes(w, q, row, to - from, i, &y[i].v, \
                                 (const double *)(const void *)y[i].w, at, width, (C)); \
            } \
            for (size_t k = 0; k < width; k++) du_##t##_seed(b + at + k, k, 0.0); \
            if (!q->jac) break; \
        } \
        if (q->jac) du_block_weigh_rows(w, q, from, 0, to - from); \
        return finish(w, from, to); \
    }
FORWARD(dual4, 4, 1)
FORWARD(dual8, 8, 1)
FORWARD(dual16, 16, 1)
FORWARD(pack_dual4, 4, 8)
FORWARD(pack_dual8, 8, 8)

/* ---- forward with known zeros: the model's own loop; a block with anything non-finite again by
 * dual numbers ---- */

/* whether the values of so many rows are, and so many partials */
static int finite_block(const worker *w, size_t rows, const double *partials, size_t count)
{
    int finite = du_real_all_finite(partials, count);
    for (size_t i = 0; i < w->o->m; i++) finite &= du_real_all_finite(w->value + i * BLOCK, rows);
    return finite;
}

static int prepare_block(worker *w, int status, size_t number)
{
    const du_observer *o = w->o;
    if (status) return status;
    w->point = allocate(w, DU_STRAIGHT_PARTIALS, number);
    w->block_jac = allocate(w, BLOCK * o->m * o->p, sizeof *w->block_jac);
    if (!w->point || !w->block_jac) return DU_ENOMEM;
    memset(w->point, 0, DU_STRAIGHT_PARTIALS * number);
    return DU_OK;
}
static int prepare_straight(worker *w)
{
    return prepare_block(w, prepare_dual8(w), sizeof(double));
}
static int prepare_pack_straight(worker *w)
{
    int status = prepare_block(w, prepare_pack_dual8(w), sizeof(du_pack));
    if (status) return status;
    if (w->o->data.cols == 0) w->block_x = w->x;
    else w->block_x = allocate(w, BLOCK / 8 * w->o->data.cols, sizeof *w->block_x);
    return w->block_x ? DU_OK : DU_ENOMEM;
}
static int begin_straight(worker *w)
{
    memcpy(w->point, w->o->b, w->o->p * sizeof(double));
    return begin_dual8(w);
}
static int begin_pack_straight(worker *w)
{
    du_pack *point = w->point;
    for (size_t j = 0; j < w->o->p; j++) point[j] = du_pack_constant(w->o->b[j]);
    return begin_pack_dual8(w);
}

/* Rows without gaps are written where the caller wants them. */
static int rows_straight(worker *w, size_t from, size_t to, const du_request *q)
{
    const du_observer *o = w->o;
    size_t rows = to - from, p = o->p, m = o->m, straight = q->direct && q->tda == p;
    double *out = straight ? q->direct : w->block_jac;
    const double *each = q->job->each;
    du_straight_block k = { .ctx = o->ctx,
                            .p = p,
                            .m = m,
                            .cols = o->data.cols,
                            .count = each ? 1 : rows,
                            .b = w->point,
                            .next = BLOCK };
    if (!q->jac) return rows_dual8(w, from, to, q);
    for (size_t row = 0; row < rows; row += k.count) {
        if (each) memcpy(w->point, each + (from + row) * p, p * sizeof(double));
        k.x = observation(o, from + row);
        k.y = w->value + row;
        k.jac = out + row * m * p;
        o->model->rows_straight(&k);
    }
    if (!finite_block(w, rows, out, rows * m * p)) return rows_dual8(w, from, to, q);
    for (size_t row = 0; row < rows && !straight; row++)
        for (size_t i = 0; i < m; i++, out += p) {
            if (q->direct) memcpy(q->direct + row * q->next + i * q->tda, out, p * sizeof *out);
            else
                for (size_t j = 0; j < p; j++) w->jac[(i * p + j) * BLOCK + row] = out[j];
        }
    du_block_weigh_rows(w, q, from, 0, rows);
    return DU_OK;
}

static int rows_pack_straight(worker *w, size_t from, size_t to, const du_request *q)
{
    const du_observer *o = w->o;
    size_t rows = to - from, packs = (rows + 7) / 8, p = o->p, m = o->m, cols = o->data.cols;
    double *out = w->block_jac;
    const double *each = q->job->each;
    du_straight_block k = { .ctx = o->ctx,
                            .p = p,
                            .m = m,
                            .cols = cols,
                            .count = each ? 1 : packs,
                            .b = w->point,
                            .next = BLOCK / 8 };
    if (!q->jac) return rows_pack_dual8(w, from, to, q);
    for (size_t i = 0; i < packs; i++) du_block_load(w, from + 8 * i, to, w->block_x + i * cols);
    for (size_t i = 0; i < packs; i += k.count) {
        if (each)
            du_block_gather(each + (from + 8 * i) * p, p, least(8, rows - 8 * i), w->point,
                            sizeof(du_pack));
        k.x = (const double *)(const void *)(w->block_x + i * cols);
        k.y = w->value + 8 * i;
        k.jac = out + 8 * i * m * p;
        o->model->rows_pack_straight(&k);
    }
    if (!finite_block(w, rows, out, 8 * packs * m * p)) return rows_pack_dual8(w, from, to, q);
    for (size_t row = 0; row < rows; row += 8)
        for (size_t i = 0; i < m; i++, out += 8 * p) {
            if (q->direct)
                du_scatter(out, 8, p, least(8, rows - row), q->direct + row * q->next + i * q->tda,
                           q->next);
            else
                for (size_t j = 0; j < p; j++)
                    du_pack_store(w->jac + (i * p + j) * BLOCK + row, du_pack_load(out + 8 * j));
        }
    du_block_weigh_rows(w, q, from, 0, rows);
    return DU_OK;
}

/* ---- by a tape: an observation, or eight, are recorded and swept at a time ---- */

static int prepare_tape(worker *w, size_t number)
{
    int status = prepare(w, number);
    if (!status) w->tape = du_tape_new_in(&w->memory, 0);
    return status ? status : w->tape ? DU_OK : DU_ENOMEM;
}
static uint32_t first_slot(const worker *w) { return (uint32_t)w->start.ref - (uint32_t)w->o->p; }

static int recorded(worker *w, int status, size_t size, size_t data)
{
    du_tape *t = w->tape;
    if (status) return status;
    w->start = du_tape_mark(t);
    t->engine_inputs.numbers = w->b;
    t->engine_inputs.bytes = w->o->map ? 0 : w->o->p * size;
    t->engine_inputs.values = w->o->b;
    t->engine_inputs.first = first_slot(w);
    t->engine_inputs.data_bytes = w->o->data.cols * data;
    return DU_OK;
}

/* Whether the independents recorded by the previous run are still on the tape; if so only their
 * values change. */
static int inputs_still_recorded(const worker *w)
{
    return w->start.ref && !du_tape_status(w->tape);
}

static int begin_var(worker *w)
{
    du_var *b = w->b;
    if (inputs_still_recorded(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = w->o->b[j];
        return DU_OK;
    }
    du_tape_reset(w->tape);
    return recorded(w, du_tape_independents(w->tape, w->o->p, w->o->b, b), sizeof *b,
                    sizeof(double));
}
/* those of a row that has its own */
static void own_parameters(const worker *w, const double own[])
{
    du_var *b = w->b;
    for (size_t j = 0; j < w->o->p; j++) {
        DU_ONE_BY_ONE
        b[j].v = own[j];
    }
}
static void record_var(const worker *w, const double *each, size_t i, du_var *y)
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

static int begin_pack_var(worker *w)
{
    du_pack_var *b = w->b;
    du_tape *t = w->tape;
    if (inputs_still_recorded(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = du_pack_constant(w->o->b[j]);
        return DU_OK;
    }
    du_tape_reset(t);
    uint64_t ref = t->head.ref;
    if (!du_tape_segment(t, DU_LEAVES, w->o->p, 0, 0)) return t->status;
    for (size_t j = 0; j < w->o->p; j++)
        b[j] = (du_pack_var){ du_pack_constant(w->o->b[j]), du_pack_constant(1.0), &t->head,
                              ref + j };
    return recorded(w, DU_OK, sizeof *b, sizeof(du_pack));
}
/* their data to x, which stays until the sweep */
static void record_pack_var(const worker *w, const double *each, size_t at, size_t to, du_pack *x,
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

static int prepare_var(worker *w) { return prepare_tape(w, sizeof(du_var)); }
static int prepare_pack_var(worker *w) { return prepare_tape(w, sizeof(du_pack_var)); }

/* The adjoints of the parameters to output i of row `row` of the block; whether all are finite. */
static int keep_row(const worker *w, const du_request *q, size_t row, size_t i)
{
    size_t p = w->o->p, step = q->direct ? 1 : BLOCK;
    const double *a = w->tape->adjoint + first_slot(w);
    double *out = q->direct ? q->direct + row * q->next + i * q->tda : w->jac + i * p * BLOCK + row,
           sum = 0.0;
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
static int rows_var(worker *w, size_t from, size_t to, const du_request *q)
{
    size_t m = w->o->m;
    du_var *y = w->y;
    int status = q->jac ? need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row++) {
        du_tape_restart(w->tape, &w->start);
        record_var(w, q->job->each, from + row, y);
        if ((status = w->tape->status)) break;
        for (size_t i = 0; i < m; i++) w->value[i * BLOCK + row] = y[i].v;
        if (q->jac) status = sweep_row(w, q, row);
        if (!status && q->jac) du_block_weigh_rows(w, q, from, row, 1);
    }
    return status ? status : finish(w, from, to);
}

/* The adjoints of the parameters, to so many rows from `row` of the block on; whether all are
 * finite. */
static int keep_rows_pack(const worker *w, const du_request *q, size_t row, size_t rows)
{
    size_t p = w->o->p, m = w->o->m;
    const du_pack *a = (const du_pack *)(const void *)w->tape->adjoint + m * first_slot(w);
    du_pack zero = du_pack_constant(0.0), sum = zero;
    for (size_t i = 0; q->direct && i < m; i++)
        du_scatter((const double *)(const void *)(a + i), 8 * m, p, rows,
                   q->direct + row * q->next + i * q->tda, q->next);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < m; i++, a++) {
            sum = du_pack_add(sum, du_pack_mul(zero, *a));
            if (!q->direct) du_pack_store(w->jac + (i * p + j) * BLOCK + row, *a);
        }
    return du_pack_all_finite(sum);
}

static int rows_pack_var(worker *w, size_t from, size_t to, const du_request *q)
{
    size_t m = w->o->m;
    du_pack_var *y = w->y;
    int status = q->jac ? need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row += 8) {
        du_tape_restart(w->tape, &w->start);
        record_pack_var(w, q->job->each, from + row, to, w->x, y);
        if ((status = w->tape->status)) break;
        for (size_t i = 0; i < m; i++) du_pack_store(w->value + i * BLOCK + row, y[i].v);
        for (int skipping = 0; q->jac && skipping < 2 && !status; skipping++) {
            status = du_sweep_observations_pack(w->tape, m, m, y, NULL, 0, skipping);
            if (!status && keep_rows_pack(w, q, row, least(8, to - from - row))) break;
        }
        if (!status && q->jac) du_block_weigh_rows(w, q, from, row, least(8, to - from - row));
    }
    return status ? status : finish(w, from, to);
}

/* ---- sums by a tape: one sweep of a group of observations, recorded one behind the other ---- */

/* A group is BLOCK rows at most, and fewer where its tape or the data of its packs would not stay
 * in the nearest cache. That depends on the model and its data alone: the order in which a sum is
 * added up is always the same. */
enum { NEAR = 1 << 14 };

static int room_for_another(const worker *w, size_t count, size_t entry)
{
    size_t used = (size_t)(w->tape->head.ref - w->start.ref) * entry;
    return count < w->group_most && used * (count + 1) <= NEAR * count;
}

/* only when sums are first asked for: outputs of `number` bytes, data of `bytes`, each of so many
 */
static int need_group(worker *w, size_t most, size_t number, size_t bytes)
{
    if (w->group) return DU_OK;
    if (bytes > NEAR / most) most = bytes > NEAR ? 1 : NEAR / bytes;
    w->group_most = most;
    if (!w->group_x) w->group_x = allocate(w, most, bytes);
    if (w->group_x) w->group = allocate(w, most, number);
    return w->group ? DU_OK : DU_ENOMEM;
}

/* Records a group that begins with row i; how many. Their seeds come to w->seed, their values to
 * w->value. */
static size_t record_group_var(worker *w, const du_observer_job *job, size_t i, size_t to,
                               double *q)
{
    du_var *y = w->group;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_var(w, NULL, i + n, y + n);
        *q += share_of(w->o, job, i + n, y[n].v, &w->seed[n]);
        w->value[n] = y[n].v;
        n++;
    } while (i + n < to && room_for_another(w, n, sizeof(du_join)));
    return n;
}

/* The adjoints of the parameters gather the whole range of rows; if anything comes out non-finite,
 * once more with zero adjoints skipped. */
static int total_var(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                     double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK, sizeof(du_var), 0);
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        status = du_sweep_clear(w->tape, keep, 1);
        *q = 0.0;
        for (size_t i = from, n; i < to && !status; i += n) {
            n = record_group_var(w, job, i, to, q);
            status = du_sweep_observations(w->tape, n, w->group, w->seed, keep, skipping);
            if (!status) status = du_block_outputs_set(w, i, w->value, n, 0);
        }
        if (status) break;
        memcpy(sum, w->tape->adjoint + first, w->o->p * sizeof *sum);
        if (du_real_all_finite(sum, w->o->p)) break;
    }
    return status;
}

/* share_of for the rows at ... at+7; 0 past `to` */
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

/* the same of packs */
static size_t record_group_pack_var(worker *w, const du_observer_job *job, size_t at, size_t to,
                                    du_pack *q)
{
    du_pack_var *y = w->group;
    du_pack *seed = (du_pack *)(void *)w->seed;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_pack_var(w, NULL, at, to, w->group_x + n * w->o->data.cols, y + n);
        *q = du_pack_add(*q, shares(w->o, job, at, to, y[n].v, &seed[n]));
        du_pack_store(w->value + 8 * n, y[n].v);
        n++;
        at += 8;
    } while (at < to && room_for_another(w, n, sizeof(du_join_pack)));
    return n;
}

static int total_pack_var(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                          double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK / 8, sizeof(du_pack_var), w->o->data.cols * sizeof(du_pack));
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        du_pack parts = du_pack_constant(0.0); /* of q, a lane each */
        status = du_sweep_clear(w->tape, keep, 8);
        for (size_t at = from, n; at < to && !status; at += 8 * n) {
            n = record_group_pack_var(w, job, at, to, &parts);
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

/* ---- the list ---- */

#define TASKS (1u << DU_ROWS | 1u << DU_SUM)

static const du_observer_engine engines[] = {
    { .about = { .name = "forward-4",
                 .mode = DU_FORWARD,
                 .chunk = 4,
                 .tasks = TASKS,
                 .base = 1.2,
                 .each = 0.30,
                 .lanes = DU_ONE_LANE },
      .prepare = prepare_dual4,
      .begin = begin_dual4,
      .rows = rows_dual4 },
    { .about = { .name = "forward-8",
                 .mode = DU_FORWARD,
                 .chunk = 8,
                 .tasks = TASKS,
                 .base = 1.2,
                 .each = 0.25,
                 .lanes = DU_ONE_LANE },
      .prepare = prepare_dual8,
      .begin = begin_dual8,
      .rows = rows_dual8 },
    { .about = { .name = "forward-16",
                 .mode = DU_FORWARD,
                 .chunk = 16,
                 .tasks = TASKS,
                 .base = 1.2,
                 .each = 0.25,
                 .lanes = DU_ONE_LANE },
      .prepare = prepare_dual16,
      .begin = begin_dual16,
      .rows = rows_dual16 },
    { .about = { .name = "reverse",
                 .mode = DU_REVERSE,
                 .chunk = 8,
                 .tasks = TASKS,
                 .base = 9.0,
                 .each = 3.0,
                 .lanes = DU_ONE_LANE },
      .prepare = prepare_var,
      .begin = begin_var,
      .rows = rows_var,
      .total = total_var },
    { .about = { .name = "packed-forward-4",
                 .mode = DU_FORWARD,
                 .chunk = 4,
                 .tasks = TASKS,
                 .base = 0.3,
                 .each = 0.09,
                 .lanes = DU_EIGHT_LANES },
      .prepare = prepare_pack_dual4,
      .begin = begin_pack_dual4,
      .rows = rows_pack_dual4 },
    { .about = { .name = "packed-forward-8",
                 .mode = DU_FORWARD,
                 .chunk = 8,
                 .tasks = TASKS,
                 .base = 0.3,
                 .each = 0.09,
                 .lanes = DU_EIGHT_LANES },
      .prepare = prepare_pack_dual8,
      .begin = begin_pack_dual8,
      .rows = rows_pack_dual8 },
    { .about = { .name = "straight",
                 .mode = DU_FORWARD,
                 .chunk = 16,
                 .tasks = TASKS,
                 .base = 1.2,
                 .each = 0.1,
                 .lanes = DU_ONE_LANE,
                 .inputs = DU_STRAIGHT_PARTIALS,
                 .outputs = DU_STRAIGHT_OUTPUTS,
                 .straight = 1 },
      .prepare = prepare_straight,
      .begin = begin_straight,
      .rows = rows_straight },
    { .about = { .name = "packed-straight",
                 .mode = DU_FORWARD,
                 .chunk = 16,
                 .tasks = TASKS,
                 .base = 0.2,
                 .each = 0.03,
                 .lanes = DU_EIGHT_LANES,
                 .inputs = DU_STRAIGHT_PARTIALS,
                 .outputs = DU_STRAIGHT_OUTPUTS,
                 .straight = 1 },
      .prepare = prepare_pack_straight,
      .begin = begin_pack_straight,
      .rows = rows_pack_straight },
    { .about = { .name = "packed-reverse",
                 .mode = DU_REVERSE,
                 .chunk = 1,
                 .tasks = TASKS,
                 .base = 0.8,
                 .each = 0.4,
                 .lanes = DU_EIGHT_LANES },
      .prepare = prepare_pack_var,
      .begin = begin_pack_var,
      .rows = rows_pack_var,
      .total = total_pack_var },
};

/* `about` is the first member: a strategy of the list is its engine */
const du_strategy *du_observer_strategy(size_t k)
{
    return k < sizeof engines / sizeof *engines ? &engines[k].about : NULL;
}
