/* lib/tape/triangle.h - y = L x and its pull-back, L a diagonal and a strictly lower triangle by columns, of doubles, eight
 * rows at a time. SPDX-License-Identifier: MIT */
#ifndef DU_TRIANGLE_H
#define DU_TRIANGLE_H

#include "../base/eights.h"
#include "../base/transpose.h"

/* where column j begins in a strictly lower triangle of n by columns; where its entry of row i > j is */
static inline size_t du_column(size_t j, size_t n) { return j * n - j * (j + 1) / 2; }
static inline size_t du_entry_below(size_t i, size_t j, size_t n) { return du_column(j, n) + i - j - 1; }

/* Rows and columns after the first, the top, go by eights (eights.h). In the corner, the eight by eight on the diagonal,
 * column k has 7 - k numbers, k < 7: the last lanes of a vector whose others belong to columns before. There are such,
 * since the top is not empty. Lanes k+1 ... 7 count. */
#define DU_TIMES_7(...) DU_TIMES_4(0, __VA_ARGS__) DU_TIMES_2(4, __VA_ARGS__) DU_TIMES_1(6, __VA_ARGS__)
static inline du_pack du_triangle_below(int k, du_pack a)
{
    du_mask below = du_pack_gt(du_pack_of(0, 1, 2, 3, 4, 5, 6, 7), du_pack_constant(k));
    return du_pack_select(below, a, du_pack_constant(-0.0)); /* which adds nothing, not even to -0 */
}

/* `at` is the index of row i or r of a column, of row 0 (were there one) in the sweep */
static inline void du_triangle_times(const double *diag, const double *lower, const double *x, double *restrict y, size_t n)
{
    size_t top = du_eights_first(n);
    for (size_t i = 0; i < top; i++) {
        double s = diag[i] * x[i];
        for (size_t j = 0; j < i; j++) s += lower[du_entry_below(i, j, n)] * x[j];
        y[i] = s;
    }
    for (size_t r = top; r < n; r += 8) {
        du_pack s = du_pack_mul(du_pack_load(diag + r), du_pack_load(x + r)), corner = du_pack_constant(-0.0);
        size_t at = r - 1;
        for (size_t j = 0; j < r; j++) {
            s = du_pack_add(s, du_pack_mul(du_pack_load(lower + at), du_pack_constant(x[j])));
            at += n - j - 2;
        }
        DU_TIMES_7(
            du_pack product = du_pack_mul(du_pack_load(lower + at), du_pack_constant(x[r + k]));
            corner = du_pack_add(corner, du_triangle_below(k, product));
            at += n - (r + k) - 2;)
        du_pack_store(y + r, du_pack_add(s, corner));
    }
}

/* lower value times g over a column's rows below `row`, added up eight by eight; to += x g */
static inline du_pack du_triangle_column(const double *lower, double *restrict to, size_t at, const double *g, double x,
                                         du_pack sum, size_t row, size_t n)
{
    for (size_t r = row; r < n; r += 8) {
        du_pack gr = du_pack_load(g + r);
        sum = du_pack_add(sum, du_pack_mul(du_pack_load(lower + (at + r)), gr));
        du_pack_store(to + (at + r), du_pack_add(du_pack_load(to + (at + r)), du_pack_mul(du_pack_constant(x), gr)));
    }
    return sum;
}
/* The adjoints g of y to those of the diagonal and of the triangle; s = L'g. In a corner all adjoints are loaded
 * before the first is stored, and stored last column first: each store mends what the one before wrote beyond its column. */
static inline void du_triangle_sweep(const double *diag, const double *lower, const double *x, const double *g,
                                     double *to_diag, double *to_lower, double *restrict s, size_t n)
{
    size_t top = du_eights_first(n), at = (size_t)-1;
    for (size_t j = 0; j < top; j++) {
        double t = diag[j] * g[j];
        to_diag[j] += x[j] * g[j];
        for (size_t i = j + 1; i < top; i++) {
            t += lower[at + i] * g[i];
            to_lower[at + i] += x[j] * g[i];
        }
        s[j] = t + du_pack_total(du_triangle_column(lower, to_lower, at, g, x[j], du_pack_constant(0.0), top, n));
        at += n - j - 2;
    }
    for (size_t j = top; j < n; j += 8) {
        du_pack gj = du_pack_load(g + j), to[8], sum[8];
        size_t column[8];
        DU_TIMES_8(0, column[k] = at; at += n - (j + k) - 2;)
        DU_TIMES_7(
            to[k] = du_pack_load(to_lower + (column[k] + j));
            to[k] = du_pack_add(to[k], du_triangle_below(k, du_pack_mul(du_pack_constant(x[j + k]), gj)));
            sum[k] = du_triangle_below(k, du_pack_mul(du_pack_load(lower + (column[k] + j)), gj));)
        DU_TIMES_7(du_pack_store(to_lower + (column[6 - k] + j), to[6 - k]);)
        sum[7] = du_pack_constant(0.0);
        DU_TIMES_8(0, sum[k] = du_triangle_column(lower, to_lower, column[k], g, x[j + k], sum[k], j + 8, n);)
        du_pack_store(s + j, du_pack_add(du_pack_totals(sum), du_pack_mul(du_pack_load(diag + j), gj)));
        du_pack_store(to_diag + j, du_pack_add(du_pack_load(to_diag + j), du_pack_mul(du_pack_load(x + j), gj)));
    }
}
#endif
