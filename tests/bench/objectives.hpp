// tests/bench/objectives.hpp - the workloads written once for the peers' number types, in plain
// C++, and what the peers have in common: the list of gradients, and Jacobians by a type that
// carries its partials. SPDX-License-Identifier: MIT
#ifndef BENCH_OBJECTIVES_HPP
#define BENCH_OBJECTIVES_HPP

#include "bench.h"
#include <cmath>
#include <vector>

namespace objectives {

using std::cos; using std::exp; using std::log; using std::sin; using std::sqrt; using std::tanh;

template <typename T> T rosenbrock(size_t n, const T *x)
{
    T s(0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        T a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        s += 100.0 * a * a + b * b;
    }
    return s;
}

template <typename T> T recurrence(const T *x)
{
    T z = x[0];
    for (int i = 0; i < RECURRENCE_STEPS; i++) z = RECURRENCE_A * sin(z) + z * z;
    return z;
}

template <typename T> T ackley(size_t n, const T *x)
{
    T squares(0.0), waves(0.0);
    double count = static_cast<double>(n);
    for (size_t i = 0; i < n; i++) {
        squares += x[i] * x[i];
        waves += cos(6.28318530717958647693 * x[i]);
    }
    return -20.0 * exp(-0.2 * sqrt(squares / count)) - exp(waves / count) + (20.0 + std::exp(1.0));
}

template <typename T> T logistic_regression(const T *x)
{
    const double *a = logistic_features(), *y = logistic_labels();
    T s(0.0);
    for (int i = 0; i < LOGISTIC_ROWS; i++, a += LOGISTIC_FEATURES) {
        T z = a[0] * x[0];
        for (int j = 1; j < LOGISTIC_FEATURES; j++) z += a[j] * x[j];
        if (z > 0.0) s += z + log(1.0 + exp(-z)) - y[i] * z;
        else s += log(1.0 + exp(z)) - y[i] * z;
    }
    return s;
}

template <typename T> T log_sum_exp(size_t n, const T *a)
{
    T most = a[0], s(0.0);
    for (size_t i = 1; i < n; i++)
        if (a[i] > most) most = a[i];
    for (size_t i = 0; i < n; i++) s += exp(a[i] - most);
    return most + log(s);
}

template <typename T> T gmm(size_t d, size_t k, size_t n, const T *alphas)
{
    const T *means = alphas + k, *icfs = means + k * d;
    const double *x = gmm_points(d, n), count = static_cast<double>(n),
        width = static_cast<double>(d);
    size_t icf_size = d * (d + 1) / 2;
    std::vector<T> constants(k), diagonals(k * d), exponents(k), c(d), y(d);
    T s(0.0), squares(0.0);
    for (size_t j = 0; j < k; j++) {
        const T *icf = icfs + j * icf_size;
        constants[j] = alphas[j];
        for (size_t q = 0; q < d; q++) {
            constants[j] += icf[q];
            diagonals[j * d + q] = exp(icf[q]);
            squares += diagonals[j * d + q] * diagonals[j * d + q];
        }
        for (size_t q = d; q < icf_size; q++) squares += icf[q] * icf[q];
    }
    for (size_t i = 0; i < n; i++, x += d) {
        for (size_t j = 0; j < k; j++) {
            const T *lower = icfs + j * icf_size + d;
            T norm(0.0);
            for (size_t q = 0; q < d; q++) {
                c[q] = x[q] - means[j * d + q];
                y[q] = diagonals[j * d + q] * c[q];
            }
            for (size_t q = 0; q < d; q++)
                for (size_t r = q + 1; r < d; r++) y[r] += *lower++ * c[q];
            for (size_t q = 0; q < d; q++) norm += y[q] * y[q];
            exponents[j] = constants[j] - 0.5 * norm;
        }
        s += log_sum_exp(k, exponents.data());
    }
    double log_gamma = 0.25 * width * (width - 1.0) * std::log(M_PI);
    for (size_t q = 0; q < d; q++)
        log_gamma += std::lgamma(0.5 * (width + 1.0 - static_cast<double>(q)));
    double constant = -0.5 * count * width * std::log(2.0 * M_PI)
        + static_cast<double>(k) * (0.5 * (width + 1.0) * width * std::log(2.0) + log_gamma);
    return s - count * log_sum_exp(k, alphas) + 0.5 * squares + constant;
}

template <typename T> T logistic(const T &x) { return 1.0 / (1.0 + exp(-x)); }

template <typename T> T lstm(const T *x)
{
    const int b = LSTM_WIDTH;
    const T *in_weight = x + 8 * b * LSTM_LAYERS, *out_weight = in_weight + b, *out_bias
        = out_weight + b;
    const double *now = lstm_sequence(), *state = lstm_state();
    std::vector<T> hidden(b * LSTM_LAYERS), cell(b * LSTM_LAYERS), u(b);
    for (int l = 0; l < LSTM_LAYERS; l++)
        for (int i = 0; i < b; i++) {
            hidden[l * b + i] = state[2 * l * b + i];
            cell[l * b + i] = state[(2 * l + 1) * b + i];
        }
    T loss(0.0);
    for (int t = 0; t + 1 < LSTM_STEPS; t++, now += b) {
        for (int i = 0; i < b; i++) u[i] = now[i] * in_weight[i];
        for (int l = 0; l < LSTM_LAYERS; l++) {
            const T *w = x + 8 * b * l, *bias = w + 4 * b;
            T *h = &hidden[l * b], *c = &cell[l * b];
            for (int i = 0; i < b; i++) {
                T forget = logistic<T>(u[i] * w[i] + bias[i]);
                T ingate = logistic<T>(h[i] * w[b + i] + bias[b + i]);
                T outgate = logistic<T>(u[i] * w[2 * b + i] + bias[2 * b + i]);
                T change = tanh(h[i] * w[3 * b + i] + bias[3 * b + i]);
                c[i] = c[i] * forget + ingate * change;
                h[i] = outgate * tanh(c[i]);
                u[i] = h[i];
            }
        }
        T sum(2.0);
        double count = 0.0;
        for (int i = 0; i < b; i++) {
            T y = u[i] * out_weight[i] + out_bias[i];
            sum += exp(y);
            if (now[b + i] != 0.0) loss -= now[b + i] * y;
            count += now[b + i];
        }
        loss += count * log(sum);
    }
    return loss / static_cast<double>(b * (LSTM_STEPS - 1));
}

template <typename T> T gauss1(const T *b, double x)
{
    T u = (x - b[3]) / b[4], v = (x - b[6]) / b[7];
    return b[0] * exp(-b[1] * x) + b[2] * exp(-u * u) + b[5] * exp(-v * v);
}

template <typename T> void cross(const T *a, const T *b, T *c)
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

template <typename T> void ba(const T *x, const double *feature, T *f)
{
    const T *r = x, *centre = x + 3, &focal = x[6], *principal = x + 7, *radial = x + 9, *point
        = x + 11;
    T y[3] = { point[0] - centre[0], point[1] - centre[1], point[2] - centre[2] }, z[3], across[3];
    T t2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    cross(r, y, across);
    if (t2 > 0.0) {
        T t = sqrt(t2), c = cos(t), s = sin(t) / t;
        T v = (1.0 - c) / t2 * (r[0] * y[0] + r[1] * y[1] + r[2] * y[2]);
        for (int i = 0; i < 3; i++) z[i] = c * y[i] + s * across[i] + v * r[i];
    } else {
        for (int i = 0; i < 3; i++) z[i] = y[i] + across[i];
    }
    T a0 = z[0] / z[2], a1 = z[1] / z[2], q = a0 * a0 + a1 * a1;
    T scale = focal * (1.0 + radial[0] * q + radial[1] * q * q);
    f[0] = x[14] * (scale * a0 + principal[0] - feature[0]);
    f[1] = x[14] * (scale * a1 + principal[1] - feature[1]);
}

// ---- gradients: a struct for each workload, with its function and its number of inputs ----

#define WORKLOAD(name, n, ...) enum { inputs_##name = n };
#include "workloads.def"

#define GRADIENTS(X) \
    X(gmm_d10_k5, gmm(10, 5, 1000, x)) \
    X(gmm_d20_k25, gmm(20, 25, 1000, x)) \
    X(lstm, lstm(x)) \
    X(logistic, logistic_regression(x)) \
    X(rosenbrock_1000, rosenbrock(1000, x)) \
    X(rosenbrock_100000, rosenbrock(100000, x)) \
    X(recurrence, recurrence(x))
#define SMALL_GRADIENTS(X) \
    X(rosenbrock_forward, rosenbrock(10, x)) \
    X(ackley_forward, ackley(10, x))

#define GRADIENT_OF(name, call) \
    struct gradient_of_##name { \
        enum { inputs = inputs_##name }; \
        template <typename T> static T at(const T *x) { return call; } \
    };
GRADIENTS(GRADIENT_OF)
SMALL_GRADIENTS(GRADIENT_OF)
#undef GRADIENT_OF

// ---- forward: a peer says how its type T carries partials ----

// static void directions(int n);  static T seeded(double x, int n, int i): x, the i-th of n inputs;
// static double value(const T &);  static double partial(const T &, int i);
template <typename T> struct partials;

template <typename T, typename F> void forward_gradient(const double *x, double *f, double *g)
{
    const int n = F::inputs;
    partials<T>::directions(n);
    T z[n];
    for (int i = 0; i < n; i++) z[i] = partials<T>::seeded(x[i], n, i);
    T y = F::at(z);
    *f = partials<T>::value(y);
    for (int i = 0; i < n; i++) g[i] = partials<T>::partial(y, i);
}

template <typename T> void ba_jacobian(const double *x, double *f, double *g)
{
    const double *features = ba_features();
    partials<T>::directions(BA_INPUTS);
    for (int k = 0; k < BA_OBSERVATIONS; k++, x += BA_INPUTS, features += 2) {
        T z[BA_INPUTS], y[2];
        for (int i = 0; i < BA_INPUTS; i++) z[i] = partials<T>::seeded(x[i], BA_INPUTS, i);
        ba(z, features, y);
        for (int r = 0; r < 2; r++) {
            *f++ = partials<T>::value(y[r]);
            for (int i = 0; i < BA_INPUTS; i++) *g++ = partials<T>::partial(y[r], i);
        }
    }
}

template <typename T, size_t n> void gauss1_jacobian(const double *x, double *f, double *g)
{
    const double *abscissae = gauss1_abscissae(n);
    partials<T>::directions(GAUSS1_PARAMETERS);
    T b[GAUSS1_PARAMETERS];
    for (int j = 0; j < GAUSS1_PARAMETERS; j++)
        b[j] = partials<T>::seeded(x[j], GAUSS1_PARAMETERS, j);
    for (size_t i = 0; i < n; i++) {
        T y = gauss1(b, abscissae[i]);
        f[i] = partials<T>::value(y);
        for (int j = 0; j < GAUSS1_PARAMETERS; j++) *g++ = partials<T>::partial(y, j);
    }
}

} // namespace objectives

#endif
