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
    private void live(List<String> hosts, List<String> asks) throws Exception {
        run(hosts, "init", "--machine", "m", "--cpus", "0-2", "--memory", "32M");
        assertEquals(1, run(asks, "list").out("^m +running +\\d+ +1/1 ").size());
        run(asks, "create", "web", "--cpus", "1", "--memory", "8M");
        run(asks, "load", "web", "--modules", "echo");
        run(asks, "exec", "web");
        MkProcess show = run(asks, "show");
        assertEquals(1, show.out("^ +1 +web +active ").size(), show::describe);
        MkProcess dmesg = run(asks, "dmesg", "web");
        assertEquals(1, dmesg.out("Command line: ").size(), dmesg::describe);
        run(asks, "interrupts");
        run(asks, "iomem");
        run(asks, "kill", "web");
        run(asks, "create", "guest", "--cpus", "2", "--memory", "8M", "--external");
        run(asks, "load", "guest", "--modules", "echo");
        MkProcess join = run(asks, "join", "guest");
        MkProcess guest = mk.launch(List.of("sh", "-c", "exec " + join.out().getFirst()), mk.work());
        Await.until(() -> isActive("guest"), guest::describe);
        run(asks, "kill", "guest");
        guest.ends(0);
        run(asks, "shutdown");
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
