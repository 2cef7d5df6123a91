// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.ExitCode;
import io.mkemu.cli.FurtherCommand;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.cli.type.Seconds;
import io.mkemu.host.view.RunningMachines;
import io.mkemu.machine.MachineDirectory;
import java.io.IOError;
import java.io.IOException;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk top}: a machine's kernels while they run. */
@Command(name = "top", mixinStandardHelpOptions = true, header = "Shows the kernels of a machine while they run.",
    description = {
    "Shows the kernels of a machine while they run: what their CPUs do, what they send and receive, how full their "
        + "lanes and pools are. h shows the keys. It only reads the machine's RAM, and from /proc which kernels are "
        + "paused: a host that hangs or is dead is shown too.",
    "Where stdout or stdin is no terminal, or TERM is dumb, it prints one sample as text and ends."},
    exitCodeListHeading = "Exit codes:%n", exitCodeList = {
        "  0:the user quit, the machine ended in order, or all of --count was shown",
        "  4:there is no such machine, or its host was killed meanwhile"},
    footer = {"", "Example: mk top --machine demo -d 1"})
public final class TopCommand implements FurtherCommand {
    @Mixin
    private MachineOption machine;

    @Option(names = {"-d", "--delay"}, paramLabel = "SECONDS", defaultValue = "2",
        description = "Time from one refresh to the next, 0.05 to 3600; default ${DEFAULT-VALUE}.")
    private Seconds delay;

    @Option(names = {"-n", "--count"}, paramLabel = "COUNT", description = "End after so many samples; without a "
        + "terminal 1 is the default.")
    private Integer count;

    @Option(names = "--json", description = "Print one JSON object per sample, {snapshot, rates, paused}, on a line "
        + "each, until the machine ends or COUNT is reached.")
    private boolean json;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws Exception {
        if (delay.millis() < TopState.LEAST_MILLIS || delay.millis() > TopState.MOST_MILLIS) {
            throw new ParameterException(command.commandLine(), "-d " + Units.seconds(delay.millis())
                + ": expected seconds, 0.05 to 3600");
        }
        if (count != null && count < 1) {
            throw new ParameterException(command.commandLine(), "-n " + count + ": expected 1 or more");
        }
        try (Sampler sampler = new Sampler(machine.name())) {
            TopScreen screen = json ? null : TopScreen.open();
            if (screen != null) {
                show(sampler, screen);
            } else if (json) {
                print(sampler, count == null ? 0 : count, sample -> TextTop.json(sample) + "\n");
            } else {
                print(sampler, count == null ? 1 : count, TextTop::text);
            }
            return end(sampler);
        }
    }

    private void show(Sampler sampler, TopScreen screen) throws IOException, InterruptedException {
        boolean killing = false;
        try (screen) {
            ScreenTop top = new ScreenTop(sampler, screen, delay.millis());
            top.run(count == null ? 0 : count);
            killing = top.isKilling();
        } catch (RuntimeException | IOError closed) {
            if (!screen.isExiting()) {
                throw closed;
            }
        }
        if (killing) {
            System.err.println("mk: the host of machine \"" + sampler.name()
                + "\" goes on with kill: mk show tells what comes of it");
        }
    }

    private void print(Sampler sampler, long most, Function<Sample, String> text)
        throws IOException, InterruptedException {
        sampler.begin();
        long due = System.nanoTime();
        for (long printed = 0; (most == 0 || printed < most) && !sampler.hasEnded(); printed++) {
            /* Whoever was stopped for a while does not take all the samples at once that are overdue. */
            due = Math.max(due, System.nanoTime() - delay.millis() * 1_000_000) + delay.millis() * 1_000_000;
            sleepUntil(due);
            System.out.print((printed > 0 && !json ? "\n" : "") + text.apply(sampler.next()));
            if (System.out.checkError()) {
                return;
            }
        }
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    private static int end(Sampler sampler) throws IOException {
        if (!sampler.hasEnded()) {
            return ExitCode.OK.code();
        }
        if (sampler.isLeft()) {
            throw RunningMachines.notRunning(MachineDirectory.of(sampler.name()));
        }
        System.err.println("mk: machine \"" + sampler.name() + "\" has ended");
        return ExitCode.OK.code();
    }
}
