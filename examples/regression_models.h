/* examples/regression_models.h - regressions on R's data sets by name.
 * SPDX-License-Identifier: MIT */
#ifndef REGRESSION_MODELS_H
#define REGRESSION_MODELS_H

#include <duet/function.h>

enum { REGRESSION_MOST = 10 };

typedef struct {
    const char *name;                       /* of the problem and its CSV */
    const char *title;
    const du_model *model;
    int likelihood;                         /* all columns are the model's data, else the last is */
                                            /* the response */
    size_t p;
    const char *names[REGRESSION_MOST];
    double start[REGRESSION_MOST];
} regression;

extern const regression regressions[];
extern const size_t regression_count;

/* -log of the Bernoulli likelihood of x[k] for log-odds z; x[0..k-1] are predictors, b[0] is the
 * constant */
#define LOGIT_MODEL(id, k) \
    DU_MODEL(id, b[(k) + 1], x[(k) + 1], y[1], \
        T z = b[0]; \
        for (size_t j = 0; j < (k); j++) z = du_add(z, du_mul(x[j], b[j + 1])); \
        y[0] = du_sub(du_softplus(z), du_mul(x[k], z)); \
    )

#endif
