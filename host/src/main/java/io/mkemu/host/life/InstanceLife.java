// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.os.Shortage;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/**
 * One life of an instance, from exec to its end, whoever starts its process: a strategy per launcher. It asks and
 * watches; what follows from an end is its owner's to do. Thread-safe.
 */
public abstract class InstanceLife {
    /** What a life waits for that needs nobody: {@link #waitsFor}. */
    public static final String BOOTING = "booting";
    /** How long the CPUs have to park by themselves when a force halt is asked for. */
    private static final long PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(800);
    /** How long the operating system may take to end a process that was destroyed. */
    private static final long DESTROY_NANOS = TimeUnit.SECONDS.toNanos(8);

    private final HostedMachine machine;
    private final InstanceSpec spec;
    private final InstanceEntry entry;
    private final KernelKind kernel;
    private final BiConsumer<InstanceLife, String> over;
    private final CompletableFuture<Boolean> booted = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean shuttingDown;
    private volatile boolean halting;
    /** Entry and CPUs may be another life's from now on. Under this object's monitor. */
    private boolean gone;
    private volatile String outcome = "";

    /**
     * Prepares.
     *
     * @param over told once, on another thread than the caller of {@link #exec}, that the process is gone, and how it
     *     ended if nobody wanted it to
     */
    public InstanceLife(HostedMachine machine, InstanceSpec spec, BiConsumer<InstanceLife, String> over) {
        this(machine, spec, KernelKind.of(spec.bootargs(), spec.modules(), machine.memory()), over);
    }

    /** As above, of a kernel that this is the one to choose. */
    public InstanceLife(HostedMachine machine, InstanceSpec spec, KernelKind kernel,
        BiConsumer<InstanceLife, String> over) {
        this.machine = machine;
        this.spec = spec;
        this.entry = machine.mapped().instances().entry(spec.id());
        this.kernel = kernel;
        this.over = over;
    }

    /** The machine that it is a life of. */
    public HostedMachine machine() {
        return machine;
    }

    public InstanceSpec spec() {
        return spec;
    }

    public InstanceEntry entry() {
        return entry;
    }

    /** The kernel that it boots. */
    public KernelKind kernel() {
        return kernel;
    }

    /**
     * Begins: a process is started, or waited for. Returns at once.
     *
     * @throws MachineException if that cannot be; no process is left then
     */
    public final void exec() {
        entry.bootStep(BootStep.EXEC, machine.mapped().platform().nanoTime());
        entry.requested(InstanceDescriptor.REQUEST_RUN);
        try {
            launch();
        } catch (OutOfMemoryError fault) {
            String shortage = Shortage.of(fault);
            if (shortage == null) {
                throw fault;
            }
            throw new MachineException(ExitCode.RESOURCES, "cannot start the process of instance " + spec.name() + ": "
                + shortage, fault);
        }
    }

    /**
     * Starts the process, or the wait for it.
     *
     * @throws io.mkemu.MachineException if it cannot be started
     * @throws OutOfMemoryError          if a thread cannot be started; no process is left then
     */
    public abstract void launch();

    /** Whether it is over for want of threads, memory or files: its process says so by its exit code. */
    public boolean hadNoRoom() {
        return entry.exitCode() == ExitCode.RESOURCES.code();
    }

    /** The host CPUs that its process may use, as far as this one knows; at least one. */
    public abstract BitSet hostCpus();

    /** Process id on this system, or what the instance itself says; 0 if there is none yet. */
    public abstract long pid();

    /**
     * Ends the process without asking it.
     *
     * @return false if this launcher cannot
     */
    public abstract boolean destroy();

    /**
     * Stops the process where it is, or lets it go on: none of its CPUs runs meanwhile, and messages wait in its lanes.
     *
     * @return false if this launcher cannot, or the process is gone
     */
    public abstract boolean pause(boolean stops);

    /** Whether the process is stopped now, by whomever. */
    public abstract boolean isPaused();

    /**
     * Whether a debugger may hold it up now: it is not stuck then, however long nothing comes from it. False for a life
     * whose process this one cannot see.
     */
    public boolean isDebugged() {
        return false;
    }

    /**
     * Waits until a debugger can be attached to a kernel that waits for one.
     *
     * @return the command that attaches it; empty if this kernel does not wait, has ended, or the time is over
     */
    public String awaitDebuggable(long deadlineNanos) throws InterruptedException {
        return "";
    }

    /** What is to be said of a life that is not active yet: what it waits for. */
    public abstract String waitsFor();

    /**
     * The stacks of its CPUs, as far as this launcher can have them of a process that lives or of one that is gone;
     * else a line that says why not. May take a second.
     *
     * @param how it ended, if it has
     */
    public List<String> stacks(String how) throws InterruptedException {
        return List.of("not available: somebody else has started its process");
    }

    /** Lines for the kernel log that only the launcher has; to be asked again and again, and once after the end. */
    public abstract void takeOutput(boolean ended, BiConsumer<Boolean, String> line);

    /** Whether there are such lines that are too young to be taken. */
    public abstract boolean hasOutput();

    /** Looks whether the kernel has become active. */
    public final void look() {
        if (!booted.isDone() && entry.state() == InstanceState.ACTIVE) {
            becameActive();
            booted.complete(true);
            /* A kernel in C leaves that to its host. */
            machine.mapped().instances().tellWatchers();
            /* After it: who waits for events and asks for the state may have looked before this thread did. */
            machine.raiseEvent();
        }
    }

    /** The kernel has become active. */
    public void becameActive() {
    }

    /** Whether the kernel has been active; it may have ended since. */
    public boolean isActive() {
        return booted.getNow(false);
    }

    public boolean isOver() {
        return ended.isDone();
    }

    public boolean isShuttingDown() {
        return shuttingDown;
    }

    public boolean isHalting() {
        return halting;
    }

    /** Asks the kernel to shut down: its modules exit, its CPUs park, its process ends. */
    public void shutDown() {
        shuttingDown = true;
        ask(InstanceDescriptor.REQUEST_SHUTDOWN);
    }

    /** Raises the marker of a force halt; it stays up until the process is gone. May be repeated. */
    public void halt() {
        halting = true;
        ask(InstanceDescriptor.REQUEST_HALT);
    }

    /** Writes where the kernel reads, unless the process is gone: the next life would find it there. */
    private synchronized void ask(int request) {
        boolean halts = request == InstanceDescriptor.REQUEST_HALT;
        if (gone || halting && !halts) {
            return;
        }
        try {
            if (halts) {
                /* Nobody is to send to it from here on, whether or not its CPUs can be stopped. */
                entry.enter(InstanceState.ACTIVE, InstanceState.LOADED);
                machine.mapped().instances().tellWatchers();
            }
            entry.requested(request);
            /* From the host's own copy: the CPU set in RAM may have been scribbled over. */
            for (int cpu : machine.physical(spec.cpus())) {
                machine.mapped().apic(cpu).raise(LocalApicDescriptor.REQUEST_VECTOR);
            }
        } catch (RuntimeException | Error fault) {
            /* A kernel that cannot be asked, in RAM that is gone say, can still be ended. */
            machine.report("instance " + spec.name() + " cannot be asked to end", fault);
        }
        machine.raiseEvent();
    }

    /**
     * Waits until the kernel is active.
     *
     * @return whether it is; false too if it has ended or the time is over
     */
    public boolean awaitActive(long deadlineNanos) throws InterruptedException {
        return await(booted, deadlineNanos) && booted.getNow(false);
    }

    /** Waits for the end; whether it came before the time was over. */
    public boolean awaitEnd(long deadlineNanos) throws InterruptedException {
        return await(ended, deadlineNanos);
    }

    /**
     * Waits for the end after {@link #halt}, and enforces it where the launcher can.
     *
     * @return whether all its CPUs are parked now: the process is gone
     */
    public boolean awaitHalted(long deadlineNanos) throws InterruptedException {
        if (awaitEnd(Math.min(deadlineNanos, System.nanoTime() + PARK_NANOS)) || destroy()) {
            return awaitEnd(Math.max(deadlineNanos, System.nanoTime() + DESTROY_NANOS));
        }
        return awaitEnd(deadlineNanos);
    }

    private static boolean await(CompletableFuture<?> what, long deadlineNanos) throws InterruptedException {
        try {
            what.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException late) {
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** What was to be said of its end: the state that the instance was left in, and why. Empty before. */
    public String outcome() {
        return outcome;
    }

    public void outcome(String what) {
        outcome = what;
    }

    /** The process is gone. Once per life. */
    public final void over(String how) {
        synchronized (this) {
            gone = true;
        }
        try {
            over.accept(this, how);
        } finally {
            /* In this order: who waited for the boot in vain must see that the life is over. */
            ended.complete(null);
            booted.complete(false);
            machine.raiseEvent();
        }
    }
}
