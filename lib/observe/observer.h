/* lib/observe/observer.h - inside an observer: workers, one a thread, evaluate blocks of
 * observations; engines, one a strategy, know how; jobs say what for. Not installed.
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

/* How many rows an engine evaluates at a time, a block. Values and partials of a block lie by
 * output and parameter, the rows side by side: value[i*BLOCK + row], jac[(i*p + j)*BLOCK + row]. */
enum { BLOCK = 64 };

typedef struct worker worker;

/* What a run reads beside the parameters, and where its outputs go. Members that do not apply are
 * 0. */
typedef struct {
    const double *v;    /* direction [p] */
    const double *each; /* parameters of every row [rows*p], of a map */
    const double *u;    /* of J^T u: u_i is u[i*u_stride] and stands in place of dQ/df */
    size_t u_stride;
    double *out; /* a number for each row and output, `stride` apart, or NULL */
    size_t stride;
    double *jac; /* rows of the Jacobian, tda doubles apart */
    size_t tda;
} du_observer_job;

/* What an engine is asked for a block. */
typedef struct {
    const du_observer_job *job;
    int jac; /* whether partials are, too */
    /* the caller's rows from the first of the block on, which get the weighted partials; NULL for
     * the worker's jac */
    double *direct;
    size_t next, tda; /* doubles from one row to the next, from one output to the next */
} du_request;

/* What a job does with the rows from ... to-1. */
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
    /* of sums by a tape: outputs of the observations, or packs, that are swept at once */
    void *group;
    size_t group_most;   /* how many at most */
    du_pack *group_x;    /* data of such packs: [group_most][cols] */
    du_pack *x;          /* data of a pack: [cols] */
    void *point;         /* of straight instances: parameters, 0 past p: [DU_STRAIGHT_PARTIALS] */
    du_pack *block_x;    /* data of a block of packs: [BLOCK/8][cols] */
    double *block_jac;   /* partials of a block by rows, or by packs of rows: [BLOCK*m*p] */
    double *value, *jac; /* of a block */
    double *seed;        /* of the rows of a block or group: [BLOCK] */
    double *sum;         /* of second order: gradient of a row [p], then product [p] */
    long double *sums;   /* of second order: what a unit adds up to [sums_width] */
    size_t sums_width;
    int prepared; /* its memory is allocated, */
    int warm;     /* and so is what evaluating a block allocates */
    int begun;    /* it has the parameters of this run */
    /* the summing job whose first block has run, so that its memory is allocated */
    du_unit_function *warmed_up_for;
};

/* A strategy and how to carry it out. prepare allocates what a worker needs. begin sets w->b for a
 * new point. rows evaluates the outputs of the rows from ... to-1, at most BLOCK, and where asked
 * their partials. total adds up what the rows add to Q, and the gradient of that to sum[p]; where
 * it is NULL, that is done from rows. */
typedef struct {
    du_strategy about;
    int (*prepare)(worker *w);
    int (*begin)(worker *w);
    int (*rows)(worker *w, size_t from, size_t to, const du_request *request);
    int (*total)(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                 double sum[]);
} du_observer_engine;

/* An engine and its workers, one a thread. Without an engine they evaluate the model as it is. */
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
    int map;        /* every row has parameters of its own */
    double *b, *v;  /* [p]: point and direction of a run, so that outputs may overlap inputs */
    double *slopes; /* [p]: of a total among straight numbers */
    double *scale;  /* [rows]: factors of the residuals, from the weights, or NULL for ones */
    du_team rows, sums, plain; /* for rows of the Jacobian; for Q; plain has no engine */
    double *partial;           /* sums of the units of a batch */
    double *total;             /* sums of all, */
    double *compensation;      /* and their rounding errors */
    size_t partial_width;      /* the width that these have room for */
    size_t unit;               /* how many rows make a unit; a multiple of BLOCK */
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

/* What row i of value f adds to Q; dQ/df, or of J^T u the weight of the row, to slope. */
static inline double share_of(const du_observer *o, const du_observer_job *job, size_t i, double f,
                              double *slope)
{
    double w = o->data.weights ? o->data.weights[i] : 1.0, r = f - response(o, i);
    if (job->u) *slope = scale(o, i) * job->u[i * job->u_stride];
    else *slope = o->data.y ? w * r : w;
    return o->data.y ? 0.5 * w * r * r : w * f;
}

/* where the partials of output i of row `row` of a block go: the caller's, the worker's own */
static inline double *direct_row(const du_request *q, size_t row, size_t i)
{
    return q->direct + row * q->next + i * q->tda;
}
static inline double *jac_column(const worker *w, size_t i, size_t j)
{
    return w->jac + (i * w->o->p + j) * BLOCK;
}

/* ---- blocks.c: data in, rows out ---- */

/* Columns of eight rows of a table, a pack each: column k < cols to out + k*step bytes. Where there
 * are fewer rows, the last is repeated. */
void du_block_gather(const double *x, size_t cols, size_t rows, void *out, size_t step);
/* The data of the rows at ... to x[cols]: of eight, or of those before `to`. */
void du_block_load(const worker *w, size_t at, size_t to, du_pack *x);
/* Weights `rows` rows of the block from `row` on, where these went to the caller's rows. */
void du_block_weigh_rows(const worker *w, const du_request *request, size_t from, size_t row,
                         size_t rows);
/* DU_ENONFINITE, in words, where one of the values of output i of the rows from `from` on was not
 * set. */
int du_block_outputs_set(worker *w, size_t from, const double value[], size_t rows, size_t i);
/* The same of all outputs of the block of rows from ... to-1, whose values are in w->value. */
int du_block_all_set(worker *w, size_t from, size_t to);

/* ---- strategies.c: what engines share ---- */

static inline void *du_worker_alloc(worker *w, size_t count, size_t size)
{
    return du_arena_alloc(&w->arena, count * size);
}
/* Allocates b, y, numbers of `number` bytes, and the buffers of a block but jac. */
int du_worker_prepare(worker *w, size_t number);
/* Allocates jac, unless it is there. By a tape, a gradient needs none. */
int du_worker_need_jac(worker *w);

/* ---- reverse.c: the engines by a tape ---- */

int du_reverse_prepare(worker *w);
int du_reverse_begin(worker *w);
int du_reverse_rows(worker *w, size_t from, size_t to, const du_request *request);
int du_reverse_total(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                     double sum[]);
int du_reverse_prepare_pack(worker *w);
int du_reverse_begin_pack(worker *w);
int du_reverse_rows_pack(worker *w, size_t from, size_t to, const du_request *request);
int du_reverse_total_pack(worker *w, size_t from, size_t to, const du_observer_job *job, double *q,
                          double sum[]);

/* ---- run.c: units of rows on all threads ---- */

/* Runs f for every unit of rows, on the team's threads, at the point b[p] (NULL for a map). With a
 * width, each unit sets its partial[width], and their sums are o->total[width], added in the order
 * of the rows and compensated: the result does not depend on the number of threads. With width 0,
 * f writes outputs of its own. */
int du_observer_run(du_observer *o, du_team *team, const double b[], du_unit_function *f,
                    size_t width, const du_observer_job *job);
/* Whether an observer can run a job, of a map or not of a map, whose arrays are `complete`: none is
 * NULL, no stride is 0. Otherwise the status says why not. */
int du_observer_ready(du_observer *o, int map, int complete);
/* Q and its gradient g[p] from the first 1 + p sums of a run. */
void du_observer_sums(const du_observer *o, double *q, double g[]);
void du_observer_lock(du_observer *o);
void du_observer_unlock(du_observer *o);

#endif
