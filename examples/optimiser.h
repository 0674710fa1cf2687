/* examples/optimiser.h - steps on the parameters of a network: gradient descent with momentum, and
 * Adam (D. P. Kingma, J. Ba, 2015). SPDX-License-Identifier: MIT */
#ifndef OPTIMISER_H
#define OPTIMISER_H

#include <duet/tensor.h>

enum { OPTIMISER_MOST = 8 };

typedef struct {
    size_t count;
    du_tensor parameter[OPTIMISER_MOST];    /* leaves */
    double *first[OPTIMISER_MOST];          /* momentum, or Adam's two means */
    long steps;
} optimiser;

/* 0 when out of memory */
int optimiser_start(optimiser *o, size_t count, const du_tensor parameters[]);
void optimiser_stop(optimiser *o);
/* v = momentum v + g, w -= rate v */
void sgd_step(optimiser *o, double rate, double momentum);
void adam_step(optimiser *o, double rate);

#endif
