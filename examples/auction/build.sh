#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes auction.jar beside this file, with nothing but a JDK and mkemu's jars.
#   MKEMU_HOME  directory that holds lib/instance/*.jar; by default target/dist of the mkemu this folder lies in
#   JAVA_HOME   the JDK to use, 25 or newer; by default the one scripts/mk finds, else the javac on PATH
set -euo pipefail
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
root=$here/../..
home=${MKEMU_HOME:-$root/target/dist}

if ! compgen -G "$home/lib/instance/mkemu-*.jar" >/dev/null; then
    echo "build.sh: no mkemu jars in $home/lib/instance: run scripts/mk --version once, or set MKEMU_HOME" >&2
    exit 69
fi
# A copy of this folder asks the mkemu that it is told of.
[[ -r $root/scripts/lib/jdk.sh ]] || root=$home/../..
if [[ -r $root/scripts/lib/jdk.sh ]]; then
    # shellcheck source=scripts/lib/jdk.sh
    source "$root/scripts/lib/jdk.sh"
    find_jdk || exit
    bin=$REPLY/bin/
else
    bin=${JAVA_HOME:+$JAVA_HOME/bin/}
fi
version=$("${bin}javac" --version 2>/dev/null || true)
version=${version#javac }
if ! [[ ${version%%[.-]*} =~ ^[0-9]+$ ]] || ((${version%%[.-]*} < 25)); then
    echo "build.sh: ${bin}javac is ${version:-not there}: set JAVA_HOME to a JDK 25 or newer" >&2
    exit 69
fi

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
"${bin}javac" -g --release 25 -Xlint:all -d "$classes" -cp "$home/lib/instance/*" "$here"/*.java
"${bin}jar" --create --file "$here/auction.jar" -C "$classes" . -C "$here" META-INF
echo "built $here/auction.jar"
