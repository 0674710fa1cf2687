/* duet/generic.h - one name for every number type: du_add, du_mul, du_sin, ...
 *
 *     du_mul(2, du_exp(x))      x a du_dual, du_dual8, du_jet, du_hyper, du_var, du_var2, one of
 *                               their packed forms (pack.h), or a C number
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
 *     du_polynomial(c, n, x)            c[0] + c[1] x + ..., c of double
 *     du_value(x)                       the value as a double; of packed types as a du_pack
 *     du_lt le gt ge eq ne (a, b)       compare values, as int; of packed types as a du_mask
 *     du_where(c, a, b)                 c ? a : b, both evaluated; the other arm adds nothing
 *     du_and, du_or, du_not             of conditions, so that they may be masks
 *     du_constant(T, v)                 the C number v as a T
 *
 * Kernels on arrays of one type, where one operand may be an array of values (data); on a tape they
 * are one entry each (arrays of double among packed variables: one a term), and a model's
 * parameters are referred to, not copied:
 *
 *     du_sum(x, n)  du_dot(x, y, n)  du_sqnorm(x, n)  du_norm2(x, n)  du_logsumexp(x, n)
 *     du_axpy(a, x, y, n)               y += a x
 *     du_matvec(A, x, y, m, n)          y = A x, A[m*n] by rows
 *     du_trmv(diag, lower, x, y, n)     y = L x, L of a diagonal and its strictly lower part
 *                                       by columns
 *     du_softmax(x, y, n)               y = exp(x)/sum of exp(x)
 * SPDX-License-Identifier: MIT */
#ifndef DU_GENERIC_H
#define DU_GENERIC_H

#include "detail/types.h"

/* ---- binding: a C number becomes a double, whatever else is a number type stays (a struct or
 * union, which GCC and Clang tell from arithmetic types by class) ---- */

#define DU_IS_NUMBER_(v) (__builtin_classify_type(v) >= 12)
#define DU_NUMBER_(v) \
    __builtin_choose_expr(DU_IS_NUMBER_(v), (v), \
                          (double)__builtin_choose_expr(DU_IS_NUMBER_(v), 0.0, (v)))
#define DU_BIND_(v, expression) \
    __auto_type v##_ = (expression); \
    _Static_assert(__builtin_classify_type(v##_) != 9, \
        "complex numbers are not operands of Duet: use their parts"); \
    __auto_type v = DU_NUMBER_(v##_);
/* One type of numbers an expression, beside C numbers; packed numbers also go with packs of values.
 */
#define DU_IS_PACK_(v) __builtin_types_compatible_p(__typeof__(v), du_pack)
#define DU_GO_TOGETHER_(a, b) \
    (!DU_IS_NUMBER_(a) || !DU_IS_NUMBER_(b) \
     || __builtin_types_compatible_p(__typeof__(a), __typeof__(b)) \
     || DU_IS_PACK_(a) || DU_IS_PACK_(b))
#define DU_CHECK2_(a, b) \
    _Static_assert(DU_GO_TOGETHER_(a, b), \
        "two different number types in one expression: they do not mix");

/* ---- dispatch: function designators only, so that no arm has to fit the operands. Of an operation
 * op on two operands there are, by type: op; op_s, s_op with a value (double or du_pack); and of
 * packed types op_d, d_op with a double. ---- */

#define DU_CASE1_(t, op, ...) du_##t: du_##t##_##op,
#define DU_PICK1_(op, a) \
    _Generic((a), DU_OPERAND_TYPES(DU_CASE1_, op) DU_PACK_NUMBER_TYPES(DU_CASE1_, op) \
        du_pack: du_pack_##op, default: du_double_##op)

#define DU_CASE2_(t, op, b, ...) \
    du_##t: _Generic((b), du_##t: du_##t##_##op, default: du_##t##_##op##_s),
#define DU_CASE2P_(t, op, b, ...) \
    du_##t: _Generic((b), du_##t: du_##t##_##op, du_pack: du_##t##_##op##_s, \
        default: du_##t##_##op##_d),
#define DU_CASE2S_(t, op, ...) du_##t: du_##t##_s_##op,
#define DU_CASE2D_(t, op, ...) du_##t: du_##t##_d_##op,
#define DU_CHOICE2_(types, op, a, b) \
    _Generic((a), types(DU_CASE2_, op, b) DU_PACK_NUMBER_TYPES(DU_CASE2P_, op, b) \
             du_pack: _Generic((b), DU_PACK_NUMBER_TYPES(DU_CASE2S_, op) du_pack: du_pack_##op, \
                 default: du_pack_##op##_d), \
             default: _Generic((b), types(DU_CASE2S_, op) DU_PACK_NUMBER_TYPES(DU_CASE2D_, op) \
                 du_pack: du_pack_d_##op, \
                               default: du_double_##op))
#define DU_PICK2_(op, a, b) DU_CHOICE2_(DU_OPERAND_TYPES, op, a, b)(a, b)

/* a lifted to the type of r */
#define DU_LIFT_CASE_(t, a, ...) \
    du_##t: _Generic((a), du_##t: du_##t##_same, default: du_##t##_constant),
#define DU_LIFT_PACK_CASE_(t, a, ...) \
    du_##t: _Generic((a), du_##t: du_##t##_same, du_pack: du_##t##_lift, \
        default: du_##t##_constant),
#define DU_LIFT_(r, a) \
    _Generic((r), DU_OPERAND_TYPES(DU_LIFT_CASE_, a) DU_PACK_NUMBER_TYPES(DU_LIFT_PACK_CASE_, a) \
             du_pack: _Generic((a), du_pack: du_pack_same, default: du_pack_constant), \
                 default: du_double_same)(a)

/* ---- one and two operands ---- */

#define DU_GENERIC1(op, x) DU_GENERIC1_(op, __COUNTER__, x)
#define DU_GENERIC1_(op, id, x) DU_GENERIC1__(op, id, x)
#define DU_GENERIC1__(op, id, x) \
    __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(op, du_a##id)(du_a##id); })

#define DU_GENERIC2(op, a, b) DU_GENERIC2_(op, __COUNTER__, a, b)
#define DU_GENERIC2_(op, id, a, b) DU_GENERIC2__(op, id, a, b)
#define DU_GENERIC2__(op, id, a, b) \
    __extension__({ DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) DU_CHECK2_(du_a##id, du_b##id) \
        DU_PICK2_(op, du_a##id, du_b##id); })

#define DU_F(name)
#define DU_SEL(m, a, b)
#include "detail/rules.def"
#undef DU_F
#undef DU_SEL

#define du_sub(a, b) DU_GENERIC2(sub, a, b)
#define du_div(a, b) DU_GENERIC2(div, a, b)

/* ---- two to eight operands: a + (b + c + ...), so that s = du_add(s, p, q) puts one join on the
 * chain through s, which is what a sweep waits for ---- */

#define DU_COUNT_(a, b, c, d, e, f, g, h, n, ...) n
#define DU_FOLD_(op, n, id, ...) DU_FOLD__(op, n, id, __VA_ARGS__)
#define DU_FOLD__(op, n, id, ...) __extension__({ DU_FOLD##n##_(op, id, __VA_ARGS__) })
/* three variables of one kind make one entry */
#define DU_ARE_(t, a, b, c) (DU_IS_(t, a) && DU_IS_(t, b) && DU_IS_(t, c))
#define DU_IS_(t, a) _Generic((a), t: 1, default: 0)
#define DU_AS_(t, a) _Generic((a), t: (a), default: (t){ .ref = 0 })
#define DU_THREE_add_(id, a, b, c) \
    __builtin_choose_expr(DU_ARE_(du_var, a, b, c), \
        du_var_add3(DU_AS_(du_var, a), DU_AS_(du_var, b), DU_AS_(du_var, c)), \
    __builtin_choose_expr(DU_ARE_(du_pack_var, a, b, c), \
                          du_pack_var_add3(DU_AS_(du_pack_var, a), DU_AS_(du_pack_var, b), \
                              DU_AS_(du_pack_var, c)), \
                          DU_NEST_(add, id, a, b, c)))
#define DU_THREE_mul_(id, a, b, c) DU_NEST_(mul, id, a, b, c)
#define DU_NEST_(op, id, a, b, c) \
    __extension__({ __auto_type du_r##id = DU_PICK2_(op, b, c); DU_PICK2_(op, a, du_r##id); })
#define DU_FOLD2_(op, id, x, y) \
    DU_BIND_(du_a##id, x) DU_BIND_(du_b##id, y) DU_CHECK2_(du_a##id, du_b##id) \
        DU_PICK2_(op, du_a##id, du_b##id);
#define DU_FOLD3_(op, id, x, y, z) \
    DU_BIND_(du_a##id, x) DU_BIND_(du_b##id, y) DU_BIND_(du_c##id, z) \
    DU_CHECK2_(du_a##id, du_b##id) DU_CHECK2_(du_b##id, du_c##id) \
        DU_THREE_##op##_(id, du_a##id, du_b##id, du_c##id);
#define DU_FOLD4_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST3_, __VA_ARGS__)
#define DU_FOLD5_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST4_, __VA_ARGS__)
#define DU_FOLD6_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST5_, __VA_ARGS__)
#define DU_FOLD7_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST6_, __VA_ARGS__)
#define DU_FOLD8_(op, id, x, ...) DU_BIND_(du_a##id, x) DU_REST_(op, id, DU_LAST7_, __VA_ARGS__)
/* the operands after the first, from the left, and the first with their result */
#define DU_REST_(op, id, last, x, ...) \
    DU_BIND_(du_b##id, x) last(op, id, du_b##id, __VA_ARGS__) DU_PICK2_(op, du_a##id, du_r##id);
#define DU_LAST2_(op, id, b, x) DU_STEP_(op, du_r##id, b, x)
#define DU_LAST3_(op, id, b, x, ...) \
    DU_STEP_(op, du_d##id, b, x) DU_LAST2_(op, id, du_d##id, __VA_ARGS__)
#define DU_LAST4_(op, id, b, x, ...) \
    DU_STEP_(op, du_e##id, b, x) DU_LAST3_(op, id, du_e##id, __VA_ARGS__)
#define DU_LAST5_(op, id, b, x, ...) \
    DU_STEP_(op, du_f##id, b, x) DU_LAST4_(op, id, du_f##id, __VA_ARGS__)
#define DU_LAST6_(op, id, b, x, ...) \
    DU_STEP_(op, du_g##id, b, x) DU_LAST5_(op, id, du_g##id, __VA_ARGS__)
#define DU_LAST7_(op, id, b, x, ...) \
    DU_STEP_(op, du_h##id, b, x) DU_LAST6_(op, id, du_h##id, __VA_ARGS__)
#define DU_STEP_(op, r, b, x) \
    DU_BIND_(r##_x, x) DU_CHECK2_(b, r##_x) __auto_type r = DU_PICK2_(op, b, r##_x);

#define du_add(...) \
    DU_FOLD_(add, DU_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~), __COUNTER__, __VA_ARGS__)
#define du_mul(...) \
    DU_FOLD_(mul, DU_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~), __COUNTER__, __VA_ARGS__)

/* ---- three operands and choice: lifted to the type of a + b + c ---- */

#define du_fma(a, b, c) DU_FMA_(__COUNTER__, a, b, c)
#define DU_FMA_(id, a, b, c) DU_FMA__(id, a, b, c)
#define DU_FMA__(id, a, b, c) \
    __extension__({ DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) DU_BIND_(du_c##id, c) \
        DU_CHECK2_(du_a##id, du_b##id) DU_CHECK2_(du_b##id, du_c##id) \
            DU_CHECK2_(du_a##id, du_c##id) \
        __typeof__(DU_PICK2_(add, du_a##id, du_b##id)) *du_p##id = NULL; \
        __typeof__(DU_PICK2_(add, *du_p##id, du_c##id)) *du_r##id = NULL; (void)du_p##id; \
            (void)du_r##id; \
        DU_PICK1_(fma, *du_r##id)(DU_LIFT_(*du_r##id, du_a##id), DU_LIFT_(*du_r##id, du_b##id), \
                                  DU_LIFT_(*du_r##id, du_c##id)); })

/* c is a C condition, or a mask where the result is packed */
#define du_where(c, a, b) DU_WHERE_(__COUNTER__, c, a, b)
#define DU_WHERE_(id, c, a, b) DU_WHERE__(id, c, a, b)
#define DU_WHERE__(id, c, a, b) \
    __extension__({ __auto_type du_m##id = (c); DU_BIND_(du_a##id, a) DU_BIND_(du_b##id, b) \
        DU_CHECK2_(du_a##id, du_b##id) \
        __typeof__(DU_PICK2_(add, du_a##id, du_b##id)) *du_r##id = NULL; (void)du_r##id; \
        DU_SELECT_(*du_r##id, du_m##id)(DU_TRUTH_(du_m##id), DU_LIFT_(*du_r##id, du_a##id), \
            DU_LIFT_(*du_r##id, du_b##id)); })
#define DU_TRUTH_(c) _Generic((c), du_mask: (c), default: !!_Generic((c), du_mask: 0, default: (c)))
#define DU_SELECT_CASE_(t, c, ...) \
    du_##t: _Generic((c), du_mask: du_##t##_select, default: du_##t##_choose),
#define DU_SELECT_(r, c) \
    _Generic((r), DU_OPERAND_TYPES(DU_CASE1_, select) DU_PACK_NUMBER_TYPES(DU_SELECT_CASE_, c) \
        DU_SELECT_CASE_(pack, c, ~) \
             default: du_double_select)

/* ---- values and comparisons ---- */

#define du_value(x) DU_GENERIC1(value, x)
#define DU_COMPARE_(op, id, a, b) DU_COMPARE__(op, id, a, b)
#define DU_COMPARE__(op, id, a, b) \
    __extension__({ __auto_type du_p##id = du_value(a); __auto_type du_q##id = du_value(b); \
        _Generic((du_p##id), \
            du_pack: _Generic((du_q##id), du_pack: du_pack_##op, default: du_pack_##op##_d), \
            default: _Generic((du_q##id), du_pack: du_pack_d_##op, \
                default: du_double_##op))(du_p##id, du_q##id); })
#define du_lt(a, b) DU_COMPARE_(lt, __COUNTER__, a, b)
#define du_le(a, b) DU_COMPARE_(le, __COUNTER__, a, b)
#define du_gt(a, b) DU_COMPARE_(gt, __COUNTER__, a, b)
#define du_ge(a, b) DU_COMPARE_(ge, __COUNTER__, a, b)
#define du_eq(a, b) DU_COMPARE_(eq, __COUNTER__, a, b)
#define du_ne(a, b) DU_COMPARE_(ne, __COUNTER__, a, b)
/* of two masks or two C conditions */
#define du_and(a, b) _Generic((a), du_mask: du_mask_and, default: du_double_and)(a, b)
#define du_or(a, b) _Generic((a), du_mask: du_mask_or, default: du_double_or)(a, b)
#define du_not(a) _Generic((a), du_mask: du_mask_not, default: du_double_not)(a)

#define DU_CONSTANT_CASE_(t, ...) du_##t: du_##t##_constant,
#define du_constant(T, v) \
    _Generic(*(T *)0, DU_OPERAND_TYPES(DU_CONSTANT_CASE_, ~) \
        DU_PACK_NUMBER_TYPES(DU_CONSTANT_CASE_, ~) \
             du_pack: du_pack_constant, default: du_double_constant)((double)(v))

/* ---- integer power and polynomial ---- */

#define du_powi(x, n) DU_POWI_(__COUNTER__, x, n)
#define DU_POWI_(id, x, n) DU_POWI__(id, x, n)
#define DU_POWI__(id, x, n) \
    __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(powi, du_a##id)(du_a##id, (n)); })
#define du_polynomial(c, n, x) DU_POLYNOMIAL_(__COUNTER__, c, n, x)
#define DU_POLYNOMIAL_(id, c, n, x) DU_POLYNOMIAL__(id, c, n, x)
#define DU_POLYNOMIAL__(id, c, n, x) \
    __extension__({ DU_BIND_(du_a##id, x) DU_PICK1_(polynomial, du_a##id)((c), (n), du_a##id); })

/* ---- kernels on arrays (kernels.inc): by the type of the elements ---- */

#define DU_ARRAY1_(op, x) \
    _Generic((x), DU_NUMBER_TYPES(DU_CASE1_, op) DU_PACK_NUMBER_TYPES(DU_CASE1_, op) \
        du_pack: du_pack_##op, default: du_double_##op)
#define DU_ARRAY2_(op, x, y) DU_CHOICE2_(DU_NUMBER_TYPES, op, x, y)
#define du_sum(x, n) DU_ARRAY1_(sum, *(x))(x, n)
#define du_sqnorm(x, n) DU_ARRAY1_(sqnorm, *(x))(x, n)
#define du_norm2(x, n) DU_ARRAY1_(norm2, *(x))(x, n)
#define du_logsumexp(x, n) DU_ARRAY1_(logsumexp, *(x))(x, n)
#define du_softmax(x, y, n) DU_ARRAY1_(softmax, *(x))(x, y, n)
#define du_dot(x, y, n) DU_ARRAY2_(dot, *(x), *(y))(x, y, n)
#define du_axpy(a, x, y, n) DU_ARRAY2_(axpy, a, *(x))(a, x, y, n)
#define du_matvec(a, x, y, m, n) DU_ARRAY2_(matvec, *(a), *(x))(a, x, y, m, n)
#define du_trmv(diag, lower, x, y, n) DU_ARRAY1_(trmv, *(x))(diag, lower, x, y, n)

#endif
