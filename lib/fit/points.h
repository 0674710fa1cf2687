/* lib/fit/points.h - values and Jacobian at the last point asked, each computed once. Solvers ask
 * for both at one point through separate callbacks, and often twice. Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_POINTS_H
#define DU_POINTS_H

#include "../base/arena.h"
#include "../base/message.h"

/* n outputs of p inputs, which are GSL's letters. At x[p]: values to f[n], Jacobian to j[n*p],
 * row-major; either may be NULL. Returns a status; the report has a failure in words. */
typedef int du_points_evaluate(void *owner, const double *x, double *f, double *j);

/* How values and Jacobian go together.
 * Adaptive: J does not come with f. A solver whose steps are mostly accepted wants J wherever it
 * wanted f: then f asked at a new point computes both in one pass, which costs as much as J alone.
 * Both with J: J comes with f, but f alone is cheaper. Both always: f alone is never computed. */
typedef enum { DU_POINTS_ADAPTIVE, DU_POINTS_BOTH_WITH_J, DU_POINTS_BOTH_ALWAYS } du_points_mode;

typedef struct {
    du_points_evaluate *evaluate;
    void *owner; /* handed to evaluate */
    du_points_mode mode;
    int observations; /* outputs are observations, and inputs parameters: for words */
    size_t n, p;
    du_arena *arena;
    du_report *report;
    double *f, *j;       /* f[n]; j[n*p], allocated at its first use: not all ask for it */
    double *at_f, *at_j; /* [p]: the points they are at */
    int have_f, have_j;  /* they are complete and finite */
    size_t points, both; /* points f was asked at, and of them those J was asked at too */
    int counted;         /* the last of these points is among the latter */
} du_points;

/* Takes the members above have_f but f, j, at_f and at_j, and allocates f, at_f and at_j:
 * DU_OK or DU_ENOMEM. */
int du_points_init(du_points *s);
/* s->f or s->j at x[p]. A number that is not finite is DU_ENONFINITE, and the report says which
 * output, and which derivative of it. */
int du_points_f(du_points *s, const double *x);
int du_points_j(du_points *s, const double *x);
/* DU_ENONFINITE: output i is v */
int du_points_name_output(const du_points *s, size_t i, double v);

#endif
