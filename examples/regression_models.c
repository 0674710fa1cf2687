/* examples/regression_models.c - least squares and maximum likelihood on R's base data sets.
 * SPDX-License-Identifier: MIT */
#include "regression_models.h"

DU_MODEL(michaelis_menten, b[2], x[1], y[1],
    y[0] = du_div(du_mul(b[0], x[0]), du_add(b[1], x[0]));)
DU_MODEL(logistic_growth, b[3], x[1], y[1],
    y[0] = du_div(b[0], du_add(1.0, du_exp(du_div(du_sub(b[1], x[0]), b[2]))));)
DU_MODEL(log_logistic, b[3], x[1], y[1],
    y[0] = du_div(b[0], du_add(1.0, du_exp(du_div(du_sub(b[1], du_log(x[0])), b[2]))));)
DU_MODEL(asymptotic, b[3], x[1], y[1],
    y[0] = du_add(b[0], du_mul(du_sub(b[1], b[0]), du_exp(du_neg(du_mul(x[0], du_exp(b[2]))))));)
DU_MODEL(first_order, b[2], x[1], y[1],
    y[0] = du_neg(du_mul(b[0], du_expm1(du_neg(du_mul(x[0], du_exp(b[1]))))));)
DU_MODEL(linear3, b[4], x[3], y[1],
    y[0] = du_add(b[0], du_mul(b[1], x[0]), du_mul(b[2], x[1]), du_mul(b[3], x[2]));)
LOGIT_MODEL(logit4, 4)
/* exp(eta) - count eta + log count!, eta linear in the five indicators */
DU_MODEL(poisson5, b[6], x[6], y[1],
    T eta = b[0];
    for (size_t j = 0; j < 5; j++) eta = du_add(eta, du_mul(x[j], b[j + 1]));
    y[0] = du_add(du_sub(du_exp(eta), du_mul(x[5], eta)), du_lgamma(du_add(x[5], 1.0)));
)
/* gamma distribution of waiting times, shape b[0], rate b[1] */
DU_MODEL(gamma_density, b[2], x[2], y[1],
    y[0] = du_sub(du_add(du_lgamma(b[0]), du_mul(b[1], x[1])),
                  du_add(du_mul(b[0], du_log(b[1])), du_mul(du_sub(b[0], 1.0), du_log(x[1]))));
)

const regression regressions[] = {
    { "puromycin_treated", "Puromycin: rate = Vm conc/(K + conc), treated cells",
      &michaelis_menten, 0, 2, { "Vm", "K" }, { 205, 0.08 } },
    { "dnase_run1", "DNase: density = Asym/(1 + exp((xmid - log conc)/scal)), run 1",
      &log_logistic, 0, 3, { "Asym", "xmid", "scal" }, { 3, 0, 1 } },
    { "loblolly_301", "Loblolly: height = Asym + (R0 - Asym) exp(-exp(lrc) age), seed 301",
      &asymptotic, 0, 3, { "Asym", "R0", "lrc" }, { 95, -8, -3.2 } },
    { "bod", "BOD: demand = A (1 - exp(-exp(lrc) Time))",
      &first_order, 0, 2, { "A", "lrc" }, { 20, -1.05 } },
    { "orange_tree1", "Orange: circumference = Asym/(1 + exp((xmid - age)/scal)), tree 1",
      &logistic_growth, 0, 3, { "Asym", "xmid", "scal" }, { 150, 700, 350 } },
    { "mtcars_ols", "mtcars: mpg on wt, hp, qsec",
      &linear3, 0, 4, { "(Intercept)", "wt", "hp", "qsec" }, { 0, 0, 0, 0 } },
    { "iris_vv_logit", "iris: virginica or versicolor, logistic regression",
      &logit4, 1, 5,
      { "(Intercept)", "Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width" },
      { 0 } },
    { "insectsprays_poisson", "InsectSprays: counts by spray, Poisson regression",
      &poisson5, 1, 6, { "(Intercept)", "sprayB", "sprayC", "sprayD", "sprayE", "sprayF" },
      { 2, 0, 0, 0, 0, 0 } },
    { "faithful_gamma", "faithful: waiting times, gamma distribution",
      &gamma_density, 1, 2, { "shape", "rate" }, { 20, 0.3 } },
};
const size_t regression_count = sizeof regressions / sizeof *regressions;
