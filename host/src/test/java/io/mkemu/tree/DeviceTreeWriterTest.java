// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceTreeWriterTest {

    private static void assertRoundTrip(MachineSpec machine) {
        String source = DeviceTreeWriter.write(machine);
        assertEquals(machine, MachineSpec.parse("w.dts", source, Marked.BASE), source);
    }

    @Test
    void writesWhatParsesBackEqual() {
        assertRoundTrip(MachineSpec.parse("t.dts", Trees.GOOD, Marked.BASE));
    }

    @Test
    void writesEveryInstanceAndWideValues() {
        List<InstanceSpec> instances = IntStream.rangeClosed(1, 255).mapToObj(id -> new InstanceSpec(id, "i" + id,
                List.of(id, 1000 - id), 1L << 32, "name=\"a b\" x=\\ \u00e9",
                List.of("demo", "/p q/\"x\".jar"), id % 2 == 0, restart(id),
                id % 3 == 0 ? List.of("-ea", "-Dx=\"a, b\"") : List.of(), Places.NONE)).toList();
        MachineSpec machine = new MachineSpec("", IntStream.range(0, 1024).boxed().toList(), List.of(), 1L << 62,
                OptionalLong.of(1L << 33), new HostSpec("idle=poll", List.of("demo")), instances, OptionalInt.of(2),
                OptionalInt.of(1024), IpiMode.SINGLE_SLOT, true, Kept.NONE, Places.NONE);
        assertRoundTrip(machine);
    }

    /** The host stays where it is, whatever instances come and go. */
    @Test
    void writesTheHostsCpuWhereItIsNotTheLowestFreeOne() {
        MachineSpec machine = MachineSpec.parse("t.dts", Trees.GOOD, Marked.BASE);
        assertEquals(0, machine.hostCpu());
        assertEquals(machine, machine.withInstances(machine.instances(), 0));
        MachineSpec moved = machine.withInstances(List.of(), 3);
        assertEquals(3, moved.hostCpu());
        assertRoundTrip(moved);
        assertEquals(moved, MachineSpec.parse("w.dtb", DeviceTreeWriter.compile(moved), Marked.BASE));
    }

    private static RestartPolicy restart(int id) {
        return id % 2 == 0 ? RestartPolicy.NEVER : new RestartPolicy(true, id * 3, id * 235L);
    }

    @Test
    void writesAMachineWithoutInstances() {
        MachineSpec machine = MachineSpec.of(List.of(0), 4096, new HostSpec("", List.of()), List.of(),
                OptionalInt.empty());
        assertRoundTrip(machine);
        assertTrue(DeviceTreeWriter.write(machine).startsWith("/dts-v1/;\n"));
    }

    @Test
    void writesWhoIsExternalAndOnlyThat() {
        MachineSpec machine = MachineSpec.parse("t.dts", Trees.with("id = <7>;", "id = <7>; mkemu,external;"),
                Marked.BASE);
        assertRoundTrip(machine);
        assertEquals(1, DeviceTreeWriter.write(machine).lines().filter("\t\t\tmkemu,external;"::equals).count());
    }

    @Test
    void refusesWhatATreeCannotSay() {
        HostSpec comma = new HostSpec("", List.of("a,b.jar"));
        HostSpec nul = new HostSpec("a\0b", List.of());
        assertTrue(refusal(comma).contains("'a,b.jar' holds a comma"));
        assertTrue(refusal(nul).contains("NUL"));
    }

    private static String refusal(HostSpec host) {
        MachineSpec machine = MachineSpec.of(List.of(0), 4096, host, List.of(), OptionalInt.empty());
        return assertThrows(IllegalArgumentException.class, () -> DeviceTreeWriter.write(machine)).getMessage();
    }
}
