/* lib/observer.h - inside an observer: workers, one a thread, that evaluate blocks of observations; engines, one
 * a strategy of the registry, that know how. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_OBSERVER_H
#define DU_OBSERVER_H

#include "tape_layout.h"
#include <duet/model.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* Rows an engine evaluates at a time: values and partials of a block lie by output and parameter, the rows side
 * by side (value[i*BLOCK + row], jac[(i*p + j)*BLOCK + row]). */
enum { BLOCK = 64 };

typedef struct engine engine;

typedef struct worker worker;
typedef int unit_function(worker *w, size_t from, size_t to, double *partial, const void *job);

struct worker {
    du_observer *o;
    du_memory memory;       /* draws on the observer's, one thread at a time */
    du_arena arena;
    du_tape *tape;
    du_tape_mark_t start;   /* just after the independents */
    void *b, *y;            /* the engine's numbers: [p], [m] */
    void *group;            /* of sums by a tape, outputs of the observations or packs that are swept at once: */
    size_t group_most;      /* so many at most */
    du_pack *group_x;       /* data of such packs: [group_most][cols] */
    du_pack *x;             /* [cols]: data of a pack */
    void *point;            /* of sparse instances: [DU_SPARSE_PARTIALS] parameters, 0 past p */
    du_pack *block_x;       /* data of a block of packs: [BLOCK/8][cols] */
    double *block_jac;      /* [BLOCK*m*p]: rows of a block, or of its packs */
    double *value, *jac;    /* of a block */
    double *seed;           /* [BLOCK]: of the rows of a block or group */
    double *direct;         /* when set, engines write rows to it, weighted, and not to jac: the first row, */
    size_t next, tda;       /* and from one row to the next, from one output to the next */
    double *sum;            /* of second order: gradient of a row [p], product [p] */
    long double *sums;      /* and what a unit adds up to */
    size_t sums_width;
    int prepared, warm;     /* warm: a block has been evaluated, so memory is there */
    int begun;              /* in this run */
    unit_function *warm_for; /* the same, of a job with sums */
};

/* Who works: one engine, a worker a thread. Rows and sums may have different ones; the third evaluates the
 * model plainly, without an engine. */
typedef struct {
    const engine *engine;
    du_choice choice;
    worker *workers;        /* [choice.threads] */
} crew;

struct engine {
    const char *strategy;
    /* takes what it needs; sets b for a new point; evaluates m outputs of the rows from ... to-1, and
     * with jac their partials, to w->value and w->jac */
    int (*prepare)(worker *w);
    int (*begin)(worker *w);
    int (*rows)(worker *w, size_t from, size_t to, int jac);
    /* q = sum of the shares of the rows from ... to-1 in Q, and its gradient to sum[p]; NULL: from the rows */
    int (*total)(worker *w, size_t from, size_t to, double *q, double sum[]);
};

struct du_observer {
    const du_model *model;
    du_data data;
    size_t p, m;
    const void *ctx;
    du_memory memory;
#ifdef _OPENMP
    omp_lock_t lock;        /* of memory, and of the status of a wave */
#endif
    du_arena arena;
    int map;                /* du_observe_map: every row has parameters of its own */
    const double *each;     /* these, [rows*p] */
    double *b, *v;          /* [p]: point and direction of a run, so that outputs may overlap inputs */
    double *scale;          /* [rows] what the weights make of r_i, or NULL for ones */
    const double *u;        /* of J^T u: weights of the rows, in place of those of Q */
    size_t u_stride;
    crew rows, sums, plain;
    double *partial, *total, *lost; /* of a wave of units; of all; what rounding lost of that */
    size_t partial_width;
    size_t unit;            /* rows whose sum is one summand; a multiple of BLOCK */
};

const engine *du_observer_engine(const du_strategy *s);

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline const double *observation(const du_observer *o, size_t i)
{
    return o->data.cols ? o->data.x + i * o->data.cols : NULL;
}
static inline double scale(const du_observer *o, size_t i) { return o->scale ? o->scale[i] : 1.0; }
static inline double response(const du_observer *o, size_t i) { return o->data.y ? o->data.y[i] : 0.0; }

/* What row i of value f adds to Q, and dQ/df. */
static inline double share_of(const du_observer *o, size_t i, double f, double *slope)
{
    double w = o->data.weights ? o->data.weights[i] : 1.0, r = f - response(o, i);
    *slope = o->u ? scale(o, i) * o->u[i * o->u_stride] : o->data.y ? w * r : w;
    return o->data.y ? 0.5 * w * r * r : w * f;
}

/* the numbers of a crew without engine: room for p of any type */
int du_observer_prepare_plain(worker *w);
/* the data of the rows at ... (eight, or up to to-1, the last repeated) to x[cols] */
void du_observer_load(const worker *w, size_t at, size_t to, du_pack *x);
/* Runs f(w, from, to, partial, job) for every unit of rows, on the crew's threads, at the point b[p] (NULL for a
 * map). With width, each sets its partial[width], and their sums come to o->total[width], added in the order of
 * the rows, compensated: the result does not depend on the number of threads. Without, f writes outputs of its own. */
int du_observer_run(du_observer *o, crew *c, const double b[], unit_function *f, size_t width, const void *job);

#endif
