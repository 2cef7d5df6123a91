// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class UnitsTest {
    @Test
    void ratesHaveSixCharactersAtMost() {
        assertEquals("0", Units.rate(0));
        assertEquals("0", Units.rate(-1));
        assertEquals("0", Units.rate(Double.NaN));
        assertEquals("0.3", Units.rate(0.3));
        assertEquals("7", Units.rate(7));
        assertEquals("42", Units.rate(42.4));
        assertEquals("999", Units.rate(999.4));
        assertEquals("1.0k", Units.rate(999.5));
        assertEquals("12.3k", Units.rate(12_345));
        assertEquals("4.5M", Units.rate(4_499_999));
        for (double rate = 1e-3; rate < Long.MAX_VALUE / 1e3; rate *= 1.7) {
            assertTrue(Units.rate(rate).length() <= 6, Units.rate(rate));
        }
    }

    @Test
    void timesAndShares() {
        assertEquals("100", Units.percent(1));
        assertEquals("0", Units.percent(0.004));
        assertEquals("3.2 s", Units.duration(3_200_000_000L));
        assertEquals("1 min 5 s", Units.duration(65_000_000_000L));
        assertEquals("2 h 1 min", Units.duration(7_261_000_000_000L));
        assertEquals("3 d 4 h", Units.duration((3 * 24 + 4) * 3_600_000_000_000L));
        assertEquals("2", Units.seconds(2000));
        assertEquals("0.5", Units.seconds(500));
        assertEquals("0.125", Units.seconds(125));
        assertEquals("1.05", Units.seconds(1050));
    }
}
