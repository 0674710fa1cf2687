// tests/bench/ceres.cc - the peer ceres::Jet<double, 10> on the two forward workloads.
// SPDX-License-Identifier: MIT
#include <ceres/jet.h>
#include <cmath>
#include <cstddef>

struct bench_tool {
    const char *name;
    void (*run)(const double *x, double *f, double *g);
};

typedef ceres::Jet<double, 10> Jet;

template <typename T> static T rosenbrock(const T *x)
{
    T s(0.0);
    for (int i = 0; i + 1 < 10; i++) {
        T a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        s += 100.0 * a * a + b * b;
    }
    return s;
}

template <typename T> static T ackley(const T *x)
{
    using std::cos; using std::exp; using std::sqrt;
    T squares(0.0), waves(0.0);
    for (int i = 0; i < 10; i++) {
        squares += x[i] * x[i];
        waves += cos(6.28318530717958647693 * x[i]);
    }
    return -20.0 * exp(-0.2 * sqrt(squares / 10.0)) - exp(waves / 10.0) + (20.0 + std::exp(1.0));
}

template <Jet (*F)(const Jet *)> static void gradient(const double *x, double *f, double *g)
{
    Jet z[10];
    for (int i = 0; i < 10; i++) z[i] = Jet(x[i], i);
    Jet y = F(z);
    *f = y.a;
    for (int i = 0; i < 10; i++) g[i] = y.v[i];
}

extern "C" {
extern const bench_tool peers_rosenbrock_forward[], peers_ackley_forward[];
const bench_tool peers_rosenbrock_forward[] = { { "ceres-jet10", gradient<rosenbrock<Jet> > }, { nullptr, nullptr } };
const bench_tool peers_ackley_forward[] = { { "ceres-jet10", gradient<ackley<Jet> > }, { nullptr, nullptr } };
}
