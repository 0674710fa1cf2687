/* duet/duet.h - all of Duet but its GSL adapters (duet/gsl.h): dual numbers and a tape, in C.
 *
 *     number types   dual.h dualn.h jet.h hyper.h (header only), var.h var2.h on tape.h
 *     one name       generic.h: du_add, du_sin, ... for every type and C number
 *     write once     function.h: DU_FUNCTION, DU_MODEL, DU_HELPER; instance.h: the file form
 *     drivers        plan.h: gradient, Jacobian, Hessian, products; policy.h: which mode and why
 *     observations   model.h
 *     packs          pack.h, pack_var.h: eight observations at a time
 *     known zeros    sparse.h: rows of a straight model's Jacobian, without what is always zero
 *     arrays         tensor.h: PyTorch's autograd on the same tape
 *     verification   check.h
 * SPDX-License-Identifier: MIT */
#ifndef DU_DUET_H
#define DU_DUET_H

#define DU_VERSION "0.1.0"

#include "check.h"
#include "function.h"
#include "generic.h"
#include "model.h"
#include "plan.h"
#include "policy.h"
#include "status.h"
#include "tape.h"
#include "tensor.h"

#endif
