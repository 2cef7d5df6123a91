// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.cpu.LocalApic;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import org.agrona.DirectBuffer;

/** A sender that dies between the message and the doorbell: its messages lie in the mailbox and nobody is rung. */
public final class SilentSender {
    private SilentSender() {
    }

    /** Publishes a message for the first CPU of an instance and rings nobody. */
    public static int send(MappedMachine mapped, InstanceEntry target, int senderCpu, int type, DirectBuffer data) {
        try (Window area = mapped.interconnect().mapArea(target, target.ipiArea())) {
            LocalApic apic = mapped.apic(target.cpus()[0]);
            return mapped.interconnect().mailbox().channel(area.buffer(), mapped.layout(), 0, apic, senderCpu)
                .publish(type, data, 0, data.capacity());
        }
    }
}
