/* lib/observe/strategies.c - the ways to evaluate a model's values and partials for a block of
 * rows: forward, an observation or eight at a time; those by a tape are in reverse.c. Each is one
 * entry of the list at the end. SPDX-License-Identifier: MIT */
#include "../base/inline.h"
#include "../base/transpose.h"
#include "observer.h"
#include <string.h>

/* ---- what all share ---- */

int du_worker_prepare(worker *w, size_t number)
{
    const du_observer *o = w->o;
    size_t cols = o->data.cols ? o->data.cols : 8; /* for a model without columns that reads some */
    w->b = du_worker_alloc(w, o->p, number);
    w->y = du_worker_alloc(w, o->m, number);
    w->x = du_worker_alloc(w, cols, sizeof *w->x);
    w->value = du_worker_alloc(w, o->m * BLOCK, sizeof *w->value);
    w->seed = du_worker_alloc(w, BLOCK, sizeof *w->seed);
    if (!w->b || !w->y || !w->x || !w->value || !w->seed) return DU_ENOMEM;
    memset(w->value, 0, o->m * BLOCK * sizeof *w->value);
    for (size_t k = 0; k < cols; k++) w->x[k] = du_pack_constant(DU_UNSET);
    return DU_OK;
}

int du_worker_need_jac(worker *w)
{
    if (!w->jac) w->jac = du_worker_alloc(w, w->o->m * w->o->p * BLOCK, sizeof *w->jac);
    return w->jac ? DU_OK : DU_ENOMEM;
}

/* ---- forward ---- */

/* The functions below end with how many observations they are for: 1, or 8 of which the last may be
 * past the end. */

/* the data of the rows at ... */
ALWAYS_INLINE const double *data_1(const worker *w, size_t at, size_t to)
{
    (void)to;
    return observation(w->o, at);
}
ALWAYS_INLINE const du_pack *data_8(const worker *w, size_t at, size_t to)
{
    du_block_load(w, at, to, w->x);
    return w->x;
}

/* where rows have parameters of their own, these to w->b, numbers of `size` bytes that begin with
 * their value */
ALWAYS_INLINE void own_parameters_1(const worker *w, const du_request *q, size_t at, size_t to,
                                    size_t size)
{
    size_t p = w->o->p;
    (void)to;
    for (size_t j = 0; q->job->each && j < p; j++)
        *(double *)(void *)((char *)w->b + j * size) = q->job->each[at * p + j];
}
ALWAYS_INLINE void own_parameters_8(const worker *w, const du_request *q, size_t at, size_t to,
                                    size_t size)
{
    size_t p = w->o->p;
    if (q->job->each) du_block_gather(q->job->each + at * p, p, least(8, to - at), w->b, size);
}

/* the value of output i of the rows `row` ... of the block */
ALWAYS_INLINE void keep_value_1(const worker *w, size_t row, size_t i, double v)
{
    w->value[i * BLOCK + row] = v;
}
ALWAYS_INLINE void keep_value_8(const worker *w, size_t row, size_t i, du_pack v)
{
    du_pack_store(w->value + i * BLOCK + row, v);
}

/* its partials by the parameters at ... at+width-1, often `chunk` of them, to the caller's rows or
 * the worker's own; the block has `rows` */
ALWAYS_INLINE void keep_partials_1(const worker *w, const du_request *q, size_t row, size_t rows,
                                   size_t i, const double *partial, size_t at, size_t width,
                                   size_t chunk)
{
    (void)rows;
    double *direct = q->direct ? direct_row(q, row, i) + at : NULL;
    if (!direct)
        for (size_t k = 0; k < width; k++) jac_column(w, i, at + k)[row] = partial[k];
    else if (width == chunk) memcpy(direct, partial, chunk * sizeof *direct);
    else
        for (size_t k = 0; k < width; k++) direct[k] = partial[k];
}
ALWAYS_INLINE void keep_partials_8(const worker *w, const du_request *q, size_t row, size_t rows,
                                   size_t i, const double *partial, size_t at, size_t width,
                                   size_t chunk)
{
    (void)chunk;
    if (q->direct) {
        double *direct = direct_row(q, row, i) + at;
        du_scatter(partial, 8, width, least(8, rows - row), direct, q->next);
        return;
    }
    double *jac = jac_column(w, i, at) + row;
    for (size_t k = 0; k < width; k++)
        du_pack_store(jac + k * BLOCK, du_pack_load(partial + 8 * k));
}

/* Numbers of type t, C directions a pass, `lanes` observations at a time. Parameters are seeded for
 * a pass over the block, and cleared after it. */
#define FORWARD(t, C, lanes) \
    static int prepare_##t(worker *w) \
    { \
        int status = du_worker_prepare(w, sizeof(du_##t)); \
        return status ? status : du_worker_need_jac(w); \
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
                for (size_t i = 0; i < m; i++) { \
                    const double *partial = (const double *)(const void *)y[i].w; \
                    keep_value_##lanes(w, row, i, y[i].v); \
                    keep_partials_##lanes(w, q, row, to - from, i, partial, at, width, (C)); \
                } \
            } \
            for (size_t k = 0; k < width; k++) du_##t##_seed(b + at + k, k, 0.0); \
            if (!q->jac) break; \
        } \
        if (q->jac) du_block_weigh_rows(w, q, from, 0, to - from); \
        return du_block_all_set(w, from, to); \
    }
FORWARD(dual4, 4, 1)
FORWARD(dual8, 8, 1)
FORWARD(dual16, 16, 1)
FORWARD(pack_dual4, 4, 8)
FORWARD(pack_dual8, 8, 8)

/* ---- forward where the compiler knows zero partials: the model's own loop over a block ---- */

/* A block with anything that is not finite is evaluated once more by dual numbers, which have
 * strong zeros. */
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
    w->point = du_worker_alloc(w, DU_STRAIGHT_PARTIALS, number);
    w->block_jac = du_worker_alloc(w, BLOCK * o->m * o->p, sizeof *w->block_jac);
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
    else w->block_x = du_worker_alloc(w, BLOCK / 8 * w->o->data.cols, sizeof *w->block_x);
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

/* A request for the model's loop over `count` rows, or packs of rows; one at a time where rows have
 * parameters of their own. `next` is how many of them a block has. */
static du_straight_block straight_block(const worker *w, const du_request *q, size_t count,
                                        size_t next)
{
    const du_observer *o = w->o;
    du_straight_block k = { .ctx = o->ctx, .p = o->p, .m = o->m, .cols = o->data.cols };
    k.b = w->point;
    k.count = q->job->each ? 1 : count;
    k.next = next;
    return k;
}

static int rows_straight(worker *w, size_t from, size_t to, const du_request *q)
{
    const du_observer *o = w->o;
    size_t rows = to - from, p = o->p, m = o->m;
    int in_place = q->direct && q->tda == p; /* the caller's rows have no gaps */
    double *out = in_place ? q->direct : w->block_jac;
    const double *each = q->job->each;
    du_straight_block k = straight_block(w, q, rows, BLOCK);
    if (!q->jac) return rows_dual8(w, from, to, q);
    for (size_t row = 0; row < rows; row += k.count) {
        if (each) memcpy(w->point, each + (from + row) * p, p * sizeof(double));
        k.x = observation(o, from + row);
        k.y = w->value + row;
        k.jac = out + row * m * p;
        o->model->rows_straight(&k);
    }
    if (!finite_block(w, rows, out, rows * m * p)) return rows_dual8(w, from, to, q);
    for (size_t row = 0; row < rows && !in_place; row++)
        for (size_t i = 0; i < m; i++, out += p) keep_partials_1(w, q, row, rows, i, out, 0, p, p);
    du_block_weigh_rows(w, q, from, 0, rows);
    return DU_OK;
}

static int rows_pack_straight(worker *w, size_t from, size_t to, const du_request *q)
{
    const du_observer *o = w->o;
    size_t rows = to - from, packs = (rows + 7) / 8, p = o->p, m = o->m, cols = o->data.cols;
    double *out = w->block_jac;
    const double *each = q->job->each;
    du_straight_block k = straight_block(w, q, packs, BLOCK / 8);
    if (!q->jac) return rows_pack_dual8(w, from, to, q);
    for (size_t i = 0; i < packs; i++) du_block_load(w, from + 8 * i, to, w->block_x + i * cols);
    for (size_t i = 0; i < packs; i += k.count) {
        size_t row = 8 * i;
        if (each)
            du_block_gather(each + (from + row) * p, p, least(8, rows - row), w->point,
                            sizeof(du_pack));
        k.x = (const double *)(const void *)(w->block_x + i * cols);
        k.y = w->value + row;
        k.jac = out + row * m * p;
        o->model->rows_pack_straight(&k);
    }
    if (!finite_block(w, rows, out, 8 * packs * m * p)) return rows_pack_dual8(w, from, to, q);
    for (size_t row = 0; row < rows; row += 8)
        for (size_t i = 0; i < m; i++, out += 8 * p)
            keep_partials_8(w, q, row, rows, i, out, 0, p, p);
    du_block_weigh_rows(w, q, from, 0, rows);
    return DU_OK;
}

/* ---- the list ---- */

#define TASKS (1u << DU_ROWS | 1u << DU_SUM)

/* clang-format off */
static const du_observer_engine engines[] = {
    { .about = { .name = "forward-4", .mode = DU_FORWARD, .chunk = 4,
                 .tasks = TASKS, .base = 1.2, .each = 0.30, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual4, .begin = begin_dual4, .rows = rows_dual4 },
    { .about = { .name = "forward-8", .mode = DU_FORWARD, .chunk = 8,
                 .tasks = TASKS, .base = 1.2, .each = 0.25, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual8, .begin = begin_dual8, .rows = rows_dual8 },
    { .about = { .name = "forward-16", .mode = DU_FORWARD, .chunk = 16,
                 .tasks = TASKS, .base = 1.2, .each = 0.25, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual16, .begin = begin_dual16, .rows = rows_dual16 },
    { .about = { .name = "reverse", .mode = DU_REVERSE, .chunk = 8,
                 .tasks = TASKS, .base = 9.0, .each = 3.0, .lanes = DU_ONE_LANE },
      .prepare = du_reverse_prepare, .begin = du_reverse_begin, .rows = du_reverse_rows,
      .total = du_reverse_total },
    { .about = { .name = "packed-forward-4", .mode = DU_FORWARD, .chunk = 4,
                 .tasks = TASKS, .base = 0.3, .each = 0.09, .lanes = DU_EIGHT_LANES },
      .prepare = prepare_pack_dual4, .begin = begin_pack_dual4, .rows = rows_pack_dual4 },
    { .about = { .name = "packed-forward-8", .mode = DU_FORWARD, .chunk = 8,
                 .tasks = TASKS, .base = 0.3, .each = 0.09, .lanes = DU_EIGHT_LANES },
      .prepare = prepare_pack_dual8, .begin = begin_pack_dual8, .rows = rows_pack_dual8 },
    { .about = { .name = "straight", .mode = DU_FORWARD, .chunk = 16,
                 .tasks = TASKS, .base = 1.2, .each = 0.1, .lanes = DU_ONE_LANE, .straight = 1,
                 .inputs = DU_STRAIGHT_PARTIALS, .outputs = DU_STRAIGHT_OUTPUTS },
      .prepare = prepare_straight, .begin = begin_straight, .rows = rows_straight },
    { .about = { .name = "packed-straight", .mode = DU_FORWARD, .chunk = 16,
                 .tasks = TASKS, .base = 0.2, .each = 0.03, .lanes = DU_EIGHT_LANES, .straight = 1,
                 .inputs = DU_STRAIGHT_PARTIALS, .outputs = DU_STRAIGHT_OUTPUTS },
      .prepare = prepare_pack_straight, .begin = begin_pack_straight,
      .rows = rows_pack_straight },
    { .about = { .name = "packed-reverse", .mode = DU_REVERSE, .chunk = 1,
                 .tasks = TASKS, .base = 0.8, .each = 0.4, .lanes = DU_EIGHT_LANES },
      .prepare = du_reverse_prepare_pack, .begin = du_reverse_begin_pack,
      .rows = du_reverse_rows_pack, .total = du_reverse_total_pack },
};
/* clang-format on */

/* `about` is the first member: a strategy of the list is its engine */
const du_strategy *du_observer_strategy(size_t k)
{
    return k < sizeof engines / sizeof *engines ? &engines[k].about : NULL;
}
