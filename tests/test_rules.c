/* tests/test_rules.c - every line of rules.def is a case: at 50 points of its sample domain the
 * generic name, the plain names and all modes agree, first and second derivatives are those of
 * central differences, and a constant operand gives the same by f(A, b), f(a, B) and f(A, B).
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/function.h>
#include <duet/plan.h>
#include <float.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "modes.h"

#define DU_N 5
#include <duet/dualn.h>
#define DU_N 3
#include <duet/dualn.h>

/* du_<type of T>_<op>, as a formula for every type writes a plain name */
#define PLAIN_CASE(t, op, ...) du_##t: du_##t##_##op,
#define PLAIN(op) _Generic(*(T *)0, DU_NUMBER_TYPES(PLAIN_CASE, op) default: du_double_##op)

/* ---- a rule as a function: outputs that must be equal ---- */

enum { ROWS1 = 2, ROWS2 = 8 };

#define DU_UNARY(name, ...) \
    DU_FUNCTION(rule_##name, x[], y[], \
        y[0] = du_##name(x[0]); \
        y[1] = PLAIN(name)(x[0]); \
    )
#define DU_BINARY(name, ...) \
    DU_FUNCTION(rule_##name, x[], y[], \
        const double a = du_value(x[0]); \
        const double b = du_value(x[1]); \
        y[0] = du_##name(x[0], x[1]); \
        y[1] = PLAIN(name)(x[0], x[1]); \
        y[2] = du_##name(x[0], b); \
        y[3] = PLAIN(name##_s)(x[0], b); \
        y[4] = PLAIN(name)(x[0], PLAIN(constant)(b)); \
        y[5] = du_##name(a, x[1]); \
        y[6] = PLAIN(s_##name)(a, x[1]); \
        y[7] = PLAIN(name)(PLAIN(constant)(a), x[1]); \
    )
#include <duet/detail/rules.def>

typedef struct {
    const char *name;
    const du_function *f;
    size_t n, m;            /* arguments; rows */
    double lo[2], hi[2];    /* the sample domain */
} rule;

static const rule rules[] = {
#define DU_UNARY(name, value, first, second, lo, hi) \
    { #name, &rule_##name, 1, ROWS1, { lo }, { hi } },
#define DU_BINARY(name, value, da, db, daa, dab, dbb, alo, ahi, blo, bhi) \
    { #name, &rule_##name, 2, ROWS2, { alo, blo }, { ahi, bhi } },
#include <duet/detail/rules.def>
};
enum { RULES = sizeof rules / sizeof *rules };

/* ---- comparing ---- */

/* representable numbers between a and b */
static uint64_t ulps(double a, double b)
{
    int64_t i, j;
    if (a == b || (a != a && b != b)) return 0;
    if (a != a || b != b) return UINT64_MAX;
    memcpy(&i, &a, sizeof i);
    memcpy(&j, &b, sizeof j);
    if (i < 0) i = INT64_MIN - i;
    if (j < 0) j = INT64_MIN - j;
    return i > j ? (uint64_t)i - (uint64_t)j : (uint64_t)j - (uint64_t)i;
}

static void expect_ulps(const rule *u, const double *x, const char *mode, const char *what,
                        size_t row,
                        double got, double want)
{
    cr_expect(ulps(got, want) <= 4, "%s(%.17g, %.17g), %s, %s, row %zu: %.17g, not %.17g",
        u->name, x[0],
              x[1], mode, what, row, got, want);
}

/* Rows 0 and 1 depend on all arguments, 2 to 4 on the first, 5 to 7 on the second; what they must
 * be is row 0 of the first mode, forward-1, and for second derivatives of the jet. */
static int depends(size_t row, size_t j) { return row < 2 || (row < 5) == (j == 0); }

static void check_modes(const rule *u, const double *x)
{
    result r[MODES];
    double y[M];
    size_t modes = run_modes(u->f, u->n, u->m, x, NULL, r);
    const result *jet = find_mode(r, modes, "jet");
    u->f->f_double(x, u->n, y, u->m, NULL);
    for (size_t row = 0; row < u->m; row++) {
        expect_ulps(u, x, "double", "value", row, y[row], r[0].y[0]);
        for (size_t k = 0; k < modes; k++) {
            expect_ulps(u, x, r[k].mode, "value", row, r[k].y[row], r[0].y[0]);
            for (size_t j = 0; j < u->n; j++) {
                size_t at = row * u->n + j;
                double first = depends(row, j) ? r[0].jac[j] : 0.0;
                expect_ulps(u, x, r[k].mode, j ? "d/db" : "d/da", row, r[k].jac[at], first);
                if (!r[k].has_second) continue;
                double second = depends(row, j) ? jet->second[j] : 0.0;
                expect_ulps(u, x, r[k].mode, j ? "d2/db2" : "d2/da2", row, r[k].second[at], second);
            }
        }
    }
}

/* ---- central differences along a line x + t v ---- */

typedef struct { const rule *u; const double *x, *v; size_t part; } line;
typedef double quantity(const line *l, double t);

static double at(const line *l, size_t j, double t) { return l->x[j] + t * l->v[j]; }

static double value_at(const line *l, double t)
{
    double x[2] = { 0.0 }, y[M];
    for (size_t j = 0; j < l->u->n; j++) x[j] = at(l, j, t);
    l->u->f->f_double(x, l->u->n, y, l->u->m, NULL);
    return y[0];
}

static double dual_at(const line *l, double t, const double *seed)
{
    du_dual x[2], y[M];
    for (size_t j = 0; j < l->u->n; j++) x[j] = (du_dual){ at(l, j, t), seed[j] };
    l->u->f->f_dual(x, l->u->n, y, l->u->m, NULL);
    return y[0].d;
}

static double slope_at(const line *l, double t) { return dual_at(l, t, l->v); }
/* the partial derivative in argument l->part */
static double partial_at(const line *l, double t)
{
    return dual_at(l, t, (double[]){ l->part == 0, l->part == 1 });
}

/* dq/dt at 0: central differences over shrinking steps, extrapolated; the entry with the smallest
 * error estimate (Ridders 1982) */
static double difference(quantity *q, const line *l)
{
    enum { STEPS = 8 };
    double table[STEPS][STEPS], h = 0.004, best = 0.0, error = DBL_MAX;
    for (int i = 0; i < STEPS; i++, h /= 1.5) {
        double factor = 1.0;
        table[i][0] = (q(l, h) - q(l, -h)) / (2.0 * h);
        for (int j = 1; j <= i; j++) {
            factor *= 1.5 * 1.5;
            table[i][j] = table[i][j - 1] + (table[i][j - 1] - table[i - 1][j - 1])
                / (factor - 1.0);
            double e = fmax(fabs(table[i][j] - table[i][j - 1]),
                fabs(table[i][j] - table[i - 1][j - 1]));
            if (e > error) continue;
            error = e;
            best = table[i][j];
        }
    }
    return best;
}

/* to 1e-7 relative; where the derivative is about 0, to the rounding of the differences of a
 * quantity of this magnitude */
static void expect_difference(const line *l, const char *what, double got, double want,
                              double magnitude)
{
    cr_expect(fabs(got - want) <= 1e-7 * fabs(want) + 1e-11 * (1.0 + fabs(magnitude)),
              "%s(%.17g, %.17g) along (%g, %g), %s: %.17g, difference %.17g", l->u->name, l->x[0],
                  l->x[1],
              l->v[0], l->v[1], what, got, want);
}

/* H v by du_var2 */
static void hessian_times(const line *l, double *hv)
{
    du_tape *t = du_tape_new(NULL);
    du_var2 x[2], y[M];
    double g[2];
    cr_assert_eq(du_tape_independents2(t, l->u->n, l->x, l->v, x), DU_OK);
    l->u->f->f_var2(x, l->u->n, y, l->u->m, NULL);
    cr_assert_eq(du_tape_sweep2(t, 1, y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient2(t, l->u->n, x, g, hv), DU_OK);
    du_tape_free(t);
}

static void check_differences(const line *l)
{
    du_jet x[2], y[M];
    double hv[2];
    size_t n = l->u->n;
    for (size_t j = 0; j < n; j++) x[j] = (du_jet){ l->x[j], l->v[j], 0.0 };
    l->u->f->f_jet(x, n, y, l->u->m, NULL);
    expect_difference(l, "first derivative, dual", slope_at(l, 0.0), difference(value_at, l),
        y[0].v);
    expect_difference(l, "second derivative, jet", y[0].dd, difference(slope_at, l), y[0].d);
    hessian_times(l, hv);
    for (size_t j = 0; j < n; j++) {
        line part = { l->u, l->x, l->v, j };
        expect_difference(&part, j ? "(H v)[1], var2" : "(H v)[0], var2", hv[j],
                          difference(partial_at, &part), y[0].d);
    }
}

/* ---- a case a rule ---- */

enum { POINTS = 50 };

static void check_rule(const rule *u)
{
    static const double directions[][2] = { { 1.0, 0.0 }, { 0.0, 1.0 }, { 1.0, -0.5 } };
    for (int i = 0; i < POINTS; i++) {
        double where[2] = { (i + 0.5) / POINTS, fmod((i + 0.5) * 0.61803398874989485, 1.0) },
            x[2] = { 0.0 };
        for (size_t j = 0; j < u->n; j++) x[j] = u->lo[j] + where[j] * (u->hi[j] - u->lo[j]);
        check_modes(u, x);
        for (size_t k = 0; k < (u->n == 1 ? 1 : 3); k++)
            check_differences(&(line){ u, x, directions[k], 0 });
    }
}

static const rule *find(const char *name)
{
    const rule *found = NULL;
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].name, name)) continue;
        cr_expect_null(found, "%s is listed twice", name);
        found = &rules[i];
    }
    return found;
}

#define DU_UNARY(name, ...) Test(rules, name) { check_rule(find(#name)); }
#define DU_BINARY(name, ...) Test(rules, name) { check_rule(find(#name)); }
#include <duet/detail/rules.def>

/* one case a rule, and each rule found by its name */
Test(rules_def, each_visited_once)
{
    size_t visited = 0;
    int visits[RULES] = { 0 };
#define DU_UNARY(name, ...) visited++; visits[find(#name) - rules]++;
#define DU_BINARY(name, ...) visited++; visits[find(#name) - rules]++;
#include <duet/detail/rules.def>
    cr_expect_gt(visited, 0);
    cr_expect_eq(visited, RULES);
    for (size_t i = 0; i < RULES; i++) cr_expect_eq(visits[i], 1, "%s: %d visits", rules[i].name,
        visits[i]);
}

/* ---- any number of directions: du_dual5 and du_dual3 against du_dual ---- */

/* value y and partials d[n]: what in_a says in direction 0 and in_b in direction n - 1 */
static void expect_lanes(const char *name, const char *type, size_t n, double y, const double *d,
                         du_dual in_a, du_dual in_b)
{
    cr_expect(ulps(y, in_a.v) <= 4, "%s, %s: %.17g, not %.17g", name, type, y, in_a.v);
    for (size_t i = 0; i < n; i++) {
        double want = i == 0 ? in_a.d : i == n - 1 ? in_b.d : 0.0;
        cr_expect(ulps(d[i], want) <= 4, "%s, %s, direction %zu: %.17g, not %.17g", name, type, i,
            d[i],
                  want);
    }
}

#define LANES(n, name, r, in_a, in_b) \
    do { \
        double d[n]; \
        du_dual##n s = (r); \
        for (size_t i = 0; i < (n); i++) d[i] = du_dual##n##_partial(s, i); \
        expect_lanes(name, "du_dual" #n, n, du_dual##n##_value(s), d, in_a, in_b); \
    } while (0)

/* one argument: its seed is in direction 0; two: in directions 0 and n - 1 */
#define RULE_N(n, name, a) \
    LANES(n, #name, du_dual##n##_##name(du_dual##n##_independent(a, 0)), \
          du_dual_##name((du_dual){ a, 1.0 }), du_dual_constant(0.0));
#define RULE2_N(n, name, a, b) \
    LANES(n, #name, \
          du_dual##n##_##name(du_dual##n##_independent(a, 0), \
              du_dual##n##_independent(b, (n) - 1)), \
          du_dual_##name((du_dual){ a, 1.0 }, (du_dual){ b, 0.0 }), \
          du_dual_##name((du_dual){ a, 0.0 }, (du_dual){ b, 1.0 }));

#define DU_UNARY(name, value, first, second, lo, hi) \
    static void lanes_##name(void) \
    { \
        const double mid = 0.5 * ((lo) + (hi)) + 0.01; \
        RULE_N(5, name, mid) \
        RULE_N(3, name, mid) \
    }
#define DU_BINARY(name, value, da, db, daa, dab, dbb, alo, ahi, blo, bhi) \
    static void lanes_##name(void) \
    { \
        const double mid_a = 0.5 * ((alo) + (ahi)), mid_b = 0.5 * ((blo) + (bhi)) + 0.01; \
        RULE2_N(5, name, mid_a, mid_b) \
        RULE2_N(3, name, mid_a, mid_b) \
    }
#include <duet/detail/rules.def>

Test(custom_n, every_rule)
{
#define DU_UNARY(name, ...) lanes_##name();
#define DU_BINARY(name, ...) lanes_##name();
#include <duet/detail/rules.def>
}

/* the arithmetic, the seeds and the reductions: f = |(x0 x1, x2/x1, 2 x0)|^2 by hand */
#define ARITHMETIC(n) \
    do { \
        const double a = 2.0, b = 3.0, c = 5.0; \
        du_dual##n x = du_dual##n##_independent(a, 0), y = du_dual##n##_independent(b, 1); \
        du_dual##n z = du_dual##n##_constant(c); \
        du_dual##n##_seed(&z, 2, 1.0); \
        du_dual##n e[3] = { du_dual##n##_mul(x, y), du_dual##n##_div(z, y), \
            du_dual##n##_s_mul(2.0, x) }; \
        du_dual##n f = du_dual##n##_dot(e, e, 3); \
        const double g[] = { 2.0 * a * b * b + 8.0 * a, 2.0 * a * a * b - 2.0 * c * c / \
            (b * b * b), \
                             2.0 * c / (b * b) }; \
        cr_expect_float_eq(du_dual##n##_value(f), a * a * b * b + c * c / (b * b) + 4.0 * a * a, \
            1e-13); \
        for (size_t i = 0; i < (n); i++) \
            cr_expect_float_eq(du_dual##n##_partial(f, i), i < 3 ? g[i] : 0.0, 1e-13, \
                "direction %zu", i); \
    } while (0)

Test(custom_n, arithmetic)
{
    ARITHMETIC(5);
    ARITHMETIC(3);
}
