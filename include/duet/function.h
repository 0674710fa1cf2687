/* duet/function.h - write once: a formula becomes one plain function per number type and a
 * descriptor that every driver takes.
 *
 *     DU_FUNCTION(sphere, x[], y[1],
 *         T s = du_constant(T, 0.0);
 *         for (size_t i = 0; i < n; i++) s = du_add(s, du_sqr(x[i]));
 *         y[0] = s;
 *     )
 *     DU_FUNCTION(saddle, x[2], y[1], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
 *
 * Shapes are written as C writes them; [] is any number. Inside: T, const T x[n], T y[m], size_t n,
 * size_t m, const void *ctx. A driver that is asked for other counts returns DU_ESHAPE and says
 * both numbers; an output that the body leaves unset is DU_ENONFINITE, in words. Where x has a
 * declared count, n is that constant; a straight formula of up to 16 inputs and four outputs then
 * computes nothing that is always zero (detail/straight.h).
 *
 *     DU_MODEL(decay, b[2], x[1], y[1], y[0] = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));)
 *
 * is a model of one observation. Inside: T, const T b[p] (parameters), D, const D x[] (the
 * observation's data), T y[m], size_t p, size_t m, ctx. It is also instantiated for eight
 * observations at a time (pack.h); D is then a du_pack, so data go through du_ functions too:
 * du_neg(x[0]), not -x[0]. A model that branches on values, or computes with data in plain C, is a
 * DU_SCALAR_MODEL: it has no packed instances, and everything that takes a model takes it, an
 * observation at a time. A loop over a constant count, 16 at most, is straight when the compiler
 * writes it out: DU_UNROLL for (int i = 0; i < 3; i++) ...
 *
 *     DU_HELPER(square_of_sum, (T a, T b), return du_sqr(du_add(a, b));)
 *     ... DU_CALL(square_of_sum, x[0], x[1]) ...
 *
 * makes a subroutine with result T. Up to eight parameters; those of number type start with T or
 * const T, data of a model with D or const D, the others are any C type. DU_SCALAR_HELPER is for
 * those that branch on values or call themselves; a model that calls one is a DU_SCALAR_MODEL.
 *
 * DU_DECLARE(sphere); (plan.h) or DU_DECLARE_MODEL(decay); (observe.h) goes into a header. These
 * macros take no semicolon; they take the names sphere_double, sphere_dual, ..., sphere_inputs_
 * too.
 *
 * The macro form suits up to some twenty lines: to the debugger and the compiler's messages the
 * body is one line. Longer models take the file form (instance.h): a file that includes itself once
 * per type, with exact messages and breakpoints, and DU_FUNCTION_OF(name, x[], y[1]); after it.
 *
 * #define DU_STRAIGHT 0 before a formula leaves its straight instances out (compile time).
 * SPDX-License-Identifier: MIT */
#ifndef DU_FUNCTION_H
#define DU_FUNCTION_H

#include "detail/instances.h"
#include "observe.h"
#include "plan.h"

#define DU_UNROLL _Pragma("GCC unroll 16")

#define DU_FUNCTION(id, x, y, ...) \
    DU_FUNCTION_SHAPES_(id, x, y) \
    DU_HIDING_(DU_ALL_TYPES(DU_FUNCTION_INSTANCE_, double, id, x, y, (__VA_ARGS__)) \
               DU_UNCHECKED_(DU_STRAIGHT_ALONE(DU_FUNCTION_INSTANCE_, id, x, y, (__VA_ARGS__)))) \
        DU_DESCRIBE_FUNCTION_(id);

#define DU_MODEL(id, b, x, y, ...) \
    DU_MODEL_SHAPES_(id, b, x, y) \
    DU_HIDING_(DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__)) \
               DU_ALL_PACK_TYPES(DU_IN_A_PACKED_MODEL_use_du_where_du_neg_or_DU_SCALAR_MODEL, \
                                 du_pack, id, b, x, y, (__VA_ARGS__)) \
               DU_UNCHECKED_(DU_STRAIGHT_MADE(DU_MODEL_INSTANCE_, id, b, x, y, (__VA_ARGS__)))) \
    DU_DESCRIBE_MODEL_(id);

#define DU_SCALAR_MODEL(id, b, x, y, ...) \
    DU_MODEL_SHAPES_(id, b, x, y) \
    DU_HIDING_(DU_ALL_TYPES(DU_MODEL_INSTANCE_, double, id, b, x, y, (__VA_ARGS__))) \
    DU_STRAIGHT_TYPES(DU_MISSING_MODEL_, id) DU_DESCRIBE_SCALAR_MODEL_(id);

/* the descriptor alone, for instances that the file form made */
#define DU_FUNCTION_OF(id, x, y) DU_FUNCTION_SHAPES_(id, x, y) DU_DESCRIBE_FUNCTION_(id)
#define DU_MODEL_OF(id, b, x, y) DU_MODEL_SHAPES_(id, b, x, y) DU_DESCRIBE_MODEL_(id)
#define DU_SCALAR_MODEL_OF(id, b, x, y) \
    DU_MODEL_SHAPES_(id, b, x, y) DU_STRAIGHT_ALONE(DU_USED_, id) \
    DU_STRAIGHT_BESIDE(DU_MISSING_MODEL_, id) DU_DESCRIBE_SCALAR_MODEL_(id)

#define DU_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_ALL_PACK_TYPES(DU_HELPER_INSTANCE_, du_pack, DU_INLINED_, id, parameters, (__VA_ARGS__)) \
    DU_STRAIGHT_MADE(DU_HELPER_INSTANCE_, DU_INLINED_, id, parameters, (__VA_ARGS__)) \
    DU_STRAIGHT_MISSING(DU_HELPER_MISSING_, id, parameters)
/* declared for all types first, since it may call itself; what calls it when it is flat inlines it
 */
#define DU_SCALAR_HELPER(id, parameters, ...) \
    DU_ALL_TYPES(DU_HELPER_DECLARED_, double, id, parameters) \
    DU_STRAIGHT_ALONE(DU_HELPER_DECLARED_, id, parameters) \
    DU_ALL_PACK_TYPES(DU_HELPER_MISSING_, du_pack, id, parameters) \
    DU_STRAIGHT_TYPES(DU_HELPER_MISSING_, id, parameters) \
    DU_ALL_TYPES(DU_HELPER_INSTANCE_, double, , id, parameters, (__VA_ARGS__)) \
    DU_STRAIGHT_ALONE(DU_HELPER_INSTANCE_, , id, parameters, (__VA_ARGS__))
/* the instance of the type that T is */
#define DU_CALL(id, ...) \
    _Generic(*(T *)0, DU_NUMBER_TYPES(DU_CALL_CASE_, id) DU_PACK_NUMBER_TYPES(DU_CALL_CASE_, id) \
             du_pack: id##_pack, default: id##_double)(__VA_ARGS__)

/* Q of an observer (observe.h) as a number: a term of a DU_FUNCTION's body for any T over double.
 * For a du_var it is one entry on the tape, with the gradient from du_observe_objective; values are
 * taken the same way. The types of second order and dual numbers evaluate the model in themselves,
 * an observation at a time: a plan of a function with such a term does best in reverse (.mode =
 * DU_REVERSE), which the policy cannot know.
 *
 *     T s = du_total(observer, q);          q: the observer's p parameters, of type T
 *
 * One observer belongs to one thread at a time. Trouble makes a tape's status sticky; other types
 * get NaN. */
#define DU_TOTAL_DECLARE_(t, ...) DU_API du_##t du_##t##_total(du_observer *o, const du_##t *q);
DU_ALL_TYPES(DU_TOTAL_DECLARE_, ~)
#undef DU_TOTAL_DECLARE_
/* By the objective and its gradient; its pattern is known at run time alone, so a function with
 * such a term is not straight. */
DU_API void du_straight_total_to(du_straight *s, du_observer *o, const du_straight *q);
static inline DU_UNUSED_ du_straight du_straight_total(du_observer *o, const du_straight *q)
{
    du_straight s;
    du_straight_total_to(&s, o, q);
    return s;
}
#define DU_TOTAL_CASE_(t, ...) du_##t: du_##t##_total,
#define du_total(o, ...) \
    _Generic(*(__VA_ARGS__), DU_NUMBER_TYPES(DU_TOTAL_CASE_, ~) default: du_double_total)(o, \
        __VA_ARGS__)

#endif
