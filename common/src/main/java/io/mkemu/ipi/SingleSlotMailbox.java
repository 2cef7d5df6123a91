// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.SingleSlotDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceTable;
import org.agrona.concurrent.UnsafeBuffer;

/** The RFC's mailbox: one slot per physical CPU, the last writer wins. */
final class SingleSlotMailbox implements MailboxFactory {
    @Override
    public boolean needsActiveTarget() {
        return false;
    }

    @Override
    public boolean waitsForSenders() {
        return false;
    }

    @Override
    public long areaLength(RamLayout layout, int cpus) {
        return Pages.align(SingleSlotDescriptor.areaLength(layout.nrCpus()));
    }

    @Override
    public void format(UnsafeBuffer area, RamLayout layout, int cpus) {
        /* Zeroed is empty, and there is no place for a word that would say more: hazard 9 of the RFC. */
    }

    @Override
    public String problem(UnsafeBuffer area, RamLayout layout, int cpus) {
        return null;
    }

    @Override
    public IpiReceiver receiver(UnsafeBuffer area, RamLayout layout, LocalApic apic, int logicalCpu,
        boolean polling, IpiDispatcher dispatcher, InstanceTable instances) {
        return new SingleSlotReceiver(area, apic, dispatcher, instances);
    }

    @Override
    public IpiChannel channel(UnsafeBuffer area, RamLayout layout, int logicalCpu, LocalApic target, int senderCpu) {
        int cpuNumber = target.cpuNumber();
        if (cpuNumber < 0 || cpuNumber >= layout.nrCpus()) {
            throw new MachineException(ExitCode.MACHINE, "local APIC of CPU " + target.physicalCpu()
                + " is damaged: CPU number " + cpuNumber + " is not in 0.." + (layout.nrCpus() - 1));
        }
        return new SingleSlotSender(area, cpuNumber, senderCpu);
    }
}
