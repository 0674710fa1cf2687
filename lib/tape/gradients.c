/* lib/tape/gradients.c - gradients by variable: those that are kept, of independents and of what
 * was anchored, and Jacobians by such variables. SPDX-License-Identifier: MIT */
#include "layout.h"
#include <string.h>

/* variables of either order: one of the two is set */
typedef struct {
    const du_var *x;
    const du_var2 *x2;
} variables;

/* The segment that keeps the gradient of variable j, or NULL where none does: a variable that is
 * not its slot itself (a multiple, a sum) has none. It is the segment of the variable before, most
 * often. */
static const du_segment *holder(const du_tape *t, const variables *v, size_t j,
                                const du_segment *before)
{
    const du_recorder *owner = v->x ? v->x[j].tape : v->x2[j].tape;
    uint64_t ref = v->x ? v->x[j].ref : v->x2[j].ref;
    double c = v->x ? v->x[j].c : v->x2[j].c;
    uint32_t slot = (uint32_t)ref;
    if (owner != &t->head || ref >> 32 != t->head.ref >> 32 || c != 1.0) return NULL;
    if (before && slot - before->first < before->count) return before;
    for (const du_segment *s = t->last; s; s = s->prev)
        if (s->gradient && slot - s->first < s->count) return s;
    return NULL;
}

/* whether all n have a gradient */
static int all_held(const du_tape *t, const variables *v, size_t n)
{
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, v, j, s);
        if (!s) return 0;
    }
    return 1;
}

/* their gradients to g and, unless it is NULL, the tangents of these to gd */
static int copy_gradients(const du_tape *t, const variables *v, size_t n, double g[], double gd[])
{
    const du_segment *s = NULL;
    if (!all_held(t, v, n)) return DU_ENOGRAD;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, v, j, s);
        uint32_t i = (uint32_t)(v->x ? v->x[j].ref : v->x2[j].ref) - s->first;
        g[j] = s->gradient[i];
        if (gd) gd[j] = s->gradient[s->count + i];
    }
    return DU_OK;
}

int du_tape_gradient(du_tape *t, size_t n, const du_var x[], double g[])
{
    if (!t || !x || !g || n == 0) return DU_EINVAL;
    return copy_gradients(t, &(variables){ .x = x }, n, g, NULL);
}

int du_tape_gradient2(du_tape *t, size_t n, const du_var2 x[], double g[], double gd[])
{
    if (!t || !x || !g || !gd || n == 0) return DU_EINVAL;
    return copy_gradients(t, &(variables){ .x2 = x }, n, g, gd);
}

void du_tape_zero_gradients(du_tape *t)
{
    for (du_segment *s = t ? t->last : NULL; s; s = s->prev)
        if (s->gradient) memset(s->gradient, 0, 2 * s->count * sizeof(double));
}

/* ---- Jacobians ---- */

typedef struct {
    const du_var *x;
    size_t n;
    double *jac;
} jacobian_job;
static void copy_adjoints(const double *adjoint, size_t at, size_t count, size_t lanes,
                          const void *job)
{
    const jacobian_job *k = job;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < k->n; j++)
            k->jac[(at + i) * k->n + j] = adjoint[(uint32_t)k->x[j].ref * lanes + i];
}

int du_tape_jacobian(du_tape *t, size_t m, const du_var y[], size_t n, const du_var x[],
                     double jac[])
{
    if (!t || !y || !x || !jac || m == 0 || n == 0) return DU_EINVAL;
    if (!all_held(t, &(variables){ .x = x }, n)) return DU_ENOGRAD;
    return du_sweep_passes(t, m, y, copy_adjoints, &(jacobian_job){ x, n, jac });
}
