/* lib/tape/custom.c - blocks that are made by calls on variables: anchors, which keep a gradient,
 * and functions whose pull-back the user wrote. SPDX-License-Identifier: MIT */
#include "layout.h"
#include <duet/detail/var.h>
#include <string.h>

/* an operand of a block: the coefficient and the slot of a variable */
typedef struct {
    double c;
    uint32_t slot;
} operand;

/* ---- anchors ---- */

static void anchor_sweep(const du_segment *s, double *adjoint, size_t stride)
{
    const operand *from = s->entries;
    adjoint[from->slot * stride] += du_real_times(from->c, adjoint[s->first * stride]);
}

du_var du_anchor(du_var x)
{
    if (x.ref == 0) return x;
    du_tape *t = du_tape_of(x.tape);
    du_var invalid = { x.v, 0.0, x.tape, du_tape_invalid_ref(x.tape) };
    if (!du_tape_live(t, x.ref)) {
        du_tape_fail(t, DU_ESTALE, NULL);
        return invalid;
    }
    du_segment *s = du_tape_segment(t, DU_BLOCK, 1, 1, sizeof(operand));
    if (!s) return invalid;
    *(operand *)s->entries = (operand){ x.c, (uint32_t)x.ref };
    s->sweep = anchor_sweep;
    return (du_var){ x.v, 1.0, x.tape, t->head.ref - 1 };
}

/* ---- custom functions ---- */

typedef struct {
    du_pullback *pull;
    void *data;
    size_t n;
    double *xbar, *ybar; /* adjoints of its arguments and results, for the pull-back */
    operand from[];
} custom;

static void custom_sweep(const du_segment *s, double *adjoint, size_t stride)
{
    custom *c = s->entries;
    for (uint32_t i = 0; i < s->count; i++) c->ybar[i] = adjoint[(s->first + i) * stride];
    memset(c->xbar, 0, c->n * sizeof *c->xbar);
    c->pull(c->ybar, s->count, c->xbar, c->n, c->data);
    for (size_t i = 0; i < c->n; i++)
        if (c->from[i].slot)
            adjoint[c->from[i].slot * stride] += du_real_times(c->xbar[i], c->from[i].c);
}

int du_tape_custom(du_tape *t, size_t n, const du_var x[], size_t m, const double v[], du_var y[],
                   du_pullback *pull, void *data)
{
    if (!t || !x || !v || !y || !pull || n == 0 || m == 0) return DU_EINVAL;
    if (t->status) return t->status;
    for (size_t i = 0; i < n; i++)
        if (!du_tape_usable(t, x[i].tape, x[i].ref)) return t->status;
    if (n > UINT32_MAX || m > UINT32_MAX) {
        du_tape_fail(t, DU_ESLOTS, NULL);
        return t->status;
    }
    size_t head = (sizeof(custom) + n * sizeof(operand) + 7) & ~(size_t)7;
    du_segment *s = du_tape_segment(t, DU_BLOCK, m, 0, head + (n + m) * sizeof(double));
    if (!s) return t->status;
    custom *c = s->entries;
    *c = (custom){ .pull = pull, .data = data, .n = n };
    c->xbar = (double *)((char *)c + head);
    c->ybar = c->xbar + n;
    for (size_t i = 0; i < n; i++) c->from[i] = (operand){ x[i].c, (uint32_t)x[i].ref };
    s->sweep = custom_sweep;
    uint64_t first = t->head.ref - m;
    for (size_t i = 0; i < m; i++) y[i] = (du_var){ v[i], 1.0, &t->head, first + i };
    return DU_OK;
}
