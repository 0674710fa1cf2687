/* duet/detail/instances.h - how a body becomes one plain function per number type, for function.h.
 * SPDX-License-Identifier: MIT */
#ifndef DU_INSTANCES_H
#define DU_INSTANCES_H

#include <duet/generic.h>
#include "descriptor.h"
#include "shapes.h"

/* Instances begin on a cache line: where it came to lie, recording one on the tape could cost a
 * third more. */
#define DU_INSTANCE_ static __attribute__((aligned(64))) DU_UNUSED_ void
#define DU_UNPAREN_(...) __VA_ARGS__
#define DU_ENTRY_(t, id, ...) .f_##t = id##_##t,

/* The straight instances that are made; what is not made is declared. They cost compile time: none
 * are made while DU_STRAIGHT is defined as 0, and none over packs of more than two vectors, which
 * gain little. */
#ifndef DU_STRAIGHT
#define DU_STRAIGHT 1
#endif
#define DU_STRAIGHT_MADE(X, ...) DU_PASTE(DU_STRAIGHT_MADE_, DU_STRAIGHT)(X, __VA_ARGS__)
#define DU_STRAIGHT_MISSING(X, ...) DU_PASTE(DU_STRAIGHT_MISSING_, DU_STRAIGHT)(X, __VA_ARGS__)
/* not over packs */
#define DU_STRAIGHT_ALONE(X, ...) DU_PASTE(DU_STRAIGHT_ALONE_, DU_STRAIGHT)(X, __VA_ARGS__)
/* what ALONE leaves out */
#define DU_STRAIGHT_BESIDE(X, ...) DU_PASTE(DU_STRAIGHT_BESIDE_, DU_STRAIGHT)(X, __VA_ARGS__)
#define DU_STRAIGHT_BESIDE_0(X, ...) DU_STRAIGHT_TYPES(X, __VA_ARGS__)
#define DU_STRAIGHT_BESIDE_1(X, ...) X(pack_straight, du_pack, __VA_ARGS__, ~)
#define DU_STRAIGHT_MADE_0(X, ...)
#define DU_STRAIGHT_MISSING_0(X, ...) DU_STRAIGHT_TYPES(X, __VA_ARGS__)
#define DU_STRAIGHT_ALONE_0(X, ...)
#define DU_STRAIGHT_ALONE_1(X, ...) X(straight, double, __VA_ARGS__, ~)
#if DU_PACK_VECTORS > 2
#define DU_STRAIGHT_MADE_1(X, ...) DU_STRAIGHT_ALONE_1(X, __VA_ARGS__)
#define DU_STRAIGHT_MISSING_1(X, ...) X(pack_straight, du_pack, __VA_ARGS__, ~)
#else
#define DU_STRAIGHT_MADE_1(X, ...) DU_STRAIGHT_TYPES(X, __VA_ARGS__)
#define DU_STRAIGHT_MISSING_1(X, ...)
#endif

/* The names inside a formula (x, y, n, ...) hide a user's own of file scope, as names do. */
#define DU_HIDING_(...) \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"") __VA_ARGS__ \
    _Pragma("GCC diagnostic pop")

/* ---- one instance ---- */

/* x and y are declarators, x[2] or x[]: the instance's own parameters, so that gcc warns of a
 * constant index beyond. */
#define DU_FUNCTION_INSTANCE_(t, D, id, x, y, body, ...) \
    DU_INSTANCE_ id##_##t(DU_UNUSED_ const du_##t x, DU_UNUSED_ size_t du_n_, DU_UNUSED_ du_##t y, \
                          DU_UNUSED_ size_t du_m_, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        DU_UNUSED_ const size_t n = DU_DECLARED_(id, inputs, du_n_), \
            m = DU_DECLARED_(id, outputs, du_m_); \
        DU_UNPAREN_ body \
    }
#define DU_MODEL_INSTANCE_(t, d, id, b, x, y, body, ...) \
    DU_INSTANCE_ id##_##t(DU_UNUSED_ const du_##t b, DU_UNUSED_ size_t du_p_, \
                          DU_UNUSED_ const d x, DU_UNUSED_ du_##t y, \
                          DU_UNUSED_ size_t du_m_, DU_UNUSED_ const void *ctx) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        typedef DU_UNUSED_ d D; \
        DU_UNUSED_ const size_t p = DU_DECLARED_(id, parameters, du_p_), \
            m = DU_DECLARED_(id, outputs, du_m_); \
        DU_UNPAREN_ body \
    }
/* What a packed model's instances are made by: compilers print this name where a body does what
 * packs cannot. */
#define DU_IN_A_PACKED_MODEL_use_du_where_du_neg_or_DU_SCALAR_MODEL(t, d, id, b, x, y, body, ...) \
    DU_MODEL_INSTANCE_(t, d, id, b, x, y, body, ~)

/* What has no such instances declares them all the same, so that DU_CALL can name them. */
#define DU_MISSING_FUNCTION_(t, d, id, ...) \
    void id##_##t(const du_##t *x, size_t n, du_##t *y, size_t m, const void *ctx);
#define DU_MISSING_MODEL_(t, d, id, ...) \
    void id##_##t(const du_##t *b, size_t p, const d *x, du_##t *y, size_t m, const void *ctx);

/* ---- rows of a Jacobian where the compiler knows the zeros ---- */

/* Whether the compiler knew the pattern of every output. A variable that is set to itself and then
 * by constants alone is a constant to the optimiser; one that depends on what is known at run time
 * only is not. */
#define DU_ZEROS_ARE_KNOWN_(patterns) __builtin_constant_p(patterns)
/* declared counts that straight numbers have room for, or any number of outputs */
#define DU_SUITS_STRAIGHT_(id, inputs) \
    ((size_t)id##_##inputs##_ <= DU_STRAIGHT_PARTIALS \
     && (size_t)id##_outputs_ <= DU_STRAIGHT_OUTPUTS)

/* Inlines everything it calls, so that the compiler sees which partials are zero. Never inlined
 * itself: cloned for constant arguments it would be folded away. Starts on a cache line. */
#define DU_FLATTEN_ __attribute__((flatten, DU_APART_, aligned(64))) DU_UNUSED_
/* Models of more parameters or outputs than declared are compiled like this too, though never run,
 * and gcc sees their indices. */
#ifdef __clang__
#define DU_UNCHECKED_(...) __VA_ARGS__
#define DU_APART_ noinline
#else
#define DU_APART_ noipa
#define DU_UNCHECKED_(...) \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Warray-bounds\"") \
    _Pragma("GCC diagnostic ignored \"-Wstringop-overread\"") \
    _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"") \
        __VA_ARGS__ _Pragma("GCC diagnostic pop")
#endif

/* A function's Jacobian at one point. */
#define DU_ROW_(t, D, id, ...) \
    static DU_FLATTEN_ int id##_row_##t(const double *x, double *out, size_t du_m_, double *jac, \
                                        const void *ctx) \
    { \
        enum { declared = id##_inputs_ }; \
        unsigned patterns = patterns; \
        if (!declared || !DU_SUITS_STRAIGHT_(id, inputs)) return 0; \
        if (du_m_) { \
            const size_t n = declared, m = DU_DECLARED_(id, outputs, du_m_); \
            du_##t q[DU_STRAIGHT_PARTIALS], y[DU_STRAIGHT_OUTPUTS]; \
            int finite = 1; \
            DU_TIMES_16(0, q[k] = (k) < n ? du_##t##_independent(x[k], k) \
                : du_##t##_constant(__builtin_nan("")); /* read past what it was given */) \
            DU_TIMES_4(0, y[k] = du_##t##_unset();) \
            id##_##t(q, n, y, m, ctx); \
            patterns = 0; \
            DU_TIMES_4(0, patterns |= y[k].pattern; if ((k) < m) finite &= du_##t##_finite(y[k]);) \
            if (!finite) return 0; \
            DU_TIMES_4(0, \
                if ((k) < m) { \
                    out[k] = y[k].v; \
                    du_##t##_put(y[k], n, jac + (k) * n); \
                }) \
        } \
        return DU_ZEROS_ARE_KNOWN_(patterns); \
    }
#define DU_ENTRY_ROW_(t, D, id, ...) .row_##t = id##_row_##t,

/* A model's, over a block of observations. The parameters are made here, so that the compiler sees
 * their patterns; and the loop is here, so that what depends on parameters alone is computed before
 * it. */
#define DU_ROWS_(t, D, id, ...) \
    static DU_FLATTEN_ int id##_rows_##t(const du_straight_block *block) \
    { \
        const du_straight_block at = *block; \
        const D *b = (const D *)(const void *)at.b, *x = (const D *)(const void *)at.x; \
        D *v = (D *)(void *)at.y, *jac = (D *)(void *)at.jac; \
        /* of the outputs: the same in every iteration where they are known */ \
        unsigned patterns = patterns; \
        if (!DU_SUITS_STRAIGHT_(id, parameters)) return 0; \
        const size_t p = DU_DECLARED_(id, parameters, at.p), m = DU_DECLARED_(id, outputs, at.m); \
        du_##t q[DU_STRAIGHT_PARTIALS]; \
        DU_TIMES_16(0, q[k] = du_##t##_independent(b[k], k);) \
        for (size_t r = 0; r < at.count; r++) { \
            du_##t y[DU_STRAIGHT_OUTPUTS]; \
            DU_TIMES_4(0, y[k] = du_##t##_unset();) \
            id##_##t(q, p, x + r * at.cols, y, m, at.ctx); \
            patterns = 0; \
            DU_TIMES_4(0, \
                patterns |= y[k].pattern; \
                if ((k) < m) { \
                    v[r + (k) * at.next] = y[k].v; \
                    du_##t##_put(y[k], p, jac); \
                    jac += p; \
                }) \
        } \
        return DU_ZEROS_ARE_KNOWN_(patterns); \
    }
#define DU_ENTRY_ROWS_(t, D, id, ...) .rows_##t = id##_rows_##t,

/* ---- descriptors ---- */

#define DU_DESCRIBE_FUNCTION_(id) \
    DU_ALL_PACK_TYPES(DU_MISSING_FUNCTION_, du_pack, id) \
    DU_STRAIGHT_BESIDE(DU_MISSING_FUNCTION_, id) \
    DU_HIDING_(DU_UNCHECKED_(DU_STRAIGHT_ALONE(DU_ROW_, id))) \
    const du_function id = { .name = #id, .inputs = id##_inputs_, .outputs = id##_outputs_, \
                             DU_ALL_TYPES(DU_ENTRY_, id) DU_STRAIGHT_ALONE(DU_ENTRY_ROW_, id) }
#define DU_MODEL_HEAD_(id) \
    .name = #id, .parameters = id##_parameters_, .columns = id##_columns_, .outputs = id##_outputs_
#define DU_DESCRIBE_SCALAR_MODEL_(id) \
    DU_ALL_PACK_TYPES(DU_MISSING_MODEL_, du_pack, id) \
    const du_model id = { DU_MODEL_HEAD_(id), DU_ALL_TYPES(DU_ENTRY_, id) }
#define DU_DESCRIBE_MODEL_(id) \
    DU_STRAIGHT_MISSING(DU_MISSING_MODEL_, id) \
    DU_HIDING_(DU_UNCHECKED_(DU_STRAIGHT_MADE(DU_ROWS_, id))) \
    const du_model id = { DU_MODEL_HEAD_(id), DU_ALL_TYPES(DU_ENTRY_, id) \
        DU_ALL_PACK_TYPES(DU_ENTRY_, id) \
                          DU_STRAIGHT_MADE(DU_ENTRY_ROWS_, id) }
#define DU_FUNCTION_SHAPES_(id, x, y) DU_SHAPE_(id, inputs, x) DU_SHAPE_(id, outputs, y)
#define DU_MODEL_SHAPES_(id, b, x, y) \
    DU_SHAPE_(id, parameters, b) DU_SHAPE_(id, columns, x) DU_SHAPE_(id, outputs, y)
/* instances of a scalar model that the file form has made and nothing calls */
#define DU_USED_(t, D, id, ...) \
    static inline DU_UNUSED_ void id##_##t##_used_(void) { (void)id##_##t; }

/* ---- helpers ---- */

/* a call with packed numbers as arguments would cost more than most helpers do */
#define DU_INLINED_ __attribute__((always_inline))
#define DU_HELPER_DECLARED_(t, d, id, parameters, ...) \
    static inline du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters);
#define DU_HELPER_INSTANCE_(t, d, how, id, parameters, body, ...) \
    static inline how DU_UNUSED_ du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters) \
    { \
        typedef DU_UNUSED_ du_##t T; \
        typedef DU_UNUSED_ d D; \
        DU_UNPAREN_ body \
    }
#define DU_HELPER_MISSING_(t, d, id, parameters, ...) \
    du_##t id##_##t DU_PARAMETERS_(du_##t, d, DU_UNPAREN_ parameters);
#define DU_CALL_CASE_(t, id, ...) du_##t: id##_##t,

/* A parameter list with its leading T or D replaced by the instance's type: pasting finds the first
 * word of each parameter (only T, D and const make DU_WORD_... a macro, whose commas shift the
 * choice). */
#define DU_WORD_T ,
#define DU_WORD_const ~,,
#define DU_WORD_D ~,~,,
#define DU_PARAMETER_(type, data, whole) \
    DU_PARAMETER__(type, data, whole, DU_WORD_##whole, 3, 2, 1, 0, ~)
#define DU_PARAMETER__(...) DU_PARAMETER___(__VA_ARGS__)
#define DU_PARAMETER___(type, data, whole, a, b, c, d, e, ...) \
    DU_PARAMETER_##e##_(type, data, whole, b, c, d)
#define DU_PARAMETER_0_(type, data, whole, b, c, d) whole
#define DU_PARAMETER_1_(type, data, whole, b, c, d) type b
#define DU_PARAMETER_2_(type, data, whole, b, c, d) const DU_CONST_PARAMETER_(type, data, c)
#define DU_PARAMETER_3_(type, data, whole, b, c, d) data d
/* what follows const, by the same step (a macro does not expand inside itself) */
#define DU_CONST_PARAMETER_(type, data, rest) \
    DU_CONST_PARAMETER__(type, data, rest, DU_WORD_##rest, 3, 2, 1, 0, ~)
#define DU_CONST_PARAMETER__(...) DU_CONST_PARAMETER___(__VA_ARGS__)
#define DU_CONST_PARAMETER___(type, data, rest, a, b, c, d, e, ...) \
    DU_CONST_PARAMETER_##e##_(type, data, rest, b, d)
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
