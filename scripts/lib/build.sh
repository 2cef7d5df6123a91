# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by scripts in MK_ROOT/scripts: what is stale, the build lock, the build.

readonly MK_DIST=$MK_ROOT/target/dist
readonly MK_STAMP=$MK_ROOT/target/mk.stamp

# True if target/dist is missing or older than what it is made of. Directories count: their time shows deleted files.
is_stale() {
    local newer
    [[ -f $MK_STAMP && -f $MK_DIST/host.options ]] || return 0
    newer=$(cd "$MK_ROOT" && shopt -s nullglob &&
        find ./pom.xml ./*/pom.xml ./*/src/main config/dist.xml examples/demo.dts scripts/*.options .mvn -newer "$MK_STAMP" -print -quit)
    [[ -n $newer ]]
}

# Held until the script ends. The root directory is the lock: nothing in it survives `mvn clean` for sure.
lock_build() {
    exec 9<"$MK_ROOT"
    if ! flock -n 9; then
        echo "mkemu: waiting for the build or test run that is under way in $MK_ROOT ..." >&2
        flock 9
    fi
}

# stamp_build START: what was written after START, in seconds since the epoch, is not in the build.
stamp_build() {
    mkdir -p "$MK_ROOT/target"
    touch -d "@$1" "$MK_STAMP"
}

# maven ARGS: closes the lock's descriptor, or a process that a build leaves behind would hold the lock.
maven() {
    (cd "$MK_ROOT" && exec ./mvnw -B "$@" 9<&-)
}

# build_dist: brings target/dist up to date, one build at a time; says nothing of Maven unless the build fails.
build_dist() {
    local start log=$MK_ROOT/target/mk-build.log
    lock_build
    is_stale || { exec 9<&-; return 0; }
    if [[ -d $MK_DIST ]]; then
        echo "mkemu: building (sources have changed) ..." >&2
    else
        echo "mkemu: building (first run, about a minute) ..." >&2
    fi
    start=$(date +%s.%N)
    mkdir -p "$MK_ROOT/target"
    local status=0
    maven -pl host -am -Dmaven.test.skip=true -Dcheckstyle.skip=true package </dev/null >"$log" 2>&1 || status=$?
    if ((status == 130 || status == 143)); then
        return "$status"
    fi
    if ((status != 0)); then
        # Compiler warnings count as errors here; Maven repeats each and adds general advice.
        awk '/^\[ERROR\] ./ || /^\[WARNING\] .*\.java:\[/' "$log" |
            grep -vE '\[Help|full stack trace|Re-run Maven|For more information|After correcting|mvn <args>' |
            awk '!seen[$0]++' | head -n 20 >&2 || true
        echo "mkemu: the build failed; all of its output is in $log" >&2
        return 70
    fi
    stamp_build "$start"
    exec 9<&-
}
