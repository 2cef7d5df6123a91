// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** mkemu of one version and a host of another one. */
class VersionsIT {
    private static final String OTHER = "98.7.6+other";

    @RegisterExtension
    final Mk mk = new Mk();

    private MkProcess run(List<String> mkemu, Object... args) throws Exception {
        return mk.launch(mkemu, mk.work(), args).ends(0);
    }

    /** All that is done to a machine from its making to its end, by two versions of mkemu in turns. */
    private void live(List<String> hosts, List<String> other) throws Exception {
        run(hosts, "init", "--machine", "m", "--cpus", "0-2", "--memory", "32M");
        try (Shell asks = new Shell(other, Shell.classes(), mk.work(), mk.base())) {
            assertEquals(1, asks.run("list").ends(0).out("^m +running +\\d+ +1/1 ").size());
            asks.run("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
            asks.run("load", "web", "--modules", "echo").ends(0);
            asks.run("exec", "web").ends(0);
            Ended show = asks.run("show").ends(0);
            assertEquals(1, show.out("^ +1 +web +active ").size(), show::describe);
            Ended dmesg = asks.run("dmesg", "web").ends(0);
            assertEquals(1, dmesg.out("Command line: ").size(), dmesg::describe);
            asks.run("interrupts").ends(0);
            asks.run("iomem").ends(0);
            asks.run("kill", "web").ends(0);
            asks.run("create", "guest", "--cpus", "2", "--memory", "8M", "--external").ends(0);
            asks.run("load", "guest", "--modules", "echo").ends(0);
            Ended join = asks.run("join", "guest").ends(0);
            MkProcess guest = mk.launch(List.of("sh", "-c", "exec " + join.out().getFirst()), mk.work());
            Await.until(() -> isActive("guest"), guest::describe);
            asks.run("kill", "guest").ends(0);
            guest.ends(0);
            asks.run("shutdown").ends(0);
        }
    }

    private boolean isActive(String instance) {
        try {
            return mk.ask("m", "{'verb':'show','names':['" + instance + "']}").get("instances").get(0).get("state")
                .asText().equals("active");
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Test
    void serveEachOtherWhereProtocolAndAbiAreTheSame() throws Exception {
        List<String> other = Distribution.command(
            Distribution.copyOfVersion(mk.work().toRealPath().resolve("dist"), OTHER));
        List<String> here = Distribution.command(Distribution.home());
        MkProcess version = run(other, "--version");
        assertTrue(version.out().getFirst().startsWith("mkemu " + OTHER + ", ABI "), version::describe);
        live(here, other);
        live(other, here);
    }

    /** As if a mkemu of another ABI had made it. */
    @Test
    void whereTheAbiDiffersEachVerbSaysSoAndTheMachineCanBeEnded() throws Exception {
        mk.start("init", "--machine", "m", "--cpus", "0-1", "--memory", "16M").ends(0);
        int foreign = RamHeaderDescriptor.ABI_VERSION + 1;
        writeAbi(mk.machine("m").resolve("ram"), foreign);
        String why = mk.machine("m").resolve("ram") + ": has ABI version " + foreign + ", this mkemu speaks "
            + RamHeaderDescriptor.ABI_VERSION + "; if the machine runs, end it with mk shutdown; ";
        for (String verb : List.of("dmesg", "interrupts", "iomem")) {
            mk.start(verb).refuses(4, why);
        }
        MkProcess list = mk.start("list").ends(0);
        assertEquals(1, list.out("^m +running +- +- ").size(), list::describe);
        assertEquals(1, list.out("^m: " + why).size(), list::describe);
        assertTrue(mk.json("list").get(0).get("problem").asText().startsWith(why));
        mk.start("shutdown").ends(0);
    }

    private static void writeAbi(Path ramFile, int version) throws IOException {
        try (FileChannel ram = FileChannel.open(ramFile, StandardOpenOption.WRITE)) {
            ram.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, version),
                RamHeaderDescriptor.ABI_VERSION_OFFSET);
        }
    }
}
