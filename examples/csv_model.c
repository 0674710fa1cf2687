/* examples/csv_model.c - the model that csv_fit fits: put your own here. Parameters b[0], b[1],
 * ...; predictors x[0], ... in the order of the file's columns; y[0] is the response. Say in the
 * brackets how many parameters and predictors there are: csv_fit then tells when the start or the
 * file has another number. Here: Michaelis-Menten kinetics, rate = Vm conc/(K + conc).
 * SPDX-License-Identifier: MIT */
#include <duet/function.h>

DU_MODEL(csv_model, b[2], x[1], y[1],
    y[0] = du_div(du_mul(b[0], x[0]), du_add(b[1], x[0]));
)
