// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Kernel;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HazardMessageTest {
    @Test
    void oneSequenceAlwaysGivesTheSameBytesAndAnotherOthers() {
        byte[] first = bytes(7, 1, 3, 64);
        assertArrayEquals(first, bytes(7, 1, 3, 64));
        assertFalse(Arrays.equals(first, bytes(8, 1, 3, 64)));
        assertFalse(Arrays.equals(first, bytes(7, 1L << 32 | 1, 3, 64)));
        assertFalse(Arrays.equals(first, bytes(7, 1, 4, 64)));
    }

    private static byte[] bytes(long sequence, long type, int sender, int size) {
        byte[] bytes = new byte[size];
        new HazardMessage().compose(sequence, type, sender, size).getBytes(0, bytes);
        return bytes;
    }

    @Test
    void theModuleSaysThatItNeedsItsPage() {
        var module = new HazardModule();
        var kernel = (Kernel) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {Kernel.class},
            (proxy, method, args) -> method.getReturnType() == long.class ? args[1] : null);
        var refused = assertThrows(IllegalArgumentException.class, () -> module.init(kernel));
        assertTrue(refused.getMessage().startsWith("hazard.page= is missing"));
    }
}
