/* examples/autograd_tour.c - PyTorch's autograd tutorial, section by section, in C.
 *
 *     autograd_tour [FILE.dot]     also writes the graph, as FILE.dot.svg too where Graphviz is
 * SPDX-License-Identifier: MIT */
#include "run_program.h"
#include <duet/duet.h>
#include <math.h>
#include <stdio.h>

static void print_gradient(const char *name, du_tensor x)
{
    const double *g = du_tensor_grad(x);
    printf("%s.grad = [[%g, %g], [%g, %g]]\n", name, g[0], g[1], g[2], g[3]);
}

/* a custom exponential: saves its result, which is its derivative */
static void exp_backward(const du_tensor x[], size_t n, du_tensor y, const double ybar[],
                         double *const xbar[], void *data)
{
    (void)x;
    (void)n;
    (void)data;
    for (size_t i = 0; i < du_tensor_size(y); i++) xbar[0][i] += du_tensor_values(y)[i] * ybar[i];
}
static du_tensor my_exp(du_tape *t, du_tensor x)
{
    double values[4];
    for (size_t i = 0; i < 4; i++) values[i] = exp(du_tensor_values(x)[i]);
    return du_tensor_custom(t, "my_exp", 1, &x, du_tensor_shape(x), values, exp_backward, NULL);
}

static int write_graph(du_tensor out, const char *path)
{
    char picture[1024];
    FILE *file = fopen(path, "w");
    int status = file ? du_graph_dot(out, file) : DU_OK;
    if (!file || fclose(file)) return fprintf(stderr, "%s: cannot write the file\n", path), 1;
    if (status) return fprintf(stderr, "%s: %s\n", path, du_strerror(status)), 1;
    int cut = snprintf(picture, sizeof picture, "%s.svg", path) >= (int)sizeof picture;
    if (!have_program("dot", "-V"))
        printf("graph written to %s (dot is not installed: no SVG)\n", path);
    else if (cut || run_program((const char *[]){ "dot", "-Tsvg", NULL }, path, picture))
        printf("graph written to %s, which dot makes no SVG of\n", path);
    else printf("graph written to %s and %s\n", path, picture);
    return 0;
}

int main(int argc, char **argv)
{
    du_tape *t = du_tape_new(NULL);

    printf("-- a tensor with gradient\n");
    du_tensor x = du_tensor_name(du_tensor_full(t, DU_SHAPE(2, 2), 1.0, 1), "x");
    printf("x = ");
    du_tensor_print(x, stdout);

    printf("-- operations know their names\n");
    du_tensor y = du_tensor_name(du_add(x, 2.0), "y");
    du_tensor z = du_tensor_name(du_mul(du_mul(y, y), 3.0), "z");
    du_tensor out = du_tensor_name(du_tensor_mean(z), "out");
    printf("y.grad_fn = %s, z.grad_fn = %s, out.grad_fn = %s\n", du_tensor_op(y),
           du_tensor_op(z), du_tensor_op(out));
    printf("out = %g\n", du_value(out));

    printf("-- backward\n");
    du_backward(out);
    print_gradient("x", x);

    printf("-- gradients accumulate until zeroed\n");
    du_backward(out);
    print_gradient("x", x);
    du_tape_zero_gradients(t);
    print_gradient("x", x);

    printf("-- no-grad regions and detach\n");
    DU_NO_GRAD(t) {
        du_tensor w = du_mul(x, x);
        printf("inside: w.grad_fn = %s, backward says: %s\n", du_tensor_op(w),
               du_strerror(du_backward(du_tensor_sum(w))));
    }
    du_tensor cut = du_tensor_sum(du_mul(x, du_tensor_detach(y)));
    du_backward(cut);
    print_gradient("x", x);
    du_tape_zero_gradients(t);

    printf("-- a seed for what is not a scalar\n");
    du_backward_seed(y, (double[]){ 1.0, 0.1, 0.01, 0.001 });
    print_gradient("x", x);
    du_tape_zero_gradients(t);

    printf("-- a custom function\n");
    du_backward(du_tensor_sum(my_exp(t, x)));
    print_gradient("x", x);
    du_tape_zero_gradients(t);
    du_backward(du_tensor_sum(du_exp(x)));
    print_gradient("x", x);

    printf("-- the graph\n");
    du_graph_dot(out, stdout);
    int bad = du_tape_status(t) != DU_OK;
    if (bad) fprintf(stderr, "autograd_tour: %s\n", du_tape_message(t));
    if (argc > 1) bad |= write_graph(out, argv[1]);
    du_tape_free(t);
    return bad;
}
