// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.host.view.MachineLogs;
import io.mkemu.log.KernelLog;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TopViewTest {
    private static final Sample SAMPLE = Samples.of("host", "web", "\u001b]0;evil\u0007", "failed-one");

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final TopState state = new TopState(500);
    private final TopView view = new TopView(true);
    private final LogTails logs = new LogTails(new MachineLogs(machine.mapped()));

    private List<String> lines(int columns, int rows) {
        return view.lines(state, SAMPLE, logs, columns, rows).stream().map(AttributedString::toString).toList();
    }

    private void press(String key) {
        state.press(Key.text(key));
    }

    @Test
    void showsMachineAndKernels() {
        List<String> lines = lines(120, 20);
        assertEquals("mk top - lab up 2.0 s, host pid 99, queued, every 0.5 s", lines.get(0));
        assertEquals("kernels 4: 3 active, 1 failed; CPUs 4 on host CPUs 0,1: 25% busy, 25% polling, 50% halted",
            lines.get(1));
        assertEquals("messages/s 6.0k sent, 6.0k received, 6.0k refused; interrupts/s 6.0k", lines.get(2));
        assertEquals("trace ipi, 10 slots/s, lost 0 records", lines.get(3));
        assertEquals("", lines.get(4));
        assertTrue(lines.get(5).startsWith("*ID NAME"), lines.get(5));
        assertTrue(lines.get(7).startsWith("  1 web              active"), lines.get(7));
        assertTrue(lines.get(9).contains("failed-one"), lines.get(9));
        assertEquals("", lines.get(10));
    }

    /** As mk show says it: active in shared memory, its process stands still. */
    @Test
    void aPausedKernelIsTold() {
        Sample sample = Samples.of("host", "web", "paused-one", "failed-one");
        List<String> lines = view.lines(state, sample, logs, 120, 20).stream().map(AttributedString::toString).toList();
        assertTrue(lines.get(1).startsWith("kernels 4: 2 active, 1 paused, 1 failed; "), lines.get(1));
        assertTrue(lines.get(8).startsWith("  2 paused-one       paused    1"), lines.get(8));
        assertTrue(TextTop.text(sample).contains("\n  2 paused-one       paused    1"), TextTop.text(sample));
        assertTrue(TextTop.json(sample).endsWith(",\"paused\":[2]}"), TextTop.json(sample));
        assertTrue(TextTop.json(SAMPLE).endsWith(",\"paused\":[]}"), TextTop.json(SAMPLE));
    }

    @Test
    void everySizeIsFilledExactlyAndNothingSteersTheTerminal() {
        new KernelLog(machine.memory(), machine.activate(1, 1).id()).append(6, 1, "line \u001b[2J of web");
        logs.poll();
        state.arrange(Rows.kernels(SAMPLE));
        press("j");
        for (String key : new String[] {"", "c", "t", "l", "?"}) {
            press(key);
            for (int columns = 1; columns < 150; columns += 7) {
                for (int rows = 1; rows < 40; rows += 3) {
                    List<AttributedString> lines = view.lines(state, SAMPLE, logs, columns, rows);
                    assertEquals(rows, lines.size());
                    for (AttributedString line : lines) {
                        assertTrue(line.columnLength() <= columns, columns + " columns: " + line);
                        assertFalse(line.toString().chars().anyMatch(Character::isISOControl), line::toString);
                    }
                }
            }
        }
    }

    @Test
    void aScreenThatIsTooSmallSaysSo() {
        assertEquals("mk top needs 20 x 5", lines(19, 10).getFirst());
        assertEquals("mk top needs 20 x 5", lines(80, 4).getFirst());
        assertTrue(lines(20, 5).get(2).contains("NAME"), lines(20, 5)::toString);
    }

    @Test
    void theSelectedKernelIsAlwaysSeen() {
        lines(80, 6);
        for (String wanted : new String[] {"host", "web", "evil", "failed-one"}) {
            assertTrue(lines(80, 6).stream().anyMatch(line -> line.contains(wanted)), wanted);
            press("j");
        }
    }

    @Test
    void showsTheLogOfTheSelectedKernel() {
        KernelLog log = new KernelLog(machine.memory(), machine.activate(1, 1).id());
        for (int line = 0; line < 50; line++) {
            log.append(6, 1, "line " + line);
        }
        logs.poll();
        lines(80, 20);
        press("j");
        press("l");
        assertEquals("log of web", lines(80, 20).get(5).strip());
        assertTrue(lines(80, 20).get(19).endsWith("line 49"));
        press("g");
        assertTrue(lines(80, 20).get(6).endsWith("line 0"));
    }

    @Test
    void trafficIsAMatrixWhereThatFits() {
        press("t");
        List<String> lines = lines(80, 20);
        assertTrue(lines.get(5).startsWith("FROM \\ TO"), lines.get(5));
        assertEquals("web                   500        -        -        -", lines.get(7));
        lines = lines(40, 20);
        assertTrue(lines.get(5).startsWith("FROM             TO"), lines.get(5));
        assertTrue(lines.get(6).startsWith("failed-one       host"), lines.get(6));
        assertTrue(lines.get(8).startsWith("web              host"), lines.get(8));
    }

    @Test
    void cpusAreFilteredToo() {
        press("c");
        assertTrue(lines(120, 20).get(6).startsWith("   0"), lines(120, 20).get(6));
        press("/");
        press("w");
        assertEquals("filter: w_", lines(120, 20).get(4));
        assertTrue(lines(120, 20).get(6).startsWith("   1"), lines(120, 20).get(6));
        assertEquals("", lines(120, 20).get(7));
    }

    @Test
    void asTextItHasAllTables() {
        String text = TextTop.text(SAMPLE);
        assertTrue(text.contains("\n  1 web              active"), text);
        assertTrue(text.contains("\n*CPU"), text);
        assertTrue(text.contains("\nweb              host"), text);
        assertFalse(text.chars().anyMatch(c -> c != '\n' && Character.isISOControl(c)), text);
    }

    @Test
    void jsonHasSnapshotAndRatesAndSteersNoTerminal() {
        String json = TextTop.json(Samples.of("host", "\u009b2J\u007f\u001b"));
        assertTrue(json.startsWith("{\"snapshot\":{\"machine\":\"lab\","), json);
        assertTrue(json.contains("\"rates\":{\"seconds\":1.0"), json);
        assertTrue(json.contains("\"\\u009b2J\\u007f\\u001B\""), json);
        assertFalse(json.chars().anyMatch(Character::isISOControl), json);
    }
}
