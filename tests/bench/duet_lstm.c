/* tests/bench/duet_lstm.c - ADBench's LSTM by Duet, in plain operations on the tape and with a layer as one map.
 * SPDX-License-Identifier: MIT */
#include "bench.h"
#include "functions.h"
#include <duet/duet.h>
#include <stdlib.h>

enum { L = LSTM_LAYERS, B = LSTM_WIDTH, STEPS = LSTM_STEPS - 1 };
enum { FORGET, INGATE, OUTGATE, CHANGE, GATES };

DU_HELPER(sigmoid, (T x), return du_inv(du_add(1.0, du_exp(du_neg(x))));)

DU_FUNCTION(lstm, x, y,
    const double *now = lstm_sequence();
    const double *state = lstm_state();
    const T *in_weight = x + 2 * GATES * B * L;
    const T *out_weight = in_weight + B;
    const T *out_bias = out_weight + B;
    T hidden[L][B];
    T cell[L][B];
    T u[B];
    T loss = du_constant(T, 0.0);
    for (int l = 0; l < L; l++) for (int i = 0; i < B; i++) {
        hidden[l][i] = du_constant(T, state[2 * l * B + i]);
        cell[l][i] = du_constant(T, state[(2 * l + 1) * B + i]);
    }
    for (int t = 0; t < STEPS; t++, now += B) {
        const double *next = now + B;
        T sum = du_constant(T, 2.0);
        T hit = du_constant(T, 0.0);
        double count = 0.0;
        for (int i = 0; i < B; i++) u[i] = du_mul(now[i], in_weight[i]);
        for (int l = 0; l < L; l++) {
            const T *w = x + 2 * GATES * B * l;
            const T *b = w + GATES * B;
            for (int i = 0; i < B; i++) {
                T *h = &hidden[l][i];
                T *c = &cell[l][i];
                T forget = DU_CALL(sigmoid, du_fma(u[i], w[FORGET * B + i], b[FORGET * B + i]));
                T ingate = DU_CALL(sigmoid, du_fma(*h, w[INGATE * B + i], b[INGATE * B + i]));
                T outgate = DU_CALL(sigmoid, du_fma(u[i], w[OUTGATE * B + i], b[OUTGATE * B + i]));
                T change = du_tanh(du_fma(*h, w[CHANGE * B + i], b[CHANGE * B + i]));
                *c = du_fma(*c, forget, du_mul(ingate, change));
                u[i] = *h = du_mul(outgate, du_tanh(*c));
            }
        }
        for (int i = 0; i < B; i++) {
            T out = du_fma(u[i], out_weight[i], out_bias[i]);
            sum = du_add(sum, du_exp(out));
            if (next[i] != 0.0) hit = du_add(hit, du_mul(next[i], out));
            count += next[i];
        }
        loss = du_add(loss, du_sub(du_mul(count, du_log(sum)), hit));
    }
    y[0] = du_div(loss, B * STEPS);
)
const du_function *const function_lstm = &lstm;

/* a unit: input, hidden, cell, four weights, four biases; hidden and cell after the step */
DU_MODEL(unit, b, x, y,
    const T *w = b + 3;
    const T *c = w + GATES;
    T forget = DU_CALL(sigmoid, du_fma(b[0], w[FORGET], c[FORGET]));
    T ingate = DU_CALL(sigmoid, du_fma(b[1], w[INGATE], c[INGATE]));
    T outgate = DU_CALL(sigmoid, du_fma(b[0], w[OUTGATE], c[OUTGATE]));
    T change = du_tanh(du_fma(b[1], w[CHANGE], c[CHANGE]));
    y[1] = du_fma(b[2], forget, du_mul(ingate, change));
    y[0] = du_mul(outgate, du_tanh(y[1]));
)
DU_MODEL(affine, b, x, y, y[0] = du_fma(b[0], b[1], b[2]);)

DU_FUNCTION(lstm_kernels, x, y,
    const double *now = lstm_sequence();
    const double *state = lstm_state();
    const T *in_weight = x + 2 * GATES * B * L;
    const T *out_weight = in_weight + B;
    T hidden[2][L][B];
    T cell[2][L][B];
    T u[B];
    T out[B + 1];
    T loss = du_constant(T, 0.0);
    for (int l = 0; l < L; l++) for (int i = 0; i < B; i++) {
        hidden[0][l][i] = du_constant(T, state[2 * l * B + i]);
        cell[0][l][i] = du_constant(T, state[(2 * l + 1) * B + i]);
    }
    out[B] = du_constant(T, log(2.0));
    for (int t = 0; t < STEPS; t++, now += B) {
        const double *next = now + B;
        int old = t % 2;
        const T *in = u;
        double count = 0.0;
        for (int i = 0; i < B; i++) u[i] = du_mul(now[i], in_weight[i]);
        for (int l = 0; l < L; l++) {
            const T *w = x + 2 * GATES * B * l;
            const T *inputs[11] = { in, hidden[old][l], cell[old][l] };
            T *outputs[2] = { hidden[!old][l], cell[!old][l] };
            for (int k = 0; k < 2 * GATES; k++) inputs[3 + k] = w + k * B;
            du_map(&unit, B, inputs, 11, outputs, 2, NULL);
            in = hidden[!old][l];
        }
        du_map(&affine, B, ((const T *const[]){ in, out_weight, out_weight + B }), 3, ((T *const[]){ out }), 1, NULL);
        for (int i = 0; i < B; i++) count += next[i];
        loss = du_add(loss, du_mul(count, du_logsumexp(out, B + 1)), du_neg(du_dot(out, next, B)));
    }
    y[0] = du_div(loss, B * STEPS);
)

static void kernels(const double *x, double *f, double *g)
{
    static du_plan *p;
    if (!p) p = du_plan_gradient(&lstm_kernels, LSTM_PARAMETERS, &(du_options){ .mode = DU_REVERSE });
    if (du_run_gradient(p, x, f, g)) abort();
}
const bench_tool duet_lstm[] = { { "duet-kernels", kernels }, { NULL, NULL } };
