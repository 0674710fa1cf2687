/* duet/detail/next_instance.h - the number type after this one, for instance.h, or the end of the
 * list: DU_AGAIN says which. SPDX-License-Identifier: MIT */
#undef DU_AGAIN
#if DU_INSTANCE + 1 < DU_INSTANCE_SCALARS
#define DU_AGAIN
#elif defined(DU_INSTANCE_PACKS) && DU_INSTANCE + 1 < DU_INSTANCE_ALL
#define DU_AGAIN
#endif
#ifndef DU_AGAIN
#undef DU_INSTANCE_ONES
#undef DU_INSTANCE_TENS
#undef DU_INSTANCE_PACKS
#elif DU_INSTANCE_ONES == 0
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 1
#elif DU_INSTANCE_ONES == 1
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 2
#elif DU_INSTANCE_ONES == 2
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 3
#elif DU_INSTANCE_ONES == 3
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 4
#elif DU_INSTANCE_ONES == 4
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 5
#elif DU_INSTANCE_ONES == 5
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 6
#elif DU_INSTANCE_ONES == 6
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 7
#elif DU_INSTANCE_ONES == 7
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 8
#elif DU_INSTANCE_ONES == 8
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 9
#else
#undef DU_INSTANCE_ONES
#define DU_INSTANCE_ONES 0
#if DU_INSTANCE_TENS == 0
#undef DU_INSTANCE_TENS
#define DU_INSTANCE_TENS 1
#elif DU_INSTANCE_TENS == 1
#undef DU_INSTANCE_TENS
#define DU_INSTANCE_TENS 2
#else
#error "30 number types at most: add a line here and DU_INSTANCE_DROP_30 to instance_list.h"
#endif
#endif
