/* examples/nist_models.c - the formulas of the NIST problems, as the .dat files state them.
 * SPDX-License-Identifier: MIT */
#include "nist_models.h"
#include <duet/function.h>
#include <string.h>

#define PI 3.14159265358979323846

/* a exp(-k x) */
DU_HELPER(decay, (T a, T k, D x), return du_mul(a, du_exp(du_neg(du_mul(x, k))));)
/* a exp(-((x - c)/w)^2) */
DU_HELPER(peak, (T a, T c, T w, D x),
    return du_mul(a, du_exp(du_neg(du_sqr(du_div(du_sub(x, c), w)))));)
/* a cos(2 pi x/t) + b sin(2 pi x/t) */
DU_HELPER(wave, (T a, T b, T t, D x),
    T phase = du_div(du_mul(2.0 * PI, x), t);
    return du_add(du_mul(a, du_cos(phase)), du_mul(b, du_sin(phase)));)
/* c0 + c1 x + ... */
DU_HELPER(series, (T c0, const T *c, size_t n, D x),
    T s = c[n - 1];
    for (size_t i = n - 1; i-- > 0; ) s = du_add(du_mul(s, x), c[i]);
    return du_add(du_mul(s, x), c0);)

DU_MODEL(Bennett5, b[3], x[1], y[1],
    y[0] = du_mul(b[0], du_pow(du_add(b[1], x[0]), du_div(-1.0, b[2])));)
DU_MODEL(Misra1a, b[2], x[1], y[1],
    y[0] = du_mul(b[0], du_sub(1.0, du_exp(du_neg(du_mul(b[1], x[0])))));)
DU_MODEL(Misra1b, b[2], x[1], y[1],
    y[0] = du_mul(b[0], du_sub(1.0, du_powi(du_add(1.0, du_mul(0.5, b[1], x[0])), -2)));)
DU_MODEL(Misra1c, b[2], x[1], y[1],
    y[0] = du_mul(b[0], du_sub(1.0, du_inv(du_sqrt(du_add(1.0, du_mul(2.0, b[1], x[0]))))));)
DU_MODEL(Misra1d, b[2], x[1], y[1],
    T z = du_mul(b[1], x[0]);
    y[0] = du_div(du_mul(b[0], z), du_add(1.0, z));)
DU_MODEL(Chwirut, b[3], x[1], y[1],
    y[0] = du_div(du_exp(du_neg(du_mul(b[0], x[0]))), du_add(b[1], du_mul(b[2], x[0])));)
DU_MODEL(DanWood, b[2], x[1], y[1], y[0] = du_mul(b[0], du_pow(x[0], b[1]));)
DU_MODEL(ENSO, b[9], x[1], y[1],
    y[0] = du_add(b[0], DU_CALL(wave, b[1], b[2], du_constant(T, 12.0), x[0]),
                  DU_CALL(wave, b[4], b[5], b[3], x[0]), DU_CALL(wave, b[7], b[8], b[6], x[0]));)
DU_MODEL(Eckerle4, b[3], x[1], y[1],
    T z = du_div(du_sub(x[0], b[2]), b[1]);
    y[0] = du_mul(du_div(b[0], b[1]), du_exp(du_mul(-0.5, du_sqr(z))));)
DU_MODEL(Gauss, b[8], x[1], y[1],
    y[0] = du_add(DU_CALL(decay, b[0], b[1], x[0]), DU_CALL(peak, b[2], b[3], b[4], x[0]),
                  DU_CALL(peak, b[5], b[6], b[7], x[0]));)
DU_MODEL(Cubics, b[7], x[1], y[1],
    y[0] = du_div(DU_CALL(series, b[0], b + 1, 3, x[0]),
                  DU_CALL(series, du_constant(T, 1.0), b + 4, 3, x[0]));)
DU_MODEL(Kirby2, b[5], x[1], y[1],
    y[0] = du_div(DU_CALL(series, b[0], b + 1, 2, x[0]),
                  DU_CALL(series, du_constant(T, 1.0), b + 3, 2, x[0]));)
DU_MODEL(Lanczos, b[6], x[1], y[1],
    y[0] = du_add(DU_CALL(decay, b[0], b[1], x[0]), DU_CALL(decay, b[2], b[3], x[0]),
                  DU_CALL(decay, b[4], b[5], x[0]));)
DU_MODEL(MGH09, b[4], x[1], y[1],
    y[0] = du_div(du_mul(b[0], du_add(du_sqr(x[0]), du_mul(x[0], b[1]))),
                  du_add(du_sqr(x[0]), du_mul(x[0], b[2]), b[3]));)
DU_MODEL(MGH10, b[3], x[1], y[1],
    y[0] = du_mul(b[0], du_exp(du_div(b[1], du_add(x[0], b[2]))));)
DU_MODEL(MGH17, b[5], x[1], y[1],
    y[0] = du_add(b[0], DU_CALL(decay, b[1], b[3], x[0]), DU_CALL(decay, b[2], b[4], x[0]));)
DU_MODEL(Nelson, b[3], x[2], y[1],
    y[0] = du_sub(b[0], DU_CALL(decay, du_mul(b[1], x[0]), b[2], x[1]));)
DU_MODEL(Rat42, b[3], x[1], y[1],
    y[0] = du_div(b[0], du_add(1.0, du_exp(du_sub(b[1], du_mul(b[2], x[0])))));)
DU_MODEL(Rat43, b[4], x[1], y[1],
    T growth = du_add(1.0, du_exp(du_sub(b[1], du_mul(b[2], x[0]))));
    y[0] = du_div(b[0], du_pow(growth, du_inv(b[3])));)
DU_MODEL(Roszman1, b[4], x[1], y[1],
    T angle = du_atan(du_div(b[2], du_sub(x[0], b[3])));
    y[0] = du_sub(du_sub(b[0], du_mul(b[1], x[0])), du_div(angle, PI));)

const nist_problem nist_problems[] = {
    { "Misra1a", "lower", &Misra1a, 0 },   { "Chwirut2", "lower", &Chwirut, 0 },
    { "Chwirut1", "lower", &Chwirut, 0 },  { "Lanczos3", "lower", &Lanczos, 0 },
    { "Gauss1", "lower", &Gauss, 0 },      { "Gauss2", "lower", &Gauss, 0 },
    { "DanWood", "lower", &DanWood, 0 },   { "Misra1b", "lower", &Misra1b, 0 },
    { "Kirby2", "average", &Kirby2, 0 },   { "Hahn1", "average", &Cubics, 0 },
    { "Nelson", "average", &Nelson, 1 },   { "MGH17", "average", &MGH17, 0 },
    { "Lanczos1", "average", &Lanczos, 0 }, { "Lanczos2", "average", &Lanczos, 0 },
    { "Gauss3", "average", &Gauss, 0 },    { "Misra1c", "average", &Misra1c, 0 },
    { "Misra1d", "average", &Misra1d, 0 }, { "Roszman1", "average", &Roszman1, 0 },
    { "ENSO", "average", &ENSO, 0 },       { "MGH09", "higher", &MGH09, 0 },
    { "Thurber", "higher", &Cubics, 0 },   { "BoxBOD", "higher", &Misra1a, 0 },
    { "Rat42", "higher", &Rat42, 0 },      { "MGH10", "higher", &MGH10, 0 },
    { "Eckerle4", "higher", &Eckerle4, 0 }, { "Rat43", "higher", &Rat43, 0 },
    { "Bennett5", "higher", &Bennett5, 0 },
};
const size_t nist_problem_count = sizeof nist_problems / sizeof *nist_problems;

const nist_problem *nist_find(const char *name)
{
    for (size_t i = 0; i < nist_problem_count; i++)
        if (!strcmp(nist_problems[i].name, name)) return &nist_problems[i];
    return NULL;
}
