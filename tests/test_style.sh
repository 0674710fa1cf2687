#!/bin/sh
# tests/test_style.sh SOURCE - files fit a page: at most 26 public headers of at most 300 lines, lines of at
# most 100 columns, functions and macros of at most 40 lines; the rooms of lib include each other in one
# direction; clang-format has nothing to say of lib. TAP. SPDX-License-Identifier: MIT
root=$1
. "$root/tests/headers/tap.sh"
cd "$root" || exit 1
lines=1000
sources=$(find include lib -name '*.[ch]' -o -name '*.inc' -o -name '*.def' | sort)

ls include/duet/*.h >"$work/log"
test "$(wc -l <"$work/log")" -le 26
report $? "public headers are at most 26 ($(wc -l <"$work/log"))"

wc -l include/duet/*.h | awk '$2 != "total" && $1 > 300' >"$work/log"
test ! -s "$work/log"
report $? "public headers are at most 300 lines"

wide() { awk 'length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }' "$@"; }
wide $sources tests/*.[ch] tests/*.inc tests/headers/*.c* tests/bench/*.[ch]* examples/*.[ch] >"$work/log"
test ! -s "$work/log"
report $? "lines of C and C++ are at most 100 columns ($(wc -l <"$work/log") are wider)"

# A function is from its first line, which begins in column 1, to the } in column 1; a macro is a line and those that
# it is continued on.
awk '
function end(what, from) {
    if (FNR - from >= 40) print FILENAME ":" from ": " what " of " FNR - from + 1 " lines"
}
FNR == 1 { first = macro = inside = 0 }
macro { if (!/\\$/) { end("a macro", macro); macro = 0 } next }
/^ *#/ { if (/\\$/) macro = FNR; next }
/^[A-Za-z_]/ && !inside { first = FNR }
/^\{/ || /^[A-Za-z_].*\(.*\{$/ { inside = 1 }
/^\}/ { if (inside) end("a function", first); inside = 0 }
' $sources >"$work/log"
test ! -s "$work/log"
report $? "functions and macros are at most 40 lines ($(wc -l <"$work/log") are longer)"

# Rooms of lib include of each other in one direction: each only of those named before it here.
before=""
for room in base tape plan observe tensor fit solvers; do
    for other in $(sed -n 's|^#include "\.\./\([a-z]*\)/.*|\1|p' "lib/$room"/*); do
        case " $before " in *" $other "*) ;; *) echo "lib/$room includes of lib/$other" ;; esac
    done
    before="$before $room"
done >"$work/log"
ls lib | grep -vE '^(base|tape|plan|observe|tensor|fit|solvers|cmake|gdb|meson\.build)$' >>"$work/log"
grep -l 'duet/gsl\.h' lib/fit/* >>"$work/log"
test ! -s "$work/log"
report $? "arrows between the rooms of lib go one way"

if [ ! -f .clang-format ]; then
    skip "clang-format" "there is no .clang-format"
elif ! command -v clang-format >/dev/null 2>&1; then
    skip "clang-format" "clang-format is not here"
else
    # headers by hand: clang-format 14 takes _Generic and rows of attributes apart
    clang-format --dry-run -Werror $(find lib -name '*.[ch]') >"$work/places" 2>&1
    failed=$?
    awk -F: '/error:/ { if (!places[$1]++) first[$1] = $2 }
        END { for (file in first) print file ":" first[file] ": the first of " places[file] }' "$work/places" |
        sort >"$work/log"
    report $failed "clang-format has nothing to say ($(grep -c 'error:' "$work/places") places)"
fi
plan
