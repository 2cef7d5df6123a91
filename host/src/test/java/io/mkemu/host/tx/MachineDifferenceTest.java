// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is different between a machine and a tree. */
class MachineDifferenceTest {
    private static final String TREE = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; nr-cpus = <9>; mkemu,modules = "echo";
          resources { cpus = <0 1 2 3 4 5>; memory-bytes = <0x800000>; };
          instances {
            web { id = <1>; resources { cpus = <1 2>; memory-bytes = <0x100000>; };
              mkemu,modules = "echo"; chosen { bootargs = "idle=halt"; };
            };
            db { id = <2>; resources { cpus = <3>; memory-bytes = <0x200000>; }; };
          };
        };
        """;

    private static MachineSpec spec(String... replacements) {
        String text = TREE;
        for (int at = 0; at < replacements.length; at += 2) {
            assertTrue(text.contains(replacements[at]), replacements[at]);
            text = text.replace(replacements[at], replacements[at + 1]);
        }
        return MachineSpec.parse("m.dts", text, Path.of("/"));
    }

    private static Map<String, Form> forms(MachineSpec machine, boolean loaded) {
        Map<String, Form> forms = new LinkedHashMap<>();
        machine.instances().forEach(spec -> forms.put(spec.name(), new Form(spec, loaded)));
        return forms;
    }

    private static MachineDifference between(String... replacements) {
        return MachineDifference.between(spec(), forms(spec(), true), spec(replacements));
    }

    private static String kinds(MachineDifference difference) {
        return difference.fixed() + " " + difference.changes().stream().map(change -> change.name()
            + (change.before() == null ? " comes" : change.after() == null ? " goes" : change.removes() ? " anew"
            : (change.moves() ? " moves" : "") + (change.reloads() ? " reloads" : ""))).toList();
    }

    @Test
    void theSameIsNoDifferenceHoweverItIsWritten() {
        assertTrue(between().isNone());
        assertTrue(between("<1 2>", "<2 1>", "cpus = <0 1 2 3 4 5>", "cpus = <5 1 2 3 4 0>").isNone());
        assertTrue(between("nr-cpus", "mkemu,host-cpu = <0>; nr-cpus").isNone());
        assertTrue(between("memory-bytes = <0x8", "memory-base = <0x100000>; memory-bytes = <0x8").isNone());
        assertTrue(MachineDifference.between(spec(), forms(spec(), true),
            MachineSpec.parse("dump", DeviceTreeWriter.write(spec()), Path.of("/"))).isNone());
    }

    @Test
    void whatIsReadyAndLoadedWithNothingIsTheSameToATree() {
        String[] bare = {"mkemu,modules = \"echo\"; chosen { bootargs = \"idle=halt\"; };", ""};
        assertTrue(MachineDifference.between(spec(bare), forms(spec(bare), false), spec(bare)).isNone());
        assertEquals("[] [web reloads]",
            kinds(MachineDifference.between(spec(bare), forms(spec(bare), false), spec())));
        assertEquals("[] [web moves]", kinds(MachineDifference.between(spec(bare), forms(spec(bare), false),
            spec(bare[0], bare[1], "<1 2>", "<1>"))));
    }

    @Test
    void eachKindOfChangeIsSeen() {
        assertEquals("[] [db moves]", kinds(between("cpus = <3>", "cpus = <4>")));
        assertEquals("[] [db moves]", kinds(between("<0x200000>", "<0x300000>")));
        assertEquals("[] [web reloads]", kinds(between("idle=halt", "idle=poll")));
        assertEquals("[] [web moves reloads]", kinds(between("idle=halt", "idle=poll", "<1 2>", "<1>")));
        assertEquals("[] [db reloads]", kinds(between("id = <2>;", "id = <2>; restart = \"on-failure\";")));
        assertEquals("[] [db reloads]", kinds(between("id = <2>;", "id = <2>; mkemu,jvm-options = \"-ea\";")));
        assertEquals("[] [db anew]", kinds(between("id = <2>", "id = <3>")));
        assertEquals("[] [db anew]", kinds(between("id = <2>;", "id = <2>; mkemu,external;")));
        assertEquals("[] [db goes, data comes]", kinds(between("db {", "data {")));
        Change change = between("cpus = <3>", "cpus = <4>").changes().getFirst();
        assertEquals(List.of(4), change.inverse().before().spec().cpus());
        assertEquals(List.of(3), change.inverse().after().spec().cpus());
    }

    @Test
    void whatOnlyANewMachineCanHaveIsNamed() {
        assertEquals("[cpus: 0 1 2 3 4 5 -> 0 1 2 3 4] []", kinds(between("<0 1 2 3 4 5>", "<0 1 2 3 4>")));
        assertEquals("[apic-ids: 0 1 2 3 4 5 -> 0 1 2 3 4 8] []",
            kinds(between("<0 1 2 3 4 5>", "<0 1 2 3 4 5>; apic-ids = <0 1 2 3 4 8>")));
        assertEquals("[memory-bytes: 0x800000 -> 0x400000] []", kinds(between("<0x800000>", "<0x400000>")));
        assertEquals("[mkemu,host-cpu: 0 -> 5] []", kinds(between("nr-cpus", "mkemu,host-cpu = <5>; nr-cpus")));
        assertEquals("[ipi: queued -> single-slot, ipi-log: not given -> rfc, nr-cpus: 9 -> not given] []",
            kinds(between("nr-cpus = <9>;", "ipi = \"single-slot\"; ipi-log = \"rfc\";")));
        assertEquals("[mkemu,ipi-slots: not given -> 64] []",
            kinds(between("nr-cpus", "mkemu,ipi-slots = <64>; nr-cpus")));
        assertEquals("[mkemu,modules of the host: echo -> none] []",
            kinds(between("nr-cpus = <9>; mkemu,modules = \"echo\";", "nr-cpus = <9>;")));
        assertEquals("[bootargs of the host: '' -> 'quiet'] []",
            kinds(between("instances {", "chosen { bootargs = \"quiet\"; }; instances {")));
    }
}
