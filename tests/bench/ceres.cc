// tests/bench/ceres.cc - the peer ceres::Jet on the workloads for forward mode.
// SPDX-License-Identifier: MIT
#include "objectives.hpp"
#include <ceres/jet.h>

template <int N> struct objectives::partials<ceres::Jet<double, N> > {
    typedef ceres::Jet<double, N> jet;
    static void directions(int) {}
    static jet seeded(double x, int, int i) { return jet(x, i); }
    static double value(const jet &y) { return y.a; }
    static double partial(const jet &y, int i) { return y.v[i]; }
};

using namespace objectives;
using ceres::Jet;

#define SMALL(name, call) \
    const bench_tool ceres_##name[] = { { "ceres-jet10", forward_gradient<Jet<double, 10>, \
        gradient_of_##name> }, {} };
SMALL_GRADIENTS(SMALL)
// a sixteenth partial makes whole vectors
const bench_tool ceres_ba[] = {
    { "ceres-jet15", ba_jacobian<Jet<double, 15> > }, { "ceres-jet16", ba_jacobian<Jet<double,
        16> > }, {},
};
#define GAUSS1(n) \
    const bench_tool ceres_gauss1_##n[] = { { "ceres-jet8", gauss1_jacobian<Jet<double, 8>, n> }, \
        {} };
GAUSS1(250)
GAUSS1(100000)
