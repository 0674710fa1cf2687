/* duet/detail/pack_rules.h - value and first partials of every rule, on packs: each expression of
 * rules.def on each native vector of a pack. Included by pack.h. SPDX-License-Identifier: MIT */
#ifndef DU_PACK_RULES_H
#define DU_PACK_RULES_H

#define DU_F(name) du_native_##name
#define DU_SEL(mask, then, other) \
    du_native_select((du_native_bits)(mask), DU_SPLAT(then), DU_SPLAT(other))
#define DU_OF_PACK_ static inline __attribute__((always_inline)) du_pack
#define DU_UNARY(name, f, first, ...) \
    DU_OF_PACK_ du_pack_value_##name(du_pack x_, du_pack y_) \
    { \
        DU_PACK_EACH(du_native x = x_.w[k]; (void)x; y_.w[k] = DU_SPLAT(f);) \
        return y_; \
    } \
    DU_OF_PACK_ du_pack_slope_##name(du_pack x_, du_pack y_) \
    { \
        DU_PACK_EACH(du_native x = x_.w[k], y = y_.w[k]; (void)x; (void)y; \
            y_.w[k] = DU_SPLAT(first);) \
        return y_; \
    }
#define DU_BINARY(name, f, da, db, ...) \
    DU_OF_PACK_ du_pack_value_##name(du_pack a_, du_pack b_, du_pack y_) \
    { \
        DU_PACK_EACH(du_native a = a_.w[k], b = b_.w[k]; y_.w[k] = DU_SPLAT(f);) \
        return y_; \
    } \
    DU_PARTIAL_OF_PACK_(slope_a_##name, da) \
    DU_PARTIAL_OF_PACK_(slope_b_##name, db)
#define DU_PARTIAL_OF_PACK_(name, e) \
    DU_OF_PACK_ du_pack_##name(du_pack a_, du_pack b_, du_pack y_) \
    { \
        DU_PACK_EACH(du_native a = a_.w[k], b = b_.w[k], y = y_.w[k]; (void)a; (void)b; (void)y; \
                        y_.w[k] = DU_SPLAT(e);) \
        return y_; \
    }
#include "rules.def"
DU_OF_PACK_ du_pack_value_powi(du_pack x_, int n)
{
    DU_PACK_EACH(x_.w[k] = du_native_powi(x_.w[k], n);)
    return x_;
}
DU_OF_PACK_ du_pack_slope_powi(du_pack x_, int n)
{
    DU_PACK_EACH(x_.w[k] = du_native_powi_a(x_.w[k], n);)
    return x_;
}
#undef DU_F
#undef DU_SEL
#undef DU_OF_PACK_
#undef DU_PARTIAL_OF_PACK_

#endif
