// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.Text;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trees of kerf's dialect: nine of our own, with what the example trees of kerf have. */
class KerfTreesTest {
    private static final Path TREES = Path.of("src", "test", "resources", "kerf");
    private static final String DIALECT = "read as kerf's dialect, which begins with /multikernel-v1/; and has "
            + "wide cells";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        smallest     | 3-5   | 0x50000000  | 0x140000000  | ''
        wide-base    | 6-11  | 0x240000000 | 0x280000000  | ''
        network      | 2-17  | 0xa0000000  | 0x200000000  | 1 device
        storage      | 8-15  | -1          | 0x180000000  | 2 devices
        both-devices | 5-23  | 0xc0000000  | 0x340000000  | 2 devices
        accelerator  | 1-10  | 0x300000000 | 0x500000000  | 2 devices
        many-cpus    | 16-95 | -1          | 0xa00000000  | 2 devices
        two-nodes    | 2-23  | 0x480000000 | 0x900000000  | 2 devices, 2 NUMA nodes
        four-nodes   | 3-31  | 0x680000000 | 0x1480000000 | 2 devices, 4 NUMA nodes
        """)
    void isRead(String name, String cpus, String base, String bytes, String kept) {
        MachineSpec machine = MachineSpec.read(TREES.resolve(name + ".dts"));
        assertEquals(cpus, Text.cpuList(machine.cpus()));
        assertEquals(Long.decode(bytes), machine.memoryBytes());
        assertEquals(base.equals("-1") ? OptionalLong.empty() : OptionalLong.of(Long.decode(base)),
                machine.memoryBase());
        assertEquals(kept.isEmpty() ? DIALECT : DIALECT + "; kept and shown, but not emulated: " + kept,
                machine.kept().note());
        assertEquals(List.of(), machine.instances());
        assertEquals(0, machine.hostCpu(), "the pool does not have the host's CPU");

        MachineSpec scaled = machine.scaled(1, 64);
        assertEquals(machine.memoryBytes() / 64, scaled.memoryBytes());
        assertEquals(machine.kept(), scaled.kept());
        assertEquals(0, MachinePlan.of(scaled).hostCpu());
        for (MachineSpec one : List.of(machine, scaled)) {
            MachineSpec again = MachineSpec.parse("w.dts", DeviceTreeWriter.write(one), Marked.BASE);
            assertEquals(one, again);
            assertEquals(kept.isEmpty() ? "" : "kept and shown, but not emulated: " + kept, again.kept().note());
            assertEquals(one, MachineSpec.parse("w.dtb", DeviceTreeWriter.compile(one), Marked.BASE));
        }
    }

    @Test
    void thereAreNine() throws IOException {
        try (Stream<Path> trees = Files.list(TREES)) {
            assertEquals(9, trees.count());
        }
    }

    @Test
    void whatIsKeptIsToldForEach() {
        assertEquals(List.of("NUMA node@0: cpus 0-7", "NUMA node@1: cpus 8-15", "NUMA node@2: cpus 16-23",
                "NUMA node@3: cpus 24-31", "device ethernet@0: acme,fastlane, 0000:10:00.0",
                "device storage@0: nvme, 0000:11:00.0"),
                MachineSpec.read(TREES.resolve("four-nodes.dts")).kept().says());
    }

    /** A wide cell is two, and a 0 before it is its own high half; other zeros are what they are. */
    @Test
    void wideCellsAreHighAndLowHalves() {
        String tree = DeviceTreeWriter.write(MachineSpec.parse("k.dts", """
            /multikernel-v1/;
            / {
                compatible = "linux,multikernel-host";
                resources {
                    cpus = <1>;
                    memory-base = <0x100000000>;
                    memory-bytes = <0 0x200001000>;
                    devices { d { a = <0 0x300000000 7 0 0x400000005>; b = <1 0 0x500000000>; c = <0 0>; }; };
                };
            };
            """, Marked.BASE));
        assertTrue(tree.contains("memory-base = /bits/ 64 <0x100000000>;"), tree);
        assertTrue(tree.contains("memory-bytes = /bits/ 64 <0x200001000>;"), tree);
        assertTrue(tree.contains("a = <0x3 0x0 0x7 0x0 0x4 0x5>;"), tree);
        assertTrue(tree.contains("b = <0x1 0x0 0x5 0x0>;"), tree);
        assertTrue(tree.contains("c = <0x0 0x0>;"), tree);
    }

    @Test
    void aSourceThatIsNoneOfKerfsHasNoWideCells() {
        Marked.assertError("/dts-v1/; / { compatible = \"linux,multikernel-host\"; resources { cpus = <1>; "
                + "memory-bytes = <0 §0x100000000>; }; };", "does not fit a cell of 32 bits");
        Marked.assertError("/multikernel-v1/;§/dts-v1/; / { };", "found a second '/dts-v1/'");
        Marked.assertError("/multikernel-v1/; / { compatible = §\"linux,other\"; };",
                "expected \"multikernel-v1\" or \"linux,multikernel-host\"");
    }
}
