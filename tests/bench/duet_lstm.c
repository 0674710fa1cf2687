/* tests/bench/duet_lstm.c - ADBench's LSTM by Duet: in plain operations on the tape; and eight
 * units at a time on a tape of packs. SPDX-License-Identifier: MIT */
#include "bench.h"
#include "functions.h"
#include <duet/duet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { L = LSTM_LAYERS, B = LSTM_WIDTH, STEPS = LSTM_STEPS - 1 };
enum { FORGET, INGATE, OUTGATE, CHANGE, GATES };

DU_HELPER(sigmoid, (T x), return du_inv(du_add(1.0, du_exp(du_neg(x))));)

/* a unit: its state h, c after the step from input u, with weights w[GATES * step] and biases b;
 * returns h */
DU_HELPER(unit, (T *h, T *c, T u, const T *w, const T *b, size_t step),
    T forget = DU_CALL(sigmoid, du_fma(u, w[FORGET * step], b[FORGET * step]));
    T ingate = DU_CALL(sigmoid, du_fma(*h, w[INGATE * step], b[INGATE * step]));
    T outgate = DU_CALL(sigmoid, du_fma(u, w[OUTGATE * step], b[OUTGATE * step]));
    T change = du_tanh(du_fma(*h, w[CHANGE * step], b[CHANGE * step]));
    *c = du_fma(*c, forget, du_mul(ingate, change));
    *h = du_mul(outgate, du_tanh(*c));
    return *h;
)

DU_FUNCTION(lstm, x[LSTM_PARAMETERS], y[1],
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
            for (int i = 0; i < B; i++) u[i] = DU_CALL(unit, &hidden[l][i], &cell[l][i], u[i],
                w + i, b + i, B);
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

/* ---- eight units at a time ---- */

/* The parameters are 19 arrays of 14 units: two packs each, whose last two lanes are nobody's. */
enum { ARRAYS = LSTM_PARAMETERS / B, PACKS = (B + 7) / 8, IN_WEIGHT = 2 * GATES * L, OUT_WEIGHT,
    OUT_BIAS };

static du_pack units(const double *a, int k)
{
    double lane[8 * PACKS] = { 0 };
    memcpy(lane, a, B * sizeof *a);
    return du_pack_load(lane + 8 * k);
}

/* The units meet in the loss alone, count log(2 + sum exp(out)) - next . out: its derivatives by
 * out are plain packs, and their products with out, summed, are what is swept. */
static du_pack_var loss_of(double *loss, const double *next, const du_pack_var out[])
{
    double sum = 2.0 - (8 * PACKS - B), count = 0.0; /* exp(0) of nobody's lanes */
    du_pack share[PACKS];
    du_pack_var y = du_pack_var_constant(0.0);
    for (int i = 0; i < B; i++) count += next[i];
    for (int k = 0; k < PACKS; k++) sum += du_pack_total(share[k] = du_exp(out[k].v));
    *loss += count * log(sum);
    for (int k = 0; k < PACKS; k++) {
        *loss -= du_pack_total(du_mul(units(next, k), out[k].v));
        y = du_add(y, du_mul(du_sub(du_mul(count / sum, share[k]), units(next, k)), out[k]));
    }
    return y;
}

static du_pack_var packed_steps(double *loss, du_pack_var p[][PACKS])
{
    typedef du_pack_var T;
    const double *now = lstm_sequence();
    const double *state = lstm_state();
    T hidden[L][PACKS], cell[L][PACKS], out[PACKS], y = du_constant(T, 0.0);
    for (int l = 0; l < L; l++) for (int k = 0; k < PACKS; k++) {
        hidden[l][k] = du_pack_var_lift(units(state + 2 * l * B, k));
        cell[l][k] = du_pack_var_lift(units(state + (2 * l + 1) * B, k));
    }
    for (int s = 0; s < STEPS; s++, now += B) {
        for (int k = 0; k < PACKS; k++) {
            T u = du_mul(units(now, k), p[IN_WEIGHT][k]);
            for (int l = 0; l < L; l++)
                u = DU_CALL(unit, &hidden[l][k], &cell[l][k], u, &p[2 * GATES * l][k],
                    &p[2 * GATES * l + GATES][k], PACKS);
            out[k] = du_fma(u, p[OUT_WEIGHT][k], p[OUT_BIAS][k]);
        }
        y = du_add(y, loss_of(loss, now + B, out));
    }
    return y;
}

static void packed(const double *x, double *f, double *g)
{
    static du_tape *t;
    du_pack v[ARRAYS * PACKS], slope[ARRAYS * PACKS];
    du_pack_var p[ARRAYS][PACKS];
    *f = 0.0;
    if (!t && !(t = du_tape_new(NULL))) abort();
    du_tape_reset(t);
    for (int a = 0; a < ARRAYS; a++) for (int k = 0; k < PACKS; k++)
        v[a * PACKS + k] = units(x + a * B, k);
    if (du_tape_independents_pack(t, ARRAYS * PACKS, v, p[0])) abort();
    du_pack_var y = packed_steps(f, p);
    if (du_tape_gradient_pack(t, &y, ARRAYS * PACKS, p[0], slope)) abort();
    *f /= B * STEPS;
    for (int a = 0; a < ARRAYS; a++)
        for (int i = 0; i < B; i++) g[a * B + i] = du_pack_get(slope[a * PACKS + i / 8],
            (size_t)(i % 8)) / (B * STEPS);
}
const bench_tool duet_lstm[] = { { "duet-packed", packed }, { NULL, NULL } };
