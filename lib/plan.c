/* lib/plan.c - seeding, running, extracting: one engine per strategy of the registry.
 * SPDX-License-Identifier: MIT */
#include "tape_layout.h"
#include <duet/plan.h>
#include <string.h>
#include <time.h>

/* What a run reads and writes; which members are set depends on the task. */
typedef struct {
    const double *x, *v, *w;    /* point [n]; direction [n]; output weights [m] */
    double *y;                  /* values [m] */
    double *first;              /* gradient, Jacobian or product */
    double *second;             /* Hessian [n*n] or its product [n] */
} job;

typedef struct engine engine;

struct du_plan {
    const du_function *f;
    du_task task;
    size_t n, m;
    const void *ctx;
    int straight;               /* a fixed function whose zeros are known */
    du_memory memory;
    du_arena arena;
    du_choice choice;
    const engine *engine;
    du_tape *tape;
    du_tape_mark_t start;       /* just after the independents */
    void *x, *y;                /* the engine's numbers: [n], [m] */
    double *scratch;            /* the engine's: n doubles, or what prepare_second says */
    size_t runs, first_allocations;
    uint64_t joins;
    uint32_t slots;
};

struct engine {
    const char *strategy;
    int (*prepare)(du_plan *p);
    int (*run)(du_plan *p, const job *j);
};

static void *take(du_plan *p, size_t count, size_t size)
{
    if (count > (size_t)-1 / 4 / size) return NULL;
    void *block = du_arena_alloc(&p->arena, count * size);
    if (block) memset(block, 0, count * size);
    return block;
}

/* ---- forward, C directions a pass: the inputs stay seeded, a pass moves the seeds ---- */

#define FORWARD_ENGINE(t, C, SEED) \
    static int prepare_##t(du_plan *p) \
    { \
        p->x = take(p, p->n, sizeof(du_##t)); \
        p->y = take(p, p->m, sizeof(du_##t)); \
        if (!p->x || !p->y) return DU_ENOMEM; \
        for (size_t i = 0; i < p->n && i < (C); i++) SEED(t, (du_##t *)p->x + i, i, 1.0); \
        return DU_OK; \
    } \
    static void seed_##t(du_plan *p, size_t at, double seed) \
    { \
        for (size_t i = at; i < p->n && i < at + (C); i++) SEED(t, (du_##t *)p->x + i, i - at, seed); \
    } \
    static int run_##t(du_plan *p, const job *j) \
    { \
        du_##t *x = p->x, *y = p->y; \
        size_t n = p->n, m = p->m; \
        for (size_t i = 0; i < n; i++) x[i].v = j->x[i]; \
        for (size_t at = 0; at < n; at += (C)) { \
            if (n > (C)) seed_##t(p, at, 1.0); \
            p->f->f_##t(x, n, y, m, p->ctx); \
            if (n > (C)) seed_##t(p, at, 0.0); \
            size_t width = n - at < (C) ? n - at : (C); \
            for (size_t i = 0; i < m; i++) take_##t(j->first + i * n + at, &y[i], width); \
        } \
        for (size_t i = 0; i < m; i++) j->y[i] = y[i].v; \
        return DU_OK; \
    }
#define SEED_N(t, x, k, s) du_##t##_seed(x, k, s)
#define SEED_1(t, x, k, s) (x)->d = (s)
/* the partials of y, width of them, to out */
#define TAKE(t) \
    static inline void take_##t(double *out, const du_##t *y, size_t width) { memcpy(out, y->w, width * sizeof *out); }
TAKE(dual4)
TAKE(dual8)
TAKE(dual16)
static inline void take_dual(double *out, const du_dual *y, size_t width)
{
    (void)width;
    *out = y->d;
}
FORWARD_ENGINE(dual4, 4, SEED_N)
FORWARD_ENGINE(dual8, 8, SEED_N)
FORWARD_ENGINE(dual16, 16, SEED_N)

/* one direction: a column of the Jacobian each, or the given direction of a product */
FORWARD_ENGINE(dual, 1, SEED_1)

static int run_forward_1(du_plan *p, const job *j)
{
    if (p->task != DU_JVP) return run_dual(p, j);
    du_dual *x = p->x, *y = p->y;
    for (size_t i = 0; i < p->n; i++) x[i] = (du_dual){ j->x[i], j->v[i] };
    p->f->f_dual(x, p->n, y, p->m, p->ctx);
    for (size_t i = 0; i < p->m; i++) {
        j->y[i] = y[i].v;
        j->first[i] = y[i].d;
    }
    return DU_OK;
}

/* ---- forward where zeros are known; by dual numbers once more where anything is not finite ---- */

static int knows_zeros(const du_function *f)
{
    const double x[DU_SPARSE_PARTIALS] = { 0.0 };
    return f->row_sparse && f->row_sparse(x, NULL, 0, NULL, NULL);
}
static int run_sparse(du_plan *p, const job *j)
{
    return DU_LIKELY(p->f->row_sparse(j->x, j->y, p->m, j->first, p->ctx)) ? DU_OK : run_dual16(p, j);
}

/* ---- reverse ---- */

static int prepare_tape(du_plan *p, size_t size, size_t scratch)
{
    p->x = take(p, p->n, size);
    p->y = take(p, p->m, size);
    p->scratch = take(p, scratch, sizeof(double));
    p->tape = du_tape_create_in(&p->memory, 0);
    return p->x && p->y && p->scratch && p->tape ? DU_OK : DU_ENOMEM;
}

static int prepare_reverse(du_plan *p)
{
    int status = prepare_tape(p, sizeof(du_var), p->n);
    if (!status) status = du_tape_independents(p->tape, p->n, p->scratch, p->x);
    if (!status) p->start = du_tape_mark(p->tape);
    return status;
}

/* Every run records anew from the mark after the independents; a tape in trouble (out of memory
 * last time, say) starts over. */
static int rewind_tape(du_plan *p)
{
    if (du_tape_status(p->tape) == DU_OK) return du_tape_rewind(p->tape, p->start);
    du_tape_reset(p->tape);
    int status = p->choice.strategy->mode == DU_REVERSE
        ? du_tape_independents(p->tape, p->n, p->scratch, p->x)
        : du_tape_independents2(p->tape, p->n, p->scratch, NULL, p->x);
    if (!status) p->start = du_tape_mark(p->tape);
    return status;
}

static void count_tape(du_plan *p)
{
    du_tape_stats_t s = du_tape_stats(p->tape);
    p->joins = s.joins;
    p->slots = s.slots;
}

static int run_reverse(du_plan *p, const job *j)
{
    du_var *x = p->x, *y = p->y;
    int status = rewind_tape(p);
    if (status) return status;
    uint32_t first = (uint32_t)x[0].ref;
    for (size_t i = 0; i < p->n; i++) x[i].v = p->scratch[i] = j->x[i];
    p->tape->home.numbers = x;
    p->tape->home.bytes = p->n * sizeof *x;
    p->tape->home.values = p->scratch;
    p->tape->home.first = first;
    p->f->f_var(x, p->n, y, p->m, p->ctx);
    count_tape(p);
    if (p->task == DU_VJP) status = du_sweep_weighted(p->tape, p->m, y, j->w, first, p->n, j->first);
    else status = du_sweep_rows(p->tape, p->m, y, first, p->n, j->first);
    for (size_t i = 0; i < p->m && !status; i++) j->y[i] = y[i].v;
    return status;
}

/* ---- second order ---- */

/* scratch: the gradient and a product; of a Hessian its rows behind them */
static int prepare_second(du_plan *p)
{
    size_t n = p->n, rows = p->task == DU_HESSIAN ? n : 0;
    if (n > (size_t)-1 / 8 / sizeof(double) / (rows + 2)) return DU_ENOMEM;
    int status = prepare_tape(p, sizeof(du_var2), (rows + 2) * n);
    if (!status) status = du_tape_independents2(p->tape, n, p->scratch, NULL, p->x);
    if (!status) p->start = du_tape_mark(p->tape);
    return status;
}

/* gradient to g and Hessian times the tangents of x to hv */
static int record_second(du_plan *p, double g[], double hv[])
{
    du_var2 *x = p->x, *y = p->y;
    p->f->f_var2(x, p->n, y, 1, p->ctx);
    count_tape(p);
    return du_sweep_tangent(p->tape, y, 1.0, (uint32_t)x[0].ref, p->n, g, hv);
}

static int run_hvp(du_plan *p, const job *j)
{
    du_var2 *x = p->x, *y = p->y;
    int status = rewind_tape(p);
    if (status) return status;
    for (size_t i = 0; i < p->n; i++) {
        x[i].v = j->x[i];
        x[i].vd = j->v[i];
    }
    status = record_second(p, p->scratch, p->scratch + p->n);
    if (status) return status;
    *j->y = y->v;
    memcpy(j->first, p->scratch, p->n * sizeof(double));
    memcpy(j->second, p->scratch + p->n, p->n * sizeof(double));
    return DU_OK;
}

/* A row a recording: the direction is a unit vector. Any recording may fail, so the rows are kept apart from
 * the outputs until the last has succeeded. */
static int run_hessian(du_plan *p, const job *j)
{
    du_var2 *x = p->x, *y = p->y;
    size_t n = p->n;
    double *rows = p->scratch + 2 * n;
    int status = rewind_tape(p);
    for (size_t i = 0; i < n; i++) {
        x[i].v = j->x[i];
        x[i].vd = 0.0;
    }
    for (size_t i = 0; i < n && !status; i++) {
        status = du_tape_rewind(p->tape, p->start);
        x[i].vd = 1.0;
        if (!status) status = record_second(p, p->scratch, rows + i * n);
        x[i].vd = 0.0;
    }
    if (status) return status;
    *j->y = y->v;
    memcpy(j->first, p->scratch, n * sizeof(double));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            j->second[i * n + k] = i == k ? rows[i * n + i] : 0.5 * (rows[i * n + k] + rows[k * n + i]);
    return DU_OK;
}

static int run_second(du_plan *p, const job *j)
{
    return p->task == DU_HVP ? run_hvp(p, j) : run_hessian(p, j);
}

/* ---- second order forward: an entry a pass ---- */

static int prepare_hyper(du_plan *p)
{
    p->x = take(p, p->n, sizeof(du_hyper));
    p->y = take(p, 1, sizeof(du_hyper));
    p->scratch = take(p, p->n, sizeof(double));
    return p->x && p->y && p->scratch ? DU_OK : DU_ENOMEM;
}

static int run_hyper(du_plan *p, const job *j)
{
    du_hyper *x = p->x, *y = p->y;
    size_t n = p->n;
    int product = p->task == DU_HVP;
    for (size_t i = 0; i < n; i++) x[i] = (du_hyper){ j->x[i], product ? j->v[i] : 0.0, 0.0, 0.0 };
    for (size_t k = 0; k < n; k++) {
        x[k].b = 1.0;
        for (size_t i = 0; i <= (product ? 0 : k); i++) {
            if (!product) x[i].a = 1.0;
            p->f->f_hyper(x, n, y, 1, p->ctx);
            if (!product) x[i].a = 0.0;
            if (product) j->second[k] = y->ab;
            else j->second[k * n + i] = j->second[i * n + k] = y->ab;
        }
        x[k].b = 0.0;
        p->scratch[k] = y->b;
    }
    *j->y = y->v;
    memcpy(j->first, p->scratch, n * sizeof(double));
    return DU_OK;
}

/* ---- engines ---- */

static const engine engines[] = {
    { "forward-1", prepare_dual, run_forward_1 },
    { "forward-4", prepare_dual4, run_dual4 },
    { "forward-8", prepare_dual8, run_dual8 },
    { "forward-16", prepare_dual16, run_dual16 },
    { "sparse-forward", prepare_dual16, run_sparse },
    { "reverse", prepare_reverse, run_reverse },
    { "hyper", prepare_hyper, run_hyper },
    { "forward-over-reverse", prepare_second, run_second },
};

static const engine *engine_of(const du_strategy *s)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (!strcmp(engines[i].strategy, s->name)) return &engines[i];
    return NULL;
}

static void release(du_plan *p)
{
    du_tape_destroy(p->tape);
    p->tape = NULL;
    du_arena_free(&p->arena);
}

static int use_strategy(du_plan *p, du_choice choice)
{
    if (!choice.strategy || !(p->engine = engine_of(choice.strategy))) return DU_EMODE;
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
static double time_strategy(du_plan *p, const job *j)
{
    double best = -1.0, spent = 0.0;
    if (p->engine->run(p, j)) return best;
    for (int i = 0; i < 7 || (spent < 2e-4 && i < 1000); i++) {
        double begin = seconds(), took;
        if (p->engine->run(p, j)) return -1.0;
        took = seconds() - begin;
        spent += took;
        if (best < 0.0 || took < best) best = took;
        if (spent > 1.0) break;
    }
    return best;
}

static int measure(du_plan *p, const double *at)
{
    size_t n = p->n, m = p->m, rows = p->task == DU_JACOBIAN ? m : 1;
    size_t second = p->task == DU_HESSIAN ? n * n : n;
    size_t jacobian = rows * n > m ? rows * n : m;
    size_t bytes = (n + 2 * m + jacobian + second) * sizeof(double);
    double *block = du_memory_alloc(&p->memory, bytes), fastest = -1.0;
    du_choice best = { .strategy = NULL };
    if (!block) return DU_ENOMEM;
    memset(block, 0, bytes);
    double *v = block, *w = v + n, *y = w + m, *first = y + m;
    for (size_t i = 0; i < n; i++) v[i] = 1.0;
    for (size_t i = 0; i < m; i++) w[i] = 1.0;
    job j = { at, v, w, y, first, first + jacobian };
    for (size_t i = 0; i < du_strategy_count; i++) {
        const du_strategy *s = &du_strategies[i];
        if (!du_strategy_can(s, p->task, n, m) || (s->sparse && !p->straight)) continue;
        int status = use_strategy(p, du_policy_for(s, p->task, n, m));
        double took = status ? -1.0 : time_strategy(p, &j);
        release(p);
        if (took >= 0.0 && (fastest < 0.0 || took < fastest)) {
            fastest = took;
            best = p->choice;
        }
    }
    du_memory_free(&p->memory, block, bytes);
    if (!best.strategy) return DU_ENOMEM;
    size_t used = strlen(best.reason);
    snprintf(best.reason + used, sizeof best.reason - used, ", measured %.3g us", 1e6 * fastest);
    return use_strategy(p, best);
}

/* ---- making and freeing ---- */

static int make(du_plan *p, const du_options *o)
{
    if ((int)o->mode < DU_AUTO || o->mode > DU_MEASURE) return DU_EMODE;
    if (o->mode == DU_MEASURE) return o->measure_at ? measure(p, o->measure_at) : DU_EINVAL;
    du_choice (*choose)(du_task, size_t, size_t, du_mode, size_t) = p->straight ? du_policy_straight : du_policy;
    return use_strategy(p, choose(p->task, p->n, p->m, o->mode, o->chunk));
}

static du_plan *plan(du_task task, const du_function *f, size_t n, size_t m, const du_options *options)
{
    du_options o = options ? *options : (du_options){ .ctx = NULL };
    du_memory memory = { .allocator = o.allocator, .cap = o.byte_cap };
    int status = f && n && m && (!f->inputs || f->inputs == n) ? DU_OK : DU_EINVAL;
    du_plan *p = status ? NULL : du_memory_alloc(&memory, sizeof *p);
    if (p) {
        *p = (du_plan){ .f = f, .task = task, .n = n, .m = m, .ctx = o.ctx, .straight = knows_zeros(f), .memory = memory };
        p->arena.memory = &p->memory;
        status = make(p, &o);
    } else if (!status) status = DU_ENOMEM;
    if (p && status) {
        du_plan_free(p);
        p = NULL;
    }
    if (o.status) *o.status = status;
    return p;
}

void du_plan_free(du_plan *p)
{
    if (!p) return;
    release(p);
    du_memory memory = p->memory;
    du_memory_free(&memory, p, sizeof *p);
}

du_plan *du_plan_gradient(const du_function *f, size_t n, const du_options *o) { return plan(DU_GRADIENT, f, n, 1, o); }
du_plan *du_plan_jacobian(const du_function *f, size_t n, size_t m, const du_options *o) { return plan(DU_JACOBIAN, f, n, m, o); }
du_plan *du_plan_hessian(const du_function *f, size_t n, const du_options *o) { return plan(DU_HESSIAN, f, n, 1, o); }
du_plan *du_plan_jvp(const du_function *f, size_t n, size_t m, const du_options *o) { return plan(DU_JVP, f, n, m, o); }
du_plan *du_plan_vjp(const du_function *f, size_t n, size_t m, const du_options *o) { return plan(DU_VJP, f, n, m, o); }
du_plan *du_plan_hvp(const du_function *f, size_t n, const du_options *o) { return plan(DU_HVP, f, n, 1, o); }

/* ---- running ---- */

static int run(du_plan *p, du_task task, const job *j)
{
    if (!p || p->task != task || !j->x || !j->y || !j->first) return DU_EINVAL;
    if ((task == DU_JVP || task == DU_HVP) && !j->v) return DU_EINVAL;
    if (task == DU_VJP && !j->w) return DU_EINVAL;
    if ((task == DU_HESSIAN || task == DU_HVP) && !j->second) return DU_EINVAL;
    int status = p->engine->run(p, j);
    if (p->runs++ == 0) p->first_allocations = p->memory.allocations;
    return status;
}

int du_run_gradient(du_plan *p, const double x[], double *f, double g[])
{
    return run(p, DU_GRADIENT, &(job){ .x = x, .y = f, .first = g });
}
int du_run_jacobian(du_plan *p, const double x[], double y[], double jac[])
{
    return run(p, DU_JACOBIAN, &(job){ .x = x, .y = y, .first = jac });
}
int du_run_hessian(du_plan *p, const double x[], double *f, double g[], double h[])
{
    return run(p, DU_HESSIAN, &(job){ .x = x, .y = f, .first = g, .second = h });
}
int du_run_jvp(du_plan *p, const double x[], const double v[], double y[], double jv[])
{
    return run(p, DU_JVP, &(job){ .x = x, .v = v, .y = y, .first = jv });
}
int du_run_vjp(du_plan *p, const double x[], const double w[], double y[], double wj[])
{
    return run(p, DU_VJP, &(job){ .x = x, .w = w, .y = y, .first = wj });
}
int du_run_hvp(du_plan *p, const double x[], const double v[], double *f, double g[], double hv[])
{
    return run(p, DU_HVP, &(job){ .x = x, .v = v, .y = f, .first = g, .second = hv });
}

static int once(du_task task, const du_function *f, size_t n, size_t m, const void *ctx, const job *j)
{
    int status = DU_OK;
    du_plan *p = plan(task, f, n, m, &(du_options){ .ctx = ctx, .status = &status });
    if (p) status = run(p, task, j);
    du_plan_free(p);
    return status;
}

int du_gradient(const du_function *f, size_t n, const double x[], const void *ctx, double *y, double g[])
{
    return once(DU_GRADIENT, f, n, 1, ctx, &(job){ .x = x, .y = y, .first = g });
}
int du_jacobian(const du_function *f, size_t n, size_t m, const double x[], const void *ctx, double y[], double jac[])
{
    return once(DU_JACOBIAN, f, n, m, ctx, &(job){ .x = x, .y = y, .first = jac });
}
int du_hessian(const du_function *f, size_t n, const double x[], const void *ctx, double *y, double g[], double h[])
{
    return once(DU_HESSIAN, f, n, 1, ctx, &(job){ .x = x, .y = y, .first = g, .second = h });
}
int du_jvp(const du_function *f, size_t n, size_t m, const double x[], const double v[], const void *ctx, double y[], double jv[])
{
    return once(DU_JVP, f, n, m, ctx, &(job){ .x = x, .v = v, .y = y, .first = jv });
}
int du_vjp(const du_function *f, size_t n, size_t m, const double x[], const double w[], const void *ctx, double y[], double wj[])
{
    return once(DU_VJP, f, n, m, ctx, &(job){ .x = x, .w = w, .y = y, .first = wj });
}
int du_hvp(const du_function *f, size_t n, const double x[], const double v[], const void *ctx, double *y, double g[], double hv[])
{
    return once(DU_HVP, f, n, 1, ctx, &(job){ .x = x, .v = v, .y = y, .first = g, .second = hv });
}

/* ---- telling ---- */

int du_plan_inspect(const du_plan *p, du_plan_info *info)
{
    if (!p || !info) return DU_EINVAL;
    *info = (du_plan_info){
        .runs = p->runs, .allocations = p->memory.allocations, .bytes = p->memory.used,
        .allocations_after_first = p->runs ? p->memory.allocations - p->first_allocations : 0,
        .tape_slots = p->slots, .tape_joins = (size_t)p->joins, .choice = p->choice,
    };
    return DU_OK;
}

int du_plan_explain(const du_plan *p, FILE *stream)
{
    du_plan_info i;
    if (du_plan_inspect(p, &i) || !stream) return DU_EINVAL;
    fprintf(stream, "%s: %s\n", p->f->name, i.choice.reason);
    if (!i.runs) return DU_OK;
    fprintf(stream, "%s: %zu runs, %zu bytes held, %zu allocations after the first run", p->f->name,
            i.runs, i.bytes, i.allocations_after_first);
    if (p->tape) fprintf(stream, ", tape of %zu joins", i.tape_joins);
    fprintf(stream, "\n");
    return DU_OK;
}
