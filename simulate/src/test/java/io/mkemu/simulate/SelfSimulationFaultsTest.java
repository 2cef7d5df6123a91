// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Half of {@link SelfSimulation}: kernels die, wait and begin again. */
class SelfSimulationFaultsTest extends SelfSimulation {
    @Test
    void queuedWithFaults() throws IOException {
        runs("queued", FAULTS, 5);
    }
}
