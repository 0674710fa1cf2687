/* lib/tape/gradients.c - gradients that are kept, by variable: of independents and of what was anchored.
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include <string.h>

static const du_segment *holder(const du_tape *t, const du_segment *hint, const du_recorder *owner,
                                uint64_t ref, double c)
{
    uint32_t slot = (uint32_t)ref;
    if (owner != &t->head || ref >> 32 != t->head.ref >> 32 || c != 1.0) return NULL;
    if (hint && slot - hint->first < hint->count) return hint;
    for (const du_segment *s = t->last; s; s = s->prev)
        if (s->gradient && slot - s->first < s->count) return s;
    return NULL;
}

int du_tape_gradient(du_tape *t, size_t n, const du_var x[], double g[])
{
    if (!t || !x || !g || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_ENOGRAD;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, s, x[j].tape, x[j].ref, x[j].c);
        g[j] = s->gradient[(uint32_t)x[j].ref - s->first];
    }
    return DU_OK;
}

int du_tape_gradient2(du_tape *t, size_t n, const du_var2 x[], double g[], double gd[])
{
    if (!t || !x || !g || !gd || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_ENOGRAD;
    for (size_t j = 0; j < n; j++) {
        s = holder(t, s, x[j].tape, x[j].ref, x[j].c);
        uint32_t i = (uint32_t)x[j].ref - s->first;
        g[j] = s->gradient[i];
        gd[j] = s->gradient[s->count + i];
    }
    return DU_OK;
}

void du_tape_zero_gradients(du_tape *t)
{
    for (du_segment *s = t ? t->last : NULL; s; s = s->prev)
        if (s->gradient) memset(s->gradient, 0, 2 * s->count * sizeof(double));
}

typedef struct { const du_var *x; size_t n; double *jac; } jacobian_job;
static void keep_jacobian(const double *adjoint, size_t at, size_t count, size_t lanes, const void *job)
{
    const jacobian_job *k = job;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < k->n; j++)
            k->jac[(at + i) * k->n + j] = adjoint[(uint32_t)k->x[j].ref * lanes + i];
}

int du_tape_jacobian(du_tape *t, size_t m, const du_var y[], size_t n, const du_var x[], double jac[])
{
    if (!t || !y || !x || !jac || m == 0 || n == 0) return DU_EINVAL;
    const du_segment *s = NULL;
    for (size_t j = 0; j < n; j++)
        if (!(s = holder(t, s, x[j].tape, x[j].ref, x[j].c))) return DU_ENOGRAD;
    return du_sweep_passes(t, m, y, keep_jacobian, &(jacobian_job){ x, n, jac });
}
