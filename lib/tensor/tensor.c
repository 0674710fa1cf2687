/* lib/tensor/tensor.c - tensors: nodes in the arena, a block on the tape each; gradients and the graph.
 * SPDX-License-Identifier: MIT */
#include "node.h"
#include <string.h>

/* ---- shapes ---- */

size_t du_shape_size(du_shape s)
{
    size_t n = 1; /* the largest number, which no allocation satisfies, where the product overflows */
    for (size_t i = 0; i < s.rank && i < DU_MOST_RANK; i++)
        if (__builtin_mul_overflow(n, s.n[i], &n)) n = (size_t)-1;
    return n;
}

enum { DESCRIBED = 92 }; /* four axes of 20 digits and what is between them */

static void describe(char to[DESCRIBED], du_shape s)
{
    int used = snprintf(to, DESCRIBED, "(");
    for (size_t i = 0; i < s.rank && i < DU_MOST_RANK; i++)
        used += snprintf(to + used, DESCRIBED - (size_t)used, i ? ", %zu" : "%zu", s.n[i]);
    snprintf(to + used, DESCRIBED - (size_t)used, ")");
}

du_tensor du_tensor_failed(du_tape *t) { return (du_tensor){ .tape = t, .scalar = (double)NAN }; }

du_tensor du_tensor_mismatch(du_tape *t, const char *op, du_shape a, du_shape b)
{
    char one[DESCRIBED], two[DESCRIBED], text[2 * DESCRIBED + 60];
    describe(one, a);
    describe(two, b);
    snprintf(text, sizeof text, "%.24s: shapes %s and %s do not fit", op, one, two);
    du_tape_fail(t, DU_ESHAPE, text);
    return du_tensor_failed(t);
}

/* ---- nodes ---- */

/* of this generation and, with slots, not rewound past */
static int alive(du_tensor x)
{
    if (!x.node || x.generation != (uint32_t)(x.tape->head.ref >> 32)) return 0;
    return !x.node->slot || (uint64_t)x.node->slot + x.node->size <= (uint32_t)x.tape->head.ref;
}

static du_tensor handle(du_tape *t, du_tensor_node *node)
{
    return (du_tensor){ node, t, 0.0, (uint32_t)(t->head.ref >> 32) };
}

/* what a mark asks of tensors (layout.h) */
static uint64_t serial_of(const void *node) { return ((const du_tensor_node *)node)->serial; }
static int listed(const void *newest, const void *node, uint64_t serial)
{
    const du_tensor_node *n = newest;
    while (n && n != node) n = n->prev;
    return n && n->serial == serial;
}

static du_tensor_node *new_node(du_tape *t, const char *op, du_shape shape)
{
    size_t size = du_shape_size(shape);
    if (shape.rank > DU_MOST_RANK) {
        du_tape_fail(t, DU_ESHAPE, "a rank above 4");
        return NULL;
    }
    du_tape_close(t);
    du_tensor_node *node = size > (size_t)-1 / 64 ? NULL
        : du_arena_alloc(&t->arena, sizeof *node + size * sizeof(double));
    if (!node) {
        du_tape_fail(t, DU_ENOMEM, NULL);
        return NULL;
    }
    t->client.serial = serial_of;
    t->client.listed = listed;
    *node = (du_tensor_node){ .prev = t->client.newest, .serial = ++t->serial, .op = op, .shape = shape, .size = size, .value = (double *)(node + 1) };
    t->client.newest = node;
    return node;
}

static void sweep_block(const du_segment *s, double *adjoint, size_t stride)
{
    const du_tensor_node *node = s->entries;
    (void)stride; /* 1: outputs_a_pass sees to it */
    node->pull(node, adjoint);
}

static int check_block(const du_segment *s)
{
    const du_tensor_node *node = s->entries;
    if (node->version) return DU_EINPLACE; /* pull-backs read their result too */
    for (int k = 0; k < MOST_INPUTS; k++)
        if (node->in[k] && node->in[k]->version != node->seen[k]) return DU_EINPLACE;
    return DU_OK;
}

du_tape *du_tensor_tape(size_t n, const du_tensor x[])
{
    du_tape *t = NULL;
    for (size_t k = 0; k < n; k++) {
        if (!x[k].tape || x[k].tape == t) continue;
        if (t) {
            du_tape_fail(t, DU_EFOREIGN, NULL);
            du_tape_fail(x[k].tape, DU_EFOREIGN, NULL);
            return NULL;
        }
        t = x[k].tape;
    }
    for (size_t k = 0; k < n && t; k++) {
        if (!x[k].tape || alive(x[k])) continue;
        if (x[k].node) du_tape_fail(t, DU_ESTALE, "a tensor was used after its tape was reset or rewound");
        return NULL;
    }
    return t && t->status == DU_OK ? t : NULL;
}

/* the operand as a node: a free scalar becomes a constant of rank 0 */
static du_tensor_node *operand(du_tape *t, du_tensor x)
{
    if (x.node) return x.node;
    du_tensor_node *node = new_node(t, "constant", DU_SCALAR);
    if (node) node->value[0] = x.scalar;
    return node;
}

du_tensor_node *du_tensor_begin(du_tape *t, const char *op, du_shape shape, size_t n, const du_tensor x[], pullback *pull)
{
    du_tensor_node *in[MOST_INPUTS] = { NULL };
    int active = 0;
    for (size_t k = 0; k < n; k++) {
        if (!(in[k] = operand(t, x[k]))) return NULL;
        active |= in[k]->slot != 0;
    }
    du_tensor_node *node = new_node(t, op, shape);
    if (!node) return NULL;
    for (size_t k = 0; k < n; k++) {
        node->in[k] = in[k];
        node->seen[k] = in[k]->version;
    }
    if (!active || t->client.paused) {
        for (size_t k = 0; t->client.paused && k < n; k++) node->in[k] = NULL;
        return node;
    }
    uint32_t slot = (uint32_t)t->head.ref;
    du_segment *s = du_tape_segment(t, DU_BLOCK, node->size, 0, 0);
    if (!s) return NULL;
    s->entries = node;
    s->sweep = sweep_block;
    s->check = check_block;
    node->segment = s;
    node->slot = slot;
    node->pull = pull;
    return node;
}

du_tensor du_tensor_result(du_tape *t, du_tensor_node *node) { return node ? handle(t, node) : du_tensor_failed(t); }

/* ---- making ---- */

du_tensor du_tensor_new(du_tape *t, du_shape shape, const double values[], int requires_grad)
{
    if (!t || t->status) return du_tensor_failed(t);
    du_tensor_node *node = new_node(t, requires_grad ? "leaf" : "constant", shape);
    if (!node) return du_tensor_failed(t);
    if (values) memcpy(node->value, values, node->size * sizeof *values);
    else memset(node->value, 0, node->size * sizeof *values);
    if (requires_grad) {
        uint32_t slot = (uint32_t)t->head.ref;
        if (!(node->segment = du_tape_segment(t, DU_LEAVES, node->size, 1, 0))) return du_tensor_failed(t);
        node->slot = slot;
        node->leaf = 1;
    }
    return handle(t, node);
}

du_tensor du_tensor_full(du_tape *t, du_shape shape, double value, int requires_grad)
{
    du_tensor x = du_tensor_new(t, shape, NULL, requires_grad);
    for (size_t i = 0; x.node && i < x.node->size; i++) x.node->value[i] = value;
    return x;
}

static void pull_vars(const du_tensor_node *node, double *adjoint)
{
    const du_var *x = node->saved;
    const double *g = adjoint + node->slot;
    for (size_t i = 0; i < node->size; i++)
        if (x[i].ref) adjoint[(uint32_t)x[i].ref] += times(x[i].c, g[i]);
}

du_tensor du_tensor_of_vars(du_tape *t, du_shape shape, const du_var x[])
{
    size_t size = du_shape_size(shape);
    if (!t || t->status || !x) return du_tensor_failed(t);
    for (size_t i = 0; i < size; i++)
        if (!du_tape_usable(t, x[i].tape, x[i].ref)) return du_tensor_failed(t);
    du_tape_close(t);
    du_var *saved = du_arena_alloc(&t->arena, size * sizeof *saved);
    if (!saved) {
        du_tape_fail(t, DU_ENOMEM, NULL);
        return du_tensor_failed(t);
    }
    memcpy(saved, x, size * sizeof *x);
    du_tensor seed = { .tape = NULL };
    du_tensor_node *node = du_tensor_begin(t, "of_vars", shape, 0, &seed, NULL);
    if (!node) return du_tensor_failed(t);
    for (size_t i = 0; i < size; i++) node->value[i] = x[i].v;
    node->saved = saved;
    if (t->client.paused) return handle(t, node);
    uint32_t slot = (uint32_t)t->head.ref;
    if (!(node->segment = du_tape_segment(t, DU_BLOCK, size, 0, 0))) return du_tensor_failed(t);
    node->segment->entries = node;
    node->segment->sweep = sweep_block;
    node->segment->check = check_block;
    node->slot = slot;
    node->pull = pull_vars;
    return handle(t, node);
}

du_var du_tensor_var(du_tensor x, size_t i)
{
    if (!x.tape) return (du_var){ x.scalar, 0.0, NULL, 0 };
    uint64_t base = x.tape->head.ref & ~(uint64_t)UINT32_MAX;
    if (!alive(x) || i >= x.node->size) {
        du_tape_fail(x.tape, alive(x) ? DU_ERANGE : DU_ESTALE, NULL);
        return (du_var){ (double)NAN, 0.0, &x.tape->head, base };
    }
    double v = x.node->value[i];
    return x.node->slot ? (du_var){ v, 1.0, &x.tape->head, base | (x.node->slot + (uint32_t)i) } : (du_var){ v, 0.0, NULL, 0 };
}

du_tensor du_tensor_detach(du_tensor x)
{
    if (!alive(x)) return x.tape ? du_tensor_failed(x.tape) : x;
    return du_tensor_new(x.tape, x.node->shape, x.node->value, 0);
}

/* ---- looking ---- */

du_shape du_tensor_shape(du_tensor x) { return x.node ? x.node->shape : DU_SCALAR; }
size_t du_tensor_size(du_tensor x) { return x.node ? x.node->size : x.tape ? 0 : 1; }
const double *du_tensor_values(du_tensor x) { return x.node ? x.node->value : NULL; }
double *du_tensor_write(du_tensor x)
{
    if (!x.node) return NULL;
    x.node->version++;
    return x.node->value;
}
const double *du_tensor_grad(du_tensor x) { return x.node && x.node->segment ? x.node->segment->gradient : NULL; }
double du_tensor_value(du_tensor x) { return x.node && x.node->size == 1 ? x.node->value[0] : x.node ? (double)NAN : x.scalar; }
const char *du_tensor_op(du_tensor x)
{
    return x.node ? x.node->slot ? x.node->op : "constant" : x.tape ? "failed" : "constant";
}

int du_tensor_retain_grad(du_tensor x)
{
    if (!x.node || !x.tape) return DU_EINVAL;
    if (!alive(x)) return DU_ESTALE;
    return x.node->segment ? du_tape_retain(x.tape, x.node->segment) : DU_ENOGRAD;
}

du_tensor du_tensor_name(du_tensor x, const char *name)
{
    if (!alive(x) || !name) return x;
    snprintf(x.node->name, sizeof x.node->name, "%s", name);
    for (char *c = x.node->name; *c; c++) if (*c == '"' || *c == '\\' || *c == '\n') *c = '\''; /* they would end the label */
    return x;
}

void du_tensor_print(du_tensor x, FILE *stream)
{
    if (!x.node) {
        fprintf(stream, "%g\n", x.scalar);
        return;
    }
    const du_shape s = x.node->shape;
    size_t columns = s.rank ? s.n[s.rank - 1] : 1, rows = columns ? x.node->size / columns : 0;
    fprintf(stream, s.rank > 1 ? "[" : "");
    for (size_t i = 0; i < rows; i++) {
        fprintf(stream, s.rank ? i ? ", [" : "[" : "");
        for (size_t j = 0; j < columns; j++) fprintf(stream, j ? ", %.4g" : "%.4g", x.node->value[i * columns + j]);
        fprintf(stream, s.rank ? "]" : "");
    }
    fprintf(stream, s.rank > 1 ? "]\n" : "\n");
}

int du_graph_dot(du_tensor y, FILE *stream)
{
    if (!stream || !y.node) return DU_EINVAL;
    if (!alive(y)) return DU_ESTALE;
    int count = 1; /* numbers in the order of reaching: 0 is not reached */
    for (du_tensor_node *n = y.tape->client.newest; n; n = n->prev) n->reached = n == y.node;
    fprintf(stream, "digraph duet {\n  rankdir=BT;\n  node [fontname=\"sans-serif\"];\n");
    for (du_tensor_node *n = y.tape->client.newest; n; n = n->prev) { /* operands are older than what they enter */
        char shape[DESCRIBED];
        if (!n->reached) continue;
        describe(shape, n->shape);
        fprintf(stream, "  n%d [label=\"%s%s%s\\n%s\"%s];\n", n->reached, n->name, n->name[0] ? ": " : "", n->op, shape,
                n->leaf ? " shape=box style=filled fillcolor=lightblue" : n->slot ? "" : " style=dashed");
        for (int k = 0; k < MOST_INPUTS; k++) {
            if (!n->in[k]) continue;
            if (!n->in[k]->reached) n->in[k]->reached = ++count;
            fprintf(stream, "  n%d -> n%d;\n", n->in[k]->reached, n->reached);
        }
    }
    fprintf(stream, "}\n");
    return DU_OK;
}

/* ---- gradients ---- */

void du_tape_pause(du_tape *t) { if (t) t->client.paused++; }
void du_tape_resume(du_tape *t) { if (t && t->client.paused) t->client.paused--; }

int du_backward_seed(du_tensor y, const double seed[])
{
    if (!y.tape || !seed) return DU_EINVAL;
    if (y.tape->status) return y.tape->status;
    if (!alive(y)) return DU_ESTALE;
    return du_sweep_range(y.tape, y.node->slot, y.node->size, seed);
}

int du_backward(du_tensor y)
{
    double one = 1.0;
    if (!y.tape) return DU_EINVAL;
    if (!y.tape->status && alive(y) && y.node->size != 1) return DU_ESHAPE;
    return du_backward_seed(y, &one);
}

