# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by scripts in MK_ROOT/scripts: what is stale, the build lock, the build.

readonly MK_DIST=$MK_ROOT/target/dist
readonly MK_STAMP=$MK_ROOT/target/mk.stamp
readonly MK_BENCH=$MK_ROOT/target/bench
readonly MK_BENCH_STAMP=$MK_ROOT/target/bench.stamp

# is_newer STAMP PATH...: true if something in one of the paths below MK_ROOT is newer than the file STAMP, or that is missing.
# Directories count: their time shows deleted files.
is_newer() {
    local stamp=$1 path paths=() newer
    shift
    [[ -f $stamp ]] || return 0
    for path in "$@"; do
        paths+=("$MK_ROOT/$path")
    done
    # A tree without sources has nothing to say about what it lacks.
    newer=$(find "${paths[@]}" -newer "$stamp" -print -quit 2>/dev/null)
    [[ -n $newer ]]
}

# True if target/dist is missing or older than what it is made of.
is_stale() {
    [[ -f $MK_DIST/instance.options ]] || return 0
    is_newer "$MK_STAMP" pom.xml .mvn {common,module,instance,record,host,live,simulate,hazards}/{pom.xml,src/main} \
        config/{dist.xml,RaiseClassFiles.java} examples/demo.dts scripts/{jvm,host,instance,verbs}.options native/src/main \
        scripts/lib/native.sh
}

# The same of target/bench, which needs target/dist.
is_bench_stale() {
    [[ -d $MK_BENCH/lib ]] || return 0
    is_stale || is_newer "$MK_BENCH_STAMP" "${MK_STAMP#"$MK_ROOT/"}" bench/{pom.xml,src/main} config/bench.xml
}

# Held until the script ends. The root directory is the lock: nothing in it survives `mvn clean` for sure.
lock_build() {
    exec 9<"$MK_ROOT"
    if ! flock -n 9; then
        echo "mkemu: waiting for the build or test run that is under way in $MK_ROOT ..." >&2
        flock 9
    fi
}

# stamp_build START STAMP...: what was written after START, in seconds since the epoch, is not in the build.
stamp_build() {
    local start=$1
    shift
    mkdir -p "$MK_ROOT/target"
    touch -d "@$start" "$@"
}

# maven ARGS: closes the lock's descriptor, or a process that a build leaves behind would hold the lock.
maven() {
    (cd "$MK_ROOT" && exec ./mvnw -B "$@" 9<&-)
}

# build IS_STALE MODULE DIRECTORY STAMP...: brings what a module puts into a directory up to date, one build at a time;
# says nothing of Maven unless the build fails.
build() {
    local is_stale=$1 module=$2 directory=$3 start status=0 log=$MK_ROOT/target/mk-build.log
    shift 3
    lock_build
    "$is_stale" || { exec 9<&-; return 0; }
    if [[ -d $directory ]]; then
        echo "mkemu: building (sources have changed) ..." >&2
    else
        echo "mkemu: building (first run, about a minute) ..." >&2
    fi
    start=$(date +%s.%N)
    mkdir -p "$MK_ROOT/target"
    maven -pl "$module" -am -Dmaven.test.skip=true -Dcheckstyle.skip=true package </dev/null >"$log" 2>&1 || status=$?
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
    stamp_build "$start" "$@"
    exec 9<&-
}

# Bring target/dist, and target/bench with it, up to date.
build_dist() {
    build is_stale hazards "$MK_DIST" "$MK_STAMP"
}
build_bench() {
    build is_bench_stale bench "$MK_BENCH" "$MK_STAMP" "$MK_BENCH_STAMP"
}
