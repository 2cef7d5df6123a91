// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.kernel.TestKernels.Node;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two interrupts before one delivery: only a kernel in Java can be brought to it from here. */
class SingleSlotWorkTest extends MailboxContract {
    SingleSlotWorkTest() {
        super(KernelHost.JAVA, Differences.SINGLE_SLOT);
    }

    @Test
    @DisplayName("interrupt, single-slot: a handler whose work is still pending is not queued again")
    void pendingWorkCoalesces() throws Exception {
        Node at = (Node) receiver;
        note(at, "", TYPE);
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            /* Behind the hold, and before the CPU delivers. */
            at.kernel.cpu(0).submit(() -> {
                at.kernel.cpu(0).receiver().interrupt();
                at.kernel.cpu(0).receiver().interrupt();
            });
            assertEquals(0, send(sender, 1, TYPE, "x"));
        }
        receiver.settle(0);
        receiver.settle(0);
        assertEquals(List.of("1:x", "1:x"), arrived, "for the two interrupts one, and one for the vector");
    }
}
