// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.host.TestHost;
import io.mkemu.log.KernelLogReader;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RfcAreaLogTest {
    private static final String TREE = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; ipi = "single-slot"; %s
          resources { cpus = <0 1 2>; memory-bytes = <0x800000>; };
          instances { web { id = <1>; resources { cpus = <1 2>; memory-bytes = <0x100000>; }; }; };
        };
        """;

    private static TestHost host(String property) throws Exception {
        return TestHost.make(TREE.formatted(property));
    }

    /** The lines of the host's log about IPI areas, without addresses. */
    private static List<String> log(Machine machine) {
        KernelLogReader reader = new KernelLogReader(machine.memory(), 0);
        List<String> lines = new ArrayList<>();
        for (var line = reader.poll(); line != null; line = reader.poll()) {
            if (line.text().contains("IPI")) {
                lines.add(line.level() + " " + line.text().replaceAll("virt=[0-9a-f]{16}", "virt=V")
                    .replaceAll("phys=0x[0-9a-f]+", "phys=P"));
            }
        }
        return lines;
    }

    private static List<String> made(int id, String name, long size) {
        return List.of("7 Allocated IPI buffer: phys=P, virt=V, size=" + size,
            String.format(Locale.ROOT, "6 Created IPI data for instance %d (%s): virt=V, size=%d bytes", id, name,
                size));
    }

    @Test
    @DisplayName("ipi-log: create and destroy are told in the host's log as the RFC does")
    void createAndDestroyAreTold() throws Exception {
        try (TestHost box = host("ipi-log = \"rfc\";")) {
            Machine machine = box.machine();
            InstanceEntry web = machine.mapped().instances().entry(1);
            long size = web.ipiAreaSize();
            List<String> expected = new ArrayList<>(made(0, "host", size));
            expected.addAll(made(1, "web", size));
            assertEquals(expected, log(machine));
            assertThrows(MachineException.class, () -> machine.createIpiArea(web));
            expected.add("3 IPI data already exists for instance 1");
            assertEquals(expected, log(machine));
            machine.areaLog().created(web, -Errno.ENOMEM);
            machine.areaLog().created(web, -Errno.ENODEV);
            expected.add("3 Failed to allocate " + size + " bytes for IPI buffer");
            expected.add("3 Failed to allocate IPI shared memory for instance 1");
            expected.add("3 Instance 1 has no memory pool for IPI allocation");
            assertEquals(expected, log(machine));
            box.host().unload(List.of("web"));
            box.host().delete(List.of("web"), false);
            expected.add("7 Destroying IPI data for instance 1");
            expected.add("7 Freed IPI buffer: phys=P, virt=V, size=" + size);
            assertEquals(expected, log(machine));
        }
    }

    @Test
    void withoutThePropertyNothingIsTold() throws Exception {
        try (TestHost box = host("")) {
            assertEquals(List.of(), log(box.machine()));
        }
    }
}
