#!/bin/sh
# tests/test_readme.sh SOURCE - what README.md says is there: its first program is examples/rosenbrock.c, its list of
# functions is that of rules.def, the headers, macros, types and functions that it names exist; and so do the files and
# names of CONTRIBUTING.md. CHANGELOG.md begins with this version. TAP.
# SPDX-License-Identifier: MIT
root=$1
. "$root/tests/headers/tap.sh"
readme=$root/README.md
sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;/^```$/,$d' >"$work/readme.c"
diff "$work/readme.c" "$root/examples/rosenbrock.c" >"$work/log" 2>&1
report $? "the first program is examples/rosenbrock.c"

same() { # same FILE_OF_README FILE_OF_SOURCE
    diff "$1" "$2" | sed -n 's/^</only in README.md:/p; s/^>/missing in README.md:/p' >"$work/log"
    test ! -s "$work/log"
}
# the list stands after a colon in the paragraph that names rules.def; powi, of an integer, is generic.h's
sed -n '/^## Functions/,/^## /p' "$readme" | awk -v RS= '/rules\.def/' | tr '\n' ' ' |
    sed 's/.*rules\.def[^:]*: *//; s/\..*//; s/`//g; s/du_//g' | tr -s ', ' '\n\n' | grep -v '^powi$' | sort >"$work/said"
sed -n 's/^ *DU_\(UNARY\|BINARY\)(\([a-z0-9_]*\),.*/\2/p' "$root/include/duet/detail/rules.def" | grep -v '^neg$' |
    sort >"$work/rules"
test -s "$work/said" && test -s "$work/rules" && same "$work/said" "$work/rules"
report $? "the list of functions is that of rules.def"

# statuses: all of them or those that it needs
grep -oE '\bDU_(OK|E[A-Z]+)\b' "$readme" | sort -u >"$work/said"
sed -n 's/^ *X(\(DU_[A-Z]*\), .*/\1/p' "$root/include/duet/status.h" | sort -u >"$work/statuses"
comm -23 "$work/said" "$work/statuses" >"$work/log"
test ! -s "$work/log"
report $? "statuses are those of status.h"

grep -oE '\b[a-z_]+\.h\b' "$readme" | sort -u | while read -r name; do
    test -f "$root/include/duet/$name" || echo "no include/duet/$name"
done >"$work/log"
test ! -s "$work/log"
report $? "headers are there"

cat "$root"/include/duet/*.h "$root"/include/duet/detail/* "$root/meson.build" | grep -oE '\b[dD][uU]_[A-Za-z0-9_]+' | sort -u >"$work/names"
{ cat "$work/names"; sed 's/^/du_/' "$work/rules"; sed -n 's/^ *X(\([a-z0-9_]*\), .*/du_\1/p' "$root/include/duet/detail/types.h"; } |
    sort -u >"$work/known"
sed 's/duet[-_a-z]*//g' "$readme" | grep -oE '\b(du|DU)_[A-Za-z0-9_]+' | sort -u | comm -23 - "$work/known" >"$work/log"
test ! -s "$work/log"
report $? "names that begin with du_ or DU_ are there"

for header in "$root"/include/duet/*.h; do
    grep -q "\b${header##*/}" "$readme" || echo "${header##*/} is not named"
done >"$work/log"
test ! -s "$work/log"
report $? "every public header is named"

# ---- CHANGELOG.md, CONTRIBUTING.md ----

version=$(sed -n 's/^#define DU_VERSION "\(.*\)"/\1/p' "$root/include/duet/status.h")
sed -n '/^## /{p;q}' "$root/CHANGELOG.md" >"$work/log"
test "$(cat "$work/log")" = "## $version"
report $? "CHANGELOG.md begins with $version"

contributing=$root/CONTRIBUTING.md
grep -oE '\b(include|lib|tests|examples)(/[A-Za-z0-9_.-]+)+' "$contributing" | sed 's/\.$//' | sort -u |
    grep -vE 'NAME|LIBRARY' | while read -r path; do
    test -e "$root/$path" || echo "no $path"
done >"$work/log"
test ! -s "$work/log"
report $? "the files that CONTRIBUTING.md names are there"

find "$root/include" "$root/lib" -type f -exec cat {} + | grep -oE '\b[dD][uU]_[A-Za-z0-9_]+' | sort -u >"$work/known"
grep -oE '\b(du|DU)_[A-Za-z0-9_]+' "$contributing" | grep -v NAME | sort -u >"$work/said"
printf '%s\n' du_name du_real_name du_native_name >"$work/placeholders"
comm -23 "$work/said" "$work/known" | grep -vxF -f "$work/placeholders" >"$work/log"
test ! -s "$work/log"
report $? "names in CONTRIBUTING.md that begin with du_ or DU_ are there"

for name in README CHANGELOG CONTRIBUTING; do # but what programs print, and tables
    awk -v name=$name.md '/^```/ { code = !code } !code && !/^\|/ && length($0) > 110 { print name ":" FNR }' "$root/$name.md"
done >"$work/log"
test ! -s "$work/log"
report $? "text is at most 110 columns wide"
plan
