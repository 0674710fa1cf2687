/* lib/fit/points.c - values and Jacobian at the last point asked, each computed once.
 * SPDX-License-Identifier: MIT */
#include "points.h"
#include <duet/detail/double.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* parameters up to which values and Jacobian in one pass cost as much as the Jacobian alone */
enum { ONE_PASS = 16 };

int du_points_init(du_points *s)
{
    if (s->n > (size_t)-1 / 64 / (s->p + 1)) return DU_ENOMEM;
    s->f = du_arena_alloc(s->arena, (s->n + 2 * s->p) * sizeof *s->f);
    if (!s->f) return DU_ENOMEM;
    s->at_f = s->f + s->n;
    s->at_j = s->at_f + s->p;
    return DU_OK;
}

/* ---- what is not finite, in words ---- */

static const char *spelt(double v) { return v != v ? "nan" : v > 0.0 ? "inf" : "-inf"; }

/* "output 17 (observation 18)": outputs count from 0, observations from 1 */
typedef struct {
    char text[80];
} output_name;
static output_name name_of(const du_points *s, size_t i)
{
    output_name name;
    if (s->observations) snprintf(name.text, sizeof name, "output %zu (observation %zu)", i, i + 1);
    else snprintf(name.text, sizeof name, "output %zu", i);
    return name;
}

int du_points_name_output(const du_points *s, size_t i, double v)
{
    return du_report_set(s->report, DU_ENONFINITE, "%s is not finite: %s", name_of(s, i).text,
                         spelt(v));
}

static int name_derivative(const du_points *s, size_t i, size_t j)
{
    return du_report_set(
        s->report, DU_ENONFINITE, "%s is not finite; derivative with respect to %s %zu is %s",
        name_of(s, i).text, s->observations ? "parameter" : "input", j, spelt(s->j[i * s->p + j]));
}

static int check_f(const du_points *s)
{
    if (du_real_all_finite(s->f, s->n)) return DU_OK;
    size_t i = 0;
    while (isfinite(s->f[i])) i++;
    return du_points_name_output(s, i, s->f[i]);
}

static int check_j(const du_points *s)
{
    if (du_real_all_finite(s->j, s->n * s->p)) return DU_OK;
    size_t k = 0;
    while (isfinite(s->j[k])) k++;
    return name_derivative(s, k / s->p, k % s->p);
}

/* ---- evaluating ---- */

static int same(const du_points *s, const double *a, const double *b)
{
    return !memcmp(a, b, s->p * sizeof *a);
}

/* Values at a new point, with the Jacobian where so far it was wanted at most points too. */
static int evaluate_f(du_points *s, const double *x)
{
    s->points++;
    s->counted = 0;
    memcpy(s->at_f, x, s->p * sizeof *x);
    int adaptive = s->mode == DU_POINTS_ADAPTIVE && s->j && s->p <= ONE_PASS;
    if (!adaptive || 2 * s->both <= s->points) return s->evaluate(s->owner, x, s->f, NULL);
    s->have_j = 0;
    memcpy(s->at_j, x, s->p * sizeof *x);
    int status = s->evaluate(s->owner, x, s->f, s->j);
    s->have_j = !status && du_real_all_finite(s->j, s->n * s->p);
    return status;
}

int du_points_f(du_points *s, const double *x)
{
    if (s->have_f && same(s, s->at_f, x)) return DU_OK;
    if (s->mode == DU_POINTS_BOTH_ALWAYS) return du_points_j(s, x);
    s->have_f = 0;
    int status = evaluate_f(s, x);
    if (!status) status = check_f(s);
    s->have_f = !status;
    return status;
}

/* The Jacobian at a new point, with the values where they come with it. */
static int evaluate_j(du_points *s, const double *x)
{
    if (!s->j) s->j = du_arena_alloc(s->arena, s->n * s->p * sizeof *s->j);
    if (!s->j) return du_report_status(s->report, DU_ENOMEM);
    memcpy(s->at_j, x, s->p * sizeof *x);
    if (s->mode == DU_POINTS_ADAPTIVE) return s->evaluate(s->owner, x, NULL, s->j);
    s->have_f = 0;
    memcpy(s->at_f, x, s->p * sizeof *x);
    int status = s->evaluate(s->owner, x, s->f, s->j);
    if (!status) status = check_f(s);
    s->have_f = !status;
    return status;
}

int du_points_j(du_points *s, const double *x)
{
    if (s->have_f && !s->counted && same(s, s->at_f, x)) {
        s->both++;
        s->counted = 1;
    }
    if (s->have_j && same(s, s->at_j, x)) return DU_OK;
    s->have_j = 0;
    int status = evaluate_j(s, x);
    if (!status) status = check_j(s);
    s->have_j = !status;
    return status;
}
