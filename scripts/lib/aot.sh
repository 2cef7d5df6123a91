# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# AOT caches: what a JVM of mkemu has loaded and linked by the time it is up, kept in a file, so that the next one starts
# from there. Three for each JDK in target/dist/aot: host.aot, instance.aot, and verbs.aot of the command line's short
# verbs, with made-of beside them, which says what they hold good for; io.mkemu.host.life.AotCache reads it too. They make
# nothing possible, only faster: whatever is wrong with them, mkemu runs without, and says nothing.
#
# Sourced by scripts/mk, and by mk in the image. The build runs it: bash aot.sh JDK DIST makes a distribution's. Plain
# sh with local, and of the tools only what busybox's have too, because images may have no others.

# aot_made_of JDK DIST: REPLY = path, size and time of each file that a cache holds good for. JDK 25 does not see by
# itself that a jar has changed (JDK-8377932), nor does it work well if the jars have moved (JDK-8376576).
aot_made_of() {
    local LC_ALL=C
    REPLY=$(stat -L -c '%n %s %Y' "$1/lib/modules" "$2"/*.options "$2"/lib/*/*.jar)
}

# aot_dir JDK DIST: REPLY = where the caches for a JDK lie. JDK is its real path, which the JVM knows as java.home.
aot_dir() {
    local rest=${1#/}
    REPLY=$2/aot/
    while :; do
        case $rest in
        */*)
            REPLY=$REPLY${rest%%/*}-
            rest=${rest#*/}
            ;;
        *)
            REPLY=$REPLY$rest
            return
            ;;
        esac
    done
}

# aot_name VERB: REPLY = the cache, and the options file, of the JVM of a verb: verbs for what is over in a moment, host
# for what is or reads a machine's host or journal, and for what needs all commands.
aot_name() {
    case $1 in
    apply | console | continue | create | delete | dmesg | dump | exec | init | inspect | interrupts | iomem | join | \
        kill | list | load | pause | report | show | shutdown | snapshot | tx | unload | update) REPLY=verbs ;;
    *) REPLY=host ;;
    esac
}

# aot_is_made JDK DIST: true if caches were made of these very files, or it was tried in vain.
aot_is_made() {
    local line made_of=''
    aot_dir "$@"
    [ -r "$REPLY/made-of" ] || return 1
    # Not $(cat): each verb would pay for one more process.
    while IFS= read -r line; do
        made_of=$made_of${made_of:+"
"}$line
    done <"$REPLY/made-of"
    aot_made_of "$@" && [ "$REPLY" = "$made_of" ]
}

# aot_java JDK DIST ARGS: a JVM with mkemu's options and no others.
aot_java() {
    local jdk=$1 dist=$2
    shift 2
    # A cache knows its jars by their paths: who makes it must read them as those do who use it.
    # shellcheck disable=SC2086 # words
    env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u _JAVA_OPTIONS LC_ALL=C.UTF-8 ${AOT_TIMEOUT:-timeout --foreground -k 5 60} \
        "$jdk/bin/java" "@$dist/jvm.options" -Dmkemu.home="$dist" "$@"
}

# aot_record JDK DIST DIR: one JVM does what hosts do and one what short verbs do, on a machine of the first; a demo of
# the first has an instance. The three write down what they load and what runs often. The machine ends with the verbs,
# or by its time limit.
aot_record() {
    local machine line=''
    # By the same name each time: should one be killed, the next clears away what it left.
    machine=aot-$(stat -c %i "$2")
    mkdir "$3/journal" || return
    aot_java "$1" "$2" "@$2/host.options" -XX:AOTMode=record -XX:AOTConfiguration="$3/host.conf" \
        -Dmkemu.aot.record="$3" -cp "$2/lib/host/*:$2/lib/instance/*" \
        io.mkemu.cli.HostRehearsal "$machine" "$3/journal" "$2/examples/demo.dts" | {
        # It says that it is up, as it says so to mk init.
        while [ "$line" != "mkemu: ready" ]; do
            read -r line || return
        done
        aot_java "$1" "$2" "@$2/host.options" "@$2/verbs.options" -XX:AOTMode=record \
            -XX:AOTConfiguration="$3/verbs.conf" -cp "$2/lib/host/*:$2/lib/instance/*" \
            io.mkemu.cli.Rehearsal "$machine" >/dev/null
    }
}

# aot_create_host JDK DIST DIR NAME [OPTION]...: host.aot or verbs.aot, which have the same class path.
aot_create_host() {
    local jdk=$1 dist=$2 dir=$3 name=$4
    shift 4
    aot_java "$jdk" "$dist" "@$dist/host.options" "$@" -XX:AOTMode=create -XX:AOTConfiguration="$dir/$name.conf" \
        -XX:AOTCache="$dir/$name.aot" -XX:ErrorFile=/dev/null -cp "$dist/lib/host/*:$dist/lib/instance/*"
}

# aot_create JDK DIST DIR: makes the caches of what was recorded.
aot_create() {
    local host status=0
    # JDK 25.0.3 crashes while it links a class with a lambda whose outer class was loaded and never used; a cache of
    # classes that are not linked yet is the next best thing.
    { aot_create_host "$1" "$2" "$3" host || aot_create_host "$1" "$2" "$3" host -XX:-AOTClassLinking; } &
    host=$!
    aot_java "$1" "$2" "@$2/instance.options" -XX:AOTMode=create -XX:AOTConfiguration="$3/instance.conf" -XX:AOTCache="$3/instance.aot" \
        -cp "$2/lib/instance/*" || status=$?
    aot_create_host "$1" "$2" "$3" verbs "@$2/verbs.options" ||
        aot_create_host "$1" "$2" "$3" verbs "@$2/verbs.options" -XX:-AOTClassLinking || status=$?
    wait "$host" || status=$?
    # On the disk before they have their names: a power failure must not leave one with holes.
    [ "$status" -eq 0 ] && sync "$3/host.aot" "$3/instance.aot" "$3/verbs.aot"
}

# aot_make JDK DIST: makes the caches aside and moves them into place; one line on stdout says what came of it.
aot_make() {
    local jdk=$1 dist=$2 dir new made_of start attempt status=1
    start=$(date +%s)
    aot_dir "$@"
    dir=$REPLY
    new=$dist/aot/.new.$$
    aot_made_of "$@" || return
    made_of=$REPLY
    rm -rf "$dist"/aot/.new.*
    mkdir -p "$new" || return
    # Twice: on a busy machine the host may not wait until its instance has written all of its record.
    for attempt in 1 2; do
        rm -rf "$new"/*
        { aot_record "$jdk" "$dist" "$new" && aot_create "$jdk" "$dist" "$new"; } </dev/null >"$new/log" 2>&1 &&
            status=0 && break
    done
    if [ "$status" -eq 0 ]; then
        echo "mkemu: AOT caches made in $(($(date +%s) - start)) s, attempt $attempt"
    else
        echo "mkemu: no AOT caches, processes start slower: $(tail -n 1 "$new/log")"
        rm -f "$new"/*.aot
    fi
    rm -rf "$new"/log "$new"/*.conf "$new"/journal
    printf '%s\n' "$made_of" >"$new/made-of"
    rm -rf "$dir"
    mv "$new" "$dir"
}

case $0 in
*aot.sh) aot_make "$@" ;;
esac
