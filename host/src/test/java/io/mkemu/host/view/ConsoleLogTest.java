// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLog;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which lines of a kernel log a console shows, and how. */
class ConsoleLogTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final MappedMachine mapped = machine.mapped();
    private final InstanceEntry entry = mapped.instances().entry(1);
    private final KernelLog log = new KernelLog(mapped.memory(), 1);

    @BeforeEach
    void load() {
        entry.name("web");
        entry.newLife(InstanceState.LOADED);
    }

    private void sayAllLevels() {
        for (LogLevel level : LogLevel.values()) {
            log.append(level.ordinal(), 0, level.label());
        }
    }

    private static String shown(ConsoleLog console) {
        StringBuilder shown = new StringBuilder();
        for (Line line = console.poll(); line != null; line = console.poll()) {
            shown.append(shown.isEmpty() ? "" : " ").append(line.text());
        }
        return shown.toString();
    }

    @ParameterizedTest
    @CsvSource({"'', emerg alert crit err warn notice info", "quiet, emerg alert crit err",
        "debug, emerg alert crit err warn notice info debug", "loglevel=0, ''", "loglevel=1, emerg",
        "loglevel=8, emerg alert crit err warn notice info debug", "quiet loglevel=2, emerg alert",
        "loglevel=nonsense, emerg alert crit err warn notice info"})
    void showsWhatLiesBelowTheLoglevel(String cmdline, String levels) {
        entry.cmdline(cmdline);
        sayAllLevels();
        assertEquals(levels, shown(new ConsoleLog(mapped.memory(), entry)));
    }

    @Test
    void theNextLifeHasItsOwnLoglevel() {
        entry.cmdline("quiet");
        ConsoleLog console = new ConsoleLog(mapped.memory(), entry);
        sayAllLevels();
        assertEquals("emerg alert crit err", shown(console));
        entry.enter(InstanceState.FAILED);
        entry.cmdline("loglevel=2");
        entry.newLife(InstanceState.LOADED);
        sayAllLevels();
        assertEquals("emerg alert", shown(console));
    }

    @Test
    void aLevelThatIsNoneIsADebugLine() {
        entry.cmdline("debug");
        log.append(-3, 0, "scribbled");
        assertEquals("scribbled", shown(new ConsoleLog(mapped.memory(), entry)));
        entry.cmdline("");
        assertEquals("", shown(new ConsoleLog(mapped.memory(), entry)));
    }

    @Test
    void aStreamOfSeveralKernelsTakesEachOnesLoglevel() {
        InstanceEntry db = mapped.instances().entry(2);
        db.name("db");
        db.newLife(InstanceState.LOADED);
        entry.cmdline("quiet");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LogPrinter printer = new LogPrinter(mapped, new PrintStream(bytes, false, StandardCharsets.UTF_8));
        log.append(LogLevel.WARNING.ordinal(), 0, "hidden");
        log.append(LogLevel.ERR.ordinal(), 0, "shown");
        new KernelLog(mapped.memory(), 2).append(LogLevel.INFO.ordinal(), 1, "shown too");
        printer.output("web", "from its pipe");
        printer.drain();
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines()
            .map(line -> line.replaceFirst("^\\[ {3,4}\\d+\\.\\d{6}\\] ", "")).toList();
        assertEquals(List.of("web: shown", "db: shown too", "web: from its pipe"), lines);
    }

    @Test
    void whatWasOverwrittenIsCounted() {
        ConsoleLog console = new ConsoleLog(mapped.memory(), entry);
        log.append(0, 0, "first");
        shown(console);
        for (int line = 0; line < KernelLogDescriptor.RECORDS_LENGTH / 24 + 1; line++) {
            log.append(0, 0, "flood");
        }
        shown(console);
        assertEquals(24, console.missedBytes());
    }

    @Test
    void timesAndTextsArePrintedAsDmesgDoes() {
        assertEquals("[    0.000000] ", LogText.of(999, ""));
        assertEquals("[    0.405037] text", LogText.of(405_037_999, "text"));
        assertEquals("[12345.000001] grün ✓ \t|", LogText.of(12_345_000_001_000L, "grün ✓ \t|"));
        assertEquals("[123456.000000] x", LogText.of(123_456_000_000_000L, "x"));
        assertEquals("[    1.000000] \\x1b[31m\\x0a\\x00\\x7f\\x9b", LogText.of(1_000_000_000L,
            "\u001b[31m\n\0\u007f\u009b"));
    }
}
