// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.os.StoppedProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * The kernels of a machine while they stand still. Those that ran go on when it is closed; should the host be killed
 * before that, a process of its own, which waits for the end of a pipe from the host, lets them go on, so that they see
 * that their host has died. Under the host's lock.
 */
public final class StandStill implements AutoCloseable {
    /** It ignores what a terminal sends to all processes of a foreground job, and learns of the host's end by read. */
    private static final String GUARD = "trap '' HUP INT TERM; read end; kill -CONT \"$@\"";
    private static final String SHELL = "/bin/sh";
    private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long HOST_MILLIS = 1000;

    private final Machine machine;
    private final List<InstanceProcess> stopped = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Process guard;

    private StandStill(Machine machine) {
        this.machine = machine;
    }

    /**
     * Stops them.
     *
     * @throws MachineException if that cannot be done safely; all go on then
     */
    public static StandStill of(Machine machine, Collection<HostedInstance> instances) {
        StandStill still = new StandStill(machine);
        List<InstanceProcess> running = new ArrayList<>();
        for (HostedInstance instance : instances) {
            if (still.canStop(instance)) {
                running.add((InstanceProcess) instance.life());
            }
        }
        try {
            if (!running.isEmpty()) {
                still.guard = guard(running);
            }
            running.forEach(still::stop);
            return still;
        } catch (RuntimeException | Error fault) {
            still.close();
            throw fault;
        }
    }

    private boolean canStop(HostedInstance instance) {
        InstanceLife life = instance.life();
        if (life == null || life.pid() == 0 && life instanceof InstanceProcess || life.isPaused()) {
            return false;
        }
        String name = instance.spec().name();
        if (!(life instanceof InstanceProcess)) {
            notes.add(name + " ran on: it is external, its process may live in another name space");
            return false;
        }
        if (StoppedProcess.isTraced(life.pid())) {
            notes.add(name + " was left alone: a debugger is attached to it");
            return false;
        }
        return true;
    }

    private static Process guard(List<InstanceProcess> running) {
        List<String> command = new ArrayList<>(List.of(SHELL, "-c", GUARD, "mkemu-guard"));
        running.forEach(life -> command.add(Long.toString(life.pid())));
        try {
            return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException refused) {
            throw new MachineException(ExitCode.RESOURCES, "no kernel is stopped, because nobody would let it go on if "
                + "the host were killed: " + refused.getMessage(), refused);
        }
    }

    private void stop(InstanceProcess life) {
        stopped.add(life);
        if (!life.pause(true)) {
            stopped.removeLast();
            return;
        }
        long pid = life.pid();
        for (long end = System.nanoTime() + STOP_NANOS; !StoppedProcess.areThreadsStopped(pid);) {
            if (life.isOver() || System.nanoTime() - end > 0) {
                notes.add(life.spec().name() + " ran on: not all of its threads stop");
                return;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Has something done while the host's own kernel stands still too. */
    public <T> T during(Function<StandStill, T> what) {
        KernelInstance host = machine.hostKernel();
        if (host == null) {
            return what.apply(this);
        }
        List<T> result = new ArrayList<>();
        try {
            host.standStill(HOST_MILLIS, arrived -> {
                if (!arrived) {
                    notes.add("the host's kernel ran on: a module of it does not return");
                }
                result.add(what.apply(this));
            });
            return result.getFirst();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new MachineException(ExitCode.MACHINE, "the machine is being shut down", stop);
        }
    }

    /** Names of the instances whose processes were stopped for it; those that were paused already are none of them. */
    public List<String> stopped() {
        return stopped.stream().map(life -> life.spec().name()).toList();
    }

    /** A line for each kernel that did not stand still, and why. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** Lets go on what ran before. */
    @Override
    public void close() {
        stopped.forEach(life -> life.pause(false));
        stopped.clear();
        if (guard != null) {
            /* Only now: were the host killed between the two, the guard would still do what it is for. */
            guard.destroyForcibly();
        }
    }
}
