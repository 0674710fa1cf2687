/* examples/linear_regression.c - y = w x + b by gradient descent, as the PyTorch tutorials do it.
 *
 *     linear_regression [FILE.csv]     a header line, then x,y
 * SPDX-License-Identifier: MIT */
#include "optimiser.h"
#include "table.h"
#include <duet/duet.h>

enum { EPOCHS = 1000, BAD_INPUT = 2 };
static const double RATE = 0.01;

int main(int argc, char **argv)
{
    char message[256];
    table data;
    if (table_read(argc > 1 ? argv[1] : "examples/data/linear_regression.csv", 1, &data, message)) {
        fprintf(stderr, "%s\n", message);
        return BAD_INPUT;
    }
    du_tape *t = du_tape_new(NULL);
    du_tensor x = du_tensor_new(t, DU_SHAPE(data.rows, 1), data.x, 0);
    du_tensor y = du_tensor_new(t, DU_SHAPE(data.rows, 1), data.y, 0);
    du_tensor w = du_tensor_full(t, DU_SHAPE(1, 1), 1.0, 1);
    du_tensor b = du_tensor_full(t, DU_SHAPE(1), 1.0, 1);
    optimiser o;
    if (!optimiser_start(&o, 2, (du_tensor[]){ w, b })) return 1;
    du_mark parameters = du_tape_mark(t);
    for (int epoch = 1; epoch <= EPOCHS && du_tape_status(t) == DU_OK; epoch++) {
        du_tensor loss = du_tensor_mse(du_add(du_tensor_matmul(x, w), b), y);
        du_tape_zero_gradients(t);
        du_backward(loss);
        if (epoch % 100 == 0) printf("Epoch [%d/%d], Loss: %.4f\n", epoch, EPOCHS, du_value(loss));
        du_tape_rewind(t, parameters);
        sgd_step(&o, RATE, 0.0);
    }
    printf("weight %.6f, bias %.6f\n", du_value(w), du_value(b));
    int status = du_tape_status(t);
    if (status) fprintf(stderr, "%s\n", du_tape_message(t));
    optimiser_stop(&o);
    du_tape_free(t);
    table_free(&data);
    return status != DU_OK;
}
