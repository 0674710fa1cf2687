#!/bin/sh
# tests/test_headers.sh SOURCE LIBDUET_FOLDER CC... - every public header compiles alone and in silence, under every
# standard and warning that users have, and leaves them their macros. The program in its comment compiles and runs; the
# forward headers need no library. TAP. SPDX-License-Identifier: MIT
root=$1
lib=$2
shift 2
. "$root/tests/headers/tap.sh"
strict="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wfloat-equal"
forward=" double.h dual.h dualn.h hyper.h jet.h memory.h status.h "
mine="F SEL RULE RULE2 T D K B N I X Y M AT ROUND"
link() { # link CC FLAGS... FILE: with the library, or with libm alone for a forward header
    case "$forward" in
    *" $name "*) "$@" -lm ;;
    *) "$@" -L"$lib" -lduet -lm -Wl,-rpath,"$lib" ;;
    esac
}
headers=
for header in "$root"/include/duet/*.h; do
    name=$(basename "$header")
    case "$name" in
    gsl.h | fit.h) has_gsl || { skip "$name" "GSL is not here"; continue; } ;;
    esac
    headers="$headers $name"
done
compilers "$@"

# alone, and nothing is said, not even a note
for name in $headers; do
    printf '#include <duet/%s>\nint main(void) { return 0; }\n' "$name" >"$work/alone.c"
    for cc in $compilers; do
        silent link $cc -I"$root/include" "$work/alone.c" -o "$work/alone" && "$work/alone"
        report $? "$name alone: $cc"
        silent link $cc -std=gnu11 -O3 $strict -I"$root/include" "$work/alone.c" -o "$work/alone" && "$work/alone"
        report $? "$name alone: $cc -std=gnu11 -O3 and warnings"
    done
done

for name in $headers; do echo "#include <duet/$name>"; done >"$work/all.c"
for cc in $compilers; do
    silent $cc -std=gnu17 $strict -I"$root/include" -fsyntax-only "$work/all.c"
    report $? "all headers: $cc -std=gnu17 and warnings"
done

# formulas: packs are passed in registers that depend on -m flags, of which gcc would say so
cat >"$work/formulas.c" <<'END'
#include <duet/function.h>
DU_HELPER(decaying, (T a, D t, T b), return du_mul(a, du_exp(du_neg(du_mul(t, b))));)
DU_MODEL(packed, b[3], x[2], y[1],
    T s = du_where(du_gt(x[0], 1.0), DU_CALL(decaying, b[0], x[0], b[1]), du_pow(b[1], b[2]));
    y[0] = du_add(s, du_fma(b[2], x[1], du_sqr(b[0])), du_sub(b[1], 1));
)
DU_FUNCTION(any, x[], y[1], y[0] = du_mul(du_norm2(x, n), du_hypot(x[0], x[1]));)
DU_FUNCTION(fixed, x[2], y[2], y[0] = du_fmax(x[0], x[1]); y[1] = du_powi(x[0], 3);)
DU_SCALAR_MODEL(branching, b[2], x[1], y[1], y[0] = du_gt(b[0], x[0]) ? b[0] : du_atan2(b[1], -x[0]);)
END
for cc in $compilers; do
    for flags in -O0 "-O2 $strict" "-O2 -mavx2 -DDU_SLEEF $strict" "-DDU_SLEEF -include sleef.h -fsyntax-only"; do
        echo "int any;" | $cc $flags -S -o /dev/null -x c - >/dev/null 2>&1 || continue # not this machine, or no SLEEF
        silent $cc $flags -I"$root/include" -c "$work/formulas.c" -o "$work/formulas.o"
        report $? "formulas: $cc $flags"
    done
done

# the names are the user's
macros() { # macros NAMES...: F is Faraday's constant, the others are numbers too
    for macro; do
        case $macro in
        F) echo '#define F 96485.33' ;;
        *) echo "#define $macro 2" ;;
        esac
    done
}
used() { # used NAMES...: a program that asks whether they still are
    printf 'int main(void) { return !(0'
    printf ' + %s' "$@"
    echo " > $((96485 + 2 * ($# - 1)))); }"
}
for name in $headers; do
    case $name in
    instance.h) names=$(echo "$mine" | sed 's/ T D / /') ;; # its own two
    *) names=$mine ;;
    esac
    {
        sed -n 's/^# *include *\(<gsl.*>\)/#include \1/p' "$root/include/duet/$name" # GSL's own parameters are such
        macros $names
        echo "#include <duet/$name>"
        used $names
    } >"$work/names.c"
    silent link "$@" -I"$root/include" "$work/names.c" -o "$work/names" && "$work/names"
    report $? "$name leaves macros alone: $names"
done
{
    macros $(echo "$mine" | sed 's/ T D / /') # which are the body's
    cat "$work/formulas.c"
    echo 'DU_MODEL(faraday, b[2], x[1], y[1], y[0] = du_mul(du_div(F, K), b[0], du_exp(b[1]), x[0]);)'
} >"$work/names.c"
silent "$@" -I"$root/include" -c "$work/names.c" -o "$work/names.o"
report $? "formulas leave macros alone"

# the program in the comment
for name in $headers; do
    sed -n '/^ \*     #/,/^ \*     }$/s/^ \* \{0,5\}//p' "$root/include/duet/$name" >"$work/program.c"
    grep -q '^int main' "$work/program.c" || continue
    silent link "$@" -std=gnu11 $strict -Wno-float-equal -I"$root/include" "$work/program.c" -o "$work/program" && "$work/program" >"$work/log"
    report $? "$name: the program in its comment"
done
plan
