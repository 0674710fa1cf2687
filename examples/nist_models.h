/* examples/nist_models.h - the 27 problems by name. SPDX-License-Identifier: MIT */
#ifndef NIST_MODELS_H
#define NIST_MODELS_H

#include <duet/observe.h>

typedef struct {
    const char *name, *level;
    const du_model *model;
    int log_response;           /* the response is log(y) */
} nist_problem;

extern const nist_problem nist_problems[];
extern const size_t nist_problem_count;
const nist_problem *nist_find(const char *name); /* NULL when unknown */

#endif
