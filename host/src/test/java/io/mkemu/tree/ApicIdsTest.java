// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.Position;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApicIdsTest {

    @Test
    void theHostsCpuHasAPhysicalIdOfItsOwn() {
        String tree = "/dts-v1/; / { compatible = \"multikernel-v1\"; mkemu,host-cpu = <%s>; "
                + "resources { cpus = <0 1>; apic-ids = <4 5>; memory-bytes = <0x400000>; }; };";
        assertEquals(1, MachineSpec.parse("h.dts", tree.formatted("1"), Marked.BASE).hostCpu());
        assertEquals(7, MachineSpec.parse("h.dts", tree.formatted("7"), Marked.BASE).hostCpu());
        Marked.assertError(tree.formatted("§5"), "'mkemu,host-cpu' is CPU 5, which is not in the pool, but CPU 1 "
                + "has it as its physical id");
    }

    private static final String CPUS = "cpus = <0 1 2 0x3>;";

    private static MachineSpec parse(String apicIds) {
        return MachineSpec.parse(Marked.FILE, Trees.with(CPUS, CPUS + apicIds), Marked.BASE);
    }

    @Test
    void giveEachCpuOfThePoolItsPhysicalId() {
        MachineSpec machine = parse(" apic-ids = <0 4 2 1023>;");
        assertEquals(List.of(0, 1, 2, 3), machine.cpus());
        assertEquals(List.of(0, 4, 2, 1023), machine.apicIds());
        assertEquals(4, machine.apicId(1));
        assertEquals(1023, machine.apicId(3));
        assertEquals(List.of(1), machine.instances().getFirst().cpus(), "the tree's CPUs stay numbers");
        assertEquals(new Position(7, 37), machine.places().of("apic-ids", 1));
    }

    @Test
    void aCpuWithoutOneIsItsOwn() {
        assertEquals(List.of(), parse("").apicIds());
        assertEquals(3, parse("").apicId(3));
        assertEquals(77, parse(" apic-ids = <0 4 2 5>;").apicId(77), "outside the pool");
        assertEquals(parse(""), parse(" apic-ids = <0 1 2 3>;"), "the identity is no map");
        assertNotEquals(parse(""), parse(" apic-ids = <1 0 2 3>;"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "apic-ids = §<0 4 2>; | 'apic-ids' has 3 cells and 'cpus' has 4: give the physical id of each CPU",
        "apic-ids = <0 4 2 5 §6>; | 'apic-ids' has 5 cells and 'cpus' has 4",
        "apic-ids = §<>; | 'apic-ids' has 0 cells and 'cpus' has 4",
        "apic-ids = <0 4 2 §4>; | 'apic-ids' lists physical id 4 twice, first at line 7, column 17: list",
        "apic-ids = <0 4 §1024 3>; | 'apic-ids' names physical id 1024, expected a physical id in 0..1023",
        "apic-ids = <0 4 §(-1) 3>; | 'apic-ids' names physical id (-1)",
        "apic-ids = §\"0\"; | 'apic-ids' is the string \"0\", expected cells",
        "§apic-ids; | 'apic-ids' has no value",
        "§apic-id = <0>; | unknown property 'apic-id' in /resources: did you mean 'apic-ids'?",
    })
    void mistakesAreNamedWhereTheyStand(String spoilt, String words) {
        /* Before the CPUs, so that a column is that of the property itself. */
        Marked.assertError(Trees.with(CPUS, spoilt + " " + CPUS), words);
    }

    @Test
    void belongToTheMachineAndToNoInstance() {
        Marked.assertError(Trees.with("cpus = <1>;", "cpus = <1>; §apic-ids = <1>;"),
            "unknown property 'apic-ids' in /instances/web-server/resources");
    }

    @Test
    void areWrittenAndParseBackEqual() {
        MachineSpec machine = parse(" apic-ids = <9 8 7 6>;");
        String written = DeviceTreeWriter.write(machine);
        assertTrue(written.contains("apic-ids = <9 8 7 6>;"), written);
        assertEquals(machine, MachineSpec.parse("w.dts", written, Marked.BASE));
        assertFalse(DeviceTreeWriter.write(parse("")).contains("apic-ids"));
        assertEquals(machine, parse("").withApicIds(List.of(9, 8, 7, 6)));
    }

    @Test
    void aHostOutsideThePoolTakesNobodysPhysicalId() {
        String allTaken = Trees.GOOD.replace("cpus = <1>", "cpus = <1 0>");
        MachineSpec machine = MachineSpec.parse(Marked.FILE,
            allTaken.replace(CPUS, CPUS + " apic-ids = <0 4 2 5>;"), Marked.BASE);
        assertEquals(6, machine.hostCpu());
        assertEquals(6, machine.apicId(machine.hostCpu()));
    }

    @Test
    void noCpuIsLeftWhenNumbersAndPhysicalIdsTogetherTakeAll() {
        String low = IntStream.range(0, 512).mapToObj(String::valueOf).collect(Collectors.joining(" "));
        String high = IntStream.range(512, 1024).mapToObj(String::valueOf).collect(Collectors.joining(" "));
        String tree = "/dts-v1/; / { compatible = \"multikernel-v1\"; "
            + "resources { memory-bytes = <0x1000000>; cpus = <§" + low + ">; apic-ids = <" + high + ">; }; "
            + "instances { a { id = <1>; resources { cpus = <" + low + ">; memory-bytes = <0x1000>; }; }; }; };";
        Marked.assertError(tree, "all 1024 CPUs are in use", "host");
        MachineSpec unchecked = MachineSpec.of(IntStream.range(0, 1024).boxed().toList(), 4096,
            new HostSpec("", List.of()), List.of(new InstanceSpec(1, "a", IntStream.range(0, 1024).boxed().toList(),
                4096, "", List.of())), OptionalInt.empty());
        assertThrows(IllegalStateException.class, unchecked::hostCpu);
    }
}
