/* examples/digits.c - a network of 64, 32 and 10 units learns to read handwritten digits: 1437
 * images to learn from after one shuffle by a fixed seed, 360 to test on; cross entropy, Adam,
 * batches of 64.
 *
 *     digits [FILE.csv]     a header line, then 64 pixels and the digit
 * SPDX-License-Identifier: MIT */
#include "optimiser.h"
#include "table.h"
#include <duet/duet.h>
#include <math.h>
#include <stdlib.h>

enum { PIXELS = 64, HIDDEN = 32, CLASSES = 10, PARAMETERS = 4 };
enum { TRAINING = 1437, BATCH = 64, EPOCHS = 150, BAD_INPUT = 2 };

typedef struct { du_tensor w[PARAMETERS]; optimiser o; } network;

static unsigned long long state = 20250101u;
static double uniform(void) /* in [0, 1), Knuth's MMIX generator */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void shuffle(size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(uniform() * (double)i), keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
}

/* He's initialisation: uniform with variance 2/inputs */
static du_tensor weights(du_tape *t, size_t inputs, size_t outputs)
{
    du_tensor w = du_tensor_full(t, DU_SHAPE(inputs, outputs), 0.0, 1);
    double *p = du_tensor_write(w), bound = sqrt(6.0 / (double)inputs);
    for (size_t i = 0; p && i < inputs * outputs; i++) p[i] = bound * (2.0 * uniform() - 1.0);
    return w;
}

static du_tensor biases(du_tape *t, size_t outputs)
{
    return du_tensor_full(t, DU_SHAPE(outputs), 0.0, 1);
}

static int make_network(network *net, du_tape *t)
{
    *net = (network){ .w = { weights(t, PIXELS, HIDDEN), biases(t, HIDDEN),
                             weights(t, HIDDEN, CLASSES), biases(t, CLASSES) } };
    return du_tape_status(t) == DU_OK && optimiser_start(&net->o, PARAMETERS, net->w);
}

static du_tensor logits(const network *net, du_tensor x)
{
    du_tensor h = du_relu(du_add(du_tensor_matmul(x, net->w[0]), net->w[1]));
    return du_add(du_tensor_matmul(h, net->w[2]), net->w[3]);
}

/* the images order[from ... to-1] and their digits */
static du_tensor batch(du_tape *t, const table *data, const size_t *order, size_t from, size_t to,
                       size_t *digit)
{
    du_tensor x = du_tensor_new(t, DU_SHAPE(to - from, PIXELS), NULL, 0);
    double *p = du_tensor_write(x);
    for (size_t i = from; p && i < to; i++) {
        for (size_t j = 0; j < PIXELS; j++) *p++ = data->x[order[i] * PIXELS + j] / 16.0;
        digit[i - from] = (size_t)data->y[order[i]];
    }
    return x;
}

/* per cent of the images order[from ... to-1] read right, a batch at a time */
static double accuracy(du_tape *t, const network *net, const table *data, const size_t *order,
                       size_t from, size_t to)
{
    du_mark before = du_tape_mark(t);
    size_t right = 0, digit[BATCH];
    for (size_t at = from, next; at < to; at = next) {
        next = at + BATCH < to ? at + BATCH : to;
        DU_NO_GRAD(t) {
            const double *y = du_tensor_values(logits(net, batch(t, data, order, at, next, digit)));
            for (size_t i = 0; y && i < next - at; i++, y += CLASSES) {
                size_t best = 0;
                for (size_t k = 1; k < CLASSES; k++) if (y[k] > y[best]) best = k;
                right += best == digit[i];
            }
        }
        du_tape_rewind(t, before);
    }
    return 100.0 * (double)right / (double)(to - from);
}

static double train_epoch(du_tape *t, network *net, const table *data, size_t *order,
                          du_mark parameters, double rate)
{
    double total = 0.0;
    shuffle(order, TRAINING);
    for (size_t from = 0; from < TRAINING; from += BATCH) {
        size_t digit[BATCH], to = from + BATCH < TRAINING ? from + BATCH : TRAINING;
        du_tensor x = batch(t, data, order, from, to, digit);
        du_tensor loss = du_tensor_cross_entropy(logits(net, x), digit);
        du_tape_zero_gradients(t);
        du_backward(loss);
        total += du_value(loss) * (double)(to - from);
        du_tape_rewind(t, parameters);
        adam_step(&net->o, rate);
    }
    return total / TRAINING;
}

static int learn(const table *data, size_t *order)
{
    network net;
    du_tape *t = du_tape_new(NULL);
    if (!t || !make_network(&net, t)) return 1;
    du_mark parameters = du_tape_mark(t);
    for (int epoch = 1; epoch <= EPOCHS && du_tape_status(t) == DU_OK; epoch++) {
        double rate = 0.01 * (1.0 - (epoch - 1.0) / EPOCHS);
        double loss = train_epoch(t, &net, data, order, parameters, rate);
        printf("epoch %3d  loss %.4f  training accuracy %.2f%%  arena %zu bytes\n", epoch, loss,
               accuracy(t, &net, data, order, 0, TRAINING), du_tape_inspect(t).bytes);
    }
    int status = du_tape_status(t);
    if (status) fprintf(stderr, "%s\n", du_tape_message(t));
    else
        printf("digits: test accuracy %.2f%%\n",
               accuracy(t, &net, data, order, TRAINING, data->rows));
    optimiser_stop(&net.o);
    du_tape_free(t);
    return status != DU_OK;
}

int main(int argc, char **argv)
{
    char message[256];
    table data;
    if (table_read(argc > 1 ? argv[1] : "examples/data/digits.csv", 1, &data, message)) {
        fprintf(stderr, "%s\n", message);
        return BAD_INPUT;
    }
    size_t *order = malloc(data.rows * sizeof *order);
    if (!order || data.cols != PIXELS || data.rows <= TRAINING) {
        fprintf(stderr, "expected more than %d rows of %d pixels\n", TRAINING, PIXELS);
        return BAD_INPUT;
    }
    for (size_t i = 0; i < data.rows; i++) order[i] = i;
    shuffle(order, data.rows);
    int status = learn(&data, order);
    free(order);
    table_free(&data);
    return status;
}
