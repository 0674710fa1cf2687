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
#include <gsl/gsl_multifit_nlin.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_multilarge_nlinear.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_multiroots.h>
#include <gsl/gsl_odeiv2.h>
#include "function.h"
#include "model.h"
#include "plan.h"
#include "tensor.h"

typedef struct du_gsl du_gsl;

/* NULL on failure, with the reason in *options->status. */
du_gsl *du_gsl_model(const du_model *model, const du_data *data, size_t p, const du_options *options);
du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m, const du_options *options);
/* A scalar made of tensors (tensor.h) as a function of n parameters, for multimin: called with a fresh
 * tape and the parameters as one leaf of shape (n); slices and reshapes make weights of it. The result
 * has size 1. */
typedef du_tensor du_tensor_objective(du_tape *t, du_tensor parameters, const void *ctx);
du_gsl *du_gsl_tensors(du_tensor_objective *objective, size_t n, const du_options *options);
void du_gsl_free(du_gsl *d);

/* ---- the structs: each from any adapter of the right shape. From another the struct has n = 0, so
 * that GSL's set and init refuse it, and the adapter's status is DU_EINVAL. ---- */

/* n residuals of p parameters: f, df, exact fvv */
gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d);
/* the same with J u, J^T u and J^T J in place of J, which is not stored; use the plain _init here
 * above all: GSL itself leaves the weights of _winit out of J */
gsl_multilarge_nlinear_fdf du_gsl_multilarge_nlinear(du_gsl *d);
/* the older solvers, lmsder and lmder */
gsl_multifit_function_fdf du_gsl_multifit(du_gsl *d);
/* n equations of n unknowns */
gsl_multiroot_function_fdf du_gsl_multiroot(du_gsl *d);
/* a function's one output, or a model's objective Q (model.h): value and gradient. Its callbacks
 * cannot return a code: trouble is NaN in every output and the adapter's status. */
gsl_multimin_function_fdf du_gsl_multimin(du_gsl *d);
/* f(x), f'(x) of a function with one input and one output; trouble as for multimin */
gsl_function_fdf du_gsl_function_fdf(du_gsl *d);
/* y' = f(y, t): a function of n + 1 inputs, y[0..n-1] and then t, and n outputs; df/dy and df/dt */
gsl_odeiv2_system du_gsl_odeiv2(du_gsl *d);

/* The last failure as a du_status and as a sentence; DU_OK and "" when there was none. It stays
 * until du_gsl_clear, since void callbacks cannot return it. */
int du_gsl_status(const du_gsl *d);
const char *du_gsl_message(const du_gsl *d);
void du_gsl_clear(du_gsl *d);

/* the GSL code of a du_status */
int du_gsl_code(int status);

#endif
