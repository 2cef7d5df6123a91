// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostClockTest {
    private static final long YEAR = TimeUnit.DAYS.toNanos(365);
    private static final OptionalLong UNKNOWN = OptionalLong.empty();

    private static BootParameters of(OptionalLong host) {
        return BootParameters.parse("quiet" + HostClock.parameter(host));
    }

    @ParameterizedTest
    @CsvSource({"0, ''", "100000000000000, ' mk_clock=100000'", "-5500000000, ' mk_clock=-5.5'",
        "1, ' mk_clock=0.000000001'"})
    void theHostSaysItsOffsetUnlessItIsNone(long offset, String parameter) {
        assertEquals(parameter, HostClock.parameter(OptionalLong.of(offset)));
        HostClock.check(of(OptionalLong.of(offset)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100_000_000_000_000L, -5_500_000_000L})
    void whoIsInTheHostsTimeNamespaceMayTakeAsLongAsItWill(long offset) {
        HostClock.require(of(OptionalLong.of(offset)), OptionalLong.of(offset), 0, 0);
        HostClock.require(of(OptionalLong.of(offset)), OptionalLong.of(offset), 0, YEAR);
        HostClock.require(of(UNKNOWN), OptionalLong.of(offset), 0, YEAR);
        HostClock.require(of(OptionalLong.of(offset)), UNKNOWN, 0, YEAR);
    }

    @ParameterizedTest
    @CsvSource({"0, 100000000000000, 100000 s ahead of", "100000000000000, 0, 100000 s behind",
        "0, -1, 0.000000001 s behind", "-5000000000, 1500000000, 6.5 s ahead of"})
    void whoIsInAnotherIsRefused(long host, long own, String difference) {
        MachineException refused = assertThrows(MachineException.class,
            () -> HostClock.require(of(OptionalLong.of(host)), OptionalLong.of(own), 0, YEAR));
        assertEquals(ExitCode.MACHINE, refused.exitCode());
        assertTrue(refused.getMessage().startsWith("the clock of this process (CLOCK_MONOTONIC) is " + difference
            + " the host's, ") && refused.getMessage().endsWith("without unshare --time or --monotonic"),
            refused.getMessage());
    }

    @Test
    void whereTheSystemDoesNotTellOnlyTheImpossibleIsRefused() {
        MachineException refused = assertThrows(MachineException.class,
            () -> HostClock.require(of(UNKNOWN), UNKNOWN, TimeUnit.SECONDS.toNanos(20), 0));
        assertTrue(refused.getMessage().contains(" is at least 20 s behind the host's"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mk_clock", "mk_clock=x", "mk_clock=0.0000000001", "mk_clock=1e30"})
    void aWrongOffsetIsRefused(String parameter) {
        String message = assertThrows(IllegalArgumentException.class,
            () -> HostClock.check(BootParameters.parse(parameter))).getMessage();
        assertTrue(message.startsWith("boot parameter mk_clock="), message);
    }
}
