/* lib/base/transpose.h - rows of a table to packs and back: eight rows of eight doubles become
 * eight columns. The totals of eight packs at once. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_TRANSPOSE_H
#define DU_TRANSPOSE_H

#include <duet/pack.h>
#include <stddef.h>

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector) && DU_NATIVE_LANES == 8
#define DU_SHUFFLES
#endif
#endif

/* Of two vectors: the even or the odd lanes, the even or the odd pairs, the lower or the upper
 * halves. */
#ifdef DU_SHUFFLES
#define DU_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define DU_HIGH(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define DU_LOW2(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define DU_HIGH2(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define DU_LOW4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define DU_HIGH4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

/* out(j, i) = in(i, j) for i, j < 8; rows of in and out are in_next and out_next doubles apart */
static inline void du_transpose8(const double *in, size_t in_next, double *out, size_t out_next)
{
#ifdef DU_SHUFFLES
    du_vec8 r[8], t[8], u[8];
    DU_TIMES_8(0, r[k] = *(const du_vec8 *)(const void *)(in + k * in_next);)
    DU_TIMES_4(0, t[2 * k] = DU_LOW(r[2 * k], r[2 * k + 1]);
               t[2 * k + 1] = DU_HIGH(r[2 * k], r[2 * k + 1]);)
    DU_TIMES_2(0, u[4 * k] = DU_LOW2(t[4 * k], t[4 * k + 2]);
               u[4 * k + 1] = DU_LOW2(t[4 * k + 1], t[4 * k + 3]);
               u[4 * k + 2] = DU_HIGH2(t[4 * k], t[4 * k + 2]);
               u[4 * k + 3] = DU_HIGH2(t[4 * k + 1], t[4 * k + 3]);)
    DU_TIMES_4(0, *(du_vec8 *)(void *)(out + k * out_next) = DU_LOW4(u[k], u[k + 4]);
               *(du_vec8 *)(void *)(out + (k + 4) * out_next) = DU_HIGH4(u[k], u[k + 4]);)
#else
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++) out[j * out_next + i] = in[i * in_next + j];
#endif
}

/* Packs to columns of a table: the lanes 0 ... rows-1 of pack k, k < cols, become column k. Packs
 * are `step` doubles apart, rows of the table `next`. */
static inline void du_scatter(const double *packs, size_t step, size_t cols, size_t rows,
                              double *out, size_t next)
{
    size_t k = 0;
    for (; rows == 8 && cols >= 8 && k < cols; k += 8) {
        /* the last eight may overlap those before */
        if (k + 8 > cols) k = cols - 8;
        du_transpose8(packs + k * step, step, out + k, next);
    }
    for (; k < cols; k++)
        for (size_t row = 0; row < rows; row++) out[row * next + k] = packs[k * step + row];
}

/* lane k: the sum of the lanes of a[k], in du_pack_total's order */
static inline du_pack du_pack_totals(const du_pack a[8])
{
#ifdef DU_SHUFFLES
    du_vec8 t[4], u[2];
    DU_TIMES_4(0, t[k] = DU_LOW4(a[k].w[0], a[k + 4].w[0]) + DU_HIGH4(a[k].w[0], a[k + 4].w[0]);)
    DU_TIMES_2(0, u[k] = DU_LOW2(t[k], t[k + 2]) + DU_HIGH2(t[k], t[k + 2]);)
    return (du_pack){ { DU_LOW(u[0], u[1]) + DU_HIGH(u[0], u[1]) } };
#else
#define DU_TOTAL(k) du_pack_total(a[k])
    return du_pack_of(DU_TOTAL(0), DU_TOTAL(1), DU_TOTAL(2), DU_TOTAL(3), DU_TOTAL(4), DU_TOTAL(5),
                      DU_TOTAL(6), DU_TOTAL(7));
#undef DU_TOTAL
#endif
}

#undef DU_LOW
#undef DU_HIGH
#undef DU_LOW2
#undef DU_HIGH2
#undef DU_LOW4
#undef DU_HIGH4

#endif
