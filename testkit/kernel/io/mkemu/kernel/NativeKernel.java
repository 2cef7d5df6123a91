// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.boot.HostClock;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A kernel without a JVM in a machine of a test: a process, as the host starts it. One thread uses it. */
public final class NativeKernel implements AutoCloseable {
    private final MappedMachine machine;
    private final InstanceEntry entry;
    private final Process process;

    /**
     * Starts a life of an instance that is loaded, and returns at once.
     *
     * @param ram     of the machine, with the host's lock beside it, which somebody holds
     * @param modules their shared objects
     */
    NativeKernel(Path ram, MappedMachine machine, int id, String cmdline, List<Path> modules) throws IOException {
        this.machine = machine;
        entry = machine.instances().entry(id);
        entry.forgetLife();
        entry.requested(InstanceDescriptor.REQUEST_RUN);
        List<String> command = new ArrayList<>(List.of(CModules.kernel().toString(), "--child",
            ram.getParent().toString(), Integer.toString(id), cmdline + " mk_ipi_shared=0x"
            + Long.toHexString(entry.ipiArea()) + " mk_epoch=0x" + Long.toHexString(machine.memory().epoch())
            + " mk_life=" + entry.life() + HostClock.parameter()));
        modules.forEach(module -> command.add(module.toString()));
        process = new ProcessBuilder(command).redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT).start();
    }

    /** Waits until it is active; what it said instead is the failure. */
    void awaitActive() {
        Await.until(() -> entry.state() == InstanceState.ACTIVE || !process.isAlive(),
            () -> "instance " + entry.id() + " does not come up");
        if (entry.state() != InstanceState.ACTIVE) {
            throw new AssertionError("instance " + entry.id() + " ended with " + process.exitValue() + ": "
                + entry.reason());
        }
    }

    /** Its process. */
    Process process() {
        return process;
    }

    /** Asks it to end in order, as the host does, and waits for that; its exit code. Once more: nothing. */
    public int shutDown() throws InterruptedException {
        if (process.isAlive()) {
            entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
            for (int cpu : entry.cpus()) {
                machine.apic(cpu).raise(LocalApicDescriptor.REQUEST_VECTOR);
            }
            Await.until(() -> !process.isAlive(), () -> "instance " + entry.id() + " does not end");
        }
        return process.waitFor();
    }

    /** Ends it, if it runs, by SIGKILL, and waits for that. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
