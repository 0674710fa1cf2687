/* lib/map.c - a model on every element of arrays. For du_var: local partials by a scratch tape of packs, one record
 * of them on the tape itself. SPDX-License-Identifier: MIT */
#include "tape_layout.h"
#include <duet/map.h>
#include <string.h>

enum { MOST = 64 }; /* inputs and outputs that fit on the stack */

/* ---- types that evaluate the model in themselves ---- */

#define IN_ITSELF(t) \
    static void each_##t(const du_model *model, size_t n, const du_##t *const in[], size_t p, du_##t *const out[], size_t m, const void *ctx) \
    { \
        du_##t b[MOST], y[MOST]; \
        for (size_t e = 0; e < n; e++) { \
            for (size_t j = 0; j < p; j++) b[j] = in[j][e]; \
            for (size_t i = 0; i < m; i++) y[i] = du_##t##_constant(0.0); \
            model->f_##t(b, p, NULL, y, m, ctx); \
            for (size_t i = 0; i < m; i++) out[i][e] = y[i]; \
        } \
    }
/* too many for the stack, or none: no element is written but for NaN */
#define FITS(t) \
    if (p == 0 || m == 0 || p > MOST || m > MOST || !model->f_##t) { \
        for (size_t i = 0; i < m; i++) for (size_t e = 0; e < n; e++) out[i][e] = du_##t##_constant((double)NAN); \
        return; \
    }
#define MAP(t) \
    IN_ITSELF(t) \
    void du_##t##_map(const du_model *model, size_t n, const du_##t *const in[], size_t p, du_##t *const out[], size_t m, const void *ctx) \
    { \
        FITS(t) \
        each_##t(model, n, in, p, out, m, ctx); \
    }
MAP(double)
MAP(dual)
MAP(dual4)
MAP(dual8)
MAP(dual16)
MAP(jet)
MAP(hyper)
MAP(var2)
MAP(pack)
MAP(pack_dual)
MAP(pack_dual4)
MAP(pack_dual8)
MAP(pack_var)
IN_ITSELF(var)

/* ---- du_var ---- */

/* partial[(i*p + j)*padded + e] = d out_i[e]/d in_j[e] times the input's coefficient, n padded to packs. first[j] is the
 * slot of in_j[0] where the slots of in_j follow each other, else 0 and they are slots[j*n + e]; used[i*p + j] is 0
 * where all are zero. */
typedef struct {
    size_t n, padded, p, m;
    double *partial;
    uint32_t *slots, *first;
    unsigned char *used;
} elements;

static size_t rounded(size_t bytes) { return (bytes + 7) & ~(size_t)7; }

static void sweep_elements(const void *data, double *adjoint, size_t stride, uint32_t output, size_t outputs, int skipping)
{
    const elements *r = data;
    size_t n = r->n, p = r->p;
    (void)outputs;
    for (size_t i = 0; i < r->m; i++) {
        const double *g = adjoint + (output + i * n) * stride;
        for (size_t j = 0; j < p; j++) {
            const double *restrict partial = r->partial + (i * p + j) * r->padded;
            const uint32_t *slots = r->slots + j * n;
            if (!r->used[i * p + j]) continue;
            if (r->first[j] && stride == 1 && !skipping) {
                double *restrict a = adjoint + r->first[j];
                for (size_t e = 0; e < n; e++) a[e] += partial[e] * g[e];
            } else
                for (size_t e = 0; e < n; e++)
                    adjoint[(r->first[j] ? r->first[j] + e : slots[e]) * stride] += du_real_times(partial[e], g[e * stride]);
        }
    }
}

/* the tape of the first input that has one */
static du_tape *tape_of(size_t n, const du_var *const in[], size_t p)
{
    for (size_t j = 0; j < p; j++) for (size_t e = 0; e < n; e++) if (in[j][e].ref) return in[j][e].tape;
    return NULL;
}

/* slots of in_j, all constants or usable on t */
static int keep_slots(du_tape *t, elements *r, const du_var *const in[])
{
    for (size_t j = 0; j < r->p; j++) {
        uint32_t *slots = r->slots + j * r->n, first = (uint32_t)in[j][0].ref;
        r->first[j] = first;
        if (du_tape_at_home(t, in[j], r->n * sizeof *in[j])) continue;
        for (size_t e = 0; e < r->n; e++) {
            uint64_t ref = in[j][e].ref;
            if (ref && in[j][e].tape != t) return du_tape_fail(in[j][e].tape, DU_EFOREIGN, NULL), du_tape_fail(t, DU_EFOREIGN, NULL);
            if (ref && !du_tape_live(t, ref)) return du_tape_fail(t, DU_ESTALE, NULL);
            slots[e] = (uint32_t)ref;
            if (slots[e] != first + e) r->first[j] = 0;
        }
    }
    return 1;
}

/* p independents on the scratch tape; NULL when out of memory */
static du_tape *prepare_scratch(du_tape *t, size_t p, du_pack_var b[])
{
    if (!t->scratch && !(t->scratch = du_tape_create_in(t->memory, 0))) return NULL;
    du_tape_reset(t->scratch);
    uint64_t ref = t->scratch->ref;
    if (!du_tape_segment(t->scratch, DU_LEAVES, p, 0, 0)) return NULL;
    for (size_t j = 0; j < p; j++) b[j] = (du_pack_var){ du_pack_constant(0.0), du_pack_constant(1.0), t->scratch, ref + j };
    return t->scratch;
}

/* a member of count variables, the last repeated to eight */
static du_pack eight_of(const double *member, size_t count)
{
    enum { NEXT = sizeof(du_var) / sizeof(double) };
#define AT(k) member[((k) < count ? (k) : count - 1) * NEXT]
    return du_pack_of(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7));
#undef AT
}

/* Values and partials of the elements at ... at+7 (the last repeated), from the scratch tape. */
static int eight_elements(du_tape *scratch, const du_tape_mark_t *start, const du_model *model, elements *r, size_t at,
                          const du_var *const in[], du_var *const out[], du_pack_var b[], const void *ctx)
{
    size_t n = r->n, p = r->p, m = r->m, count = n - at < 8 ? n - at : 8;
    du_pack_var y[MOST];
    du_tape_restart(scratch, start);
    for (size_t j = 0; j < p; j++) b[j].v = eight_of(&in[j][at].v, count);
    for (size_t i = 0; i < m; i++) y[i] = du_pack_var_constant(0.0);
    model->f_pack_var(b, p, NULL, y, m, ctx);
    int status = du_sweep_observation_pack(scratch, m, y, NULL, 1, 0, 0);
    uint32_t first = (uint32_t)b[0].ref;
    if (!status && !du_real_all_finite(scratch->adjoint + 8 * m * first, 8 * m * p))
        status = du_sweep_observation_pack(scratch, m, y, NULL, 1, 0, 1);
    if (status) return status;
    const du_pack *a = (const du_pack *)(const void *)scratch->adjoint + m * first, zero = du_pack_constant(0.0);
    for (size_t j = 0; j < p; j++) {
        du_pack c = eight_of(&in[j][at].c, count);
        for (size_t i = 0; i < m; i++) {
            du_pack local = du_pack_times(a[j * m + i], c);
            r->used[i * p + j] |= !du_mask_all(du_pack_eq(local, zero));
            du_pack_store(r->partial + (i * p + j) * r->padded + at, local);
        }
    }
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < count; k++) out[i][at + k].v = du_pack_get(y[i].v, k);
    return DU_OK;
}

/* The record and what its sweep needs; NULL where it could not be had. */
static elements *make_record(du_tape *t, size_t n, const du_var *const in[], size_t p, size_t m, uint64_t *ref)
{
    size_t padded = (n + 7) / 8 * 8, partials = m * p * padded * sizeof(double), slots = rounded(p * n * sizeof(uint32_t)), firsts = rounded(p * sizeof(uint32_t));
    elements *r = du_tape_record(t, DU_ORDER_JOIN, sizeof *r + partials + slots + firsts + rounded(m * p), m * n, sweep_elements, ref);
    if (!r) return NULL;
    char *room = (char *)(r + 1);
    *r = (elements){ n, padded, p, m, (double *)(void *)room, (uint32_t *)(void *)(room + partials), (uint32_t *)(void *)(room + partials + slots),
                     (unsigned char *)room + partials + slots + firsts };
    memset(r->used, 0, m * p);
    if (keep_slots(t, r, in)) return r;
    memset(r->used, 0, m * p); /* sweeps as nothing; the status says why */
    return NULL;
}

void du_var_map(const du_model *model, size_t n, const du_var *const in[], size_t p, du_var *const out[], size_t m, const void *ctx)
{
    FITS(var)
    du_tape *t = tape_of(n, in, p);
    du_pack_var b[MOST];
    uint64_t ref = 0;
    if (!model->f_pack_var || !t) {
        each_var(model, n, in, p, out, m, ctx);
        return;
    }
    elements *r = make_record(t, n, in, p, m, &ref);
    du_tape *scratch = r ? prepare_scratch(t, p, b) : NULL;
    int status = scratch ? DU_OK : DU_ENOMEM;
    du_tape_mark_t start = du_tape_mark(scratch);
    for (size_t at = 0; at < n && !status; at += 8) status = eight_elements(scratch, &start, model, r, at, in, out, b, ctx);
    if (status) {
        du_tape_fail(t, status, NULL);
        if (r) memset(r->used, 0, m * p);
        for (size_t i = 0; i < m; i++) for (size_t e = 0; e < n; e++) out[i][e] = (du_var){ (double)NAN, 0.0, t, du_tape_poison(t) };
        return;
    }
    for (size_t i = 0; i < m; i++) for (size_t e = 0; e < n; e++) out[i][e] = (du_var){ out[i][e].v, 1.0, t, ref + i * n + e };
}
