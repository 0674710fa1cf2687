/* tests/bench/inputs.h - sizes, points and data of the workloads, the same for every tool: for the
 * plain and hand-written functions, Duet's programs, and the peers in C++ and Python (through a
 * shared library). Data are made from a fixed seed when first asked for, and kept.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_INPUTS_H
#define BENCH_INPUTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ADBench's Gaussian mixture: parameters alphas[k], means[k][d], icf[k][d(d+1)/2] */
#define GMM_PARAMETERS(d, k) ((k) + (k) * (d) + (k) * (d) * ((d) + 1) / 2)
const double *gmm_points(size_t d, size_t n);   /* [n][d] */

/* ADBench's bundle adjustment: an observation's inputs are camera[11], point[3], weight */
enum { BA_OBSERVATIONS = 2000, BA_INPUTS = 15 };
const double *ba_features(void);                /* [BA_OBSERVATIONS][2] */

/* ADBench's LSTM: parameters for each layer weights[4][14], biases[4][14] of forget, ingate,
 * outgate and change, then in_weight[14], out_weight[14], out_bias[14] */
enum { LSTM_LAYERS = 2, LSTM_WIDTH = 14, LSTM_STEPS = 1024,
    LSTM_PARAMETERS = LSTM_WIDTH * (8 * LSTM_LAYERS + 3) };
const double *lstm_sequence(void);              /* [LSTM_STEPS][LSTM_WIDTH], a 1 among zeros each */
const double *lstm_state(void);                 /* [LSTM_LAYERS][2][LSTM_WIDTH]: hidden, cell */

/* logistic regression; the first feature is 1, so the intercept is the first coefficient */
enum { LOGISTIC_ROWS = 10000, LOGISTIC_FEATURES = 20 };
const double *logistic_features(void);          /* [LOGISTIC_ROWS][LOGISTIC_FEATURES] */
const double *logistic_labels(void);            /* [LOGISTIC_ROWS], 0 or 1 */

/* the model of NIST's Gauss1; its 250 abscissae are 1 ... 250, more of them lie closer */
enum { GAUSS1_PARAMETERS = 8 };
const double *gauss1_abscissae(size_t n);       /* [n] */

/* x <- RECURRENCE_A sin x + x^2; s <- s + x */
#define RECURRENCE_A 1.0
enum { RECURRENCE_STEPS = 1000000, JOINS = 100000000 };

/* point_<workload>(x): where it is evaluated */
#define WORKLOAD(name, ...) void point_##name(double *x);
#include "workloads.def"

#ifdef __cplusplus
}
#endif

#endif
