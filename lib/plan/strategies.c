/* lib/plan/strategies.c - the ways to compute a function's derivatives. Each seeds the inputs, runs
 * the function and reads the derivatives off the outputs, and is one entry of the list at the end.
 * SPDX-License-Identifier: MIT */
#include "plan.h"
#include <string.h>

static void *allocate(du_plan *p, size_t count, size_t size)
{
    if (count > (size_t)-1 / 4 / size) return NULL;
    void *block = du_arena_alloc(&p->arena, count * size);
    if (block) memset(block, 0, count * size);
    return block;
}

/* Outputs hold DU_UNSET before a function runs; what comes back with it was not set, and nothing
 * has been written yet. */
#define BEGIN_OUTPUTS(t, y, m) \
    for (size_t i_ = 0; i_ < (m); i_++) (y)[i_] = du_##t##_constant(DU_UNSET)
#define CHECK_OUTPUTS(p, y, m) \
    for (size_t i_ = 0; i_ < (m); i_++) \
        if (DU_UNLIKELY(du_is_unset((y)[i_].v))) return not_set(p, i_)
static __attribute__((noinline, cold)) int not_set(du_plan *p, size_t i)
{
    return du_report_set(&p->report, DU_ENONFINITE, "output %zu of %s was not set", i, p->f->name);
}

/* Behind the inputs stands one more number: a formula that reads past what it was given gets
 * NaN. */
#define BEYOND __builtin_nan("")

/* ---- forward, C directions a pass ---- */

/* Inputs keep their seeds from run to run where one pass is enough (n <= C); else each pass seeds C
 * of them and clears these again. SEED(t, x, k, s) sets partial k of x to s. */

#define FORWARD_ENGINE(t, C, SEED) \
    static int prepare_##t(du_plan *p) \
    { \
        p->x = allocate(p, p->n + 1, sizeof(du_##t)); \
        p->y = allocate(p, p->m, sizeof(du_##t)); \
        if (!p->x || !p->y) return DU_ENOMEM; \
        ((du_##t *)p->x)[p->n] = du_##t##_constant(BEYOND); \
        for (size_t i = 0; i < p->n && i < (C); i++) SEED(t, (du_##t *)p->x + i, i, 1.0); \
        return DU_OK; \
    } \
    static void seed_##t(du_plan *p, size_t at, double seed) \
    { \
        for (size_t i = at; i < p->n && i < at + (C); i++) \
            SEED(t, (du_##t *)p->x + i, i - at, seed); \
    } \
    static int run_##t(du_plan *p, const du_job *j) \
    { \
        du_##t *x = p->x, *y = p->y; \
        size_t n = p->n, m = p->m; \
        for (size_t i = 0; i < n; i++) x[i].v = j->x[i]; \
        for (size_t at = 0; at < n; at += (C)) { \
            if (n > (C)) seed_##t(p, at, 1.0); \
            BEGIN_OUTPUTS(t, y, m); \
            p->f->f_##t(x, n, y, m, p->ctx); \
            if (n > (C)) seed_##t(p, at, 0.0); \
            CHECK_OUTPUTS(p, y, m); \
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
    static inline void take_##t(double *out, const du_##t *y, size_t width) \
    { \
        memcpy(out, y->w, width * sizeof *out); \
    }
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

static int run_forward_1(du_plan *p, const du_job *j)
{
    if (p->task != DU_JVP) return run_dual(p, j);
    du_dual *x = p->x, *y = p->y;
    for (size_t i = 0; i < p->n; i++) x[i] = (du_dual){ j->x[i], j->v[i] };
    BEGIN_OUTPUTS(dual, y, p->m);
    p->f->f_dual(x, p->n, y, p->m, p->ctx);
    CHECK_OUTPUTS(p, y, p->m);
    for (size_t i = 0; i < p->m; i++) {
        j->y[i] = y[i].v;
        j->first[i] = y[i].d;
    }
    return DU_OK;
}

/* ---- forward where the compiler knows zero partials ---- */

int du_plan_knows_zeros(const du_function *f)
{
    const double x[DU_STRAIGHT_PARTIALS] = { 0.0 };
    return f->row_straight && f->row_straight(x, NULL, 0, NULL, NULL);
}
/* Where anything is not finite, dual numbers compute it once more: they have strong zeros. */
static int run_straight(du_plan *p, const du_job *j)
{
    if (DU_LIKELY(p->f->row_straight(j->x, j->y, p->m, j->first, p->ctx))) return DU_OK;
    return run_dual16(p, j);
}

/* ---- reverse ---- */

static int prepare_tape(du_plan *p, size_t size, size_t scratch)
{
    p->x = allocate(p, p->n + 1, size);
    p->y = allocate(p, p->m, size);
    p->scratch = allocate(p, scratch, sizeof(double));
    p->tape = du_tape_new_in(&p->memory, 0);
    return p->x && p->y && p->scratch && p->tape ? DU_OK : DU_ENOMEM;
}

/* the independents, of the order of the strategy, and the mark after them */
static int record_independents(du_plan *p)
{
    int status;
    if (p->choice.strategy->mode == DU_REVERSE)
        status = du_tape_independents(p->tape, p->n, p->scratch, p->x);
    else status = du_tape_independents2(p->tape, p->n, p->scratch, NULL, p->x);
    if (!status) p->start = du_tape_mark(p->tape);
    return status;
}

/* Every run records anew from the mark after the independents; a tape in trouble (out of memory
 * last time, say) starts over. */
static int rewind_tape(du_plan *p)
{
    if (du_tape_status(p->tape) == DU_OK) return du_tape_rewind(p->tape, p->start);
    du_tape_reset(p->tape);
    return record_independents(p);
}

static int prepare_reverse(du_plan *p)
{
    int status = prepare_tape(p, sizeof(du_var), p->n);
    if (status) return status;
    ((du_var *)p->x)[p->n] = du_var_constant(BEYOND);
    return record_independents(p);
}

static void count_tape(du_plan *p)
{
    du_tape_info s = du_tape_inspect(p->tape);
    p->joins = s.joins;
    p->slots = s.slots;
}

static int run_reverse(du_plan *p, const du_job *j)
{
    du_var *x = p->x, *y = p->y;
    int status = rewind_tape(p);
    if (status) return status;
    uint32_t first = (uint32_t)x[0].ref;
    for (size_t i = 0; i < p->n; i++) x[i].v = p->scratch[i] = j->x[i];
    p->tape->engine_inputs = (du_engine_inputs){
        .numbers = x, .bytes = p->n * sizeof *x, .values = p->scratch, .first = first
    };
    BEGIN_OUTPUTS(var, y, p->m);
    p->f->f_var(x, p->n, y, p->m, p->ctx);
    count_tape(p);
    CHECK_OUTPUTS(p, y, p->m);
    if (p->task == DU_VJP)
        status = du_sweep_weighted(p->tape, p->m, y, j->w, first, p->n, j->first);
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
    if (status) return status;
    ((du_var2 *)p->x)[n] = du_var2_constant(BEYOND);
    return record_independents(p);
}

/* gradient to g and Hessian times the tangents of x to hv */
static int record_second(du_plan *p, double g[], double hv[])
{
    du_var2 *x = p->x, *y = p->y;
    BEGIN_OUTPUTS(var2, y, 1);
    p->f->f_var2(x, p->n, y, 1, p->ctx);
    count_tape(p);
    CHECK_OUTPUTS(p, y, 1);
    return du_sweep_tangent(p->tape, y, 1.0, (uint32_t)x[0].ref, p->n, g, hv);
}

static int run_hvp(du_plan *p, const du_job *j)
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

/* A row a recording: the direction is a unit vector. Any recording may fail, so the rows are kept
 * apart from the outputs until the last has succeeded. */
static int run_hessian(du_plan *p, const du_job *j)
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
            j->second[i * n + k] = i == k ? rows[i * n + i]
                                          : 0.5 * (rows[i * n + k] + rows[k * n + i]);
    return DU_OK;
}

static int run_second(du_plan *p, const du_job *j)
{
    return p->task == DU_HVP ? run_hvp(p, j) : run_hessian(p, j);
}

/* ---- second order forward: an entry a pass ---- */

static int prepare_hyper(du_plan *p)
{
    p->x = allocate(p, p->n + 1, sizeof(du_hyper));
    p->y = allocate(p, 1, sizeof(du_hyper));
    p->scratch = allocate(p, p->n, sizeof(double));
    if (!p->x || !p->y || !p->scratch) return DU_ENOMEM;
    ((du_hyper *)p->x)[p->n] = du_hyper_constant(BEYOND);
    return DU_OK;
}

/* one pass along the seeds that are set */
static int evaluate_hyper(du_plan *p)
{
    du_hyper *y = p->y;
    BEGIN_OUTPUTS(hyper, y, 1);
    p->f->f_hyper(p->x, p->n, y, 1, p->ctx);
    CHECK_OUTPUTS(p, y, 1);
    return DU_OK;
}

/* row k of the Hessian up to its diagonal, or entry k of its product */
static int hyper_row(du_plan *p, const du_job *j, size_t k)
{
    du_hyper *x = p->x, *y = p->y;
    size_t n = p->n;
    if (p->task == DU_HVP) {
        int status = evaluate_hyper(p);
        if (!status) j->second[k] = y->ab;
        return status;
    }
    for (size_t i = 0; i <= k; i++) {
        x[i].a = 1.0;
        int status = evaluate_hyper(p);
        x[i].a = 0.0;
        if (status) return status;
        j->second[k * n + i] = j->second[i * n + k] = y->ab;
    }
    return DU_OK;
}

static int run_hyper(du_plan *p, const du_job *j)
{
    du_hyper *x = p->x, *y = p->y;
    size_t n = p->n;
    for (size_t i = 0; i < n; i++)
        x[i] = (du_hyper){ j->x[i], p->task == DU_HVP ? j->v[i] : 0.0, 0.0, 0.0 };
    for (size_t k = 0; k < n; k++) {
        x[k].b = 1.0;
        int status = hyper_row(p, j, k);
        x[k].b = 0.0;
        if (status) return status;
        p->scratch[k] = y->b;
    }
    *j->y = y->v;
    memcpy(j->first, p->scratch, n * sizeof(double));
    return DU_OK;
}

/* ---- the list ---- */

#define TASK(t) (1u << (t))
#define FIRST (TASK(DU_GRADIENT) | TASK(DU_JACOBIAN))
#define SECOND (TASK(DU_HESSIAN) | TASK(DU_HVP))

/* clang-format off */
static const du_plan_engine engines[] = {
    { .about = { .name = "forward-1", .mode = DU_FORWARD, .chunk = 1,
                 .tasks = FIRST | TASK(DU_JVP), .base = 1.2, .each = 0.6, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual, .run = run_forward_1 },
    { .about = { .name = "forward-4", .mode = DU_FORWARD, .chunk = 4,
                 .tasks = FIRST, .base = 1.2, .each = 0.30, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual4, .run = run_dual4 },
    { .about = { .name = "forward-8", .mode = DU_FORWARD, .chunk = 8,
                 .tasks = FIRST, .base = 1.2, .each = 0.25, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual8, .run = run_dual8 },
    { .about = { .name = "forward-16", .mode = DU_FORWARD, .chunk = 16,
                 .tasks = FIRST, .base = 1.2, .each = 0.25, .lanes = DU_ONE_LANE },
      .prepare = prepare_dual16, .run = run_dual16 },
    { .about = { .name = "straight", .mode = DU_FORWARD, .chunk = 16,
                 .tasks = FIRST, .base = 1.2, .each = 0.1, .lanes = DU_ONE_LANE, .straight = 1,
                 .inputs = DU_STRAIGHT_PARTIALS, .outputs = DU_STRAIGHT_OUTPUTS },
      .prepare = prepare_dual16, .run = run_straight },
    { .about = { .name = "reverse", .mode = DU_REVERSE, .chunk = 8,
                 .tasks = FIRST | TASK(DU_VJP), .base = 9.0, .each = 3.0, .lanes = DU_ONE_LANE },
      .prepare = prepare_reverse, .run = run_reverse },
    { .about = { .name = "hyper", .mode = DU_FORWARD, .chunk = 1,
                 .tasks = SECOND, .base = 1.5, .each = 2.5, .lanes = DU_ONE_LANE },
      .prepare = prepare_hyper, .run = run_hyper },
    { .about = { .name = "forward-over-reverse", .mode = DU_FORWARD_OVER_REVERSE, .chunk = 1,
                 .tasks = SECOND, .base = 18.0, .each = 6.0, .lanes = DU_ONE_LANE },
      .prepare = prepare_second, .run = run_second },
};
/* clang-format on */

/* `about` is the first member: a strategy of the list is its engine */
const du_strategy *du_plan_strategy(size_t k)
{
    return k < sizeof engines / sizeof *engines ? &engines[k].about : NULL;
}
