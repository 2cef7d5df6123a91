// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code mk dump}: a machine as a tree, and that tree as a machine. */
@Timeout(600)
class DumpIT {
    @RegisterExtension
    final Mk mk = new Mk();

    /** The instance of CPU 0 is gone, but the host stays on CPU 3, which no instance had when the machine was made. */
    @Test
    void whatIsDumpedMakesTheSameMachine() throws Exception {
        Path tree = Files.writeString(mk.work().resolve("first.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                nr-cpus = <6>;
                resources { cpus = <0 1 2 3>; memory-bytes = <0x1000000>; };
                chosen { bootargs = "idle=halt"; };
                instances {
                    a { id = <7>; resources { cpus = <0>; memory-bytes = <0x200000>; }; };
                    b { id = <2>; resources { cpus = <1 2>; memory-bytes = <0x400000>; }; };
                };
            };
            """);
        mk.run("init", tree).ends(0);
        mk.run("unload", "a").ends(0);
        mk.run("delete", "a").ends(0);
        mk.run("create", "web", "--cpus", "0", "--memory", "4M").ends(0);
        mk.run("load", "web", "--modules", "echo", "--cmdline", "idle=halt \"x=a b\"", "--restart", "on-failure:3")
            .ends(0);
        mk.run("exec", "web").ends(0);
        String text = String.join("\n", mk.run("dump").ends(0).out());
        MachineSpec dumped = MachineSpec.parse("dump", text, mk.work());
        assertEquals(List.of("web 1 [0] [echo] idle=halt \"x=a b\"", "b 2 [1, 2] [] "), dumped.instances().stream()
            .map(one -> one.name() + " " + one.id() + " " + one.cpus() + " " + one.modules() + " " + one.bootargs())
            .toList());
        assertEquals(3, dumped.hostCpu());
        mk.run("shutdown").ends(0);

        Path second = Files.write(mk.work().resolve("second.dtb"), DeviceTreeWriter.compile(dumped));
        mk.run("init", second).ends(0);
        String again = String.join("\n", mk.run("dump", "--machine", "second", "--dts").ends(0).out());
        assertEquals(text, again);
        assertEquals(List.of(3), mk.json("show").at("/instances/0/cpus").valueStream().map(cpu -> cpu.asInt())
            .toList());
        mk.run("exec", "web").ends(0);
        mk.run("shutdown").ends(0);
    }

    @Test
    void aFileIsDumpedWithoutAMachine() throws Exception {
        Path source = new TreeSource().instance("web", "echo").write(mk.work(), "one");
        MachineSpec spec = MachineSpec.read(source);
        Path compiled = mk.work().resolve("one.dtb");
        mk.launch(List.of("sh", "-c", "exec \"$0\" \"$@\" > one.dtb", Mk.root().resolve("scripts/mk").toString()),
            mk.work(), "dump", "--dtb", source).ends(0);
        assertArrayEquals(DeviceTreeWriter.compile(spec), Files.readAllBytes(compiled));
        assertEquals(spec, MachineSpec.parse("dump", String.join("\n", mk.run("dump", compiled).ends(0).out()),
            mk.work()));
        mk.run("dump", source, "--machine", "m").refuses(2, "^mk: name FILE or --machine, not both");
        mk.run("dump", source, "--dts", "--dtb").refuses(2, "^mk: .*--dt[sb].* mutually exclusive");
        mk.run("dump").refuses(4, "^mk: no machine runs");
        assertTrue(Files.notExists(mk.base()), () -> mk.base() + " was made");
    }

    /** A tree of kerf's: 96 GiB, of which little is taken here; what is not emulated stays with the machine. */
    @Test
    void aTreeOfKerfsIsRead() throws Exception {
        Path tree = Files.writeString(mk.work().resolve("kerf.dts"), """
            /multikernel-v1/;
            / {
                compatible = "linux,multikernel-host";
                resources {
                    cpus = <2 3>;
                    memory-base = <0x0 0x800000000>;
                    memory-bytes = <0x0 0x1800000000>;
                    topology { numa-nodes { node@0 { node-id = <0>; cpus = <0 1 2 3>; }; }; };
                    devices { lan0: ethernet@0 { compatible = "acme,fastlane"; sriov-vfs = <4>; }; };
                };
            };
            """);
        MkProcess dry = mk.start("init", tree, "--dry-run").ends(0);
        assertEquals(List.of("mk: " + tree + ": note: read as kerf's dialect, which begins with /multikernel-v1/; and "
            + "has wide cells; kept and shown, but not emulated: 1 device, 1 NUMA node"), dry.err());
        mk.run("init", tree, "--scale-memory", "3").refuses(2, "--scale-memory 3 is no part of the memory");
        mk.run("init", "--cpus", "0", "--memory", "8M", "--scale-memory", "1/2").refuses(2, "is for a tree");
        mk.run("init", tree, "--scale-memory", "1/8192").ends(0);
        JsonNode machine = mk.json("show").get("machine");
        assertEquals(12 << 20, machine.get("memory").asInt());
        assertEquals("[\"NUMA node@0: cpus 0-3\",\"device ethernet@0: acme,fastlane\"]",
            machine.get("unemulated").toString());
        assertEquals("not emulated: device ethernet@0: acme,fastlane", mk.run("show").ends(0).out().get(2));
        Path overlay = Files.writeString(mk.work().resolve("web.dtso"), """
            /dts-v1/;
            /plugin/;
            / { fragment@0 { target-path = "/instances"; __overlay__ { instance-create {
                instance-name = "web"; resources { cpus = <2 3>; memory-bytes = <0x400000>; }; }; }; }; };
            """);
        assertEquals(List.of("web: ready, id 1, CPUs 2,3, 4 MiB", "tx_1: applied"),
            mk.run("apply", overlay).ends(0).out());
        mk.run("apply", overlay).refuses(7, "^mk: .*web.*; nothing of the overlay is applied$");
        mk.run("apply", Files.writeString(overlay, Files.readString(overlay).replace("create", "created")))
            .refuses(3, "^" + overlay + ":3:\\d+: unknown node 'instance-created'");
        String text = String.join("\n", mk.run("dump").ends(0).out());
        assertTrue(text.contains("sriov-vfs = <0x4>;"), text);
        assertEquals(MachineSpec.read(tree).kept(), MachineSpec.parse("dump", text, mk.work()).kept());
        mk.run("shutdown").ends(0);
    }
}
