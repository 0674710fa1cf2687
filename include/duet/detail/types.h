/* duet/detail/types.h - the number types: their lists and their headers. What must exist once per
 * type (dispatch, instances of a DU_FUNCTION, members of its descriptor, du_total) is generated
 * from the lists. A new type is its header, which says how it adds, multiplies and chains, and its
 * lines here.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TYPES_H
#define DU_TYPES_H

/* X(t, args..., ~) for each type du_<t> over double; the args that follow X (at least one) are
 * handed on. First those in which a sum over observations is a loop like any other, then du_var,
 * for which it is one entry on the tape (du_total). Plain double is not in the list: it is the
 * default of every dispatch. */
#define DU_LOOP_TYPES(X, ...) \
    X(dual, __VA_ARGS__, ~) \
    X(dual4, __VA_ARGS__, ~) \
    X(dual8, __VA_ARGS__, ~) \
    X(dual16, __VA_ARGS__, ~) \
    X(jet, __VA_ARGS__, ~) \
    X(hyper, __VA_ARGS__, ~) \
    X(var2, __VA_ARGS__, ~)
#define DU_TYPES(X, ...) DU_LOOP_TYPES(X, __VA_ARGS__) X(var, __VA_ARGS__, ~)

/* The same over du_pack, eight doubles at a time. */
#define DU_PACK_TYPES(X, ...) \
    X(pack_dual, __VA_ARGS__, ~) \
    X(pack_dual4, __VA_ARGS__, ~) \
    X(pack_dual8, __VA_ARGS__, ~) \
    X(pack_var, __VA_ARGS__, ~)

/* Forward mode for straight formulas, over double and over du_pack (straight.h). */
#define DU_STRAIGHT_TYPES(X, ...) \
    X(straight, double, __VA_ARGS__, ~) \
    X(pack_straight, du_pack, __VA_ARGS__, ~)

/* What a dispatch knows: numbers over double, over packs, and tensors (tensor.h). */
#define DU_NUMBER_TYPES(X, ...) DU_TYPES(X, __VA_ARGS__) X(straight, __VA_ARGS__, ~)
#define DU_PACK_NUMBER_TYPES(X, ...) DU_PACK_TYPES(X, __VA_ARGS__) X(pack_straight, __VA_ARGS__, ~)
#define DU_OPERAND_TYPES(X, ...) DU_NUMBER_TYPES(X, __VA_ARGS__) X(tensor, __VA_ARGS__, ~)

/* What one observation is evaluated in, with double first; the same for eight, with the pack first.
 */
#define DU_ALL_TYPES(X, ...) X(double, __VA_ARGS__, ~) DU_TYPES(X, __VA_ARGS__)
#define DU_ALL_PACK_TYPES(X, ...) X(pack, __VA_ARGS__, ~) DU_PACK_TYPES(X, __VA_ARGS__)

#include <duet/dual.h>
#include <duet/dualn.h>
#include <duet/hyper.h>
#include <duet/jet.h>
#include <duet/pack.h>
#include <duet/tensor.h>
#include "double.h"
#include "pack_var.h"
#include "straight.h"
#include "var.h"
#include "var2.h"

#endif
