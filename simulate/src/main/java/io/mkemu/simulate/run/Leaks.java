// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.kernel.SteppedKernel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.table.InstanceEntry;
import java.util.List;

/** What is left of the memory that modules had when all of them have ended. */
final class Leaks {
    private Leaks() {
    }

    /** The first thing that is left, in a line, or null. */
    static String of(MappedMachine mapped, Cpus cpus, String[] names) {
        for (SteppedKernel kernel : cpus.kernels()) {
            String left = kernel == null ? null : of(mapped, kernel.entry(), cpus, names);
            if (left != null) {
                return left;
            }
        }
        return null;
    }

    private static String of(MappedMachine mapped, InstanceEntry entry, Cpus cpus, String[] names) {
        List<MappedPage> stillMapped = mapped.memory().pageTable().stillMapped(entry.regions());
        if (!stillMapped.isEmpty()) {
            return names[stillMapped.getFirst().mappers().getFirst()] + " still has " + (stillMapped.size() == 1
                ? "a page" : stillMapped.size() + " pages") + " of " + names[entry.id()]
                + " mapped when all modules have ended";
        }
        long left = cpus.poolBytes(entry.id()) - cpus.available(entry);
        return left <= 0 ? null : names[entry.id()] + " still has " + left
            + " bytes of its pool allocated when all modules have ended";
    }
}
