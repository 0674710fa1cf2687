/* lib/base/message.c - the status of an object and the words for it. SPDX-License-Identifier:
 * MIT */
#include "message.h"
#include <stdarg.h>
#include <stdio.h>

int du_report_set(du_report *r, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->text, sizeof r->text, format, arguments);
    va_end(arguments);
    r->status = status;
    return status;
}

int du_report_status(du_report *r, int status)
{
    return du_report_set(r, status, "%s", du_strerror(status));
}

const char *du_report_words(const du_report *r)
{
    if (!r) return du_strerror(DU_ENOMEM);
    return r->status ? r->text : du_strerror(DU_OK);
}

int du_report_count(du_report *r, const char *function, const char *what, size_t given,
                    size_t declared)
{
    if (declared == 0 || given == declared) return DU_OK;
    return du_report_set(r, DU_ESHAPE, "%s has %zu %s, not %zu", function, declared, what, given);
}
