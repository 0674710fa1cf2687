// tests/bench/adolc.cc - the peer ADOL-C: a tape made once and replayed, which is its best use; a
// tape each time, as a function with branches needs; and tapeless forward.
// SPDX-License-Identifier: MIT
#include "objectives.hpp"
#include <adolc/adolc.h>
#include <adolc/adtl.h>
#include <fcntl.h>
#include <unistd.h>

// ADOL-C warns on standard error that no adouble may be alive: none is
static void set_directions(size_t n)
{
    if (adtl::getNumDir() == n) return;
    int kept = dup(2), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    adtl::setNumDir(n);
    dup2(kept, 2);
    close(nowhere);
    close(kept);
}

template <> struct objectives::partials<adtl::adouble> {
    static void directions(int n) { set_directions(static_cast<size_t>(n)); }
    static adtl::adouble seeded(double x, int n, int i)
    {
        adtl::adouble z = x;
        for (int j = 0; j < n; j++) z.setADValue(j, j == i);
        return z;
    }
    static double value(const adtl::adouble &y) { return y.getValue(); }
    static double partial(const adtl::adouble &y, int i) { return y.getADValue(i); }
};

using namespace objectives;

// buffers that hold every tape: nothing is written to files
template <typename F> static void record(short tag, const double *x, double *f)
{
    const uint elements = 1u << 25;
    trace_on(tag, 1, elements, elements, elements, elements);
    std::vector<adouble> z(F::inputs);
    for (int i = 0; i < F::inputs; i++) z[i] <<= x[i];
    adouble y = F::at(z.data());
    y >>= *f;
    trace_off();
}

template <typename F> static void sweep(short tag, double *g)
{
    double one = 1.0;
    fos_reverse(tag, 1, F::inputs, &one, g);
}

static short new_tag() { static short last = 0; return ++last; }

template <typename F> static void trace(const double *x, double *f, double *g)
{
    static const short tag = new_tag();
    record<F>(tag, x, f);
    sweep<F>(tag, g);
}

template <typename F> static void replay(const double *x, double *f, double *g)
{
    static short tag = 0;
    if (!tag) record<F>(tag = new_tag(), x, f);
    zos_forward(tag, 1, F::inputs, 1, x, f);
    sweep<F>(tag, g);
}

#define REVERSE(name, call) \
    const bench_tool adolc_##name[] = { \
        { "adolc-replay", replay<gradient_of_##name> }, \
            { "adolc-trace", trace<gradient_of_##name> }, {}, \
    };
GRADIENTS(REVERSE)
#define SMALL(name, call) \
    const bench_tool adolc_##name[] = { { "adolc-tapeless", forward_gradient<adtl::adouble, \
        gradient_of_##name> }, {} };
SMALL_GRADIENTS(SMALL)
const bench_tool adolc_ba[] = { { "adolc-tapeless", ba_jacobian<adtl::adouble> }, {} };
const bench_tool adolc_gauss1_250[] = { { "adolc-tapeless", gauss1_jacobian<adtl::adouble, 250> },
    {} };
const bench_tool adolc_gauss1_100000[] = { { "adolc-tapeless", gauss1_jacobian<adtl::adouble,
    100000> }, {} };
