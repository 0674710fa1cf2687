/* lib/tensor/gradients.c - reverse sweeps from a tensor, gradients kept on request, and recording
 * paused and resumed.
 * SPDX-License-Identifier: MIT */
#include "node.h"

void du_tape_pause(du_tape *t)
{
    if (t) t->client.paused++;
}
void du_tape_resume(du_tape *t)
{
    if (t && t->client.paused) t->client.paused--;
}

/* DU_OK when x has a node on a tape that has not failed; else why not. */
static int check(du_tensor x, const char *what)
{
    if (!x.tape) return DU_ENOGRAD;
    if (x.tape->status) return x.tape->status;
    if (du_tensor_alive(x)) return DU_OK;
    return du_tensor_refuse(x.tape, DU_ESTALE, "%s: the tensor is from before a reset or a rewind",
                            what);
}

int du_backward_seed(du_tensor y, const double seed[])
{
    int status = seed ? check(y, "backward") : DU_EINVAL;
    return status ? status : du_sweep_range(y.tape, y.node->slot, y.node->size, seed);
}

int du_backward(du_tensor y)
{
    const double one = 1.0;
    int status = check(y, "backward");
    if (!status && y.node->size != 1)
        status = du_tensor_refuse(y.tape, DU_ESHAPE, "backward: shape %s needs du_backward_seed",
                                  du_shape_words(y.node->shape).text);
    return status ? status : du_backward_seed(y, &one);
}

int du_tensor_retain_grad(du_tensor x)
{
    int status = check(x, "retain_grad");
    if (!status && !x.node->segment)
        status = du_tensor_refuse(x.tape, DU_ENOGRAD, "retain_grad: a constant has no gradient");
    return status ? status : du_tape_retain(x.tape, x.node->segment);
}
