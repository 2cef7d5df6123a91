// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.MkIpiDataDescriptor.DATA_SIZE_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.MAX_DATA_SIZE;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.SingleSlotDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceTable;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads its own CPU's slot at each interrupt, as the RFC's multikernel_interrupt_handler does; never clears it. */
final class SingleSlotReceiver implements IpiReceiver {
    private final UnsafeBuffer area;
    private final LocalApic apic;
    private final int slot;
    private final MkIpiData live;
    private final IpiDispatcher dispatcher;
    private final IpiDispatcher.IrqWork irqWork;
    private boolean noted;

    SingleSlotReceiver(UnsafeBuffer area, LocalApic apic, IpiDispatcher dispatcher, InstanceTable instances) {
        this.live = new MkIpiData(instances);
        this.dispatcher = dispatcher;
        this.irqWork = dispatcher.irqWork();
        this.area = area;
        this.apic = apic;
        this.slot = SingleSlotDescriptor.slotAt(apic.physicalCpu());
        live.wrapLive(area, slot);
    }

    @Override
    public void interrupt() {
        long size = area.getLongVolatile(slot + DATA_SIZE_OFFSET);
        if (size == 0) {
            apic.count(Counter.SPURIOUS);
            irqWork.noValidData();
            return;
        }
        if (size < 0 || size > MAX_DATA_SIZE) {
            apic.count(Counter.ANOMALIES);
            irqWork.noValidData();
            dispatcher.anomaly(live.senderCpu(), live);
            return;
        }
        apic.count(Counter.RECEIVED);
        irqWork.queue(live);
        noted = true;
    }

    @Override
    public boolean takeHot() {
        /* The RFC's receiver looks at its slot when it is interrupted and at no other time. */
        return false;
    }

    @Override
    public boolean isHottestReady() {
        return false;
    }

    @Override
    public int deliverHottest() {
        return 0;
    }

    @Override
    public void audit() {
        /* To look unasked would deliver the slot again. */
    }

    @Override
    public int deliver() {
        if (!noted) {
            return 0;
        }
        int callbacks = irqWork.run(live);
        /* After it: if that throws, what is left of the work is run by the next turn. */
        noted = false;
        return callbacks;
    }

    @Override
    public boolean hasWork() {
        return noted;
    }

    @Override
    public void announceRunning() {
        apic.announce(LocalApic.runningWord(0, 0, 0));
    }

    @Override
    public boolean announceHalted() {
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        return true;
    }
}
