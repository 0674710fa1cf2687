/* duet/detail/instance_list.h - the number types that the file form goes through, one after the
 * other: by a number of two decimal digits, since the preprocessor can only redefine what it has
 * written out.
 * SPDX-License-Identifier: MIT */
#ifndef DU_INSTANCE_LIST_H
#define DU_INSTANCE_LIST_H

#define DU_INSTANCE (10 * DU_INSTANCE_TENS + DU_INSTANCE_ONES)

/* over double: those of DU_ALL_TYPES and the straight numbers; then over packs */
#define DU_INSTANCE_LISTED(t, ...) t,
#define DU_INSTANCE_ONE(t, ...) + 1
#define DU_INSTANCE_PACKED_STRAIGHT(X, ...) DU_STRAIGHT_MADE(DU_INSTANCE_IF_PACKED, X, __VA_ARGS__)
#define DU_INSTANCE_IF_PACKED(t, D, X, ...) DU_PASTE(DU_INSTANCE_IF_PACKED_, D)(t, X)
#define DU_INSTANCE_IF_PACKED_double(t, X)
#define DU_INSTANCE_IF_PACKED_du_pack(t, X) X(t, ~)
#define DU_INSTANCE_SCALARS \
    (0 DU_ALL_TYPES(DU_INSTANCE_ONE, ~) DU_STRAIGHT_ALONE(DU_INSTANCE_ONE, ~))
#define DU_INSTANCE_ALL \
    (DU_INSTANCE_SCALARS DU_ALL_PACK_TYPES(DU_INSTANCE_ONE, ~) \
        DU_INSTANCE_PACKED_STRAIGHT(DU_INSTANCE_ONE, ~))
#define DU_INSTANCE_TYPES \
    DU_ALL_TYPES(DU_INSTANCE_LISTED, ~) DU_STRAIGHT_ALONE(DU_INSTANCE_LISTED, ~) \
    DU_ALL_PACK_TYPES(DU_INSTANCE_LISTED, ~) DU_INSTANCE_PACKED_STRAIGHT(DU_INSTANCE_LISTED, ~) ~

/* the type of that number: as many tens and ones of the list dropped, and the first that is left */
#define DU_INSTANCE_SUFFIX DU_INSTANCE_PICK(DU_INSTANCE_TENS, DU_INSTANCE_ONES, DU_INSTANCE_TYPES)
#define DU_INSTANCE_PICK(...) DU_INSTANCE_PICK_(__VA_ARGS__)
#define DU_INSTANCE_PICK_(tens, ones, ...) \
    DU_INSTANCE_AT_(ones, DU_INSTANCE_DROP_##tens##0(__VA_ARGS__))
#define DU_INSTANCE_AT_(...) DU_INSTANCE_AT__(__VA_ARGS__)
#define DU_INSTANCE_AT__(ones, ...) DU_INSTANCE_AT_##ones(__VA_ARGS__)
#define DU_INSTANCE_DROP_00(...) __VA_ARGS__
#define DU_INSTANCE_DROP_10(a, b, c, d, e, f, g, h, i, j, ...) __VA_ARGS__
#define DU_INSTANCE_DROP_20(a, b, c, d, e, f, g, h, i, j, ...) DU_INSTANCE_DROP_20_(__VA_ARGS__)
#define DU_INSTANCE_DROP_20_(a, b, c, d, e, f, g, h, i, j, ...) __VA_ARGS__
#define DU_INSTANCE_AT_0(a, ...) a
#define DU_INSTANCE_AT_1(a, ...) DU_INSTANCE_AT_0(__VA_ARGS__)
#define DU_INSTANCE_AT_2(a, ...) DU_INSTANCE_AT_1(__VA_ARGS__)
#define DU_INSTANCE_AT_3(a, ...) DU_INSTANCE_AT_2(__VA_ARGS__)
#define DU_INSTANCE_AT_4(a, ...) DU_INSTANCE_AT_3(__VA_ARGS__)
#define DU_INSTANCE_AT_5(a, ...) DU_INSTANCE_AT_4(__VA_ARGS__)
#define DU_INSTANCE_AT_6(a, ...) DU_INSTANCE_AT_5(__VA_ARGS__)
#define DU_INSTANCE_AT_7(a, ...) DU_INSTANCE_AT_6(__VA_ARGS__)
#define DU_INSTANCE_AT_8(a, ...) DU_INSTANCE_AT_7(__VA_ARGS__)
#define DU_INSTANCE_AT_9(a, ...) DU_INSTANCE_AT_8(__VA_ARGS__)

#endif
