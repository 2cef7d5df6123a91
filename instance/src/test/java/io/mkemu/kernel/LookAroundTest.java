// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.ipi.SilentSender;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A message of a sender that died before it rang is found by the look that each CPU takes once a second. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class LookAroundTest {
    private static final int TYPE = 7;
    private static final int SENDER_CPU = 1;

    private final AtomicInteger arrived = new AtomicInteger();
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);

    @BeforeEach
    void make() throws Exception {
        machine.load(1, 2);
    }

    private Node boot(String cmdline) throws Exception {
        Node node = machine.boot(1, cmdline);
        node.api.registerHandler((data, context) -> arrived.incrementAndGet(), null, TYPE);
        return node;
    }

    private void sendSilently(Node node) {
        assertEquals(0, SilentSender.send(machine.mapped(), node.kernel.entry(), SENDER_CPU, TYPE,
            new UnsafeBuffer(new byte[8])));
    }

    @Test
    void byACpuThatIsWokenAllTheTime() throws Exception {
        Node node = boot("idle=halt");
        sendSilently(node);
        Await.until(() -> {
            node.apic(0).raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
            return arrived.get() == 1;
        });
    }

    @Test
    void byACpuThatPolls() throws Exception {
        Node node = boot("idle=poll");
        node.apic(0).sharesCore(false);
        node.settle(0);
        sendSilently(node);
        Await.until(() -> arrived.get() == 1);
    }

    @Test
    void byACpuThatIsNeverIdle() throws Exception {
        Node node = boot("quiet");
        AtomicBoolean over = new AtomicBoolean();
        node.on(() -> {
            node.api.startTask("busy", () -> over.get() ? Task.DONE : Task.AGAIN);
            return null;
        });
        sendSilently(node);
        try {
            Await.until(() -> arrived.get() == 1);
        } finally {
            over.set(true);
        }
    }
}
