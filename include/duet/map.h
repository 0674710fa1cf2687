/* duet/map.h - a model applied to every element of arrays, as the units of a layer or the cells of a grid:
 *
 *     out_i[e] = f_i(in_0[e], ..., in_{p-1}[e])       e < n, i < m
 *
 *     DU_MODEL(unit, b, x, y, y[0] = du_tanh(du_fma(b[0], b[1], b[2]));)      input, weight, bias
 *     ...
 *     du_map(&unit, n, ((const T *const[]){ u, weight, bias }), 3, ((T *const[]){ h }), 1, NULL);
 *
 * For du_var the model is evaluated eight elements at a time (pack.h) with its partial derivatives, and
 * the tape gets one record of them, whatever the formula holds; a DU_SCALAR_MODEL is recorded operation by
 * operation. Every other type evaluates the model in itself. Inputs are arrays of n numbers, in[p]; outputs
 * out[m], which do not overlap inputs. The model's data x is NULL. Trouble makes the tape's status sticky.
 * SPDX-License-Identifier: MIT */
#ifndef DU_MAP_H
#define DU_MAP_H

#include "function.h"

#define DU_MAP_DECLARE_(t, ...) \
    void du_##t##_map(const du_model *model, size_t n, const du_##t *const in[], size_t p, du_##t *const out[], size_t m, \
                      const void *ctx);
DU_ALL_TYPES(DU_MAP_DECLARE_, ~)
DU_ALL_PACK_TYPES(DU_MAP_DECLARE_, ~)
#undef DU_MAP_DECLARE_
#define DU_MAP_CASE_(t, ...) du_##t: du_##t##_map,
#define du_map(model, n, in, p, out, m, ctx) \
    _Generic(**(in), DU_TYPES(DU_MAP_CASE_, ~) DU_ALL_PACK_TYPES(DU_MAP_CASE_, ~) default: du_double_map)(model, n, in, p, out, m, ctx)

#endif
