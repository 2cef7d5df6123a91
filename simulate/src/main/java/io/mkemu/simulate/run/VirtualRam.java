// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.OsMemory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.InstanceSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/**
 * RAM of one machine after another. What a machine may have written is made zeros before the next one begins, and no
 * more: pages that are used again cost nothing, where to give them back and take them anew costs a page fault for each.
 * One thread.
 */
final class VirtualRam {
    private final MemorySegment ram;
    /* Of the host's memory and the pool: the pages that a kernel or the host has had mapped. */
    private final BitSet used = new BitSet();
    private MachinePlan plan;
    private boolean traced;

    /**
     * Zeroed.
     *
     * @param size  bytes that the largest machine needs
     * @param owner frees it
     */
    VirtualRam(long size, Arena owner) throws IOException {
        this.ram = OsMemory.allocate(size, owner);
    }

    /**
     * RAM of a machine that begins; the one before has ended.
     *
     * @param trace whether its CPUs write trace records
     */
    PhysicalMemory begins(MachinePlan its, long epoch, boolean trace, VirtualPlatform platform) {
        clear();
        plan = its;
        traced = trace;
        return PhysicalMemory.inMemory(ram.asSlice(0, its.layout().ramSize()), its.layout(), its.spec().ipi(), epoch,
            platform, this::maps);
    }

    private void maps(long address, int length) {
        if (address >= plan.layout().poolMapAt()) {
            used.set((int) Pages.pfn(address), (int) Pages.pfn(address + length - 1) + 1);
        }
    }

    private void clear() {
        if (plan == null) {
            return;
        }
        RamLayout layout = plan.layout();
        zeros(0, layout.instancesAt());
        clearTablesOf(0, layout);
        for (InstanceSpec instance : plan.spec().instances()) {
            clearTablesOf(instance.id(), layout);
        }
        int ring = TraceRingDescriptor.length(layout.nrCpus());
        for (int cpu = 0; cpu < layout.nrCpus(); cpu++) {
            zeros(layout.traceRingAt(cpu), traced ? ring : TraceRingDescriptor.SLOTS_OFFSET);
        }
        zeros(layout.pagesAt(), layout.poolMapAt() - layout.pagesAt());
        for (int from = used.nextSetBit(0); from >= 0; from = used.nextSetBit(from)) {
            int to = used.nextClearBit(from);
            zeros(Pages.address(from), Pages.address(to - from));
            from = to;
        }
        used.clear();
    }

    private void clearTablesOf(int id, RamLayout layout) {
        zeros(layout.instancesAt() + (long) id * InstanceDescriptor.LENGTH, InstanceDescriptor.LENGTH);
        zeros(layout.logsAt() + (long) id * KernelLogDescriptor.LENGTH, KernelLogDescriptor.LENGTH);
    }

    private void zeros(long address, long length) {
        ram.asSlice(address, length).fill((byte) 0);
    }

    /** Address of the first byte that is not 0 though no machine has the RAM now, or -1. */
    long firstLeft() {
        clear();
        plan = null;
        for (long at = 0; at < ram.byteSize(); at += Long.BYTES) {
            if (ram.get(ValueLayout.JAVA_LONG, at) != 0) {
                return at;
            }
        }
        return -1;
    }
}
