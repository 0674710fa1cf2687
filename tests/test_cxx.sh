#!/bin/sh
# tests/test_cxx.sh SOURCE LIBRARIES_FOLDER CC... - from C++: the headers of drivers and adapters compile, run and give
# the right results on functions compiled as C; those that are C alone say so. TAP. SPDX-License-Identifier: MIT
root=$1
lib=$2
shift 2
. "$root/tests/headers/tap.sh"
gsl=
libraries="-lduet -lm"
if has_gsl && test -e "$lib/libduet-gsl.so"; then
    gsl="-DWITH_GSL $(pkg-config --cflags gsl)"
    libraries="-lduet-gsl $(pkg-config --libs gsl) $libraries"
fi
strict="-Wall -Wextra -Wpedantic -Wshadow"
driver=$root/tests/headers/cxx_driver.cc
"$@" -std=gnu11 -O1 -I"$root/include" -c "$root/tests/headers/cxx_functions.c" -o "$work/functions.o" >"$work/log" 2>&1
report $? "the functions, in C"
for cxx in g++ clang++; do
    if ! echo 'int main() { return 0; }' | $cxx -x c++ - -o "$work/any" >/dev/null 2>&1; then
        skip "$cxx" "it is not here"
        continue
    fi
    for standard in $([ $cxx = g++ ] && echo c++11) c++17; do
        silent $cxx -std=$standard $strict $gsl -I"$root/include" "$driver" "$work/functions.o" -o "$work/driver" \
            -L"$lib" -Wl,-rpath,"$lib" $libraries
        report $? "$cxx -std=$standard: drivers and adapters compile in silence"
        "$work/driver" >"$work/log" 2>&1
        report $? "$cxx -std=$standard: results"
        rm -f "$work/driver"
    done
    for name in function.h generic.h instance.h dual.h dualn.h jet.h hyper.h pack.h duet.h; do
        echo "#include <duet/$name>" | $cxx -std=c++17 -I"$root/include" -fsyntax-only -x c++ - >"$work/log" 2>&1
        grep 'error' "$work/log" | head -1 | grep -q 'error:.*C++'
        report $? "$cxx: $name says that it is C ($(grep -c 'error:' "$work/log") errors)"
    done
    printf '#include <duet/tensor.h>\nint main() { return (int)du_tensor_size(du_tensor()); }\n' >"$work/tensor.cc"
    $cxx -std=c++11 -I"$root/include" "$work/tensor.cc" -o "$work/tensor" -L"$lib" -lduet -lm >"$work/log" 2>&1 ||
        grep -q 'error:.*C++' "$work/log"
    report $? "$cxx: tensor.h works or says that it is C"
done
plan
