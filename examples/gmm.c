/* examples/gmm.c - a mixture of two normal distributions fitted to two columns of data by maximum
 * likelihood: GSL's BFGS on the exact gradient of a sum over the observations.
 *
 *     gmm [-o SCRIPT] [FILE.csv]      the picture by gnuplot, SCRIPT.svg; without gnuplot as text
 * SPDX-License-Identifier: MIT */
#include "gmm_picture.h"
#include "table.h"
#include <duet/duet.h>
#include <duet/gsl.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAD_INPUT = 2, K = GMM_COMPONENTS, MOST_ITERATIONS = 500 };

/* Where the parameters of the components lie; each covariance is (L^T L)^-1, L a lower triangle. */
enum { WEIGHT = 0, MEAN = K, DIAGONAL = 3 * K, BELOW = 5 * K, PARAMETERS = 6 * K };

/* minus the log density of one observation; q[WEIGHT + j] is all of component j but its exponent */
DU_MODEL(surprise, q[PARAMETERS], x[2], y[1],
    T a[K];
    for (size_t j = 0; j < K; j++) {
        T from_mean[2] = { du_sub(x[0], q[MEAN + 2 * j]), du_sub(x[1], q[MEAN + 2 * j + 1]) };
        T z[2];
        du_trmv(q + DIAGONAL + 2 * j, q + BELOW + j, from_mean, z, 2);
        a[j] = du_sub(q[WEIGHT + j], du_mul(0.5, du_sqnorm(z, 2)));
    }
    y[0] = du_neg(du_logsumexp(a, K));
)

/* Minus the log-likelihood. BFGS is free to move: the weights are exp(t), normalised, and the
 * diagonals exp(t); both are worked out once, not once an observation. */
DU_FUNCTION(objective, t[PARAMETERS], y[1],
    du_observer *const *observations = ctx;
    T q[PARAMETERS];
    T total = du_logsumexp(t + WEIGHT, K);
    for (size_t i = 0; i < PARAMETERS; i++) q[i] = i < DIAGONAL || i >= BELOW ? t[i] : du_exp(t[i]);
    for (size_t j = 0; j < K; j++)
        q[WEIGHT + j] = du_add(t[WEIGHT + j], du_sum(t + DIAGONAL + 2 * j, 2), du_neg(total),
                               -log(2.0 * GMM_PI));
    y[0] = du_total(*observations, q);
)

/* Equal weights; means a standard deviation to either side of the data's; no correlation. 0 where
 * there is no spread. */
static int start_from(const table *data, double *t)
{
    memset(t, 0, PARAMETERS * sizeof *t);
    for (size_t k = 0; k < 2; k++) {
        double mean = 0.0, variance = 0.0, rows = (double)data->rows;
        for (size_t i = 0; i < data->rows; i++) mean += data->x[2 * i + k] / rows;
        for (size_t i = 0; i < data->rows; i++) {
            double off = data->x[2 * i + k] - mean;
            variance += off * off / rows;
        }
        for (size_t j = 0; j < K; j++) {
            t[MEAN + 2 * j + k] = mean + (j ? 1.0 : -1.0) * sqrt(variance);
            t[DIAGONAL + 2 * j + k] = -0.5 * log(variance);
        }
        if (!(variance > 0.0)) return 0;
    }
    return 1;
}

static void mixture_of(const double *t, gmm_mixture *m)
{
    double total = 0.0;
    for (size_t j = 0; j < K; j++) total += exp(t[WEIGHT + j]);
    for (size_t j = 0; j < K; j++) {
        gmm_component *c = &m->component[j];
        double d0 = exp(t[DIAGONAL + 2 * j]), d1 = exp(t[DIAGONAL + 2 * j + 1]), l = t[BELOW + j];
        double det = d0 * d0 * d1 * d1;
        *c = (gmm_component){ exp(t[WEIGHT + j]) / total, { t[MEAN + 2 * j], t[MEAN + 2 * j + 1] },
                              { d1 * d1 / det, (0.0 - l) * d1 / det, (d0 * d0 + l * l) / det } };
    }
}

static void print_mixture(const gmm_mixture *m)
{
    for (size_t j = 0; j < K; j++) {
        const gmm_component *c = &m->component[j];
        printf("  weight %.4f  mean (%.4f, %.4f)  covariance (%.5f, %.5f; %.5f, %.5f)\n",
               c->weight, c->mean[0], c->mean[1],
               c->covariance[0], c->covariance[1], c->covariance[1], c->covariance[2]);
    }
}

static void print_step(int i, const gsl_multimin_fdfminimizer *s)
{
    printf("  iteration %3d  log-likelihood %.6f\n", i, -s->f);
}

/* from t to where BFGS ends, also t */
static int minimise(du_gsl *d, double *t)
{
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    gsl_vector_view v = gsl_vector_view_array(t, PARAMETERS);
    gsl_multimin_fdfminimizer *s =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, PARAMETERS);
    int i = 0, code = s ? gsl_multimin_fdfminimizer_set(s, &fdf, &v.vector, 0.1, 0.1) : GSL_ENOMEM;
    if (!code && !isfinite(s->f)) code = GSL_EBADFUNC;
    while (!code && gsl_multimin_test_gradient(s->gradient, 1e-4) == GSL_CONTINUE
           && i < MOST_ITERATIONS) {
        if (i % 10 == 0) print_step(i, s);
        code = gsl_multimin_fdfminimizer_iterate(s);
        i++;
    }
    if (!code || code == GSL_ENOPROG) {
        print_step(i, s);
        printf("gradient's norm %.1e\n", gsl_blas_dnrm2(s->gradient));
        gsl_vector_memcpy(&v.vector, s->x);
        code = isfinite(s->f) ? GSL_SUCCESS : GSL_EBADFUNC;
    }
    if (code) fprintf(stderr, "gmm: %s: %s\n", gsl_strerror(code), du_gsl_message(d));
    if (s) gsl_multimin_fdfminimizer_free(s);
    return code != GSL_SUCCESS;
}

static int maximise(const table *data, double *t, gmm_mixture *m)
{
    du_data observed = { .rows = data->rows, .cols = data->cols, .x = data->x };
    du_observer *observations = du_observer_new(&surprise, &observed, PARAMETERS, NULL);
    if (du_observer_status(observations)) {
        fprintf(stderr, "gmm: %s\n", du_observer_message(observations));
        du_observer_free(observations);
        return 1;
    }
    /* reverse mode: only there is du_total computed eight observations at a time */
    du_gsl *d = du_gsl_function(&objective, PARAMETERS, 1,
                                &(du_plan_options){ .ctx = &observations, .mode = DU_REVERSE });
    int bad = minimise(d, t);
    if (!bad) {
        mixture_of(t, m);
        printf("fit\n");
        print_mixture(m);
        du_observer_info info = du_observer_inspect(observations);
        printf("derivatives: %s\n", info.sums.reason);
    }
    du_gsl_free(d);
    du_observer_free(observations);
    return bad;
}

static int fit(const table *data, const char *path, gmm_mixture *m)
{
    double t[PARAMETERS];
    if (data->cols != 2) {
        fprintf(stderr, "%s:1: expected 2 columns, found %zu\n", path, data->cols);
        return BAD_INPUT;
    }
    if (!start_from(data, t)) {
        fprintf(stderr, "%s: a column has the same number in all rows\n", path);
        return BAD_INPUT;
    }
    mixture_of(t, m);
    printf("start\n");
    print_mixture(m);
    return maximise(data, t, m);
}

int main(int argc, char **argv)
{
    const char *script = "gmm.gp", *path = "examples/data/regressions/faithful_gamma.csv";
    char message[256];
    int option;
    table data;
    gmm_mixture m;
    while ((option = getopt(argc, argv, "o:")) != -1) {
        if (option != 'o') return BAD_INPUT;
        script = optarg;
    }
    if (optind < argc) path = argv[optind];
    if (table_read(path, 0, &data, message)) {
        fprintf(stderr, "%s\n", message);
        return BAD_INPUT;
    }
    gsl_set_error_handler_off();
    int status = fit(&data, path, &m);
    if (!status && strstr(path, "faithful"))
        printf("known optimum (R's mclust, VVV): log-likelihood -1130.264,\n"
               "  weights 0.3559 and 0.6441, means (2.0364, 54.4785) and (4.2897, 79.9681)\n");
    if (!status) status = gmm_draw(&m, &data, path, script);
    table_free(&data);
    return status;
}
