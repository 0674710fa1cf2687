#!/bin/sh
# tests/test_bad_files.sh FOLDER_OF_EXAMPLES NIST_DATA - malformed data files: the fitters exit with 2
# and name file, line and what was expected; fits that fail say why; the mixture's optimum, and what
# of data and arguments reaches gnuplot, dot and the shell. TAP. SPDX-License-Identifier: MIT
bin=$(cd "$1" && pwd)
data=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
expect() { # expect CODE MESSAGE COMMAND...
    code=$1
    message=$2
    shift 2
    count=$((count + 1))
    out=$("$@" 2>&1 >/dev/null)
    got=$?
    if [ "$got" = "$code" ] && printf '%s' "$out" | grep -qF -- "$message"; then
        echo "ok $count - $message"
    else
        echo "not ok $count - exit $got, \"$out\"; expected $code, \"$message\""
    fi
}
nist() { # nist SED_SCRIPT CODE MESSAGE: a damaged Misra1a.dat
    sed "$1" "$data/Misra1a.dat" >"$work/Misra1a.dat"
    expect "$2" "$3" "$bin/nist_fit" -d "$work" Misra1a
}
echo "1..45"
nist '70,$d' 2 "Misra1a.dat:69: expected 14 observations, found 9"
nist '65s/.*/ 23.94E0/' 2 "Misra1a.dat:65: expected 2 numbers, found 1"
nist '65s/.*/ 23.94E0 1.0 7/' 2 "Misra1a.dat:65: expected 2 numbers, found more"
nist '65s/.*/ 23.94E0 abc/' 2 "Misra1a.dat:65: expected 2 numbers, found 1"
nist '65s/.*/ nan 190.8/' 2 "Misra1a.dat:65: data row 5 is not finite"
nist '66s/.*/ 1.0 inf/' 2 "Misra1a.dat:66: data row 6 is not finite"
nist '41s/.*/  b1 = 500/' 2 "Misra1a.dat:41: expected 4 numbers, found 1"
nist '41d' 2 "Misra1a.dat:41: expected parameter b1"
nist '/^Data:   y/d' 2 "expected a line \"Data:\""
nist '/Observations:/d' 2 "expected a line \"Number of Observations:\""
nist '1,$d' 2 "Misra1a.dat:0: expected a line \"Data:\""
expect 2 "NoSuch: no such problem" "$bin/nist_fit" -d "$work" NoSuch
expect 2 "cannot open the file" "$bin/nist_fit" -d "$work/none" Misra1a
csv() { # csv CONTENT CODE MESSAGE
    printf "$1" >"$work/data.csv"
    expect "$2" "$3" "$bin/csv_fit" "$work/data.csv" 200 0.1
}
csv 'conc,rate\n0.02,76\n0.06\n' 2 "data.csv:3: expected 2 numbers, found 1"
csv 'conc,rate\n0.02,76\n0.06,x\n' 2 "data.csv:3: expected 2 numbers, found 1"
csv 'conc,rate\n0.02,76\n0.06,nan\n' 2 "data.csv:3: data row 2 is not finite"
csv 'conc\n0.02\n' 2 "data.csv:1: expected at least two columns"
csv '' 2 "data.csv:0: expected a header line"
csv 'conc,rate\n' 2 "data.csv:1: expected at least one row of numbers"
csv 'conc,rate\n0.02,76\n' 1 "csv_fit: csv_model: 1 observations cannot determine 2 parameters"
csv 'a,conc,rate\n1,0.02,76\n1,0.06,97\n' 1 "csv_fit: csv_model has 1 columns, not 2"
printf 'conc,rate\n0.02,76\n0.06,97\n' >"$work/data.csv"
expect 1 "csv_fit: csv_model has 2 parameters, not 1" "$bin/csv_fit" "$work/data.csv" 200
expect 1 "csv_fit: csv_model has 2 parameters, not 3" "$bin/csv_fit" "$work/data.csv" 200 0.1 1
expect 1 "csv_fit: csv_model at the start: output 0 (observation 1) is not finite: nan" \
    "$bin/csv_fit" "$work/data.csv" 0 -0.02
gmm() { # gmm CONTENT CODE MESSAGE
    printf "$1" >"$work/data.csv"
    expect "$2" "$3" "$bin/gmm" -o "$work/gmm.gp" "$work/data.csv"
}
gmm 'a,b,c\n1,2,3\n' 2 "data.csv:1: expected 2 columns, found 3"
gmm 'a\n1\n' 2 "data.csv:1: expected 2 columns, found 1"
gmm 'a,b\n1,2\n3\n' 2 "data.csv:3: expected 2 numbers, found 1"
gmm 'a,b\n1,2\n1,3\n' 2 "data.csv: a column has the same number in all rows"
expect 2 "cannot open the file" "$bin/gmm" "$work/none.csv"
expect 1 "gmm.gp: cannot write the file" "$bin/gmm" -o "$work/none/gmm.gp" "$data/../regressions/faithful_gamma.csv"
faithful() { "$bin/gmm" -o "$work/gmm.gp" "$data/../regressions/faithful_gamma.csv" >&2; } # what it prints is looked at
expect 0 "log-likelihood -1130.263960" faithful
expect 0 "weight 0.3559  mean (2.0364, 54.4785)" faithful
# one ulp apart: bins of a twentieth of that are less than the numbers' rounding
near() { # near NUMBER NEXT
    printf 'a,b\n1,%s\n2,%s\n3,%s\n4,%s\n' "$1" "$2" "$1" "$2" >"$work/data.csv"
    PATH=/nowhere "$bin/gmm" -o "$work/gmm.gp" "$work/data.csv" >&2
}
expect 0 "b: # observed, * density of the fit" near 8000000000000001 8000000000000002
expect 0 "b: # observed, * density of the fit" near -8000000000000395 -8000000000000394

# ---- what is in a name ----

says() { # says DESCRIPTION COMMAND...: the command succeeds
    count=$((count + 1))
    description=$1
    shift
    if "$@"; then echo "ok $count - $description"; else echo "not ok $count - $description"; fi
}
absent() { [ ! -e "$1" ]; }
cd "$work" || exit 1
mkdir tools
# a gnuplot that takes its script from its input alone, and a dot
printf '#!/bin/sh\n[ "$1" = --version ] && exit\n[ $# = 0 ] || exit 1\ncat >script\necho drawn\n' >tools/gnuplot
printf '#!/bin/sh\n[ "$1" = -V ] && exit\n[ "$*" = -Tsvg ] || exit 1\ncat >graph\necho drawn\n' >tools/dot
chmod +x tools/gnuplot tools/dot
points='1,2\n2,1\n3,4\n4,2\n5,6\n6,3\n7,7\n8,5\n'
drawn() { # drawn HEADER SCRIPT: by the gnuplot above
    rm -f script pwned
    printf "%s\n$points" "$1" >names.csv
    PATH="$work/tools:$PATH" "$bin/gmm" -o "$2" names.csv >log 2>&1
}
quoted="'; touch pwned; '.gp"
drawn 'a,b' "$quoted"
says "a quote in a path reaches no shell" absent pwned
says "a picture whose path has quotes" grep -qx drawn "$quoted.svg"
says "the path is not in the script" test "$(grep -c pwned "$quoted")" = 0
drawn 'a,b' '-persist'
says "a path that looks like an option" grep -qx drawn ./-persist.svg
drawn "x'; system(\"touch pwned\") #,\`touch pwned\`" names.gp
says "a header's quotes are doubled" grep -qxF "set xlabel 'x''; system(\"touch pwned\") #' noenhanced" script
says "a header's backquotes are in single quotes" grep -qxF "set ylabel '\`touch pwned\`' noenhanced" script
drawn "$(printf 'a\tb\033[31m,c\001d')" names.gp
says "a header without its control characters" grep -qxF "set xlabel 'a b [31m' noenhanced" script
says "nor are they printed" test "$(tr -d '\n' <log | tr -d '\040-\377' | wc -c)" = 0
if command -v gnuplot >/dev/null 2>&1; then
    "$bin/gmm" -o real.gp names.csv >log 2>&1
    says "gnuplot draws it" grep -q '</svg>' real.gp.svg
else
    count=$((count + 1))
    echo "ok $count - gnuplot draws it # SKIP gnuplot is not here"
fi
if [ -x "$bin/autograd_tour" ]; then
    PATH="$work/tools:$PATH" "$bin/autograd_tour" "'; touch pwned; '.dot" >log 2>&1
    says "dot draws a graph whose path has quotes" grep -qx drawn "'; touch pwned; '.dot.svg"
    says "and no shell has seen it" absent pwned
else
    for what in "dot draws a graph whose path has quotes" "and no shell has seen it"; do
        count=$((count + 1))
        echo "ok $count - $what # SKIP autograd_tour is not built"
    done
fi
