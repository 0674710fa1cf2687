/* tests/bench/inputs.c - the points and data of inputs.h. SPDX-License-Identifier: MIT */
#include "inputs.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2.0 * log(1.0 - uniform(state)));
    return radius * cos(6.28318530717958647693 * uniform(state));
}

static void fill_normal(double *a, size_t rows, size_t cols, uint64_t *state)
{
    for (size_t i = 0; i < rows * cols; i++) a[i] = normal(state);
}

typedef void filler(double *a, size_t rows, size_t cols, uint64_t *state);

/* the data set of this filler and shape, filled when first asked for; on cache lines, for all tools
 * alike */
static const double *data_set(filler *fill, size_t rows, size_t cols)
{
    static struct { filler *fill; size_t rows, cols; double *a; } kept[16];
    size_t i = 0;
    while (kept[i].a && (kept[i].fill != fill || kept[i].rows != rows || kept[i].cols != cols)) i++;
    if (!kept[i].a) {
        uint64_t state = 7;
        double *a = aligned_alloc(64, (rows * cols * sizeof *a + 63) / 64 * 64);
        if (!a) abort();
        fill(a, rows, cols, &state);
        kept[i].fill = fill, kept[i].rows = rows, kept[i].cols = cols, kept[i].a = a;
    }
    return kept[i].a;
}

const double *gmm_points(size_t d, size_t n) { return data_set(fill_normal, n, d); }

/* spread so that several components have a share in most points */
static void gmm_point(size_t d, size_t k, double *x)
{
    uint64_t state = 11;
    for (size_t i = 0; i < k; i++) *x++ = normal(&state);
    for (size_t i = 0; i < k * d; i++) *x++ = 0.5 * normal(&state);
    for (size_t i = 0; i < k * d * (d + 1) / 2; i++) *x++ = 0.2 * normal(&state);
}
void point_gmm_d10_k5(double *x) { gmm_point(10, 5, x); }
void point_gmm_d20_k25(double *x) { gmm_point(20, 25, x); }
void point_gmm_n1000(double *x) { gmm_point(10, 5, x); }
void point_gmm_n10000(double *x) { gmm_point(10, 5, x); }
void point_gmm_n100000(double *x) { gmm_point(10, 5, x); }

/* ADBench's one observation, each of its numbers scattered by 3 % */
static void scatter(const double *centre, double *a, size_t rows, size_t cols, uint64_t *state)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) *a++ = centre[j] * (1.0 + 0.03 * (2.0 * uniform(state)
            - 1.0));
}
static void fill_image(double *a, size_t rows, size_t cols, uint64_t *state)
{
    static const double feature[] = { -525.672849, 161.811929 };
    scatter(feature, a, rows, cols, state);
}
const double *ba_features(void) { return data_set(fill_image, BA_OBSERVATIONS, 2); }

void point_ba(double *x)
{
    static const double observation[BA_INPUTS] = {
        1.797201, 0.590697, -0.635786, 90.859550, 29.361415, 28.777534, 211.628116, -0.284531,
            -14.762924,
        0.058931, 0.069976, 4.173048, 5.586898, 1.403869, 0.417022,
    };
    uint64_t state = 11;
    scatter(observation, x, BA_OBSERVATIONS, BA_INPUTS, &state);
}

static void fill_uniform(double *a, size_t rows, size_t cols, uint64_t *state)
{
    for (size_t i = 0; i < rows * cols; i++) a[i] = uniform(state);
}
static void fill_characters(double *a, size_t rows, size_t cols, uint64_t *state)
{
    for (size_t i = 0; i < rows; i++, a += cols) {
        size_t hot = (size_t)(uniform(state) * (double)cols);
        for (size_t j = 0; j < cols; j++) a[j] = j == hot;
    }
}
const double *lstm_sequence(void) { return data_set(fill_characters, LSTM_STEPS, LSTM_WIDTH); }
const double *lstm_state(void) { return data_set(fill_uniform, 2 * LSTM_LAYERS, LSTM_WIDTH); }

void point_lstm(double *x)
{
    uint64_t state = 11;
    fill_uniform(x, 1, LSTM_PARAMETERS, &state);
}

static void fill_features(double *a, size_t rows, size_t cols, uint64_t *state)
{
    fill_normal(a, rows, cols, state);
    for (size_t i = 0; i < rows; i++) a[i * cols] = 1.0;
}
const double *logistic_features(void)
    { return data_set(fill_features, LOGISTIC_ROWS, LOGISTIC_FEATURES); }

void point_logistic(double *x)
{
    for (int j = 0; j < LOGISTIC_FEATURES; j++) x[j] = 0.1 * (j % 7 - 3);
}

/* drawn from the model, with other coefficients than the point's */
static void fill_labels(double *y, size_t rows, size_t cols, uint64_t *state)
{
    const double *a = logistic_features();
    for (size_t i = 0; i < rows * cols; i++) {
        double z = 0.0;
        for (int j = 0; j < LOGISTIC_FEATURES; j++) z += 0.1 * (j % 5 - 2) * *a++;
        y[i] = uniform(state) < 1.0 / (1.0 + exp(-z));
    }
}
const double *logistic_labels(void) { return data_set(fill_labels, LOGISTIC_ROWS, 1); }

static void fill_abscissae(double *a, size_t rows, size_t cols, uint64_t *state)
{
    (void)state;
    for (size_t i = 0; i < rows * cols; i++) a[i] = 1.0 + 249.0 * (double)i /
        (double)(rows * cols - 1);
}
const double *gauss1_abscissae(size_t n) { return data_set(fill_abscissae, n, 1); }

/* NIST's second start */
static void gauss1_point(double *x)
{
    static const double start[GAUSS1_PARAMETERS] = { 94.0, 0.0105, 99.0, 63.0, 25.0, 71.0, 180.0,
        20.0 };
    for (int j = 0; j < GAUSS1_PARAMETERS; j++) x[j] = start[j];
}
void point_gauss1_250(double *x) { gauss1_point(x); }
void point_gauss1_100000(double *x) { gauss1_point(x); }

static void rosenbrock_point(size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = 0.5 + 0.001 * (double)(i % 997);
}
void point_rosenbrock_1000(double *x) { rosenbrock_point(1000, x); }
void point_rosenbrock_100000(double *x) { rosenbrock_point(100000, x); }
void point_rosenbrock_forward(double *x) { rosenbrock_point(10, x); }

/* from below 0 the derivative falls like 1/steps^2, not to 0 */
void point_recurrence(double *x) { x[0] = -0.3; }

void point_ackley_forward(double *x)
{
    for (int i = 0; i < 10; i++) x[i] = 0.3 + 0.07 * i;
}

void point_joins_100000000(double *x)
{
    x[0] = 1.0;
    x[1] = 1e-8;
}
