/* lib/observe/total.c - Q of an observer as a number of any type: du_total.
 * SPDX-License-Identifier: MIT */
#include "observer.h"
#include <duet/function.h>
#include <math.h>

/* Q's gradient is kept on the arena of the tape, like everything a sweep needs. */
static void pull_total(const double ybar[], size_t m, double xbar[], size_t n, void *data)
{
    const double *g = data;
    (void)m;
    for (size_t j = 0; j < n; j++) xbar[j] += g[j] * ybar[0];
}

/* the tape that any of q is on */
static du_tape *tape_of(const du_var q[], size_t p)
{
    for (size_t j = 0; j < p; j++)
        if (q[j].ref) return du_tape_of(q[j].tape);
    return NULL;
}

du_var du_var_total(du_observer *o, const du_var q[])
{
    du_var y = du_var_constant((double)NAN);
    du_tape *t = o && q ? tape_of(q, o->p) : NULL;
    int status = du_observer_ready(o, 0, 1);
    if (status && t) du_tape_fail(t, status, o->report.text);
    if (status || !q) return y;
    for (size_t j = 0; j < o->p; j++) o->v[j] = q[j].v;
    if (!t) return du_var_constant(du_double_total(o, o->v));
    du_tape_close(t); /* the open segment has all the room of its chunk */
    double value = (double)NAN, *g = du_arena_alloc(&t->arena, 2 * o->p * sizeof *g);
    status = g ? du_observe_objective(o, o->v, &value, g) : DU_ENOMEM;
    if (status) {
        du_tape_fail(t, status, o->report.status ? o->report.text : NULL);
        return y;
    }
    du_tape_custom(t, o->p, q, 1, &value, &y, pull_total, g);
    y.v = value;
    return y;
}

void du_straight_total_to(du_straight *s, du_observer *o, const du_straight q[])
{
    *s = du_straight_constant((double)NAN);
    if (du_observer_ready(o, 0, 1) || !q) return;
    double value, *g = o->slopes;
    for (size_t j = 0; j < o->p; j++) o->v[j] = q[j].v;
    if (du_observe_objective(o, o->v, &value, g)) return;
    s->v = value;
    for (size_t j = 0; j < o->p; j++) {
        s->pattern |= q[j].pattern;
        for (size_t k = 0; k < DU_STRAIGHT_PARTIALS; k++)
            if (q[j].pattern >> k & 1) s->w[k] += g[j] * q[j].w[k];
    }
}

/* In types with their own derivatives the model is evaluated as it is, a row at a time. */
#define TOTAL_OF_ROWS(t) \
    du_##t du_##t##_total(du_observer *o, const du_##t q[]) \
    { \
        if (du_observer_ready(o, 0, 1) || !q) return du_##t##_constant((double)NAN); \
        du_##t sum = du_##t##_constant(0.0); \
        for (size_t i = 0; i < o->data.rows; i++) { \
            double w = o->data.weights ? o->data.weights[i] : 1.0; \
            du_##t f = du_##t##_constant(DU_UNSET); \
            o->model->f_##t(q, o->p, observation(o, i), &f, 1, o->ctx); \
            if (du_is_unset(f.v)) return du_##t##_constant((double)NAN); \
            if (o->data.y) f = du_##t##_mul_s(du_##t##_sqr(du_##t##_sub_s(f, o->data.y[i])), 0.5); \
            sum = du_##t##_add(sum, du_##t##_mul_s(f, w)); \
        } \
        return sum; \
    }
#define TOTAL_(t, ...) TOTAL_OF_ROWS(t)
DU_LOOP_TYPES(TOTAL_, ~)
