// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.JavaCommand;
import io.mkemu.bench.mkemu.BootMain;
import io.mkemu.bench.mkemu.MkemuMain;
import io.mkemu.bench.mkemu.SimulateMain;
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
 * @param far       kernel of mkemu's instances, native or jvm, where their module is in C; null: it is in Java
 * @param tree      of another build of mkemu that is run in the place of this one; null for this one
 */
public record Contender(String name, Kind kind, String mode, String idle, int cpus, int instances, String far,
                        Path tree) {
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
        /** One that mk top looks at. */
        WATCHED,
        /** One whose kernels send pages to one another. */
        PAGED,
        /** One that is compared with others of its kind alone. */
        CROWD,
        /** A peer in C, in a JVM, or a machine: a layer of the budget. */
        LAYER_C, LAYER_JAVA, LAYER_MKEMU,
        /** One whose instances boot again and again. */
        BOOT,
        /** One that the verbs of the command line are run on. */
        VERBS,
        /** One that is simulated: it has no processes. */
        SIMULATE
    }

    /** What the names of {@link #LAYERS} begin with. */
    public static final String LAYER_PREFIX = "budget-";
    /** What the others are held against: the limit. */
    public static final String LIMIT = "cacheline-c";
    /** The limit where there is no C compiler. */
    public static final String JAVA_LIMIT = "cacheline-java";
    /** What the others are held against: how a C programmer would do it. */
    public static final String YARDSTICK = "c-mailbox-spin";
    /** Calls and answers, to be held against the bare IPI: mkemu-queued-poll. Of 256 bytes it carries 224. */
    public static final String MESSAGE = "mkemu-message";
    /** The machine that {@link #CROWDS} are held against. */
    public static final String ALONE = "crowd-0";
    /** How many instances of {@link #BOOT} boot at once. */
    public static final List<Integer> BOOTED = List.of(1, 8);

    static final Contender TRACED = mkemu("trace", Kind.TRACED, "queued", "poll");
    static final Contender WATCHED = mkemu("top", Kind.WATCHED, "queued", "poll");
    static final Contender PAGED = mkemu("pages", Kind.PAGED, "queued", "poll");
    /** Each with one instance that runs, the others are loaded; the first with the CPUs of the largest. */
    static final List<Contender> CROWDS = List.of(crowd("crowd-0-of-130-cpus", 130, 0), crowd(ALONE, 2, 0),
        crowd("crowd-2", 4, 2), crowd("crowd-8", 10, 8), crowd("crowd-32", 34, 32), crowd("crowd-128", 130, 128));
    /**
     * What a round trip is made of, from the least to the whole: each has what the one before it has, and one layer
     * more.
     */
    static final List<Contender> LAYERS = List.of(layer(YARDSTICK, Kind.LAYER_C), layer("slots", Kind.LAYER_JAVA),
        layer("lane", Kind.LAYER_JAVA), layer("receiver", Kind.LAYER_JAVA), layer("sender", Kind.LAYER_JAVA),
        layer("dispatch", Kind.LAYER_MKEMU), layer("kernel", Kind.LAYER_MKEMU), layer("cpu", Kind.LAYER_MKEMU));
    static final Contender BOOT = new Contender("boot", Kind.BOOT, "queued", "haltpoll", BOOTED.getLast() + 1,
        BOOTED.getLast(), null, null);

    static final Contender VERBS = new Contender("verbs", Kind.VERBS, "queued", "haltpoll", 2, 1, null, null);
    /** What is run on {@link #VERBS}, in this order: the instance is loaded before exec and after kill. */
    static final List<String> VERB_NAMES = List.of(Commands.LINE, "list", "show", "dmesg", "exec", "kill");
    /** Its machine is that of an example, with what that one's tree says. */
    static final Contender SIMULATE = new Contender("simulate", Kind.SIMULATE, null, null, 0, 0, null, null);

    private static final List<Contender> ALL = List.of(c(LIMIT), java(JAVA_LIMIT), c(YARDSTICK), c("c-mailbox-futex"),
        c("c-pipe"), c("c-unix"), java("agrona-1to1"), java("agrona-mto1"), java("aeron-ipc"), java("chronicle-queue"),
        java("nio-unix"), machine("mkemu-queued-poll", "queued", "poll"),
        machine("mkemu-queued-haltpoll", "queued", "haltpoll"),
        machine("mkemu-queued-halt", "queued", "halt"), machine("mkemu-singleslot-poll", "single-slot", "poll"),
        machine("mkemu-singleslot-halt", "single-slot", "halt"), machine(MESSAGE, "queued", "poll"),
        cModule("mkemu-c-native", "native"), cModule("mkemu-c-jvm", "jvm"));

    private static Contender c(String name) {
        return new Contender(name, Kind.C, null, null, 0, 0, null, null);
    }

    private static Contender java(String name) {
        return new Contender(name, Kind.JAVA, null, null, 0, 0, null, null);
    }

    private static Contender machine(String name, String mode, String idle) {
        return mkemu(name, Kind.MKEMU, mode, idle);
    }

    private static Contender mkemu(String name, Kind kind, String mode, String idle) {
        return new Contender(name, kind, mode, idle, Commands.MOST_SENDERS + 1, Commands.MOST_SENDERS, null,
            null);
    }

    /** A machine whose host pings in Java, and whose instances have a module in C. */
    private static Contender cModule(String name, String far) {
        return new Contender(name, Kind.MKEMU, "queued", "poll", Commands.MOST_SENDERS + 1, Commands.MOST_SENDERS, far,
            null);
    }

    private static Contender layer(String what, Kind kind) {
        return mkemu(LAYER_PREFIX + what, kind, "queued", "poll");
    }

    private static Contender crowd(String name, int cpus, int others) {
        return new Contender(name, Kind.CROWD, "queued", "poll", cpus, others + 1, null, null);
    }

    /** The same machine as another build has it, with the name of that directory behind its own. */
    public Contender of(Path otherTree) {
        return new Contender(name + "-" + otherTree.getFileName(), kind, mode, idle, cpus, instances, far,
            otherTree);
    }

    /** All, in the order of the tables. */
    public static List<Contender> all() {
        return ALL;
    }

    /** Whether it is a program in C. */
    boolean isC() {
        return kind == Kind.C || kind == Kind.LAYER_C;
    }

    /** Whether its instances have a module in C. */
    public boolean hasCModule() {
        return far != null;
    }

    /** Whether it needs a C compiler. */
    public boolean needsCompiler() {
        return isC() || hasCModule();
    }

    /** The name that its program knows. */
    private String peer() {
        return name.startsWith(LAYER_PREFIX) ? name.substring(LAYER_PREFIX.length()) : name;
    }

    /** JVM flags of a machine's host. */
    private List<String> flags(Path module) {
        if (hasCModule()) {
            return List.of("-D" + MkemuMain.MODULE_PROPERTY + "=" + module,
                "-D" + MkemuMain.KERNEL_PROPERTY + "=" + far);
        }
        return switch (peer()) {
            case "dispatch" -> List.of("-D" + MkemuMain.LOOP_PROPERTY + "=" + MkemuMain.BARE);
            case MESSAGE -> List.of("-D" + MkemuMain.LOOP_PROPERTY + "=" + MkemuMain.MESSAGE);
            case "kernel" -> List.of("-D" + MkemuMain.LOOP_PROPERTY + "=");
            default -> List.of();
        };
    }

    /** Whether messages can be sent by it that nobody answers. */
    public boolean carriesMessages() {
        return !name.equals(MESSAGE) && !name.equals(LIMIT) && !name.equals(JAVA_LIMIT);
    }

    /** Its command line as a reader can understand it: without the paths of this machine. */
    String shortCommand(List<Integer> cpus) {
        String java = "java @scripts/jvm.options @scripts/host.options ";
        return switch (kind) {
            case C, LAYER_C -> "c-peers " + peer() + " " + join(cpus);
            case JAVA, LAYER_JAVA -> java + words(PeerMain.flags(peer())) + PeerMain.class.getName() + " " + peer()
                + " " + join(cpus) + " DIR";
            case MKEMU, CROWD, LAYER_MKEMU, PAGED -> java + words(flags(Path.of(CCompiler.MODULE)))
                + MkemuMain.class.getName() + " " + machine() + " DIR";
            case WATCHED -> java + MkemuMain.class.getName() + " " + machine() + " DIR; scripts/mk top --machine "
                + name + " " + String.join(" ", RunningTop.ARGUMENTS);
            case TRACED -> java + MkemuMain.class.getName() + " " + machine() + " DIR JOURNAL";
            case BOOT -> java + BootMain.class.getName() + " " + instances + " DIR";
            case VERBS -> java + VerbsMain.class.getName() + " DIR";
            case SIMULATE -> java + SimulateMain.class.getName() + " DIR";
        };
    }

    private static String words(List<String> flags) {
        return flags.stream().map(flag -> flag + " ").collect(Collectors.joining());
    }

    private static String join(List<Integer> cpus) {
        return cpus.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /**
     * Its command line.
     *
     * @param place    where it may put files
     * @param cpus     for the receiver, and for the senders in turn
     * @param compiled where the C peers and the module in C lie
     * @param journal  of the one that has a journal
     */
    List<String> command(Path place, List<Integer> cpus, Path compiled, Path journal) {
        String cpuList = join(cpus);
        return switch (kind) {
            case C, LAYER_C -> List.of(compiled.resolve(CCompiler.PEERS).toString(), peer(), cpuList);
            case JAVA, LAYER_JAVA -> JavaCommand.of(PeerMain.class, PeerMain.flags(peer()),
                List.of(peer(), cpuList, place.toString()));
            case MKEMU, CROWD, LAYER_MKEMU, WATCHED, PAGED -> ofMachine(compiled, place.toString());
            case TRACED -> ofMachine(compiled, place.toString(), journal.toString());
            case BOOT -> JavaCommand.of(BootMain.class, List.of(),
                List.of(Integer.toString(instances), place.toString()));
            case VERBS -> JavaCommand.of(VerbsMain.class, List.of(), List.of(place.toString()));
            case SIMULATE -> JavaCommand.of(SimulateMain.class, List.of(), List.of(place.toString()));
        };
    }

    private String machine() {
        return String.join(" ", mode, idle, Integer.toString(cpus), Integer.toString(instances));
    }

    private List<String> ofMachine(Path compiled, String... places) {
        return JavaCommand.of(tree, MkemuMain.class, flags(compiled.resolve(CCompiler.MODULE)),
            Stream.concat(Stream.of(machine().split(" ")), Stream.of(places)).toList());
    }
}
