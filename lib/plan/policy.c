/* lib/plan/policy.c - the cost model that chooses among strategies. SPDX-License-Identifier: MIT */
#include <duet/policy.h>
#include <stdio.h>

/* Evaluations of a model in a run from which on threads are worth their start; the factor that
 * operations cost which test every partial for zero. */
enum { WORTH_THREADS = 20000, UNKNOWN_ZEROS = 10 };

int du_strategy_can(const du_strategy *s, du_task task, size_t n, size_t m)
{
    if ((s->inputs && n > s->inputs) || (s->outputs && m > s->outputs)) return 0;
    return (s->tasks >> task & 1) && n != 0 && m != 0;
}

static size_t passes(size_t count, size_t chunk) { return count / chunk + (count % chunk != 0); }

/* How many directions the passes go along: the columns of a Jacobian, or forward, by hyper-dual
 * numbers, the entries of a Hessian's triangle or of its product with a vector. */
static size_t directions_of(const du_strategy *s, du_task task, size_t n)
{
    if (s->mode == DU_FORWARD && task == DU_HESSIAN) /* n (n + 1) / 2 without overflow on the way */
        return n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
    if (s->mode == DU_FORWARD && task == DU_HVP) return n;
    return task == DU_JVP || task == DU_HVP ? 1 : n;
}

/* What one evaluation of the derivative costs, in evaluations of the function, and in how many
 * passes. In reverse mode a pass is a sweep: the tape is recorded once and swept for every eight
 * outputs. The tape of one observation is cheaper, since it stays in the cache. */
static double cost(const du_strategy *s, const du_question *q, size_t *count)
{
    size_t swept = q->task == DU_JACOBIAN || q->task == DU_ROWS ? q->m : 1;
    if (s->mode != DU_REVERSE) {
        *count = passes(directions_of(s, q->task, q->n), s->chunk);
        double c = (double)*count * (s->base + s->each * (double)(s->straight ? q->n : s->chunk));
        /* Zeros that the compiler does not know are tested for at every operation: so costly that
         * the strategy is chosen only when nothing else is left. */
        return s->straight && !(q->known >> s->lanes & 1) ? UNKNOWN_ZEROS * c : c;
    }
    *count = passes(swept, s->chunk);
    double lanes = (double)(swept < s->chunk ? swept : s->chunk);
    double c = s->base + s->each * (double)*count * (1.0 + 0.25 * lanes);
    return s->lanes == DU_ONE_LANE && (q->task == DU_ROWS || q->task == DU_SUM) ? 0.5 * c : c;
}

/* whether a strategy is allowed and can do it */
static int suits(const du_strategy *s, const du_question *q)
{
    if (!du_strategy_can(s, q->task, q->n, q->m)) return 0;
    if (s->lanes == DU_EIGHT_LANES && !q->packs) return 0;
    if (s->straight && !(q->straight >> s->lanes & 1)) return 0;
    if (q->strategy) return s == q->strategy;
    if (q->mode != DU_AUTO && q->mode != DU_MEASURE && s->mode != q->mode) return 0;
    if (q->chunk && s->chunk != q->chunk) return 0;
    return q->lanes == DU_ANY_LANES || s->lanes == q->lanes;
}

/* the cheapest strategy that suits, but not of the mode `other` (DU_AUTO: any) */
static const du_strategy *cheapest(const du_question *q, du_mode other, double *lowest)
{
    const du_strategy *(*strategy)(size_t) = q->among ? q->among : du_plan_strategy;
    const du_strategy *best = NULL;
    size_t count;
    for (size_t i = 0; strategy(i); i++) {
        const du_strategy *s = strategy(i);
        if (!suits(s, q) || (other != DU_AUTO && s->mode == other)) continue;
        double c = cost(s, q, &count);
        if (best && c >= *lowest) continue;
        best = s;
        *lowest = c;
    }
    return best;
}

static const char *plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static void explain_function(du_choice *c, const du_question *q)
{
    const du_strategy *s = c->strategy;
    size_t size = sizeof c->reason;
    double other_cost = 0.0;
    const du_strategy *other = q->strategy ? NULL : cheapest(q, s->mode, &other_cost);
    const char *mode = s->mode == DU_FORWARD ? "forward" : "forward over reverse";
    int used;
    if (s->mode == DU_REVERSE)
        used = snprintf(c->reason, size, "reverse, 1 recording and %zu %s", c->passes,
                        plural(c->passes, "sweep", "sweeps"));
    else
        used = snprintf(c->reason, size, "%s%s, %zu %s of %zu", mode,
                        s->straight ? " without zeros" : "", c->passes,
                        plural(c->passes, "chunk", "chunks"), s->chunk);
    used += snprintf(c->reason + used, size - (size_t)used,
                     ": n = %zu, m = %zu, predicted %.1f evaluations", q->n, q->m, c->predicted);
    if (other)
        snprintf(c->reason + used, size - (size_t)used, " (%s %.1f)", other->name, other_cost);
}

static void explain_model(du_choice *c, const du_question *q)
{
    const char *lanes = "an observation at a time";
    if (c->strategy->lanes == DU_EIGHT_LANES) lanes = "eight observations at a time";
    else if (!q->packs) lanes = "an observation at a time, since a scalar model has no packed form";
    snprintf(c->reason, sizeof c->reason,
             "%s, %zu %s, %s, %zu %s: rows = %zu, p = %zu, m = %zu, "
             "predicted %.1f evaluations an observation",
             c->strategy->name, c->passes, plural(c->passes, "pass", "passes"), lanes, c->threads,
             plural(c->threads, "thread", "threads"), q->rows, q->n, q->m, c->predicted);
}

du_choice du_policy(const du_question *q)
{
    double lowest = 0.0;
    const du_strategy *best = q ? cheapest(q, DU_AUTO, &lowest) : NULL;
    if (!best) return (du_choice){ .reason = "no strategy computes this" };
    du_choice c = { .strategy = best, .threads = 1 };
    c.predicted = cost(best, q, &c.passes);
    if (q->threads) c.threads = q->threads;
    else if (q->rows && c.predicted * (double)q->rows >= WORTH_THREADS && q->available)
        c.threads = q->available;
    if (q->rows) explain_model(&c, q);
    else explain_function(&c, q);
    return c;
}
