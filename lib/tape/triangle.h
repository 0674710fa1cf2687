/* lib/tape/triangle.h - y = L x and its pull-back on arrays of doubles, eight rows at a time. L is
 * a diagonal d and the strictly lower triangle by columns: L_10, L_20, ..., L_21, L_31, ...
 * kernels_triangle.inc has the algebra. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_TRIANGLE_H
#define DU_TRIANGLE_H

#include "../base/eights.h"
#include "../base/transpose.h"

/* where column j of a strictly lower triangle of n rows begins; where its entry of row i > j is */
static inline size_t du_column(size_t j, size_t n) { return j * n - j * (j + 1) / 2; }
static inline size_t du_entry_below(size_t i, size_t j, size_t n)
{
    return du_column(j, n) + i - j - 1;
}

/* Rows and columns are divided as eights.h says: the first 1 to 8, called the top, then eights. An
 * eight of columns meets the same eight of rows in a corner: its column k, k < 7, has 7 - k
 * entries. A vector of eight that ends with the last of them begins in the columns before, which
 * exist since the top is not empty. So a corner is loaded by whole vectors of which the lanes k+1
 * ... 7 count. */
#define DU_TIMES_7(...) \
    DU_TIMES_4(0, __VA_ARGS__) DU_TIMES_2(4, __VA_ARGS__) DU_TIMES_1(6, __VA_ARGS__)
/* a in the lanes that count; -0 in the others, which adds nothing, not even to -0 */
static inline du_pack du_corner_lanes(int k, du_pack a)
{
    du_mask below = du_pack_gt(du_pack_of(0, 1, 2, 3, 4, 5, 6, 7), du_pack_constant(k));
    return du_pack_select(below, a, du_pack_constant(-0.0));
}
/* the column's entries, which lie at `entries`, times x */
static inline du_pack du_corner_times(int k, const double *entries, du_pack x)
{
    return du_corner_lanes(k, du_pack_mul(du_pack_load(entries), x));
}

/* a + b x */
static inline du_pack du_add_product(du_pack a, du_pack b, du_pack x)
{
    return du_pack_add(a, du_pack_mul(b, x));
}

/* y = L x. `at` is the index in `lower` of row r of a column. */
static inline void du_triangle_times(const double *diag, const double *lower, const double *x,
                                     double *restrict y, size_t n)
{
    size_t top = du_eights_first(n);
    for (size_t i = 0; i < top; i++) {
        double s = diag[i] * x[i];
        for (size_t j = 0; j < i; j++) s += lower[du_entry_below(i, j, n)] * x[j];
        y[i] = s;
    }
    for (size_t r = top; r < n; r += 8) {
        du_pack s = du_pack_mul(du_pack_load(diag + r), du_pack_load(x + r));
        du_pack corner = du_pack_constant(-0.0);
        size_t at = r - 1;
        for (size_t j = 0; j < r; j++) {
            s = du_add_product(s, du_pack_load(lower + at), du_pack_constant(x[j]));
            at += n - j - 2;
        }
        DU_TIMES_7(du_pack product = du_corner_times(k, lower + at, du_pack_constant(x[r + k]));
                   corner = du_pack_add(corner, product); at += n - (r + k) - 2;)
        du_pack_store(y + r, du_pack_add(s, corner));
    }
}

/* Of a column, whose row r has the index at + r, the rows from `row` on: adds x g to their
 * adjoints, and the entries times g, eight by eight, to the sum returned. */
static inline du_pack du_triangle_column(const double *lower, double *restrict to_lower, size_t at,
                                         const double *g, double x, du_pack sum, size_t row,
                                         size_t n)
{
    for (size_t r = row; r < n; r += 8) {
        double *to = to_lower + (at + r);
        du_pack gr = du_pack_load(g + r);
        sum = du_add_product(sum, du_pack_load(lower + (at + r)), gr);
        du_pack_store(to, du_add_product(du_pack_load(to), du_pack_constant(x), gr));
    }
    return sum;
}

/* The pull-back of a column of eight from j on, the first of which has its row r at `at` + r: adds
 * to the adjoints of diagonal and triangle; s = L'g of these columns. In a corner all adjoints are
 * loaded before the first is stored, and stored last column first: each store mends what the one
 * before it wrote beyond its column. Returns where the next column has its rows. */
static inline size_t du_triangle_sweep_eight(const double *diag, const double *lower,
                                             const double *x, const double *g, double *to_diag,
                                             double *to_lower, double *restrict s, size_t j,
                                             size_t at, size_t n)
{
    du_pack gj = du_pack_load(g + j), to[8], sum[8];
    size_t column[8];
    DU_TIMES_8(0, column[k] = at; at += n - (j + k) - 2;)
    DU_TIMES_7(to[k] = du_pack_load(to_lower + (column[k] + j));
               du_pack product = du_pack_mul(du_pack_constant(x[j + k]), gj);
               to[k] = du_pack_add(to[k], du_corner_lanes(k, product));
               sum[k] = du_corner_times(k, lower + (column[k] + j), gj);)
    DU_TIMES_7(du_pack_store(to_lower + (column[6 - k] + j), to[6 - k]);)
    sum[7] = du_pack_constant(0.0);
    DU_TIMES_8(
        0, sum[k] = du_triangle_column(lower, to_lower, column[k], g, x[j + k], sum[k], j + 8, n);)
    du_pack_store(s + j, du_add_product(du_pack_totals(sum), du_pack_load(diag + j), gj));
    du_pack to_d = du_pack_load(to_diag + j);
    du_pack_store(to_diag + j, du_add_product(to_d, du_pack_load(x + j), gj));
    return at;
}

/* The pull-back, from the adjoints g of y: adds to the adjoints of diagonal and triangle; s = L'g
 * is for the adjoints of x. */
static inline void du_triangle_sweep(const double *diag, const double *lower, const double *x,
                                     const double *g, double *to_diag, double *to_lower,
                                     double *restrict s, size_t n)
{
    const du_pack zero = du_pack_constant(0.0);
    size_t top = du_eights_first(n), at = (size_t)-1;
    for (size_t j = 0; j < top; j++) {
        double t = diag[j] * g[j];
        to_diag[j] += x[j] * g[j];
        for (size_t i = j + 1; i < top; i++) {
            t += lower[at + i] * g[i];
            to_lower[at + i] += x[j] * g[i];
        }
        du_pack below = du_triangle_column(lower, to_lower, at, g, x[j], zero, top, n);
        s[j] = t + du_pack_total(below);
        at += n - j - 2;
    }
    for (size_t j = top; j < n; j += 8)
        at = du_triangle_sweep_eight(diag, lower, x, g, to_diag, to_lower, s, j, at, n);
}

#endif
