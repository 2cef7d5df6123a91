// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApics;
import org.agrona.concurrent.UnsafeBuffer;

/** The instance table of a machine: one object for each id, made once. Thread-safe. */
public final class InstanceTable {
    private final InstanceEntry[] entries = new InstanceEntry[InstanceDescriptor.MAX_INSTANCES];
    private final LocalApics apics;

    /**
     * The instance table that lies in these tables.
     *
     * @param tables the machine's tables, at offsets equal to their physical addresses
     * @param apics  say which instance owns a CPU
     */
    public InstanceTable(UnsafeBuffer tables, RamLayout layout, LocalApics apics) {
        this.apics = apics;
        for (int id = 0; id < entries.length; id++) {
            entries[id] = new InstanceEntry(tables, (int) layout.instancesAt() + id * InstanceDescriptor.LENGTH, id,
                layout);
        }
    }

    /**
     * The entry of an id, whatever its state.
     *
     * @param id 0..255
     * @return the entry, or null for an id outside the range
     */
    public InstanceEntry entry(int id) {
        return id >= 0 && id < entries.length ? entries[id] : null;
    }

    /**
     * The instance of an id: mk_instance_find.
     *
     * @return its entry, or null if there is none
     */
    public InstanceEntry find(int id) {
        InstanceEntry entry = entry(id);
        return entry == null || entry.state() == InstanceState.EMPTY ? null : entry;
    }

    /** Has the CPUs that watch look at the table: a life or a state has just changed. Any thread. */
    public void tellWatchers() {
        for (int cpu = 0; cpu < apics.count(); cpu++) {
            LocalApic apic = apics.of(cpu);
            if (apic.watches()) {
                apic.raise(LocalApicDescriptor.INSTANCE_VECTOR);
            }
        }
    }

    /**
     * The instance that owns a physical CPU: from a message's sender to the one to answer. Allocates nothing.
     *
     * @return its id, or -1 if nobody owns the CPU
     */
    public int ownerOf(int physicalCpu) {
        int id = apics.instanceOfCpu(physicalCpu);
        return find(id) == null ? -1 : id;
    }
}
