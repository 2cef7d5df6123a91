// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.Errno;
import io.mkemu.machine.MappedMachine;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A kernel that sends as fast as it can from one CPU to instance 1 until its ledger says stop, and may be killed at any
 * moment. Its ledger, one page of the host's memory for each CPU:
 * <pre>
 *  0                             8                          16        24               32               40
 *  +-----------------------------+--------------------------+---------+----------------+----------------+
 *  | next number to send, stored | number of messages to    | lives   | how long each  | how many sends |
 *  | once the send returned 0    | send in all              |         | send waits, ns | gave -ENOSPC   |
 *  +-----------------------------+--------------------------+---------+----------------+----------------+
 * </pre>
 */
final class SendingProcess {
    static final int ACKNOWLEDGED = 0;
    static final int TOTAL = 8;
    static final int LIVES = 16;
    static final int TIMEOUT = 24;
    static final int FULL = 32;
    static final int REFUSED = 3;

    private SendingProcess() {
    }

    static UnsafeBuffer ledger(MappedMachine mapped, int cpu) {
        return mapped.memory().map(mapped.memory().layout().hostAt() + cpu * 4096L, 4096).buffer();
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        int cpu = Integer.parseInt(args[1]);
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        UnsafeBuffer ledger = ledger(mapped, cpu);
        ledger.getAndAddLong(LIVES, 1);
        IpiSender sender = mapped.interconnect().sender(mapped.apic(cpu));
        Payload payload = new Payload();
        long sequence = ledger.getLongVolatile(ACKNOWLEDGED);
        long timeout = ledger.getLongVolatile(TIMEOUT);
        while (sequence < ledger.getLongVolatile(TOTAL)) {
            int result = sender.sendTimeout(1, Payload.type(sequence), payload.of(cpu, sequence), 0,
                Payload.size(cpu, sequence), timeout);
            if (result == 0) {
                sequence++;
                ledger.putLongVolatile(ACKNOWLEDGED, sequence);
            } else if (result == -Errno.ENOSPC) {
                ledger.getAndAddLong(FULL, 1);
                Thread.yield();
            } else {
                System.err.println("send " + sequence + " of CPU " + cpu + ": " + Errno.name(result));
                Runtime.getRuntime().halt(REFUSED);
            }
        }
        Runtime.getRuntime().halt(0);
    }
}
