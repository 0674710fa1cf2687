/* tests/mgh_problems.h - the problems by the names of tests/data/mgh.csv. SPDX-License-Identifier:
 * MIT */
#ifndef MGH_PROBLEMS_H
#define MGH_PROBLEMS_H

#include <duet/function.h>

typedef struct { const char *name; const du_function *function; } mgh_problem;
extern const mgh_problem mgh_problems[];
extern const size_t mgh_problem_count;

#endif
