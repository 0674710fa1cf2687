/* tests/bench/hand_lstm.c - ADBench's LSTM: the loss of two layers of fourteen units that predict
 * each character of a sequence from those before, and its gradient by a sweep backwards through the
 * stored steps.
 * SPDX-License-Identifier: MIT */
#include "hand.h"
#include <math.h>
#include <string.h>

enum { L = LSTM_LAYERS, B = LSTM_WIDTH, STEPS = LSTM_STEPS - 1 };
enum { FORGET, INGATE, OUTGATE, CHANGE, GATES };

/* the parameters in their order, and derivatives by them */
typedef struct {
    struct { double weight[GATES][B], bias[GATES][B]; } layer[L];
    double in_weight[B], out_weight[B], out_bias[B];
} parameters;
typedef struct { double hidden[B], cell[B]; } state;

static inline double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

/* u is the input of the layer, then its output */
static void layer_step(const parameters *p, int l, state *s, double *u)
{
    const double (*w)[B] = p->layer[l].weight, (*b)[B] = p->layer[l].bias;
    for (int i = 0; i < B; i++) {
        double forget = logistic(u[i] * w[FORGET][i] + b[FORGET][i]);
        double ingate = logistic(s->hidden[i] * w[INGATE][i] + b[INGATE][i]);
        double outgate = logistic(u[i] * w[OUTGATE][i] + b[OUTGATE][i]);
        double change = tanh(s->hidden[i] * w[CHANGE][i] + b[CHANGE][i]);
        s->cell[i] = s->cell[i] * forget + ingate * change;
        u[i] = s->hidden[i] = outgate * tanh(s->cell[i]);
    }
}

PLAIN(lstm)
{
    const parameters *p = (const parameters *)x;
    const double *now = lstm_sequence();
    state s[L];
    double loss = 0.0, u[B];
    memcpy(s, lstm_state(), sizeof s);
    for (int t = 0; t < STEPS; t++, now += B) {
        const double *next = now + B;
        double sum = 2.0, hit = 0.0, count = 0.0;
        for (int i = 0; i < B; i++) u[i] = now[i] * p->in_weight[i];
        for (int l = 0; l < L; l++) layer_step(p, l, &s[l], u);
        for (int i = 0; i < B; i++) {
            double y = u[i] * p->out_weight[i] + p->out_bias[i];
            sum += exp(y);
            hit += next[i] * y;
            count += next[i];
        }
        loss += hit - count * log(sum);
    }
    *f = -loss / (B * STEPS);
}

/* ---- by hand ---- */

/* what a step leaves behind for the sweep */
typedef struct { double gate[GATES][B], tanh_cell[B]; state before, after; } layer_record;
typedef struct { layer_record layer[L]; double input[B], share[B]; } record;

static void layer_forward(const parameters *p, int l, layer_record *k, const state *before,
                          const double *restrict u)
{
    const double (*w)[B] = p->layer[l].weight, (*b)[B] = p->layer[l].bias;
    double (*gate)[B] = k->gate;
    k->before = *before;
    for (int i = 0; i < B; i++) {
        gate[FORGET][i] = logistic(u[i] * w[FORGET][i] + b[FORGET][i]);
        gate[INGATE][i] = logistic(k->before.hidden[i] * w[INGATE][i] + b[INGATE][i]);
        gate[OUTGATE][i] = logistic(u[i] * w[OUTGATE][i] + b[OUTGATE][i]);
        gate[CHANGE][i] = tanh(k->before.hidden[i] * w[CHANGE][i] + b[CHANGE][i]);
        k->after.cell[i] = k->before.cell[i] * gate[FORGET][i] + gate[INGATE][i] * gate[CHANGE][i];
        k->tanh_cell[i] = tanh(k->after.cell[i]);
        k->after.hidden[i] = gate[OUTGATE][i] * k->tanh_cell[i];
    }
}

static double forward(const parameters *p, record *r)
{
    const double *now = lstm_sequence();
    const state *before = (const state *)lstm_state();
    double loss = 0.0;
    for (int t = 0; t < STEPS; t++, now += B, r++) {
        const double *next = now + B, *u = r->input;
        double sum = 2.0, hit = 0.0, count = 0.0;
        for (int i = 0; i < B; i++) r->input[i] = now[i] * p->in_weight[i];
        for (int l = 0; l < L; l++) {
            layer_forward(p, l, &r->layer[l], t ? &r[-1].layer[l].after : &before[l], u);
            u = r->layer[l].after.hidden;
        }
        for (int i = 0; i < B; i++) {
            double y = u[i] * p->out_weight[i] + p->out_bias[i];
            sum += r->share[i] = exp(y);
            hit += next[i] * y;
            count += next[i];
        }
        for (int i = 0; i < B; i++) r->share[i] *= count / sum;
        loss += hit - count * log(sum);
    }
    return -loss / (B * STEPS);
}

/* back is the derivative by the state after the step, then before it; u the layer's input; along
 * the derivative by its output, then by its input */
static void layer_back(const parameters *p, int l, const layer_record *k, const double *restrict u,
                       state *restrict back, double *restrict along, parameters *restrict g)
{
    const double (*gate)[B] = k->gate, (*w)[B] = p->layer[l].weight, *hidden = k->before.hidden;
    double (*gw)[B] = g->layer[l].weight, (*gb)[B] = g->layer[l].bias;
    for (int i = 0; i < B; i++) {
        double forget = gate[FORGET][i], ingate = gate[INGATE][i], outgate = gate[OUTGATE][i],
            change = gate[CHANGE][i];
        double by_hidden = back->hidden[i] + along[i], t = k->tanh_cell[i];
        double by_cell = back->cell[i] + by_hidden * outgate * (1.0 - t * t);
        double by_forget = by_cell * k->before.cell[i] * forget * (1.0 - forget);
        double by_ingate = by_cell * change * ingate * (1.0 - ingate);
        double by_outgate = by_hidden * t * outgate * (1.0 - outgate);
        double by_change = by_cell * ingate * (1.0 - change * change);
        back->cell[i] = by_cell * forget;
        back->hidden[i] = by_ingate * w[INGATE][i] + by_change * w[CHANGE][i];
        along[i] = by_forget * w[FORGET][i] + by_outgate * w[OUTGATE][i];
        gw[FORGET][i] += by_forget * u[i];
        gw[INGATE][i] += by_ingate * hidden[i];
        gw[OUTGATE][i] += by_outgate * u[i];
        gw[CHANGE][i] += by_change * hidden[i];
        gb[FORGET][i] += by_forget;
        gb[INGATE][i] += by_ingate;
        gb[OUTGATE][i] += by_outgate;
        gb[CHANGE][i] += by_change;
    }
}

static void backward(const parameters *p, const record *r, parameters *g)
{
    const double *next = lstm_sequence() + B * STEPS;
    state back[L];
    double along[B];
    memset(g, 0, sizeof *g);
    memset(back, 0, sizeof back);
    for (int t = STEPS - 1; t >= 0; t--, next -= B) {
        const double *u = r[t].layer[L - 1].after.hidden, *now = next - B;
        for (int i = 0; i < B; i++) {
            double by_y = (r[t].share[i] - next[i]) / (B * STEPS);
            g->out_bias[i] += by_y;
            g->out_weight[i] += by_y * u[i];
            along[i] = by_y * p->out_weight[i];
        }
        for (int l = L - 1; l >= 0; l--)
            layer_back(p, l, &r[t].layer[l], l ? r[t].layer[l - 1].after.hidden : r[t].input,
                &back[l], along, g);
        for (int i = 0; i < B; i++) g->in_weight[i] += along[i] * now[i];
    }
}

HAND(lstm)
{
    static record r[STEPS];
    *f = forward((const parameters *)x, r);
    backward((const parameters *)x, r, (parameters *)g);
}
