/* tests/modes.h - a function in every mode: each strategy that computes Jacobians, and jets,
 * hyper-duals and du_var2 by hand. What the results must be is for the test to say.
 * SPDX-License-Identifier: MIT */
#ifndef TEST_MODES_H
#define TEST_MODES_H

#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/plan.h>
#include <string.h>
#include "strategies.h"

enum { N = 4, M = 8, MODES = 16 };

/* jac[i*n + j] = dy_i/dx_j; second[i*n + j] = d2y_i/dx_j^2 where the mode has one */
typedef struct { const char *mode; int has_second; double y[M], jac[M * N], second[M * N]; } result;

static inline void by_plan(const du_strategy *s, const du_function *f, size_t n, size_t m,
                           const double *x, const void *ctx, result *r)
{
    du_plan *p = du_plan_jacobian(f, n, m, &(du_plan_options){ .ctx = ctx, FORCED(s) });
    r->mode = s->name;
    cr_assert_eq(du_run_jacobian(p, x, r->y, r->jac), DU_OK, "%s, %s", f->name, s->name);
    du_plan_free(p);
}

static inline void by_jet(const du_function *f, size_t n, size_t m, const double *x,
                          const void *ctx,
                          result *r)
{
    du_jet in[N], out[M];
    r->mode = "jet";
    r->has_second = 1;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < n; k++) in[k] = (du_jet){ x[k], k == j ? 1.0 : 0.0, 0.0 };
        f->f_jet(in, n, out, m, ctx);
        for (size_t i = 0; i < m; i++) {
            r->y[i] = out[i].v;
            r->jac[i * n + j] = out[i].d;
            r->second[i * n + j] = out[i].dd;
        }
    }
}

/* the gradient twice: in either direction */
static inline void by_hyper(const du_function *f, size_t n, size_t m, const double *x,
                            const void *ctx,
                            result *in_a, result *in_b)
{
    du_hyper in[N], out[M];
    in_a->mode = "hyper";
    in_b->mode = "hyper, direction b";
    in_a->has_second = 1;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < n; k++) in[k] = (du_hyper){ x[k], k == j, k == j, 0.0 };
        f->f_hyper(in, n, out, m, ctx);
        for (size_t i = 0; i < m; i++) {
            in_a->y[i] = in_b->y[i] = out[i].v;
            in_a->jac[i * n + j] = out[i].a;
            in_b->jac[i * n + j] = out[i].b;
            in_a->second[i * n + j] = out[i].ab;
        }
    }
}

/* the gradient twice: swept, and as the tangent of the value */
static inline void by_var2(const du_function *f, size_t n, size_t m, const double *x,
                           const void *ctx,
                           result *swept, result *tangent)
{
    du_tape *t = du_tape_new(NULL);
    swept->mode = "var2";
    tangent->mode = "var2 tangent";
    swept->has_second = 1;
    for (size_t j = 0; j < n; j++) {
        du_var2 in[N], out[M];
        double v[N] = { 0.0 }, gd[N];
        v[j] = 1.0;
        du_tape_reset(t);
        cr_assert_eq(du_tape_independents2(t, n, x, v, in), DU_OK);
        f->f_var2(in, n, out, m, ctx);
        for (size_t i = 0; i < m; i++) {
            du_tape_zero_gradients(t);
            cr_assert_eq(du_tape_sweep2(t, 1, &out[i], NULL), DU_OK);
            cr_assert_eq(du_tape_gradient2(t, n, in, swept->jac + i * n, gd), DU_OK);
            swept->y[i] = tangent->y[i] = out[i].v;
            swept->second[i * n + j] = gd[j];
            tangent->jac[i * n + j] = out[i].vd;
        }
    }
    du_tape_free(t);
}

/* y[m] = f(x[n]) in all modes, r[MODES]; how many */
static inline size_t run_modes(const du_function *f, size_t n, size_t m, const double *x,
                               const void *ctx,
                               result *r)
{
    size_t count = 0;
    memset(r, 0, MODES * sizeof *r);
    for (size_t i = 0; du_plan_strategy(i); i++)
        if (du_strategy_can(du_plan_strategy(i), DU_JACOBIAN, n, m))
            by_plan(du_plan_strategy(i), f, n, m, x, ctx, &r[count++]);
    by_jet(f, n, m, x, ctx, &r[count++]);
    by_hyper(f, n, m, x, ctx, &r[count], &r[count + 1]);
    by_var2(f, n, m, x, ctx, &r[count + 2], &r[count + 3]);
    return count + 4;
}

/* the one of r[count] of this name */
static inline const result *find_mode(const result *r, size_t count, const char *mode)
{
    size_t k = 0;
    while (k < count && strcmp(r[k].mode, mode)) k++;
    cr_assert_lt(k, count, "no mode %s", mode);
    return &r[k];
}

#endif
