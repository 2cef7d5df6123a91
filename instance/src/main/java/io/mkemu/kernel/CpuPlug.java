// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cpu.LocalApic;
import io.mkemu.hotplug.CpuListeners;
import io.mkemu.hotplug.ResourceCall;
import io.mkemu.hotplug.ResourceServer;
import io.mkemu.log.LogLevel;
import io.mkemu.module.CpuChange;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Brings CPUs up and takes CPUs down while the kernel runs: add_cpu and remove_cpu. On the boot CPU, unless a method
 * says otherwise.
 *
 * <p>A CPU that goes has no senders any more when the host asks: who looks does not find it in the CPU set, and all
 * have looked. It delivers what came, stands still until it is decided that it goes, and leaves what runs on it to the
 * boot CPU. The host asks twice: whether it may go, before it turns senders away, and for it to go.
 */
final class CpuPlug {
    private static final long LOOK_MILLIS = 20;
    private static final int NONE = -1;

    private final KernelInstance kernel;
    private final CpuListeners listeners;
    /* Physical id of the CPU of which all modules have said that it may go. */
    private int agreed = NONE;

    CpuPlug(KernelInstance kernel, CpuListeners listeners) {
        this.kernel = kernel;
        this.listeners = listeners;
    }

    /** Has a server do both. */
    void serve(ResourceServer server) {
        server.with(ResourceOperation.CPU_ADD, new Add()).with(ResourceOperation.CPU_REMOVE, new Remove());
    }

    /**
     * CPU_ADD: the host has assigned the CPU to this instance, and nobody sends to it yet. Of a CPU that is there: it
     * stays, whatever was said before.
     */
    private final class Add implements ResourceServer.Operation {
        @Override
        public void query(ResourceCall call) {
            String why = problem();
            if (why == null) {
                call.done(() -> { });
            } else {
                call.refuse(Errno.EBUSY, why);
            }
        }

        @Override
        public void handle(ResourceCall call) {
            LocalApic apic = apic(call);
            String why = problem();
            CpuThread there = kernel.cpus().withPhysicalId((int) call.first());
            if (apic == null || apic.instanceId() != kernel.instanceId()) {
                call.refuse(Errno.EINVAL, "it is none of this instance's");
            } else if (there != null) {
                stays(there.cpu());
                call.done(() -> { });
            } else if (why != null) {
                call.refuse(Errno.EBUSY, why);
            } else {
                begin(call, apic, apic.logicalCpu());
            }
        }

        private void begin(ResourceCall call, LocalApic apic, int logical) {
            if (logical <= 0 || logical >= kernel.cpus().possible() || kernel.cpus().threads()[logical] != null) {
                call.refuse(Errno.EEXIST, "logical CPU " + logical + " of " + kernel.cpus().possible()
                    + " possible ones is not free");
                return;
            }
            CpuThread thread = kernel.make(logical, apic);
            kernel.cpus().comes(thread);
            /* Before it runs: from now on other CPUs may take handlers back while this one is in them. */
            kernel.handlers().alone(false);
            thread.bringUp().whenComplete((up, refused) ->
                kernel.cpus().boot().submit(() -> end(call, thread, refused)));
        }

        private void end(ResourceCall call, CpuThread thread, Throwable refused) {
            if (refused != null || kernel.isEnding()) {
                parkNow(thread);
                call.refuse(Errno.EINVAL, refused == null ? "it shuts down" : String.valueOf(refused.getMessage()));
                return;
            }
            kernel.cpus().put(thread.cpu().logicalCpu(), thread);
            boolean done = call.done(() -> {
                kernel.cpus().put(thread.cpu().logicalCpu(), null);
                parkNow(thread);
            });
            if (done) {
                tell(thread.cpu(), CpuChange.ADDED);
            }
        }
    }

    /** CPU_REMOVE: the CPU is in no CPU set that anybody sends by. */
    private final class Remove implements ResourceServer.Operation {
        @Override
        public void query(ResourceCall call) {
            if (mayGo(call) != null) {
                call.done(() -> { });
            }
        }

        @Override
        public void handle(ResourceCall call) {
            Cpu cpu = mayGo(call);
            if (cpu != null) {
                cpu.submit(() -> leave(cpu, call));
            }
        }

        /** The CPU, if all agree; else the call is refused. */
        private Cpu mayGo(ResourceCall call) {
            LocalApic apic = apic(call);
            CpuThread thread = apic == null ? null : kernel.cpus().withPhysicalId(apic.physicalCpu());
            if (thread == null) {
                call.refuse(Errno.ENOENT, "it is none of this instance's");
                return null;
            }
            Cpu cpu = thread.cpu();
            String why = cpu == kernel.cpus().boot() ? "it is the boot CPU" : problem();
            if (why == null && agreed != apic.physicalCpu()) {
                why = listeners.veto(cpu.logicalCpu(), apic.physicalCpu());
            }
            if (why != null) {
                call.refuse(Errno.EBUSY, why);
                return null;
            }
            agreed = apic.physicalCpu();
            return cpu;
        }

        /** On the CPU that goes. */
        private void leave(Cpu cpu, ResourceCall call) {
            cpu.drain();
            CompletableFuture<Boolean> goes = new CompletableFuture<>();
            Cpu boot = kernel.cpus().boot();
            boot.submit(() -> goes.complete(decide(cpu, call)));
            if (!await(goes)) {
                return;
            }
            cpu.sender().close();
            cpu.apic().watches(false);
            ((CpuThread) Thread.currentThread()).leave(() -> boot.submit(() -> {
                kernel.hook().cpuGone(cpu.logicalCpu());
                boot.takeAll(cpu);
                settle();
                tell(cpu, CpuChange.REMOVED);
            }));
        }

        private boolean decide(Cpu cpu, ResourceCall call) {
            if (kernel.isEnding()) {
                call.refuse(Errno.EBUSY, "it shuts down");
            } else if (call.done(() -> { })) {
                kernel.cpus().put(cpu.logicalCpu(), null);
                agreed = NONE;
                return true;
            }
            stays(cpu);
            return false;
        }

        /** Nothing of this CPU runs meanwhile, but it parks if the whole kernel does. */
        private boolean await(CompletableFuture<Boolean> goes) {
            while (goes.isDone() || !kernel.isEnding()) {
                try {
                    return goes.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException notYet) {
                    continue;
                } catch (ExecutionException | InterruptedException stays) {
                    return false;
                }
            }
            return false;
        }
    }

    /** Why no CPU can come or go, or null. */
    private String problem() {
        return kernel.isEnding() ? "it shuts down" : kernel.modules().cpuProblem();
    }

    private LocalApic apic(ResourceCall call) {
        long cpu = call.first();
        return cpu < 0 || cpu >= kernel.machine().apics().count() ? null : kernel.machine().apic((int) cpu);
    }

    private void stays(Cpu cpu) {
        if (agreed == cpu.apic().physicalCpu()) {
            agreed = NONE;
            listeners.tell(CpuChange.STAYS, cpu.logicalCpu(), cpu.apic().physicalCpu());
        }
    }

    /** A CPU has gone, or has not come. */
    private void settle() {
        kernel.handlers().alone(kernel.cpus().others().isEmpty());
    }

    private void tell(Cpu cpu, CpuChange change) {
        kernel.printk(LogLevel.INFO, "mkemu: CPU " + cpu.apic().physicalCpu() + " (logical " + cpu.logicalCpu() + ") "
            + (change == CpuChange.ADDED ? "is online" : "is offline: what ran there runs on the boot CPU"));
        listeners.tell(change, cpu.logicalCpu(), cpu.apic().physicalCpu());
    }

    private void parkNow(CpuThread thread) {
        try {
            thread.park();
            /* Nobody has given it anything yet: it comes at once. */
            thread.awaitParked(0);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        settle();
    }

    /**
     * The CPUs of a kernel by their logical numbers, which stay while a CPU is there; a number may be nobody's. The
     * boot CPU, number 0, is always there. Changed on the boot CPU, read by any thread.
     */
    static final class Table {
        private volatile CpuThread[] threads;
        /* Those that have no number yet, or none any more, too: they run all the same. */
        private final Set<CpuThread> made = ConcurrentHashMap.newKeySet();

        /**
         * Without CPUs yet.
         *
         * @param physical ids of those that will be there first
         * @throws MachineException if the instance's entry tells of less room than these need
         */
        Table(InstanceEntry entry, int[] physical, int nrCpus) {
            int possible = entry.possibleCpus();
            if (possible < physical.length || possible > nrCpus) {
                throw new MachineException(ExitCode.MACHINE, "instance " + entry.id() + " may have " + possible
                    + " CPUs, as its entry says, and has " + physical.length + " of " + nrCpus
                    + ": the entry is damaged; execute it again");
            }
            threads = new CpuThread[possible];
        }

        /** How many there may be at once: numbers are below that. */
        int possible() {
            return threads.length;
        }

        /** By logical number, null for one that is not there; do not change. */
        CpuThread[] threads() {
            return threads;
        }

        /** Those that are there, by ascending number. */
        List<CpuThread> online() {
            return Arrays.stream(threads).filter(Objects::nonNull).toList();
        }

        /** Those that are there, without the boot CPU. */
        List<Cpu> others() {
            return Arrays.stream(threads).skip(1).filter(Objects::nonNull).map(CpuThread::cpu).toList();
        }

        Cpu boot() {
            return threads[0].cpu();
        }

        /**
         * One that is there.
         *
         * @throws IllegalArgumentException if it is not, in one line
         */
        Cpu of(int logicalCpu) {
            CpuThread[] all = threads;
            if (logicalCpu < 0 || logicalCpu >= all.length) {
                throw new IllegalArgumentException("logical CPU " + logicalCpu + " is not in 0.." + (all.length - 1));
            }
            if (all[logicalCpu] == null) {
                throw new IllegalArgumentException("logical CPU " + logicalCpu + " is not online");
            }
            return all[logicalCpu].cpu();
        }

        /** The one with a physical id, or null. */
        CpuThread withPhysicalId(int physicalCpu) {
            return online().stream().filter(thread -> thread.cpu().apic().physicalCpu() == physicalCpu).findAny()
                .orElse(null);
        }

        /** A CPU is about to run. */
        void comes(CpuThread thread) {
            made.removeIf(gone -> gone.getState() == Thread.State.TERMINATED);
            made.add(thread);
        }

        /**
         * Parks all that run, those that come or go just now too. Any thread that is none of them.
         *
         * @param millis how long each of them may take
         * @return whether none runs any more
         */
        boolean park(long millis) throws InterruptedException {
            made.forEach(CpuThread::park);
            boolean parked = threads[0].awaitParked(millis);
            /* Only the boot CPU brings others up: when it has ended, no further one comes. */
            made.forEach(CpuThread::park);
            for (CpuThread thread : made) {
                parked &= thread.awaitParked(millis);
            }
            return parked;
        }

        /** A CPU is there from now on, or with null none of that number. */
        void put(int logicalCpu, CpuThread thread) {
            if (thread != null) {
                comes(thread);
            }
            CpuThread[] all = threads.clone();
            all[logicalCpu] = thread;
            threads = all;
        }
    }
}
