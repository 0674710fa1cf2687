// tests/bench/sacado.cc - the peer Sacado: Rad in reverse, SFad forward. Of Trilinos only Sacado's
// headers are needed, so its configuration, which asks for Kokkos, is set here.
// SPDX-License-Identifier: MIT
#define TRILINOS_NO_CONFIG_H
#define HAVE_SACADO_CXX11
#define HAS_C99_TR1_CMATH
#define SACADO_NEW_FAD_DESIGN_IS_DEFAULT
#define SACADO_FORCEINLINE_FUNCTION inline __attribute__((always_inline))
#include <Sacado_No_Kokkos.hpp>
#include "objectives.hpp"

template <typename Fad> struct fad_partials {
    static void directions(int) {}
    static Fad seeded(double x, int n, int i) { return Fad(n, i, x); }
    static double value(const Fad &y) { return y.val(); }
    static double partial(const Fad &y, int i) { return y.dx(i); }
};

using Sacado::Fad::SFad;
typedef Sacado::CacheFad::SFad<double, 8> Cached8; // keeps values within an expression: exp(-u*u)
    is called once
typedef Sacado::CacheFad::SFad<double, 10> Cached10;

template <int N> struct objectives::partials<SFad<double, N> > : fad_partials<SFad<double, N> > {};
template <> struct objectives::partials<Cached8> : fad_partials<Cached8> {};
template <> struct objectives::partials<Cached10> : fad_partials<Cached10> {};

using namespace objectives;

template <typename F> static void reverse(const double *x, double *f, double *g)
{
    typedef Sacado::Rad::ADvar<double> variable;
    double one = 1.0;
    std::vector<variable> z(x, x + F::inputs);
    variable y = F::at(z.data()), *last = &y;
    Sacado::Rad::ADcontext<double>::Weighted_Gradcomp(1, &last, &one);
    *f = y.val();
    for (int i = 0; i < F::inputs; i++) g[i] = z[i].adj();
}

#define REVERSE(name, call) \
    const bench_tool sacado_##name[] = { { "sacado-rad", reverse<gradient_of_##name> }, {} };
GRADIENTS(REVERSE)
#define SMALL(name, call) \
    const bench_tool sacado_##name[] = { \
        { "sacado-sfad10", forward_gradient<SFad<double, 10>, gradient_of_##name> }, \
        { "sacado-cachefad10", forward_gradient<Cached10, gradient_of_##name> }, {}, \
    };
SMALL_GRADIENTS(SMALL)
#define GAUSS1(n) \
    const bench_tool sacado_gauss1_##n[] = { \
        { "sacado-sfad8", gauss1_jacobian<SFad<double, 8>, n> }, \
            { "sacado-cachefad8", gauss1_jacobian<Cached8, n> }, {}, \
    };
GAUSS1(250)
GAUSS1(100000)
const bench_tool sacado_ba[] = { { "sacado-sfad15", ba_jacobian<SFad<double, 15> > }, {} };
