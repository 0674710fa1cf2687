/* lib/policy.c - the registry of strategies and the cost model that chooses among them.
 * SPDX-License-Identifier: MIT */
#include <duet/policy.h>
#include <duet/sparse.h>
#include <stdio.h>

#define TASK(t) (1u << (t))
#define FORWARD_TASKS (TASK(DU_GRADIENT) | TASK(DU_JACOBIAN))
#define MODEL_TASKS (TASK(DU_ROWS) | TASK(DU_SUM))
#define REVERSE_TASKS (TASK(DU_GRADIENT) | TASK(DU_JACOBIAN) | TASK(DU_VJP))

const du_strategy du_strategies[] = {
    { "forward-1",  DU_FORWARD, 1,  FORWARD_TASKS | TASK(DU_JVP), 1.2, 0.6, DU_ONE_LANE, 0 },
    { "forward-4",  DU_FORWARD, 4,  FORWARD_TASKS | MODEL_TASKS, 1.2, 0.30, DU_ONE_LANE, 0 },
    { "forward-8",  DU_FORWARD, 8,  FORWARD_TASKS | MODEL_TASKS, 1.2, 0.25, DU_ONE_LANE, 0 },
    { "forward-16", DU_FORWARD, 16, FORWARD_TASKS | MODEL_TASKS, 1.2, 0.25, DU_ONE_LANE, 0 },
    { "reverse",    DU_REVERSE, 8,  REVERSE_TASKS | MODEL_TASKS, 9.0, 3.0, DU_ONE_LANE, 0 },
    { "hyper",      DU_FORWARD, 1,  TASK(DU_HESSIAN) | TASK(DU_HVP), 1.5, 2.5, DU_ONE_LANE, 0 },
    { "forward-over-reverse", DU_FORWARD_OVER_REVERSE, 1, TASK(DU_HESSIAN) | TASK(DU_HVP), 18.0, 6.0, DU_ONE_LANE, 0 },
    { "packed-forward-4", DU_FORWARD, 4, MODEL_TASKS, 0.3, 0.09, DU_EIGHT_LANES, 0 },
    { "packed-forward-8", DU_FORWARD, 8, MODEL_TASKS, 0.3, 0.09, DU_EIGHT_LANES, 0 },
    { "sparse-forward", DU_FORWARD, 16, FORWARD_TASKS | MODEL_TASKS, 1.2, 0.1, DU_ONE_LANE, 1 },
    { "packed-sparse-forward", DU_FORWARD, 16, MODEL_TASKS, 0.2, 0.03, DU_EIGHT_LANES, 1 },
    { "packed-reverse",   DU_REVERSE, 1, MODEL_TASKS, 0.8, 0.4, DU_EIGHT_LANES, 0 },
};
const size_t du_strategy_count = sizeof du_strategies / sizeof *du_strategies;

int du_strategy_can(const du_strategy *s, du_task task, size_t n, size_t m)
{
    if (s->sparse && (n > s->chunk || m > DU_SPARSE_OUTPUTS)) return 0;
    return (s->tasks & TASK(task)) && n != 0 && m != 0;
}

static size_t passes(size_t count, size_t chunk) { return count / chunk + (count % chunk != 0); }

/* What one evaluation of the derivative costs, in evaluations of the function, and in how many
 * passes. Reverse: the tape is recorded once and swept for every eight outputs. */
static double cost(const du_strategy *s, du_task task, size_t n, size_t m, size_t *count)
{
    size_t columns = task == DU_JVP || task == DU_HVP ? 1 : n, rows = task == DU_JACOBIAN || task == DU_ROWS ? m : 1;
    /* a hyper-dual pass yields one entry of the Hessian, or of its product with a vector */
    if (s->mode == DU_FORWARD && task == DU_HESSIAN) columns = n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
    if (s->mode == DU_FORWARD && task == DU_HVP) columns = n;
    *count = passes(s->mode == DU_REVERSE ? rows : columns, s->chunk);
    if (s->mode == DU_REVERSE) {
        double lanes = (double)(rows < s->chunk ? rows : s->chunk), c = s->base + s->each * (double)*count * (1.0 + 0.25 * lanes);
        /* the tape of one observation stays in the cache */
        return s->lanes == DU_ONE_LANE && (task == DU_ROWS || task == DU_SUM) ? 0.5 * c : c;
    }
    return (double)*count * (s->base + s->each * (double)(s->sparse ? n : s->chunk));
}

static const char *mode_name(du_mode mode)
{
    return mode == DU_FORWARD ? "forward" : mode == DU_REVERSE ? "reverse" : "forward over reverse";
}

static int describe(char *at, size_t size, const du_choice *c)
{
    return snprintf(at, size, "%s%s, %zu %s of %zu", mode_name(c->strategy->mode), c->strategy->sparse ? " without zeros" : "",
                    c->passes, c->passes == 1 ? "chunk" : "chunks", c->strategy->chunk);
}

du_choice du_policy_for(const du_strategy *s, du_task task, size_t n, size_t m)
{
    du_choice c = { .strategy = s };
    c.predicted = cost(s, task, n, m, &c.passes);
    int used = s->mode == DU_REVERSE
        ? snprintf(c.reason, sizeof c.reason, "reverse, 1 recording and %zu %s", c.passes, c.passes == 1 ? "sweep" : "sweeps")
        : describe(c.reason, sizeof c.reason, &c);
    snprintf(c.reason + used, sizeof c.reason - (size_t)used, ": n = %zu, m = %zu, predicted %.1f evaluations",
             n, m, c.predicted);
    return c;
}

/* whether a strategy is of the forced mode and chunk, where they are forced */
static int permitted(const du_strategy *s, du_mode mode, size_t chunk)
{
    if ((mode == DU_FORWARD || mode == DU_REVERSE || mode == DU_FORWARD_OVER_REVERSE) && s->mode != mode) return 0;
    return !chunk || s->chunk == chunk;
}

static du_choice choose(du_task task, size_t n, size_t m, int sparse, du_mode mode, size_t chunk)
{
    const du_strategy *best = NULL, *second = NULL;
    double best_cost = 0.0, second_cost = 0.0;
    size_t count;
    for (size_t i = 0; i < du_strategy_count; i++) {
        const du_strategy *s = &du_strategies[i];
        if (!du_strategy_can(s, task, n, m) || !permitted(s, mode, chunk) || (s->sparse && !sparse)) continue;
        double c = cost(s, task, n, m, &count);
        if (!best || c < best_cost) {
            if (best && best->mode != s->mode) second = best, second_cost = best_cost;
            best = s;
            best_cost = c;
        } else if (s->mode != best->mode && (!second || c < second_cost)) {
            second = s;
            second_cost = c;
        }
    }
    if (!best) return (du_choice){ .reason = "no strategy computes this" };
    du_choice choice = du_policy_for(best, task, n, m);
    size_t used = 0;
    while (choice.reason[used]) used++;
    if (second)
        snprintf(choice.reason + used, sizeof choice.reason - used, " (%s %.1f)", second->name, second_cost);
    return choice;
}

du_choice du_policy(du_task task, size_t n, size_t m, du_mode mode, size_t chunk)
{
    return choose(task, n, m, 0, mode, chunk);
}

du_choice du_policy_straight(du_task task, size_t n, size_t m, du_mode mode, size_t chunk)
{
    return choose(task, n, m, 1, mode, chunk);
}

/* ---- models over observations ---- */

enum { EVALUATIONS_WORTH_THREADS = 20000, UNKNOWN_ZEROS = 10 };

/* where the compiler does not know the zeros, they are tested for at every operation: only when nothing else is left */
static double cost_of_model(const du_strategy *s, du_task task, const du_model_shape *h, size_t *count)
{
    double c = cost(s, task, h->p, h->m, count);
    return s->sparse && !(h->known >> s->lanes & 1) ? UNKNOWN_ZEROS * c : c;
}

static int suits(const du_strategy *s, du_task task, const du_model_shape *h, du_lanes lanes)
{
    if (!du_strategy_can(s, task, h->p, h->m) || (s->lanes == DU_EIGHT_LANES && !h->packs)) return 0;
    if (s->sparse && !(h->sparse >> s->lanes & 1)) return 0;
    return lanes == DU_ANY_LANES || s->lanes == lanes;
}

du_choice du_policy_model(du_task task, const du_model_shape *h, du_mode mode, size_t chunk, du_lanes lanes, size_t forced)
{
    const du_strategy *best = NULL;
    double lowest = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < du_strategy_count; i++) {
        if (!suits(&du_strategies[i], task, h, lanes) || !permitted(&du_strategies[i], mode, chunk)) continue;
        double c = cost_of_model(&du_strategies[i], task, h, &count);
        if (best && c >= lowest) continue;
        best = &du_strategies[i];
        lowest = c;
    }
    if (!best) return (du_choice){ .reason = "no strategy computes this" };
    du_choice c = { .strategy = best, .threads = 1 };
    c.predicted = cost_of_model(best, task, h, &c.passes);
    if (forced) c.threads = forced;
    else if (c.predicted * (double)h->rows >= EVALUATIONS_WORTH_THREADS) c.threads = h->threads ? h->threads : 1;
    snprintf(c.reason, sizeof c.reason, "%s, %zu %s, %s, %zu %s: rows = %zu, p = %zu, m = %zu, predicted %.1f evaluations an observation",
             best->name, c.passes, c.passes == 1 ? "pass" : "passes",
             best->lanes == DU_EIGHT_LANES ? "eight observations at a time"
             : h->packs ? "an observation at a time" : "an observation at a time, since a scalar model has no packed form",
             c.threads, c.threads == 1 ? "thread" : "threads", h->rows, h->p, h->m, c.predicted);
    return c;
}
