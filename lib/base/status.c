/* lib/base/status.c - messages of the status codes, from the one list in status.h; the version.
 * SPDX-License-Identifier: MIT */
#include <duet/status.h>

const char *du_strerror(int status)
{
    switch (status) {
#define MESSAGE(name, value, message) \
    case name: return message;
        DU_STATUSES(MESSAGE)
#undef MESSAGE
    default: return "unknown status";
    }
}

const char *du_version(void) { return DU_VERSION; }
