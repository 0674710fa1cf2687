/* duet/detail/shapes.h - counts out of declarators: x[2] is 2, x[] is 0. SPDX-License-Identifier:
 * MIT */
#ifndef DU_SHAPES_H
#define DU_SHAPES_H

/* A flexible array member adds no byte. */
#define DU_COUNT_OF_(decl) (sizeof(struct { char du_pad_; char decl; }) - 1)
#define DU_SHAPE_(id, what, decl) enum { id##_##what##_ = DU_COUNT_OF_(decl) };
/* the declared count where there is one, else what the caller says */
#define DU_DECLARED_(id, what, given) ((size_t)id##_##what##_ ? (size_t)id##_##what##_ : (given))

#endif
