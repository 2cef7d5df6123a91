// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.QueuedMailboxDescriptor;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A machine whose instance 1 with CPUs 2 and 5 receives, while CPUs 0, 1 and 3 send. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class SendingMachine {
    static final int SLOTS = TestMachine.LAYOUT.ipiSlots();
    static final int TYPE = 0x8000_0042;

    @RegisterExtension
    final TestMachine machine = new TestMachine();
    InstanceEntry target;
    private final List<AutoCloseable> open = new ArrayList<>();
    final List<String> arrived = new ArrayList<>();
    final Payload payload = new Payload();

    @BeforeEach
    void makeMachine() throws IOException {
        machine.activate(0, 0);
        machine.activate(2, 1, 3);
        target = machine.activate(1, 2, 5);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable next : open) {
            next.close();
        }
    }

    /** Is closed after the test. */
    <T extends AutoCloseable> T closing(T one) {
        open.add(one);
        return one;
    }

    IpiSender sender(int cpu) {
        return closing(machine.mapped().interconnect().sender(machine.mapped().apic(cpu)));
    }

    TestCpu receiver(int logicalCpu, boolean polling) {
        return closing(new TestCpu(machine.mapped(), target, logicalCpu, polling,
            data -> arrived.add(data.senderCpu() + ":" + payload.check(data))));
    }

    int send(IpiSender sender, int cpu, long sequence) {
        return sender.send(1, Payload.type(sequence), payload.of(cpu, sequence), 0, Payload.size(cpu, sequence));
    }

    long counter(int cpu, Counter counter) {
        return machine.mapped().apic(cpu).counter(counter);
    }

    int laneOffset(int logicalCpu, int senderCpu) {
        return (int) QueuedMailboxDescriptor.laneAt(TestMachine.LAYOUT.nrCpus(), SLOTS, logicalCpu, senderCpu);
    }

    Window area() {
        return closing(machine.mapped().interconnect().mapArea(target, target.ipiArea()));
    }
}
