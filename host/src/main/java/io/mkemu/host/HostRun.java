// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.view.LogPrinter;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.io.PrintStream;

/**
 * A machine that is there to be managed: init, and then what its clients ask for, until one of them, or somebody who
 * calls {@link #stop}, ends it. One thread runs it, and the process is to end after it.
 */
public final class HostRun extends HostProcess {
    /** What is to be done once the machine is up: its host's modules are set up, requests are taken. */
    public interface Ready {
        /** Says so. */
        void run() throws IOException;
    }

    /**
     * Prepares a run.
     *
     * @param logTo where the kernel logs go, or null
     */
    public HostRun(MachineDirectory directory, MachinePlan plan, PrintStream logTo) {
        super(directory, plan, logTo);
    }

    /**
     * Runs. The instances of the tree are created and loaded; executing them is the clients' business.
     *
     * @param ready called once the machine is up
     * @throws io.mkemu.MachineException if the machine cannot be made or the host's kernel not booted; nothing is left
     *     then
     */
    public void run(Ready ready) throws IOException, InterruptedException {
        host((made, log) -> {
            made.boot();
            InstanceEntry entry = made.machine().mapped().instances().entry(0);
            if (await(made, log, () -> entry.state() == InstanceState.ACTIVE, 0)) {
                ready.run();
                awaitEnd(made, log);
            }
            return null;
        });
    }

    private void awaitEnd(Host made, LogPrinter log) throws InterruptedException {
        if (isLogged()) {
            await(made, log, () -> false, 0);
        } else {
            made.endAsked().await();
        }
    }
}
