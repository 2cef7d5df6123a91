// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.MachineException;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;

/** What an instance whose process has ended leaves behind in memory, found and returned. */
final class Recovery {
    private Recovery() {
    }

    /**
     * Ends the shares of the instance's pages, and those that others made for it, and frees all of its pool but the
     * IPI area, a call that a kill cut short too. What another process has mapped stays mapped there. Host only, after
     * the process has ended.
     *
     * @return bytes of the pool that became free
     * @throws MachineException if the pool's bitmap is damaged; the shares have ended then too
     */
    static long ended(PhysicalMemory memory, InstanceEntry entry) {
        memory.pageTable().clearGrantsTo(entry.id());
        for (Region region : entry.regions()) {
            memory.pageTable().clear(region.address(), region.size());
        }
        try (InstancePool pool = InstancePool.attach(memory, entry)) {
            return pool.recover(entry.ipiArea());
        }
    }
}
