/* lib/observer_engines.c - the ways to evaluate a model's values and partials for a block of rows: forward or by a
 * tape, an observation or eight at a time. SPDX-License-Identifier: MIT */
#include "observer.h"
#include "transpose.h"
#include <string.h>

static void *take(worker *w, size_t count, size_t size) { return du_arena_alloc(&w->arena, count * size); }

/* what every engine needs: numbers for parameters and outputs, buffers of a block */
static int prepare(worker *w, size_t number)
{
    const du_observer *o = w->o;
    w->b = take(w, o->p, number);
    w->y = take(w, o->m, number);
    w->x = take(w, o->data.cols + 1, sizeof *w->x);
    w->value = take(w, o->m * BLOCK, sizeof *w->value);
    w->seed = take(w, BLOCK, sizeof *w->seed);
    if (!w->b || !w->y || !w->x || !w->value || !w->seed) return DU_ENOMEM;
    memset(w->value, 0, o->m * BLOCK * sizeof *w->value);
    return DU_OK;
}
/* the block of Jacobian rows: by a tape only when rows are first asked for, since a gradient needs none */
static int need_jac(worker *w)
{
    if (!w->jac) w->jac = take(w, w->o->m * w->o->p * BLOCK, sizeof *w->jac);
    return w->jac ? DU_OK : DU_ENOMEM;
}

/* ---- data of a pack: rows at ... at+7, the last row repeated past `to` ---- */

/* cols numbers of each of eight rows (the last repeated where there are less) to out[k*step], k < cols, a pack each */
static void gather(const double *x, size_t cols, size_t rows, char *out, size_t step)
{
    size_t k = 0;
    if (cols == 1 && rows == 8) *(du_pack *)(void *)out = du_pack_load(x), k = 1;
    for (; rows == 8 && cols >= 8 && k < cols; k += 8) { /* the last eight may overlap those before */
        if (k + 8 > cols) k = cols - 8;
        du_transpose8(x + k, cols, (double *)(void *)(out + k * step), step / sizeof(double));
    }
    for (; k < cols; k++) {
        const double *c = x + k;
#define AT(i) c[(i < rows ? i : rows - 1) * cols]
        *(du_pack *)(void *)(out + k * step) = du_pack_of(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7));
#undef AT
    }
}
void du_observer_load(const worker *w, size_t at, size_t to, du_pack *x)
{
    const du_observer *o = w->o;
    if (o->data.cols) gather(observation(o, at), o->data.cols, least(8, to - at), (char *)x, sizeof *x);
}
/* the parameters of the rows, when they have their own, to numbers of `size` bytes that begin with their value */
static void load_parameters(const worker *w, size_t at, size_t to, size_t size)
{
    const du_observer *o = w->o;
    if (o->each) gather(o->each + at * o->p, o->p, least(8, to - at), w->b, size);
}

/* weights `rows` rows of the block from `row` on, where these went straight to the caller */
static void weigh_rows(const worker *w, size_t from, size_t row, size_t rows)
{
    const du_observer *o = w->o;
    if (!w->direct || !o->scale) return;
    for (size_t k = row; k < row + rows; k++)
        for (size_t i = 0; i < o->m; i++) {
            double *jac = w->direct + k * w->next + i * w->tda;
            for (size_t j = 0; j < o->p; j++) jac[j] *= o->scale[from + k];
        }
}

/* ---- forward: the parameters stay seeded, a pass moves the seeds ---- */

#define PASSES(t, C, ...) \
    for (size_t at = 0; at < p; at += (C)) { \
        size_t width = least((C), p - at); \
        for (size_t k = 0; k < width; k++) du_##t##_seed(b + at + k, k, 1.0); \
        __VA_ARGS__ \
        for (size_t k = 0; k < width; k++) du_##t##_seed(b + at + k, k, 0.0); \
        if (!jac) break; \
    }

/* what an engine of type t begins with, of one lane or eight */
#define SEEDED(t) \
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
    }

#define FORWARD(t, C) \
    SEEDED(t) \
    static int rows_##t(worker *w, size_t from, size_t to, int jac) \
    { \
        const du_observer *o = w->o; \
        du_##t *b = w->b, *y = w->y; \
        size_t p = o->p, m = o->m; \
        PASSES(t, C, \
            for (size_t row = 0; row < to - from; row++) { \
                for (size_t j = 0; o->each && j < p; j++) b[j].v = o->each[(from + row) * p + j]; \
                for (size_t i = 0; i < m; i++) y[i] = du_##t##_constant(0.0); \
                o->model->f_##t(b, p, observation(o, from + row), y, m, o->ctx); \
                for (size_t i = 0; i < m; i++) { \
                    w->value[i * BLOCK + row] = y[i].v; \
                    const double *partial = (const double *)y[i].w; \
                    if (!w->direct) for (size_t k = 0; k < width; k++) w->jac[(i * p + at + k) * BLOCK + row] = partial[k]; \
                    else if (width == (C)) memcpy(w->direct + row * w->next + i * w->tda + at, partial, (C) * sizeof(double)); \
                    else for (size_t k = 0; k < width; k++) w->direct[row * w->next + i * w->tda + at + k] = partial[k]; \
                } \
            } \
        ) \
        if (jac) weigh_rows(w, from, 0, to - from); \
        return DU_OK; \
    }
FORWARD(dual4, 4)
FORWARD(dual8, 8)
FORWARD(dual16, 16)

#define PACKED_FORWARD(t, C) \
    SEEDED(t) \
    static int rows_##t(worker *w, size_t from, size_t to, int jac) \
    { \
        const du_observer *o = w->o; \
        du_##t *b = w->b, *y = w->y; \
        size_t p = o->p, m = o->m; \
        for (size_t i = 0; i < m; i++) y[i] = du_##t##_constant(0.0); \
        PASSES(t, C, \
            for (size_t row = 0; row < to - from; row += 8) { \
                du_observer_load(w, from + row, to, w->x); \
                load_parameters(w, from + row, to, sizeof *b); \
                o->model->f_##t(b, p, w->x, y, m, o->ctx); \
                for (size_t i = 0; i < m; i++) { \
                    du_pack_store(w->value + i * BLOCK + row, y[i].v); \
                    const double *partial = (const double *)(const void *)y[i].w; \
                    if (w->direct) du_scatter(partial, 8, width, least(8, to - from - row), w->direct + row * w->next + i * w->tda + at, w->next); \
                    else for (size_t k = 0; k < width; k++) du_pack_store(w->jac + (i * p + at + k) * BLOCK + row, du_pack_load(partial + 8 * k)); \
                } \
            } \
        ) \
        if (jac) weigh_rows(w, from, 0, to - from); \
        return DU_OK; \
    }
PACKED_FORWARD(pack_dual4, 4)
PACKED_FORWARD(pack_dual8, 8)

/* ---- forward with known zeros: the model's own loop; a block with anything non-finite again by dual numbers ---- */

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
    w->point = take(w, DU_SPARSE_PARTIALS, number);
    w->block_jac = take(w, BLOCK * o->m * o->p, sizeof *w->block_jac);
    if (!w->point || !w->block_jac) return DU_ENOMEM;
    memset(w->point, 0, DU_SPARSE_PARTIALS * number);
    return DU_OK;
}
static int prepare_sparse(worker *w) { return prepare_block(w, prepare_dual8(w), sizeof(double)); }
static int prepare_pack_sparse(worker *w)
{
    int status = prepare_block(w, prepare_pack_dual8(w), sizeof(du_pack));
    if (!status) w->block_x = take(w, BLOCK / 8 * (w->o->data.cols + 1), sizeof *w->block_x);
    return status ? status : w->block_x ? DU_OK : DU_ENOMEM;
}
static int begin_sparse(worker *w)
{
    memcpy(w->point, w->o->b, w->o->p * sizeof(double));
    return begin_dual8(w);
}
static int begin_pack_sparse(worker *w)
{
    du_pack *point = w->point;
    for (size_t j = 0; j < w->o->p; j++) point[j] = du_pack_constant(w->o->b[j]);
    return begin_pack_dual8(w);
}

/* Rows without gaps are written where the caller wants them. */
static int rows_sparse(worker *w, size_t from, size_t to, int jac)
{
    const du_observer *o = w->o;
    size_t rows = to - from, p = o->p, m = o->m, straight = w->direct && w->tda == p;
    double *out = straight ? w->direct : w->block_jac;
    du_block k = { .ctx = o->ctx, .p = p, .m = m, .cols = o->data.cols, .count = o->each ? 1 : rows, .b = w->point, .next = BLOCK };
    if (!jac) return rows_dual8(w, from, to, 0);
    for (size_t row = 0; row < rows; row += k.count) {
        if (o->each) memcpy(w->point, o->each + (from + row) * p, p * sizeof(double));
        k.x = observation(o, from + row);
        k.y = w->value + row;
        k.jac = out + row * m * p;
        o->model->rows_sparse(&k);
    }
    if (!finite_block(w, rows, out, rows * m * p)) return rows_dual8(w, from, to, jac);
    for (size_t row = 0; row < rows && !straight; row++)
        for (size_t i = 0; i < m; i++, out += p) {
            if (w->direct) memcpy(w->direct + row * w->next + i * w->tda, out, p * sizeof *out);
            else for (size_t j = 0; j < p; j++) w->jac[(i * p + j) * BLOCK + row] = out[j];
        }
    weigh_rows(w, from, 0, rows);
    return DU_OK;
}

static int rows_pack_sparse(worker *w, size_t from, size_t to, int jac)
{
    const du_observer *o = w->o;
    size_t rows = to - from, packs = (rows + 7) / 8, p = o->p, m = o->m, cols = o->data.cols;
    double *out = w->block_jac;
    du_block k = { .ctx = o->ctx, .p = p, .m = m, .cols = cols, .count = o->each ? 1 : packs, .b = w->point, .next = BLOCK / 8 };
    if (!jac) return rows_pack_dual8(w, from, to, 0);
    for (size_t i = 0; i < packs; i++) du_observer_load(w, from + 8 * i, to, w->block_x + i * cols);
    for (size_t i = 0; i < packs; i += k.count) {
        if (o->each) gather(o->each + (from + 8 * i) * p, p, least(8, rows - 8 * i), w->point, sizeof(du_pack));
        k.x = (const double *)(const void *)(w->block_x + i * cols);
        k.y = w->value + 8 * i;
        k.jac = out + 8 * i * m * p;
        o->model->rows_pack_sparse(&k);
    }
    if (!finite_block(w, rows, out, 8 * packs * m * p)) return rows_pack_dual8(w, from, to, jac);
    for (size_t row = 0; row < rows; row += 8)
        for (size_t i = 0; i < m; i++, out += 8 * p) {
            if (w->direct) du_scatter(out, 8, p, least(8, rows - row), w->direct + row * w->next + i * w->tda, w->next);
            else for (size_t j = 0; j < p; j++) du_pack_store(w->jac + (i * p + j) * BLOCK + row, du_pack_load(out + 8 * j));
        }
    weigh_rows(w, from, 0, rows);
    return DU_OK;
}

/* ---- by a tape: an observation, or eight, are recorded and swept at a time ---- */

static int prepare_tape(worker *w, size_t number)
{
    int status = prepare(w, number);
    if (!status) w->tape = du_tape_create_in(&w->memory, 0);
    return status ? status : w->tape ? DU_OK : DU_ENOMEM;
}
static uint32_t first_slot(const worker *w) { return (uint32_t)w->start.ref - (uint32_t)w->o->p; }

static int begun(worker *w, int status, size_t size, size_t data)
{
    du_tape *t = w->tape;
    if (status) return status;
    w->start = du_tape_mark(t);
    t->home.numbers = w->b;
    t->home.bytes = w->o->map ? 0 : w->o->p * size;
    t->home.values = w->o->b;
    t->home.first = first_slot(w);
    t->home.data_bytes = w->o->data.cols * data;
    return DU_OK;
}

/* whether the independents of the run before are: then they get new values, and all else about them stays */
static int still_there(const worker *w) { return w->start.ref && !du_tape_status(w->tape); }

static int begin_var(worker *w)
{
    du_var *b = w->b;
    if (still_there(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = w->o->b[j];
        return DU_OK;
    }
    du_tape_reset(w->tape);
    return begun(w, du_tape_independents(w->tape, w->o->p, w->o->b, b), sizeof *b, sizeof(double));
}
/* those of row i, where it has its own */
static void parameters_of(const worker *w, size_t i)
{
    du_var *b = w->b;
    const double *own = w->o->each + i * w->o->p;
    for (size_t j = 0; j < w->o->p; j++) {
        DU_ONE_BY_ONE
        b[j].v = own[j];
    }
}
static void record_var(const worker *w, size_t i, du_var *y)
{
    const du_observer *o = w->o;
    du_var *b = w->b;
    if (o->each) parameters_of(w, i);
    for (size_t k = 0; k < o->m; k++) {
        DU_ONE_BY_ONE
        y[k] = du_var_constant(0.0);
    }
    w->tape->home.data = observation(o, i);
    o->model->f_var(b, o->p, observation(o, i), y, o->m, o->ctx);
}

static int begin_pack_var(worker *w)
{
    du_pack_var *b = w->b;
    du_tape *t = w->tape;
    if (still_there(w)) {
        for (size_t j = 0; j < w->o->p; j++) b[j].v = du_pack_constant(w->o->b[j]);
        return DU_OK;
    }
    du_tape_reset(t);
    uint64_t ref = t->ref;
    if (!du_tape_segment(t, DU_LEAVES, w->o->p, 0, 0)) return t->status;
    for (size_t j = 0; j < w->o->p; j++)
        b[j] = (du_pack_var){ du_pack_constant(w->o->b[j]), du_pack_constant(1.0), t, ref + j };
    return begun(w, DU_OK, sizeof *b, sizeof(du_pack));
}
/* their data to x, which stays until the sweep */
static void record_pack_var(const worker *w, size_t at, size_t to, du_pack *x, du_pack_var *y)
{
    const du_observer *o = w->o;
    du_pack_var *b = w->b;
    du_observer_load(w, at, to, x);
    load_parameters(w, at, to, sizeof *b);
    for (size_t k = 0; k < o->m; k++) {
        DU_ONE_BY_ONE
        y[k] = du_pack_var_constant(0.0);
    }
    w->tape->home.data = x;
    o->model->f_pack_var(b, o->p, x, y, o->m, o->ctx);
}

static int prepare_var(worker *w) { return prepare_tape(w, sizeof(du_var)); }
static int prepare_pack_var(worker *w) { return prepare_tape(w, sizeof(du_pack_var)); }

/* The adjoints of the parameters to output i of row `row` of the block; whether all are finite. */
static int keep_row(const worker *w, size_t row, size_t i)
{
    size_t p = w->o->p, step = w->direct ? 1 : BLOCK;
    const double *a = w->tape->adjoint + first_slot(w);
    double *out = w->direct ? w->direct + row * w->next + i * w->tda : w->jac + i * p * BLOCK + row, sum = 0.0;
    for (size_t j = 0; j < p; j++) {
        DU_ONE_BY_ONE
        sum += 0.0 * a[j];
        out[j * step] = a[j];
    }
    return __builtin_isfinite(sum);
}

static int rows_var(worker *w, size_t from, size_t to, int jac)
{
    size_t m = w->o->m;
    du_var *y = w->y;
    int status = jac ? need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row++) {
        du_tape_restart(w->tape, &w->start);
        record_var(w, from + row, y);
        if ((status = du_tape_status(w->tape))) break;
        for (size_t i = 0; i < m; i++) w->value[i * BLOCK + row] = y[i].v;
        for (size_t i = 0; jac && i < m; i++)
            for (int skipping = 0; skipping < 2 && !status; skipping++) {
                status = du_sweep_observations(w->tape, 1, y + i, NULL, 0, skipping);
                if (!status && keep_row(w, row, i)) break;
            }
        if (jac && !status) weigh_rows(w, from, row, 1);
    }
    return status;
}

/* The adjoints of the parameters, to so many rows from `row` of the block on; whether all are finite. */
static int keep_rows_pack(const worker *w, size_t row, size_t rows)
{
    size_t p = w->o->p, m = w->o->m;
    const du_pack *a = (const du_pack *)(const void *)w->tape->adjoint + m * first_slot(w);
    du_pack zero = du_pack_constant(0.0), sum = zero;
    for (size_t i = 0; w->direct && i < m; i++)
        du_scatter((const double *)(const void *)(a + i), 8 * m, p, rows, w->direct + row * w->next + i * w->tda, w->next);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < m; i++, a++) {
            sum = du_pack_add(sum, du_pack_mul(zero, *a));
            if (!w->direct) du_pack_store(w->jac + (i * p + j) * BLOCK + row, *a);
        }
    return du_pack_all_finite(sum);
}

static int rows_pack_var(worker *w, size_t from, size_t to, int jac)
{
    size_t m = w->o->m;
    du_pack_var *y = w->y;
    int status = jac ? need_jac(w) : DU_OK;
    for (size_t row = 0; row < to - from && !status; row += 8) {
        du_tape_restart(w->tape, &w->start);
        record_pack_var(w, from + row, to, w->x, y);
        if ((status = du_tape_status(w->tape))) break;
        for (size_t i = 0; i < m; i++) du_pack_store(w->value + i * BLOCK + row, y[i].v);
        for (int skipping = 0; jac && skipping < 2 && !status; skipping++) {
            status = du_sweep_observations_pack(w->tape, m, m, y, NULL, 0, skipping);
            if (!status && keep_rows_pack(w, row, least(8, to - from - row))) break;
        }
        if (jac && !status) weigh_rows(w, from, row, least(8, to - from - row));
    }
    return status;
}

/* ---- sums by a tape: one sweep of a group of observations, recorded one behind the other ---- */

/* A group is BLOCK rows at most, and fewer where its tape or the data of its packs would not stay in the nearest cache.
 * That depends on the model and its data alone: the order in which a sum is added up is always the same. */
enum { NEAR = 1 << 14 };

static int room_for_another(const worker *w, size_t count, size_t entry)
{
    size_t used = (size_t)(w->tape->ref - w->start.ref) * entry;
    return count < w->group_most && used * (count + 1) <= NEAR * count;
}

/* only when sums are first asked for: outputs of `number` bytes, data of `bytes`, each of so many */
static int need_group(worker *w, size_t most, size_t number, size_t bytes)
{
    if (w->group) return DU_OK;
    if (bytes > NEAR / most) most = bytes > NEAR ? 1 : NEAR / bytes;
    w->group_most = most;
    if (!w->group_x) w->group_x = take(w, most, bytes);
    if (w->group_x) w->group = take(w, most, number);
    return w->group ? DU_OK : DU_ENOMEM;
}

/* Records a group that begins with row i; how many. Their seeds come to w->seed. */
static size_t record_group_var(worker *w, size_t i, size_t to, double *q)
{
    du_var *y = w->group;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_var(w, i + n, y + n);
        *q += share_of(w->o, i + n, y[n].v, &w->seed[n]);
        n++;
    } while (i + n < to && room_for_another(w, n, sizeof(du_join)));
    return n;
}

/* The adjoints of the parameters gather the whole range of rows; if anything comes out non-finite, once more with zero
 * adjoints skipped. */
static int total_var(worker *w, size_t from, size_t to, double *q, double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK, sizeof(du_var), 0);
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        status = du_sweep_clear(w->tape, keep, 1);
        *q = 0.0;
        for (size_t i = from, n; i < to && !status; i += n) {
            n = record_group_var(w, i, to, q);
            status = du_sweep_observations(w->tape, n, w->group, w->seed, keep, skipping);
        }
        if (status) break;
        memcpy(sum, w->tape->adjoint + first, w->o->p * sizeof *sum);
        if (du_real_all_finite(sum, w->o->p)) break;
    }
    return status;
}

/* share_of for the rows at ... at+7; 0 past `to` */
static __attribute__((noinline)) du_pack shares_by_row(const du_observer *o, size_t at, size_t to, du_pack f, du_pack *slope)
{
    du_pack q = *slope = du_pack_constant(0.0);
    for (size_t k = 0; k < least(8, to - at); k++) {
        double s;
        du_pack_set(&q, k, share_of(o, at + k, du_pack_get(f, k), &s));
        du_pack_set(slope, k, s);
    }
    return q;
}
static du_pack shares(const du_observer *o, size_t at, size_t to, du_pack f, du_pack *slope)
{
    if (DU_UNLIKELY(to - at < 8 || o->u)) return shares_by_row(o, at, to, f, slope);
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
static size_t record_group_pack_var(worker *w, size_t at, size_t to, du_pack *q)
{
    du_pack_var *y = w->group;
    du_pack *seed = (du_pack *)(void *)w->seed;
    size_t n = 0;
    du_tape_restart(w->tape, &w->start);
    do {
        record_pack_var(w, at, to, w->group_x + n * w->o->data.cols, y + n);
        *q = du_pack_add(*q, shares(w->o, at, to, y[n].v, &seed[n]));
        n++;
        at += 8;
    } while (at < to && room_for_another(w, n, sizeof(du_join_pack)));
    return n;
}

static int total_pack_var(worker *w, size_t from, size_t to, double *q, double sum[])
{
    uint32_t first = first_slot(w), keep = first + (uint32_t)w->o->p;
    int status = need_group(w, BLOCK / 8, sizeof(du_pack_var), w->o->data.cols * sizeof(du_pack));
    for (int skipping = 0; skipping < 2 && !status; skipping++) {
        du_pack parts = du_pack_constant(0.0); /* of q, a lane each */
        status = du_sweep_clear(w->tape, keep, 8);
        for (size_t at = from, n; at < to && !status; at += 8 * n) {
            n = record_group_pack_var(w, at, to, &parts);
            const du_pack *seed = (const du_pack *)(const void *)w->seed;
            status = du_sweep_observations_pack(w->tape, 1, n, w->group, seed, keep, skipping);
        }
        if (status) break;
        const du_pack *a = (const du_pack *)(const void *)w->tape->adjoint + first;
        *q = du_pack_total(parts);
        for (size_t j = 0; j < w->o->p; j++) sum[j] = du_pack_total(a[j]);
        if (du_real_all_finite(sum, w->o->p)) break;
    }
    return status;
}

/* ---- without an engine: a job sets the numbers itself ---- */

int du_observer_prepare_plain(worker *w)
{
    size_t p = w->o->p, largest = sizeof(du_var2) > sizeof(du_pack_dual) ? sizeof(du_var2) : sizeof(du_pack_dual);
    w->b = take(w, p, largest);
    w->x = take(w, w->o->data.cols + 1, sizeof *w->x);
    return w->b && w->x ? DU_OK : DU_ENOMEM;
}

static const engine engines[] = {
    { "forward-4", prepare_dual4, begin_dual4, rows_dual4, NULL },
    { "forward-8", prepare_dual8, begin_dual8, rows_dual8, NULL },
    { "forward-16", prepare_dual16, begin_dual16, rows_dual16, NULL },
    { "reverse", prepare_var, begin_var, rows_var, total_var },
    { "packed-forward-4", prepare_pack_dual4, begin_pack_dual4, rows_pack_dual4, NULL },
    { "packed-forward-8", prepare_pack_dual8, begin_pack_dual8, rows_pack_dual8, NULL },
    { "sparse-forward", prepare_sparse, begin_sparse, rows_sparse, NULL },
    { "packed-sparse-forward", prepare_pack_sparse, begin_pack_sparse, rows_pack_sparse, NULL },
    { "packed-reverse", prepare_pack_var, begin_pack_var, rows_pack_var, total_pack_var },
};

const engine *du_observer_engine(const du_strategy *s)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (!strcmp(engines[i].strategy, s->name)) return &engines[i];
    return NULL;
}
