/* lib/plan/check.c - comparing derivatives with each other and with differences.
 * SPDX-License-Identifier: MIT */
#include <duet/check.h>
#include <duet/detail/descriptor.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const du_function *f;
    size_t n, m;
    const double *x;
    const void *ctx;
    double *forward, *reverse;    /* [m*n] */
    double *y, *point, *v, *w;    /* [m], [n], [n], [m] */
    double *jv, *wj, *high, *low; /* [m], [n], [m], [m] */
} workspace;

static size_t total_doubles(size_t n, size_t m) { return 2 * m * n + 3 * n + 5 * m; }

static void divide_block(workspace *s, double *block)
{
    double **parts[] = { &s->forward, &s->reverse, &s->y,  &s->point, &s->v,
                         &s->w,       &s->jv,      &s->wj, &s->high,  &s->low };
    size_t n = s->n, m = s->m, sizes[] = { m * n, m * n, m, n, n, m, m, n, m, m };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; block += sizes[i], i++) *parts[i] = block;
}

/* a fixed sequence in [-1, 1], so that a check gives the same report each time */
static double pseudo_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 8388608.0 - 1.0;
}

static double row_largest(const double *row, size_t n)
{
    double most = 0.0;
    for (size_t j = 0; j < n; j++)
        if (!(fabs(row[j]) <= most)) most = fabs(row[j]);
    return most;
}

static int jacobian(workspace *s, du_mode mode, double *jac)
{
    du_plan *p = du_plan_jacobian(s->f, s->n, s->m,
                                  &(du_plan_options){ .ctx = s->ctx, .mode = mode });
    int status = du_run_jacobian(p, s->x, s->y, jac);
    du_plan_free(p);
    return status;
}

static void compare_modes(const workspace *s, du_check_report *r)
{
    for (size_t i = 0; i < s->m; i++) {
        double scale = row_largest(s->forward + i * s->n, s->n);
        for (size_t j = 0; j < s->n && scale > 0.0; j++)
            r->modes = fmax(r->modes,
                            fabs(s->forward[i * s->n + j] - s->reverse[i * s->n + j]) / scale);
        if (scale == 0.0) r->modes = fmax(r->modes, row_largest(s->reverse + i * s->n, s->n));
    }
}

static int compare_directions(workspace *s, du_check_report *r)
{
    unsigned state = 20250101u;
    for (size_t j = 0; j < s->n; j++) s->v[j] = pseudo_random(&state);
    for (size_t i = 0; i < s->m; i++) s->w[i] = pseudo_random(&state);
    int status = du_jvp(s->f, s->n, s->m, s->x, s->v, s->ctx, s->y, s->jv);
    if (!status) status = du_vjp(s->f, s->n, s->m, s->x, s->w, s->ctx, s->y, s->wj);
    double left = 0.0, right = 0.0, size = 0.0;
    for (size_t i = 0; i < s->m && !status; i++) {
        left += s->w[i] * s->jv[i];
        for (size_t j = 0; j < s->n; j++)
            size += fabs(s->w[i] * s->forward[i * s->n + j] * s->v[j]);
    }
    for (size_t j = 0; j < s->n && !status; j++) right += s->wj[j] * s->v[j];
    r->directions = size > 0.0 ? fabs(left - right) / size : fabs(left - right);
    return status;
}

static double central(workspace *s, size_t i, size_t j, double h)
{
    memcpy(s->point, s->x, s->n * sizeof *s->x);
    volatile double up = s->x[j] + h, down = s->x[j] - h;
    s->point[j] = up;
    s->f->f_double(s->point, s->n, s->high, s->m, s->ctx);
    s->point[j] = down;
    s->f->f_double(s->point, s->n, s->low, s->m, s->ctx);
    return (s->high[i] - s->low[i]) / (up - down);
}

/* Ridders' method: Neville's tableau over steps shrinking by 1.4; the error is the smallest change
 * between neighbours, at least the rounding of the values over the step. */
enum { TABLEAU = 8 };
static double ridders(workspace *s, size_t i, size_t j, double *error)
{
    double a[TABLEAU][TABLEAU], h = 0.03 * fmax(fabs(s->x[j]), 0.1), best = 0.0;
    for (int k = 0; k < 40 && !isfinite(central(s, i, j, h)); k++)
        h /= 4.0; /* back into the domain */
    *error = INFINITY;
    for (int c = 0; c < TABLEAU; c++, h /= 1.4) {
        double factor = 1.96;
        a[0][c] = central(s, i, j, h);
        double rounding = 4.0 * DBL_EPSILON * fmax(fabs(s->high[i]), fabs(s->low[i])) / h;
        if (c == 0) best = a[0][0];
        for (int k = 1; k <= c; k++, factor *= 1.96) {
            a[k][c] = (a[k - 1][c] * factor - a[k - 1][c - 1]) / (factor - 1.0);
            double change = fmax(fabs(a[k][c] - a[k - 1][c]), fabs(a[k][c] - a[k - 1][c - 1]))
                + rounding;
            if (change < *error) {
                *error = change;
                best = a[k][c];
            }
        }
    }
    return best;
}

static void compare_differences(workspace *s, du_check_report *r)
{
    for (size_t i = 0; i < s->m; i++) {
        double scale = row_largest(s->forward + i * s->n, s->n);
        for (size_t j = 0; j < s->n; j++) {
            double error, d = ridders(s, i, j, &error), exact = s->forward[i * s->n + j];
            double off = fabs(exact - d) / (10.0 * error + 1e-8 * scale + DBL_MIN);
            if (off != off) off = INFINITY; /* no step stays in the domain */
            if (off <= r->differences) continue;
            r->differences = off;
            r->output = i;
            r->input = j;
            r->exact = exact;
            r->difference = d;
            r->error_estimate = error;
        }
    }
}

/* DU_ENONFINITE, with its place, for the first value or derivative that is not finite */
static int check_finite(const workspace *s, du_check_report *r)
{
    for (size_t i = 0; i < s->m; i++) {
        if (isfinite(s->y[i])) continue;
        r->output = i;
        r->exact = s->y[i];
        return DU_ENONFINITE;
    }
    for (size_t k = 0; k < s->m * s->n; k++) {
        if (isfinite(s->forward[k]) && isfinite(s->reverse[k])) continue;
        r->output = k / s->n;
        r->input = k % s->n;
        r->exact = s->forward[k];
        return DU_ENONFINITE;
    }
    return DU_OK;
}

static int compare(workspace *s, du_check_report *r)
{
    int status = jacobian(s, DU_FORWARD, s->forward);
    if (!status) status = jacobian(s, DU_REVERSE, s->reverse);
    if (!status) status = check_finite(s, r);
    if (status) return status;
    compare_modes(s, r);
    status = compare_directions(s, r);
    if (status) return status;
    compare_differences(s, r);
    return r->modes <= 1e-10 && r->directions <= 1e-10 && r->differences <= 1.0 ? DU_OK
                                                                                : DU_EMISMATCH;
}

int du_check(const du_function *f, size_t n, size_t m, const double x[], const void *ctx,
             du_check_report *report)
{
    if (!f || !x || n == 0 || m == 0) return DU_EINVAL;
    workspace s = { .f = f, .n = n, .m = m, .x = x, .ctx = ctx };
    du_check_report r = { .status = DU_OK };
    double *block = calloc(total_doubles(n, m), sizeof *block);
    if (!block) return DU_ENOMEM;
    divide_block(&s, block);
    r.status = compare(&s, &r);
    free(block);
    if (report) *report = r;
    return r.status;
}

void du_check_print(const du_check_report *r, FILE *stream)
{
    if (!r || !stream) return;
    fprintf(stream, "derivative check: %s\n", du_strerror(r->status));
    fprintf(stream, "  forward against reverse: %.2g of the row's largest entry\n", r->modes);
    fprintf(stream, "  <w, Jv> against <J'w, v>: %.2g\n", r->directions);
    fprintf(stream,
            "  worst against differences: output %zu, input %zu: exact %.17g, "
            "difference %.17g +- %.1g\n",
            r->output, r->input, r->exact, r->difference, r->error_estimate);
}
