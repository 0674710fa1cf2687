// tests/headers/cxx_driver.cc - a C++ program: the drivers and adapters, on functions compiled as C
// (cxx_functions.c). Returns how many results are wrong and prints them.
// SPDX-License-Identifier: MIT
#include <duet/check.h>
#include <duet/memory.h>
#include <duet/observe.h>
#include <duet/plan.h>
#include <duet/policy.h>
#include <duet/status.h>
#include <duet/tape.h>
#ifdef WITH_GSL
#include <duet/fit.h>
#include <duet/gsl.h>
#endif
#include <cmath>
#include <cstdio>
#include <cstring>

extern "C" {
DU_DECLARE(saddle);
DU_DECLARE_MODEL(decay);
}

static int wrong = 0;

static void is(const char *what, double got, double expected)
{
    if (std::fabs(got - expected) <= 1e-12 * (1 + std::fabs(expected))) return;
    std::printf("%s: %.17g, not %.17g\n", what, got, expected);
    wrong++;
}

static void functions()
{
    const double x[] = { 3, 0.5 };
    double y, g[2], h[4];
    is("du_gradient", du_gradient(&saddle, 2, x, nullptr, &y, g), DU_OK);
    is("y", y, 9 * std::cos(0.5));
    is("dy/dx0", g[0], 6 * std::cos(0.5));
    is("dy/dx1", g[1], -9 * std::sin(0.5));

    du_plan_options options = du_plan_options();
    options.mode = DU_REVERSE;
    du_plan *p = du_plan_gradient(&saddle, 2, &options);
    is("du_run_gradient", du_run_gradient(p, x, &y, g), DU_OK);
    is("dy/dx1 in reverse", g[1], -9 * std::sin(0.5));
    is("a message", std::strcmp(du_plan_message(p), du_strerror(DU_OK)), 0);
    du_plan_free(p);
    p = du_plan_hessian(&saddle, 2, nullptr);
    is("du_run_hessian", du_run_hessian(p, x, &y, g, h), DU_OK);
    is("d2y/dx0 dx1", h[1], -6 * std::sin(0.5));
    du_plan_free(p);

    du_check_report report;
    is("du_check", du_check(&saddle, 2, 1, x, nullptr, &report), DU_OK);
    is("the version", std::strcmp(du_version(), DU_VERSION), 0);
    du_question question = du_question();
    question.task = DU_GRADIENT;
    question.n = 100000;
    question.m = 1;
    is("du_policy", du_policy(&question).strategy->mode, DU_REVERSE);
}

static void observations()
{
    const double x[] = { 0, 1, 2 }, y[] = { 2, 1, 1 }, b[] = { 2, 0.5 };
    du_data data = du_data();
    data.rows = 3;
    data.cols = 1;
    data.x = x;
    data.y = y;
    du_observer *o = du_observer_new(&decay, &data, 2, nullptr);
    double q, g[2], q_by_hand = 0, g_by_hand[2] = { 0, 0 };
    for (int i = 0; i < 3; i++) {
        const double e = std::exp(-x[i] * b[1]), r = b[0] * e - y[i];
        q_by_hand += r * r / 2;
        g_by_hand[0] += r * e;
        g_by_hand[1] -= r * x[i] * b[0] * e;
    }
    is("du_observe_objective", du_observe_objective(o, b, &q, g), DU_OK);
    is("Q", q, q_by_hand);
    is("dQ/db0", g[0], g_by_hand[0]);
    is("dQ/db1", g[1], g_by_hand[1]);
    du_observer_free(o);
}

static void variables()
{
    du_tape *t = du_tape_new(nullptr);
    const double v[] = { 2, 3 };
    double g[2];
    du_var x[2];
    is("du_tape_independents", du_tape_independents(t, 2, v, x), DU_OK);
    const double seed[] = { 1, 4 };
    is("du_tape_sweep", du_tape_sweep(t, 2, x, seed), DU_OK);
    is("du_tape_gradient", du_tape_gradient(t, 2, x, g), DU_OK);
    is("a gradient", g[1], 4);
    du_tape_free(t);
}

#ifdef WITH_GSL
static void solvers()
{
    const double x[] = { 0, 1, 2, 3 }, start[] = { 1.5, 0.4 };
    double y[4];
    for (int i = 0; i < 4; i++) y[i] = 2 * std::exp(-0.5 * x[i]);
    du_data data = du_data();
    data.rows = 4;
    data.cols = 1;
    data.x = x;
    data.y = y;
    du_fit fit;
    is("du_fit_model", du_fit_model(&decay, &data, 2, start, nullptr, &fit), DU_OK);
    if (fit.status == DU_OK) is("an estimate", fit.b[1], 0.5);
    du_fit_free(&fit);

    du_gsl *d = du_gsl_function(&saddle, 2, 1, nullptr);
    gsl_multimin_function_fdf f = du_gsl_multimin(d);
    is("inputs of multimin", static_cast<double>(f.n), 2);
    gsl_vector_const_view at = gsl_vector_const_view_array(start, 2);
    is("f of multimin", f.f(&at.vector, f.params), 2.25 * std::cos(0.4));
    du_gsl_free(d);
}
#endif

int main()
{
    functions();
    observations();
    variables();
#ifdef WITH_GSL
    solvers();
#endif
    return wrong;
}
