/* lib/tape/independents.c - variables that depend on nothing: a range of slots without entries.
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include <duet/detail/var.h>
#include <duet/detail/var2.h>

/* n slots, from *ref on, for independents x of values v */
static int new_leaves(du_tape *t, size_t n, const void *v, const void *x, int gradients,
                      uint64_t *ref)
{
    if (!t || !v || !x || n == 0) return DU_EINVAL;
    if (t->status) return t->status;
    *ref = t->head.ref;
    return du_tape_segment(t, DU_LEAVES, n, gradients, 0) ? DU_OK : t->status;
}

int du_tape_independents(du_tape *t, size_t n, const double v[], du_var x[])
{
    uint64_t ref = 0;
    int status = new_leaves(t, n, v, x, 1, &ref);
    if (status) return status;
    for (size_t i = 0; i < n; i++) x[i] = (du_var){ v[i], 1.0, &t->head, ref + i };
    return DU_OK;
}

int du_tape_independents2(du_tape *t, size_t n, const double v[], const double vd[], du_var2 x[])
{
    uint64_t ref = 0;
    int status = new_leaves(t, n, v, x, 1, &ref);
    if (status) return status;
    for (size_t i = 0; i < n; i++)
        x[i] = (du_var2){ v[i], vd ? vd[i] : 0.0, 1.0, 0.0, &t->head, ref + i };
    return DU_OK;
}

int du_tape_independents_pack(du_tape *t, size_t n, const du_pack v[], du_pack_var x[])
{
    uint64_t ref = 0;
    int status = new_leaves(t, n, v, x, 0, &ref);
    if (status) return status;
    du_pack one = du_pack_constant(1.0);
    for (size_t i = 0; i < n; i++) x[i] = (du_pack_var){ v[i], one, &t->head, ref + i };
    return DU_OK;
}
