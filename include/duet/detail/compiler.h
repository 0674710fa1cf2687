/* duet/detail/compiler.h - what every header of Duet asks of the compiler. SPDX-License-Identifier:
 * MIT */
#ifndef DU_COMPILER_H
#define DU_COMPILER_H

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Duet needs NaN, infinities and signed zeros: no -ffast-math, no -ffinite-math-only"
#endif

/* what the shared library exports */
#define DU_API __attribute__((visibility("default")))

/* headers of drivers and adapters may be included from C++ */
#ifdef __cplusplus
#define DU_BEGIN extern "C" {
#define DU_END }
#else
#define DU_BEGIN
#define DU_END
#endif

/* Between these, comparisons of floating-point numbers are meant (-Wfloat-equal). */
#define DU_EXACT_BEGIN \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wfloat-equal\"")
#define DU_EXACT_END _Pragma("GCC diagnostic pop")

/* what the linker puts before a C name */
#define DU_QUOTE_(x) #x
#define DU_QUOTE(x) DU_QUOTE_(x)
#define DU_SYMBOL DU_QUOTE(__USER_LABEL_PREFIX__)

#define DU_PASTE_(a, b) a##b
#define DU_PASTE(a, b) DU_PASTE_(a, b)
#define DU_PASTE3_(a, b, c) a##b##c
#define DU_PASTE3(a, b, c) DU_PASTE3_(a, b, c)

#define DU_LIKELY(c) __builtin_expect(!!(c), 1)
#define DU_UNLIKELY(c) __builtin_expect(!!(c), 0)
#define DU_UNUSED_ __attribute__((unused))
/* of the cache: a vector that lies across two lines costs two loads */
#define DU_LINE __attribute__((aligned(64)))
/* Keeps the compiler from vectorising across this point: a vector load of elements that were just
 * stored one by one stalls on store forwarding. */
#define DU_ONE_BY_ONE __asm__ volatile("");

#endif
