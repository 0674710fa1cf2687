/* lib/tensor/looking.c - what a tensor is: its shape, values, gradient, operation and name, in
 * print and as a graph for Graphviz. Of a tensor that was rewound past, nothing is read.
 * SPDX-License-Identifier: MIT */
#include "node.h"

du_shape du_tensor_shape(du_tensor x) { return du_tensor_alive(x) ? x.node->shape : DU_SCALAR; }

size_t du_tensor_size(du_tensor x)
{
    if (du_tensor_alive(x)) return x.node->size;
    return x.tape ? 0 : 1;
}

const double *du_tensor_values(du_tensor x) { return du_tensor_alive(x) ? x.node->value : NULL; }

double *du_tensor_write(du_tensor x)
{
    if (!du_tensor_alive(x)) return NULL;
    x.node->version++;
    return x.node->value;
}

double du_tensor_value(du_tensor x)
{
    if (!x.node) return x.scalar;
    return du_tensor_alive(x) && x.node->size == 1 ? x.node->value[0] : (double)NAN;
}

const double *du_tensor_grad(du_tensor x)
{
    return du_tensor_alive(x) && x.node->segment ? x.node->segment->gradient : NULL;
}

const char *du_tensor_op(du_tensor x)
{
    if (!du_tensor_alive(x)) return x.tape ? "failed" : "constant";
    return x.node->slot ? x.node->op : "constant";
}

du_tensor du_tensor_name(du_tensor x, const char *name)
{
    if (!du_tensor_alive(x) || !name) return x;
    snprintf(x.node->name, sizeof x.node->name, "%s", name);
    for (char *c = x.node->name; *c; c++)
        if (*c == '"' || *c == '\\' || *c == '\n') *c = '\''; /* they would end Graphviz's label */
    return x;
}

/* ---- in print ---- */

void du_tensor_print(du_tensor x, FILE *stream)
{
    if (!du_tensor_alive(x)) {
        fprintf(stream, "%g\n", du_tensor_value(x));
        return;
    }
    const du_shape s = x.node->shape;
    size_t columns = s.rank ? s.n[s.rank - 1] : 1, rows = columns ? x.node->size / columns : 0;
    fprintf(stream, s.rank > 1 ? "[" : "");
    for (size_t i = 0; i < rows; i++) {
        fprintf(stream, s.rank ? i ? ", [" : "[" : "");
        for (size_t j = 0; j < columns; j++)
            fprintf(stream, j ? ", %.4g" : "%.4g", x.node->value[i * columns + j]);
        fprintf(stream, s.rank ? "]" : "");
    }
    fprintf(stream, s.rank > 1 ? "]\n" : "\n");
}

/* ---- the graph ---- */

static void print_node(const du_tensor_node *n, FILE *stream)
{
    const char *style = n->leaf ? " shape=box style=filled fillcolor=lightblue"
        : n->slot               ? ""
                                : " style=dashed";
    fprintf(stream, "  n%d [label=\"%s%s%s\\n%s\"%s];\n", n->reached, n->name,
            n->name[0] ? ": " : "", n->op, du_shape_words(n->shape).text, style);
}

int du_graph_dot(du_tensor y, FILE *stream)
{
    if (!stream) return DU_EINVAL;
    if (!y.tape) return DU_ENOGRAD;
    if (!du_tensor_alive(y))
        return du_tensor_refuse(y.tape, DU_ESTALE,
                                "graph: the tensor is from before a reset or a rewind");
    int count = 1; /* numbers in the order of reaching: 0 is not reached */
    for (du_tensor_node *n = y.node; n; n = n->prev) n->reached = n == y.node;
    fprintf(stream, "digraph duet {\n  rankdir=BT;\n  node [fontname=\"sans-serif\"];\n");
    for (du_tensor_node *n = y.node; n; n = n->prev) { /* operands are older than their results */
        if (!n->reached) continue;
        print_node(n, stream);
        for (int k = 0; k < MOST_INPUTS; k++) {
            if (!n->in[k]) continue;
            if (!n->in[k]->reached) n->in[k]->reached = ++count;
            fprintf(stream, "  n%d -> n%d;\n", n->in[k]->reached, n->reached);
        }
    }
    fprintf(stream, "}\n");
    return DU_OK;
}
