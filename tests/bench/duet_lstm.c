/* tests/bench/duet_lstm.c - ADBench's LSTM by Duet, in plain operations on the tape.
 * SPDX-License-Identifier: MIT */
#include "functions.h"
#include <duet/duet.h>

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
