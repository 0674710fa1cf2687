/* lib/observe/run.c - running a job over units of rows on all threads. Its sums do not depend on
 * how many threads there are. SPDX-License-Identifier: MIT */
#include "observer.h"
#include <string.h>

/* units whose partial sums are held at a time */
enum { BATCH = 32 };

#ifdef _OPENMP
void du_observer_lock(du_observer *o) { omp_set_lock(&o->lock); }
void du_observer_unlock(du_observer *o) { omp_unset_lock(&o->lock); }
#else
void du_observer_lock(du_observer *o) { (void)o; }
void du_observer_unlock(du_observer *o) { (void)o; }
#endif

void du_observer_sums(const du_observer *o, double *q, double g[])
{
    *q = o->total[0];
    for (size_t j = 0; j < o->p; j++) g[j] = o->total[1 + j];
}

int du_observer_ready(du_observer *o, int map, int complete)
{
    if (!o) return DU_ENOMEM;
    if (o->broken) return o->report.status;
    if (o->map != map)
        return du_report_set(&o->report, DU_EKIND,
                             map ? "%s: the observer has one point for all rows: no du_observe_each"
                                 : "%s: the observer is a map: du_observe_each alone",
                             o->model->name);
    if (complete) return DU_OK;
    return du_report_set(&o->report, DU_EINVAL, "%s: an array is NULL or a stride is 0",
                         o->model->name);
}

/* ---- one worker ---- */

/* gives a worker the values of the parameters */
static int begin(const du_team *team, worker *w)
{
    int status = team->engine ? team->engine->begin(w) : DU_OK;
    w->begun = !status;
    return status;
}

/* what a worker without engine needs: room for p numbers of any type, and data of a pack */
static int prepare_plain(worker *w)
{
    size_t p = w->o->p,
           largest = sizeof(du_var2) > sizeof(du_pack_dual) ? sizeof(du_var2)
                                                            : sizeof(du_pack_dual);
    w->b = du_arena_alloc(&w->arena, p * largest);
    w->x = du_arena_alloc(&w->arena, (w->o->data.cols + 16) * sizeof *w->x);
    if (!w->b || !w->x) return DU_ENOMEM;
    for (size_t k = 0; k < w->o->data.cols + 16; k++) w->x[k] = du_pack_constant(__builtin_nan(""));
    return DU_OK;
}

/* Prepares a worker for the run: what may run out of memory does so now, before outputs are
 * written. Where the job has outputs, a first block is evaluated for that, once. */
static int ready(const du_team *team, worker *w, int outputs, const du_observer_job *job)
{
    du_observer *o = w->o;
    w->begun = 0;
    if (!w->prepared) {
        int status = team->engine ? team->engine->prepare(w) : prepare_plain(w);
        if (status) return status;
        w->prepared = 1;
    }
    if (!team->engine || !outputs || w->warm) return DU_OK;
    int status = begin(team, w);
    if (!status)
        status = team->engine->rows(w, 0, least(BLOCK, o->data.rows),
                                    &(du_request){ .job = job, .jac = 1 });
    w->warm = !status;
    return status;
}

/* Which units a thread gets is left to chance. So that running out of memory is not, every worker
 * does the first block of a summing job once. */
static int warm_up(const du_team *team, worker *w, du_unit_function *f, const du_observer_job *job)
{
    if (w->warmed_up_for == f) return DU_OK;
    int status = begin(team, w);
    if (!status) status = f(w, 0, least(BLOCK, w->o->data.rows), w->o->partial, job);
    if (!status) w->warmed_up_for = f;
    return status;
}

/* A worker gets its parameters in its own thread, so that they are in that core's cache. */
static int run_unit(const du_team *team, worker *w, du_unit_function *f, size_t unit,
                    double *partial, const du_observer_job *job)
{
    du_observer *o = w->o;
    size_t from = unit * o->unit, to = least(o->data.rows, from + o->unit);
    int status = w->begun ? DU_OK : begin(team, w);
    return status ? status : f(w, from, to, partial, job);
}

/* ---- all of them ---- */

/* the words of a worker's failure become the observer's */
static int take_report(du_observer *o, const worker *w, int status)
{
    const du_tape *t = w->tape;
    if (w->report.status == status) o->report = w->report;
    else
        du_report_set(&o->report, status, "%s: %s", o->model->name,
                      t && t->status ? du_tape_message(t) : du_strerror(status));
    return status;
}

typedef struct {
    du_unit_function *f;
    size_t first, count, width;
    const du_observer_job *job;
} batch;

/* The units of a batch; every worker takes the next one that is free. The status is that of the
 * first unit that failed. */
static int run_batch(const du_team *team, size_t threads, const batch *b)
{
    du_observer *o = team->workers->o;
    int status = DU_OK;
#ifdef _OPENMP
    if (threads > 1) {
        size_t failed = (size_t)-1;
#pragma omp parallel for num_threads((int)threads) schedule(dynamic, 1)
        for (size_t k = 0; k < b->count; k++) {
            worker *w = &team->workers[omp_get_thread_num()];
            int s = run_unit(team, w, b->f, b->first + k, o->partial + k * b->width, b->job);
            du_observer_lock(o);
            if (s && k < failed) {
                failed = k;
                status = take_report(o, w, s);
            }
            du_observer_unlock(o);
        }
        return status;
    }
#endif
    (void)threads;
    for (size_t k = 0; k < b->count && !status; k++)
        status = run_unit(team, team->workers, b->f, b->first + k, o->partial + k * b->width,
                          b->job);
    return status ? take_report(o, team->workers, status) : DU_OK;
}

static int reserve(du_observer *o, size_t width)
{
    if (width <= o->partial_width) return DU_OK;
    double *partial = width > (size_t)-1 / 64 / BATCH
        ? NULL
        : du_arena_alloc(&o->arena, (BATCH + 2) * width * sizeof *partial);
    if (!partial) return du_report_status(&o->report, DU_ENOMEM);
    o->partial = partial;
    o->total = partial + BATCH * width;
    o->compensation = o->total + width;
    o->partial_width = width;
    return DU_OK;
}

/* total += partial, with Knuth's exact error of each addition to compensation */
static void add_up(double *restrict total, double *restrict compensation,
                   const double *restrict partial, size_t width)
{
    for (size_t j = 0; j < width; j++) {
        double t = total[j], p = partial[j], s = t + p, back = s - t;
        compensation[j] += (t - (s - back)) + (p - back);
        total[j] = s;
    }
}

static int prepare_workers(du_observer *o, const du_team *team, size_t threads, du_unit_function *f,
                           size_t width, const du_observer_job *job)
{
    int status = DU_OK;
    for (size_t k = 0; k < threads && !status; k++) {
        worker *w = &team->workers[k];
        w->report.status = DU_OK;
        status = ready(team, w, width == 0, job);
        if (!status && threads > 1 && width) status = warm_up(team, w, f, job);
        if (status) take_report(o, w, status);
    }
    return status;
}

int du_observer_run(du_observer *o, du_team *team, const double b[], du_unit_function *f,
                    size_t width, const du_observer_job *job)
{
    size_t units = (o->data.rows + o->unit - 1) / o->unit, most = width ? BATCH : units;
    size_t threads = least(team->choice.threads, least(most, units));
    o->report.status = DU_OK;
    int status = reserve(o, width);
    if (b) memcpy(o->b, b, o->p * sizeof *b);
    if (!status) status = prepare_workers(o, team, threads, f, width, job);
    if (status) return status;
    for (size_t j = 0; j < width; j++) o->total[j] = o->compensation[j] = 0.0;
    for (size_t first = 0; first < units && !status; first += most) {
        batch next = { f, first, least(most, units - first), width, job };
        status = run_batch(team, least(threads, next.count), &next);
        for (size_t k = 0; width && k < next.count && !status; k++)
            add_up(o->total, o->compensation, o->partial + k * width, width);
    }
    for (size_t j = 0; j < width && !status; j++)
        if (__builtin_isfinite(o->compensation[j])) o->total[j] += o->compensation[j];
    return status;
}
