// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TakesLong;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All of a kernel runs over a buffer, in one thread, under a clock of its own: the same seed is the same run. */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD)
class SteppedKernelTest {
    private static final int ROUNDS = 1_000;

    @TakesLong
    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void theSameSeedIsTheSameRun(IpiMode mode) {
        ByteBuffer ram = SteppedMachine.newRam();
        String first = SteppedConversation.run(ram, mode, 1);
        assertNotEquals(first, SteppedConversation.run(ram, mode, 2));
        for (int round = 1; round < ROUNDS; round++) {
            String again = SteppedConversation.run(ram, mode, 1);
            if (!again.equals(first)) {
                assertEquals(first, again, "round " + round);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void everySeedEnds(IpiMode mode) {
        ByteBuffer ram = SteppedMachine.newRam();
        for (int seed = 0; seed < 20; seed++) {
            assertNotNull(SteppedConversation.run(ram, mode, seed));
        }
    }

    @Test
    void noNativeCallIsMade() throws Exception {
        List<String> loaded;
        try (ChildJvm alone = ChildJvm.start(List.of("-Xlog:class+load:stdout:none"), Alone.class)) {
            loaded = alone.readLines();
            assertEquals(0, alone.waitFor());
        }
        assertTrue(loaded.contains("both ran"));
        assertTrue(loaded.stream().anyMatch(line -> line.startsWith("io.mkemu.kernel.KernelInstance ")));
        /* The only way into the operating system. */
        assertFalse(loaded.stream().anyMatch(line -> line.startsWith("io.mkemu.os.Native ")), () -> loaded.stream()
            .filter(line -> line.startsWith("io.mkemu.os")).toList().toString());
    }

    /** Runs both mailboxes in a process that does nothing else. */
    static final class Alone {
        private Alone() {
        }

        public static void main(String[] args) {
            ByteBuffer ram = SteppedMachine.newRam();
            for (IpiMode mode : IpiMode.values()) {
                SteppedConversation.run(ram, mode, 1);
            }
            System.out.println("both ran");
        }
    }
}
