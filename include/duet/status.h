/* duet/status.h - what can go wrong, by name, and the version.
 *
 * Every function that can fail returns one of these as an int, leaves its outputs untouched when it
 * is not DU_OK, and prints nothing. An object (tape, plan, observer, adapter) keeps the status and
 * says it in words, with the numbers: du_plan_status(p), du_plan_message(p). A constructor returns
 * NULL only when memory is out; an object that cannot do what it was made for says why, and running
 * it returns that status.
 * SPDX-License-Identifier: MIT */
#ifndef DU_STATUS_H
#define DU_STATUS_H

#include "detail/compiler.h"

#define DU_VERSION "0.2.0"

/* name, value, message */
#define DU_STATUSES(X) \
    X(DU_OK,          0, "no error") \
    X(DU_EINVAL,      1, "a required pointer is NULL or a count is zero") \
    X(DU_ENOMEM,      2, "out of memory, or the byte cap is reached") \
    X(DU_ESLOTS,      3, "the tape has used all its slots") \
    X(DU_EFOREIGN,    4, "a variable belongs to another tape") \
    X(DU_ESTALE,      5, "a variable was used after its tape was reset or rewound") \
    X(DU_ENOINDEP,    6, "the tape has no independents") \
    X(DU_EORDER,      7, "second derivatives asked of a tape entry that has only first ones") \
    X(DU_EMODE,       8, "no strategy of the forced mode computes what is asked for") \
    X(DU_ENONFINITE,  9, "a value or derivative is not finite") \
    X(DU_EMISMATCH,  10, "two derivatives that must agree do not") \
    X(DU_ENOCONV,    11, "the iteration did not converge") \
    X(DU_ESINGULAR,  12, "the matrix is singular to working precision") \
    X(DU_ESHAPE,     13, "a count or shape is not the declared one") \
    X(DU_EINPLACE,   14, "a value that a pull-back still needs was changed in place") \
    X(DU_EKIND,      15, "the object was made for another task") \
    X(DU_EROWS,      16, "there are fewer observations than parameters") \
    X(DU_ESOLVER,    17, "the solver needs a function of another shape") \
    X(DU_EWEIGHT,    18, "a weight is negative or not a number") \
    X(DU_ERANGE,     19, "an argument is out of its range") \
    X(DU_ENOGRAD,    20, "a gradient was asked of a variable that keeps none") \
    X(DU_ELANES,     21, "numbers of one lane and of eight are on one tape")

enum du_status {
#define DU_STATUS_ENUM(name, value, message) name = value,
    DU_STATUSES(DU_STATUS_ENUM)
#undef DU_STATUS_ENUM
};

DU_BEGIN
/* The message of a status; "unknown status" for any other number. Never NULL. */
DU_API const char *du_strerror(int status);
/* The version of the library that is linked, "0.2.0"; DU_VERSION is that of the headers. */
DU_API const char *du_version(void);
DU_END

#endif
