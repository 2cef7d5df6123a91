// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.MkIpiDataDescriptor.*;

import io.mkemu.abi.SingleSlotDescriptor;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What lies in a slot of the RFC's mailbox: the last message that was sent, delivered or not.
 *
 * @param senderCpu physical id as the slot says
 * @param type      user-defined
 * @param payload   a copy
 */
public record SlotView(int senderCpu, int type, byte[] payload) {
    /**
     * Looks.
     *
     * @param area      the receiver's IPI area, checked, see {@link Interconnect#mapArea}
     * @param cpuNumber the number that senders know the receiving CPU by
     * @return null if the slot holds nothing that is delivered, or there is no such slot
     */
    public static SlotView of(UnsafeBuffer area, int cpuNumber, int nrCpus) {
        if (cpuNumber < 0 || cpuNumber >= nrCpus) {
            return null;
        }
        int slot = SingleSlotDescriptor.slotAt(cpuNumber);
        long size = area.getLongVolatile(slot + DATA_SIZE_OFFSET);
        if (size <= 0 || size > MAX_DATA_SIZE) {
            return null;
        }
        byte[] payload = new byte[(int) size];
        area.getBytes(slot + BUFFER_OFFSET, payload);
        return new SlotView(area.getInt(slot + SENDER_CPU_OFFSET), area.getInt(slot + TYPE_OFFSET), payload);
    }
}
