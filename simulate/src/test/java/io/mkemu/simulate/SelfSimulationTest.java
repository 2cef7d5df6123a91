// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Half of {@link SelfSimulation}: the host dies too, nothing happens, and the RFC's mailbox. */
class SelfSimulationTest extends SelfSimulation {
    @Test
    void queuedAndTheHostDies() throws IOException {
        runs("queued", "all", 2);
    }

    @Test
    void queuedWithoutFaults() throws IOException {
        runs("queued", "none", 1);
    }

    @Test
    void singleSlotWithFaults() throws IOException {
        runs("single-slot", "all", 2);
    }
}
