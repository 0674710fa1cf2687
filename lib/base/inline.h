/* lib/base/inline.h - functions that the compiler must inline: each call is compiled for the
 * constant arguments it has. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_INLINE_H
#define DU_INLINE_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
