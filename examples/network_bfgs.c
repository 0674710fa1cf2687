/* examples/network_bfgs.c - a small network trained on all its data at once by GSL's BFGS: tensors
 * make the loss of one vector of parameters, the adapter makes the minimiser's struct of it. The
 * network, two inputs, eight tanh units, one output, learns which of two interleaved spirals a
 * point lies on. SPDX-License-Identifier: MIT */
#include <duet/duet.h>
#include <duet/gsl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>

enum { POINTS = 200, HIDDEN = 8, PARAMETERS = 2 * HIDDEN + HIDDEN + HIDDEN + 1 };

typedef struct { double x[2 * POINTS], y[POINTS]; } spirals;

static du_tensor take(du_tensor parameters, size_t *from, du_shape shape, size_t size)
{
    du_tensor part = du_tensor_reshape(du_tensor_slice(parameters, 0, *from, *from + size), shape);
    *from += size;
    return part;
}

static du_tensor output(du_tape *t, du_tensor parameters, const spirals *s)
{
    size_t at = 0;
    du_tensor x = du_tensor_new(t, DU_SHAPE(POINTS, 2), s->x, 0);
    du_tensor w1 = take(parameters, &at, DU_SHAPE(2, HIDDEN), 2 * HIDDEN);
    du_tensor b1 = take(parameters, &at, DU_SHAPE(HIDDEN), HIDDEN);
    du_tensor w2 = take(parameters, &at, DU_SHAPE(HIDDEN), HIDDEN);
    du_tensor b2 = take(parameters, &at, DU_SHAPE(1), 1);
    du_tensor hidden = du_tanh(du_add(du_tensor_matmul(x, w1), b1));
    return du_add(du_tensor_matmul(hidden, w2), b2);
}

/* mean of log(1 + e^z) - y z, and a little weight decay */
static du_tensor loss(du_tape *t, du_tensor parameters, const void *ctx)
{
    const spirals *s = ctx;
    du_tensor z = output(t, parameters, s), y = du_tensor_new(t, DU_SHAPE(POINTS), s->y, 0);
    du_tensor decay = du_mul(1e-5, du_tensor_sum(du_sqr(parameters)));
    return du_add(du_tensor_mean(du_sub(du_softplus(z), du_mul(y, z))), decay);
}

static void make_spirals(spirals *s)
{
    for (int i = 0; i < POINTS; i++) {
        double angle = 0.5 + 3.0 * (i / 2) / (POINTS / 2), side = i % 2 ? 1.0 : -1.0;
        s->x[2 * i] = side * angle * cos(angle) / 2.0;
        s->x[2 * i + 1] = side * angle * sin(angle) / 2.0;
        s->y[i] = i % 2;
    }
}

static int points_right(const gsl_vector *parameters, const spirals *s)
{
    du_tape *t = du_tape_new(NULL);
    int right = 0;
    du_tensor p = du_tensor_new(t, DU_SHAPE(PARAMETERS), parameters->data, 0);
    const double *z = du_tensor_values(output(t, p, s));
    for (int k = 0; z && k < POINTS; k++) right += (z[k] > 0.0) == (s->y[k] > 0.5);
    if (!z) fprintf(stderr, "network_bfgs: %s\n", du_tape_message(t));
    du_tape_free(t);
    return right;
}

int main(void)
{
    static spirals s;
    make_spirals(&s);
    gsl_set_error_handler_off();
    du_gsl *d = du_gsl_tensors(loss, PARAMETERS, &(du_plan_options){ .ctx = &s });
    gsl_multimin_function_fdf fdf = du_gsl_multimin(d);
    gsl_vector *start = gsl_vector_alloc(PARAMETERS);
    for (size_t j = 0; j < PARAMETERS; j++) gsl_vector_set(start, j, sin(7.0 * (double)j + 1.0));
    gsl_multimin_fdfminimizer *m =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, PARAMETERS);
    int i = 0, code = gsl_multimin_fdfminimizer_set(m, &fdf, start, 0.1, 0.1);
    while (!code && i < 2000) {
        code = gsl_multimin_fdfminimizer_iterate(m);
        if (code || gsl_multimin_test_gradient(m->gradient, 1e-5) == GSL_SUCCESS) break;
        if (i % 50 == 0) printf("iteration %4d  loss %.6f\n", i, m->f);
        i++;
    }
    int right = points_right(m->x, &s);
    printf("network_bfgs: loss %.6f after %d iterations, %d of %d points right\n", m->f, i, right,
           POINTS);
    if (du_gsl_status(d)) fprintf(stderr, "network_bfgs: %s\n", du_gsl_message(d));
    gsl_multimin_fdfminimizer_free(m);
    gsl_vector_free(start);
    du_gsl_free(d);
    return right == POINTS ? 0 : 1;
}
