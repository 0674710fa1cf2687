/* lib/observe/observer.h - inside an observer: workers, one a thread, that evaluate blocks of
 * observations; engines, one a strategy, that know how; jobs, that say what for. Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_OBSERVER_H
#define DU_OBSERVER_H

#include "../base/message.h"
#include "../tape/layout.h"
#include <duet/detail/descriptor.h>
#include <duet/observe.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* Rows an engine evaluates at a time: values and partials of a block lie by output and parameter,
 * the rows side by side (value[i*BLOCK + row], jac[(i*p + j)*BLOCK + row]). */
enum { BLOCK = 64 };

typedef struct worker worker;

/* What a run is for: what it reads beside the parameters, and where its outputs go. Members that do
 * not apply are 0. */
typedef struct {
    const double *v;    /* direction [p] */
    const double *each; /* parameters of every row [rows*p], of a map */
    const double *u;    /* of J^T u: weights of the rows, in place of those of Q, */
    size_t u_stride;    /* u_i at u[i*u_stride] */
    double *out;        /* a number a row and output, the next `stride` further on, or NULL */
    size_t stride;
    double *jac; /* rows of the Jacobian, tda doubles each */
    size_t tda;
} du_observer_job;

/* What an engine is asked for a block. */
typedef struct {
    const du_observer_job *job;
    int jac; /* partials too, not values alone */
    /* where the caller wants them, weighted: its first row; NULL for the worker's own jac */
    double *direct;
    size_t next, tda; /* from one row to the next, from one output to the next */
} du_request;

typedef int du_unit_function(worker *w, size_t from, size_t to, double *partial,
                             const du_observer_job *job);

struct worker {
    du_observer *o;
    du_report report; /* why its last unit failed */
    du_memory memory; /* draws on the observer's, one thread at a time */
    du_arena arena;
    du_tape *tape;
    du_mark start; /* just after the independents */
    void *b, *y;   /* the engine's numbers: [p], [m] */
    void *
        group; /* of sums by a tape, outputs of the observations or packs that are swept at once: */
    size_t group_most;   /* so many at most */
    du_pack *group_x;    /* data of such packs: [group_most][cols] */
    du_pack *x;          /* [cols]: data of a pack */
    void *point;         /* of straight instances: [DU_STRAIGHT_PARTIALS] parameters, 0 past p */
    du_pack *block_x;    /* data of a block of packs: [BLOCK/8][cols] */
    double *block_jac;   /* [BLOCK*m*p]: rows of a block, or of its packs */
    double *value, *jac; /* of a block */
    double *seed;        /* [BLOCK]: of the rows of a block or group */
    double *sum;         /* of second order: gradient of a row [p], product [p] */
    long double *sums;   /* and what a unit adds up to */
    size_t sums_width;
    int prepared, warm; /* warm: a block has been evaluated, so memory is there */
    int begun;          /* in this run */
    /* the summing job whose first block has run, so that its memory is allocated */
    du_unit_function *warmed_up_for;
};

/* A strategy and how to carry it out: prepare takes what a worker needs; begin sets b for a new
 * point; rows evaluates m outputs of the rows from ... to-1 and, where asked, their partials; total
 * adds up the shares of the rows in Q, and its gradient to sum[p] (NULL: from the rows). */
typedef struct {
    du_strategy about;
    int (*prepare)(worker *w);
    int (*begin)(worker *w);
    int (*rows)(worker *w, size_t from, size_t to, const du_request *request);
    int (*total)(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                 double sum[]);
} du_observer_engine;

/* Who works: one engine, a worker a thread. Rows and sums may have different ones; the third
 * evaluates the model plainly, without an engine. */
typedef struct {
    const du_observer_engine *engine;
    du_choice choice;
    worker *workers; /* [choice.threads] */
} du_team;

struct du_observer {
    const du_model *model;
    du_data data;
    size_t p, m;
    const void *ctx;
    int broken; /* it cannot run, and report says why */
    du_report report;
    du_memory memory;
#ifdef _OPENMP
    omp_lock_t lock; /* of memory, and of the status of a batch */
#endif
    du_arena arena;
    int map;       /* every row has parameters of its own */
    double *b, *v; /* [p]: point and direction of a run, so that outputs may overlap inputs */
    double *scale; /* [rows] what the weights make of r_i, or NULL for ones */
    du_team rows, sums, plain;
    double *partial, *total; /* sums of a batch of units; of all; */
    double *compensation;    /* what rounding lost of that */
    size_t partial_width;
    size_t unit; /* rows whose sum is one summand; a multiple of BLOCK */
};

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
/* The data of row i. Where a model without columns reads some all the same, it finds NaN (in the
 * first eight). */
static inline const double *observation(const du_observer *o, size_t i)
{
    static const double none[] = { DU_UNSET, DU_UNSET, DU_UNSET, DU_UNSET,
                                   DU_UNSET, DU_UNSET, DU_UNSET, DU_UNSET };
    return o->data.cols ? o->data.x + i * o->data.cols : none;
}
static inline double scale(const du_observer *o, size_t i) { return o->scale ? o->scale[i] : 1.0; }
static inline double response(const du_observer *o, size_t i)
{
    return o->data.y ? o->data.y[i] : 0.0;
}

/* What row i of value f adds to Q, and dQ/df. */
static inline double share_of(const du_observer *o, const du_observer_job *job, size_t i, double f,
                              double *slope)
{
    double w = o->data.weights ? o->data.weights[i] : 1.0, r = f - response(o, i);
    *slope = job->u ? scale(o, i) * job->u[i * job->u_stride] : o->data.y ? w * r : w;
    return o->data.y ? 0.5 * w * r * r : w * f;
}

/* ---- blocks.c: data in, rows out ---- */

/* cols numbers of each of eight rows (the last repeated where there are less) to out + k*step, k <
 * cols, a pack each */
void du_block_gather(const double *x, size_t cols, size_t rows, void *out, size_t step);
/* the data of the rows at ... (eight, or up to to-1, the last repeated) to x[cols] */
void du_block_load(const worker *w, size_t at, size_t to, du_pack *x);
/* weights `rows` rows of the block from `row` on, where these went straight to the caller */
void du_block_weigh_rows(const worker *w, const du_request *request, size_t from, size_t row,
                         size_t rows);
/* DU_ENONFINITE, and words, where one of the values of output i of the rows from `from` on was not
 * set */
int du_block_outputs_set(worker *w, size_t from, const double value[], size_t rows, size_t i);

/* ---- run.c: units of rows on all threads ---- */

/* Runs f for every unit of rows, on the team's threads, at the point b[p] (NULL for a map). With
 * width, each sets its partial[width], and their sums come to o->total[width], added in the order
 * of the rows, compensated: the result does not depend on the number of threads. Without, f writes
 * outputs of its own. */
int du_observer_run(du_observer *o, du_team *team, const double b[], du_unit_function *f,
                    size_t width, const du_observer_job *job);
/* Whether an observer can run a job of its kind: a map's, or not a map's. Otherwise the status says
 * why not. */
int du_observer_ready(du_observer *o, int map);
/* DU_EINVAL, in words */
int du_observer_null(du_observer *o);
void du_observer_lock(du_observer *o);
void du_observer_unlock(du_observer *o);

#endif
