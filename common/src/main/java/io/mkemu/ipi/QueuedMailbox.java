// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.CPUS_OFFSET;
import static io.mkemu.abi.QueuedMailboxDescriptor.MAGIC;
import static io.mkemu.abi.QueuedMailboxDescriptor.MAGIC_OFFSET;
import static io.mkemu.abi.QueuedMailboxDescriptor.NR_CPUS_OFFSET;
import static io.mkemu.abi.QueuedMailboxDescriptor.SLOTS_OFFSET;

import io.mkemu.abi.Pages;
import io.mkemu.abi.QueuedMailboxDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceTable;
import org.agrona.concurrent.UnsafeBuffer;

/** The queued mailbox: a lane of its own for each pair of sending and receiving CPU. */
final class QueuedMailbox implements MailboxFactory {
    @Override
    public boolean needsActiveTarget() {
        return true;
    }

    @Override
    public boolean waitsForSenders() {
        return true;
    }

    @Override
    public long areaLength(RamLayout layout, int cpus) {
        return Pages.align(QueuedMailboxDescriptor.areaLength(layout.nrCpus(), layout.ipiSlots(), cpus));
    }

    @Override
    public void format(UnsafeBuffer area, RamLayout layout, int cpus) {
        area.putInt(NR_CPUS_OFFSET, layout.nrCpus());
        area.putInt(SLOTS_OFFSET, layout.ipiSlots());
        area.putInt(CPUS_OFFSET, cpus);
        area.putLongRelease(MAGIC_OFFSET, MAGIC);
    }

    @Override
    public String problem(UnsafeBuffer area, RamLayout layout, int cpus) {
        boolean good = area.getLongAcquire(MAGIC_OFFSET) == MAGIC && area.getInt(NR_CPUS_OFFSET) == layout.nrCpus()
            && area.getInt(SLOTS_OFFSET) == layout.ipiSlots() && area.getInt(CPUS_OFFSET) == cpus;
        return good ? null : "is not a queued area for " + layout.nrCpus() + " CPUs x " + layout.ipiSlots() + " slots";
    }

    @Override
    public IpiReceiver receiver(UnsafeBuffer area, RamLayout layout, LocalApic apic, int logicalCpu,
        boolean polling, IpiDispatcher dispatcher, InstanceTable instances) {
        return new QueuedReceiver(area, apic, layout.nrCpus(), layout.ipiSlots(), logicalCpu, polling, dispatcher,
            instances);
    }

    @Override
    public IpiChannel channel(UnsafeBuffer area, RamLayout layout, int logicalCpu, LocalApic target, int senderCpu) {
        return new QueuedSender(area, layout.nrCpus(), layout.ipiSlots(), logicalCpu, senderCpu);
    }
}
