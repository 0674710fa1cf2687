# examples/setup.sh - sourced by examples/run, tests/run and tests/bench/run: installs what is missing
# on Debian and Ubuntu, or says what to install. need COMMAND|PACKAGE|TEST...; then `provide`.
# SPDX-License-Identifier: MIT

missing=""
need() { # need PACKAGE COMMAND...: the package is wanted when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

wanted=""
want() { # want PACKAGE COMMAND...: optional; installed where that is possible, else only said
    package=$1
    shift
    "$@" >/dev/null 2>&1 || wanted="$wanted $package"
}

updated=no
apt_install() { # apt_install PACKAGE...: where that is possible; fails elsewhere
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || return 1
    echo "installing: $*" >&2
    {
        [ $updated = yes ] || apt-get update -qq
        updated=yes
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } >&2
}

provide() {
    if ! command -v cc >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
        missing="$missing gcc libc6-dev"
    fi
    # all at once; when that fails, what is needed, then each of the others by itself
    if [ -n "$missing$wanted" ] && ! apt_install $missing $wanted; then
        if [ -n "$missing" ] && ! apt_install $missing; then
            echo "Missing packages:$missing" >&2
            echo "On Debian or Ubuntu: sudo apt-get update && sudo apt-get install$missing" >&2
            echo "Elsewhere: install meson, ninja, pkg-config, GSL's headers (and Criterion's, for the tests) with your package manager." >&2
            exit 1
        fi
        for package in $wanted; do
            apt_install "$package" || echo "optional, and not here: $package" >&2
        done
    fi
    return 0
}

base_packages() {
    need meson meson --version
    need ninja-build ninja --version
    need pkg-config pkg-config --version
    # pkg-config may be about to be installed: then ask for the library too, apt knows if it is there
    need libgsl-dev pkg-config --exists gsl
    want libsleef-dev sh -c 'ls /usr/include/sleef.h /usr/include/*/sleef.h 2>/dev/null | grep -q .'
}

progress() { # progress LOG: lines of ninja and of meson to the log, and how far ninja is to a terminal, or four times
    parts=0
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$1"
        case "$line" in
        '['[0-9]*/[0-9]*'] '*)
            step=${line%%]*}
            step=${step#[}
            if [ -t 2 ]; then
                printf '\r    %s ' "$step" >&2
            elif [ $((${step%/*} * 4 / ${step#*/})) -gt $parts ]; then
                parts=$((${step%/*} * 4 / ${step#*/}))
                echo "    $step" >&2
            fi
            ;;
        esac
    done
    if [ -t 2 ]; then printf '\r                    \r' >&2; fi
}

configure() { # configure FOLDER [MESON OPTIONS]: once; begins the log FOLDER.log
    folder=$1
    shift
    mkdir -p "$folder"
    : >"$folder.log"
    [ -f "$folder/build.ninja" ] && return 0
    meson setup "$folder" "$@" >"$folder.log" 2>&1 && return 0
    cat "$folder.log" >&2
    echo "meson setup $folder failed" >&2
    return 1
}

build() { # build FOLDER [MESON OPTIONS]: the targets in TARGETS, said as WHAT; the log is shown when it fails
    configure "$@" || return 1
    folder=$1
    ninja -C "$folder" -n $TARGETS 2>/dev/null | grep -q 'no work to do' && return 0
    echo "building ${WHAT:-$folder} ..." >&2
    { ninja -C "$folder" $TARGETS 2>&1; echo $? >"$folder.status"; } | progress "$folder.log"
    [ "$(cat "$folder.status")" = 0 ] && return 0
    cat "$folder.log" >&2
    echo "the build in $folder failed" >&2
    return 1
}
