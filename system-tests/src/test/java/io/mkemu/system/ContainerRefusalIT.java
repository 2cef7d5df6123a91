// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.github.dockerjava.api.command.BuildImageResultCallback;
import io.mkemu.abi.RamHeaderDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What cannot be is refused in a line that says what to do, and disturbs nobody. */
@NeedsDocker
class ContainerRefusalIT {
    private static final int FOREIGN_ABI = RamHeaderDescriptor.ABI_VERSION + 1;
    private static final String TRAFFIC = ": traffic: 2000 sent, 2000 received, 0 lost, 0 torn, 0 repeated, ";

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    private static TreeSource traffic() {
        return ContainerMachine.tree("traffic.messages=2000").host("traffic").instance("a", "traffic");
    }

    @Test
    void aVolumeThatIsTooSmall() throws Exception {
        lab.startOn(lab.ram("8m"), lab.hostOf(traffic()).toArray()).refuses(5, "/run/mkemu/\\S+: .*8 MiB");
    }

    @Test
    void aSecondHostOnTheSameVolume() throws Exception {
        MkContainer host = lab.host(traffic());
        lab.start(limits -> { }, lab.hostOf(traffic()).toArray())
            .refuses(4, lab.machine() + ".* (in use|runs already)");
        MkContainer a = lab.join("a");
        host.awaitOut(2, TRAFFIC);
        lab.shutDown(a);
    }

    @Test
    void anImageOfAnotherAbiVersion() throws Exception {
        MkContainer host = lab.host(traffic());
        String foreign = buildForeignImage();
        String refusal = "/ram: has ABI version " + RamHeaderDescriptor.ABI_VERSION + ", this mkemu speaks "
            + FOREIGN_ABI;
        lab.startOf(foreign, "instance", ContainerMachine.RAM + "/" + lab.machine(), "1", "mk_ipi_shared=0x1000")
            .refuses(4, refusal);
        lab.startOf(foreign, "dmesg").refuses(4, refusal);
        MkContainer a = lab.join("a");
        host.awaitOut(2, TRAFFIC);
        lab.shutDown(a);
    }

    /** The image under test, with a common module that has been compiled to speak another version. */
    private String buildForeignImage() throws Exception {
        Path root = lab.fetched();
        Path sources = root.resolve("src");
        Path original = Mk.root().resolve("common/src/main/java");
        List<String> files = new ArrayList<>();
        for (Path file : Trees.below(original)) {
            Path copy = sources.resolve(original.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(copy);
                continue;
            }
            String text = Files.readString(file);
            if (file.endsWith("RamHeaderDescriptor.java")) {
                String other = text.replace("int ABI_VERSION = " + RamHeaderDescriptor.ABI_VERSION + ";",
                    "int ABI_VERSION = " + FOREIGN_ABI + ";");
                assertNotEquals(text, other);
                text = other;
            }
            Files.createDirectories(copy.getParent());
            files.add(Files.writeString(copy, text).toString());
        }
        Path jar = instanceJar("mkemu-common-");
        List<String> javac = new ArrayList<>(List.of("-nowarn", "-proc:none", "-cp", instanceJar("agrona-").toString(),
            "-d", root.resolve("classes").toString()));
        javac.addAll(files);
        tool("javac", javac);
        Path context = Files.createDirectory(root.resolve("context"));
        tool("jar", List.of("-c", "-f", context.resolve("common.jar").toString(), "-C",
            root.resolve("classes").toString(), "."));
        Files.writeString(context.resolve("Dockerfile"), "FROM " + lab.run().image() + "\nCOPY common.jar "
            + "/opt/mkemu/lib/instance/" + jar.getFileName() + "\n");
        lab.run().client().buildImageCmd(context.toFile()).withTags(Set.of(lab.run().variant()))
            .exec(new BuildImageResultCallback()).awaitImageId();
        return lab.run().variant();
    }

    private static Path instanceJar(String begin) throws IOException {
        try (var all = Files.list(Path.of(System.getProperty("mkemu.home"), "lib/instance"))) {
            return all.filter(file -> file.getFileName().toString().startsWith(begin)).findFirst().orElseThrow();
        }
    }

    private static void tool(String name, List<String> args) {
        assertEquals(0, ToolProvider.findFirst(name).orElseThrow().run(System.out, System.err,
            args.toArray(String[]::new)), name);
    }
}
