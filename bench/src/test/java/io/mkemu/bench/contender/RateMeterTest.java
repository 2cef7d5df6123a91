// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the meter counts; how fast this machine is does not matter. */
@Timeout(300)
class RateMeterTest {
    @Test
    void countsInTheWindowOnly() {
        long nanos = TimeUnit.MILLISECONDS.toNanos(40);
        RateMeter meter = new RateMeter(nanos);
        long begun = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - begun < 2 * nanos) {
            meter.message();
            sent++;
        }
        Commands.Rate rate = meter.rate();
        assertTrue(rate.messages() > 0 && rate.messages() < sent, rate + " of " + sent);
        assertTrue(rate.nanos() >= nanos / 4 * 3, rate.toString());
    }

    @Test
    void aFewMessagesAreEnough() {
        RateMeter meter = new RateMeter(TimeUnit.HOURS.toNanos(1));
        meter.message();
        meter.message();
        meter.message();
        Commands.Rate rate = meter.rate();
        assertTrue(rate.messages() >= 1 && rate.messages() <= 2, rate.toString());
        assertTrue(rate.nanos() > 0 && rate.nanos() < TimeUnit.MINUTES.toNanos(1), rate.toString());
    }

    @Test
    void allMessagesCountUpToTheEndOfASenderAndNoneAfterIt() {
        RateMeter meter = new RateMeter(TimeUnit.HOURS.toNanos(1));
        for (int message = 0; message < 5000; message++) {
            meter.message();
        }
        meter.end();
        Commands.Rate rate = meter.rate();
        assertEquals(4999, rate.messages());
        meter.message();
        meter.end();
        assertEquals(rate, meter.rate());
    }

    @Test
    void oneMessageTellsNoRate() {
        RateMeter meter = new RateMeter(1000);
        assertThrows(IllegalStateException.class, meter::rate);
        meter.message();
        assertEquals("too few messages in that time: 1",
            assertThrows(IllegalStateException.class, meter::rate).getMessage());
    }
}
