// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.boot.BootParameters;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelParameterTest {
    private static final String BOOTED = "idle=poll loglevel=8 quiet debug ignore_loglevel mkemu.stop_in_send=size:3 "
        + "mk_ipi_shared=0x1000 mk_epoch=0x5f0b887dbdcf27";

    private static String refusal(String cmdline) {
        BootParameters parameters = BootParameters.parse(cmdline);
        String message = assertThrows(IllegalArgumentException.class, () -> KernelParameter.checkAll(parameters))
            .getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", BOOTED, "unknown unknown=1 mod.x=-5 idlex=5 loglevels=x", "ignore-loglevel",
        "loglevel=x loglevel=3"})
    void whatIsRightOrUnknownPasses(String cmdline) {
        KernelParameter.checkAll(BootParameters.parse(cmdline));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"idle=nap | idle=nap is not an idle policy", "idle | idle= is not an idle",
        "loglevel=11 | boot parameter loglevel=11: expected an integer in 0..10",
        "loglevel | boot parameter loglevel=: expected an integer in 0..10",
        "quiet=1 | boot parameter quiet=1: takes no value; write quiet, or leave it out",
        "debug=no | boot parameter debug=no: takes no value", "ignore-loglevel=0 | boot parameter ignore_loglevel=0: ",
        "mkemu.stop_in_send=soon | mkemu.stop_in_send=soon is not STEP:N",
        "mkemu.stop_in_plug=soon | mkemu.stop_in_plug=soon is none of the steps [asked, taken",
        "mk_epoch=x | boot parameter mk_epoch: 'x'"})
    void aKnownOneThatIsWrongIsNamed(String cmdline, String says) {
        assertTrue(refusal(cmdline).startsWith(says), () -> refusal(cmdline));
        assertTrue(refusal(BOOTED + " " + cmdline).startsWith(says), () -> refusal(cmdline));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mk_ipi_shared= | boot parameter mk_ipi_shared: '' is not a size or address",
        "mk_ipi_shared=0 | boot parameter mk_ipi_shared=0 is no address"})
    void anAddressThatIsWrongIsNamed(String cmdline, String says) {
        String message = assertThrows(IllegalArgumentException.class,
            () -> KernelParameter.ipiShared(BootParameters.parse(cmdline), IpiMode.QUEUED)).getMessage();
        assertTrue(message.startsWith(says), message);
    }

    @Test
    void whatTheHostSetsIsRefusedFromUsersWhateverItsValue() {
        List<String> hosts = new ArrayList<>();
        for (KernelParameter known : KernelParameter.values()) {
            if (known.setByHost()) {
                hosts.add(known.parameter());
                String message = assertThrows(IllegalArgumentException.class,
                    () -> KernelParameter.checkGiven(BootParameters.parse(known.parameter() + "=0x1000"))).getMessage();
                assertEquals(known.parameter() + "= is set by the host; take it out", message);
            }
        }
        assertTrue(hosts.containsAll(List.of("mk_ipi_shared", "mk_epoch")), hosts::toString);
        KernelParameter.checkGiven(BootParameters.parse("idle=halt loglevel=0 mod.mk_epoch=1"));
        assertThrows(IllegalArgumentException.class,
            () -> KernelParameter.checkGiven(BootParameters.parse("idle=nap")));
    }
}
