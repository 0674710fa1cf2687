/* lib/base/message.h - the status of an object and the words for it. Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_MESSAGE_H
#define DU_MESSAGE_H

#include <duet/status.h>
#include <stddef.h>

typedef struct {
    int status;
    char text[200];
} du_report;

/* Sets status and words, by the format of printf; returns the status. */
__attribute__((format(printf, 3, 4))) int du_report_set(du_report *r, int status,
                                                        const char *format, ...);
/* The same with the words of du_strerror; DU_OK clears. */
int du_report_status(du_report *r, int status);
/* What an object's message function returns: the words of its report. NULL stands for an object
 * that there was no memory for. */
const char *du_report_words(const du_report *r);
/* DU_ESHAPE, "f has 2 inputs, not 3", when another count is given than is declared (0 for any). */
int du_report_count(du_report *r, const char *function, const char *what, size_t given,
                    size_t declared);

#endif
