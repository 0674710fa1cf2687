#!/bin/sh
# tests/test_messages.sh SOURCE LIBRARIES_FOLDER CC... - what must not compile does not, and the first error is the
# cause in words. TAP. SPDX-License-Identifier: MIT
root=$1
shift 2
. "$root/tests/headers/tap.sh"
compilers "$@"

# refused NAME MOST FIRST [ANYWHERE...] <PROGRAM: FLAGS apply. At most so many errors, the first of which matches FIRST
# (extended regular expressions); the others match lines of what is said.
refused() {
    what=$1
    most=$2
    shift 2
    cat >"$work/refused.c"
    for cc in $compilers; do
        if $cc -std=gnu11 $FLAGS -I"$root/include" -fsyntax-only "$work/refused.c" >"$work/log" 2>&1; then
            echo "it compiles" >"$work/log"
            report 1 "$cc: $what"
            continue
        fi
        errors=$(grep -cE '(fatal )?error:' "$work/log")
        failed=0
        test "$errors" -le "$most" || failed=1
        grep -E '(fatal )?error:' "$work/log" | head -1 | grep -qE "$1" || failed=1
        for text; do
            grep -qE "$text" "$work/log" || failed=1
        done
        report $failed "$cc: $what ($errors errors)"
    done
}
# warned NAME TEXT <PROGRAM: gcc warns so, which clang does of what the optimiser finds
warned() {
    cat >"$work/warned.c"
    case " $compilers " in
    *" gcc "*) ;;
    *) skip "gcc: $1" "gcc is not here"; return ;;
    esac
    gcc -std=gnu11 -O2 -Wall -I"$root/include" -c "$work/warned.c" -o "$work/warned.o" >"$work/log" 2>&1
    grep 'warning:' "$work/log" | head -1 | grep -qE "$2"
    report $? "gcc: $1 ($(grep -c 'warning:' "$work/log") warnings)"
}

for FLAGS in -ffast-math -ffinite-math-only; do
    for name in dual.h plan.h duet.h; do
        refused "$name with $FLAGS" 1 'NaN, infinities and signed zeros.*-ffast-math' <<END
#include <duet/$name>
END
    done
done
FLAGS=

for operation in 'du_mul(x, 1.0i)' 'du_add(1.0, x, 1.0i)' 'du_sin(1.0i)' 'du_pow(1.0i, x)'; do
    refused "$operation" 3 complex <<END
#include <duet/generic.h>
du_dual f(du_dual x);
du_dual f(du_dual x) { (void)x; (void)($operation); return x; }
END
done

for operation in 'du_mul(x, y)' 'du_sub(y, x)' 'du_add(1.0, x, y)' 'du_mul(x, x, y, 2.0)' 'du_pow(x, y)' \
    'du_fma(x, 2.0, y)' 'du_where(1, x, y)'; do
    refused "$operation of a dual and a jet" 6 'two different number types' <<END
#include <duet/generic.h>
void f(du_dual x, du_jet y);
void f(du_dual x, du_jet y) { (void)($operation); }
END
done

# one error for each packed type
refused "if (du_gt(x[0], 0.0)) in a DU_MODEL" 6 'scalar|mask' du_where DU_SCALAR_MODEL <<'END'
#include <duet/function.h>
DU_MODEL(branches, b[2], x[1], y[1], if (du_gt(x[0], 0.0)) y[0] = b[0]; else y[0] = b[1];)
END
# gcc follows what has no type through every call around it, clang stops at 20
refused "-x[0] in a DU_MODEL" 90 'unary' du_neg DU_SCALAR_MODEL <<'END'
#include <duet/function.h>
DU_MODEL(negates, b[2], x[1], y[1], y[0] = du_mul(b[0], du_exp(du_mul(b[1], -x[0])));)
END

warned "x[2] of x[2] in a DU_FUNCTION" 'bounds|reading|overread|outside' <<'END'
#include <duet/function.h>
DU_FUNCTION(beyond, x[2], y[1], y[0] = du_mul(x[0], x[2]);)
END
warned "b[1] of b[1] in a DU_MODEL" 'bounds|reading|overread|outside' <<'END'
#include <duet/function.h>
DU_MODEL(beyond, b[1], x[1], y[1], y[0] = du_mul(b[1], x[0]);)
END
warned "y[1] of y[1] in a DU_FUNCTION" 'bounds|writing|overflow|outside' <<'END'
#include <duet/function.h>
DU_FUNCTION(beyond, x[2], y[1], y[0] = x[0]; y[1] = x[1];)
END
plan
