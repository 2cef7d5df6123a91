# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced. Finds a JDK without starting one: a JVM start costs more than the rest of scripts/mk.

readonly MK_JAVA_MIN=25
readonly MK_JDK_HINT="install Temurin 25 (apt-get install temurin-25-jdk, or: sdk install java 25-tem)"

# jdk_version DIR: REPLY = the version as one comparable number, 0 if DIR is no JDK of at least MK_JAVA_MIN.
jdk_version() {
    local line
    REPLY=0
    [[ -x $1/bin/javac && -r $1/release ]] || return 0
    while IFS= read -r line; do
        [[ $line =~ ^JAVA_VERSION=\"?([0-9]+)(\.([0-9]+))?(\.([0-9]+))? ]] || continue
        if ((BASH_REMATCH[1] >= MK_JAVA_MIN)); then
            REPLY=$((BASH_REMATCH[1] * 1000000 + ${BASH_REMATCH[3]:-0} * 1000 + ${BASH_REMATCH[5]:-0}))
        fi
        return 0
    done <"$1/release"
}

# find_jdk: REPLY = home of the JDK to use. What the user names comes first, then the newest one installed.
# Returns 69 (EX_UNAVAILABLE) after one line on stderr if there is none.
find_jdk() {
    local dir best='' best_version=0 java
    if [[ -n ${MKEMU_JAVA_HOME:-} ]]; then
        jdk_version "$MKEMU_JAVA_HOME"
        if ((REPLY == 0)); then
            echo "mkemu: MKEMU_JAVA_HOME=$MKEMU_JAVA_HOME is no JDK $MK_JAVA_MIN or newer: $MK_JDK_HINT, or unset it" >&2
            return 69
        fi
        REPLY=$MKEMU_JAVA_HOME
        return 0
    fi
    if [[ -n ${JAVA_HOME:-} ]]; then
        jdk_version "$JAVA_HOME"
        if ((REPLY > 0)); then
            REPLY=$JAVA_HOME
            return 0
        fi
    fi
    if java=$(type -P java) && java=$(readlink -f "$java"); then
        java=${java%/bin/java}
    fi
    for dir in "$java" /usr/lib/jvm/* /opt/* "${SDKMAN_DIR:-${HOME:-/root}/.sdkman}"/candidates/java/*; do
        jdk_version "$dir"
        if ((REPLY > best_version)); then
            best_version=$REPLY
            best=$dir
        fi
    done
    if [[ -z $best ]]; then
        echo "mkemu: no JDK $MK_JAVA_MIN or newer found: $MK_JDK_HINT, or set MKEMU_JAVA_HOME to one" >&2
        return 69
    fi
    REPLY=$best
}
