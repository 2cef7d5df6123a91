// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Wrong command lines, which measure nothing. */
class OptionsTest {
    /** In brackets: what the message must name. */
    @ParameterizedTest
    @ValueSource(strings = {"[--colour]", "--only [frobnicate]", "--only cacheline-c,[c-pip]", "--only [trac]",
        "--quick --smoke [--smoke]", "--cpus [x]", "--cpus [-1]", "--cpus [1023]", "--cpus 0,[0]", "[file.dts]",
        "--json [--json]", "--markdown [--markdown]", "--against [/nonexistent]"})
    void aWrongCommandLineIsRefusedInOneLine(String line) {
        String named = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
        String plain = line.replaceAll("[\\[\\]]", "");
        plain = plain.replace("--quick --smoke --smoke", "--quick --smoke").replace("--json --json", "--json")
            .replace("--markdown --markdown", "--markdown");
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setErr(new PrintWriter(err, true)).execute(plain.split(" "));
        assertEquals(2, code, err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().startsWith("bench: ") && err.toString().contains(named)
            && err.toString().contains("; see scripts/bench --help"), err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--json /nonexistent/x.json", "--html /", "--markdown pom.xml"})
    void aFileThatCannotBeWrittenIsRefusedBeforeAnythingIsMeasured(String line) {
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setErr(new PrintWriter(err, true)).execute(line.split(" "));
        assertEquals(5, code, err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().startsWith("bench: " + line.split(" ")[1]), err.toString());
    }

    @Test
    void namesMayBeBeginningsOfNames() {
        CommandLine command = Main.commandLine();
        assertEquals(List.of("cacheline-c", "cacheline-java"), Names.select(List.of("cacheline"), command));
        assertEquals(List.of("agrona-1to1"), Names.select(List.of("agrona-1to1"), command));
        assertEquals(8, Names.select(List.of("mkemu"), command).size());
        assertEquals(27, Names.select(null, command).size());
        assertEquals(List.of("trace", "boot"), Names.select(List.of("trace", "boot"), command));
        assertEquals(List.of("simulate"), Names.select(List.of("simulate"), command));
    }

    @Test
    void helpNamesAllAndFitsOnAScreen() {
        StringWriter out = new StringWriter();
        assertEquals(0, Main.commandLine().setOut(new PrintWriter(out, true)).execute("--help"));
        assertTrue(out.toString().lines().count() <= 60, out.toString());
        String words = out.toString().replaceAll("\\s+", "");
        Names.all().forEach(name -> assertTrue(words.contains(name), name));
        assertTrue(out.toString().strip().endsWith("Example: scripts/bench --quick --json bench.json"));
    }
}
