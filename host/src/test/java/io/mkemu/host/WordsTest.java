// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordsTest {
    @Test
    void blanksAndLineEndsPartWords() {
        assertEquals(List.of("-Xmx64m", "-Da=1", "-Db"), Words.of("V", "  -Xmx64m\n-Da=1\t -Db \n"));
        assertEquals(List.of(), Words.of("V", " \n"));
        assertEquals(List.of(), Words.of("V", null));
    }

    @Test
    void anOpenQuoteIsRefused() {
        MachineException refused = assertThrows(MachineException.class, () -> Words.of("V", "-Da='b"));
        assertEquals(ExitCode.USAGE, refused.exitCode());
        assertTrue(refused.getMessage().startsWith("V=-Da='b: a quote is not closed"), refused.getMessage());
    }

    /** Both take the same variable apart: the script for the command, this class for a host in the background. */
    @ParameterizedTest
    @ValueSource(strings = {"-Da='b  c' -Dd", "-Da=\"it's\"\n-Db='\"'", "-Da=b\\ c\t-D\\\\",
        "\"-Da=\\n\" -Db", "-Da=*"})
    void theScriptFindsTheSame(String options) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", ". \"$0\"; jvm_options; printf '%s\\n' \"$REPLY\"",
            Path.of("../scripts/lib/jvm.sh").toRealPath().toString());
        builder.environment().put("MKEMU_JAVA_OPTS", options);
        Process script = builder.start();
        String words = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(words.strip().lines().toList(), Words.of("V", options));
        assertEquals(0, script.waitFor());
    }
}
