/* duet/function.h - write once: a formula becomes one plain function per number type and a
 * descriptor that every driver takes.
 *
 *     DU_FUNCTION(sphere, x, y,
 *         T s = du_constant(T, 0.0);
 *         for (size_t i = 0; i < n; i++) s = du_add(s, du_sqr(x[i]));
 *         y[0] = s;
 *     )
 *
 * Inside: T, const T *x, size_t n, T *y, size_t m, const void *ctx.
 *
 *     DU_FIXED_FUNCTION(saddle, 2, x, y, y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
 *
 * is a function of exactly so many inputs, 1 to 16; plans for any other number are DU_EINVAL. Inside, n is that
 * constant. Where it is a straight formula with up to four outputs, gradients and Jacobians compute nothing that is
 * always zero (sparse.h). It may call helpers and fixed functions.
 *
 *     DU_MODEL(decay, b, x, y, y[0] = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));)
 *
 * is a model of one observation. Inside: T, const T *b (n parameters), D, const D *x (its data),
 * T *y (m outputs), ctx. It is also instantiated for eight observations at a time (pack.h); D is then a
 * du_pack, so data go through du_ functions too: du_neg(x[0]), not -x[0]. A model that branches on values, or
 * computes with data in plain C, is a DU_SCALAR_MODEL: it has no packed instances, and everything that
 * takes a model takes it, an observation at a time.
 *
 * Models of up to 16 parameters that are straight formulas get a loop of their own for rows of the Jacobian
 * (sparse.h), in which nothing is computed that is always zero. A loop over a constant count, 16 at most, is
 * straight when the compiler writes it out: DU_UNROLL for (int i = 0; i < 3; i++) ...
 *
 *     DU_HELPER(square_of_sum, (T a, T b), return du_sqr(du_add(a, b));)
 *     ... DU_CALL(square_of_sum, x[0], x[1]) ...
 *
 * makes a subroutine with result T. Up to eight parameters; those of number type start with T or
 * const T, data of a model with D or const D, the others are any C type. DU_SCALAR_HELPER is for those
 * that branch on values or call themselves; a model that calls one is a DU_SCALAR_MODEL.
 *
 * DU_DECLARE(sphere); or DU_DECLARE_MODEL(decay); goes into a header. These macros take no semicolon;
 * they take the names sphere_double, sphere_dual, ... too, and n, m and ctx inside.
 *
 * The macro form suits up to some twenty lines: to the debugger and the compiler's messages the
 * body is one line. Longer models take the file form (instance.h): a file that includes itself once
 * per type, with exact messages and breakpoints, and DU_FUNCTION_OF(name); after it.
 * SPDX-License-Identifier: MIT */
#ifndef DU_FUNCTION_H
#define DU_FUNCTION_H

#include "generic.h"

/* y[m] = f(x[n]) for each number type, as f_double, f_dual, ... Of a fixed function also y and the Jacobian jac[m*n] by
 * sparse.h, m <= DU_SPARSE_OUTPUTS, unless DU_SPARSE is 0: row_sparse returns whether the compiler knew the zeros and
 * all is finite. Where something is not, nothing is written. For m = 0 it tells whether the zeros are known. */
typedef struct {
    const char *name;
    size_t inputs;                  /* of a fixed function; 0 for any number */
    int (*row_sparse)(const double *x, double *y, size_t m, double *jac, const void *ctx);
#define DU_MEMBER_(t, ...) \
    void (*f_##t)(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, ~)
#undef DU_MEMBER_
} du_function;

/* A block of observations for rows_sparse, ...; numbers are doubles or packs */
typedef struct {
    const void *ctx;
    size_t p, m, cols, count;       /* p <= DU_SPARSE_PARTIALS, m <= DU_SPARSE_OUTPUTS */
    const double *b, *x;            /* b[DU_SPARSE_PARTIALS], whatever p; x[count*cols] */
    double *y, *jac;                /* of observation r, y_i to y[r + i*next], dy_i/db_j to jac[(r*m + i)*p + j] */
    size_t next;
} du_block;

/* y[m] = f(b[n]; x), x the data of one observation, or of eight; f_pack, ... are NULL in a scalar model, and so are
 * rows_sparse, rows_pack_sparse (or where DU_SPARSE_MADE leaves them out): a block of observations, or of eights, by
 * sparse.h. They return whether the compiler knew the zeros, of a block of 0 observations too. */
typedef struct {
    const char *name;
#define DU_MEMBER_(t, D, ...) \
    void (*f_##t)(const du_##t *b, size_t n, const D *x, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, double)
    DU_ALL_PACK_TYPES(DU_MEMBER_, du_pack)
#undef DU_MEMBER_
#define DU_MEMBER_(t, ...) int (*rows_##t)(const du_block *block);
    DU_SPARSE_TYPES(DU_MEMBER_, ~)
#undef DU_MEMBER_
} du_model;

/* The sparse instances that are made. They cost compile time: none while DU_SPARSE is defined as 0 (say for models of more
 * parameters), and none over packs of more than two vectors, which gain little. What is not made is declared. */
#ifndef DU_SPARSE
#define DU_SPARSE 1
#endif
#define DU_SPARSE_MADE(X, ...) DU_PASTE(DU_SPARSE_MADE_, DU_SPARSE)(X, __VA_ARGS__)
#define DU_SPARSE_MISSING(X, ...) DU_PASTE(DU_SPARSE_MISSING_, DU_SPARSE)(X, __VA_ARGS__)
#define DU_SPARSE_ALONE(X, ...) DU_PASTE(DU_SPARSE_ALONE_, DU_SPARSE)(X, __VA_ARGS__) /* not over packs */
#define DU_SPARSE_MADE_0(X, ...)
#define DU_SPARSE_MISSING_0(X, ...) DU_SPARSE_TYPES(X, __VA_ARGS__)
#define DU_SPARSE_ALONE_0(X, ...)
#define DU_SPARSE_ALONE_1(X, ...) X(sparse, double, __VA_ARGS__, ~)
#if DU_PACK_VECTORS > 2
#define DU_SPARSE_MADE_1(X, ...) DU_SPARSE_ALONE_1(X, __VA_ARGS__)
#define DU_SPARSE_MISSING_1(X, ...) X(pack_sparse, du_pack, __VA_ARGS__, ~)
#else
#define DU_SPARSE_MADE_1(X, ...) DU_SPARSE_TYPES(X, __VA_ARGS__)
#define DU_SPARSE_MISSING_1(X, ...)
#endif

#define DU_UNROLL _Pragma("GCC unroll 16")
#define DU_UNUSED_ __attribute__((unused))
/* Instances begin on a cache line: where it came to lie, recording one on the tape could cost a third more. */
#define DU_INSTANCE_ static __attribute__((aligned(64))) void
#define DU_UNPAREN_(...) __VA_ARGS__
#define DU_ENTRY_(t, name, ...) .f_##t = name##_##t,

/* What has no packed instances declares them all the same, so that DU_CALL can name them. */
#define DU_MISSING_FUNCTION_(t, d, id, ...) void id##_##t(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
#define DU_MISSING_MODEL_(t, d, id, ...) \
    void id##_##t(const du_##t *b, size_t n, const d *x, du_##t *y, size_t m, const void *ctx);

/* the descriptor alone, for instances that the file form made */
#define DU_FUNCTION_OF(id) DU_DESCRIBED_(id, )
#define DU_DESCRIBED_(id, ...) \
    DU_ALL_PACK_TYPES(DU_MISSING_FUNCTION_, du_pack, id) DU_SPARSE_TYPES(DU_MISSING_FUNCTION_, id) \
    const du_function id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) __VA_ARGS__ }
#define DU_SCALAR_MODEL_OF(id) \
    DU_ALL_PACK_TYPES(DU_MISSING_MODEL_, du_pack, id) DU_SPARSE_TYPES(DU_MISSING_MODEL_, id) \
    const du_model id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) }
#define DU_MODEL_OF(id) \
    DU_SPARSE_MISSING(DU_MISSING_MODEL_, id) DU_UNCHECKED_(DU_SPARSE_MADE(DU_ROWS_, id)) \
    const du_model id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) DU_ALL_PACK_TYPES(DU_ENTRY_, id) DU_SPARSE_MADE(DU_ENTRY_ROWS_, id) }
#define DU_ENTRY_ROWS_(t, D, id, ...) .rows_##t = id##_rows_##t,
/* The parameters are made here, so that the compiler sees their patterns; and the loop is here, so that what depends
 * on parameters alone is computed before it. */
#define DU_ROWS_(t, D, id, ...) \
    static DU_FLATTEN_ int id##_rows_##t(const du_block *block) \
    { \
        const du_block at = *block; \
        const D *b = (const D *)(const void *)at.b, *x = (const D *)(const void *)at.x; \
        D *v = (D *)(void *)at.y, *jac = (D *)(void *)at.jac; \
        unsigned patterns = patterns; /* of the outputs: the same in every iteration where they are known */ \
        du_##t q[DU_SPARSE_PARTIALS]; \
        DU_TIMES_16(0, q[k] = du_##t##_independent(b[k], k);) \
        for (size_t r = 0; r < at.count; r++) { \
            du_##t y[DU_SPARSE_OUTPUTS]; \
            DU_TIMES_4(0, y[k] = du_##t##_constant(0.0);) \
            id##_##t(q, at.p, x + r * at.cols, y, at.m, at.ctx); \
            patterns = 0; \
            DU_TIMES_4(0, \
                patterns |= y[k].pattern; \
                if ((k) < at.m) { \
                    v[r + (k) * at.next] = y[k].v; \
                    du_##t##_put(y[k], at.p, jac); \
                    jac += at.p; \
                }) \
        } \
        return __builtin_constant_p(patterns); \
    }
#define DU_ENTRY_ROW_(t, D, id, ...) .row_##t = id##_row_##t,
#define DU_ROW_(t, D, id, count, ...) \
    static DU_FLATTEN_ int id##_row_##t(const double *x, double *out, size_t m, double *jac, const void *ctx) \
    { \
        unsigned patterns = patterns; /* as above */ \
        if (m) { \
            du_##t q[DU_SPARSE_PARTIALS], y[DU_SPARSE_OUTPUTS]; \
            int finite = 1; \
            DU_TIMES_16(0, q[k] = (k) < (count) ? du_##t##_independent(x[k], k) : du_##t##_constant(0.0);) \
            DU_TIMES_4(0, y[k] = du_##t##_constant(0.0);) \
            id##_##t(q, (count), y, m, ctx); \
            patterns = 0; \
            DU_TIMES_4(0, patterns |= y[k].pattern; finite &= du_##t##_finite(y[k]);) \
            if (!finite) return 0; \
            DU_TIMES_4(0, \
                if ((k) < m) { \
                    out[k] = y[k].v; \
                    du_##t##_put(y[k], (count), jac + (k) * (count)); \
                }) \
        } \
        return __builtin_constant_p(patterns); \
    }
/* Models of more parameters or outputs are compiled like this too, though never run, and gcc sees their indices. */
#ifdef __clang__
#define DU_UNCHECKED_(...) __VA_ARGS__
#define DU_APART_ noinline
#else
#define DU_APART_ noipa
#define DU_UNCHECKED_(...) \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Warray-bounds\"") \
    _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"") __VA_ARGS__ _Pragma("GCC diagnostic pop")
#endif
/* all inlined, and itself nowhere: with its arguments known, everything would be; on a line, as instances are */
#define DU_FLATTEN_ __attribute__((flatten, DU_APART_, aligned(64))) DU_UNUSED_
#define DU_DECLARE(id) extern const du_function id
#define DU_DECLARE_MODEL(id) extern const du_model id

#define DU_FUNCTION(id, x, y, ...) \
    DU_ALL_TYPES(DU_FUNCTION_INSTANCE_, double, id, x, n, y, (__VA_ARGS__)) DU_FUNCTION_OF(id);
/* The count is taken once, where no other name is near. */
#define DU_FIXED_FUNCTION(id, count, x, y, ...) \
    enum { id##_inputs_ = (count) }; \
    _Static_assert(id##_inputs_ + 0 >= 1 && id##_inputs_ + 0 <= DU_SPARSE_PARTIALS + 0, "a fixed function has 1 to 16 inputs"); \
    DU_ALL_TYPES(DU_FUNCTION_INSTANCE_, double, id, x, inputs_, y, (const DU_UNUSED_ size_t n = id##_inputs_; __VA_ARGS__)) \
    DU_UNCHECKED_(DU_SPARSE_ALONE(DU_FUNCTION_INSTANCE_, id, x, inputs_, y, (const DU_UNUSED_ size_t n = id##_inputs_; __VA_ARGS__)) \
                  DU_SPARSE_ALONE(DU_ROW_, id, (id##_inputs_ + 0))) \
    DU_DESCRIBED_(id, .inputs = id##_inputs_, DU_SPARSE_ALONE(DU_ENTRY_ROW_, id));
#define DU_FUNCTION_INSTANCE_(t, D, id, x, n, y, body, ...) \
    DU_INSTANCE_ id##_##t(DU_UNUSED_ const du_##t *x, DU_UNUSED_ size_t n, DU_UNUSED_ du_##t *y, \
                          DU_UNUSED_ size_t m, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        DU_UNPAREN_ body \
    }

#define DU_MODEL(id, b, x, y, ...) \
    DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_MODEL_INSTANCE_, du_pack, id, b, x, y, (__VA_ARGS__)) \
    DU_UNCHECKED_(DU_SPARSE_MADE(DU_MODEL_INSTANCE_, id, b, x, y, (__VA_ARGS__))) DU_MODEL_OF(id);
#define DU_SCALAR_MODEL(id, b, x, y, ...) \
    DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__)) DU_SCALAR_MODEL_OF(id);
#define DU_MODEL_INSTANCE_(t, d, id, b, x, y, body, ...) \
    DU_INSTANCE_ id##_##t(DU_UNUSED_ const du_##t *b, DU_UNUSED_ size_t n, DU_UNUSED_ const d *x, \
                          DU_UNUSED_ du_##t *y, DU_UNUSED_ size_t m, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        typedef DU_UNUSED_ d D; \
        DU_UNPAREN_ body \
    }

/* ---- helpers ---- */

#define DU_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_HELPER_INSTANCE_, du_pack, DU_INLINED_, id, parameters, (__VA_ARGS__)) \
    DU_SPARSE_MADE(DU_HELPER_INSTANCE_, DU_INLINED_, id, parameters, (__VA_ARGS__)) DU_SPARSE_MISSING(DU_HELPER_MISSING_, id, parameters)
/* a call with packed numbers as arguments would cost more than most helpers do */
#define DU_INLINED_ __attribute__((always_inline))
/* declared for all types first, since it may call itself; what calls it when it is flat inlines it */
#define DU_SCALAR_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_DECLARED_, double, id, parameters) DU_SPARSE_ALONE(DU_HELPER_DECLARED_, id, parameters) \
    DU_ALL_PACK_TYPES(DU_HELPER_MISSING_, du_pack, id, parameters) DU_SPARSE_TYPES(DU_HELPER_MISSING_, id, parameters) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_SPARSE_ALONE(DU_HELPER_INSTANCE_, , id, parameters, (__VA_ARGS__))
#define DU_HELPER_DECLARED_(t, d, id, parameters, ...) \
    static inline du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters);
#define DU_HELPER_INSTANCE_(t, d, how, id, parameters, body, ...) \
    static inline how DU_UNUSED_ du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        typedef DU_UNUSED_ d D; \
        DU_UNPAREN_ body \
    }
#define DU_HELPER_MISSING_(t, d, id, parameters, ...) du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters);
#define DU_CALL_CASE_(t, id, ...) du_##t: id##_##t,
#define DU_CALL(id, ...) \
    _Generic(*(T *)0, DU_NUMBER_TYPES(DU_CALL_CASE_, id) DU_PACK_NUMBER_TYPES(DU_CALL_CASE_, id) du_pack: id##_pack, default: id##_double)(__VA_ARGS__)

/* A parameter list with its leading T or D replaced by the instance's type: pasting finds the first word
 * of each parameter (only T, D and const make DU_WORD_... a macro, whose commas shift the choice). */
#define DU_WORD_T ,
#define DU_WORD_const ~,,
#define DU_WORD_D ~,~,,
#define DU_PARAMETER_(type, data, whole) DU_PARAMETER__(type, data, whole, DU_WORD_##whole, 3, 2, 1, 0, ~)
#define DU_PARAMETER__(...) DU_PARAMETER___(__VA_ARGS__)
#define DU_PARAMETER___(type, data, whole, a, b, c, d, e, ...) DU_PARAMETER_##e##_(type, data, whole, b, c, d)
#define DU_PARAMETER_0_(type, data, whole, b, c, d) whole
#define DU_PARAMETER_1_(type, data, whole, b, c, d) type b
#define DU_PARAMETER_2_(type, data, whole, b, c, d) const DU_CONST_PARAMETER_(type, data, c)
#define DU_PARAMETER_3_(type, data, whole, b, c, d) data d
/* what follows const, by the same step (a macro does not expand inside itself) */
#define DU_CONST_PARAMETER_(type, data, rest) DU_CONST_PARAMETER__(type, data, rest, DU_WORD_##rest, 3, 2, 1, 0, ~)
#define DU_CONST_PARAMETER__(...) DU_CONST_PARAMETER___(__VA_ARGS__)
#define DU_CONST_PARAMETER___(type, data, rest, a, b, c, d, e, ...) DU_CONST_PARAMETER_##e##_(type, data, rest, b, d)
#define DU_CONST_PARAMETER_0_(type, data, rest, b, d) rest
#define DU_CONST_PARAMETER_1_(type, data, rest, b, d) type b
#define DU_CONST_PARAMETER_3_(type, data, rest, b, d) data d

#define DU_PARAMETERS_(...) DU_PARAMETERS__(__VA_ARGS__)
#define DU_PARAMETERS__(type, data, ...) \
    (DU_MAP_(DU_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~), type, data, __VA_ARGS__))
#define DU_MAP_(n, ...) DU_MAP__(n, __VA_ARGS__)
#define DU_MAP__(n, ...) DU_MAP_##n##_(__VA_ARGS__)
#define DU_MAP_1_(t, d, a) DU_PARAMETER_(t, d, a)
#define DU_MAP_2_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_1_(t, d, __VA_ARGS__)
#define DU_MAP_3_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_2_(t, d, __VA_ARGS__)
#define DU_MAP_4_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_3_(t, d, __VA_ARGS__)
#define DU_MAP_5_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_4_(t, d, __VA_ARGS__)
#define DU_MAP_6_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_5_(t, d, __VA_ARGS__)
#define DU_MAP_7_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_6_(t, d, __VA_ARGS__)
#define DU_MAP_8_(t, d, a, ...) DU_PARAMETER_(t, d, a), DU_MAP_7_(t, d, __VA_ARGS__)

#endif
