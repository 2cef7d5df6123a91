// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.PhysicalMemory;

/** The instance table of a machine. Thread-safe: entries are created once. */
public final class InstanceTable {
    private final InstanceEntry[] entries = new InstanceEntry[InstanceDescriptor.MAX_INSTANCES];
    private final PhysicalMemory memory;

    /** The table that lies in this memory. */
    public InstanceTable(PhysicalMemory memory) {
        this.memory = memory;
        for (int id = 0; id < entries.length; id++) {
            entries[id] = new InstanceEntry(memory.tables(),
                (int) memory.layout().instancesAt() + id * InstanceDescriptor.LENGTH, id, memory.layout());
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

    /**
     * The instance that owns a physical CPU: from a message's sender to the one to answer.
     *
     * @return its id, or -1 if nobody owns the CPU
     */
    public int ownerOf(int physicalCpu) {
        if (physicalCpu < 0 || physicalCpu >= memory.layout().nrCpus()) {
            return -1;
        }
        int id = LocalApic.of(memory, physicalCpu).instanceId();
        return find(id) == null ? -1 : id;
    }
}
