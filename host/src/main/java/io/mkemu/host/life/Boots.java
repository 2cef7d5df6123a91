// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Waits for the end of boots. */
public final class Boots {
    private Boots() {
    }

    /**
     * Waits until all are active, or have failed, or the time is over.
     *
     * @throws MachineException with what is to be said of each that is not active then
     */
    public static void await(Collection<HostedInstance> all, long timeoutMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        List<MachineException> failed = new ArrayList<>();
        for (HostedInstance instance : all) {
            try {
                await(instance, deadline, timeoutMillis);
            } catch (MachineException refused) {
                failed.add(refused);
            }
        }
        if (!failed.isEmpty()) {
            throw failed.size() == 1 ? failed.getFirst() : new MachineException(failed.getFirst().exitCode(),
                failed.stream().map(MachineException::getMessage).collect(Collectors.joining("; ")));
        }
    }

    private static void await(HostedInstance instance, long deadlineNanos, long timeoutMillis)
        throws InterruptedException {
        InstanceLife life = instance.life();
        String name = instance.spec().name();
        if (life != null && life.awaitActive(deadlineNanos)) {
            return;
        }
        if (life == null || life.isOver()) {
            throw new MachineException(ExitCode.FAILED, "instance " + name + " is " + instance.state() + ": "
                + (instance.reason().isEmpty() ? "it was ended while it booted" : instance.reason())
                + "; see mk dmesg " + name);
        }
        if (life instanceof ExternalProcess && life.pid() == 0) {
            life.halt();
            life.awaitEnd(System.nanoTime() + Lives.HALT_NANOS);
            throw new MachineException(ExitCode.FAILED, "instance " + name + " was not joined within " + timeoutMillis
                + " ms, it is loaded again; repeat with a longer --timeout" + (instance.entry().reason().isEmpty() ? ""
                : "; who tried last: " + instance.entry().reason()));
        }
        throw new MachineException(ExitCode.FAILED, "instance " + name + " is not active after " + timeoutMillis
            + " ms and goes on booting: mk dmesg " + name + " shows where it is, mk kill -f ends it");
    }
}
