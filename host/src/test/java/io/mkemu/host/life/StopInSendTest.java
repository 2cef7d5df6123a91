// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTreeException;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The boot parameter of the test hook that stops a sender. */
class StopInSendTest {
    private static MachineSpec tree(String host, String instance) {
        return MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1"; chosen { bootargs = "%s"; };
              resources { cpus = <0 1>; memory-bytes = <0x10000000>; };
              instances { a { id = <1>; resources { cpus = <1>; memory-bytes = <0x1000000>; };
                chosen { bootargs = "%s"; };
              }; };
            };
            """.formatted(host, instance), Path.of("/"));
    }

    @Test
    void anInstanceMayHaveIt() {
        MachineSpec spec = tree("", "mkemu.stop_in_send=payload:3");
        assertEquals(spec, MachinePlan.of(spec).spec());
    }

    @ParameterizedTest
    @CsvSource({"nowhere:1, is not STEP:N with a step of", "size, is not STEP:N", "size:0, with N 1 or more",
        "size:x, with N 1 or more"})
    void whatIsNoStepIsRefusedWhereItStands(String setting, String words) {
        MachineSpec spec = tree("", "mkemu.stop_in_send=" + setting);
        String message = assertThrows(DeviceTreeException.class, () -> MachinePlan.of(spec)).getMessage();
        assertTrue(message.startsWith("t.dts:5:"), message);
        assertTrue(message.contains("mkemu.stop_in_send=" + setting + " ") && message.contains(words), message);
    }

    @Test
    void theHostMayNot() {
        MachineSpec spec = tree("mkemu.stop_in_send=size:1", "");
        String message = assertThrows(DeviceTreeException.class, () -> MachinePlan.of(spec)).getMessage();
        assertTrue(message.startsWith("t.dts:2:") && message.contains("would stop the host"), message);
    }
}
