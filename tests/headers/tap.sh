# tests/headers/tap.sh - read by the shell tests: a folder that is removed at the end, TAP, the compilers, GSL.
# SPDX-License-Identifier: MIT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
lines=25
report() { # report STATUS NAME: what explains a failure is in $work/log, of which so many lines are printed
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        cut -c1-200 "$work/log" | head -$lines | sed 's/^/# /'
    fi
}
skip() { # skip NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}
plan() { echo "1..$count"; }
silent() { # silent COMMAND...: it succeeds and prints nothing
    "$@" >"$work/log" 2>&1 && test ! -s "$work/log"
}
# compilers CC...: the one that meson uses and, of gcc and clang, the other that is here, to compilers= by name
compilers() {
    compilers=
    for name in gcc clang; do
        command -v $name >/dev/null 2>&1 && compilers="$compilers $name"
    done
    case "$*" in
    gcc | clang | *"/gcc" | *"/clang" | cc | "ccache cc" | "ccache gcc" | "ccache clang") ;;
    *) compilers="${*##* } $compilers" ;;
    esac
}
has_gsl() { pkg-config --exists gsl 2>/dev/null; }
