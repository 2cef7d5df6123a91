// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.PageTableDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.QueuedMailboxDescriptor;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.SingleSlotDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.machine.MappedMachine;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;

/** The fields of the memory map that belong to the victim, or to nobody who must go on. */
final class FuzzFields {
    /** A field: what it is called, where it lies, 4 or 8 bytes. */
    record Spot(String name, long address, int length) {
    }

    private static final int FUZZED_RECORDS = 2;

    private final List<Spot> all = new ArrayList<>();

    FuzzFields(MappedMachine mapped) {
        RamLayout layout = mapped.memory().layout();
        int victim = FuzzKernel.VICTIM;
        /* A process reads page 0 once, when it joins; the names of its words come from the descriptor itself. */
        for (Field field : RamHeaderDescriptor.class.getFields()) {
            if (field.getName().endsWith("_OFFSET")) {
                add("header " + field.getName(), value(field), 4);
            }
        }
        words("apic", layout.cpusAt() + (long) victim * LocalApicDescriptor.LENGTH, LocalApicDescriptor.LENGTH);
        long entry = layout.instancesAt() + (long) victim * InstanceDescriptor.LENGTH;
        words("entry", entry, InstanceDescriptor.TASKS_FAILED_OFFSET + Integer.BYTES);
        words("entry reason", entry + InstanceDescriptor.REASON_OFFSET, 64);
        words("entry cmdline", entry + InstanceDescriptor.CMDLINE_OFFSET, 64);
        long log = layout.logsAt() + (long) victim * KernelLogDescriptor.LENGTH;
        words("log", log, KernelLogDescriptor.RECORDS_OFFSET + 512);
        words("trace ring", layout.traceRingAt(victim), TraceRingDescriptor.SLOTS_OFFSET + 64);
        long region = mapped.instances().entry(victim).regions().get(0).address();
        words("pool header", region, BitmapPoolDescriptor.HEADER_LENGTH + 128);
        words("page table", layout.pagesAt()
            + Pages.pfn(region - layout.hostAt()) * PageTableDescriptor.LENGTH, 64 * PageTableDescriptor.LENGTH);
        if (mapped.memory().ipiMode() == IpiMode.SINGLE_SLOT) {
            words("slot", mapped.instances().entry(victim).ipiArea() + SingleSlotDescriptor.slotAt(victim),
                MkIpiDataDescriptor.LENGTH);
            return;
        }
        long area = mapped.instances().entry(victim).ipiArea();
        words("area", area, QueuedMailboxDescriptor.BLOCKS_OFFSET + QueuedMailboxDescriptor.LANES_OFFSET);
        for (int cpu = 0; cpu < layout.nrCpus(); cpu++) {
            lane("lane from CPU " + cpu, layout, area, cpu);
        }
        for (int witness : new int[] {FuzzKernel.WITNESS, FuzzKernel.PARTNER}) {
            lane("lane to instance " + witness, layout, mapped.instances().entry(witness).ipiArea(), victim);
        }
    }

    private void lane(String name, RamLayout layout, long area, int senderCpu) {
        long lane = area + QueuedMailboxDescriptor.BLOCKS_OFFSET + QueuedMailboxDescriptor.LANES_OFFSET
            + senderCpu * QueuedMailboxDescriptor.laneLength(layout.ipiSlots());
        words(name + " head", lane + QueuedMailboxDescriptor.HEAD_OFFSET, 8);
        words(name + " records", lane + QueuedMailboxDescriptor.RECORDS_OFFSET,
            FUZZED_RECORDS * QueuedMailboxDescriptor.MAX_RECORD_LENGTH);
    }

    private static int value(Field field) {
        try {
            return field.getInt(null);
        } catch (IllegalAccessException fault) {
            throw new IllegalStateException(fault);
        }
    }

    private void words(String name, long address, int bytes) {
        for (int at = 0; at < bytes; at += Long.BYTES) {
            add(name + " +" + at, address + at, bytes - at >= Long.BYTES ? Long.BYTES : Integer.BYTES);
        }
    }

    private void add(String name, long address, int length) {
        all.add(new Spot(name, address, length));
    }

    List<Spot> all() {
        return all;
    }
}
