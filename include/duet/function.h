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
 *     DU_MODEL(decay, b, x, y, y[0] = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));)
 *
 * is a model of one observation. Inside: T, const T *b (n parameters), D, const D *x (its data),
 * T *y (m outputs), ctx. It is also instantiated for eight observations at a time (pack.h); D is then a
 * du_pack, so data go through du_ functions too: du_neg(x[0]), not -x[0]. A model that branches on values, or
 * computes with data in plain C, is a DU_SCALAR_MODEL: it has no packed instances, and everything that
 * takes a model takes it, an observation at a time.
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

/* y[m] = f(x[n]) for each number type, as f_double, f_dual, ... */
typedef struct {
    const char *name;
#define DU_MEMBER_(t, ...) \
    void (*f_##t)(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, ~)
#undef DU_MEMBER_
} du_function;

/* y[m] = f(b[n]; x), x the data of one observation, or of eight; f_pack, ... are NULL in a scalar model */
typedef struct {
    const char *name;
#define DU_MEMBER_(t, D, ...) \
    void (*f_##t)(const du_##t *b, size_t n, const D *x, du_##t *y, size_t m, const void *ctx);
    DU_ALL_TYPES(DU_MEMBER_, double)
    DU_ALL_PACK_TYPES(DU_MEMBER_, du_pack)
#undef DU_MEMBER_
} du_model;

#define DU_UNUSED_ __attribute__((unused))
#define DU_UNPAREN_(...) __VA_ARGS__
#define DU_ENTRY_(t, name, ...) .f_##t = name##_##t,

/* What has no packed instances declares them all the same, so that DU_CALL can name them. */
#define DU_MISSING_FUNCTION_(t, id, ...) void id##_##t(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
#define DU_MISSING_MODEL_(t, id, ...) \
    void id##_##t(const du_##t *b, size_t n, const du_pack *x, du_##t *y, size_t m, const void *ctx);

/* the descriptor alone, for instances that the file form made */
#define DU_FUNCTION_OF(id) \
    DU_ALL_PACK_TYPES(DU_MISSING_FUNCTION_, id) const du_function id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) }
#define DU_SCALAR_MODEL_OF(id) \
    DU_ALL_PACK_TYPES(DU_MISSING_MODEL_, id) const du_model id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) }
#define DU_MODEL_OF(id) \
    const du_model id = { .name = #id, DU_ALL_TYPES(DU_ENTRY_, id) DU_ALL_PACK_TYPES(DU_ENTRY_, id) }
#define DU_DECLARE(id) extern const du_function id
#define DU_DECLARE_MODEL(id) extern const du_model id

#define DU_FUNCTION(id, x, y, ...) \
    DU_ALL_TYPES(DU_FUNCTION_INSTANCE_, id, x, y, (__VA_ARGS__)) DU_FUNCTION_OF(id);
#define DU_FUNCTION_INSTANCE_(t, id, x, y, body, ...) \
    static void id##_##t(DU_UNUSED_ const du_##t *x, DU_UNUSED_ size_t n, DU_UNUSED_ du_##t *y, \
                         DU_UNUSED_ size_t m, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        DU_UNPAREN_ body \
    }

#define DU_MODEL(id, b, x, y, ...) \
    DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_MODEL_INSTANCE_, du_pack, id, b, x, y, (__VA_ARGS__)) DU_MODEL_OF(id);
#define DU_SCALAR_MODEL(id, b, x, y, ...) \
    DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__)) DU_SCALAR_MODEL_OF(id);
#define DU_MODEL_INSTANCE_(t, d, id, b, x, y, body, ...) \
    static void id##_##t(DU_UNUSED_ const du_##t *b, DU_UNUSED_ size_t n, DU_UNUSED_ const d *x, \
                         DU_UNUSED_ du_##t *y, DU_UNUSED_ size_t m, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        typedef DU_UNUSED_ d D; \
        DU_UNPAREN_ body \
    }

/* ---- helpers ---- */

#define DU_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_HELPER_INSTANCE_, du_pack, DU_INLINED_, id, parameters, (__VA_ARGS__))
/* a call with packed numbers as arguments would cost more than most helpers do */
#define DU_INLINED_ __attribute__((always_inline))
#define DU_SCALAR_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_HELPER_MISSING_, du_pack, id, parameters)
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
    _Generic(*(T *)0, DU_TYPES(DU_CALL_CASE_, id) DU_ALL_PACK_TYPES(DU_CALL_CASE_, id) default: id##_double)(__VA_ARGS__)

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
