/* examples/gmm_picture.h - the picture of a mixture of two normal distributions over its data.
 * SPDX-License-Identifier: MIT */
#ifndef GMM_PICTURE_H
#define GMM_PICTURE_H

#include "table.h"

#define GMM_PI 3.14159265358979323846
enum { GMM_COMPONENTS = 2 };
/* covariance of the columns: 00, 01, 11 */
typedef struct { double weight, mean[2], covariance[3]; } gmm_component;
typedef struct { gmm_component component[GMM_COMPONENTS]; } gmm_mixture;

/* All points with contours of the density, and a histogram of the second column with the density:
 * writes a gnuplot script and has gnuplot make SCRIPT.svg of it; without gnuplot prints the
 * histogram. The file of the data names the columns. 0 unless the script cannot be written. */
int gmm_draw(const gmm_mixture *m, const table *data, const char *file, const char *script);

#endif
