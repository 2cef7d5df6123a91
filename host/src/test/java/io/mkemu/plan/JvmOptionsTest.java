// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTreeException;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JvmOptionsTest {
    @ParameterizedTest
    @ValueSource(strings = {"-Xmx64m", "-Xss1M", "-Xint", "-Xlog:gc*:file=gc.log", "-verbose:gc", "-ea", "-ea:io.x...",
        "-Dmy.name=a b", "-Dflag", "--enable-preview", "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "-XX:MaxRAMPercentage=20", "-XX:+HeapDumpOnOutOfMemoryError", "-XX:StartFlightRecording=filename=k.jfr",
        "-XX:+UseZGC", "-XX:-TieredCompilation"})
    void passes(String option) {
        assertNull(JvmOptions.problem(List.of(option)));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {"-cp|class path", "-classpath|class path", "--module-path=x|class path",
        "x.Main|class path", "@my.options|a file could hold", "-Dmkemu.home=/x|not the user's",
        "-Djava.library.path=/x|not the user's", "-D=x|expected -DNAME=VALUE",
        "-agentlib:jdwp=server=y|mk exec --debug", "-javaagent:x.jar|outlive",
        "-agentpath:/x.so|outlive", "-XX:OnError=gdb|starts processes",
        "-XX:AOTCache=x|mkemu sets it", "-Xshare:off|mkemu sets it", "-XX:-UseSerialGC|docs/device-tree.md",
        "-XX:+UseFooGC|docs/device-tree.md", "-Xmx|docs/device-tree.md", "-Xmx64mb|docs/device-tree.md"},
        delimiter = '|')
    void isRefused(String option, String why) {
        String problem = JvmOptions.problem(List.of("-ea", option));
        assertTrue(problem.startsWith("'" + option + "' is no option that an instance's JVM may have: ")
            && problem.contains(why), problem);
    }

    @Test
    void onlyOneCollectorInPlaceOfOurs() {
        assertEquals(List.of("-ea", "-XX:-UseSerialGC", "-XX:+UseG1GC"),
            JvmOptions.arguments(List.of("-ea", "-XX:+UseG1GC")));
        assertTrue(JvmOptions.problem(List.of("-XX:+UseG1GC", "-XX:+UseZGC")).contains("there is -XX:+UseG1GC too"));
        assertTrue(JvmOptions.problem(List.of("-Da=x\ny")).endsWith("it holds a control character"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mkemu,external;|is external: give the options to whatever starts its JVM",
        "chosen { bootargs = \"kernel=native\"; };|boots the native kernel: use kernel=jvm",
        "mkemu,jvm-options = \"-cp\";|7:29: '-cp' is no option"})
    void onlyAJvmThatMkemuStarts(String properties, String why) {
        String own = properties.contains("jvm-options") ? "" : "mkemu,jvm-options = \"-ea\";";
        MachineSpec spec = MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1";
                resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
                instances { one {
                    id = <1>;
                    resources { cpus = <1>; memory-bytes = <0x1000000>; };
                    %s %s
                }; };
            };
            """.formatted(properties, own), Path.of("/"));
        String message = assertThrows(DeviceTreeException.class, () -> MachinePlan.of(spec)).getMessage();
        assertTrue(message.contains(why), message);
    }
}
