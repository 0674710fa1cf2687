/* duet/gsl.h - GSL's derivative callbacks from a DU_FUNCTION or DU_MODEL. One shape for all:
 *
 *     du_gsl *d = du_gsl_model(&misra1a, &data, 2, NULL);
 *     gsl_multifit_nlinear_fdf fdf = du_gsl_multifit_nlinear(d);
 *     if (gsl_multifit_nlinear_init(start, &fdf, work)) fprintf(stderr, "%s\n", du_gsl_message(d));
 *     ... gsl_multifit_nlinear_driver(..., work) ...
 *     du_gsl_free(d);
 *
 * make an adapter, ask it for the struct a solver wants, free it after the solver. The struct's
 * params is the adapter, which the caller need not look at; the model's own context is
 * options->ctx. Values and Jacobian at the same point are computed once. Strides and tda are
 * respected. Nothing is allocated after the first call. One thread at a time uses an adapter.
 *
 * Weights are part of the data and are applied here, to f, J and fvv alike: use the plain _init,
 * not _winit.
 *
 * Callbacks return GSL codes; a result that is not finite is GSL_EBADFUNC, and du_gsl_message says
 * which output and which parameter.
 *
 * Functions and models are made by DU_FUNCTION and DU_MODEL (function.h) in C; this header alone
 * may be included from C++ too. Link with libduet-gsl.
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
#include "observe.h"
#include "plan.h"

/* tape.h, tensor.h */
typedef struct du_tape du_tape;
typedef struct du_tensor du_tensor;

typedef struct du_gsl du_gsl;

DU_BEGIN

/* ---- adapters: NULL when memory is out. One that cannot be used says why (du_gsl_status); its
 * structs have n = 0, which GSL's set and init refuse, and their callbacks return its code. ---- */

/* The residuals of a model of p parameters; data are the caller's arrays, not copied. Counts other
 * than the declared ones: DU_ESHAPE; what else du_observer_new (observe.h) says. */
DU_API du_gsl *du_gsl_model(const du_model *model, const du_data *data, size_t p,
                            const du_observer_options *options);
/* A function of n inputs and m outputs. A forced mode is that of the Jacobian. */
DU_API du_gsl *du_gsl_function(const du_function *f, size_t n, size_t m,
                               const du_plan_options *options);
/* A scalar made of tensors (tensor.h) as a function of n parameters, for multimin: called with a
 * fresh tape and the parameters as one leaf of shape (n); slices and reshapes make weights of it.
 * The result has size 1. Of the options ctx, allocator and byte_cap apply. */
typedef du_tensor du_tensor_objective(du_tape *t, du_tensor parameters, const void *ctx);
DU_API du_gsl *du_gsl_tensors(du_tensor_objective *objective, size_t n,
                              const du_plan_options *options);
DU_API void du_gsl_free(du_gsl *d);

/* ---- structs: each from any adapter of the right shape. From another the struct has n = 0, and
 * the adapter's status is DU_ESOLVER: "multimin needs one output, f has 2". ---- */

/* residuals of p parameters: f, df, exact fvv */
DU_API gsl_multifit_nlinear_fdf du_gsl_multifit_nlinear(du_gsl *d);
/* the same with J u, J^T u and J^T J in place of J, which is not stored; use the plain _init here
 * above all: GSL itself leaves the weights of _winit out of J */
DU_API gsl_multilarge_nlinear_fdf du_gsl_multilarge_nlinear(du_gsl *d);
/* the older solvers, lmsder and lmder */
DU_API gsl_multifit_function_fdf du_gsl_multifit(du_gsl *d);
/* as many equations as unknowns */
DU_API gsl_multiroot_function_fdf du_gsl_multiroot(du_gsl *d);
/* a function's one output, or a model's objective Q (observe.h): value and gradient. Its callbacks
 * cannot return a code: on failure every output is NaN, and the adapter's status says why. */
DU_API gsl_multimin_function_fdf du_gsl_multimin(du_gsl *d);
/* f(x), f'(x) of a function with one input and one output; failures as for multimin. The struct has
 * no n: from another adapter its callbacks give NaN. */
DU_API gsl_function_fdf du_gsl_function_fdf(du_gsl *d);
/* y' = f(y, t): a function of n + 1 inputs, y[0..n-1] and then t, and n outputs; df/dy and df/dt.
 * dimension is 0 from another adapter. */
DU_API gsl_odeiv2_system du_gsl_odeiv2(du_gsl *d);

/* ---- statuses ---- */

/* Why the adapter cannot be used, or its last failure; in words, with the numbers. A failure stays
 * until du_gsl_clear, since void callbacks cannot return it. DU_ENOMEM for NULL. */
DU_API int du_gsl_status(const du_gsl *d);
DU_API const char *du_gsl_message(const du_gsl *d);
/* Forgets the last failure; an adapter that cannot be used stays so. */
DU_API void du_gsl_clear(du_gsl *d);

/* The GSL code of a status:
 *     GSL_SUCCESS   DU_OK
 *     GSL_EINVAL    DU_EINVAL, DU_EKIND, DU_ESOLVER, DU_EWEIGHT
 *     GSL_EBADLEN   DU_ESHAPE, DU_EROWS
 *     GSL_EDOM      DU_ERANGE
 *     GSL_ENOMEM    DU_ENOMEM, DU_ESLOTS
 *     GSL_EBADFUNC  DU_ENONFINITE
 *     GSL_EMAXITER  DU_ENOCONV
 *     GSL_ESING     DU_ESINGULAR
 *     GSL_EUNIMPL   DU_EMODE, DU_EORDER
 *     GSL_EFAILED   the others, which are mistakes in the use of a tape, and unknown numbers */
DU_API int du_gsl_code(int status);

DU_END

#endif
