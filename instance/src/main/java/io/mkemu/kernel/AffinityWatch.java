// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.cpu.LocalApic;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.function.Supplier;

/**
 * Sees that a CPU's thread stays on its host CPU. Somebody else may move it: by taskset, by the CPU set of its control
 * group or container, by taking a host CPU offline. Each look compares what is with what the host planned, pins again
 * where the system lets it, and says in the local APIC where the CPU really is; each change is told once. Any thread
 * may look. Throws what {@link Pins#allowed} throws.
 */
final class AffinityWatch {
    /** Host CPUs of threads, by the operating system's ids of these. */
    interface Pins {
        /** The system's. */
        Pins SYSTEM = new Pins() {
            @Override
            public BitSet allowed(int thread) {
                return Affinity.allowed(thread);
            }

            @Override
            public int set(int thread, BitSet hostCpus) {
                return Affinity.set(thread, hostCpus);
            }
        };

        /** Those that it may run on. */
        BitSet allowed(int thread);

        /** Confines it; 0 or a negative errno. */
        int set(int thread, BitSet hostCpus);
    }

    private final Supplier<CpuThread[]> threads;
    /* Those that were looked at last, by logical CPU, and where they are to be. */
    private CpuThread[] seen = {};
    private final int[] planned;
    /* What was told last: where each may run. */
    private final BitSet[] told;
    private final Printk printk;
    private final RateLimit moves;
    private final Pins pins;

    /**
     * Of a kernel whose CPUs are pinned as planned.
     *
     * @param threads by logical CPU, null for none
     */
    AffinityWatch(Supplier<CpuThread[]> threads, Printk printk, Pins pins) {
        this.threads = threads;
        int possible = threads.get().length;
        this.planned = new int[possible];
        this.told = new BitSet[possible];
        this.printk = printk;
        this.moves = printk.limit("mkemu: no longer affine");
        this.pins = pins;
        see();
    }

    /** CPUs may have come since: they are where the host has planned them. */
    private void see() {
        CpuThread[] now = threads.get();
        for (int cpu = 0; cpu < now.length; cpu++) {
            if (now[cpu] != null && (cpu >= seen.length || seen[cpu] != now[cpu])) {
                planned[cpu] = now[cpu].cpu().apic().hostCpu();
                told[cpu] = only(planned[cpu]);
            }
        }
        seen = now;
    }

    private static BitSet only(int hostCpu) {
        BitSet set = new BitSet();
        set.set(hostCpu);
        return set;
    }

    /** Looks once at each CPU. */
    synchronized void look() {
        see();
        for (int cpu = 0; cpu < seen.length; cpu++) {
            int logical = cpu;
            if (seen[cpu] != null) {
                seen[cpu].whileRunning(id -> look(logical, id));
            }
        }
    }

    private void look(int cpu, int id) {
        BitSet wanted = only(planned[cpu]);
        BitSet found = pins.allowed(id);
        if (found.equals(wanted)) {
            settle(cpu, id, found, "affine to host CPU " + planned[cpu] + " again");
            return;
        }
        int refused = pins.set(id, wanted);
        if (refused < 0) {
            settle(cpu, id, found, "no longer affine to host CPU " + planned[cpu] + ": it may run on "
                + Affinity.list(found) + " only, and cannot be pinned again (" + Errno.name(refused) + ")");
        } else if (told[cpu].equals(wanted)) {
            say(cpu, id, "no longer affine to host CPU " + planned[cpu] + ": it was moved to " + Affinity.list(found)
                + " from outside; pinned again");
        } else {
            settle(cpu, id, wanted, "affine to host CPU " + planned[cpu] + " again");
        }
    }

    /** This is how it is from now on. */
    private void settle(int cpu, int id, BitSet now, String line) {
        if (!told[cpu].equals(now)) {
            told[cpu] = now;
            LocalApic apic = seen[cpu].cpu().apic();
            apic.hostCpu(now.cardinality() == 1 ? now.nextSetBit(0) : -1);
            say(cpu, id, line);
        }
    }

    private void say(int cpu, int id, String line) {
        if (printk.pass(moves) > 0) {
            printk.print(LogLevel.WARNING, "mkemu: CPU " + seen[cpu].cpu().apic().physicalCpu() + ": process " + id
                + " (" + seen[cpu].getName() + ") " + line);
        }
    }
}
