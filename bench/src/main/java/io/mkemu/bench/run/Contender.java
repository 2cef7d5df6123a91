// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.JavaCommand;
import io.mkemu.bench.mkemu.BootMain;
import io.mkemu.bench.mkemu.MkemuMain;
import io.mkemu.bench.mkemu.VerbsMain;
import io.mkemu.bench.peer.PeerMain;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something that is measured.
 *
 * @param name      as the JSON has it
 * @param kind      how it is started
 * @param mode      mkemu's mailbox
 * @param idle      mkemu's idle policy
 * @param cpus      of mkemu's machine: NR_CPUS
 * @param instances that mkemu's machine is made with; one of them runs, more when they are needed
 */
public record Contender(String name, Kind kind, String mode, String idle, int cpus, int instances) {
    /** How contenders are started. */
    public enum Kind {
        /** A program compiled here and now. */
        C,
        /** A peer in a JVM. */
        JAVA,
        /** A machine of mkemu. */
        MKEMU,
        /** One with a journal. */
        TRACED,
        /** One that is compared with others of its kind alone. */
        CROWD,
        /** One whose instances boot again and again. */
        BOOT,
        /** One that the verbs of the command line are run on. */
        VERBS
    }

    /** What the others are held against: the limit. */
    public static final String LIMIT = "cacheline-c";
    /** The limit where there is no C compiler. */
    public static final String JAVA_LIMIT = "cacheline-java";
    /** What the others are held against: how a C programmer would do it. */
    public static final String YARDSTICK = "c-mailbox-spin";
    /** The machine that {@link #CROWDS} are held against. */
    public static final String ALONE = "crowd-0";
    /** How many instances of {@link #BOOT} boot at once. */
    public static final List<Integer> BOOTED = List.of(1, 8);

    static final Contender TRACED = mkemu("trace", Kind.TRACED, "queued", "poll");
    /** Each with one instance that runs, the others are loaded; the first with the CPUs of the largest. */
    static final List<Contender> CROWDS = List.of(crowd("crowd-0-of-130-cpus", 130, 0), crowd(ALONE, 2, 0),
        crowd("crowd-2", 4, 2), crowd("crowd-8", 10, 8), crowd("crowd-32", 34, 32), crowd("crowd-128", 130, 128));
    static final Contender BOOT = new Contender("boot", Kind.BOOT, "queued", "haltpoll", BOOTED.getLast() + 1,
        BOOTED.getLast());

    static final Contender VERBS = new Contender("verbs", Kind.VERBS, "queued", "haltpoll", 2, 1);
    /** What is run on {@link #VERBS}, in this order: the instance is loaded before exec and after kill. */
    static final List<String> VERB_NAMES = List.of(Commands.LINE, "list", "show", "dmesg", "exec", "kill");

    private static final List<Contender> ALL = List.of(c(LIMIT), java(JAVA_LIMIT), c(YARDSTICK), c("c-mailbox-futex"),
        c("c-pipe"), c("c-unix"), java("agrona-1to1"), java("agrona-mto1"), java("aeron-ipc"), java("chronicle-queue"),
        java("nio-unix"), machine("mkemu-queued-poll", "queued", "poll"),
        machine("mkemu-queued-haltpoll", "queued", "haltpoll"),
        machine("mkemu-queued-halt", "queued", "halt"), machine("mkemu-singleslot-poll", "single-slot", "poll"),
        machine("mkemu-singleslot-halt", "single-slot", "halt"));

    private static Contender c(String name) {
        return new Contender(name, Kind.C, null, null, 0, 0);
    }

    private static Contender java(String name) {
        return new Contender(name, Kind.JAVA, null, null, 0, 0);
    }

    private static Contender machine(String name, String mode, String idle) {
        return mkemu(name, Kind.MKEMU, mode, idle);
    }

    private static Contender mkemu(String name, Kind kind, String mode, String idle) {
        return new Contender(name, kind, mode, idle, Commands.MOST_SENDERS + 1, Commands.MOST_SENDERS);
    }

    private static Contender crowd(String name, int cpus, int others) {
        return new Contender(name, Kind.CROWD, "queued", "poll", cpus, others + 1);
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
            case MKEMU, CROWD -> java + MkemuMain.class.getName() + " " + machine() + " DIR";
            case TRACED -> java + MkemuMain.class.getName() + " " + machine() + " DIR JOURNAL";
            case BOOT -> java + BootMain.class.getName() + " " + instances + " DIR";
            case VERBS -> java + VerbsMain.class.getName() + " DIR";
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
     * @param journal  of the one that has a journal
     */
    List<String> command(Path place, List<Integer> cpus, Path cProgram, Path journal) {
        String cpuList = join(cpus);
        return switch (kind) {
            case C -> List.of(cProgram.toString(), name, cpuList);
            case JAVA -> JavaCommand.of(PeerMain.class, PeerMain.flags(name),
                List.of(name, cpuList, place.toString()));
            case MKEMU, CROWD -> ofMachine(place.toString());
            case TRACED -> ofMachine(place.toString(), journal.toString());
            case BOOT -> JavaCommand.of(BootMain.class, List.of(),
                List.of(Integer.toString(instances), place.toString()));
            case VERBS -> JavaCommand.of(VerbsMain.class, List.of(), List.of(place.toString()));
        };
    }

    private String machine() {
        return String.join(" ", mode, idle, Integer.toString(cpus), Integer.toString(instances));
    }

    private List<String> ofMachine(String... places) {
        return JavaCommand.of(MkemuMain.class, List.of(),
            Stream.concat(Stream.of(machine().split(" ")), Stream.of(places)).toList());
    }
}
