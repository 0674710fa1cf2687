/* lib/base/message.h - the status of an object and its words. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_MESSAGE_H
#define DU_MESSAGE_H

#include <duet/status.h>
#include <stddef.h>

typedef struct {
    int status;
    char text[200];
} du_report;

/* Sets status and words, by the format of printf; returns the status. */
__attribute__((format(printf, 3, 4))) int du_report_set(du_report *r, int status, const char *format, ...);
/* The same with the words of the status; DU_OK clears. */
int du_report_status(du_report *r, int status);
/* "n = 3 inputs, f has 2": DU_ESHAPE when a count is declared and another is given. */
int du_report_count(du_report *r, const char *function, const char *what, size_t given, size_t declared);

#endif
