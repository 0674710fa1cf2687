/* tests/bench/tensor.c - a training step (forward, backward, update) of three networks: the linear
 * regression and the digits of the examples, and 784-512-10 at batch 256. Lines as bench.c's; the
 * ratio to the function is to the forward pass alone; torch_peer.py times the same steps in
 * PyTorch. SPDX-License-Identifier: MIT */
#include "../../examples/optimiser.h"
#include "clock.h"
#include <duet/duet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 41, LAYERS = 3 };

/* widths[LAYERS]: inputs, hidden units (0: none), outputs; cross entropy, or mean square for one
 * output */
typedef struct { const char *name; size_t batch, widths[LAYERS]; int calls, adam; } workload;
typedef struct {
    du_tape *t;
    du_tensor x, y, w[4];
    size_t count, *label;
    du_mark mark;
    optimiser o;
    int adam;
} trainer;

static double pseudo_random(void)
{
    static unsigned state = 7;
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / 8388608.0 - 1.0;
}
static du_tensor random_tensor(du_tape *t, du_shape shape, int leaf)
{
    du_tensor x = du_tensor_full(t, shape, 0.0, leaf);
    double *p = du_tensor_write(x), scale = leaf ? 1.0 / sqrt((double)shape.n[0]) : 1.0;
    for (size_t i = 0; i < du_tensor_size(x); i++) p[i] = scale * pseudo_random();
    return x;
}

static void start(trainer *r, const workload *w)
{
    size_t in = w->widths[0], hidden = w->widths[1], out = w->widths[2];
    *r = (trainer){ .t = du_tape_new(NULL), .adam = w->adam,
                    .label = malloc(w->batch * sizeof *r->label) };
    r->x = random_tensor(r->t, DU_SHAPE(w->batch, in), 0);
    r->y = random_tensor(r->t, DU_SHAPE(w->batch, out), 0);
    for (size_t i = 0; i < w->batch; i++) r->label[i] = i % out;
    if (hidden) {
        r->w[r->count++] = random_tensor(r->t, DU_SHAPE(in, hidden), 1);
        r->w[r->count++] = random_tensor(r->t, DU_SHAPE(hidden), 1);
    }
    r->w[r->count++] = random_tensor(r->t, DU_SHAPE(hidden ? hidden : in, out), 1);
    r->w[r->count++] = random_tensor(r->t, DU_SHAPE(out), 1);
    optimiser_start(&r->o, r->count, r->w);
    r->mark = du_tape_mark(r->t);
}

static du_tensor loss(const trainer *r)
{
    du_tensor z = du_add(du_tensor_matmul(r->x, r->w[0]), r->w[1]);
    if (r->count == 2) return du_tensor_mse(z, r->y);
    return du_tensor_cross_entropy(du_add(du_tensor_matmul(du_relu(z), r->w[2]), r->w[3]),
        r->label);
}

static void forward(trainer *r)
{
    DU_NO_GRAD(r->t) loss(r);
    du_tape_rewind(r->t, r->mark);
}
static void step(trainer *r)
{
    du_tensor l = loss(r);
    du_tape_zero_gradients(r->t);
    du_backward(l);
    du_tape_rewind(r->t, r->mark);
    if (r->adam) adam_step(&r->o, 1e-3);
    else sgd_step(&r->o, 1e-2, 0.0);
}

static double median(trainer *r, void (*run)(trainer *), int calls)
{
    double samples[ROUNDS];
    run(r);
    for (int k = 0; k < ROUNDS; k++) {
        double begin = seconds();
        for (int i = 0; i < calls; i++) run(r);
        samples[k] = (seconds() - begin) / calls;
    }
    qsort(samples, ROUNDS, sizeof *samples, ascending);
    return samples[ROUNDS / 2];
}

int main(void)
{
    static const workload all[] = {
        { "linear_regression_step", 100, { 1, 0, 1 }, 200, 0 },
        { "digits_step", 64, { 64, 32, 10 }, 20, 1 },
        { "network_784_512_10_step", 256, { 784, 512, 10 }, 1, 0 },
    };
    int bad = 0;
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        trainer r;
        start(&r, &all[k]);
        double plain = median(&r, forward, all[k].calls), whole = median(&r, step, all[k].calls);
        printf("%s\tduet-tensors\t%.3f\t%.3f\t-\t-\n", all[k].name, 1e6 * whole, whole / plain);
        bad |= du_tape_status(r.t) != DU_OK;
        optimiser_stop(&r.o);
        free(r.label);
        du_tape_free(r.t);
    }
    return bad;
}
