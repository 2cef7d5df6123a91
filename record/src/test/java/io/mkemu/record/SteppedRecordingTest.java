// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.KernelHook;
import io.mkemu.kernel.SteppedConversation;
import io.mkemu.kernel.SteppedMachine;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stepped kernels with modules that are recorded: what is recorded of them is the same for the same seed too. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class SteppedRecordingTest {
    private static final int ROUNDS = 200;

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void theSameSeedIsTheSameRecord(IpiMode mode) {
        ByteBuffer ram = SteppedMachine.newRam();
        String first = SteppedConversation.run(ram, mode, 1, RecordingHook::new);
        assertNotEquals(SteppedConversation.run(ram, mode, 1, KernelHook::none), first, "the modules' calls are in it");
        for (int round = 1; round < ROUNDS; round++) {
            assertEquals(first, SteppedConversation.run(ram, mode, 1, RecordingHook::new), "round " + round);
        }
    }
}
