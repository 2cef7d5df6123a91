// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A machine of processes, as {@code mk} makes them. */
final class RealMachine implements Machine {
    private static final long LOOK_MILLIS = 10;
    private static final String HOST = "host";

    private final Machine.Builder made;
    private final MachineProcess host;
    private final HostConnection connection;
    private boolean closed;
    private volatile boolean crashed;

    RealMachine(Machine.Builder builder) {
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

    @Override
    public String name() {
        return host.name();
    }

    @Override
    public boolean isSimulated() {
        return false;
    }

    @Override
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

    @Override
    public void exec(String... kernels) {
        ask(waiting(request("exec", kernels)));
    }

    @Override
    public void kill(String kernel) {
        ask(waiting(request("kill", kernel)));
    }

    @Override
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

    @Override
    public void pause(String kernel) {
        ask(request("pause", kernel));
    }

    @Override
    public void resume(String kernel) {
        ask(request("continue", kernel));
    }

    /* ---- what there is to see ---- */

    @Override
    public List<KernelStatus> kernels() {
        List<KernelStatus> kernels = new ArrayList<>();
        ask(request("show")).path("instances").forEach(node -> kernels.add(KernelStatus.of(node)));
        return kernels;
    }

    @Override
    public KernelStatus kernel(String kernel) {
        return KernelStatus.of(ask(request("show", kernel)).path("instances").path(0));
    }

    @Override
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

    @Override
    public LogLine awaitLog(String kernel, String regex) throws InterruptedException {
        return await(kernel, regex, 0);
    }

    @Override
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

    @Override
    public List<LogLine> log(String kernel) {
        return host.consoles().of(kernel);
    }

    @Override
    public String dmesg(String kernel) {
        return mk("dmesg", kernel);
    }

    @Override
    public String iomem() {
        return mk("iomem");
    }

    @Override
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

    @Override
    public long delivered(String from, String to) {
        return traffic().stream().filter(pair -> pair.from().equals(from) && pair.to().equals(to))
            .mapToLong(Traffic::delivered).sum();
    }

    @Override
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

    @Override
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
