/* duet/dualn.h - forward mode, N directions at once: a value and N partial derivatives.
 *
 *     (v, d[N]): f(v, d) = (f(v), f'(v) d)
 *
 * Included as it is, it defines du_dual4, du_dual8 and du_dual16. For any other N:
 *
 *     #define DU_N 5
 *     #include <duet/dualn.h>
 *     int main(void)
 *     {
 *         du_dual5 x = du_dual5_independent(2.0, 0), y = du_dual5_independent(3.0, 1);
 *         du_dual5 z = du_dual5_mul(x, y);
 *         return du_dual5_partial(z, 0) == 3.0 && du_dual5_partial(z, 1) == 2.0 ? 0 : 1;
 *     }
 *
 * The partials are held as native vectors (8, 4 or 2 doubles by the target), padded to an even
 * number, so the layout is the same for every -march. With DU_OF_PACKS defined too, value and
 * partials are packs (pack.h): du_pack_dual5, eight observations at a time. Conventions as in
 * dual.h.
 * SPDX-License-Identifier: MIT */
#if !defined(DU_N)
#ifndef DU_DUALN_STANDARD
#define DU_DUALN_STANDARD
#define DU_N 4
#include "dualn.h"
#define DU_N 8
#include "dualn.h"
#define DU_N 16
#include "dualn.h"
#endif
#else

#include <stddef.h>
#include "detail/double.h"
#include "detail/native.h"

/* Chunks of partials are vectors DU_V of DU_W lanes, DU_P lanes in all. What multiplies chunk k is
 * DU_AT(p, k): the factor itself, or of a pack the vector that belongs there. */
#ifdef DU_OF_PACKS
#include "pack.h"
#define DU_PACKED
#if DU_N == 1
#define DU_T du_pack_dual
#else
#define DU_T DU_PASTE(du_pack_dual, DU_N)
#endif
#define DU_S du_pack
#define DU_B(name) du_pack_##name
#define DU_P (8 * (DU_N))
#define DU_V du_native
#define DU_W DU_NATIVE_LANES
#define DU_AT(p, k) (p).w[(k) % DU_PACK_VECTORS]
#else
#define DU_T DU_PASTE(du_dual, DU_N)
#define DU_S double
#define DU_B(name) du_double_##name
/* padded count, and the widest native vector that divides it */
#define DU_P ((DU_N + 1) / 2 * 2)
#if DU_NATIVE_LANES >= 8 && (DU_N + 1) / 2 * 2 % 8 == 0
#define DU_V du_vec8
#define DU_W 8
#elif DU_NATIVE_LANES >= 4 && (DU_N + 1) / 2 * 2 % 4 == 0
#define DU_V du_vec4
#define DU_W 4
#else
#define DU_V du_vec2
#define DU_W 2
#endif
#define DU_AT(p, k) (p)
#endif
#define DU_(name) DU_PASTE3(DU_T, _, name)
/* for each chunk k */
#if DU_P / DU_W == 1
#define DU_EACH(...) DU_TIMES_1(0, __VA_ARGS__)
#elif DU_P / DU_W == 2
#define DU_EACH(...) DU_TIMES_2(0, __VA_ARGS__)
#elif DU_P / DU_W == 4
#define DU_EACH(...) DU_TIMES_4(0, __VA_ARGS__)
#elif DU_P / DU_W == 8
#define DU_EACH(...) DU_TIMES_8(0, __VA_ARGS__)
#elif DU_P / DU_W == 16
#define DU_EACH(...) DU_TIMES_16(0, __VA_ARGS__)
#elif DU_P / DU_W == 32
#define DU_EACH(...) DU_TIMES_32(0, __VA_ARGS__)
#else
#define DU_EACH(...) _Pragma("GCC unroll 32") for (int k = 0; k < DU_P / DU_W; k++) { __VA_ARGS__ }
#endif

DU_EXACT_BEGIN
typedef struct {
    DU_S v;
    DU_V w[DU_P / DU_W];    /* the partials; partial and seed below */
} DU_T;

static inline DU_T DU_(lift)(DU_S v)
{
    DU_T r;
    r.v = v;
    DU_EACH(r.w[k] = (DU_V){ 0 };)
    return r;
}
static inline DU_T DU_(constant)(double v) { return DU_(lift)(DU_B(constant)(v)); }
/* the partial derivative in direction i < N; setting it. (A union with a double d[N] would read
 * better and costs gcc the registers: measured 2.2 times.) */
static inline DU_S DU_(partial)(DU_T a, size_t i)
{
    return DU_B(load)((const double *)(const void *)a.w + i * (sizeof(DU_S) / sizeof(double)));
}
static inline void DU_(seed)(DU_T *a, size_t i, double d)
{
    DU_B(store)((double *)(void *)a->w + i * (sizeof(DU_S) / sizeof(double)), DU_B(constant)(d));
}
/* value v, partial derivative 1 in direction i < N */
static inline DU_T DU_(independent)(DU_S v, size_t i)
{
    DU_T r = DU_(lift)(v);
    DU_(seed)(&r, i, 1.0);
    return r;
}
static inline DU_S DU_(value)(DU_T a) { return a.v; }

/* chunk k times p, but zeros stay zero where p is infinite or NaN. By vectors: an index into the
 * partials would keep the number in memory. */
#define DU_STRONG(a, p, k) \
    (DU_V)(((a).w[k] != 0.0) & (__typeof__((a).w[k] != 0.0))(DU_AT(p, k) * (a).w[k]))
static inline DU_T DU_(times)(DU_T a, DU_S y, DU_S p)
{
    a.v = y;
    DU_EACH(a.w[k] = DU_STRONG(a, p, k);)
    return a;
}
static inline DU_T DU_(chain)(DU_T a, DU_S y, DU_S p)
{
    DU_T r;
    r.v = y;
    DU_EACH(r.w[k] = DU_AT(p, k) * a.w[k];)
    return DU_LIKELY(DU_B(all_finite)(p)) ? r : DU_(times)(a, y, p);
}
static inline DU_T DU_(chain2_any)(DU_T a, DU_T b, DU_S y, DU_S pa, DU_S pb)
{
    a.v = y;
    DU_EACH(a.w[k] = DU_STRONG(a, pa, k) + DU_STRONG(b, pb, k);)
    return a;
}
static inline DU_T DU_(chain2)(DU_T a, DU_T b, DU_S y, DU_S pa, DU_S pb)
{
    DU_T r;
    r.v = y;
    DU_EACH(r.w[k] = DU_AT(pa, k) * a.w[k] + DU_AT(pb, k) * b.w[k];)
    return DU_LIKELY(DU_B(all_finite)(DU_B(add)(pa, pb))) ? r : DU_(chain2_any)(a, b, y, pa, pb);
}

static inline DU_T DU_(add)(DU_T a, DU_T b)
{
    a.v = DU_B(add)(a.v, b.v);
    DU_EACH(a.w[k] += b.w[k];)
    return a;
}
static inline DU_T DU_(sub)(DU_T a, DU_T b)
{
    a.v = DU_B(sub)(a.v, b.v);
    DU_EACH(a.w[k] -= b.w[k];)
    return a;
}
static inline DU_T DU_(mul)(DU_T a, DU_T b)
{
    DU_T r;
    r.v = DU_B(mul)(a.v, b.v);
    DU_EACH(r.w[k] = DU_AT(b.v, k) * a.w[k] + DU_AT(a.v, k) * b.w[k];)
    return DU_LIKELY(DU_B(all_finite)(r.v)) ? r : DU_(chain2_any)(a, b, r.v, b.v, a.v);
}
/* 1/b is taken once for all partials where that is accurate */
static inline DU_T DU_(div)(DU_T a, DU_T b)
{
    DU_T r;
    DU_S q = DU_B(inv)(b.v);
    r.v = DU_B(div)(a.v, b.v);
    DU_EACH(r.w[k] = (a.w[k] - DU_AT(r.v, k) * b.w[k]) * DU_AT(q, k);)
    return DU_LIKELY(DU_B(all_normal)(q) && DU_B(all_finite)(r.v))
        ? r : DU_(chain2_any)(a, b, r.v, q, DU_B(div)(DU_B(neg)(r.v), b.v));
}
static inline DU_T DU_(fma)(DU_T a, DU_T b, DU_T c)
{
    DU_T r;
    r.v = DU_B(fma)(a.v, b.v, c.v);
    DU_EACH(r.w[k] = DU_AT(b.v, k) * a.w[k] + (DU_AT(a.v, k) * b.w[k] + c.w[k]);)
    if (DU_LIKELY(DU_B(all_finite)(r.v))) return r;
    a = DU_(chain2_any)(a, b, r.v, b.v, a.v);
    DU_EACH(a.w[k] += c.w[k];)
    return a;
}
static inline DU_T DU_(add_s)(DU_T a, DU_S s)
{
    DU_T r; /* by member, so that gcc keeps it in registers */
    r.v = DU_B(add)(a.v, s);
    DU_EACH(r.w[k] = a.w[k];)
    return r;
}
static inline DU_T DU_(div_s)(DU_T a, DU_S s)
{
    DU_S q = DU_B(inv)(s);
    if (DU_LIKELY(DU_B(all_normal)(q))) return DU_(chain)(a, DU_B(div)(a.v, s), q);
    a.v = DU_B(div)(a.v, s);
    DU_EACH(a.w[k] = (DU_V)((a.w[k] != 0.0) & (__typeof__(a.w[k] != 0.0))(a.w[k] / DU_AT(s, k)));)
    return a;
}
#ifdef DU_PACKED
/* lane by lane; the arm not taken contributes nothing */
static inline DU_T DU_(select)(du_mask m, DU_T a, DU_T b)
{
    a.v = du_pack_select(m, a.v, b.v);
    DU_EACH(a.w[k] = du_native_select(m.w[k % DU_PACK_VECTORS], a.w[k], b.w[k]);)
    return a;
}
#else
static inline DU_T DU_(select)(int c, DU_T a, DU_T b) { return c ? a : b; }
#endif

#define DU_CHAIN(A, y, p, pp) DU_(chain)(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) DU_(chain2)(A, B, y, pa, pb)
#undef DU_S
#undef DU_B
#include "detail/number.inc"
DU_EXACT_END

#undef DU_P
#undef DU_V
#undef DU_W
#undef DU_AT
#undef DU_STRONG
#undef DU_EACH
#undef DU_N
#undef DU_OF_PACKS

#endif
