/* tests/deep.c - a formula nested fifty deep, sums and products of three in turn. The generic layer
 * must compile it in seconds; test_forms.c differentiates it.
 * SPDX-License-Identifier: MIT */
#include <duet/function.h>

DU_DECLARE(deep);

DU_FUNCTION(deep, x[], y[],
    y[0] = du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9, du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_add(x[0], 0.1, du_mul(x[1], 0.9,
           du_sin(x[0])))))))))))))))))))))))))))))))))))))))))))))))))));
)
