// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.mkemu.dts.Position;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineSpecTest {

    private static MachineSpec parse(String source) {
        return MachineSpec.parse(Marked.FILE, source, Marked.BASE);
    }

    @Test
    void readsTheHalvesOf64BitCellsAsDtcWritesThem() {
        String tree = Trees.GOOD.replace("cpus = <0 1 2 0x3>;", "cpus = <0 0 0 1 0 2 0 3>;")
            .replace("cpus = /bits/ 64 <3 2>;", "cpus = <0x0 0x3>, <0x0 0x2>;");
        MachineSpec machine = MachineSpec.parse("t.dts", tree, Path.of("/base"));
        assertEquals(List.of(0, 1, 2, 3), machine.cpus());
        assertEquals(List.of(3, 2), machine.instances().get(1).cpus());
    }

    @Test
    void readsEverythingTheBindingKnows() {
        MachineSpec machine = parse(Trees.GOOD);
        assertEquals(List.of(0, 1, 2, 3), machine.cpus());
        assertEquals(512L << 20, machine.memoryBytes());
        assertEquals(OptionalLong.empty(), machine.memoryBase());
        assertEquals(OptionalInt.of(64), machine.ipiSlots());
        assertEquals(new HostSpec("loglevel=7 \"a b\"", List.of("demo")), machine.host());
        assertEquals(List.of(
                new InstanceSpec(1, "web-server", List.of(1), 64L << 20, "idle=halt",
                        List.of("demo", "/base/path/to/x.jar")),
                new InstanceSpec(7, "db", List.of(3, 2), 64L << 20, "", List.of())), machine.instances());
    }

    @Test
    void anInstanceIsExternalIfTheTreeSaysSo() {
        MachineSpec machine = parse(Trees.with("id = <7>;", "id = <7>; mkemu,external;"));
        assertEquals(List.of(false, true), machine.instances().stream().map(InstanceSpec::external).toList());
        assertEquals(new Position(20, 14), machine.instances().get(1).places().of("mkemu,external"));
        assertNotEquals(parse(Trees.GOOD), machine);
        assertNotEquals(parse(Trees.GOOD).hashCode(), machine.hashCode());
    }

    @Test
    void keepsThePlaceOfEveryValue() {
        MachineSpec machine = parse(Trees.GOOD);
        InstanceSpec web = machine.instances().getFirst();
        assertEquals(new Position(12, 8), web.position());
        assertEquals(new Position(13, 10), web.places().of("id"));
        assertEquals(new Position(14, 24), web.places().of("cpus"));
        assertEquals(new Position(14, 44), web.places().of("memory-bytes"));
        assertEquals(new Position(15, 24), web.places().of("bootargs"));
        assertEquals(new Position(16, 28), web.places().of("mkemu,modules", 1));
        assertEquals(new Position(21, 36), machine.instances().get(1).places().of("cpus", 1));
        assertEquals(new Position(7, 11), machine.places().of("cpus", 0));
        assertEquals(new Position(2, 1), machine.places().of("memory-base"), "the node, if not given");
        assertEquals("dir/t.dts:16:28: no such jar",
                machine.error(web.places().of("mkemu,modules", 1), "no such jar").getMessage());
    }

    @ParameterizedTest
    @CsvSource({"<0x20000000>", "<536870912>", "<0 0x20000000>", "'<0>, <0x20000000>'", "/bits/ 64 <0x20000000>",
        "/bits/ 32 <0 536870912>", "<(512 << 20)>"})
    void acceptsEveryFormOfASize(String value) {
        assertEquals(512L << 20, parse(Trees.with("<0x20000000>", value)).memoryBytes());
    }

    @Test
    void takesTheFirstOfTwoCellsAsTheHighOne() {
        assertEquals(0x2_0000_1000L, parse(Trees.with("<0x20000000>", "<2 0x1000>; memory-base = <1 0>"))
                .memoryBytes());
    }

    @Test
    void recordsTheMemoryBase() {
        assertEquals(OptionalLong.of(0x1_8000_0000L),
                parse(Trees.with("cpus = <0", "memory-base = <1 0x80000000>; cpus = <0")).memoryBase());
    }

    @Test
    void separatesModulesByCommasAndLists() {
        MachineSpec machine = parse(Trees.with("\"demo\";", "\"demo, x.jar\", \"/abs/../y\", \"\";"));
        assertEquals(List.of("demo", "/base/x.jar", "/y"), machine.host().modules());
    }

    @Test
    void acceptsAMachineWithoutInstancesAndOptions() {
        String resources = "resources { cpus = <5>; memory-bytes = <4096>; };";
        MachineSpec machine = parse("/dts-v1/; / { compatible = \"x\", \"multikernel-v1\"; " + resources + " };");
        assertEquals(MachineSpec.of(List.of(5), 4096, new HostSpec("", List.of()), List.of(), OptionalInt.empty()),
                machine);
        assertEquals(5, machine.hostCpu());
    }

    @Test
    void acceptsInstancesThatUseThePoolUp() {
        MachineSpec machine = parse(Trees.with("<0x20000000>", "<0x8000000>"));
        assertEquals(machine.memoryBytes(), machine.instances().stream().mapToLong(InstanceSpec::memoryBytes).sum());
    }

    @ParameterizedTest
    @CsvSource({"'0 1 2 3', 0", "'9 3 2 1 8', 8", "'1 2 3', 0", "'3 2 1 0 4', 0"})
    void putsTheHostOnTheLowestUnclaimedCpuOfThePool(String cpus, int host) {
        assertEquals(host, parse(Trees.with("0 1 2 0x3", cpus)).hostCpu());
    }

    @Test
    void putsTheHostOutsideThePoolIfAllOfItIsClaimed() {
        String zeroToThree = Trees.GOOD.replace("cpus = <1>", "cpus = <1 0>");
        assertEquals(4, parse(zeroToThree).hostCpu());
    }

    @Test
    void refusesToLeaveTheHostWithoutCpu() {
        String all = String.join(" ", IntStream.range(0, 1024).mapToObj(String::valueOf).toList());
        String tree = Trees.GOOD.replace("0 1 2 0x3", "§" + all).replace("<3 2>", "<0>");
        Marked.assertError(tree.replace("cpus = <1>", "cpus = <" + all.substring(2) + ">"), "all 1024 CPUs", "host");
    }

    @Test
    void comparesWhatIsSaidAndNotWhere() {
        assertEquals(parse(Trees.GOOD), MachineSpec.parse("other", "\n" + Trees.GOOD.indent(3).strip(), Marked.BASE));
        assertEquals(parse(Trees.GOOD).hashCode(), parse("\n" + Trees.GOOD).hashCode());
        assertNotEquals(parse(Trees.GOOD), parse(Trees.with("idle=halt", "idle=poll")));
        assertNotEquals(parse(Trees.GOOD), parse(Trees.with("<64>", "<128>")));
    }
}
