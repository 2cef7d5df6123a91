// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.boot.BootParameters;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.RateLimit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class RfcLogTest {
    private static final String ON = "quiet mk_ipi_log=rfc";

    /** The lines of a kernel log that are the RFC's, each with its level. */
    private static List<String> log(TestKernels machine, int id) {
        KernelLogReader reader = new KernelLogReader(machine.memory(), id);
        List<String> lines = new ArrayList<>();
        for (var line = reader.poll(); line != null; line = reader.poll()) {
            if (line.text().contains("ultikernel IPI")) {
                lines.add(line.level() + " " + line.text().replaceAll("virt=[0-9a-f]{16}", "virt=V"));
            }
        }
        return lines;
    }

    private static Node boot(TestKernels machine, int id, String cmdline, int... cpus) throws Exception {
        machine.load(id, cpus);
        return machine.boot(id, cmdline);
    }

    /** A message that arrives, an interrupt without one, and a send to a target without an area. */
    private static void exchange(TestKernels machine, String cmdline) throws Exception {
        Node receiver = boot(machine, 1, cmdline, 2, 5);
        Node sender = boot(machine, 2, cmdline, 1);
        receiver.api.registerHandler((data, context) -> { }, null, 0x8000_0042);
        receiver.apic(0).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        receiver.settle(0);
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[4], 0x8000_0042)));
        receiver.settle(0);
        machine.reserve(3, 7);
        sender.on(() -> sender.api.sendPfn(3, 1));
    }

    @Test
    @DisplayName("ipi-log: the RFC's own lines, at their levels")
    void linesOfTheRfc() throws Exception {
        TestKernels machine = new TestKernels(IpiMode.SINGLE_SLOT);
        try {
            exchange(machine, ON);
            String area = Long.toHexString(machine.areas().get(1));
            assertEquals(List.of("6 Multikernel IPI shared memory address: 0x" + area,
                "6 Multikernel IPI subsystem initialized (spawned kernel): virt=V, phys=0x" + area,
                "7 Multikernel IPI received on CPU 0 but no valid data",
                "6 Multikernel IPI received on CPU 0 (physical id 2) from CPU 1 type=2147483714"), log(machine, 1));
            assertEquals("7 Multikernel IPI shared memory not available for instance 3", log(machine, 2).getLast());
            assertThrows(MachineException.class,
                () -> new KernelInstance(machine.mapped(), 3, BootParameters.parse(ON), 0x1000));
            assertEquals(List.of("3 Failed to map multikernel IPI shared memory at 0x1000"), log(machine, 3));
        } finally {
            machine.close();
        }
    }

    @Test
    @DisplayName("ipi-log: no lines without it, nor in a queued machine")
    void noLinesOtherwise() throws Exception {
        for (IpiMode mode : IpiMode.values()) {
            TestKernels machine = new TestKernels(mode);
            try {
                exchange(machine, mode == IpiMode.QUEUED ? ON : "quiet");
                assertEquals(List.of(), log(machine, 1), mode.toString());
                assertEquals(List.of(), log(machine, 2), mode.toString());
            } finally {
                machine.close();
            }
        }
    }

    @Test
    @DisplayName("ipi-log: interrupts and sends are rate-limited, and what was held back is told")
    void linesAreLimited() throws Exception {
        TestKernels machine = new TestKernels(IpiMode.SINGLE_SLOT);
        try {
            Node sender = boot(machine, 2, ON, 1);
            machine.reserve(3, 7);
            for (int send = 0; send < 4 * RateLimit.BURST; send++) {
                assertEquals(-Errno.ENODEV, sender.on(() -> sender.api.sendIpiData(3, new byte[1], 1)));
            }
            sender.shutDown();
            List<String> told = log(machine, 2).stream().filter(line -> line.contains("not available")).toList();
            assertTrue(told.size() > RateLimit.BURST && told.size() < 4 * RateLimit.BURST, told::toString);
            assertTrue(told.stream().anyMatch(line -> line.endsWith("callbacks suppressed")), told::toString);
        } finally {
            machine.close();
        }
    }

    @Test
    void itsBootParameterIsChecked() {
        String message = assertThrows(IllegalArgumentException.class,
            () -> KernelParameter.checkAll(BootParameters.parse("mk_ipi_log=all"))).getMessage();
        assertEquals("boot parameter mk_ipi_log=all: the only value is rfc", message);
    }
}
