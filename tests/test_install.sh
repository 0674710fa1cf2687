#!/bin/sh
# tests/test_install.sh BUILD SOURCE CC... - what `meson install` puts where, and programs that use it: by pkg-config with
# the shared and with the static library, and by CMake. Installs from BUILD into a temporary folder. TAP.
# SPDX-License-Identifier: MIT
build=$1
root=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
report() { # report STATUS NAME: the log is shown when it failed
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' "$work/log" | tail -20
    fi
}
skip() { # skip NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# nothing of tests, examples and benchmarks is among what ninja builds for an installation, built already or not
ninja -C "$build" -t inputs all >"$work/inputs" 2>"$work/log" || ninja -C "$build" -t query all >"$work/inputs" 2>"$work/log"
if grep -q 'libduet' "$work/inputs"; then
    ! grep -E '^ *(examples|tests)/' "$work/inputs" >"$work/log"
    report $? "an installation builds no test, example or benchmark"
else
    report 1 "ninja says what an installation builds"
fi

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1
code=$?
report $code "meson install"
if [ $code != 0 ]; then
    echo "1..$count"
    exit 1
fi
version=$(sed -n 's/^#define DU_VERSION "\(.*\)"/\1/p' "$root/include/duet/status.h")
soname=libduet.so.${version%.*}
library=$(find "$work/root" -name "libduet.so.$version" | head -1)
libdir=${library%/*}
header=$(find "$work/root" -name duet.h | head -1)
includedir=${header%/duet/duet.h}
: >"$work/log"
[ -n "$library" ] && [ -f "$libdir/libduet.a" ] && [ -n "$header" ]
report $? "libduet.so.$version, libduet.a and the headers are there"
if command -v readelf >/dev/null 2>&1; then
    readelf -d "$library" >"$work/log" 2>&1
    grep -q "SONAME.*\[$soname\]" "$work/log" && [ -e "$libdir/$soname" ]
    report $? "the library's name is $soname"
else
    skip "the library's name is $soname" "readelf is not here"
fi

doc=$(find "$work/root" -type d -path '*/doc/duet' | head -1)
(cd "$doc" && ls LICENSE README.md examples/nist_fit.c examples/table.h examples/data/nist/Misra1a.dat examples/data/puromycin.csv \
    && { [ ! -f "$root/CHANGELOG.md" ] || ls CHANGELOG.md; }) >"$work/log" 2>&1
report $? "licence, README, examples and their data are there"
find "$work/root" -type f -perm -u+x ! -name '*.so*' ! -name '*.sh' >"$work/log"
test ! -s "$work/log"
report $? "no program is installed"
find "$work/root" -type f -path "*/gdb/auto-load${libdir#"$work/root"}/libduet.so.$version-gdb.py" >"$work/found"
: >"$work/log"
test -s "$work/found"
report $? "gdb's printers are where gdb looks for them"

cat >"$work/saddle.c" <<'END'
#include <duet/duet.h>
#include <math.h>
#include <string.h>
DU_FUNCTION(saddle, x[2], y[1], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
int main(void)
{
    double x[2] = { 1, 2 }, y, g[2];
    int status = du_gradient(&saddle, 2, x, NULL, &y, g);
    return status != DU_OK || fabs(g[0] - 2 * cos(2)) > 1e-15 || strcmp(du_version(), DU_VERSION) != 0;
}
END
cat >"$work/callback.c" <<'END'
#include <duet/duet.h>
#include <duet/gsl.h>
#include <math.h>
DU_FUNCTION(saddle, x[2], y[1], y[0] = du_mul(du_sqr(x[0]), du_cos(x[1]));)
int main(void)
{
    du_gsl *d = du_gsl_function(&saddle, 2, 1, NULL);
    gsl_multimin_function_fdf f = du_gsl_multimin(d);
    gsl_vector *x = gsl_vector_alloc(2), *g = gsl_vector_alloc(2);
    gsl_vector_set(x, 0, 1);
    gsl_vector_set(x, 1, 2);
    f.df(x, f.params, g);
    int wrong = fabs(gsl_vector_get(g, 0) - 2 * cos(2)) > 1e-15;
    gsl_vector_free(x);
    gsl_vector_free(g);
    du_gsl_free(d);
    return wrong;
}
END
run() { # run PROGRAM: with the shared library of the installation
    LD_LIBRARY_PATH="$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$@"
}
packages="duet:saddle"
find "$libdir" -name 'libduet-gsl.a' | grep -q . && packages="$packages duet-gsl:callback"
# the installation lies in another folder than the one it is made for: the folders of its .pc files are set
prefix=$(sed -n 's/^prefix=//p' "$libdir/pkgconfig/duet.pc")
flags() { # flags PKG_CONFIG_OPTIONS... PACKAGE
    PKG_CONFIG_PATH="$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" pkg-config \
        --define-variable=libdir="$libdir" --define-variable=includedir="$includedir" \
        --define-variable=prefix="$work/root$prefix" "$@"
}
if pkg-config --version >/dev/null 2>&1; then
    for pair in $packages; do
        package=${pair%:*}
        source=${pair#*:}
        # GSL's folders are its own: asked for by themselves, as the variables above are every package's
        others="" static_others=""
        if [ "$package" = duet-gsl ]; then
            others=$(pkg-config --cflags --libs gsl) static_others=$(pkg-config --static --libs gsl)
        fi
        "$@" "$work/$source.c" $(flags --cflags --libs $package) $others -o "$work/shared" >"$work/log" 2>&1 \
            && run "$work/shared" >>"$work/log" 2>&1
        report $? "pkg-config $package, shared"
        # the archives in place of -lduet; the rest as pkg-config --static says
        line="" rest=""
        for word in $(flags --static --libs $package); do
            case "$word" in
            -lduet | -lduet-gsl) line="$line $libdir/lib${word#-l}.a" ;;
            *) line="$line $word" rest="$rest $word" ;;
            esac
        done
        "$@" "$work/$source.c" $(flags --cflags $package) $line $static_others -o "$work/static" >"$work/log" 2>&1 \
            && "$work/static" >>"$work/log" 2>&1 && ! ldd "$work/static" 2>/dev/null | grep libduet >>"$work/log"
        report $? "pkg-config --static $package, linked with the archives"
        "$@" "$work/$source.c" $(flags --cflags $package) -Wl,-Bstatic \
            $(flags --libs-only-L $package) $([ $package = duet ] || echo -lduet-gsl) -lduet -Wl,-Bdynamic \
            $rest $static_others -o "$work/static" >"$work/log" 2>&1 \
            && "$work/static" >>"$work/log" 2>&1
        report $? "-Wl,-Bstatic for $package"
    done
else
    skip "programs by pkg-config" "pkg-config is not here"
fi

if cmake --version >/dev/null 2>&1; then
    mkdir "$work/cmake"
    cp "$work/saddle.c" "$work/callback.c" "$work/cmake"
    cat >"$work/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.15)
project(saddle C)
find_package(duet ${version%.*} REQUIRED)
find_package(duet ${version%.*} REQUIRED)
add_executable(shared saddle.c)
target_link_libraries(shared duet::duet)
add_executable(static saddle.c)
target_link_libraries(static duet::duet_static)
if(TARGET duet::gsl)
  add_executable(callback callback.c)
  target_link_libraries(callback duet::gsl)
  add_executable(callback_static callback.c)
  target_link_libraries(callback_static duet::gsl_static)
endif()
find_package(duet 99.0 QUIET)
if(duet_FOUND)
  message(FATAL_ERROR "version 99.0 was found")
endif()
find_package(duet ${version%.*} QUIET COMPONENTS nonsense)
if(duet_FOUND)
  message(FATAL_ERROR "component nonsense was found")
endif()
END
    # moved once more: the package is found from where it lies
    mv "$work/root" "$work/moved"
    libdir=$work/moved${libdir#"$work/root"}
    CC="$*" cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="$work/moved$prefix" \
        -Dduet_DIR="$libdir/cmake/duet" >"$work/log" 2>&1
    report $? "CMake finds duet, and refuses another version and an unknown component"
    cmake --build "$work/cmake/build" >"$work/log" 2>&1
    report $? "programs by CMake compile"
    for program in shared static callback callback_static; do
        [ "$program" = shared ] || [ "$program" = static ] || [ "$packages" != "duet:saddle" ] || continue
        run "$work/cmake/build/$program" >"$work/log" 2>&1
        report $? "the program $program by CMake runs"
    done
else
    skip "programs by CMake" "cmake is not here"
fi
echo "1..$count"
