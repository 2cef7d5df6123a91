// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.host.view.MachineView;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Follows a machine's logs: sleeps until a kernel has said something, and sees it when the machine has ended. */
public final class LogFollower {
    /* Whoever ends a machine, or is killed, wakes nobody. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Prints what there is. */
    @FunctionalInterface
    public interface Drain {
        /** Prints; false: there will be no more. */
        boolean print();
    }

    private LogFollower() {
    }

    /** Says so if the host of a machine is dead. */
    public static void tellOfDeath(MachineView view) throws IOException {
        if (!view.isSaved() && !view.runs()) {
            System.err.println("mk: machine \"" + view.name() + "\" does not run, its host was killed: this is what "
                + "it left");
        }
    }

    /** Prints what there is and what comes, until that ends, the machine does, or nobody reads the output any more. */
    public static void follow(MachineView machine, Drain drain) throws IOException {
        PhysicalMemory memory = machine.mapped().memory();
        Futex futex = new Futex();
        while (true) {
            int seen = memory.event();
            /* Asked before: what a kernel said last is there when its machine has ended. */
            boolean runs = machine.runs();
            boolean more = drain.print();
            if (System.out.checkError() || !runs || !more || LineOutput.isUnread()) {
                return;
            }
            memory.awaitEvent(futex, seen, LOOK_NANOS);
        }
    }
}
