/* tests/bench/bench.c - times every tool on a workload and compares gradients with the hand-written one.
 *
 *     bench [-t] [workload...]
 *
 * Prints a tab-separated line per workload and tool:
 *     workload tool median_us ratio_to_function ratio_to_hand max_diff
 * then a table for people. Tools are interleaved and medians taken, so that drift hits all alike.
 * Exit 1 when a gradient differs by more than 1e-9 of its largest entry.
 * SPDX-License-Identifier: MIT */
#include "bench.h"
#include "clock.h"
#include <duet/plan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOOLS = 24, MOST_ROUNDS = 41, LEAST_ROUNDS = 3, MOST_LINES = 256 };
static const double SECONDS = 40.0; /* a workload may take; fewer rounds when they are long */

typedef struct {
    char name[48];
    du_plan *plan;
    void (*run)(const double *x, double *f, double *g);
    double (*value)(const double *x);
    double samples[MOST_ROUNDS], median, difference;
    size_t batch;
} contestant;

typedef struct { const char *workload; contestant tool; double plain, hand; } line;

static line lines[MOST_LINES];
static size_t line_count;

static void call(const contestant *c, const double *x, double *f, double *g)
{
    if (c->plan) du_run_gradient(c->plan, x, f, g);
    else if (c->run) c->run(x, f, g);
    else *f = c->value(x);
}

/* after one call outside the clock: the contestant before has had the caches */
static double time_batch(const contestant *c, const double *x, double *f, double *g)
{
    call(c, x, f, g);
    double begin = seconds();
    for (size_t i = 0; i < c->batch; i++) call(c, x, f, g);
    return (seconds() - begin) / (double)c->batch;
}

/* so many calls that a sample takes some 200 us */
static void choose_batch(contestant *c, const double *x, double *f, double *g)
{
    c->batch = 1;
    while (c->batch < 1000000 && time_batch(c, x, f, g) * (double)c->batch < 2e-4) c->batch *= 2;
}

static double largest_difference(const double *a, const double *b, size_t n)
{
    double scale = 0.0, worst = 0.0;
    for (size_t i = 0; i < n; i++) scale = fmax(scale, fabs(b[i]));
    for (size_t i = 0; i < n; i++) {
        double d = fabs(a[i] - b[i]);
        if (!(d <= worst)) worst = d;
    }
    return scale > 0.0 ? worst / scale : worst;
}

static size_t enter(contestant *c, const bench_workload *w)
{
    size_t count = 0;
    c[count++] = (contestant){ .name = "plain", .value = w->plain };
    c[count++] = (contestant){ .name = "hand", .run = w->hand };
    for (size_t i = 0; i < du_strategy_count; i++) {
        const du_strategy *s = &du_strategies[i];
        if (!du_strategy_can(s, DU_GRADIENT, w->n, 1) || (s->mode == DU_FORWARD && w->n > 64 * s->chunk)) continue;
        c[count].plan = du_plan_gradient(w->function, w->n, &(du_options){ .mode = s->mode, .chunk = s->chunk });
        snprintf(c[count++].name, sizeof c->name, "duet-%s", s->name);
    }
    c[count].plan = du_plan_gradient(w->function, w->n, NULL);
    snprintf(c[count++].name, sizeof c->name, "duet-auto");
    for (const bench_tool *p = w->peers; p && p->name && count < MOST_TOOLS; p++) {
        c[count].run = p->run;
        snprintf(c[count++].name, sizeof c->name, "%s", p->name);
    }
    return count;
}

static int run_workload(const bench_workload *w)
{
    static contestant c[MOST_TOOLS];
    double *x = calloc(3 * w->n, sizeof *x), *g = x + w->n, *reference = g + w->n, f = 0.0;
    int bad = 0;
    if (!x) return 1;
    memset(c, 0, sizeof c);
    size_t count = enter(c, w);
    w->point(x);
    w->hand(x, &f, reference);
    for (size_t i = 0; i < count; i++) {
        call(&c[i], x, &f, g);
        c[i].difference = c[i].value ? 0.0 : largest_difference(g, reference, w->n);
        choose_batch(&c[i], x, &f, g);
    }
    size_t rounds = 0;
    for (double begin = seconds(); rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || seconds() - begin < SECONDS); rounds++)
        for (size_t i = 0; i < count; i++) c[i].samples[rounds] = time_batch(&c[i], x, &f, g);
    for (size_t i = 0; i < count; i++) {
        qsort(c[i].samples, rounds, sizeof(double), ascending);
        c[i].median = c[i].samples[rounds / 2];
    }
    for (size_t i = 0; i < count; i++) {
        line l = { w->name, c[i], c[0].median, c[1].median };
        printf("%s\t%s\t%.3f\t%.3f\t%.3f\t%.2g\n", w->name, c[i].name, 1e6 * c[i].median,
               c[i].median / l.plain, c[i].median / l.hand, c[i].difference);
        if (line_count < MOST_LINES) lines[line_count++] = l;
        bad |= !(c[i].difference <= 1e-9);
    }
    for (size_t i = 0; i < count; i++) du_plan_free(c[i].plan);
    free(x);
    return bad;
}

static void print_table(void)
{
    printf("\n%-20s %-22s %12s %10s %10s\n", "workload", "tool", "median us", "x plain", "x hand");
    for (size_t i = 0; i < line_count; i++)
        printf("%-20s %-22s %12.3f %10.2f %10.2f\n", lines[i].workload, lines[i].tool.name,
               1e6 * lines[i].tool.median, lines[i].tool.median / lines[i].plain, lines[i].tool.median / lines[i].hand);
}

int main(int argc, char **argv)
{
    static const bench_workload *const all[] = { &rosenbrock_100000, &recurrence, &rosenbrock_forward, &ackley_forward, &joins_100000000 };
    enum { COUNT = sizeof all / sizeof *all };
    int bad = 0, known = 1;
    for (int a = 1; a < argc; a++) {
        size_t i = 0;
        while (i < COUNT && strcmp(argv[a], all[i]->name)) i++;
        if (i == COUNT) fprintf(stderr, "bench: no workload \"%s\"\n", argv[a]), known = 0;
    }
    if (!known) return 2;
    for (size_t i = 0; i < COUNT; i++) {
        int wanted = argc == 1;
        for (int a = 1; a < argc; a++) wanted |= !strcmp(argv[a], all[i]->name);
        if (wanted) bad |= run_workload(all[i]);
    }
    print_table();
    if (bad) fprintf(stderr, "bench: a gradient differs from the hand-written one by more than 1e-9\n");
    return bad;
}
