/* tests/test_regressions.c - 13 regressions on R's data sets: estimates, standard errors, gradient
 * and Hessian at the start against a 30-digit recomputation. SPDX-License-Identifier: MIT */
#include "../examples/regression_models.h"
#include "../examples/table.h"
#include <criterion/criterion.h>
#include <duet/fit.h>
#include <duet/function.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

DU_MODEL(stormer_time, b[2], x[2], y[1], y[0] = du_div(du_mul(b[0], x[0]), du_sub(x[1], b[1]));)
DU_MODEL(saturation, b[2], t[1], y[1],
    y[0] = du_neg(du_mul(b[0], du_expm1(du_neg(du_mul(t[0], b[1])))));)
/* binomial: total log(1 + e^z) - count z - log C(total, count) */
DU_SCALAR_MODEL(binomial, b[2], x[3], y[1],
    T z = du_add(b[0], du_mul(b[1], x[0]));
    double choose = lgamma(x[1] + 1.0) - lgamma(x[2] + 1.0) - lgamma(x[1] - x[2] + 1.0);
    y[0] = du_sub(du_sub(du_mul(x[1], du_softplus(z)), du_mul(x[2], z)), choose);
)
LOGIT_MODEL(logit9, 9)

/* the data sets that are not of base R: here only */
static const regression others[] = {
    { "stormer", "", &stormer_time, 0, 2, { "b1", "b2" }, { 28, 2 } },
    { "calcium", "", &saturation, 0, 2, { "b1", "b2" }, { 5, 0.2 } },
    { "menarche_logit", "", &binomial, 1, 2, { "b0", "b1" }, { 0, 0 } },
    { "birthwt_logit", "", &logit9, 1, 10, { "b0" }, { 0 } },
};
enum { OTHERS = sizeof others / sizeof *others };

typedef struct { double start[REGRESSION_MOST], solution[REGRESSION_MOST], se[REGRESSION_MOST],
    gradient[REGRESSION_MOST],
                 hessian[REGRESSION_MOST * REGRESSION_MOST], objective; size_t seen; } expectation;

static expectation expected(const char *problem, size_t p)
{
    char line[256], name[64], kind[32], value[64];
    size_t i, j;
    expectation e = { .seen = 0 };
    FILE *f = fopen(TEST_DATA "/regressions/expected.csv", "r");
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%63[^,],%31[^,],%zu,%zu,%63s", name, kind, &i, &j, value) != 5
            || strcmp(name, problem)) continue;
        double v = strtod(value, NULL);
        if (!strcmp(kind, "start")) e.start[i] = v;
        else if (!strcmp(kind, "solution")) e.solution[i] = v;
        else if (!strcmp(kind, "se")) e.se[i] = v;
        else if (!strcmp(kind, "gradient")) e.gradient[i] = v;
        else if (!strcmp(kind, "hessian")) e.hessian[i * p + j] = v;
        else e.objective = v;
        e.seen++;
    }
    fclose(f);
    cr_assert_eq(e.seen, 4 * p + p * p + 1, "%s: %zu expectations", problem, e.seen);
    return e;
}

static void close_to(const char *problem, const char *what, size_t i, double got, double want,
                     double relative, double scale)
{
    cr_assert_float_eq(got, want, relative * fmax(fabs(want), scale),
        "%s: %s[%zu] = %.17g, expected %.17g", problem, what, i, got, want);
}

/* Q is half the residual sum of squares: its derivatives are half the table's */
static void check_start(const regression *q, const du_data *data, const expectation *e)
{
    double value, g[REGRESSION_MOST], h[REGRESSION_MOST * REGRESSION_MOST], gf[REGRESSION_MOST],
        hv[REGRESSION_MOST], v[REGRESSION_MOST];
    double k = q->likelihood ? 1.0 : 0.5, most = 0.0;
    du_observer *o = du_observer_new(q->model, data, q->p, NULL);
    cr_assert_eq(du_observe_curvature(o, q->start, &value, g, h), DU_OK);
    cr_assert_eq(du_observe_objective(o, q->start, &value, gf), DU_OK);
    for (size_t i = 0; i < q->p; i++) most = fmax(most, fabs(k * e->gradient[i]));
    for (size_t i = 0; i < q->p; i++) {
        close_to(q->name, "gradient", i, g[i], k * e->gradient[i], 1e-11, 1e-2 * most);
        close_to(q->name, "forward gradient", i, gf[i], k * e->gradient[i], 1e-11, 1e-2 * most);
        v[i] = 1.0 - 0.2 * (double)i;
    }
    for (size_t i = 0; i < q->p * q->p; i++) close_to(q->name, "Hessian", i, h[i],
        k * e->hessian[i], 1e-11, 1e-10);
    cr_assert_eq(du_observe_hv(o, q->start, v, &value, g, hv), DU_OK);
    for (size_t i = 0; i < q->p; i++) {
        double want = 0.0, size = 0.0;
        for (size_t j = 0; j < q->p; j++) want += h[i * q->p + j] * v[j],
            size += fabs(h[i * q->p + j] * v[j]);
        close_to(q->name, "Hessian product", i, hv[i], want, 1e-13, size);
    }
    du_observer_free(o);
}

static void check_problem(const regression *q, const char *folder)
{
    char path[512], message[256];
    table t;
    du_fit fit;
    snprintf(path, sizeof path, "%s/%s.csv", folder, q->name);
    cr_assert_eq(table_read(path, !q->likelihood, &t, message), 0, "%s", message);
    du_data data = { .rows = t.rows, .cols = t.cols, .x = t.x, .y = t.y };
    expectation e = expected(q->name, q->p);
    for (size_t j = 0; j < q->p; j++) cr_assert_eq(q->start[j], e.start[j], "%s: start %zu",
        q->name, j);
    check_start(q, &data, &e);
    cr_assert_eq(du_fit_model(q->model, &data, q->p, q->start, NULL, &fit), DU_OK, "%s", q->name);
    for (size_t j = 0; j < q->p; j++) {
        close_to(q->name, "estimate", j, fit.b[j], e.solution[j], 1e-10, 0.0);
        close_to(q->name, "standard error", j, fit.se[j], e.se[j], 1e-8, 0.0);
    }
    close_to(q->name, "objective", 0, fit.s, e.objective, 1e-11, 0.0);
    du_fit_free(&fit);
    table_free(&t);
}

Test(regressions, base_r)
{
    cr_assert_eq(regression_count, 9);
    for (size_t i = 0; i < regression_count; i++) check_problem(&regressions[i], REGRESSION_DATA);
}

Test(regressions, other_packages)
{
    for (size_t i = 0; i < OTHERS; i++) check_problem(&others[i], TEST_DATA "/regressions");
}

/* R 4: summary(nls(rate ~ Vm*conc/(K + conc), Puromycin, state == "treated")) */
Test(regressions, summary_of_puromycin)
{
    char path[512], message[256], text[4000] = "";
    table t;
    du_fit fit;
    const regression *q = &regressions[0];
    double lo[2], hi[2], c[4];
    snprintf(path, sizeof path, "%s/%s.csv", REGRESSION_DATA, q->name);
    cr_assert_eq(table_read(path, 1, &t, message), 0);
    du_data data = { .rows = t.rows, .cols = t.cols, .x = t.x, .y = t.y };
    cr_assert_eq(du_fit_model(q->model, &data, q->p, q->start, NULL, &fit), DU_OK);
    cr_assert_float_eq(du_fit_ratio(&fit, 0), 30.61, 5e-3);
    cr_assert_float_eq(du_fit_p_value(&fit, 0), 3.24e-11, 1e-13);
    cr_assert_float_eq(du_fit_p_value(&fit, 1), 1.57e-05, 1e-7);
    cr_assert_float_eq(fit.sigma, 10.93, 5e-3);
    cr_assert_eq(du_fit_correlation(&fit, c), DU_OK);
    cr_assert(c[0] == 1.0 && c[3] == 1.0 && c[1] == c[2]);
    cr_assert_float_eq(c[1], 0.7651, 1e-4);
    cr_assert_eq(du_fit_interval(&fit, 0.95, lo, hi), DU_OK);
    cr_assert_float_eq(hi[0] - lo[0], 2.0 * 2.228139 * fit.se[0], 1e-5); /* t(0.975, 10) */
    const double levels[] = { 1.0, 0.0, -0.5, NAN };
    for (int k = 0; k < 4; k++) cr_assert_eq(du_fit_interval(&fit, levels[k], lo, hi), DU_ERANGE);
    FILE *stream = fmemopen(text, sizeof text, "w");
    cr_assert_eq(du_fit_summary(&fit, q->names, stream), DU_OK);
    fclose(stream);
    cr_assert_not_null(strstr(text, "Residual standard error: 10.93 on 10 degrees of freedom"),
        "%s", text);
    cr_assert_not_null(strstr(text, "3.24e-11 ***"), "%s", text);
    cr_assert_eq(du_fit_summary(NULL, NULL, stdout), DU_EINVAL);
    cr_assert(isnan(du_fit_ratio(&fit, 2)));
    du_fit_free(&fit);
    table_free(&t);
}

Test(regressions, normal_intervals_for_a_likelihood)
{
    du_fit fit = { .rows = 5, .p = 1, .likelihood = 1, .b = (double[]){ 1.0 },
        .se = (double[]){ 2.0 } };
    double lo, hi;
    cr_assert_eq(du_fit_interval(&fit, 0.95, &lo, &hi), DU_OK);
    cr_assert_float_eq(hi, 1.0 + 2.0 * 1.959963984540054, 1e-12);
    cr_assert_float_eq(du_fit_p_value(&fit, 0), 0.6170750774519738, 1e-12);
}
