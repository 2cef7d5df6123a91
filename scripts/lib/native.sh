# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What is in C of a distribution: the kernel without a JVM, the core for modules in C that both kernels share, and the
# headers that mk cc compiles against. The build runs it: sh native.sh ROOT DIST. Without a C compiler there are the
# headers only, and a line that says so: mkemu runs modules in Java then, and mk doctor tells what to install.
#   CC  the compiler, cc if it is not set
set -eu

root=$1
dist=$2
cc=${CC:-cc}
src=$root/native/src/main/c

mkdir -p "$dist/include" "$dist/lib/native"
cp -R "$src"/include/. "$dist/include/"
cp "$root"/common/src/main/c/*.h "$dist/include/"
if ! command -v "$cc" >/dev/null 2>&1; then
    echo "mkemu: no C compiler ($cc) here: built without the kernel for modules in C (apt-get install gcc libc6-dev)"
    exit 0
fi

# Not -march=native: an image runs on other machines than the one that built it. Frame pointers and symbols are for the
# call trace of a kernel that dies.
flags='-std=gnu11 -O2 -g1 -Wall -Wextra -Werror -fPIC -fno-omit-frame-pointer -fvisibility=hidden -pthread -static-libgcc'
build() {
    out=$dist/lib/native/$1
    shift
    # shellcheck disable=SC2086 # flags are words
    "$cc" $flags -I "$root/common/src/main/c" -I "$src/core" -I "$src/include" "$@" -o "$out.new" -ldl
    mv "$out.new" "$out"
}
build libmkemu-core.so -shared -Wl,-z,defs "$src"/core/*.c
build mkemu-kernel "$src"/core/*.c "$src"/kernel/*.c
