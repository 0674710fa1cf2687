/* tests/bench/duet_rosenbrock.c - Rosenbrock's function by Duet as a map: its terms, each of two
 * variables, eight at a time; what a variable gets from the two terms that it is in is added by
 * hand. And of ten variables as the function of any number that it is, where the other plans have
 * one of ten (functions.c). SPDX-License-Identifier: MIT */
#include "bench.h"
#include "functions.h"
#include <duet/duet.h>
#include <stdlib.h>

DU_MODEL(term, b[2], x[], y[1],
    T a = du_sub(b[1], du_sqr(b[0]));
    y[0] = du_add(du_mul(100.0, du_sqr(a)), du_sqr(du_sub(1.0, b[0])));
)

typedef struct {
    du_observer *terms;
    double *pairs, *values, *partials;
} way;

static void make(way *w, size_t terms)
{
    w->terms = du_observer_map(&term, terms, 0, NULL, 2, 1, &(du_observer_options){ .threads = 1 });
    w->pairs = aligned_alloc(64, (2 * terms + 7) / 8 * 64);
    w->values = aligned_alloc(64, (terms + 7) / 8 * 64);
    w->partials = aligned_alloc(64, (2 * terms + 7) / 8 * 64);
    if (!w->terms || !w->pairs || !w->values || !w->partials) abort();
}

static void run(way *w, size_t n, const double *x, double *f, double *g)
{
    if (!w->terms) make(w, n - 1);
    for (size_t i = 0; i + 1 < n; i++) w->pairs[2 * i] = x[i], w->pairs[2 * i + 1] = x[i + 1];
    if (du_observe_each(w->terms, w->pairs, w->values, w->partials)) abort();
    double sum = w->values[0];
    g[0] = w->partials[0];
    for (size_t i = 1; i + 1 < n; i++) {
        sum += w->values[i];
        g[i] = w->partials[2 * i - 1] + w->partials[2 * i];
    }
    g[n - 1] = w->partials[2 * n - 3];
    *f = sum;
}

#define CASE(n) \
    static void map_##n(const double *x, double *f, double *g) \
    { \
        static way w; \
        run(&w, n, x, f, g); \
    } \
    const bench_tool duet_rosenbrock_##n[] = { { "duet-map", map_##n }, { NULL, NULL } };
CASE(1000)
CASE(100000)

static void any_n(const double *x, double *f, double *g)
{
    static du_plan *p;
    if (!p) p = du_plan_gradient(function_rosenbrock_1000, 10, NULL);
    if (du_run_gradient(p, x, f, g)) abort();
}
const bench_tool duet_rosenbrock_forward[] = { { "duet-any-n", any_n }, { NULL, NULL } };
