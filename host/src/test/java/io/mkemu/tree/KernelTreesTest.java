// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.Text;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trees of the kernel's binding: CPUs of 64 bits, the pool in memory nodes, PCI devices under their bridges. */
class KernelTreesTest {
    private static final String TREE = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            %s
            resources { %s };
        };
        """;

    private static MachineSpec read(String root, String resources) {
        return MachineSpec.parse("k.dts", TREE.formatted(root, resources), Marked.BASE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                                   | cpus = <0 5>;                 memory-bytes = <0x1000>;              | 0,5
                                   | cpus = <0 5 0 6>;             memory-bytes = <0x1000>;              | 5-6
                                   | cpus = <0 5>;                 memory@0 { size = <0x1000>; };        | 5
                                   | cpus = <0 5 0 6>;             memory@0 { size = <0x1000>; };        | 5-6
                                   | cpus = <4 5>;                 memory@0 { size = <0x1000>; };        | 4-5
        '#address-cells = <2>;'    | cpus = <0 5>;                 memory-bytes = <0x1000>;              | 5
        '#address-cells = <1>;'    | cpus = <0 5>;                 memory@0 { size = <0x1000>; };        | 0,5
                                   | #address-cells = <2>; cpus = <0 5>; memory-bytes = <0x1000>;        | 5
        '#address-cells = <2>;'    | cpus = /bits/ 64 <3 5>;       memory-bytes = <0x1000>;              | 3,5
        '#address-cells = <1>;'    | #address-cells = <2>; cpus = <0 5>; memory-bytes = <0 0x1000>;      | 5
        """)
    void cpusHaveAsManyCellsAsAddresses(String root, String resources, String cpus) {
        assertEquals(cpus, Text.cpuList(read(root == null ? "" : root, resources).cpus()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ''                                          | reg = <0x1 0x40000000 0x2 0x1000>; | 0x140000000 | 0x200001000
        ''                                          | reg = <0x1 0x40000000 0x1000>;     | 0x140000000 | 0x1000
        ''                                          | reg = <0x40000000 0x1000>;         | 0x40000000  | 0x1000
        ''                                          | reg = /bits/ 64 <0x140000000 4096>; | 0x140000000 | 0x1000
        '#address-cells = <1>; #size-cells = <2>;'  | reg = <0x40000000 0x1 0x0>;        | 0x40000000  | 0x100000000
        '#address-cells = <2>; #size-cells = <1>;'  | reg = <0x1 0x0 0x3000>;            | 0x100000000 | 0x3000
        '#address-cells = <1>; #size-cells = <1>;'  | reg = <0x5000 0x3000>;             | 0x5000      | 0x3000
        """)
    void aMemoryNodeHasAddressAndSize(String root, String reg, String base, String bytes) {
        String cpus = root.contains("#address-cells = <2>") ? "cpus = <0 7>;" : "cpus = <7>;";
        MachineSpec machine = read(root, cpus + " memory@0 { device_type = \"memory\"; " + reg + " };");
        assertEquals(List.of(7), machine.cpus());
        assertEquals(OptionalLong.of(Long.decode(base)), machine.memoryBase());
        assertEquals(Long.decode(bytes), machine.memoryBytes());
    }

    @Test
    void severalChunksAreOnePool() {
        MachineSpec machine = read("", "cpus = <0 1>; memory@0 { size = <0x0 0x10000000>; numa-node-id = <0>; }; "
                + "memory@1 { size = <0x0 0x8000000>; numa-node-id = <1>; };");
        assertEquals(0x18000000, machine.memoryBytes());
        assertEquals(OptionalLong.empty(), machine.memoryBase());
    }

    /** As a kernel with a pool tells it; the bridge's cells are the bridge's. */
    @Test
    void thePoolTreeOfAKernel() {
        MachineSpec machine = read("""
                #address-cells = <2>;
                #size-cells = <2>;
                id = <0>;
                model = "big";
                aliases { enp3s0 = "/pci@0/pci@1,0"; };
                pci@0 {
                    compatible = "multikernel,pci-host-bridge";
                    #address-cells = <3>;
                    #size-cells = <2>;
                    pci@1,0 { reg = <0x800 0 0 0 0>; };
                };
                """, """
                cpus = <0x0 0x2  0x0 0x3  0x0 0x5>;
                cpus-available = <0x0 0x5>;
                memory@48000000 { device_type = "memory"; reg = <0x0 0x48000000  0x0 0x4000000>; };
                devices { console { device-type = "platform"; device-name = "serial8250"; }; };
                """);
        assertEquals(List.of(2, 3, 5), machine.cpus());
        assertEquals(List.of("/id", "/model", "/aliases", "/pci@0", "device console: serial8250"),
                machine.kept().says());
        String text = DeviceTreeWriter.write(machine);
        assertTrue(text.contains("\t\tpci@1,0 {\n\t\t\treg = <0x800 0x0 0x0 0x0 0x0>;\n"), text);
        assertEquals(machine, MachineSpec.parse("w.dts", text, Marked.BASE));
        assertEquals(machine, MachineSpec.parse("w.dtb", DeviceTreeWriter.compile(machine), Marked.BASE));
    }

    @Test
    void whatInstancesHaveIsKeptAsLongAsTheyAreThere() {
        String instances = """
                instances {
                    web { id = <1>; resources { cpus = <0 2>; memory-base = <0x0 0x5000>; memory-bytes = <0x0 0x8000>;
                        device-names = "enp3s0"; numa-nodes = <0>; }; options { enable-host-kcore; }; };
                    db { id = <2>;
                        resources { cpus = <0 3>; memory-bytes = <0x0 0x8000>; cpu-affinity = "compact"; }; };
                };
                """;
        MachineSpec machine = read("#address-cells = <2>; " + instances,
                "cpus = <0 2 0 3>; memory-bytes = <0x100000>;");
        assertEquals(List.of("/instances/web/options", "/instances/web/resources/device-names",
                "/instances/web/resources/numa-nodes", "/instances/db/resources/cpu-affinity"),
                machine.kept().says());
        assertEquals(machine, MachineSpec.parse("w.dts", DeviceTreeWriter.write(machine), Marked.BASE));
        MachineSpec less = machine.withInstances(List.of(machine.instances().get(1)), machine.hostCpu());
        assertEquals(List.of("/instances/db/resources/cpu-affinity"), less.kept().says());
        assertEquals(Set.of("db"), Set.of(less.instances().getFirst().name()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        '#address-cells = <§3>;' | '#address-cells' is 3, expected 1 or 2 cells of 32 bits
        '#address-cells = <2>; §resource { };' | unknown node 'resource'
        """)
    void refusesInTheRoot(String root, String words) {
        Marked.assertError(TREE.formatted(root, "cpus = <0 2>; memory-bytes = <0x1000>;"), words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        '#address-cells = <2>; cpus = <0 2 §3>; memory-bytes = <0x1000>;' | 'cpus' has 3 cells, but by #address-cells
        '#address-cells = <2>; cpus = <§1 2>; memory-bytes = <0x1000>;' | 'cpus' names CPU 1 2, expected a physical id
        cpus = <1>; §memory-bytes = <0x1000>; memory@0 { size = <0x1000>; }; | and the node 'memory@0' both say what
        cpus = <1>; memory@0 { §reg = <1 2 3 4 5>; };                   | 'reg' has 5 cells, expected 2 for the address
        cpus = <1>; memory@0 { reg = <§0x1001 0x1000>; };               | 'reg' is 0x1001, which is not page aligned
        cpus = <1>; memory@0 { size = <§0x1001>; };                     | the size of 'memory@0' is 0x1001, expected a
        cpus = <1>; memory@0 { size = <§0>; };                          | the size of 'memory@0' is 0x0
        cpus = <1>; §memory@0 { };                                      | lacks the property 'size'
        cpus = <1>; memory@0 { §sise = <1>; };                          | did you mean 'size'?
        cpus = <1>; §memory { size = <0x1000>; };                       | unknown node 'memory'
        """)
    void refusesInTheResources(String resources, String words) {
        Marked.assertError(TREE.formatted("", resources), words);
    }
}
