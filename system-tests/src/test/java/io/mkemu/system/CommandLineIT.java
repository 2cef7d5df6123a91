// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong command lines, and help. */
class CommandLineIT {
    @RegisterExtension
    final Mk mk = new Mk();

    /** In brackets: what the message must name. */
    @ParameterizedTest
    @ValueSource(strings = {"[]", "[frobnicate]", "run [FILE]", "run a.dts [b.dts]", "demo [--instances] 0",
        "demo --instances [65]", "demo --instances [many]", "demo --messages [0]", "demo --messages [1e6]",
        "demo --idle [nap]", "demo --machine [../up]", "demo --machine [.hidden]", "demo [--colour]"})
    void aWrongCommandLineIsRefusedInOneLine(String line) throws Exception {
        String named = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
        String plain = line.replace("run [FILE]", "run").replaceAll("[\\[\\]]", "").strip();
        mk.start(plain.isEmpty() ? new Object[0] : plain.split(" ")).refuses(2, "^mk: .*" + Pattern.quote(named));
        assertTrue(Files.notExists(mk.base()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run --help", "demo --help", "dmesg --help", "console --help",
        "interrupts --help"})
    void helpFitsOnAScreen(String line) throws Exception {
        MkProcess help = mk.start((Object[]) line.split(" ")).ends(0);
        assertTrue(help.out().size() >= 5 && help.out().size() <= 40, help::describe);
        assertTrue(help.err().isEmpty(), help::describe);
    }

    @Test
    void saysItsVersion() throws Exception {
        MkProcess version = mk.start("--version").ends(0);
        assertEquals(1, version.out().size(), version::describe);
        assertTrue(version.out().getFirst().matches("mkemu \\d+\\.\\d+\\.\\d+\\S*, ABI \\d+, Java .*"),
            version::describe);
    }
}
