/* duet/gsl.h - GSL's derivative callbacks from a DU_FUNCTION or DU_MODEL. One shape for all:
 *
 *     du_gsl *d = du_gsl_model(&misra1a, &data, 2, NULL);
 *     gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
 *     ... gsl_multifit_nlinear_init(start, &fdf, work) ...
 *     du_gsl_free(d);
 *
 * make an adapter, ask it for the struct a solver wants, free it after the solver. The struct's
 * params is the adapter, which the caller need not look at; the model's own context is
 * options->ctx. f, df and fvv at the same point are computed once. Strides and tda are respected.
 * Nothing is allocated after the first call. One adapter belongs to one thread.
 *
 * Weights are part of the data and are applied here, to f, J and fvv alike: use the plain _init,
 * not _winit.
 *
 * Callbacks return GSL codes; a non-finite result is GSL_EBADFUNC, and du_gsl_message says which
 * output and which parameter.
 * SPDX-License-Identifier: MIT */
#ifndef DU_GSL_H
#define DU_GSL_H

#include <gsl/gsl_math.h>
#include <gsl/gsl_multifit_nlinear.h>
#include "function.h"
#include "model.h"
#include "plan.h"

typedef struct du_gsl du_gsl;

/* NULL on failure, with the reason in *options->status. */
du_gsl *du_gsl_model(const du_model *model, const du_data *data, size_t p, const du_options *options);
du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m, const du_options *options);
void du_gsl_free(du_gsl *d);

/* n rows, p parameters; f, df and the exact fvv. Of a model's adapter. */
gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d);
/* f(x), f'(x) of a function with n = m = 1 */
gsl_function_fdf du_gsl_function_fdf(du_gsl *d);

/* The last failure as a du_status and as a sentence; DU_OK and "" when there was none. It stays
 * until du_gsl_clear, since void callbacks cannot return it. */
int du_gsl_status(const du_gsl *d);
const char *du_gsl_message(const du_gsl *d);
void du_gsl_clear(du_gsl *d);

/* the GSL code of a du_status */
int du_gsl_code(int status);

#endif
