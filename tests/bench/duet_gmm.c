/* tests/bench/duet_gmm.c - the Gaussian mixture by Duet: a model of one point in plain operations
 * and with kernels, its sum over the points as a term of the objective, which is a function like
 * any other.
 * SPDX-License-Identifier: MIT */
#include "bench.h"
#include <duet/duet.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_D = 20, MOST_K = 25 };

typedef struct { size_t d, k, n; du_observer *points; } mixture;

/* Parameters q of the model: k weights (alpha_j + sum of the log-diagonal), means, diagonals,
 * strictly lower triangles by columns. */
DU_MODEL(point_plain, q[], x[], y[1],
    const mixture *s = ctx;
    size_t d = s->d;
    size_t k = s->k;
    const T *mean = q + k;
    const T *diag = mean + k * d;
    const T *lower = diag + k * d;
    T a[MOST_K];
    T c[MOST_D];
    T sum = du_constant(T, 0.0);
    a[0] = sum;
    for (size_t j = 0; j < k; j++) {
        T square = du_constant(T, 0.0);
        for (size_t r = 0; r < d; r++) {
            c[r] = du_sub(x[r], mean[r]);
            T z = du_mul(diag[r], c[r]);
            const T *l = lower + r - 1; /* entry (r, 0) below the diagonal, by columns */
            size_t next = d - 2;
            for (size_t i = 0; i < r; i++) {
                z = du_fma(*l, c[i], z);
                l += next--;
            }
            square = du_add(square, du_sqr(z));
        }
        mean += d;
        diag += d;
        lower += d * (d - 1) / 2;
        a[j] = du_sub(q[j], du_mul(0.5, square));
    }
    D most = du_value(a[0]);
    for (size_t j = 1; j < k; j++) most = du_fmax(most, du_value(a[j]));
    for (size_t j = 0; j < k; j++) sum = du_add(sum, du_exp(du_sub(a[j], most)));
    y[0] = du_add(du_log(sum), most);
)

DU_MODEL(point, q[], x[], y[1],
    const mixture *s = ctx;
    size_t d = s->d;
    size_t k = s->k;
    const T *mean = q + k;
    const T *diag = mean + k * d;
    const T *lower = diag + k * d;
    T a[MOST_K];
    T c[MOST_D];
    T z[MOST_D];
    for (size_t j = 0; j < k; j++) {
        for (size_t i = 0; i < d; i++) c[i] = du_sub(x[i], mean[j * d + i]);
        du_trmv(diag + j * d, lower + j * d * (d - 1) / 2, c, z, d);
        a[j] = du_sub(q[j], du_mul(0.5, du_sqnorm(z, d)));
    }
    y[0] = du_logsumexp(a, k);
)

/* ADBench's objective with Wishart parameters gamma = 1, m = 0 */
DU_FUNCTION(objective, x[], y[1],
    const mixture *s = ctx;
    size_t d = s->d;
    size_t k = s->k;
    size_t strict = d * (d - 1) / 2;
    const T *icf = x + k + k * d;
    T q[n + k];
    T prior = du_constant(T, 0.0);
    for (size_t i = 0; i < k * d; i++) q[k + i] = x[k + i];
    for (size_t j = 0; j < k; j++, icf += d + strict) {
        T *diag = q + k + k * d + j * d;
        T *lower = q + k + 2 * k * d + j * strict;
        for (size_t i = 0; i < d; i++) diag[i] = du_exp(icf[i]);
        for (size_t i = 0; i < strict; i++) lower[i] = icf[d + i];
        q[j] = du_add(x[j], du_sum(icf, d));
        prior = du_add(prior, du_mul(0.5, du_add(du_sqnorm(diag, d), du_sqnorm(lower, strict))));
    }
    double pi = 3.14159265358979323846;
    double half = 0.5 * (double)(d + 1);
    double c = (double)((d + 1) * d) * -0.5 * log(2.0) - 0.25 * (double)(d * (d - 1)) * log(pi);
    for (size_t i = 0; i < d; i++) c -= lgamma(half - 0.5 * (double)i);
    y[0] = du_add(du_sub(du_total(s->points, q), du_mul(s->n, du_logsumexp(x, k))), prior,
                  -0.5 * (double)(s->n * d) * log(2.0 * pi) - (double)k * c);
)

/* A way to compute it, made when first asked for. */
typedef struct {
    mixture mixture;
    const du_model *model;
    du_observer_options options;
    du_plan *plan;
} way;

static void run(way *w, const double *x, double *f, double *g)
{
    mixture *m = &w->mixture;
    size_t strict = m->d * (m->d - 1) / 2, parameters = GMM_PARAMETERS(m->d, m->k);
    if (!w->plan) {
        du_data data = { .rows = m->n, .cols = m->d, .x = gmm_points(m->d, m->n) };
        w->options.ctx = m;
        m->points = du_observer_new(w->model, &data, m->k * (1 + 2 * m->d + strict), &w->options);
        w->plan = du_plan_gradient(&objective, parameters,
            &(du_plan_options){ .ctx = m, .mode = DU_REVERSE });
    }
    if (du_run_gradient(w->plan, x, f, g)) abort();
    if (getenv("BENCH_EXPLAIN")) du_observer_explain(m->points, stderr);
}

#define ONE .mode = DU_REVERSE, .lanes = DU_ONE_LANE, .threads = 1
#define EIGHT .mode = DU_REVERSE, .lanes = DU_EIGHT_LANES, .threads = 1
#define TWO_THREADS .mode = DU_REVERSE, .lanes = DU_EIGHT_LANES, .threads = 2
#define WAY(id, workload, d, k, n, model, ...) \
    static void id##_##workload(const double *x, double *f, double *g) \
    { \
        static way w = { { d, k, n, NULL }, &model, { __VA_ARGS__ }, NULL }; \
        run(&w, x, f, g); \
    }
#define CASE(workload, d, k, n) \
    WAY(plain, workload, d, k, n, point_plain, ONE) \
    WAY(kernels, workload, d, k, n, point, ONE) \
    WAY(packed_plain, workload, d, k, n, point_plain, EIGHT) \
    WAY(packed, workload, d, k, n, point, EIGHT) \
    WAY(threads, workload, d, k, n, point, TWO_THREADS) \
    const bench_tool duet_##workload[] = { \
        { "duet-plain", plain_##workload }, { "duet-kernels", kernels_##workload }, \
        { "duet-packed-plain", packed_plain_##workload }, { "duet-packed", packed_##workload }, \
        { "duet-packed-2-threads", threads_##workload }, { NULL, NULL } };
CASE(gmm_d10_k5, 10, 5, 1000)
CASE(gmm_d20_k25, 20, 25, 1000)
CASE(gmm_n1000, 10, 5, 1000)
CASE(gmm_n10000, 10, 5, 10000)
CASE(gmm_n100000, 10, 5, 100000)
