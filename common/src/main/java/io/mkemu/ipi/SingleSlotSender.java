// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.MkIpiDataDescriptor.BUFFER_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.DATA_SIZE_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.SENDER_CPU_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.TYPE_OFFSET;

import io.mkemu.abi.SingleSlotDescriptor;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes a slot as multikernel_send_ipi_data does: cleared, size, sender, type, payload, in this order. */
final class SingleSlotSender implements IpiChannel {
    private final UnsafeBuffer area;
    private final int slot;
    private final int senderCpu;

    /* The RFC indexes by cpumask_first(instance->cpus), a CPU number, where the receiver uses its physical id. */
    SingleSlotSender(UnsafeBuffer area, int cpuNumber, int senderCpu) {
        this.area = area;
        this.slot = SingleSlotDescriptor.slotAt(cpuNumber);
        this.senderCpu = senderCpu;
    }

    @Override
    public int publish(int type, DirectBuffer data, int offset, int size) {
        area.setMemory(slot, SingleSlotDescriptor.SLOT_LENGTH, (byte) 0);
        SendProbe.at(SendProbe.Step.CLEARED);
        /* Release stores keep the order of the RFC's plain ones, which x86 keeps too. */
        area.putLongRelease(slot + DATA_SIZE_OFFSET, size);
        SendProbe.at(SendProbe.Step.SIZE);
        area.putIntRelease(slot + SENDER_CPU_OFFSET, senderCpu);
        area.putIntRelease(slot + TYPE_OFFSET, type);
        SendProbe.at(SendProbe.Step.TYPE);
        if (data != null) {
            area.putBytes(slot + BUFFER_OFFSET, data, offset, size);
        }
        SendProbe.at(SendProbe.Step.PAYLOAD);
        return 0;
    }

    @Override
    public void introduce(int instance, long life) {
        /* A slot has no place for it. */
    }

    @Override
    public long number() {
        return 0;
    }

    @Override
    public boolean isPolled(long idleWord) {
        return false;
    }

    @Override
    public boolean isRung() {
        return false;
    }

    @Override
    public void ringing() {
        SendProbe.at(SendProbe.Step.PUBLISHED);
    }

    @Override
    public void rung() {
        SendProbe.at(SendProbe.Step.RUNG);
    }
}
