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
 * number, so the layout is the same for every -march. Conventions as in dual.h.
 * SPDX-License-Identifier: MIT */
#ifndef DU_DUALN_COMMON
#define DU_DUALN_COMMON

#include <stddef.h>
#include "real.h"

#if defined(__AVX512F__)
#define DU_NATIVE_LANES 8
#elif defined(__AVX__)
#define DU_NATIVE_LANES 4
#else
#define DU_NATIVE_LANES 2
#endif

typedef double du_vec2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef double du_vec4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef double du_vec8 __attribute__((vector_size(64), aligned(8), may_alias));

#define DU_PASTE_(a, b) a##b
#define DU_PASTE(a, b) DU_PASTE_(a, b)
#define DU_PASTE3_(a, b, c) a##b##c
#define DU_PASTE3(a, b, c) DU_PASTE3_(a, b, c)

#endif

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

#define DU_T DU_PASTE(du_dual, DU_N)
#define DU_(name) DU_PASTE3(DU_T, _, name)

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
#define DU_EACH _Pragma("GCC unroll 32") for (int k = 0; k < DU_P / DU_W; k++)

typedef struct {
    double v;
    DU_V w[DU_P / DU_W];    /* the partials; ((double *)w)[i], or partial and seed below */
} DU_T;

static inline DU_T DU_(constant)(double v)
{
    DU_T r;
    r.v = v;
    DU_EACH r.w[k] = (DU_V){ 0 };
    return r;
}
/* the partial derivative in direction i < N; setting it. (A union with a double d[N] would read
 * better and costs gcc the registers: measured 2.2 times.) */
static inline double DU_(partial)(DU_T a, size_t i) { return ((const double *)a.w)[i]; }
static inline void DU_(seed)(DU_T *a, size_t i, double d) { ((double *)a->w)[i] = d; }
/* value v, partial derivative 1 in direction i < N */
static inline DU_T DU_(independent)(double v, size_t i)
{
    DU_T r = DU_(constant)(v);
    DU_(seed)(&r, i, 1.0);
    return r;
}
static inline double DU_(value)(DU_T a) { return a.v; }

/* the partials with infinite or NaN factor p: one by one, zeros stay zero */
static inline void DU_(times)(DU_T *a, double p)
{
    double *d = (double *)a->w;
    for (int i = 0; i < DU_P; i++) d[i] = d[i] == 0.0 ? 0.0 : p * d[i];
}
static inline DU_T DU_(chain)(DU_T a, double y, double p)
{
    DU_T r;
    r.v = y;
    DU_EACH r.w[k] = p * a.w[k];
    if (DU_UNLIKELY(!__builtin_isfinite(p))) {
        DU_(times)(&a, p);
        a.v = y;
        return a;
    }
    return r;
}
static inline DU_T DU_(chain2_any)(DU_T a, DU_T b, double y, double pa, double pb)
{
    DU_(times)(&a, pa);
    DU_(times)(&b, pb);
    a.v = y;
    DU_EACH a.w[k] += b.w[k];
    return a;
}
static inline DU_T DU_(chain2)(DU_T a, DU_T b, double y, double pa, double pb)
{
    DU_T r;
    r.v = y;
    DU_EACH r.w[k] = pa * a.w[k] + pb * b.w[k];
    return DU_LIKELY(__builtin_isfinite(pa + pb)) ? r : DU_(chain2_any)(a, b, y, pa, pb);
}

static inline DU_T DU_(add)(DU_T a, DU_T b)
{
    a.v += b.v;
    DU_EACH a.w[k] += b.w[k];
    return a;
}
static inline DU_T DU_(sub)(DU_T a, DU_T b)
{
    a.v -= b.v;
    DU_EACH a.w[k] -= b.w[k];
    return a;
}
static inline DU_T DU_(mul)(DU_T a, DU_T b)
{
    DU_T r;
    r.v = a.v * b.v;
    DU_EACH r.w[k] = b.v * a.w[k] + a.v * b.w[k];
    return DU_LIKELY(__builtin_isfinite(r.v)) ? r : DU_(chain2_any)(a, b, r.v, b.v, a.v);
}
/* 1/b is taken once for all partials where that is accurate */
static inline DU_T DU_(div)(DU_T a, DU_T b)
{
    DU_T r;
    double q = 1.0 / b.v;
    r.v = a.v / b.v;
    DU_EACH r.w[k] = (a.w[k] - r.v * b.w[k]) * q;
    return DU_LIKELY(__builtin_isnormal(q) && __builtin_isfinite(r.v))
        ? r : DU_(chain2_any)(a, b, r.v, q, -r.v / b.v);
}
static inline DU_T DU_(fma)(DU_T a, DU_T b, DU_T c)
{
    DU_T r;
    r.v = fma(a.v, b.v, c.v);
    DU_EACH r.w[k] = b.v * a.w[k] + (a.v * b.w[k] + c.w[k]);
    if (DU_LIKELY(__builtin_isfinite(r.v))) return r;
    a = DU_(chain2_any)(a, b, r.v, b.v, a.v);
    DU_EACH a.w[k] += c.w[k];
    return a;
}
static inline DU_T DU_(add_s)(DU_T a, double s)
{
    a.v += s;
    return a;
}
static inline DU_T DU_(div_s)(DU_T a, double s)
{
    double q = 1.0 / s;
    if (DU_LIKELY(__builtin_isnormal(q))) return DU_(chain)(a, a.v / s, q);
    a.v /= s;
    double *d = (double *)a.w;
    for (int i = 0; i < DU_P; i++) d[i] = d[i] == 0.0 ? 0.0 : d[i] / s;
    return a;
}

#define DU_CHAIN(A, y, p, pp) DU_(chain)(A, y, p)
#define DU_CHAIN2(A, B, y, pa, pb, paa, pab, pbb) DU_(chain2)(A, B, y, pa, pb)
#include "number.inc"

#undef DU_P
#undef DU_V
#undef DU_W
#undef DU_EACH
#undef DU_N

#endif
