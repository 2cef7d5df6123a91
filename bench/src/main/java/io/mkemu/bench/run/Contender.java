// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.contender.JavaCommand;
import io.mkemu.bench.mkemu.MkemuMain;
import io.mkemu.bench.peer.PeerMain;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Something that is measured.
 *
 * @param name  as the JSON has it
 * @param kind  how it is started
 * @param mode  mkemu's mailbox
 * @param idle  mkemu's idle policy
 */
public record Contender(String name, Kind kind, String mode, String idle) {
    /** How contenders are started. */
    public enum Kind {
        /** A program compiled here and now. */
        C,
        /** A peer in a JVM. */
        JAVA,
        /** A machine of mkemu. */
        MKEMU
    }

    /** What the others are held against: the limit. */
    public static final String LIMIT = "cacheline-c";
    /** The limit where there is no C compiler. */
    public static final String JAVA_LIMIT = "cacheline-java";
    /** What the others are held against: how a C programmer would do it. */
    public static final String YARDSTICK = "c-mailbox-spin";
    /** A machine with a journal, on which modes of tracing are compared; none of {@link #all}. */
    public static final Contender TRACED = mkemu("trace", "queued", "poll");

    private static final List<Contender> ALL = List.of(c(LIMIT), java(JAVA_LIMIT), c(YARDSTICK), c("c-mailbox-futex"),
        c("c-pipe"), c("c-unix"), java("agrona-1to1"), java("agrona-mto1"), java("aeron-ipc"), java("chronicle-queue"),
        java("nio-unix"), mkemu("mkemu-queued-poll", "queued", "poll"),
        mkemu("mkemu-queued-haltpoll", "queued", "haltpoll"),
        mkemu("mkemu-queued-halt", "queued", "halt"), mkemu("mkemu-singleslot-poll", "single-slot", "poll"),
        mkemu("mkemu-singleslot-halt", "single-slot", "halt"));

    private static Contender c(String name) {
        return new Contender(name, Kind.C, null, null);
    }

    private static Contender java(String name) {
        return new Contender(name, Kind.JAVA, null, null);
    }

    private static Contender mkemu(String name, String mode, String idle) {
        return new Contender(name, Kind.MKEMU, mode, idle);
    }

    /** All, in the order of the tables. */
    public static List<Contender> all() {
        return ALL;
    }

    /** Whether it carries messages, not just a word. */
    public boolean carriesMessages() {
        return !name.equals(LIMIT) && !name.equals(JAVA_LIMIT);
    }

    /** Its command line as a reader can understand it: without the paths of this machine. */
    String shortCommand(List<Integer> cpus) {
        String java = "java @scripts/jvm.options @scripts/host.options ";
        return switch (kind) {
            case C -> "c-peers " + name + " " + join(cpus);
            case JAVA -> java + String.join(" ", PeerMain.flags(name)) + (PeerMain.flags(name).isEmpty() ? "" : " ")
                + PeerMain.class.getName() + " " + name + " " + join(cpus) + " DIR";
            case MKEMU -> java + MkemuMain.class.getName() + " " + mode + " " + idle + " DIR"
                + (this == TRACED ? " JOURNAL" : "");
        };
    }

    private static String join(List<Integer> cpus) {
        return cpus.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /**
     * Its command line.
     *
     * @param place    where it may put files
     * @param cpus     for the receiver, and for the senders in turn
     * @param cProgram the C peers
     * @param journal  of {@link #TRACED}
     */
    List<String> command(Path place, List<Integer> cpus, Path cProgram, Path journal) {
        String cpuList = join(cpus);
        return switch (kind) {
            case C -> List.of(cProgram.toString(), name, cpuList);
            case JAVA -> JavaCommand.of(PeerMain.class, PeerMain.flags(name),
                List.of(name, cpuList, place.toString()));
            case MKEMU -> JavaCommand.of(MkemuMain.class, List.of(), this == TRACED
                ? List.of(mode, idle, place.toString(), journal.toString()) : List.of(mode, idle, place.toString()));
        };
    }
}
