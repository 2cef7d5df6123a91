// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Check;
import io.mkemu.module.KernelModule;
import io.mkemu.simulate.stress.CallingModule;
import io.mkemu.simulate.stress.HandledOnce;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages keep their promises whoever goes on when, and whoever is killed and started again. */
class MessagesSimulationTest {
    private static final String TREE = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            mkemu,modules = "@JAR@";
            nr-cpus = <3>;
            mkemu,ipi-slots = <2>;
            resources { cpus = <0 1 2>; memory-bytes = <0x80000>; };
            instances {
                one {
                    id = <1>;
                    mkemu,modules = "@JAR@";
                    resources { cpus = <1>; memory-bytes = <0x20000>; };
                };
                two {
                    id = <2>;
                    mkemu,modules = "@JAR@";
                    resources { cpus = <2>; memory-bytes = <0x20000>; };
                };
            };
        };
        """;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void build() throws IOException {
        Path jar = directory.resolve("calling.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            service(out, KernelModule.class, CallingModule.class);
            service(out, Check.class, HandledOnce.class);
        }
        Files.writeString(directory.resolve("calling.dts"), TREE.replace("@JAR@", jar.toString()));
    }

    private static void service(JarOutputStream out, Class<?> service, Class<?> its) throws IOException {
        out.putNextEntry(new JarEntry("META-INF/services/" + service.getName()));
        out.write(its.getName().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void eachRequestIsHandledOnceAndEachCallEndsOnce() throws Exception {
        Simulator.Outcome outcome = Simulator.of(directory.resolve("calling.dts"))
            .faults("kill,restart,mid-send,pause,slow,boot").runs(300).jobs(1).check();
        assertTrue(outcome.faults() > 150 && outcome.messages() > 3_000, outcome::toString);
    }
}
