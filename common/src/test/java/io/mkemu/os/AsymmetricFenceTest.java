// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class AsymmetricFenceTest {
    @Test
    void theHeavySideCanDoItsPartWhereverTheLightOneReliesOnIt() {
        AsymmetricFence.light();
        for (int time = 0; time < 100; time++) {
            assertEquals(AsymmetricFence.isAvailable(), AsymmetricFence.heavy());
        }
    }
}
