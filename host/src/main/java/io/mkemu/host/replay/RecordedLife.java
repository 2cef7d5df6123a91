// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceMode;
import java.util.ArrayList;
import java.util.List;

/** A life of an instance, as the host told the journal of it. Not thread-safe. */
final class RecordedLife {
    /** Records that are missing: on a CPU, before a time. */
    record Gap(int cpu, long nanos, long records) {
    }

    /**
     * What the LIFE record says.
     *
     * @param instance its id
     * @param name     its name
     * @param life     which of its lives
     * @param nanos    when it began, CLOCK_MONOTONIC
     * @param cmdline  boot parameters
     * @param modules  names or paths, in the order of loading
     * @param digests  SHA-256 of each module's jar, "" for what is none; empty if the journal does not tell
     * @param cpus     physical, by logical id
     * @param jvmOptions of its JVM, those of the tree
     * @param external whether it was no process of mkemu's
     */
    record Begin(int instance, String name, int life, long nanos, String cmdline, List<String> modules,
        List<String> digests, List<Integer> cpus, List<String> jvmOptions, boolean external) {
    }

    private final Begin begin;
    private final TraceMode mode;
    private final List<Gap> gaps = new ArrayList<>();
    private Gap unreadable;
    private long loweredNanos = Long.MAX_VALUE;
    private long changedNanos = Long.MAX_VALUE;
    private InstanceState state = InstanceState.LOADED;
    private String reason = "";

    RecordedLife(Begin begin, TraceMode mode) {
        this.begin = begin;
        this.mode = mode;
    }

    Begin begin() {
        return begin;
    }

    /** What was recorded when it began. */
    TraceMode mode() {
        return mode;
    }

    List<Gap> gaps() {
        return gaps;
    }

    void gap(Gap gap) {
        gaps.add(gap);
    }

    /** Where records were written that cannot be read, the first such place; null if all can. */
    Gap unreadable() {
        return unreadable;
    }

    void unreadable(Gap place) {
        unreadable = unreadable == null ? place : unreadable;
    }

    /** When less than everything began to be recorded, CLOCK_MONOTONIC in ns; {@link Long#MAX_VALUE} if never. */
    long loweredNanos() {
        return loweredNanos;
    }

    /** Whether CPUs of it came or went, so that it can be replayed up to {@link #loweredNanos} only. */
    boolean hasChangedCpus() {
        return changedNanos == loweredNanos && loweredNanos != Long.MAX_VALUE;
    }

    void cpusChange(long nanos) {
        changedNanos = Math.min(changedNanos, nanos);
        lowered(nanos);
    }

    void lowered(long nanos) {
        loweredNanos = Math.min(loweredNanos, nanos);
    }

    void entered(InstanceState now, String why) {
        state = now;
        reason = why.isEmpty() ? reason : why;
    }

    /** How it ended, in words, or "". */
    String end() {
        return state == InstanceState.FAILED ? reason : "";
    }

    /** As a user reads it. */
    String text() {
        return begin.name() + " (instance " + begin.instance() + "), life " + begin.life();
    }
}
