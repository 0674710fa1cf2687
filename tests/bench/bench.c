/* tests/bench/bench.c - times every tool on a workload and compares what it computes with the
 * derivative written by hand.
 *
 *     bench [workload...]
 *
 * Prints a tab-separated line per workload and tool:
 *     workload tool median_us ratio_to_function ratio_to_hand max_diff
 * then a table for people. The plain function and the derivative by hand are there as gcc and as
 * clang compile them; ratios are to the faster. Tools are interleaved and medians taken, so that
 * drift hits all alike. Exit 1 when values or derivatives differ by more than 1e-9 of the largest.
 * SPDX-License-Identifier: MIT */
#include "bench.h"
#include "clock.h"
#include "functions.h"
#include <duet/plan.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { MOST_TOOLS = 48, MOST_ROUNDS = 41, LEAST_ROUNDS = 3, MOST_LINES = 512, COMPILERS = 2 };
#define ONE(tool, workload) + 1
enum { LISTS = BENCH_LISTS(ONE, ~) };
static const double SECONDS = 20.0; /* a workload may take; fewer rounds when they are long */

typedef struct {
    const char *name;
    size_t n, m, size;
    int by_default;
    void (*point)(double *x);
    bench_value *plain[COMPILERS];
    bench_derivative *hand[COMPILERS], *hand2[COMPILERS];
    const du_function *const *function;
    const bench_tool *lists[LISTS];
} workload;

/* a compiler's functions are NULL where it was not found */
static const char *const compilers[COMPILERS] = { "gcc", "clang" };
#define WORKLOAD(name, ...) \
    extern __attribute__((weak)) bench_value plain_##name##_gcc, plain_##name##_clang; \
    extern __attribute__((weak)) bench_derivative hand_##name##_gcc, hand_##name##_clang, \
        hand2_##name##_gcc, hand2_##name##_clang;
#include "workloads.def"

#define LIST(tool, workload) tool##_##workload,
#define WORKLOAD(name, n, m, size, by_default) \
    { #name, n, m, size, by_default, point_##name, { plain_##name##_gcc, plain_##name##_clang }, \
      { hand_##name##_gcc, hand_##name##_clang }, { hand2_##name##_gcc, hand2_##name##_clang }, \
      &function_##name, { BENCH_LISTS(LIST, name) } },
static const workload workloads[] = {
#include "workloads.def"
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

typedef enum { TOOL, PLAIN, HAND } part;

typedef struct {
    char name[48];
    part part;
    bench_value *value;
    bench_derivative *run;
    du_plan *plan;
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
    else c->value(x, f);
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

static size_t enter_plans(contestant *c, const workload *w)
{
    size_t count = 0;
    for (size_t i = 0; du_plan_strategy(i); i++) {
        const du_strategy *s = du_plan_strategy(i);
        if (!du_strategy_can(s, DU_GRADIENT, w->n, 1)
            || (s->mode == DU_FORWARD && w->n > 64 * s->chunk)) continue;
        du_plan_info info;
        c[count].plan = du_plan_gradient(*w->function, w->n, &(du_plan_options){ .mode = s->mode,
            .chunk = s->chunk });
        info = du_plan_inspect(c[count].plan);
        if (info.choice.strategy != s) du_plan_free(c[count].plan);
        else snprintf(c[count++].name, sizeof c->name, "duet-%s", s->name);
    }
    c[count].plan = du_plan_gradient(*w->function, w->n, NULL);
    snprintf(c[count++].name, sizeof c->name, "duet-auto");
    return count;
}

/* what was compiled of plain, hand and hand2: those of a compiler that was not found are NULL, and
 * few have a second */
static size_t enter_compiled(contestant *c, const workload *w)
{
    size_t count = 0;
    for (size_t i = 0; i < 3 * COMPILERS; i++) {
        size_t compiler = i % COMPILERS;
        const contestant kinds[] = {
            { .name = "plain", .part = PLAIN, .value = w->plain[compiler] },
            { .name = "hand", .part = HAND, .run = w->hand[compiler] },
            { .name = "hand2", .part = TOOL, .run = w->hand2[compiler] },
        }, *kind = &kinds[i / COMPILERS];
        if (!kind->value && !kind->run) continue;
        c[count] = *kind;
        snprintf(c[count++].name, sizeof c->name, "%.40s-%s", kind->name, compilers[compiler]);
    }
    return count;
}

static size_t enter(contestant *c, const workload *w)
{
    size_t count = enter_compiled(c, w);
    if (*w->function) count += enter_plans(c + count, w);
    for (size_t l = 0; l < LISTS; l++)
        for (const bench_tool *t = w->lists[l]; t->name && count < MOST_TOOLS; t++) {
            c[count] = (contestant){ .run = t->run };
            snprintf(c[count++].name, sizeof c->name, "%s", t->name);
        }
    return count;
}

/* every tool starts from outputs of NaN, so an entry it leaves out differs */
static void compare(contestant *c, const workload *w, const double *x, double *f, double *g,
                    const double *reference)
{
    memset(f, 0xff, w->m * sizeof *f);
    memset(g, 0xff, w->size * sizeof *g);
    call(c, x, f, g);
    c->difference = largest_difference(f, reference, w->m);
    double d = largest_difference(g, reference + w->m, w->size);
    if (c->part != PLAIN && !(d <= c->difference)) c->difference = d;
}

static double fastest(const contestant *c, size_t count, part which)
{
    double best = INFINITY;
    for (size_t i = 0; i < count; i++)
        if (c[i].part == which) best = fmin(best, c[i].median);
    return best;
}

static int report(const workload *w, contestant *c, size_t count, size_t rounds)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        qsort(c[i].samples, rounds, sizeof(double), ascending);
        c[i].median = c[i].samples[rounds / 2];
    }
    double plain = fastest(c, count, PLAIN), hand = fastest(c, count, HAND);
    for (size_t i = 0; i < count; i++) {
        printf("%s\t%s\t%.4f\t%.3f\t%.3f\t%.2g\n", w->name, c[i].name, 1e6 * c[i].median,
               c[i].median / plain, c[i].median / hand, c[i].difference);
        if (line_count < MOST_LINES) lines[line_count++] = (line){ w->name, c[i], plain, hand };
        bad |= !(c[i].difference <= 1e-9);
    }
    fflush(stdout);
    return bad;
}

/* The arrays of a workload in one block from a page on: where they lie to one another, which a
 * store before a load feels, is the same in every run. */
static double *take(double **from, size_t n)
{
    double *a = *from;
    *from += (n + 7) / 8 * 8;
    return a;
}

static int run_workload(const workload *w)
{
    static contestant c[MOST_TOOLS];
    size_t bytes = (w->n + 2 * w->m + 2 * w->size + 32) * sizeof(double);
    double *block = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096), *from = block;
    if (!block) abort();
    double *x = take(&from, w->n), *f = take(&from, w->m), *g = take(&from, w->size), *reference
        = from;
    memset(c, 0, sizeof c);
    size_t count = enter(c, w), rounds = 0, by_hand = 0;
    while (c[by_hand].part != HAND) by_hand++;
    w->point(x);
    call(&c[by_hand], x, reference, reference + w->m);
    for (size_t i = 0; i < count; i++) {
        compare(&c[i], w, x, f, g, reference);
        choose_batch(&c[i], x, f, g);
    }
    for (double begin = seconds(); rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || seconds()
        - begin < SECONDS); rounds++)
        for (size_t i = 0; i < count; i++) c[i].samples[rounds] = time_batch(&c[i], x, f, g);
    int bad = report(w, c, count, rounds);
    for (size_t i = 0; i < count; i++) du_plan_free(c[i].plan);
    free(block);
    return bad;
}

static void print_table(void)
{
    printf("\n%-20s %-22s %12s %10s %10s\n", "workload", "tool", "median us", "x plain", "x hand");
    for (size_t i = 0; i < line_count; i++)
        printf("%-20s %-22s %12.4f %10.2f %10.2f\n", lines[i].workload, lines[i].tool.name,
               1e6 * lines[i].tool.median, lines[i].tool.median / lines[i].plain,
                   lines[i].tool.median / lines[i].hand);
}

/* what a tool frees it gets again without the system's clearing of pages, which would be most of
 * its time */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

int main(int argc, char **argv)
{
    int bad = 0, known = 1;
    keep_memory();
    for (int a = 1; a < argc; a++) {
        size_t i = 0;
        while (i < WORKLOADS && strcmp(argv[a], workloads[i].name)) i++;
        if (i == WORKLOADS) fprintf(stderr, "bench: no workload \"%s\"\n", argv[a]), known = 0;
    }
    if (!known) return 2;
    for (size_t i = 0; i < WORKLOADS; i++) {
        int wanted = argc == 1 && workloads[i].by_default;
        for (int a = 1; a < argc; a++) wanted |= !strcmp(argv[a], workloads[i].name);
        if (wanted) bad |= run_workload(&workloads[i]);
    }
    print_table();
    if (bad) fprintf(stderr,
        "bench: what a tool computed differs from the result by hand by more than 1e-9\n");
    return bad;
}
