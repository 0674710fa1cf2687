#!/bin/sh
# tests/test_bad_files.sh FOLDER_OF_EXAMPLES NIST_DATA - malformed data files: the fitters exit with 2 and
# name file, line and what was expected; the mixture's optimum. TAP. SPDX-License-Identifier: MIT
bin=$1
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
echo "1..27"
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
