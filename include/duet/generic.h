/* duet/generic.h - one name for every number type: du_add, du_mul, du_sin, ...
 *
 *     du_mul(2, du_exp(x))      x a du_dual, du_dual8, du_jet, du_hyper, du_var, du_var2 or a C number
 *
 * and tensors (tensor.h), elementwise with broadcasting.
 *
 * A thin layer over the plain names (du_dual_mul, du_var_exp): _Generic picks the function by the
 * operands' types, inside a statement expression that binds each operand once, so operands are
 * evaluated once and nested calls stay linear in text. C numbers of any arithmetic type mix freely
 * with one number type; two different number types do not mix (a compile error).
 *
 *     du_add, du_mul (a, b, ...)        two to eight operands, as a + (b + c + ...)
 *     du_sub, du_div (a, b)             du_fma(a, b, c) = a b + c, rounded once (tensors: twice)
 *     du_sin(x), ..., du_pow(a, b), ... every function of rules.def
 *     du_powi(x, n)                     integer power
 *     du_sum(x, n), du_dot(x, y, n), du_norm2(x, n), du_logsumexp(x, n)   arrays of one type
 *     du_polynomial(c, n, x)            c[0] + c[1] x + ..., c of double
 *     du_value(x)                       the value as a double
 *     du_lt le gt ge eq ne (a, b)       compare values, as int
 *     du_where(c, a, b)                 c ? a : b, both evaluated; the other arm contributes nothing
 *     du_constant(T, v)                 the C number v as a T
 * SPDX-License-Identifier: MIT */
#ifndef DU_GENERIC_H
#define DU_GENERIC_H

#include "double.h"
#include "dual.h"
#include "dualn.h"
#include "hyper.h"
#include "jet.h"
#include "tensor.h"
#include "types.h"
#include "var.h"
#include "var2.h"

/* ---- binding: v_ is the operand as written, v the number type or double it stands for ---- */

#define DU_SELF_(t, v, ...) du_##t: (v),
#define DU_ZERO_(t, ...) du_##t: 0.0,
#define DU_NUMBER_(v) \
    _Generic((v), DU_OPERAND_TYPES(DU_SELF_, v) default: (double)_Generic((v), DU_OPERAND_TYPES(DU_ZERO_, ~) default: (v)))
#define DU_BIND_(v, expression) \
    __auto_type v##_ = (expression); __auto_type v = DU_NUMBER_(v##_);

/* ---- dispatch: function designators only, so that no arm has to fit the operands ---- */

#define DU_CASE1_(t, op, ...) du_##t: du_##t##_##op,
#define DU_PICK1_(op, a) _Generic((a), DU_OPERAND_TYPES(DU_CASE1_, op) default: du_double_##op)

#define DU_CASE2_(t, op, b, ...) du_##t: _Generic((b), du_##t: du_##t##_##op, default: du_##t##_##op##_s),
#define DU_CASE2S_(t, op, ...) du_##t: du_##t##_s_##op,
#define DU_PICK2_(op, a, b) \
    _Generic((a), DU_OPERAND_TYPES(DU_CASE2_, op, b) \
             default: _Generic((b), DU_OPERAND_TYPES(DU_CASE2S_, op) default: du_double_##op))(a, b)

/* a lifted to the type of r */
#define DU_LIFT_CASE_(t, a, ...) du_##t: _Generic((a), du_##t: du_##t##_same, default: du_##t##_constant),
#define DU_LIFT_(r, a) _Generic((r), DU_OPERAND_TYPES(DU_LIFT_CASE_, a) default: du_double_same)(a)

/* ---- one and two operands ---- */

#define DU_GENERIC1(op, x) DU_GENERIC1_(op, __COUNTER__, x)
#define DU_GENERIC1_(op, id, x) DU_GENERIC1__(op, id, x)
#define DU_GENERIC1__(op, id, x) \
    __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(op, du_a##id)(du_a##id); })

#define DU_GENERIC2(op, a, b) DU_GENERIC2_(op, __COUNTER__, a, b)
#define DU_GENERIC2_(op, id, a, b) DU_GENERIC2__(op, id, a, b)
#define DU_GENERIC2__(op, id, a, b) \
    __extension__({ DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) DU_PICK2_(op, du_a##id, du_b##id); })

#define F(name)
#define SEL(m, a, b)
#include "rules.def"
#undef F
#undef SEL

#define du_sub(a, b) DU_GENERIC2(sub, a, b)
#define du_div(a, b) DU_GENERIC2(div, a, b)

/* ---- two to eight operands: a + (b + c + ...), so that s = du_add(s, p, q) puts one join on the
 * chain through s, which is what a sweep waits for ---- */

#define DU_COUNT_(a, b, c, d, e, f, g, h, n, ...) n
#define DU_FOLD_(op, n, id, ...) DU_FOLD__(op, n, id, __VA_ARGS__)
#define DU_FOLD__(op, n, id, ...) __extension__({ DU_FOLD##n##_(op, id, __VA_ARGS__) })
#define DU_FOLD2_(op, id, x, y) DU_BIND_(du_a##id, x) DU_BIND_(du_b##id, y) DU_PICK2_(op, du_a##id, du_b##id);
#define DU_FOLD3_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST2_, __VA_ARGS__)
#define DU_FOLD4_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST3_, __VA_ARGS__)
#define DU_FOLD5_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST4_, __VA_ARGS__)
#define DU_FOLD6_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST5_, __VA_ARGS__)
#define DU_FOLD7_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST6_, __VA_ARGS__)
#define DU_FOLD8_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST7_, __VA_ARGS__)
/* the operands after the first, from the left, and the first with their result */
#define DU_REST_(op, id, last, x, ...) \
    DU_BIND_(du_b##id, x) last(op, id, du_b##id, __VA_ARGS__) DU_PICK2_(op, du_a##id, du_r##id);
#define DU_LAST2_(op, id, b, x) DU_BIND_(du_c##id, x) __auto_type du_r##id = DU_PICK2_(op, b, du_c##id);
#define DU_LAST3_(op, id, b, x, ...) DU_STEP_(op, du_d##id, b, x) DU_LAST2_(op, id, du_d##id, __VA_ARGS__)
#define DU_LAST4_(op, id, b, x, ...) DU_STEP_(op, du_e##id, b, x) DU_LAST3_(op, id, du_e##id, __VA_ARGS__)
#define DU_LAST5_(op, id, b, x, ...) DU_STEP_(op, du_f##id, b, x) DU_LAST4_(op, id, du_f##id, __VA_ARGS__)
#define DU_LAST6_(op, id, b, x, ...) DU_STEP_(op, du_g##id, b, x) DU_LAST5_(op, id, du_g##id, __VA_ARGS__)
#define DU_LAST7_(op, id, b, x, ...) DU_STEP_(op, du_h##id, b, x) DU_LAST6_(op, id, du_h##id, __VA_ARGS__)
#define DU_STEP_(op, r, b, x) DU_BIND_(r##_x, x) __auto_type r = DU_PICK2_(op, b, r##_x);

#define du_add(...) DU_FOLD_(add, DU_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~), __COUNTER__, __VA_ARGS__)
#define du_mul(...) DU_FOLD_(mul, DU_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~), __COUNTER__, __VA_ARGS__)

/* ---- three operands and choice: lifted to the type of a + b + c ---- */

#define du_fma(a, b, c) DU_FMA_(__COUNTER__, a, b, c)
#define DU_FMA_(id, a, b, c) DU_FMA__(id, a, b, c)
#define DU_FMA__(id, a, b, c) \
    __extension__({ DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) DU_BIND_(du_c##id, c) \
        __typeof__(DU_PICK2_(add, du_a##id, du_b##id)) *du_p##id = NULL; \
        __typeof__(DU_PICK2_(add, *du_p##id, du_c##id)) *du_r##id = NULL; (void)du_p##id; (void)du_r##id; \
        DU_PICK1_(fma, *du_r##id)(DU_LIFT_(*du_r##id, du_a##id), DU_LIFT_(*du_r##id, du_b##id), \
                                  DU_LIFT_(*du_r##id, du_c##id)); })

#define du_where(c, a, b) DU_WHERE_(__COUNTER__, c, a, b)
#define DU_WHERE_(id, c, a, b) DU_WHERE__(id, c, a, b)
#define DU_WHERE__(id, c, a, b) \
    __extension__({ int du_c##id = !!(c); DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) \
        __typeof__(DU_PICK2_(add, du_a##id, du_b##id)) *du_r##id = NULL; (void)du_r##id; \
        du_c##id ? DU_LIFT_(*du_r##id, du_a##id) : DU_LIFT_(*du_r##id, du_b##id); })

/* ---- values and comparisons ---- */

#define du_value(x) DU_GENERIC1(value, x)
#define du_lt(a, b) (du_value(a) < du_value(b))
#define du_le(a, b) (du_value(a) <= du_value(b))
#define du_gt(a, b) (du_value(a) > du_value(b))
#define du_ge(a, b) (du_value(a) >= du_value(b))
#define du_eq(a, b) (du_value(a) == du_value(b))
#define du_ne(a, b) (du_value(a) != du_value(b))

#define DU_CONSTANT_CASE_(t, ...) du_##t: du_##t##_constant,
#define du_constant(T, v) \
    _Generic(*(T *)0, DU_OPERAND_TYPES(DU_CONSTANT_CASE_, ~) default: du_double_constant)((double)(v))

/* ---- integer power and reductions ---- */

#define du_powi(x, n) DU_POWI_(__COUNTER__, x, n)
#define DU_POWI_(id, x, n) DU_POWI__(id, x, n)
#define DU_POWI__(id, x, n) __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(powi, du_a##id)(du_a##id, (n)); })

#define du_sum(x, n) DU_PICK1_(sum, *(x))(x, n)
#define du_dot(x, y, n) DU_PICK1_(dot, *(x))(x, y, n)
#define du_norm2(x, n) DU_PICK1_(norm2, *(x))(x, n)
#define du_logsumexp(x, n) DU_PICK1_(logsumexp, *(x))(x, n)
#define du_polynomial(c, n, x) DU_POLYNOMIAL_(__COUNTER__, c, n, x)
#define DU_POLYNOMIAL_(id, c, n, x) DU_POLYNOMIAL__(id, c, n, x)
#define DU_POLYNOMIAL__(id, c, n, x) \
    __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(polynomial, du_a##id)((c), (n), du_a##id); })

#endif
