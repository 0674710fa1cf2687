/* lib/tape/marks.c - positions on a tape to return to, and gradients that a rewind takes away.
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include <string.h>

du_mark du_tape_mark(du_tape *t)
{
    if (!t) return (du_mark){ .ref = 0 };
    du_tape_close(t);
    const du_client *c = &t->client;
    du_arena_mark here = du_arena_here(&t->arena);
    return (du_mark){
        .ref = t->head.ref,
        .joins = t->joins,
        .last = t->last,
        .last_serial = t->last ? t->last->serial : 0,
        .client = c->newest,
        .client_serial = c->newest ? c->serial(c->newest) : 0,
        .retained = t->retained,
        .retained_serial = t->retained ? t->retained->serial : 0,
        .chunk = here.chunk,
        .at = here.at,
    };
}

int du_tape_rewind(du_tape *t, du_mark mark)
{
    if (!t) return DU_EINVAL;
    if (mark.ref >> 32 != t->head.ref >> 32 || mark.ref > t->head.ref) return DU_ESTALE;
    const du_segment *s = t->last; /* the mark's segment must still be there, and be the same */
    while (s && s != mark.last) s = s->prev;
    if (s != mark.last || (s && s->serial != mark.last_serial)) return DU_ESTALE;
    const du_client *c = &t->client;
    if (mark.client && !c->listed(c->newest, mark.client, mark.client_serial)) return DU_ESTALE;
    const du_retained *kept = t->retained;
    while (kept && kept != mark.retained) kept = kept->prev;
    if (kept != mark.retained || (kept && kept->serial != mark.retained_serial)) return DU_ESTALE;
    for (; t->retained != mark.retained; t->retained = t->retained->prev)
        t->retained->segment->gradient = NULL;
    t->client.newest = mark.client;
    du_tape_restart(t, &mark);
    return DU_OK;
}

void du_tape_restart(du_tape *t, const du_mark *mark)
{
    t->head.ref = mark->ref;
    t->last = mark->last;
    t->joins = mark->joins;
    du_tape_shut(t);
    /* du_arena_rewind, written out: a mark passed by value is stored and loaded, which stalls */
    du_chunk *chunk = mark->chunk;
    t->arena.current = chunk;
    t->arena.at = mark->at;
    t->arena.end = chunk ? (char *)chunk + chunk->bytes : NULL;
}

int du_tape_retain(du_tape *t, du_segment *s)
{
    if (s->gradient) return DU_OK;
    du_tape_close(t);
    size_t bytes = 2 * s->count * sizeof(double);
    du_retained *r = du_arena_alloc(&t->arena, sizeof *r + bytes);
    if (!r) return DU_ENOMEM;
    *r = (du_retained){ .prev = t->retained, .serial = ++t->serial, .segment = s };
    t->retained = r;
    s->gradient = memset(r + 1, 0, bytes);
    return DU_OK;
}
