/* duet/tape.h - reverse mode: a tape of joins, swept backwards.
 *
 *     A du_var is a dual number over one slot of a tape: { value, coefficient, tape, slot },
 *     d(this)/d(slot) = coefficient. A function of one variable keeps the slot and costs no tape.
 *     Where two slots meet, a join is written: a new slot with
 *
 *         adjoint[left]  += pl * adjoint[new],   adjoint[right] += pr * adjoint[new]
 *
 *     in the sweep. Independents are a range of slots without entries.
 *
 *     #include <duet/duet.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         du_tape *t = du_tape_new(NULL);
 *         double v[2] = { 2.0, 3.0 }, g[2];
 *         du_var x[2];
 *         du_tape_independents(t, 2, v, x);
 *         du_var y = du_mul(du_sin(x[0]), x[1]);
 *         if (du_tape_sweep(t, 1, &y, NULL) == DU_OK && du_tape_gradient(t, 2, x, g) == DU_OK)
 *             printf("%.6f %.6f\n", g[0], g[1]);
 *         du_tape_free(t);
 *         return 0;
 *     }
 *
 * Conventions. Gradients of independents and anchored values accumulate over sweeps until
 * du_tape_zero_gradients. Trouble while recording (out of memory, out of slots, a variable of
 * another tape or from before a reset) makes the tape's status sticky: arithmetic goes on with
 * right values, and every sweep returns the status until du_tape_reset. After du_tape_rewind,
 * variables made since the mark must not be used; one whose slot has not been given out again is
 * detected. One tape belongs to one thread at a time.
 * SPDX-License-Identifier: MIT */
#ifndef DU_TAPE_H
#define DU_TAPE_H

#include <stddef.h>
#include <stdint.h>
#include "detail/recorder.h"
#include "memory.h"
#include "status.h"

typedef struct du_tape du_tape;

/* value, d(this)/d(slot) and the slot; of second order (du_var2) a tangent each. Operations are in
 * generic.h. */
typedef struct { double v, c; du_recorder *tape; uint64_t ref; } du_var;
typedef struct { double v, vd, c, cd; du_recorder *tape; uint64_t ref; } du_var2;

typedef struct {
    du_allocator allocator;  /* default: malloc and free */
    size_t byte_cap;         /* tape and adjoints together; 0 for no limit */
    uint32_t slot_limit;     /* slots at most; 0 for 2^31 - 2 */
} du_tape_options;

DU_BEGIN

/* NULL options: defaults. NULL when memory is out. */
DU_API du_tape *du_tape_new(const du_tape_options *options);
DU_API void du_tape_free(du_tape *t);

/* The sticky status, and the same in words; DU_ENOMEM for NULL. Reset forgets every variable, entry
 * and gradient, keeps the memory, clears the status and makes variables made before stale. */
DU_API int du_tape_status(const du_tape *t);
DU_API const char *du_tape_message(const du_tape *t);
DU_API void du_tape_reset(du_tape *t);

/* A position to return to; rewinding frees what came after without touching it. DU_ESTALE for a
 * mark from before a reset or of a place already rewound past. The members are the library's. */
typedef struct {
    uint64_t ref, joins, last_serial, client_serial, retained_serial;
    void *last, *client, *retained, *chunk;
    char *at;
} du_mark;
DU_API du_mark du_tape_mark(du_tape *t);
DU_API int du_tape_rewind(du_tape *t, du_mark mark);

/* n independents with values v[n], as x[n]. DU_EINVAL for n = 0 or NULL; x untouched on failure. */
DU_API int du_tape_independents(du_tape *t, size_t n, const double v[], du_var x[]);
/* the same for second order: values v[n] and tangents vd[n] (NULL for 0) */
DU_API int du_tape_independents2(du_tape *t, size_t n, const double v[], const double vd[],
                                 du_var2 x[]);

/* The reverse sweep: adds sum_i seed_i dy_i/dx to the gradient of every independent and anchored
 * value; seed NULL for ones. A constant y_i adds nothing. DU_ENOINDEP without independents. */
DU_API int du_tape_sweep(du_tape *t, size_t m, const du_var y[], const double seed[]);
/* the same with the tangent of each gradient: for y of one output, gradient and Hessian times the
 * tangents that the independents were given */
DU_API int du_tape_sweep2(du_tape *t, size_t m, const du_var2 y[], const double seed[]);
/* All outputs at once, up to eight adjoints a pass: jac[i*n + j] = dy_i/dx_j for y[m], x[n]. Does
 * not touch the accumulated gradients. */
DU_API int du_tape_jacobian(du_tape *t, size_t m, const du_var y[], size_t n, const du_var x[],
                            double jac[]);

/* The accumulated gradient of x[n], each an independent or anchored (DU_ENOGRAD otherwise): g[n].
 */
DU_API int du_tape_gradient(du_tape *t, size_t n, const du_var x[], double g[]);
DU_API int du_tape_gradient2(du_tape *t, size_t n, const du_var2 x[], double g[], double gd[]);
DU_API void du_tape_zero_gradients(du_tape *t);

/* The same number with a slot of its own, so that its gradient can be asked for. A constant stays
 * what it is. */
DU_API du_var du_anchor(du_var x);

/* A function with a pull-back of its own. x[n] are the inputs; v[m] the output values computed by
 * the caller; the outputs are returned in y[m]. In the sweep, pull gets the output adjoints ybar[m]
 * and adds J^T ybar to xbar[n], which is 0 on entry; data is passed through and must outlive the
 * sweeps. xbar and ybar must not be kept. Constants are allowed among x. DU_EINVAL for counts of 0
 * or NULL. Sweeps with tangents return DU_EORDER on such an entry. */
typedef void du_pullback(const double ybar[], size_t m, double xbar[], size_t n, void *data);
DU_API int du_tape_custom(du_tape *t, size_t n, const du_var x[], size_t m, const double v[],
                          du_var y[],
                          du_pullback *pull, void *data);

/* What is recorded: joins, slots given out; bytes held for tape and adjoints. Zeros for NULL. */
typedef struct { uint64_t joins; uint32_t slots; size_t bytes; } du_tape_info;
DU_API du_tape_info du_tape_inspect(const du_tape *t);

DU_END

#endif
