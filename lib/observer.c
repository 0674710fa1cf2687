/* lib/observer.c - an observer's data and workers; running a job over units of rows on all threads, with sums that do
 * not depend on how many there are. SPDX-License-Identifier: MIT */
#include "observer.h"
#include <math.h>
#include <string.h>

/* units whose partial sums are held at a time, and the most units that all rows are divided into */
enum { WAVE = 32, UNITS_AIM = 256, UNIT_LEAST = 2 * BLOCK };

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

/* ---- memory of workers: the observer's account, one thread at a time ---- */

#ifdef _OPENMP
static void make_lock(du_observer *o) { omp_init_lock(&o->lock); }
static void free_lock(du_observer *o) { omp_destroy_lock(&o->lock); }
static void lock(du_observer *o) { omp_set_lock(&o->lock); }
static void unlock(du_observer *o) { omp_unset_lock(&o->lock); }
#else
static void make_lock(du_observer *o) { (void)o; }
static void free_lock(du_observer *o) { (void)o; }
static void lock(du_observer *o) { (void)o; }
static void unlock(du_observer *o) { (void)o; }
#endif

static void *locked_alloc(void *user, size_t bytes)
{
    du_observer *o = user;
    lock(o);
    void *block = du_memory_alloc(&o->memory, bytes);
    unlock(o);
    return block;
}
static void locked_free(void *user, void *block, size_t bytes)
{
    du_observer *o = user;
    lock(o);
    du_memory_free(&o->memory, block, bytes);
    unlock(o);
}

/* ---- making and freeing ---- */

static size_t threads_available(void)
{
#ifdef _OPENMP
    int n = omp_get_max_threads();
    return n > 0 ? (size_t)n : 1;
#else
    return 1;
#endif
}

/* the model's sparse instances, and which of them know their zeros: a bit 1 << lanes each */
static void look_for_sparse(const du_model *f, du_model_shape *shape)
{
    const double b[8 * DU_SPARSE_PARTIALS] = { 0.0 };
    const du_block nothing = { .b = b, .count = 0 };
    int (*const rows[])(const du_block *) = { [DU_ONE_LANE] = f->rows_sparse, [DU_EIGHT_LANES] = f->rows_pack_sparse };
    for (unsigned lanes = DU_ONE_LANE; lanes <= DU_EIGHT_LANES; lanes++) {
        if (!rows[lanes]) continue;
        shape->sparse |= 1u << lanes;
        if (rows[lanes](&nothing)) shape->known |= 1u << lanes;
    }
}

static int choose(du_observer *o, const du_options *opt)
{
    if ((int)opt->mode < DU_AUTO || opt->mode > DU_FORWARD_OVER_REVERSE || (int)opt->lanes < 0 || opt->lanes > DU_EIGHT_LANES) return DU_EMODE;
    size_t n = o->data.rows;
    o->unit = (n / UNITS_AIM + BLOCK - 1) / BLOCK * BLOCK;
    if (o->unit < UNIT_LEAST) o->unit = UNIT_LEAST;
    size_t units = (n - 1) / o->unit + 1; /* more threads would have nothing to do */
    du_model_shape shape = { n, o->p, o->m, o->model->f_pack != NULL, least(units, threads_available()), 0, 0 };
    look_for_sparse(o->model, &shape);
#ifdef _OPENMP
    size_t forced = least(units, opt->threads);
#else
    size_t forced = opt->threads ? 1 : 0;
#endif
    o->rows.choice = du_policy_model(DU_ROWS, &shape, opt->mode, opt->chunk, opt->lanes, forced);
    o->sums.choice = du_policy_model(DU_SUM, &shape, opt->mode, opt->chunk, opt->lanes, forced);
    o->plain.choice = o->rows.choice;
    if (!o->rows.choice.strategy || !o->sums.choice.strategy) return DU_EMODE;
    o->rows.engine = du_observer_engine(o->rows.choice.strategy);
    o->sums.engine = du_observer_engine(o->sums.choice.strategy);
    return DU_OK;
}

static int hire(du_observer *o, crew *c)
{
    if (!(c->workers = du_arena_alloc(&o->arena, c->choice.threads * sizeof *c->workers))) return DU_ENOMEM;
    for (size_t k = 0; k < c->choice.threads; k++) {
        worker *w = &c->workers[k];
        *w = (worker){ .o = o, .memory = { .allocator = { locked_alloc, locked_free, o } } };
        w->arena.memory = &w->memory;
    }
    return DU_OK;
}

static int fill(du_observer *o)
{
    size_t n = o->data.rows;
    o->b = du_arena_alloc(&o->arena, o->p * sizeof *o->b);
    o->v = du_arena_alloc(&o->arena, o->p * sizeof *o->v);
    if (!o->b || !o->v || hire(o, &o->rows) || hire(o, &o->sums) || hire(o, &o->plain)) return DU_ENOMEM;
    if (!o->data.weights) return DU_OK;
    if (!(o->scale = du_arena_alloc(&o->arena, n * sizeof(double)))) return DU_ENOMEM;
    for (size_t i = 0; i < n; i++) o->scale[i] = o->data.y ? sqrt(o->data.weights[i]) : o->data.weights[i];
    return DU_OK;
}

static du_observer *make(const du_model *model, const du_data *data, size_t p, size_t m, const du_options *options)
{
    du_options opt = options ? *options : (du_options){ .ctx = NULL };
    du_memory memory = { .allocator = opt.allocator, .cap = opt.byte_cap };
    int status = model && p && p < (size_t)1 << 24 && m && m < (size_t)1 << 24 ? check_data(data) : DU_EINVAL;
    du_observer *o = status ? NULL : du_memory_alloc(&memory, sizeof *o);
    if (o) {
        *o = (du_observer){ .model = model, .data = *data, .p = p, .m = m, .ctx = opt.ctx, .memory = memory };
        o->arena.memory = &o->memory;
        make_lock(o);
        status = choose(o, &opt);
        if (!status) status = fill(o);
        if (status) {
            du_observer_free(o);
            o = NULL;
        }
    } else if (!status) status = DU_ENOMEM;
    if (opt.status) *opt.status = status;
    return o;
}

du_observer *du_observe(const du_model *model, const du_data *data, size_t p, const du_options *options)
{
    return make(model, data, p, 1, options);
}

du_observer *du_observe_map(const du_model *model, size_t rows, size_t cols, const double x[], size_t p, size_t m,
                            const du_options *options)
{
    du_observer *o = make(model, &(du_data){ .rows = rows, .cols = cols, .x = x }, p, m, options);
    if (o) o->map = 1;
    return o;
}

static void dismiss(crew *c)
{
    for (size_t k = 0; c->workers && k < c->choice.threads; k++) {
        du_tape_destroy(c->workers[k].tape);
        du_arena_free(&c->workers[k].arena);
    }
}

void du_observer_free(du_observer *o)
{
    if (!o) return;
    dismiss(&o->rows);
    dismiss(&o->sums);
    dismiss(&o->plain);
    du_arena_free(&o->arena);
    free_lock(o);
    du_memory memory = o->memory;
    du_memory_free(&memory, o, sizeof *o);
}

/* ---- running ---- */

/* gives a worker the values of the parameters */
static int begin(const crew *c, worker *w)
{
    int status = c->engine ? c->engine->begin(w) : DU_OK;
    w->begun = !status;
    return status;
}

/* A worker is ready for the run: it has its memory. */
static int ready(crew *c, worker *w, int outputs)
{
    du_observer *o = w->o;
    int status = DU_OK;
    w->begun = 0;
    if (!w->prepared) {
        status = c->engine ? c->engine->prepare(w) : du_observer_prepare_plain(w);
        if (status) return status;
        w->prepared = 1;
    }
    if (!c->engine || !outputs || w->warm) return DU_OK;
    /* once, before outputs are written: what may run out of memory does so now */
    status = begin(c, w);
    if (!status && !(status = c->engine->rows(w, 0, least(BLOCK, o->data.rows), 1))) w->warm = 1;
    return status;
}

/* It begins in its own thread, near which its numbers then are. */
static int run_unit(const crew *c, worker *w, unit_function *f, size_t unit, double *partial, const void *job)
{
    du_observer *o = w->o;
    size_t from = unit * o->unit, to = least(o->data.rows, from + o->unit);
    int status = w->begun ? DU_OK : begin(c, w);
    return status ? status : f(w, from, to, partial, job);
}

/* The units first ... first+count-1; every worker takes the next one that is free. The status is that of the first
 * unit that failed. */
static int run_wave(crew *c, size_t threads, unit_function *f, size_t first, size_t count, size_t width, const void *job)
{
    double *partial = c->workers->o->partial;
    size_t failed = (size_t)-1;
    int status = DU_OK;
#ifdef _OPENMP
    if (threads > 1) {
#pragma omp parallel for num_threads((int)threads) schedule(dynamic, 1)
        for (size_t k = 0; k < count; k++) {
            int s = run_unit(c, &c->workers[omp_get_thread_num()], f, first + k, partial + k * width, job);
            lock(c->workers->o);
            if (s && k < failed) failed = k, status = s;
            unlock(c->workers->o);
        }
        return status;
    }
#endif
    (void)threads;
    (void)failed;
    for (size_t k = 0; k < count && !status; k++) status = run_unit(c, c->workers, f, first + k, partial + k * width, job);
    return status;
}

static int reserve(du_observer *o, size_t width)
{
    if (width <= o->partial_width) return DU_OK;
    double *partial = width > (size_t)-1 / 64 / WAVE ? NULL : du_arena_alloc(&o->arena, (WAVE + 2) * width * sizeof *partial);
    if (!partial) return DU_ENOMEM;
    o->partial = partial;
    o->total = partial + WAVE * width;
    o->lost = o->total + width;
    o->partial_width = width;
    return DU_OK;
}

/* total += partial, with Knuth's exact error of each addition to lost */
static void add_up(double *restrict total, double *restrict lost, const double *restrict partial, size_t width)
{
    for (size_t j = 0; j < width; j++) {
        double t = total[j], p = partial[j], s = t + p, back = s - t;
        lost[j] += (t - (s - back)) + (p - back);
        total[j] = s;
    }
}

/* Which units a thread gets is for chance to say; whether it has the memory for one is not. */
static int warm_up(const crew *c, worker *w, unit_function *f, const void *job)
{
    if (w->warm_for == f) return DU_OK;
    int status = begin(c, w);
    if (!status && !(status = f(w, 0, least(BLOCK, w->o->data.rows), w->o->partial, job))) w->warm_for = f;
    return status;
}

int du_observer_run(du_observer *o, crew *c, const double b[], unit_function *f, size_t width, const void *job)
{
    size_t units = (o->data.rows + o->unit - 1) / o->unit, wave = width ? WAVE : units;
    size_t threads = least(c->choice.threads, least(wave, units));
    int status = reserve(o, width);
    if (b) memcpy(o->b, b, o->p * sizeof *b);
    for (size_t k = 0; k < threads && !status; k++) status = ready(c, &c->workers[k], width == 0);
    for (size_t k = 0; k < threads && threads > 1 && width && !status; k++) status = warm_up(c, &c->workers[k], f, job);
    if (width && !status) {
        memset(o->total, 0, width * sizeof *o->total);
        memset(o->lost, 0, width * sizeof *o->lost);
    }
    for (size_t first = 0; first < units && !status; first += wave) {
        size_t count = least(wave, units - first);
        status = run_wave(c, least(threads, count), f, first, count, width, job);
        for (size_t k = 0; width && k < count && !status; k++) add_up(o->total, o->lost, o->partial + k * width, width);
    }
    for (size_t j = 0; j < width && !status; j++) if (__builtin_isfinite(o->lost[j])) o->total[j] += o->lost[j];
    return status;
}

/* ---- telling ---- */

int du_observer_inspect(const du_observer *o, du_observer_info *info)
{
    if (!o || !info) return DU_EINVAL;
    *info = (du_observer_info){ .rows = o->rows.choice, .sums = o->sums.choice, .bytes = o->memory.used, .allocations = o->memory.allocations };
    for (size_t k = 0; k < o->sums.choice.threads; k++) info->tape_bytes += du_tape_stats(o->sums.workers[k].tape).bytes;
    return DU_OK;
}

int du_observer_explain(const du_observer *o, FILE *stream)
{
    du_observer_info i;
    if (du_observer_inspect(o, &i) || !stream) return DU_EINVAL;
    fprintf(stream, "%s, rows: %s\n", o->model->name, i.rows.reason);
    if (!o->map) fprintf(stream, "%s, sums: %s\n", o->model->name, i.sums.reason);
    fprintf(stream, "%s: %zu bytes held\n", o->model->name, i.bytes);
    return DU_OK;
}
