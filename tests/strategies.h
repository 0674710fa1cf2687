/* tests/strategies.h - walking the lists of strategies. SPDX-License-Identifier: MIT */
#ifndef TEST_STRATEGIES_H
#define TEST_STRATEGIES_H

#include <duet/policy.h>

/* for each s of du_plan_strategy or du_observer_strategy; break ends only one */
#define EACH_STRATEGY(s, of) \
    for (size_t s##_k = 0; of(s##_k); s##_k++) \
        for (const du_strategy *s = of(s##_k); s; s = NULL)

/* options that run this strategy and no other of its mode and chunk; a straight one where the
 * compiler knows the zeros, else what has its chunk */
#define FORCED(s) .strategy = (s)->straight ? NULL : (s), .mode = (s)->mode, .chunk = (s)->chunk

#endif
