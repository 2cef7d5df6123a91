// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Lives that have been begun, to wait for the end of their boots: for these, also if their instances have begun other
 * ones since. Any thread.
 */
public final class Boots {
    private final List<InstanceLife> lives;

    public Boots(List<InstanceLife> lives) {
        this.lives = List.copyOf(lives);
    }

    /**
     * Waits until all are active.
     *
     * @param timeoutMillis how long to wait
     * @throws MachineException once all have been waited for, with what is to be said of each that fails, or is not
     *     active in time: a child goes on booting then, and one that nobody joined is loaded again
     */
    public void await(long timeoutMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        List<MachineException> failed = new ArrayList<>();
        for (InstanceLife life : lives) {
            try {
                await(life, deadline, timeoutMillis);
            } catch (MachineException refused) {
                failed.add(refused);
            }
        }
        if (!failed.isEmpty()) {
            throw failed.size() == 1 ? failed.getFirst() : new MachineException(failed.getFirst().exitCode(),
                failed.stream().map(MachineException::getMessage).collect(Collectors.joining("; ")));
        }
    }

    /**
     * Waits until a debugger can be attached to each of those that wait for one, and tells how.
     *
     * @param say           told the command for each, a line at a time
     * @param timeoutMillis how long to wait
     */
    public void tellDebuggers(Consumer<String> say, long timeoutMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        for (InstanceLife life : lives) {
            String attach = life.awaitDebuggable(deadline);
            if (!attach.isEmpty()) {
                say.accept(life.spec().name() + ": waits for a debugger: " + attach);
            }
        }
    }

    private static void await(InstanceLife life, long deadlineNanos, long timeoutMillis) throws InterruptedException {
        String name = life.spec().name();
        if (life.awaitActive(deadlineNanos)) {
            return;
        }
        if (life.isOver()) {
            throw new MachineException(life.hadNoRoom() ? ExitCode.RESOURCES : ExitCode.FAILED, "instance " + name
                + " is " + life.outcome() + "; see mk dmesg " + name);
        }
        if (life instanceof ExternalProcess && life.pid() == 0) {
            String last = life.entry().reason();
            life.halt();
            life.awaitEnd(System.nanoTime() + Lives.HALT_NANOS);
            throw new MachineException(ExitCode.FAILED, "instance " + name + " was not joined within " + timeoutMillis
                + " ms, it is loaded again; repeat with a longer --timeout" + (last.isEmpty() ? ""
                : "; who tried last: " + last));
        }
        String waits = life.waitsFor();
        String more = waits.equals(InstanceLife.BOOTING) ? "" : waits + "; ";
        throw new MachineException(ExitCode.FAILED, "instance " + name + " is not active after " + timeoutMillis
            + " ms (" + more + Load.now() + ") and goes on booting: mk dmesg "
            + name + " shows where it is, mk kill -f ends it");
    }
}
