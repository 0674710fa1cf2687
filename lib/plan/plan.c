/* lib/plan/plan.c - a plan's life: made with a strategy, run, inspected.
 * SPDX-License-Identifier: MIT */
#include "../base/inline.h"
#include "plan.h"
#include <string.h>
#include <time.h>

/* frees what a strategy has taken */
static void release(du_plan *p)
{
    du_tape_free(p->tape);
    p->tape = NULL;
    du_arena_free(&p->arena);
}

/* what the policy says of the plan; `forced` leaves it no choice but to say why */
static du_choice choose(const du_plan *p, du_mode mode, size_t chunk, const du_strategy *forced)
{
    return du_policy(&(du_question){ .task = p->task,
                                     .n = p->n,
                                     .m = p->m,
                                     .mode = mode,
                                     .chunk = chunk,
                                     .strategy = forced,
                                     .straight = p->straight ? 1u << DU_ONE_LANE : 0,
                                     .known = p->straight ? 1u << DU_ONE_LANE : 0 });
}

static int use_strategy(du_plan *p, du_choice choice)
{
    if (!choice.strategy)
        return du_report_set(&p->report, DU_EMODE, "%s: %s", p->f->name, choice.reason);
    p->engine = (const du_plan_engine *)(const void *)choice.strategy;
    p->choice = choice;
    return p->engine->prepare(p);
}

/* ---- measuring ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best of a few runs, after one that fills the memory; negative on failure. */
static double time_strategy(du_plan *p, const du_job *j)
{
    double best = -1.0, spent = 0.0;
    if (p->engine->run(p, j)) return best;
    for (int i = 0; i < 7 || (spent < 2e-4 && i < 1000); i++) {
        double begin = seconds();
        if (p->engine->run(p, j)) return -1.0;
        double took = seconds() - begin;
        spent += took;
        if (best < 0.0 || took < best) best = took;
        if (spent > 1.0) break;
    }
    return best;
}

/* The choice whose runs of the job are fastest, and the seconds that one takes; no strategy where
 * none could run. */
static du_choice fastest_choice(du_plan *p, const du_job *j, double *seconds_taken)
{
    du_choice best = { .strategy = NULL };
    for (size_t i = 0; du_plan_strategy(i); i++) {
        const du_strategy *s = du_plan_strategy(i);
        if (!du_strategy_can(s, p->task, p->n, p->m) || (s->straight && !p->straight)) continue;
        double took = use_strategy(p, choose(p, DU_AUTO, 0, s)) ? -1.0 : time_strategy(p, j);
        release(p);
        if (took < 0.0 || (best.strategy && took >= *seconds_taken)) continue;
        *seconds_taken = took;
        best = p->choice;
    }
    return best;
}

/* Chooses by timing every strategy at the point `at`, with directions and weights of ones. */
static int measure(du_plan *p, const double *at)
{
    size_t n = p->n, m = p->m, rows = p->task == DU_JACOBIAN ? m : 1;
    size_t second = p->task == DU_HESSIAN ? n * n : n;
    size_t first = rows * n > m ? rows * n : m;
    size_t bytes = (n + 2 * m + first + second) * sizeof(double);
    double *block = du_memory_alloc(&p->memory, bytes), took = 0.0;
    if (!block) return DU_ENOMEM;
    memset(block, 0, bytes);
    double *v = block, *w = v + n, *y = w + m;
    for (size_t i = 0; i < n + m; i++) block[i] = 1.0;
    du_job j = { .x = at, .v = v, .w = w, .y = y, .first = y + m, .second = y + m + first };
    du_choice best = fastest_choice(p, &j, &took);
    du_memory_free(&p->memory, block, bytes);
    if (!best.strategy) return p->report.status ? p->report.status : DU_ENOMEM;
    p->report.status = DU_OK; /* what strategies that failed said */
    size_t used = strlen(best.reason);
    snprintf(best.reason + used, sizeof best.reason - used, ", measured %.3g us", 1e6 * took);
    return use_strategy(p, best);
}

/* ---- making and freeing ---- */

static int make(du_plan *p, const du_plan_options *o)
{
    du_report *r = &p->report;
    if (!p->f || !p->n || !p->m)
        return du_report_set(r, DU_EINVAL,
                             "a plan needs a function, inputs and outputs: n = %zu, m = %zu%s",
                             p->n, p->m, p->f ? "" : ", the function is NULL");
    if (du_report_count(r, p->f->name, "inputs", p->n, p->f->inputs)) return r->status;
    if (du_report_count(r, p->f->name, "outputs", p->m, p->f->outputs)) return r->status;
    if (p->n > (size_t)-1 / 64 || p->m > (size_t)-1 / 64) return DU_ENOMEM;
    if ((int)o->mode < DU_AUTO || o->mode > DU_MEASURE)
        return du_report_set(r, DU_EMODE, "%s: there is no mode %d", p->f->name, (int)o->mode);
    p->straight = du_plan_knows_zeros(p->f);
    if (o->mode != DU_MEASURE) return use_strategy(p, choose(p, o->mode, o->chunk, o->strategy));
    if (!o->measure_at)
        return du_report_set(r, DU_EINVAL, "%s: DU_MEASURE needs a point, measure_at", p->f->name);
    return measure(p, o->measure_at);
}

static du_plan *plan(du_task task, const du_function *f, size_t n, size_t m,
                     const du_plan_options *options)
{
    du_plan_options o = options ? *options : (du_plan_options){ .ctx = NULL };
    du_memory memory = { .allocator = o.allocator, .cap = o.byte_cap };
    du_plan *p = du_memory_alloc(&memory, sizeof *p);
    if (!p) return NULL;
    *p = (du_plan){ .f = f, .task = task, .n = n, .m = m, .ctx = o.ctx, .memory = memory };
    p->arena.memory = &p->memory;
    int status = make(p, &o);
    if (status == DU_ENOMEM) {
        du_plan_free(p);
        return NULL;
    }
    if (status) {
        if (p->report.status != status) du_report_status(&p->report, status);
        p->engine = NULL;
    }
    return p;
}

void du_plan_free(du_plan *p)
{
    if (!p) return;
    release(p);
    du_memory memory = p->memory;
    du_memory_free(&memory, p, sizeof *p);
}

du_plan *du_plan_gradient(const du_function *f, size_t n, const du_plan_options *o)
{
    return plan(DU_GRADIENT, f, n, 1, o);
}
du_plan *du_plan_jacobian(const du_function *f, size_t n, size_t m, const du_plan_options *o)
{
    return plan(DU_JACOBIAN, f, n, m, o);
}
du_plan *du_plan_hessian(const du_function *f, size_t n, const du_plan_options *o)
{
    return plan(DU_HESSIAN, f, n, 1, o);
}
du_plan *du_plan_jvp(const du_function *f, size_t n, size_t m, const du_plan_options *o)
{
    return plan(DU_JVP, f, n, m, o);
}
du_plan *du_plan_vjp(const du_function *f, size_t n, size_t m, const du_plan_options *o)
{
    return plan(DU_VJP, f, n, m, o);
}
du_plan *du_plan_hvp(const du_function *f, size_t n, const du_plan_options *o)
{
    return plan(DU_HVP, f, n, 1, o);
}

int du_plan_status(const du_plan *p) { return p ? p->report.status : DU_ENOMEM; }
const char *du_plan_message(const du_plan *p) { return du_report_words(p ? &p->report : NULL); }

/* ---- running ---- */

static const char *const task_names[] = {
    [DU_GRADIENT] = "gradient", [DU_JACOBIAN] = "Jacobian", [DU_HESSIAN] = "Hessian",
    [DU_JVP] = "J v",           [DU_VJP] = "J^T w",         [DU_HVP] = "H v",
};

/* why a run is refused, or how it failed: out of line, since a run may take a dozen nanoseconds */
static __attribute__((noinline, cold)) int refuse(du_plan *p, du_task task)
{
    if (!p) return DU_ENOMEM;
    if (!p->engine) return p->report.status;
    if (p->task == task)
        return du_report_set(&p->report, DU_EINVAL, "%s: an array is NULL", p->f->name);
    return du_report_set(&p->report, DU_EKIND, "%s: the plan computes the %s, not the %s",
                         p->f->name, task_names[p->task], task_names[task]);
}
static __attribute__((noinline, cold)) int failed(du_plan *p, int status)
{
    const char *words = p->tape && du_tape_status(p->tape) ? du_tape_message(p->tape)
                                                           : du_strerror(status);
    if (p->report.status != status) du_report_set(&p->report, status, "%s: %s", p->f->name, words);
    return status;
}

/* task is a constant of the caller, so that its questions are answered at compile time */
ALWAYS_INLINE int run(du_plan *p, du_task task, const du_job *j)
{
    int ready = p && p->engine && p->task == task && j->x && j->y && j->first;
    if (task == DU_JVP || task == DU_HVP) ready = ready && j->v;
    if (task == DU_VJP) ready = ready && j->w;
    if (task == DU_HESSIAN || task == DU_HVP) ready = ready && j->second;
    if (DU_UNLIKELY(!ready)) return refuse(p, task);
    p->report.status = DU_OK;
    int status = p->engine->run(p, j);
    if (p->runs++ == 0) p->first_allocations = p->memory.allocations;
    return DU_LIKELY(status == DU_OK) ? DU_OK : failed(p, status);
}

int du_run_gradient(du_plan *p, const double x[], double *y, double g[])
{
    return run(p, DU_GRADIENT, &(du_job){ .x = x, .y = y, .first = g });
}
int du_run_jacobian(du_plan *p, const double x[], double y[], double jac[])
{
    return run(p, DU_JACOBIAN, &(du_job){ .x = x, .y = y, .first = jac });
}
int du_run_hessian(du_plan *p, const double x[], double *y, double g[], double h[])
{
    return run(p, DU_HESSIAN, &(du_job){ .x = x, .y = y, .first = g, .second = h });
}
int du_run_jvp(du_plan *p, const double x[], const double v[], double y[], double jv[])
{
    return run(p, DU_JVP, &(du_job){ .x = x, .v = v, .y = y, .first = jv });
}
int du_run_vjp(du_plan *p, const double x[], const double w[], double y[], double wj[])
{
    return run(p, DU_VJP, &(du_job){ .x = x, .w = w, .y = y, .first = wj });
}
int du_run_hvp(du_plan *p, const double x[], const double v[], double *y, double g[], double hv[])
{
    return run(p, DU_HVP, &(du_job){ .x = x, .v = v, .y = y, .first = g, .second = hv });
}

ALWAYS_INLINE int once(du_task task, const du_function *f, size_t n, size_t m, const void *ctx,
                       const du_job *j)
{
    du_plan *p = plan(task, f, n, m, &(du_plan_options){ .ctx = ctx });
    int status = run(p, task, j);
    du_plan_free(p);
    return status;
}

int du_gradient(const du_function *f, size_t n, const double x[], const void *ctx, double *y,
                double g[])
{
    return once(DU_GRADIENT, f, n, 1, ctx, &(du_job){ .x = x, .y = y, .first = g });
}
int du_jacobian(const du_function *f, size_t n, size_t m, const double x[], const void *ctx,
                double y[], double jac[])
{
    return once(DU_JACOBIAN, f, n, m, ctx, &(du_job){ .x = x, .y = y, .first = jac });
}
int du_hessian(const du_function *f, size_t n, const double x[], const void *ctx, double *y,
               double g[], double h[])
{
    return once(DU_HESSIAN, f, n, 1, ctx, &(du_job){ .x = x, .y = y, .first = g, .second = h });
}
int du_jvp(const du_function *f, size_t n, size_t m, const double x[], const double v[],
           const void *ctx, double y[], double jv[])
{
    return once(DU_JVP, f, n, m, ctx, &(du_job){ .x = x, .v = v, .y = y, .first = jv });
}
int du_vjp(const du_function *f, size_t n, size_t m, const double x[], const double w[],
           const void *ctx, double y[], double wj[])
{
    return once(DU_VJP, f, n, m, ctx, &(du_job){ .x = x, .w = w, .y = y, .first = wj });
}
int du_hvp(const du_function *f, size_t n, const double x[], const double v[], const void *ctx,
           double *y, double g[], double hv[])
{
    return once(DU_HVP, f, n, 1, ctx,
                &(du_job){ .x = x, .v = v, .y = y, .first = g, .second = hv });
}

/* ---- inspecting ---- */

du_plan_info du_plan_inspect(const du_plan *p)
{
    if (!p) return (du_plan_info){ .runs = 0 };
    return (du_plan_info){
        .runs = p->runs,
        .allocations = p->memory.allocations,
        .bytes = p->memory.used,
        .allocations_after_first = p->runs ? p->memory.allocations - p->first_allocations : 0,
        .tape_slots = p->slots,
        .tape_joins = (size_t)p->joins,
        .choice = p->choice,
    };
}

int du_plan_explain(const du_plan *p, FILE *stream)
{
    if (!p) return DU_ENOMEM;
    if (!stream) return DU_EINVAL;
    if (!p->engine) {
        fprintf(stream, "%s\n", p->report.text);
        return p->report.status;
    }
    du_plan_info i = du_plan_inspect(p);
    fprintf(stream, "%s: %s\n", p->f->name, i.choice.reason);
    if (!i.runs) return DU_OK;
    fprintf(stream, "%s: %zu runs, %zu bytes held, %zu allocations after the first run", p->f->name,
            i.runs, i.bytes, i.allocations_after_first);
    if (p->tape) fprintf(stream, ", tape of %zu joins", i.tape_joins);
    fprintf(stream, "\n");
    return DU_OK;
}
