#!/bin/sh
# tests/test_wall.sh SOURCE LIBRARIES_FOLDER CC... - the libraries export what the headers declare DU_API, and nothing
# else; what only detail declares, inline code calls; there is no global state. TAP. SPDX-License-Identifier: MIT
root=$1
lib=$2
shift 2
. "$root/tests/headers/tap.sh"
for tool in nm objdump; do
    command -v $tool >/dev/null 2>&1 || { echo "1..0 # SKIP $tool is not here"; exit 0; }
done

# all headers, and every generic name as it is called: which functions it chooses from
for header in "$root"/include/duet/*.h; do
    name=$(basename "$header")
    case $name in
    gsl.h | fit.h) test -e "$lib/libduet-gsl.so" || continue ;;
    esac
    echo "#include <duet/$name>"
done >"$work/all.c"
cat >>"$work/all.c" <<'END'
DU_FUNCTION(function, x[2], y[1], y[0] = x[0];)
DU_MODEL(model, b[2], x[1], y[1], y[0] = b[0];)
#define DU_N 5
#define DU_OF_PACKS
#include <duet/dualn.h>
END
sed -n 's/^#define \(du_[a-z0-9_]*([^)]*)\).*/\1;/p' "$root"/include/duet/*.h "$root/include/duet/detail/rules.def" |
    sed 's/\.\.\./a, b, c/' >>"$work/all.c"
if ! "$@" -std=gnu11 -E -I"$root/include" "$work/all.c" >"$work/all.i" 2>"$work/log"; then
    report 1 "the headers go through the preprocessor"
    plan
    exit
fi

# to declared: NAME FILE; to other: the text without those declarations, a word a line. A declaration ends where its
# parameters do, and may go over lines.
awk -v declared="$work/declared" -v other="$work/other" '
/^# [0-9]+ "/ { file = $3; gsub(/"/, "", file); next }
{
    line = pending $0
    pending = ""
    while (match(line, /__attribute__\(\(visibility\("default"\)\)\)/)) {
        before = substr(line, 1, RSTART - 1)
        rest = substr(line, RSTART + RLENGTH)
        end = index(rest, ";")
        if (!end) {
            pending = line " "
            break
        }
        print before >other
        head = substr(rest, 1, end)
        sub(/ *[(;[].*/, "", head)
        n = split(head, word, /[ *]+/)
        print word[n], file >declared
        line = substr(rest, end + 1)
    }
    if (pending == "") print line >other
}' "$work/all.i"
tr -cs 'A-Za-z0-9_' '\n' <"$work/other" | sort -u >"$work/other.words"
cut -d' ' -f1 "$work/declared" | sort -u >"$work/declared.names"

libraries=
for name in libduet libduet-gsl; do
    test -e "$lib/$name.so" || { skip "$name" "it is not built"; continue; }
    libraries="$libraries $name"
    nm -D --defined-only "$lib/$name.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/$name.exported"
    grep -v '^du_' "$work/$name.exported" >"$work/log"
    test ! -s "$work/log"
    report $? "$name exports no name without du_"
    comm -23 "$work/$name.exported" "$work/declared.names" >"$work/log"
    test ! -s "$work/log"
    report $? "$name exports what a header declares DU_API alone"
    # of data that can be written: what the dynamic linker has filled in is read-only afterwards
    objdump -t "$lib/$name.so" | awk '/[.](data|bss|tdata|tbss|sdata|sbss)\t|[*]COM[*]\t/ { print $NF, $(NF - 2) }' |
        grep -vE '^(\.|_|completed\.)' >"$work/log"
    test ! -s "$work/log"
    report $? "$name has no global that can be written"
done
sort -u $(for name in $libraries; do echo "$work/$name.exported"; done) >"$work/exported"
comm -13 "$work/exported" "$work/declared.names" >"$work/log"
test ! -s "$work/log"
report $? "what a header declares DU_API is exported ($(wc -l <"$work/declared.names") functions)"

grep '/detail/' "$work/declared" | cut -d' ' -f1 | sort -u >"$work/detail"
grep -v '/detail/' "$work/declared" | cut -d' ' -f1 | sort -u | comm -23 "$work/detail" - |
    comm -23 - "$work/other.words" >"$work/log"
test ! -s "$work/log"
report $? "what detail declares DU_API, inline code calls ($(wc -l <"$work/detail") functions)"
plan
