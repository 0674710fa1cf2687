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

provide() {
    if ! command -v cc >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
        missing="$missing gcc libc6-dev"
    fi
    if [ -n "$wanted" ]; then
        if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
            echo "installing:$wanted" >&2
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted; } >&2 \
                || echo "could not install (optional):$wanted" >&2
        else
            echo "optional packages that are not here:$wanted" >&2
        fi
    fi
    [ -z "$missing" ] && return 0
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "installing:$missing" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2 \
            && return 0
        echo "could not install:$missing" >&2
    fi
    echo "Missing packages:$missing" >&2
    echo "On Debian or Ubuntu: sudo apt-get update && sudo apt-get install$missing" >&2
    echo "Elsewhere: install meson, ninja, pkg-config, GSL's headers (and Criterion's, for the tests) with your package manager." >&2
    exit 1
}

base_packages() {
    need meson meson --version
    need ninja-build ninja --version
    need pkg-config pkg-config --version
    # pkg-config may be about to be installed: then ask for the library too, apt knows if it is there
    need libgsl-dev pkg-config --exists gsl
    want libsleef-dev sh -c 'ls /usr/include/sleef.h /usr/include/*/sleef.h 2>/dev/null | grep -q .'
}

build() { # build FOLDER [MESON OPTIONS]: quiet unless it fails; TARGETS, or all of them
    folder=$1
    shift
    mkdir -p "$folder"
    { [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@"; } >"$folder.log" 2>&1 \
        && ninja -C "$folder" ${TARGETS:-} >>"$folder.log" 2>&1 && return 0
    cat "$folder.log" >&2
    echo "the build in $folder failed" >&2
    return 1
}
