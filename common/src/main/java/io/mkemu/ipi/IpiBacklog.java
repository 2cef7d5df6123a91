// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a kernel that lives has still to deliver, as it is seen from outside: for any process that has the RAM mapped,
 * any thread. It is a look at words that change; who wants to know that nothing is under way looks at all kernels
 * between two equal sums of messages sent.
 *
 * @param lanes    queued: lanes whose next message is there and not consumed; single-slot: CPUs that are to look
 * @param received messages that its CPUs have taken out, callbacks of them included
 * @param counted  whether its CPUs' counters say the same already; of a single-slot mailbox nobody can say otherwise
 */
public record IpiBacklog(int lanes, long received, boolean counted) {
    /** Looks at one instance's area, which must be there. */
    public static IpiBacklog of(Interconnect interconnect, InstanceEntry owner) {
        PhysicalMemory memory = interconnect.memory();
        int[] cpus = owner.cpus();
        if (memory.ipiMode() != IpiMode.QUEUED) {
            return ofSlots(interconnect, cpus);
        }
        int lanes = 0;
        long received = 0;
        boolean counted = true;
        int nrCpus = memory.layout().nrCpus();
        int slots = memory.layout().ipiSlots();
        try (Window window = interconnect.mapArea(owner, owner.ipiArea())) {
            UnsafeBuffer area = window.buffer();
            for (int cpu : cpus) {
                LocalApic apic = interconnect.apics().of(cpu);
                int logical = apic.logicalCpu();
                if (logical < 0 || logical >= owner.possibleCpus()) {
                    continue;
                }
                long consumed = 0;
                for (int sender = 0; sender < nrCpus; sender++) {
                    int lane = (int) laneAt(nrCpus, slots, logical, sender);
                    /* Before the ready word: what is consumed between the two looks counts as not consumed. */
                    long head = area.getLongVolatile(lane + HEAD_OFFSET);
                    consumed += consumedOf(head);
                    int at = Math.min(atOf(head), recordsLength(slots));
                    long ready = area.getLongVolatile(lane + RECORDS_OFFSET + at + READY_OFFSET);
                    lanes += tagOf(ready) == tag(consumedOf(head) + 1) ? 1 : 0;
                }
                received += consumed;
                counted &= apic.counter(Counter.RECEIVED) == consumed - apic.consumedBefore();
            }
        }
        return new IpiBacklog(lanes, received, counted);
    }

    /**
     * How many messages have been consumed in a block of a queued area, in all its lanes; 0 in single-slot mode.
     *
     * @param logicalCpu number of the CPU whose block it is, or was
     */
    public static long consumed(Interconnect interconnect, InstanceEntry owner, int logicalCpu) {
        PhysicalMemory memory = interconnect.memory();
        if (memory.ipiMode() != IpiMode.QUEUED) {
            return 0;
        }
        long consumed = 0;
        try (Window window = interconnect.mapArea(owner, owner.ipiArea())) {
            for (int sender = 0; sender < memory.layout().nrCpus(); sender++) {
                long lane = laneAt(memory.layout().nrCpus(), memory.layout().ipiSlots(), logicalCpu, sender);
                consumed += consumedOf(window.buffer().getLongVolatile((int) lane + HEAD_OFFSET));
            }
        }
        return consumed;
    }

    private static IpiBacklog ofSlots(Interconnect interconnect, int[] cpus) {
        int pending = 0;
        long received = 0;
        for (int cpu : cpus) {
            LocalApic apic = interconnect.apics().of(cpu);
            pending += apic.isPending(LocalApicDescriptor.MULTIKERNEL_VECTOR) ? 1 : 0;
            received += apic.counter(Counter.RECEIVED);
        }
        return new IpiBacklog(pending, received, true);
    }

    /** Whether there is nothing. */
    public boolean isEmpty() {
        return lanes == 0 && counted;
    }
}
