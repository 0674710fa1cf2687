/* lib/observe/observer.c - an observer's life: its data, its strategies, its workers.
 * SPDX-License-Identifier: MIT */
#include "observer.h"
#include <math.h>

/* Rows are divided into about UNITS_AIM units, of at least UNIT_LEAST rows. Parameters and outputs
 * are fewer than MOST_COUNT each, so that products of counts do not overflow. */
enum { UNITS_AIM = 256, UNIT_LEAST = 2 * BLOCK, MOST_COUNT = 1 << 24 };

size_t du_data_nonfinite_row(const du_data *d)
{
    for (size_t i = 0; d && i < d->rows; i++) {
        int ok = (!d->y || isfinite(d->y[i])) && (!d->weights || isfinite(d->weights[i]));
        for (size_t k = 0; d->x && k < d->cols; k++) ok &= isfinite(d->x[i * d->cols + k]) != 0;
        if (!ok) return i + 1;
    }
    return 0;
}

static int check_data(du_report *r, const char *name, const du_data *d)
{
    if (d->rows == 0 || (d->cols && !d->x))
        return du_report_set(r, DU_EINVAL, "%s: the data have %zu rows, %zu columns and %s", name,
                             d->rows, d->cols, d->x ? "an array" : "no array");
    for (size_t i = 0; d->weights && i < d->rows; i++)
        if (!(d->weights[i] >= 0.0))
            return du_report_set(r, DU_EWEIGHT, "%s: the weight of observation %zu is %g", name,
                                 i + 1, d->weights[i]);
    size_t row = du_data_nonfinite_row(d);
    return row ? du_report_set(r, DU_ENONFINITE,
                               "%s: observation %zu has a number that is not finite", name, row)
               : DU_OK;
}

static int check_counts(du_observer *o, const du_data *data)
{
    du_report *r = &o->report;
    const du_model *f = o->model;
    if (!f || !o->p || !o->m)
        return du_report_set(
            r, DU_EINVAL, "an observer needs a model, parameters and outputs: p = %zu, m = %zu%s",
            o->p, o->m, f ? "" : ", the model is NULL");
    if (o->p >= MOST_COUNT || o->m >= MOST_COUNT)
        return du_report_set(r, DU_ERANGE, "%s: p = %zu, m = %zu: at most %d", f->name, o->p, o->m,
                             MOST_COUNT - 1);
    if (!data) return du_report_set(r, DU_EINVAL, "%s: the data are NULL", f->name);
    if (du_report_count(r, f->name, "parameters", o->p, f->parameters)) return r->status;
    if (du_report_count(r, f->name, "columns", o->data.cols, f->columns)) return r->status;
    if (du_report_count(r, f->name, "outputs", o->m, f->outputs)) return r->status;
    return check_data(r, f->name, &o->data);
}

/* ---- memory of workers: the observer's account, one thread at a time ---- */

#ifdef _OPENMP
static void make_lock(du_observer *o) { omp_init_lock(&o->lock); }
static void free_lock(du_observer *o) { omp_destroy_lock(&o->lock); }
#else
static void make_lock(du_observer *o) { (void)o; }
static void free_lock(du_observer *o) { (void)o; }
#endif

static void *locked_alloc(void *user, size_t bytes)
{
    du_observer *o = user;
    du_observer_lock(o);
    void *block = du_memory_alloc(&o->memory, bytes);
    du_observer_unlock(o);
    return block;
}
static void locked_free(void *user, void *block, size_t bytes)
{
    du_observer *o = user;
    du_observer_lock(o);
    du_memory_free(&o->memory, block, bytes);
    du_observer_unlock(o);
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

/* the model's straight instances, and which of them know their zeros: a bit 1 << lanes each */
static void find_straight_instances(const du_model *f, du_question *q)
{
    const double b[8 * DU_STRAIGHT_PARTIALS] = { 0.0 };
    const du_straight_block nothing = { .b = b, .count = 0 };
    int (*const rows[])(const du_straight_block *) = {
        [DU_ONE_LANE] = f->rows_straight, [DU_EIGHT_LANES] = f->rows_pack_straight
    };
    for (unsigned lanes = DU_ONE_LANE; lanes <= DU_EIGHT_LANES; lanes++) {
        if (!rows[lanes]) continue;
        q->straight |= 1u << lanes;
        if (rows[lanes](&nothing)) q->known |= 1u << lanes;
    }
}

static int check_options(du_observer *o, const du_observer_options *opt)
{
    const char *name = o->model->name;
    if ((int)opt->mode < DU_AUTO || opt->mode > DU_FORWARD_OVER_REVERSE)
        return du_report_set(&o->report, DU_EMODE, "%s: an observer has no mode %d", name,
                             (int)opt->mode);
    if ((int)opt->lanes < 0 || opt->lanes > DU_EIGHT_LANES)
        return du_report_set(&o->report, DU_EMODE, "%s: there are no lanes %d", name,
                             (int)opt->lanes);
    return DU_OK;
}

/* units, and the strategies for rows and for sums */
static int choose(du_observer *o, const du_observer_options *opt)
{
    size_t n = o->data.rows;
    o->unit = (n / UNITS_AIM + BLOCK - 1) / BLOCK * BLOCK;
    if (o->unit < UNIT_LEAST) o->unit = UNIT_LEAST;
    size_t units = (n - 1) / o->unit + 1; /* more threads would have nothing to do */
    du_question q = { .among = du_observer_strategy,
                      .n = o->p,
                      .m = o->m,
                      .rows = n,
                      .packs = o->model->f_pack != NULL,
                      .available = least(units, threads_available()),
                      .mode = opt->mode,
                      .chunk = opt->chunk,
                      .lanes = opt->lanes,
                      .strategy = opt->strategy };
    find_straight_instances(o->model, &q);
#ifdef _OPENMP
    q.threads = least(units, opt->threads);
#else
    q.threads = opt->threads ? 1 : 0;
#endif
    q.task = DU_ROWS;
    o->rows.choice = o->plain.choice = du_policy(&q);
    q.task = DU_SUM;
    o->sums.choice = du_policy(&q);
    if (!o->rows.choice.strategy || !o->sums.choice.strategy)
        return du_report_set(&o->report, DU_EMODE, "%s: %s", o->model->name, o->rows.choice.reason);
    o->rows.engine = (const du_observer_engine *)(const void *)o->rows.choice.strategy;
    o->sums.engine = (const du_observer_engine *)(const void *)o->sums.choice.strategy;
    return DU_OK;
}

static int workers_create(du_observer *o, du_team *team)
{
    team->workers = du_arena_alloc(&o->arena, team->choice.threads * sizeof *team->workers);
    if (!team->workers) return DU_ENOMEM;
    for (size_t k = 0; k < team->choice.threads; k++) {
        worker *w = &team->workers[k];
        *w = (worker){ .o = o, .memory = { .allocator = { locked_alloc, locked_free, o } } };
        w->arena.memory = &w->memory;
    }
    return DU_OK;
}

static void workers_free(du_team *team)
{
    for (size_t k = 0; team->workers && k < team->choice.threads; k++) {
        du_tape_free(team->workers[k].tape);
        du_arena_free(&team->workers[k].arena);
    }
}

/* point and direction, workers, factors of the residuals */
static int allocate(du_observer *o)
{
    size_t n = o->data.rows;
    o->b = du_arena_alloc(&o->arena, o->p * sizeof *o->b);
    o->v = du_arena_alloc(&o->arena, o->p * sizeof *o->v);
    o->slopes = du_arena_alloc(&o->arena, o->p * sizeof *o->slopes);
    if (!o->b || !o->v || !o->slopes) return DU_ENOMEM;
    if (workers_create(o, &o->rows) || workers_create(o, &o->sums) || workers_create(o, &o->plain))
        return DU_ENOMEM;
    if (!o->data.weights) return DU_OK;
    o->scale = du_arena_alloc(&o->arena, n * sizeof *o->scale);
    if (!o->scale) return DU_ENOMEM;
    for (size_t i = 0; i < n; i++)
        o->scale[i] = o->data.y ? sqrt(o->data.weights[i]) : o->data.weights[i];
    return DU_OK;
}

static du_observer *make(const du_model *model, const du_data *data, size_t p, size_t m, int map,
                         const du_observer_options *options)
{
    du_observer_options opt = options ? *options : (du_observer_options){ .ctx = NULL };
    du_memory memory = { .allocator = opt.allocator, .cap = opt.byte_cap };
    du_observer *o = du_memory_alloc(&memory, sizeof *o);
    if (!o) return NULL;
    *o = (du_observer){
        .model = model, .p = p, .m = m, .map = map, .ctx = opt.ctx, .memory = memory
    };
    if (data) o->data = *data;
    o->arena.memory = &o->memory;
    make_lock(o);
    int status = check_counts(o, data);
    if (!status) status = check_options(o, &opt);
    if (!status) status = choose(o, &opt);
    if (!status) status = allocate(o);
    if (status == DU_ENOMEM) {
        du_observer_free(o);
        return NULL;
    }
    o->broken = status != DU_OK;
    return o;
}

du_observer *du_observer_new(const du_model *model, const du_data *data, size_t p,
                             const du_observer_options *options)
{
    return make(model, data, p, 1, 0, options);
}

du_observer *du_observer_map(const du_model *model, size_t rows, size_t cols, const double x[],
                             size_t p, size_t m, const du_observer_options *options)
{
    return make(model, &(du_data){ .rows = rows, .cols = cols, .x = x }, p, m, 1, options);
}

void du_observer_free(du_observer *o)
{
    if (!o) return;
    workers_free(&o->rows);
    workers_free(&o->sums);
    workers_free(&o->plain);
    du_arena_free(&o->arena);
    free_lock(o);
    du_memory memory = o->memory;
    du_memory_free(&memory, o, sizeof *o);
}

/* ---- inspecting ---- */

int du_observer_status(const du_observer *o) { return o ? o->report.status : DU_ENOMEM; }
const char *du_observer_message(const du_observer *o)
{
    return du_report_words(o ? &o->report : NULL);
}

du_observer_info du_observer_inspect(const du_observer *o)
{
    if (!o) return (du_observer_info){ .bytes = 0 };
    du_observer_info info = { .rows = o->rows.choice,
                              .sums = o->sums.choice,
                              .bytes = o->memory.used,
                              .allocations = o->memory.allocations };
    for (size_t k = 0; o->sums.workers && k < o->sums.choice.threads; k++)
        info.tape_bytes += du_tape_inspect(o->sums.workers[k].tape).bytes;
    return info;
}

int du_observer_explain(const du_observer *o, FILE *stream)
{
    if (!o) return DU_ENOMEM;
    if (!stream) return DU_EINVAL;
    if (o->broken) {
        fprintf(stream, "%s\n", o->report.text);
        return o->report.status;
    }
    du_observer_info i = du_observer_inspect(o);
    fprintf(stream, "%s, rows: %s\n", o->model->name, i.rows.reason);
    if (!o->map) fprintf(stream, "%s, sums: %s\n", o->model->name, i.sums.reason);
    fprintf(stream, "%s: %zu bytes held\n", o->model->name, i.bytes);
    return DU_OK;
}
