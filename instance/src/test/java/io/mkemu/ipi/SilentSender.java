// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import org.agrona.DirectBuffer;

/** A sender that dies between the message and the doorbell: its messages lie in the mailbox and nobody is rung. */
public final class SilentSender {
    private SilentSender() {
    }

    /** Publishes a message for the first CPU of an instance and rings nobody. */
    public static int send(PhysicalMemory memory, InstanceEntry target, int senderCpu, int type, DirectBuffer data) {
        try (Window area = IpiArea.map(memory, target, target.ipiArea())) {
            LocalApic apic = LocalApic.of(memory, target.cpus()[0]);
            return memory.mailbox().channel(area.buffer(), memory.layout(), 0, apic, senderCpu)
                .publish(type, data, 0, data.capacity());
        }
    }
}
