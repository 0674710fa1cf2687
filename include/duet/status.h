/* duet/status.h - what can go wrong, by name. Every fallible function returns one of these as an
 * int, leaves its outputs untouched when it is not DU_OK, and prints nothing.
 * SPDX-License-Identifier: MIT */
#ifndef DU_STATUS_H
#define DU_STATUS_H

#ifdef __cplusplus
#error "Duet is C11 (GNU); compile this file with a C compiler and link it from C++ through your own C functions"
#endif

/* name, value, message */
#define DU_STATUSES(X) \
    X(DU_OK,          0, "no error") \
    X(DU_EINVAL,      1, "invalid argument: a count is zero or a required pointer is NULL") \
    X(DU_ENOMEM,      2, "out of memory, or the byte cap is reached") \
    X(DU_ESLOTS,      3, "the tape has used all its slots") \
    X(DU_EFOREIGN,    4, "a variable belongs to another tape") \
    X(DU_ESTALE,      5, "a variable was used after its tape was reset or rewound") \
    X(DU_ENOINDEP,    6, "the tape has no independents") \
    X(DU_EORDER,      7, "second derivatives asked of a tape entry that has only first ones") \
    X(DU_EMODE,       8, "the forced mode cannot compute what this plan asks for") \
    X(DU_ENONFINITE,  9, "a value or derivative is not finite") \
    X(DU_EMISMATCH,  10, "two derivatives that must agree do not") \
    X(DU_ENOCONV,    11, "the iteration did not converge") \
    X(DU_ESINGULAR,  12, "the matrix is singular to working precision") \
    X(DU_ESHAPE,     13, "shapes do not fit together") \
    X(DU_EINPLACE,   14, "a value that a pull-back still needs was changed in place")

enum du_status {
#define DU_STATUS_ENUM(name, value, message) name = value,
    DU_STATUSES(DU_STATUS_ENUM)
#undef DU_STATUS_ENUM
};

/* The message of a status; "unknown status" for any other number. Never NULL. */
const char *du_strerror(int status);

#endif
