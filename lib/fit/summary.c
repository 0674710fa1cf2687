/* lib/fit/summary.c - what a fit says of itself: intervals, probabilities, R's tables.
 * SPDX-License-Identifier: MIT */
#include <duet/fit.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* DU_OK for a fit with results */
static int usable(const du_fit *fit)
{
    if (fit && fit->b) return DU_OK;
    return fit && fit->status ? fit->status : DU_EINVAL;
}

static double freedom(const du_fit *fit) { return (double)fit->freedom; }

int du_fit_interval(const du_fit *fit, double level, double lo[], double hi[])
{
    if (usable(fit)) return usable(fit);
    if (!lo || !hi) return DU_EINVAL;
    if (!(level > 0.0 && level < 1.0)) return DU_ERANGE;
    if (!fit->likelihood && !fit->freedom) return DU_EROWS;
    double upper = 0.5 + 0.5 * level;
    double k = fit->likelihood ? gsl_cdf_ugaussian_Pinv(upper)
                               : gsl_cdf_tdist_Pinv(upper, freedom(fit));
    for (size_t j = 0; j < fit->p; j++) {
        lo[j] = fit->b[j] - k * fit->se[j];
        hi[j] = fit->b[j] + k * fit->se[j];
    }
    return DU_OK;
}

double du_fit_ratio(const du_fit *fit, size_t j)
{
    return fit && fit->b && j < fit->p ? fit->b[j] / fit->se[j] : (double)NAN;
}

double du_fit_p_value(const du_fit *fit, size_t j)
{
    double t = fabs(du_fit_ratio(fit, j));
    if (t != t || (!fit->likelihood && !fit->freedom)) return (double)NAN;
    return 2.0 * (fit->likelihood ? gsl_cdf_ugaussian_Q(t) : gsl_cdf_tdist_Q(t, freedom(fit)));
}

int du_fit_correlation(const du_fit *fit, double c[])
{
    if (usable(fit)) return usable(fit);
    if (!c) return DU_EINVAL;
    size_t p = fit->p;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            c[i * p + j] = i == j ? 1.0 : fit->covariance[i * p + j] / (fit->se[i] * fit->se[j]);
    return DU_OK;
}

/* ---- printing ---- */

static const char *stars(double p)
{
    return p < 0.001 ? "***" : p < 0.01 ? "**" : p < 0.05 ? "*" : p < 0.1 ? "." : "";
}

static const char *name_of(const char *const names[], size_t j, char buffer[static 32])
{
    if (names) return names[j];
    snprintf(buffer, 32, "b%zu", j);
    return buffer;
}

static int print_quantiles(const du_fit *fit, FILE *out)
{
    double *r = malloc(fit->rows * sizeof *r);
    if (!r) return DU_ENOMEM;
    memcpy(r, fit->residuals, fit->rows * sizeof *r);
    for (size_t i = 0; i < fit->rows; i++) r[i] = -r[i]; /* R's residuals are observed - model */
    gsl_sort(r, 1, fit->rows);
    fprintf(out, "Residuals:\n%12s%12s%12s%12s%12s\n", "Min", "1Q", "Median", "3Q", "Max");
    for (int k = 0; k <= 4; k++)
        fprintf(out, "%12.5g", gsl_stats_quantile_from_sorted_data(r, 1, fit->rows, 0.25 * k));
    fprintf(out, "\n\n");
    free(r);
    return DU_OK;
}

static void print_coefficients(const du_fit *fit, const char *const names[], FILE *out)
{
    char buffer[32];
    const char *letter = fit->likelihood ? "z" : "t";
    fprintf(out, "%s:\n%-14s%14s%14s%9s%s%12s%s%s\n",
            fit->likelihood ? "Coefficients" : "Parameters", "", "Estimate", "Std. Error", letter,
            " value", "Pr(>|", letter, "|)");
    for (size_t j = 0; j < fit->p; j++) {
        double p = du_fit_p_value(fit, j);
        fprintf(out, "%-14s%14.6e%14.6e%15.3f%15.3g %s\n", name_of(names, j, buffer), fit->b[j],
                fit->se[j], du_fit_ratio(fit, j), p, stars(p));
    }
    fprintf(out, "---\nSignif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1\n\n");
}

static void print_correlation(const du_fit *fit, const char *const names[], FILE *out)
{
    char buffer[32];
    if (fit->p < 2) return;
    fprintf(out, "Correlation of Parameter Estimates:\n%-14s", "");
    for (size_t j = 0; j + 1 < fit->p; j++) fprintf(out, "%9.8s", name_of(names, j, buffer));
    for (size_t i = 1; i < fit->p; i++) {
        fprintf(out, "\n%-14s", name_of(names, i, buffer));
        for (size_t j = 0; j < i; j++)
            fprintf(out, "%9.4f", fit->covariance[i * fit->p + j] / (fit->se[i] * fit->se[j]));
    }
    fprintf(out, "\n\n");
}

int du_fit_summary(const du_fit *fit, const char *const names[], FILE *out)
{
    if (usable(fit)) return usable(fit);
    if (!out) return DU_EINVAL;
    if (!fit->likelihood) {
        int status = print_quantiles(fit, out);
        if (status) return status;
    }
    print_coefficients(fit, names, out);
    if (fit->likelihood)
        fprintf(out, "Log-likelihood: %.10g on %zu parameters, AIC: %.7g\n", -fit->s, fit->p,
                2.0 * fit->s + 2.0 * (double)fit->p);
    else
        fprintf(out, "Residual standard error: %.4g on %zu degrees of freedom\n", fit->sigma,
                fit->freedom);
    size_t iterations = fit->likelihood ? fit->iterations : fit->iterations + fit->newton;
    fprintf(out, "Number of iterations to convergence: %zu\n\n", iterations);
    print_correlation(fit, names, out);
    return DU_OK;
}
