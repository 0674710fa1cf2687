/* duet/types.h - the lists of number types. What must exist once per type (generic dispatch,
 * instances of a DU_FUNCTION, members of its descriptor) is generated from them. A new type is one
 * entry here and a header of its own.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TYPES_H
#define DU_TYPES_H

/* X(t, args..., ~) for each type du_<t> over double; the args that follow X (at least one) are handed
 * on. Plain double is not in the list: it is the default of every dispatch. */
#define DU_TYPES(X, ...) \
    X(dual, __VA_ARGS__, ~) \
    X(dual4, __VA_ARGS__, ~) \
    X(dual8, __VA_ARGS__, ~) \
    X(dual16, __VA_ARGS__, ~) \
    X(jet, __VA_ARGS__, ~) \
    X(hyper, __VA_ARGS__, ~) \
    X(var, __VA_ARGS__, ~) \
    X(var2, __VA_ARGS__, ~)

/* The same over du_pack, eight doubles at a time (pack.h, pack_var.h). */
#define DU_PACK_TYPES(X, ...) \
    X(pack_dual, __VA_ARGS__, ~) \
    X(pack_dual4, __VA_ARGS__, ~) \
    X(pack_dual8, __VA_ARGS__, ~) \
    X(pack_var, __VA_ARGS__, ~)

/* Forward mode for rows of a model's Jacobian, over double and over du_pack (sparse.h): only models and helpers are
 * instantiated for them. */
#define DU_SPARSE_TYPES(X, ...) X(sparse, double, __VA_ARGS__, ~) X(pack_sparse, du_pack, __VA_ARGS__, ~)

/* What a dispatch knows: numbers over double, over packs, and tensors (tensor.h). */
#define DU_NUMBER_TYPES(X, ...) DU_TYPES(X, __VA_ARGS__) X(sparse, __VA_ARGS__, ~)
#define DU_PACK_NUMBER_TYPES(X, ...) DU_PACK_TYPES(X, __VA_ARGS__) X(pack_sparse, __VA_ARGS__, ~)
#define DU_OPERAND_TYPES(X, ...) DU_NUMBER_TYPES(X, __VA_ARGS__) X(tensor, __VA_ARGS__, ~)

/* What one observation is evaluated in, with double first; the same for eight, with the pack first. */
#define DU_ALL_TYPES(X, ...) X(double, __VA_ARGS__, ~) DU_TYPES(X, __VA_ARGS__)
#define DU_ALL_PACK_TYPES(X, ...) X(pack, __VA_ARGS__, ~) DU_PACK_TYPES(X, __VA_ARGS__)

/* double as du_<t>, so that du_##t names every member of DU_ALL_TYPES */
typedef double du_double;

#endif
