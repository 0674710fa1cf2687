/* lib/observe/blocks.c - what goes into and comes out of a block of rows: data as packs, weighted
 * rows, outputs that were not set. SPDX-License-Identifier: MIT */
#include "../base/transpose.h"
#include "observer.h"

void du_block_gather(const double *x, size_t cols, size_t rows, void *to, size_t step)
{
    char *out = to;
    size_t k = 0;
    if (cols == 1 && rows == 8) {
        *(du_pack *)(void *)out = du_pack_load(x);
        return;
    }
    for (; rows == 8 && cols >= 8 && k < cols; k += 8) {
        /* the last eight may overlap those before */
        if (k + 8 > cols) k = cols - 8;
        du_transpose8(x + k, cols, (double *)(void *)(out + k * step), step / sizeof(double));
    }
    for (; k < cols; k++) {
        const double *c = x + k;
#define AT(i) c[(i < rows ? i : rows - 1) * cols]
        *(du_pack *)(void *)(out + k * step) = du_pack_of(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5),
                                                          AT(6), AT(7));
#undef AT
    }
}

void du_block_load(const worker *w, size_t at, size_t to, du_pack *x)
{
    const du_observer *o = w->o;
    if (o->data.cols)
        du_block_gather(observation(o, at), o->data.cols, least(8, to - at), x, sizeof *x);
}

void du_block_weigh_rows(const worker *w, const du_request *r, size_t from, size_t row, size_t rows)
{
    const du_observer *o = w->o;
    if (!r->direct || !o->scale) return;
    for (size_t k = row; k < row + rows; k++)
        for (size_t i = 0; i < o->m; i++) {
            double *jac = direct_row(r, k, i);
            for (size_t j = 0; j < o->p; j++) jac[j] *= o->scale[from + k];
        }
}

static __attribute__((noinline, cold)) int not_set(worker *w, size_t row, size_t i)
{
    return du_report_set(&w->report, DU_ENONFINITE,
                         "output %zu of %s was not set (observation %zu)", i, w->o->model->name,
                         row + 1);
}

int du_block_outputs_set(worker *w, size_t from, const double value[], size_t rows, size_t i)
{
    double sum = 0.0; /* NaN if any value is NaN or infinite, which may be DU_UNSET */
    for (size_t k = 0; k < rows; k++) sum += 0.0 * value[k];
    if (DU_LIKELY(sum == 0.0)) return DU_OK;
    for (size_t k = 0; k < rows; k++)
        if (du_is_unset(value[k])) return not_set(w, from + k, i);
    return DU_OK;
}

int du_block_all_set(worker *w, size_t from, size_t to)
{
    int status = DU_OK;
    for (size_t i = 0; i < w->o->m && !status; i++)
        status = du_block_outputs_set(w, from, w->value + i * BLOCK, to - from, i);
    return status;
}
