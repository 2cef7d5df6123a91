// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A machine of a test: a host and its instances, each a process of its own, as {@code mk} makes them. No two machines
 * meet, so tests may run in parallel; each is named test-PID-N, and mk shows it like any other. It ends when it is
 * closed, and at the latest when this JVM does, however that ends.
 *
 * <p>{@link MachineTest} gives one to a test. Without JUnit: {@code try (Machine machine = Machine.of(tree).start())}.
 * Any thread may call; calls wait up to the {@link Builder#timeout}.
 */
public final class Machine implements AutoCloseable {
    private static final long LOOK_MILLIS = 10;
    private static final String HOST = "host";

    /** What a machine is made from. */
    public static final class Builder {
        private final Path tree;
        private Path journal;
        private boolean exec = true;
        private Duration timeout = Duration.ofSeconds(60);

        Builder(Path tree) {
            this.tree = tree;
        }

        /** Records all that happens into a journal in this directory, which is made. Without it nothing is recorded. */
        public Builder journal(Path directory) {
            journal = directory;
            return this;
        }

        /** Whether its instances are executed at once, those apart that others start; yes by default. */
        public Builder exec(boolean at) {
            exec = at;
            return this;
        }

        /** How long a boot, a verb and a wait may take; 60 s by default. */
        public Builder timeout(Duration most) {
            timeout = most;
            return this;
        }

        /**
         * Makes the machine; its host and its instances are active then.
         *
         * @throws MachineTestException with the line that mk says if the tree is wrong, a module cannot be loaded or an
         *                              instance does not come up; nothing is left then
         */
        public Machine start() {
            return new Machine(this);
        }
    }

    private final Builder made;
    private final MachineProcess host;
    private final HostConnection connection;
    private boolean closed;
    private volatile boolean crashed;

    private Machine(Builder builder) {
        made = builder;
        try {
            host = new MachineProcess(builder.tree, builder.journal);
        } catch (IOException refused) {
            throw new MachineTestException(ExitCode.MACHINE, "mk cannot be started: " + refused.getMessage(), refused);
        }
        connection = new HostConnection(host.directory().resolve("control"));
        try {
            awaitUp();
            List<String> loaded = kernels().stream().filter(kernel -> kernel.state() == InstanceState.LOADED)
                .map(KernelStatus::name).toList();
            if (builder.exec && !loaded.isEmpty()) {
                exec(loaded.toArray(new String[0]));
            }
        } catch (RuntimeException | InterruptedException refused) {
            throw notStarted(refused);
        }
    }

    private MachineTestException notStarted(Exception why) {
        MachineTestException told = why instanceof MachineTestException known ? known
            : new MachineTestException(ExitCode.INTERRUPTED, "interrupted while the machine came up", why);
        if (host.isAlive()) {
            told = new MachineTestException(told.exitCode(), told.getMessage() + "\n" + report(), told.getCause());
        }
        try {
            host.end();
        } catch (MachineTestException further) {
            told.addSuppressed(further);
        }
        return told;
    }

    private void awaitUp() throws InterruptedException {
        long deadline = deadline();
        while (true) {
            try {
                JsonNode status = connection.ask(HostConnection.request("show"), left(deadline));
                if (status.path("machine").path("state").asText().equals(InstanceState.ACTIVE.toString())) {
                    return;
                }
            } catch (IOException notYet) {
                if (!host.isAlive()) {
                    throw gone(notYet);
                }
            }
            if (System.nanoTime() - deadline > 0) {
                throw new MachineTestException(ExitCode.MACHINE, "the host is not up after "
                    + made.timeout.toSeconds() + " s: does a module of it hang? a longer timeout gives it more");
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    private long deadline() {
        return System.nanoTime() + made.timeout.toNanos();
    }

    private static long left(long deadline) {
        return Math.max(TimeUnit.MILLISECONDS.toNanos(1), deadline - System.nanoTime());
    }

    private MachineTestException gone(IOException how) {
        String said = host.errors();
        if (host.isAlive()) {
            return new MachineTestException(ExitCode.MACHINE, "machine " + host.name() + " does not answer ("
                + how.getMessage() + ")", how);
        }
        return new MachineTestException(ExitCode.of(host.exitValue()), said.isEmpty() ? "machine " + host.name()
            + " has ended: its host's exit code is " + host.exitValue() : said, how);
    }

    /**
     * A machine for a tree.
     *
     * @param tree device tree source; paths of modules in it are relative to it
     */
    public static Builder of(Path tree) {
        return new Builder(tree);
    }

    /** Its name, for mk's option --machine. */
    public String name() {
        return host.name();
    }

    /** Where its RAM lies. */
    public Path directory() {
        return host.directory();
    }

    /* ---- verbs ---- */

    private JsonNode ask(ObjectNode request) {
        try {
            /* The host's own limits come first, and say more. */
            return connection.ask(request, made.timeout.toNanos() + TimeUnit.SECONDS.toNanos(10));
        } catch (IOException fault) {
            throw gone(fault);
        }
    }

    private ObjectNode request(String verb, String... kernels) {
        ObjectNode request = HostConnection.request(verb);
        for (String kernel : kernels) {
            request.withArray("/names").add(kernel);
        }
        return request;
    }

    private ObjectNode waiting(ObjectNode request) {
        return request.put("timeoutMillis", made.timeout.toMillis());
    }

    /**
     * Boots instances that are loaded or failed, and waits until they are active: mk exec.
     *
     * @throws MachineTestException if one is in another state or does not come up
     */
    public void exec(String... kernels) {
        ask(waiting(request("exec", kernels)));
    }

    /**
     * Ends a kernel in order: mk kill. Its modules exit, and it is loaded then.
     *
     * @throws MachineTestException if it is not active
     */
    public void kill(String kernel) {
        ask(waiting(request("kill", kernel)));
    }

    /**
     * Ends a kernel as a crash does: SIGKILL for its process, in the midst of whatever it does. Returns when the
     * process is gone; {@link #awaitState} waits until the host has seen it. The restart policy of the tree applies.
     *
     * @param kernel its name; "host" ends the whole machine, and nothing but {@link #close} is possible then
     */
    public void crash(String kernel) {
        if (kernel.equals(HOST)) {
            crashed = true;
            host.kill();
            return;
        }
        KernelStatus status = kernel(kernel);
        ProcessHandle process = ProcessHandle.of(status.pid()).filter(there -> status.pid() > 0).orElseThrow(
            () -> new MachineTestException(ExitCode.STATE, "instance " + status + " has no process to be killed"));
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Stops the process of an active kernel where it is: mk pause. */
    public void pause(String kernel) {
        ask(request("pause", kernel));
    }

    /** Lets a paused kernel go on: mk continue. */
    public void resume(String kernel) {
        ask(request("continue", kernel));
    }

    /* ---- what there is to see ---- */

    /** All its kernels, by ascending id; the host is the first. */
    public List<KernelStatus> kernels() {
        List<KernelStatus> kernels = new ArrayList<>();
        ask(request("show")).path("instances").forEach(node -> kernels.add(KernelStatus.of(node)));
        return kernels;
    }

    /**
     * One of its kernels.
     *
     * @throws MachineTestException if there is none of that name; the message has the names
     */
    public KernelStatus kernel(String kernel) {
        return KernelStatus.of(ask(request("show", kernel)).path("instances").path(0));
    }

    /**
     * Waits until a kernel is in a state.
     *
     * @throws AssertionError if it is not in time
     */
    public KernelStatus awaitState(String kernel, InstanceState state) throws InterruptedException {
        long deadline = deadline();
        while (true) {
            KernelStatus status = kernel(kernel);
            if (status.state() == state && (state != InstanceState.ACTIVE || status.detail().isEmpty())) {
                return status;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(kernel + " is not " + state + " after " + made.timeout.toSeconds() + " s, but "
                    + status);
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /**
     * Waits until the console of a kernel has a line in which a regular expression is found, and returns the first one;
     * it may have been there before. A console shows the levels below the kernel's loglevel=, 7 by default.
     *
     * @throws AssertionError if there is none in time, or the machine ends before
     */
    public LogLine awaitLog(String kernel, String regex) throws InterruptedException {
        return await(kernel, regex, 0);
    }

    /** As {@link #awaitLog}, a line that was printed after another one: the next of several that are alike. */
    public LogLine awaitLogAfter(LogLine line, String kernel, String regex) throws InterruptedException {
        return await(kernel, regex, line.number() + 1);
    }

    private LogLine await(String kernel, String regex, int from) throws InterruptedException {
        Pattern wanted = Pattern.compile(regex);
        LogLine found = host.consoles().await(line -> line.kernel().equals(kernel)
            && wanted.matcher(line.text()).find(), from, deadline());
        if (found != null) {
            return found;
        }
        StringBuilder text = new StringBuilder("the console of " + kernel + " shows no line with /" + regex + "/ ");
        text.append(host.isAlive() ? "within " + made.timeout.toSeconds() + " s" : "before the machine's end")
            .append("; it has:");
        host.consoles().of(kernel).forEach(line -> text.append("\n  ").append(line));
        throw new AssertionError(text);
    }

    /** What the console of a kernel has shown so far. */
    public List<LogLine> log(String kernel) {
        return host.consoles().of(kernel);
    }

    /** Its kernel log, lines of all levels: mk dmesg. */
    public String dmesg(String kernel) {
        return mk("dmesg", kernel);
    }

    /** Its physical memory, as /proc/iomem nests it: mk iomem. */
    public String iomem() {
        return mk("iomem");
    }

    /** What went from kernel to kernel, each pair once. Empty for a single-slot machine, which does not count it. */
    public List<Traffic> traffic() {
        try {
            JsonNode snapshot = HostConnection.read(mk("top", "--json", "-n", "1", "-d", "0.05")).path("snapshot");
            Map<Integer, String> owners = new HashMap<>();
            Map<Integer, String> names = new HashMap<>();
            snapshot.path("kernels").forEach(kernel -> names.put(kernel.path("id").asInt(),
                kernel.path("name").asText()));
            snapshot.path("cpus").forEach(cpu -> owners.put(cpu.path("id").asInt(),
                names.get(cpu.path("kernel").asInt())));
            Map<List<String>, Traffic> pairs = new HashMap<>();
            snapshot.path("lanes").forEach(lane -> {
                String from = owners.get(lane.path("from").asInt());
                String to = owners.get(lane.path("to").asInt());
                pairs.merge(List.of(from, to), new Traffic(from, to, lane.path("delivered").asLong(),
                    lane.path("waiting").asLong()), (one, other) -> new Traffic(from, to,
                        one.delivered() + other.delivered(), one.waiting() + other.waiting()));
            });
            return pairs.values().stream().filter(pair -> pair.delivered() + pair.waiting() > 0).toList();
        } catch (IOException wrong) {
            throw new MachineTestException(ExitCode.INTERNAL, "mk top --json: " + wrong.getMessage(), wrong);
        }
    }

    /** Messages that a kernel has taken of another one, in their present lives. */
    public long delivered(String from, String to) {
        return traffic().stream().filter(pair -> pair.from().equals(from) && pair.to().equals(to))
            .mapToLong(Traffic::delivered).sum();
    }

    /**
     * Carries out any verb on this machine: {@code machine.mk("interrupts", "n1")}.
     *
     * @return what it prints on stdout
     * @throws MachineTestException with what it says on stderr if it does not exit with 0
     */
    public String mk(String verb, String... args) {
        List<String> words = new ArrayList<>(List.of(verb));
        words.addAll(List.of(args));
        words.addAll(List.of("--machine", name()));
        MkCall call = MkCall.run(words, made.timeout);
        if (call.exitCode() != ExitCode.OK.code()) {
            throw call.refusal();
        }
        return call.out();
    }

    /** All that helps to see why a test failed: the states and the logs of all kernels, and where the journal is. */
    public String report() {
        StringBuilder text = new StringBuilder("machine " + name() + " of " + made.tree);
        List<String> names = new ArrayList<>(List.of(HOST));
        try {
            List<KernelStatus> kernels = kernels();
            kernels.forEach(kernel -> text.append("\n  ").append(kernel));
            names = kernels.stream().map(KernelStatus::name).toList();
        } catch (MachineTestException gone) {
            text.append("\n  ").append(gone.getMessage());
            names = host.consoles().of(null).stream().map(LogLine::kernel).distinct().toList();
        }
        for (String kernel : names) {
            text.append("\ndmesg of ").append(kernel).append(":\n").append(logOf(kernel).stripTrailing());
        }
        if (made.journal != null) {
            text.append("\njournal: ").append(made.journal).append(" (mk trace --journal DIR, mk replay DIR --instance "
                + "NAME)");
        }
        return text.toString();
    }

    private String logOf(String kernel) {
        try {
            return dmesg(kernel);
        } catch (MachineTestException gone) {
            StringBuilder console = new StringBuilder();
            log(kernel).forEach(line -> console.append(line).append('\n'));
            return console.toString();
        }
    }

    /**
     * Ends the machine, the instances' kernels first, and leaves nothing but the journal. Again: nothing.
     *
     * @throws MachineTestException if it does not end in order, or had ended before, other than by {@link #crash}
     */
    @Override
    public void close() {
        synchronized (host) {
            if (closed) {
                return;
            }
            closed = true;
        }
        host.end();
        if (!crashed && host.exitValue() != 0) {
            throw gone(null);
        }
    }
}
