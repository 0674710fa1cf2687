#!/bin/sh
# tests/test_headers.sh SOURCE LIBDUET_FOLDER CC... - every public header compiles alone, the program in
# its comment compiles and runs, the forward headers need no library, the README's first program is
# examples/rosenbrock.c, and nothing but du_ is exported. TAP. SPDX-License-Identifier: MIT
root=$1
lib=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror -I$root/include"
forward=" double.h dual.h dualn.h hyper.h jet.h real.h types.h "
count=0
report() { # report STATUS NAME
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; sed 's/^/# /' "$work/log" | head -20; fi
}
link() { # link SOURCE: with the library, or with libm alone for a forward header
    case "$forward" in
    *" $name "*) "$@" -lm ;;
    *) "$@" -L"$lib" -lduet -lm -Wl,-rpath,"$lib" ;;
    esac
}
for header in "$root"/include/duet/*.h; do
    name=$(basename "$header")
    case "$name" in
    gsl.h | fit.h) pkg-config --exists gsl 2>/dev/null || continue ;;
    esac
    printf '#include <duet/%s>\nint main(void) { return 0; }\n' "$name" >"$work/alone.c"
    for level in -O0 -O3; do
        link "$@" $flags $level "$work/alone.c" -o "$work/alone" >"$work/log" 2>&1 && "$work/alone"
        report $? "$name alone at $level"
    done
    sed -n '/^ \*     #/,/^ \*     }$/s/^ \* \{0,5\}//p' "$header" >"$work/program.c"
    grep -q '^int main' "$work/program.c" || continue
    link "$@" $flags "$work/program.c" -o "$work/program" >"$work/log" 2>&1 && "$work/program" >>"$work/log"
    report $? "$name: the program in its comment"
done
for file in "$root"/README.md; do
    sed -n '/^```c$/,/^```$/p' "$file" | sed '1d;/^```$/,$d' >"$work/readme.c"
    cmp "$work/readme.c" "$root/examples/rosenbrock.c" >"$work/log" 2>&1
    report $? "the README's first program is examples/rosenbrock.c"
done
if command -v nm >/dev/null 2>&1; then
    nm -D --defined-only "$lib/libduet.so" | awk '$3 !~ /^du_/ && $2 != "A" { print; bad = 1 } END { exit bad }' >"$work/log"
    report $? "libduet exports du_ alone"
    nm "$lib/libduet.so" | awk '$2 ~ /^[BbDdC]$/ && $3 !~ /^(_|completed|__)/ { print }' | grep -vE ' (du_strategies|engines)$' >"$work/log"
    test ! -s "$work/log"
    report $? "libduet has no writable globals"
fi
echo "1..$count"
