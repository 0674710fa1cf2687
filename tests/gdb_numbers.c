/* tests/gdb_numbers.c - a number of every type, for test_gdb.sh to print. SPDX-License-Identifier:
 * MIT */
#include <duet/duet.h>
#define DU_N 5
#include <duet/dualn.h>

static volatile int stopped;
__attribute__((noinline)) static void stop(void) { stopped = 1; }

int main(void)
{
    static double lanes[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    typedef du_dual8 T;
    du_dual dual = { 2, 1 };
    du_dual4 dual4 = du_dual4_independent(0.5, 3);
    du_dual5 dual5 = du_dual5_independent(2, 4);
    T dual8[2] = { du_dual8_independent(2, 0), du_dual8_constant(3) };
    du_dual16 dual16 = du_dual16_constant(1);
    du_jet jet = { 2, 1, 0 };
    du_hyper hyper = { 2, 1, 1, 0.25 };
    du_straight straight = du_straight_independent(2, 2);
    straight = du_straight_add(straight, du_straight_independent(1, 0));
    du_pack pack = du_pack_load(lanes);
    du_pack_dual pack_dual = du_pack_dual_independent(pack, 0);
    du_pack_dual4 pack_dual4 = du_pack_dual4_independent(pack, 1);
    du_mask mask = du_pack_lt_d(pack, 2);
    du_tape *t = du_tape_new(NULL), *of_packs = du_tape_new(NULL);
    du_var x[2], var, constant = du_var_constant(2);
    double v[2] = { 2, 3 };
    du_tape_independents(t, 2, v, x);
    var = du_var_mul(x[0], x[1]);
    du_var2 var2 = { 6, 1, 1, 0.5, NULL, (uint64_t)1 << 32 | 7 };
    du_pack_var pack_var;
    du_tape_independents_pack(of_packs, 1, &pack, &pack_var);
    double values[4] = { 1, 2, 3, 4 };
    du_tensor tensor = du_tensor_name(du_tensor_new(t, DU_SHAPE(2, 2), values, 1), "w"),
        free_scalar = { .scalar = 2.5 };
    stop();
    du_tape_free(t);
    du_tape_free(of_packs);
    (void)dual, (void)dual4, (void)dual5, (void)dual8, (void)dual16, (void)jet, (void)hyper,
        (void)straight, (void)pack;
    (void)pack_dual, (void)pack_dual4, (void)mask, (void)var, (void)constant, (void)var2,
        (void)pack_var;
    (void)tensor, (void)free_scalar;
    return 0;
}
