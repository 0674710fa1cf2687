/* lib/fit.c - trust region, then Newton; Newton alone for likelihoods. SPDX-License-Identifier: MIT */
#include <duet/fit.h>
#include <duet/gsl.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const du_fit_options *options;
    size_t n, p;
    const double *start;
    du_gsl *adapter;
    du_observer *observer;
    gsl_multifit_nlinear_fdf fdf, inner;    /* what GSL calls; the adapter behind it */
    int started;
    double *trial, *gradient, *trial_gradient, *step, *scale, *best;    /* [p] */
    double *hessian, *trial_hessian, *damped;                           /* [p*p] */
    double s, natural;      /* S at best; the size of the response: S of a model that is 0 */
} fitter;

/* ---- the trust region ---- */

/* GSL gives up where a trial step leaves the model's domain. To a trust region such a step is only
 * too long: a residual far above any other has it rejected and shortened, and a second derivative of
 * zero asks for no acceleration. At the start itself trouble is an error. */
enum { REJECTED_LOG2 = 400 };

static int trial_f(const gsl_vector *x, void *params, gsl_vector *f)
{
    fitter *t = params;
    int code = t->inner.f(x, t->inner.params, f);
    if (code != GSL_EBADFUNC || !t->started) return code;
    gsl_vector_set_all(f, ldexp(1.0, REJECTED_LOG2));
    return GSL_SUCCESS;
}
static int trial_df(const gsl_vector *x, void *params, gsl_matrix *j)
{
    fitter *t = params;
    return t->inner.df(x, t->inner.params, j);
}
static int trial_fvv(const gsl_vector *x, const gsl_vector *v, void *params, gsl_vector *fvv)
{
    fitter *t = params;
    int code = t->inner.fvv(x, v, t->inner.params, fvv);
    if (code != GSL_EBADFUNC) return code;
    gsl_vector_set_zero(fvv);
    return GSL_SUCCESS;
}

static void report(const size_t iteration, void *params, const gsl_multifit_nlinear_workspace *w)
{
    fitter *t = params;
    gsl_vector *f = gsl_multifit_nlinear_residual(w);
    double norm = gsl_blas_dnrm2(f);
    if (t->options->progress)
        t->options->progress(iteration, norm * norm, gsl_multifit_nlinear_position(w)->data, t->options->user);
}

/* From the start with one scaling; the position reached in t->trial. What GSL says of convergence
 * is not asked: Newton's steps decide. */
static int trust_region(fitter *t, const gsl_multifit_nlinear_scale *scale, du_fit *fit, size_t *iterations)
{
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    how.trs = gsl_multifit_nlinear_trs_lmaccel;
    how.scale = scale;
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, t->n, t->p);
    if (!w) return DU_ENOMEM;
    gsl_vector_const_view start = gsl_vector_const_view_array(t->start, t->p);
    int info, status = DU_OK;
    size_t most = t->options->max_iterations ? t->options->max_iterations : 5000;
    t->started = 0;
    du_gsl_clear(t->adapter);
    if (gsl_multifit_nlinear_init(&start.vector, &t->fdf, w))
        status = du_gsl_status(t->adapter) ? du_gsl_status(t->adapter) : DU_ENONFINITE;
    t->started = 1;
    if (!status) gsl_multifit_nlinear_driver(most, 1e-12, 1e-12, 0.0, report, t, &info, w);
    if (!status) {
        gsl_vector *x = gsl_multifit_nlinear_position(w);
        for (size_t j = 0; j < t->p; j++) t->trial[j] = gsl_vector_get(x, j);
        *iterations = gsl_multifit_nlinear_niter(w);
        fit->f_evaluations += t->fdf.nevalf;
        fit->jacobian_evaluations += t->fdf.nevaldf;
    }
    gsl_multifit_nlinear_free(w);
    return status;
}

/* ---- Newton ---- */

/* Solves H step = -g, scaled to a unit diagonal; 0 when H is not positive definite or finite. Two rounds of
 * refinement with long double residuals. */
static int newton_step(fitter *t, gsl_matrix *factor, const double *g, const double *h)
{
    size_t p = t->p;
    double *d = t->scale;
    for (size_t j = 0; j < p; j++) {
        if (!(h[j * p + j] > 0.0) || !isfinite(h[j * p + j])) return 0;
        d[j] = 1.0 / sqrt(h[j * p + j]);
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) gsl_matrix_set(factor, j, k, d[j] * h[j * p + k] * d[k]);
    if (gsl_linalg_cholesky_decomp1(factor)) return 0;
    double residual[p], z[p];
    memset(z, 0, sizeof z);
    for (int round = 0; round < 3; round++) {
        for (size_t j = 0; j < p; j++) {
            long double r = -(long double)d[j] * g[j];
            for (size_t k = 0; k < p; k++) r -= (long double)d[j] * h[j * p + k] * d[k] * z[k];
            residual[j] = (double)r;
        }
        gsl_vector_view v = gsl_vector_view_array(residual, p);
        if (gsl_linalg_cholesky_svx(factor, &v.vector)) return 0;
        for (size_t j = 0; j < p; j++) z[j] += residual[j];
    }
    int finite = 1;
    for (size_t j = 0; j < p; j++) {
        t->step[j] = d[j] * z[j];
        finite &= isfinite(t->step[j]) != 0;
    }
    return finite;
}

/* The longest step of a parameter, relative to the parameter; near 0 to a millionth of what would change
 * the model by as much as the response is large, so that a parameter may be 0. h is the Hessian. */
static double relative_step(const fitter *t, const double *at, const double *h, double s)
{
    double size = 0.0;
    for (size_t j = 0; j < t->p; j++) {
        double floor = 1e-6 * sqrt((s + t->natural) / h[j * t->p + j]);
        size = fmax(size, fabs(t->step[j]) / (fabs(at[j]) + floor + DBL_MIN));
    }
    return size;
}

/* the step is rounding, or no longer shrinks close to the minimum */
static int settled(double size, double before) { return size < 1e-15 || (size < 1e-9 && size >= 0.5 * before); }

/* whether the gradient is 0 to rounding where no step could be computed: then the model does not tell its
 * parameters apart */
static int stationary(const fitter *t, double s)
{
    double decrease = 0.0;
    for (size_t j = 0; j < t->p; j++) {
        double h = t->hessian[j * t->p + j];
        if (h > 0.0) decrease += t->gradient[j] * t->gradient[j] / h;
        else if (t->gradient[j] != 0.0) return 0;
    }
    return decrease <= 1e-12 * (s + t->natural);
}

/* Newton's steps from t->trial to where they settle; S there. DU_ENOCONV when they do not, DU_ESINGULAR at a
 * stationary point with no step. */
static int polish(fitter *t, gsl_matrix *factor, double *s, size_t *steps)
{
    size_t most = t->options->newton_steps ? t->options->newton_steps : 20;
    double before = INFINITY;
    for (size_t i = 0; i <= most; i++) {
        double q;
        int status = du_observe_curvature(t->observer, t->trial, &q, t->gradient, t->hessian);
        if (status) return status;
        *s = 2.0 * q;
        if (!isfinite(q)) return DU_ENONFINITE;
        if (!newton_step(t, factor, t->gradient, t->hessian)) return stationary(t, *s) ? DU_ESINGULAR : DU_ENOCONV;
        double size = relative_step(t, t->trial, t->hessian, *s);
        if (settled(size, before)) return DU_OK;
        if (i == most || (i > 2 && size > 1e3 * before)) return size < 1e-9 ? DU_OK : DU_ENOCONV;
        before = size;
        for (size_t j = 0; j < t->p; j++) t->trial[j] += t->step[j];
        ++*steps;
    }
    return DU_ENOCONV;
}

/* ---- results ---- */

/* covariance = sigma^2 (J^T J)^-1 by GSL's QR of J */
static int covariance(fitter *t, du_fit *fit)
{
    gsl_matrix *j = gsl_matrix_alloc(t->n, t->p);
    int status = j ? du_observe_jacobian(t->observer, t->best, j->data, j->tda) : DU_ENOMEM;
    if (!status) {
        gsl_matrix_view c = gsl_matrix_view_array(fit->covariance, t->p, t->p);
        if (gsl_multifit_nlinear_covar(j, 0.0, &c.matrix)) status = DU_ESINGULAR;
        for (size_t k = 0; k < t->p; k++)
            if (!(fit->covariance[k * t->p + k] > 0.0) || !isfinite(fit->covariance[k * t->p + k])) status = DU_ESINGULAR;
        gsl_matrix_scale(&c.matrix, fit->sigma * fit->sigma);
    }
    for (size_t k = 0; k < t->p && !status; k++) fit->se[k] = sqrt(fit->covariance[k * t->p + k]);
    gsl_matrix_free(j);
    return status;
}

static int least_squares(fitter *t, du_fit *fit)
{
    const struct { const gsl_multifit_nlinear_scale *scale; const char *name; } tries[] = {
        { gsl_multifit_nlinear_scale_more, "more" }, { gsl_multifit_nlinear_scale_levenberg, "levenberg" },
    };
    gsl_matrix *factor = gsl_matrix_alloc(t->p, t->p);
    if (!factor) return DU_ENOMEM;
    int status = DU_OK, worst = DU_ENOCONV;
    t->s = INFINITY;
    for (size_t i = 0; i < sizeof tries / sizeof *tries && !status; i++) {
        double s = INFINITY;
        size_t iterations = 0, steps = 0;
        status = trust_region(t, tries[i].scale, fit, &iterations);
        if (status) break;
        int end = polish(t, factor, &s, &steps);
        if (end == DU_ENOMEM) status = end;
        if (end) worst = end;
        if (end || !(s < t->s)) continue;
        t->s = s;
        memcpy(t->best, t->trial, t->p * sizeof *t->best);
        fit->scaling = tries[i].name;
        fit->iterations = iterations;
        fit->newton = steps;
    }
    gsl_matrix_free(factor);
    if (status) return status;
    if (!(t->s < INFINITY)) return worst;
    fit->s = t->s;
    fit->sigma = fit->freedom ? sqrt(t->s / (double)fit->freedom) : (double)NAN;
    return covariance(t, fit);
}

/* ---- likelihood ---- */

/* Solves (H + damping diag|H|) step = -g; 0 when the matrix is not positive definite. */
static int damped_step(fitter *t, gsl_matrix *factor, double damping)
{
    size_t p = t->p;
    double *h = t->damped;
    memcpy(h, t->hessian, p * p * sizeof *h);
    for (size_t j = 0; j < p; j++) h[j * p + j] += damping * fmax(fabs(h[j * p + j]), DBL_MIN);
    return newton_step(t, factor, t->gradient, h);
}

/* Newton's method on the negative log-likelihood Q. A step is taken when it lowers Q, or when it is
 * so short that Q cannot tell; else it is damped tenfold. */
static int maximum_likelihood(fitter *t, du_fit *fit)
{
    size_t p = t->p, most = t->options->max_iterations ? t->options->max_iterations : 5000;
    gsl_matrix *factor = gsl_matrix_alloc(p, p);
    double q, damping = 0.0, before = INFINITY;
    int status = factor ? du_observe_curvature(t->observer, t->start, &q, t->gradient, t->hessian) : DU_ENOMEM;
    if (!status && !isfinite(q)) status = DU_ENONFINITE;
    memcpy(t->best, t->start, p * sizeof *t->best);
    int done = 0;
    for (size_t i = 0; i < most && !status && !done; i++) {
        double trial_q = INFINITY, size = 0.0, decrease = 0.0;
        if (t->options->progress) t->options->progress(i, q, t->best, t->options->user);
        int solved = damped_step(t, factor, damping);
        for (size_t j = 0; j < p && solved; j++) {
            t->trial[j] = t->best[j] + t->step[j];
            decrease -= t->step[j] * t->gradient[j];
        }
        t->natural = fmax(fabs(q), 1.0);
        if (solved) size = relative_step(t, t->best, t->damped, 0.0);
        else if (damping == 0.0 && stationary(t, 0.0)) status = DU_ESINGULAR;
        /* Q cannot tell a promised decrease below its rounding */
        int blind = decrease <= 1e-11 * fabs(q);
        if (solved && !status) status = du_observe_curvature(t->observer, t->trial, &trial_q, t->trial_gradient, t->trial_hessian);
        if (status) break;
        done = solved && damping == 0.0 && settled(size, before);
        if (solved && isfinite(trial_q) && (trial_q < q || blind)) {
            q = trial_q;
            memcpy(t->best, t->trial, p * sizeof *t->best);
            memcpy(t->gradient, t->trial_gradient, p * sizeof *t->gradient);
            memcpy(t->hessian, t->trial_hessian, p * p * sizeof *t->hessian);
            damping = damping < 1e-6 ? 0.0 : 0.1 * damping;
            before = size;
            fit->newton++;
        } else if (damping > 1e20) break;
        else damping = damping > 0.0 ? 10.0 * damping : 1e-4;
        fit->iterations = i + 1;
    }
    if (!status && !done) status = DU_ENOCONV;
    if (!status) {
        fit->s = q;
        fit->sigma = 1.0;
        fit->scaling = "newton";
        gsl_matrix_view h = gsl_matrix_view_array(t->hessian, p, p), c = gsl_matrix_view_array(fit->covariance, p, p);
        gsl_matrix_memcpy(&c.matrix, &h.matrix);
        if (gsl_linalg_cholesky_decomp1(&c.matrix) || gsl_linalg_cholesky_invert(&c.matrix)) status = DU_ESINGULAR;
    }
    for (size_t k = 0; k < p && !status; k++) fit->se[k] = sqrt(fit->covariance[k * p + k]);
    gsl_matrix_free(factor);
    return status;
}

static int run(fitter *t, du_fit *fit)
{
    int status = fit->likelihood ? maximum_likelihood(t, fit) : least_squares(t, fit);
    if (status) return status;
    memcpy(fit->b, t->best, t->p * sizeof *fit->b);
    return du_observe_residuals(t->observer, fit->b, fit->residuals, 1);
}

static int prepare(fitter *t, const du_model *model, const du_data *data, double *work)
{
    int status = DU_OK;
    du_options o = t->options->options;
    o.status = &status;
    t->adapter = du_gsl_model(model, data, t->p, &o);
    t->observer = t->adapter ? du_observer_new(model, data, t->p, &o) : NULL;
    if (!t->observer) return status;
    t->inner = du_gsl_multifit_nlinear(t->adapter);
    t->fdf = (gsl_multifit_nlinear_fdf){ .f = trial_f, .df = trial_df, .fvv = trial_fvv,
                                         .n = t->n, .p = t->p, .params = t };
    size_t p = t->p;
    double **parts[] = { &t->trial, &t->gradient, &t->trial_gradient, &t->step, &t->scale, &t->best,
                         &t->hessian, &t->trial_hessian, &t->damped };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; work += i++ < 6 ? p : p * p) *parts[i] = work;
    return DU_OK;
}

/* observations of positive weight less parameters, as R counts them */
static size_t freedom_of(const du_data *data, size_t p)
{
    size_t n = data->rows;
    for (size_t i = 0; data->weights && i < data->rows; i++) n -= data->weights[i] == 0.0;
    return n > p ? n - p : 0;
}

/* sum of w y^2: what the sum of squares is of a model that says 0 */
static double size_of_response(const du_data *data)
{
    double s = 0.0;
    for (size_t i = 0; data->y && i < data->rows; i++)
        s += (data->weights ? data->weights[i] : 1.0) * data->y[i] * data->y[i];
    return s;
}

int du_fit_model(const du_model *model, const du_data *data, size_t p, const double start[],
                 const du_fit_options *options, du_fit *fit)
{
    if (!fit) return DU_EINVAL;
    *fit = (du_fit){ .n = 0 };
    if (!model || !data || !start || p == 0 || p > 4096 || data->rows < p) return DU_EINVAL;
    du_fit_options none = { .max_iterations = 0 };
    fitter t = { .options = options ? options : &none, .n = data->rows, .p = p, .start = start,
                 .natural = size_of_response(data) };
    du_fit r = { .n = data->rows, .p = p, .likelihood = !data->y, .freedom = freedom_of(data, p) };
    r.b = calloc(2 * p + p * p + r.n, sizeof *r.b);
    double *work = calloc(6 * p + 3 * p * p, sizeof *work);
    int status = r.b && work ? DU_OK : DU_ENOMEM;
    if (!status) {
        r.se = r.b + p;
        r.covariance = r.se + p;
        r.residuals = r.covariance + p * p;
        status = prepare(&t, model, data, work);
    }
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    if (!status) status = run(&t, &r);
    gsl_set_error_handler(handler);
    du_gsl_free(t.adapter);
    du_observer_free(t.observer);
    free(work);
    if (status) free(r.b);
    else *fit = r;
    return status;
}

void du_fit_free(du_fit *fit)
{
    if (!fit) return;
    free(fit->b);
    *fit = (du_fit){ .n = 0 };
}
