/* examples/optimiser.c - see optimiser.h. SPDX-License-Identifier: MIT */
#include "optimiser.h"
#include <math.h>
#include <stdlib.h>

int optimiser_start(optimiser *o, size_t count, const du_tensor parameters[])
{
    *o = (optimiser){ .count = count };
    for (size_t k = 0; k < count; k++) {
        o->parameter[k] = parameters[k];
        o->first[k] = calloc(2 * du_tensor_size(parameters[k]) + 1, sizeof(double));
        if (!o->first[k]) return optimiser_stop(o), 0;
    }
    return 1;
}

void optimiser_stop(optimiser *o)
{
    for (size_t k = 0; k < o->count; k++) free(o->first[k]);
    o->count = 0;
}

void sgd_step(optimiser *o, double rate, double momentum)
{
    for (size_t k = 0; k < o->count; k++) {
        double *w = du_tensor_write(o->parameter[k]), *v = o->first[k];
        const double *g = du_tensor_grad(o->parameter[k]);
        for (size_t i = 0; i < du_tensor_size(o->parameter[k]); i++) {
            v[i] = momentum * v[i] + g[i];
            w[i] -= rate * v[i];
        }
    }
}

void adam_step(optimiser *o, double rate)
{
    const double b1 = 0.9, b2 = 0.999, step = (double)++o->steps;
    const double scale = rate * sqrt(1.0 - pow(b2, step)) / (1.0 - pow(b1, step));
    for (size_t k = 0; k < o->count; k++) {
        size_t n = du_tensor_size(o->parameter[k]);
        double *w = du_tensor_write(o->parameter[k]), *m = o->first[k], *v = m + n;
        const double *g = du_tensor_grad(o->parameter[k]);
        for (size_t i = 0; i < n; i++) {
            m[i] = b1 * m[i] + (1.0 - b1) * g[i];
            v[i] = b2 * v[i] + (1.0 - b2) * g[i] * g[i];
            w[i] -= scale * m[i] / (sqrt(v[i]) + 1e-8);
        }
    }
}
