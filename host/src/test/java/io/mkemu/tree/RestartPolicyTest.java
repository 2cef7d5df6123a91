// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestartPolicyTest {

    @ParameterizedTest
    @CsvSource({"100, 0, 100", "100, 1, 200", "100, 6, 6400", "100, 7, 10000", "100, 8, 10000", "1, 13, 8192",
        "1, 14, 10000", "1, 31, 10000", "1, 32, 10000", "1, 63, 10000", "1, 64, 10000", "1, 2147483647, 10000",
        "3, 64, 10000", "10000, 0, 10000", "10000, 1, 10000", "60000, 0, 60000", "60000, 1, 60000",
        "60000, 2147483647, 60000"})
    void theDelayDoublesUpToTenSeconds(long first, int restart, long expected) {
        assertEquals(expected, new RestartPolicy(true, 1, first).delayMillis(restart));
    }

    @Test
    void theDelayNeverShrinks() {
        for (long first = 1; first <= RestartPolicy.MAX_DELAY_MILLIS; first += 7) {
            RestartPolicy policy = new RestartPolicy(true, 0, first);
            long before = first;
            for (int restart = 0; restart < 70; restart++) {
                long delay = policy.delayMillis(restart);
                assertTrue(delay >= before && delay <= Math.max(first, 10_000), first + " ms, restart " + restart);
                before = delay;
            }
        }
    }

    @Test
    void restartsInARowAreCountedFromZero() {
        assertThrows(IllegalArgumentException.class, () -> RestartPolicy.ON_FAILURE.delayMillis(-1));
    }

    @Test
    void theConstantsAreWhatTheTreeSaysByDefault() {
        assertEquals(new RestartPolicy(false, 0, 0), RestartPolicy.NEVER);
        assertEquals(new RestartPolicy(true, 5, 100), RestartPolicy.ON_FAILURE);
        assertFalse(0 < RestartPolicy.NEVER.limit(), "no restart has a number below the limit");
        assertEquals(0, RestartPolicy.NEVER.delayMillis(3));
    }

    @ParameterizedTest
    @CsvSource({"true, -1, 100", "true, 1001, 100", "true, 5, 0", "true, 5, -1", "true, 5, 60001",
        "true, 5, 9223372036854775807", "false, 5, 0", "false, 0, 100", "false, -1, 0"})
    void refusesValuesOutOfRange(boolean onFailure, int limit, long delay) {
        assertThrows(IllegalArgumentException.class, () -> new RestartPolicy(onFailure, limit, delay));
    }

    @ParameterizedTest
    @CsvSource({"never, never, 0", "on-failure, on-failure:5, 5", "on-failure:0, on-failure:0, 0",
        "on-failure:1, on-failure:1, 1", "on-failure:1000, on-failure:1000, 1000"})
    void readsAndWritesTheFormOfTheCommandLine(String text, String written, int limit) {
        RestartPolicy policy = RestartPolicy.of(text);
        assertEquals(limit, policy.limit());
        assertEquals(text.equals("never"), !policy.onFailure());
        assertEquals(written, policy.toString());
        assertEquals(policy, RestartPolicy.of(policy.toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "always", "Never", "never:1", "on-failure:", "on-failure:-1", "on-failure:+1",
        "on-failure:1001", "on-failure:9999", "on-failure:99999999999999999999", "on-failure:010", "on-failure: 1",
        "on-failure:1 ", "on-failure:0x1", "on-failure:\u0663", "on-failure:5:100", "on-failure5", "a\nb"})
    void namesWhatIsNoPolicyInOneLine(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> RestartPolicy.of(text)).getMessage();
        assertEquals(Text.quote(text) + " is not a restart policy; use never, on-failure or on-failure:LIMIT with "
                + "LIMIT in 0..1000, as on-failure:5", message);
        assertEquals(1, message.lines().count());
    }
}
