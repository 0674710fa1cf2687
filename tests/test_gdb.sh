#!/bin/sh
# tests/test_gdb.sh SOURCE LIBDUET_FOLDER CC... - gdb prints every number type as lib/gdb/duet.py says. TAP.
# SPDX-License-Identifier: MIT
root=$1
lib=$2
shift 2
if ! gdb --batch -ex 'python print(1)' 2>/dev/null | grep -q '^1$'; then
    echo "1..0 # SKIP gdb with Python is not here"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$@" -std=gnu11 -g -O0 -I"$root/include" "$root/tests/gdb_numbers.c" -L"$lib" -lduet -lm -Wl,-rpath,"$lib" -o "$work/numbers"; then
    echo "1..1"
    echo "not ok 1 - the program compiles"
    exit 0
fi
cat >"$work/expected" <<'END'
dual = 2 + [1]
dual4 = 0.5 + [0, 0, 0, 1]
dual5 = 2 + [0, 0, 0, 0, 1]
dual8 = {2 + [1, 0, 0, 0, 0, 0, 0, 0], 3 + [0, 0, 0, 0, 0, 0, 0, 0]}
dual16 = 1 + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
jet = 2 (d 1, dd 0)
hyper = 2 (a 1, b 1, ab 0.25)
straight = 3 + [1, ., 1]
pack = [0, 1, 2, 3, 4, 5, 6, 7]
pack_dual = [0, 1, 2, 3, 4, 5, 6, 7] + [[1, 1, 1, 1, 1, 1, 1, 1]]
pack_dual4 = [0, 1, 2, 3, 4, 5, 6, 7] + [[0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]]
mask = [1, 1, 0, 0, 0, 0, 0, 0]
x = {2 (slot 1, coefficient 1), 3 (slot 2, coefficient 1)}
var = 6 (slot 3, coefficient 1)
constant = 2 (constant)
var2 = 6 + [1] (slot 7, coefficient 1 + [0.5])
pack_var = [0, 1, 2, 3, 4, 5, 6, 7] (slot 1, coefficient [1, 1, 1, 1, 1, 1, 1, 1])
free_scalar = 2.5 (constant)
END
{
    # the installed file when gdb has loaded it for the library already, or this one
    printf 'set breakpoint pending on\nset debuginfod enabled off\nset width 0\nset print elements 0\nset print repeats unlimited\n'
    printf 'source %s\nbreak stop\nrun\nfinish\n' "$root/lib/gdb/duet.py"
    sed 's/ = .*//; s/.*/printf "& = "\noutput &\necho \\n/' "$work/expected"
    printf 'printf "tensor = "\noutput tensor\necho \\n'
} >"$work/commands"
gdb --batch -nx -x "$work/commands" "$work/numbers" >"$work/log" 2>&1 </dev/null
if grep -qiE 'ptrace|Could not trace|Cannot create process' "$work/log"; then
    echo "1..0 # SKIP gdb may not trace programs here"
    exit 0
fi
count=0
while IFS= read -r line; do
    count=$((count + 1))
    if grep -qxF -- "$line" "$work/log"; then
        echo "ok $count - $line"
    else
        echo "not ok $count - $line"
        grep -F -- "${line%% = *} = " "$work/log" | sed 's/^/# /'
    fi
done <"$work/expected"
count=$((count + 1))
# elements with the library's debugging symbols, the node's address without
if grep -qE '^tensor = (leaf 2x2 "w" \[1, 2, 3, 4\]|tensor of node 0x[0-9a-f]+)$' "$work/log"; then
    echo "ok $count - tensor"
else
    echo "not ok $count - tensor"
    tail -20 "$work/log" | sed 's/^/# /'
fi
echo "1..$count"
