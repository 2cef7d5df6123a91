// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.module.ScriptedMachine;
import io.mkemu.module.ScriptedMachine.Line;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** A machine of one run in the simulator. For the run's thread. */
final class SimulatedRun implements Machine {
    /* What a console shows unless loglevel= says otherwise: the levels below. */
    private static final int CONSOLE_LEVEL = 7;
    private static final String HOST = "host";

    private final ScriptedMachine machine;
    private final Duration timeout;

    SimulatedRun(ScriptedMachine machine, Duration timeout) {
        this.machine = machine;
        this.timeout = timeout;
    }

    /** Waits until all kernels are active. */
    void awaitUp() {
        Map<String, Long> all = new HashMap<>();
        machine.kernels().forEach(kernel -> all.put(kernel, kernel.equals(HOST) ? -1L : 0L));
        awaitActive(all);
    }

    /** Waits until kernels are active, each in a later life than that. */
    private void awaitActive(Map<String, Long> before) {
        boolean settled = machine.await(() -> before.entrySet().stream().allMatch(each ->
            machine.life(each.getKey()) > each.getValue() && (machine.state(each.getKey()) == InstanceState.ACTIVE
                || machine.state(each.getKey()) == InstanceState.FAILED)), timeout.toNanos());
        for (String kernel : before.keySet()) {
            if (machine.state(kernel) != InstanceState.ACTIVE) {
                throw new MachineTestException(ExitCode.FAILED, "instance " + kernel(kernel)
                    + (settled ? "" : " after " + timeout.toSeconds() + " s of virtual time"));
            }
        }
    }

    /** What is refused is told as on a real machine. */
    private static <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (MachineException refused) {
            throw new MachineTestException(refused.exitCode(), refused.getMessage(), refused);
        }
    }

    private static void does(Runnable verb) {
        asked(() -> {
            verb.run();
            return null;
        });
    }

    @Override
    public String name() {
        return machine.name();
    }

    @Override
    public boolean isSimulated() {
        return true;
    }

    @Override
    public Path directory() {
        throw new MachineTestException(ExitCode.USAGE, "a simulated machine has no directory: ask isSimulated() "
            + "before, or mark the test @NotSimulated");
    }

    @Override
    public void exec(String... kernels) {
        Map<String, Long> before = new HashMap<>();
        for (String kernel : kernels) {
            before.put(kernel, kernel(kernel).life());
            does(() -> machine.exec(kernel));
        }
        awaitActive(before);
    }

    @Override
    public void kill(String kernel) {
        does(() -> machine.kill(kernel));
        if (!machine.await(() -> machine.state(kernel) != InstanceState.ACTIVE, timeout.toNanos())) {
            throw new MachineTestException(ExitCode.FAILED, "instance " + kernel(kernel) + " does not end within "
                + timeout.toSeconds() + " s of virtual time: a module of it hangs");
        }
    }

    @Override
    public void crash(String kernel) {
        does(() -> machine.crash(kernel));
    }

    @Override
    public void pause(String kernel) {
        does(() -> machine.pause(kernel));
    }

    @Override
    public void resume(String kernel) {
        does(() -> machine.resume(kernel));
    }

    @Override
    public List<KernelStatus> kernels() {
        return machine.kernels().stream().map(this::kernel).toList();
    }

    @Override
    public KernelStatus kernel(String kernel) {
        return asked(() -> new KernelStatus(machine.id(kernel), kernel, machine.state(kernel),
            machine.isPaused(kernel) ? "paused" : "", machine.reason(kernel), 0, machine.life(kernel),
            machine.restarts(kernel)));
    }

    @Override
    public KernelStatus awaitState(String kernel, InstanceState state) {
        kernel(kernel);
        if (!machine.await(() -> machine.state(kernel) == state && !machine.isPaused(kernel), timeout.toNanos())) {
            throw new AssertionError(kernel + " is not " + state + " after " + timeout.toSeconds()
                + " s of virtual time, but " + kernel(kernel));
        }
        return kernel(kernel);
    }

    @Override
    public LogLine awaitLog(String kernel, String regex) {
        return await(kernel, regex, 0);
    }

    @Override
    public LogLine awaitLogAfter(LogLine line, String kernel, String regex) {
        return await(kernel, regex, line.number() + 1);
    }

    private LogLine await(String kernel, String regex, int from) {
        kernel(kernel);
        Pattern wanted = Pattern.compile(regex);
        /* Of the lines before it none is wanted. */
        int[] next = {from};
        boolean found = machine.await(() -> {
            List<Line> lines = machine.lines();
            while (next[0] < lines.size() && !isWanted(lines.get(next[0]), kernel, wanted)) {
                next[0]++;
            }
            return next[0] < lines.size();
        }, timeout.toNanos());
        if (found) {
            return line(next[0]);
        }
        StringBuilder text = new StringBuilder("the console of " + kernel + " shows no line with /" + regex
            + "/ within " + timeout.toSeconds() + " s of virtual time; it has:");
        log(kernel).forEach(line -> text.append("\n  ").append(line));
        throw new AssertionError(text);
    }

    private static boolean isWanted(Line line, String kernel, Pattern wanted) {
        return line.kernel().equals(kernel) && line.level() < CONSOLE_LEVEL && wanted.matcher(line.text()).find();
    }

    private LogLine line(int number) {
        Line line = machine.lines().get(number);
        return new LogLine(line.kernel(), line.nanos(), line.text(), number);
    }

    @Override
    public List<LogLine> log(String kernel) {
        List<LogLine> log = new ArrayList<>();
        List<Line> lines = machine.lines();
        for (int number = 0; number < lines.size(); number++) {
            if (lines.get(number).kernel().equals(kernel) && lines.get(number).level() < CONSOLE_LEVEL) {
                log.add(line(number));
            }
        }
        return log;
    }

    @Override
    public String dmesg(String kernel) {
        kernel(kernel);
        StringBuilder text = new StringBuilder();
        machine.lines().stream().filter(line -> line.kernel().equals(kernel)).forEach(line -> text.append(
            String.format(Locale.ROOT, "[%5d.%06d] %s%n", line.nanos() / 1_000_000_000,
                line.nanos() / 1000 % 1_000_000, line.text())));
        return text.toString();
    }

    @Override
    public String iomem() {
        return machine.iomem();
    }

    @Override
    public List<Traffic> traffic() {
        List<Traffic> pairs = new ArrayList<>();
        for (String from : machine.kernels()) {
            for (String to : machine.kernels()) {
                Traffic pair = new Traffic(from, to, machine.delivered(from, to), machine.waiting(from, to));
                if (pair.delivered() + pair.waiting() > 0) {
                    pairs.add(pair);
                }
            }
        }
        return pairs;
    }

    @Override
    public long delivered(String from, String to) {
        return asked(() -> machine.delivered(from, to));
    }

    @Override
    public String mk(String verb, String... args) {
        throw new MachineTestException(ExitCode.USAGE, "mk " + verb + ": there is no mk for a simulated machine: ask "
            + "isSimulated() before, or mark the test @NotSimulated");
    }

    @Override
    public String report() {
        StringBuilder text = new StringBuilder("simulated machine " + name() + " of seed " + machine.seed());
        kernels().forEach(kernel -> text.append("\n  ").append(kernel));
        machine.kernels().forEach(kernel -> text.append("\ndmesg of ").append(kernel).append(":\n")
            .append(dmesg(kernel).stripTrailing()));
        return text.toString();
    }

    @Override
    public void close() {
        /* The run ends with the test, and the machine with the run. */
    }
}
