/* duet/duet.h - all of Duet but its solvers' adapters (duet/gsl.h, duet/fit.h): dual numbers and a
 * tape, in C.
 *
 *     number types   dual.h dualn.h jet.h hyper.h (header only), pack.h, the variables of tape.h
 *     one name       generic.h: du_add, du_sin, ... for every type and C number
 *     write once     function.h: DU_FUNCTION, DU_MODEL, DU_HELPER; instance.h: the file form
 *     drivers        plan.h: gradient, Jacobian, Hessian, products; policy.h: which mode and why
 *     observations   observe.h
 *     arrays         tensor.h: PyTorch's autograd on the same tape
 *     verification   check.h
 *     in common      status.h, memory.h
 * SPDX-License-Identifier: MIT */
#ifndef DU_DUET_H
#define DU_DUET_H

#include "check.h"
#include "function.h"
#include "generic.h"
#include "memory.h"
#include "observe.h"
#include "plan.h"
#include "policy.h"
#include "status.h"
#include "tape.h"
#include "tensor.h"

#endif
