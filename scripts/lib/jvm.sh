# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What each JVM of mkemu is started with, whatever the user's environment says. Sourced by scripts/mk, scripts/bench and
# by mk in the image: plain sh with local.

# jvm_check DIRECTORY: 69, 5 or 2, after one line on stderr, if no JVM of a mkemu that lies there can start.
jvm_check() {
    case $1 in
    *:*)
        echo "mkemu: $1: a Java class path cannot hold a directory with ':' in its name: move mkemu to another one" >&2
        return 69
        ;;
    esac
    jvm_threads || return
    jvm_collector JAVA_TOOL_OPTIONS "${JAVA_TOOL_OPTIONS:-}" &&
        jvm_collector JDK_JAVA_OPTIONS "${JDK_JAVA_OPTIONS:-}" &&
        jvm_collector _JAVA_OPTIONS "${_JAVA_OPTIONS:-}" &&
        jvm_collector MKEMU_JAVA_OPTS "${MKEMU_JAVA_OPTS:-}"
}

# Threads that a JVM has before it runs a line of mkemu's.
JVM_THREADS=14

# jvm_threads: 5 if the control group has no room for the threads of a JVM, which would say so by a stack trace. In a
# container /proc names the group's path on the host, and the mount begins with the group.
jvm_threads() {
    local controllers path group most now
    [ -r /proc/self/cgroup ] || return 0
    while IFS=: read -r _ controllers path; do
        case ,$controllers, in
        *,pids,*) group=/sys/fs/cgroup/pids ;;
        ,,) group=/sys/fs/cgroup ;;
        *) continue ;;
        esac
        [ -r "$group$path/pids.max" ] && group=$group$path
        [ -r "$group/pids.max" ] && read -r most <"$group/pids.max" && read -r now <"$group/pids.current" || continue
        case $most in
        *[!0-9]*) continue ;;
        esac
        [ "$((most - now))" -lt "$JVM_THREADS" ] || continue
        echo "mkemu: the control group may have $most processes and threads and has $now ($group/pids.max); a JVM needs" \
            "$JVM_THREADS: raise the limit (docker run --pids-limit, systemd-run -p TasksMax=)" >&2
        return 5
    done </proc/self/cgroup
}

# jvm_collector VARIABLE TEXT: 2 if TEXT chooses a garbage collector beside mkemu's own, which a JVM refuses with a
# riddle. A TEXT that takes mkemu's choice back as well means it.
jvm_collector() {
    local word
    case $2 in
    *-XX:-UseSerialGC*) return 0 ;;
    *-XX:+UseG1GC*) word=-XX:+UseG1GC ;;
    *-XX:+UseParallelGC*) word=-XX:+UseParallelGC ;;
    *-XX:+UseZGC*) word=-XX:+UseZGC ;;
    *-XX:+UseShenandoahGC*) word=-XX:+UseShenandoahGC ;;
    *-XX:+UseEpsilonGC*) word=-XX:+UseEpsilonGC ;;
    *) return 0 ;;
    esac
    echo "mkemu: $1 has $word, but mkemu's JVMs have -XX:+UseSerialGC and a JVM takes one collector only: take it out," \
        "or run mk by: env -u $1 mk ..." >&2
    return 2
}

# jvm_locale: exports a locale in which paths of any letters survive. A JVM takes the encoding of paths and arguments
# from the locale when it starts, and no option changes it later: under LC_ALL=C, cron's and systemd's, each letter that
# is not ASCII's becomes '?'. mkemu speaks one language only, so no user loses his. Of the C locale's two names the
# answer is known; to ask costs a verb two processes.
jvm_locale() {
    case ${LC_ALL:-${LC_CTYPE:-${LANG:-C}}} in
    C.UTF-8 | C.utf8) ;;
    C | POSIX) export LC_ALL=C.UTF-8 ;;
    *) [ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8 ;;
    esac
}

# jvm_options: REPLY = the words of MKEMU_JAVA_OPTS, one a line. Blanks and line ends part words; quotes and backslashes
# keep them together, as for xargs. 2, after one line on stderr, if a quote is not closed.
jvm_options() {
    REPLY=
    [ -n "${MKEMU_JAVA_OPTS:-}" ] || return 0
    REPLY=$(printf '%s' "$MKEMU_JAVA_OPTS" | tr '\n\t' '  ' | xargs printf '%s\n' 2>/dev/null) && return 0
    echo "mkemu: MKEMU_JAVA_OPTS=$MKEMU_JAVA_OPTS: a quote is not closed: close it" >&2
    return 2
}
