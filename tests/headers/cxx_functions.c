/* What tests/headers/cxx_driver.cc calls, in C. SPDX-License-Identifier: MIT */
#include <duet/function.h>

DU_FUNCTION(saddle, x[2], y[1], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
DU_MODEL(decay, b[2], x[1], y[1], y[0] = du_mul(b[0], du_exp(du_neg(du_mul(x[0], b[1]))));)
