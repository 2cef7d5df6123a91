// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.Errno;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApics;
import io.mkemu.memory.InstancePool;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Makes and takes away the IPI areas of a machine's instances. For the host; one thread at a time creates or destroys.
 */
public final class IpiAreas {
    private static final long LET_GO_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final Interconnect interconnect;
    private final InstanceTable instances;
    private final LocalApics apics;

    IpiAreas(Interconnect interconnect) {
        this.interconnect = interconnect;
        this.instances = interconnect.instances();
        this.apics = interconnect.apics();
    }

    /**
     * Allocates an area from the instance's own pool, zeroes it, then publishes it: mk_instance_ipi_create. Its CPUs
     * are numbered; as long as the area is published the instance may have as many at once as it has now.
     *
     * @return as {@link #create(int, int)}
     */
    public int create(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        return create(instanceId, entry == null ? 0 : entry.cpus().length);
    }

    /**
     * As {@link #create(int)}, for further CPUs too.
     *
     * @param possible how many CPUs the instance may have at once, at least as many as it has
     * @return 0; -EINVAL (id outside 0..255, or no such instance), -ENODEV (it has no pool), -ENOMEM (its pool cannot
     *     hold the area), -EEXIST (it has one already; that one stays)
     */
    public int create(int instanceId, int possible) {
        InstanceEntry entry = instances.entry(instanceId);
        if (entry == null || entry.name().isEmpty()) {
            return -Errno.EINVAL;
        }
        if (entry.regions().isEmpty()) {
            return -Errno.ENODEV;
        }
        long size = interconnect.areaLength(possible);
        try (InstancePool pool = pool(entry)) {
            long area = pool.alloc(size, Pages.PAGE_SIZE);
            if (area == 0) {
                return -Errno.ENOMEM;
            }
            interconnect.formatArea(area, possible);
            if (entry.ipiArea() != 0) {
                pool.free(area, size);
                return -Errno.EEXIST;
            }
            entry.possibleCpus(possible);
            apics.number(entry.cpus());
            entry.ipiArea(area, size);
            return 0;
        }
    }

    /**
     * Unpublishes an area, waits until no CPU has it mapped for sending, then frees it: mk_instance_ipi_destroy. In
     * single-slot mode it does not wait, as the RFC does not.
     *
     * @return 0, also where there is none; -EBUSY if a CPU that is alive, but stopped, does not let go within 2 s, or
     *     a kernel has a page of the area mapped that its owner shared: the area is unpublished then and its memory
     *     stays allocated, so that nothing is ever written into freed memory
     */
    public int destroy(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        if (entry == null || entry.ipiArea() == 0) {
            return 0;
        }
        long area = entry.ipiArea();
        long size = entry.ipiAreaSize();
        if (!unpublish(instanceId)) {
            return -Errno.EBUSY;
        }
        try (InstancePool pool = pool(entry)) {
            return pool.free(area, size);
        }
    }

    /**
     * Unpublishes an area and waits until no CPU has it mapped for sending; its memory stays allocated.
     *
     * @return false if a CPU that is alive, but stopped, does not let go within 2 s: it may still write there
     */
    public boolean unpublish(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        entry.ipiArea(0, 0);
        return !interconnect.mailbox().waitsForSenders() || awaitLetGo(instanceId);
    }

    /**
     * Waits until no CPU sends by a copy of the instance's CPU set that is older than this call: what a sender has
     * begun is published then. As synchronize_rcu: each sender takes an interrupt, which it does between two sends.
     *
     * @param instanceId whose CPU set has changed
     * @param nanos      how long to wait at most
     * @return the physical CPU of a sender that has not answered, because it is stopped or is in a module that does not
     *     come back; -1 for none
     */
    public int awaitSenders(int instanceId, long nanos) {
        long deadline = interconnect.memory().platform().nanoTime() + nanos;
        int[] senders = senders(instanceId);
        for (int cpu : senders) {
            apics.of(cpu).raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
        }
        for (int cpu : senders) {
            LocalApic apic = apics.of(cpu);
            while (apic.sendsTo(instanceId) && apic.isPending(LocalApicDescriptor.RESCHEDULE_VECTOR)) {
                if (interconnect.memory().platform().nanoTime() - deadline > 0) {
                    return cpu;
                }
                interconnect.memory().platform().park(LOOK_NANOS);
            }
        }
        return -1;
    }

    /** Physical CPUs that have an instance's area mapped for sending, in ascending order. */
    public int[] senders(int instanceId) {
        return IntStream.range(0, apics.count())
            .filter(cpu -> apics.of(cpu).sendsTo(instanceId)).toArray();
    }

    /**
     * An instance's area: mk_instance_ipi_get.
     *
     * @return physical address, 0 for none
     */
    public long get(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        return entry == null ? 0 : entry.ipiArea();
    }

    private InstancePool pool(InstanceEntry entry) {
        return InstancePool.attach(interconnect.memory(), entry.id(), entry.regions());
    }

    private boolean awaitLetGo(int instanceId) {
        long deadline = interconnect.memory().platform().nanoTime() + LET_GO_NANOS;
        for (int cpu = 0; cpu < apics.count(); cpu++) {
            LocalApic apic = apics.of(cpu);
            if (apic.sendsTo(instanceId)) {
                apic.raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
            }
            while (apic.sendsTo(instanceId)) {
                if (interconnect.memory().platform().nanoTime() - deadline > 0) {
                    return false;
                }
                interconnect.memory().platform().park(LOOK_NANOS);
            }
        }
        return true;
    }
}
