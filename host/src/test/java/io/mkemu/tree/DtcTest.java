// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.CompiledTree;
import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.fdt.FdtReader;
import io.mkemu.fdt.FdtWriter;
import io.mkemu.fdt.FlatTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** dtc is the judge of compiled trees. */
@ExtendWith(Dtc.class)
class DtcTest {

    /** Every kind of value and name. */
    private static final String EVERYTHING = """
            /dts-v1/;
            / {
            \tempty;
            \tcells = <1 0x2 03 (4 << 1)>, <0xffffffff>;
            \twide = /bits/ 64 <0x123456789abcdef0 1>;
            \thalves = /bits/ 16 <1 0xffff>;
            \toctets = /bits/ 8 <1 2 3>;
            \tbytes = [00 ff 7f];
            \tmixed = "a", <1>, [02], "\\x01\\"\\\\ é";
            \tnone = <>;
            \tname-of.all,_+#?* = "";
            \tone: node@1,2 { empty; deeper { deepest@f { cells = <1>; }; }; };
            \tnode@1,3 { };
            };
            """;

    static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>(List.of(EVERYTHING));
        try (Stream<Path> examples = Files.walk(Path.of("..", "examples"))) {
            for (Path tree : examples.filter(file -> file.toString().endsWith(".dts")).sorted().toList()) {
                sources.add(Files.readString(tree));
            }
        }
        assertTrue(sources.size() > 3, sources.size() + " sources");
        return sources;
    }

    @ParameterizedTest
    @MethodSource("sources")
    void readsAndWritesWhatDtcReads(String source) throws Exception {
        for (String version : List.of("16", "17")) {
            byte[] theirs = Dtc.compile(source.replace("/dts-v1/;", "/dts-v1/;\n/memreserve/ 0x1000 0x100000000;"),
                    "-V", version, "-b", "5", "-p", "24");
            FlatTree tree = FdtReader.read(theirs);
            assertEquals(List.of(new FlatTree.Reservation(0x1000, 1L << 32)), tree.reservations());
            assertEquals(5, tree.bootCpu());
            byte[] ours = FdtWriter.write(tree);
            assertEquals(Dtc.decompile(theirs, "-s"), Dtc.decompile(ours, "-s"));
            assertEquals(tree, FdtReader.read(ours));
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void compilesAsDtcDoes(String source) throws Exception {
        byte[] theirs = Dtc.compile(source);
        byte[] ours = FdtWriter.write(CompiledTree.flatten(DeviceTree.parse("t.dts", source)));
        assertEquals(FdtReader.read(theirs), FdtReader.read(ours));
        assertEquals(Dtc.decompile(theirs, "-s"), Dtc.decompile(ours, "-s"));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aCompiledTreeIsTheSameMachine(String source) throws Exception {
        if (source.equals(EVERYTHING)) {
            assertThrows(DeviceTreeException.class, () -> MachineSpec.parse("e.dts", source, Marked.BASE));
            return;
        }
        MachineSpec machine = MachineSpec.parse("t.dts", source, Marked.BASE);
        byte[] compiled = Dtc.compile(source, "-@");
        assertEquals(machine, MachineSpec.parse("t.dtb", compiled, Marked.BASE));
        byte[] again = Dtc.decompile(compiled).getBytes(StandardCharsets.UTF_8);
        assertEquals(machine, MachineSpec.parse("again.dts", again, Marked.BASE));
    }

    /** With -@ dtc writes down the labels, and numbers the nodes that have one. */
    @Test
    void labelsOfACompiledTreeHaveNoMeaning() throws Exception {
        String source = """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                pool: resources { cpus = <1 2>; memory-bytes = <0x400000>; };
            };
            """;
        MachineSpec machine = MachineSpec.parse("t.dts", source, Marked.BASE);
        byte[] compiled = Dtc.compile(source, "-@");
        assertTrue(FdtReader.read(compiled).root().children().stream().anyMatch(n -> n.name().equals("__symbols__")));
        assertEquals(machine, MachineSpec.parse("t.dtb", compiled, Marked.BASE));
    }

    @Test
    void aMistakeInACompiledTreeIsToldByItsOffset() throws Exception {
        String source = """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                resources { cpus = <1 2 2>; memory-bytes = <0x400000>; };
            };
            """;
        byte[] compiled = Dtc.compile(source);
        String message = assertThrows(DeviceTreeException.class,
                () -> MachineSpec.parse("m.dtb", compiled, Marked.BASE)).getMessage();
        assertTrue(message.matches("m\\.dtb: offset 0x[0-9a-f]+: 'cpus' lists CPU 2 twice, first at offset 0x"
                + "[0-9a-f]+: list each CPU once"), message);
        int second = Integer.decode(message.substring(message.indexOf("0x"), message.indexOf(": 'cpus'")));
        assertEquals(2, compiled[second + 3], message);
        assertEquals(2, compiled[second - 1], message);
    }
}
