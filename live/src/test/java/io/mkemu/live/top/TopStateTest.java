// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.live.top.TopState.Action;
import io.mkemu.live.top.TopState.View;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopStateTest {
    private final TopState state = new TopState(2000);
    private List<String> shown = arrange("host", "web", "database", "failed-one");

    private List<String> arrange(String... names) {
        shown = state.arrange(Rows.kernels(Samples.of(names))).stream().map(row -> row.kernel().name()).toList();
        return shown;
    }

    private Action press(String keys) {
        Action last = Action.NONE;
        for (char key : keys.toCharArray()) {
            last = state.press(Key.text(String.valueOf(key)));
        }
        return last;
    }

    private Action press(Key.Kind key) {
        return state.press(Key.of(key));
    }

    @Test
    void quits() {
        assertEquals(Action.QUIT, press("q"));
        assertEquals(Action.QUIT, press(Key.Kind.END_OF_INPUT));
    }

    @Test
    void theSelectionStaysOnItsKernel() {
        assertEquals(0, state.selected());
        press("j");
        press(Key.Kind.DOWN);
        assertEquals(2, state.selected());
        press("k");
        assertEquals(1, state.selected());
        for (int times = 0; times < 9; times++) {
            press(Key.Kind.UP);
        }
        assertEquals(0, state.selected());
        press(Key.Kind.END);
        assertEquals(3, state.selected());
        press("r");
        arrange("host", "web", "database", "failed-one");
        assertEquals(List.of("failed-one", "database", "web", "host"), shown);
        assertEquals(3, state.selected());
        press("j");
        assertEquals(2, state.selected());
        /* It is gone: the one in its place. */
        arrange("host", "web");
        assertEquals(0, state.selected());
        arrange();
        assertEquals(-1, state.selected());
        assertEquals(Action.NONE, press("l"));
        assertEquals(View.KERNELS, state.view());
    }

    @Test
    void sortsByEachColumnInBothDirections() {
        press(">");
        assertEquals("NAME", state.sortedBy());
        arrange("host", "web", "database", "failed-one");
        assertEquals(List.of("database", "failed-one", "host", "web"), shown);
        press("s");
        assertEquals("STATE", state.sortedBy());
        press("<<<");
        assertEquals("REASON", state.sortedBy());
        press("c");
        assertEquals("CPU", state.sortedBy());
        press(">c");
        assertEquals("REASON", state.sortedBy(), "each table has its own");
    }

    @Test
    void filtersWhileItIsTyped() {
        press("/WEB");
        assertEquals("filter: WEB_", state.prompt());
        assertEquals(List.of("web"), arrange("host", "web", "database"));
        press(Key.Kind.BACKSPACE);
        press(Key.Kind.BACKSPACE);
        press(Key.Kind.BACKSPACE);
        press(Key.Kind.BACKSPACE);
        assertEquals(3, arrange("host", "web", "database").size());
        press("qaf");
        state.press(Key.text("\u001b[2J"));
        assertEquals("filter: qaf\\x1b[2J_", state.prompt());
        press(Key.Kind.ESCAPE);
        press("/fail");
        press(Key.Kind.ENTER);
        assertEquals("filter: fail", state.prompt());
        assertEquals(List.of("failed-one"), arrange("host", "web", "failed-one"));
        assertEquals(2, state.selected());
        press(Key.Kind.ESCAPE);
        assertEquals("", state.prompt());
        assertEquals(3, arrange("host", "web", "failed-one").size());
    }

    @Test
    void asksBeforeItKills() {
        press("K");
        assertTrue(state.prompt().startsWith("the host is not killed"), state.prompt());
        press("j");
        press("K");
        assertTrue(state.prompt().startsWith("kill web (1)?"), state.prompt());
        assertEquals(Action.NONE, press("n"));
        assertEquals("web is not killed", state.prompt());
        press("K");
        assertEquals(Action.NONE, press("q"), "whatever is not y is no");
        press("K");
        /* Another kernel is first now; the question was about the one it named. */
        press("r");
        press("K");
        arrange("host", "web", "database", "failed-one");
        assertEquals(Action.KILL, press("y"));
        assertEquals(1, state.asked());
        state.answered();
        state.message("web is killed");
        assertEquals("web is killed", state.prompt());
        press("c");
        press("K");
        assertTrue(state.prompt().startsWith("select a kernel first"), state.prompt());
    }

    @Test
    void changesTheInterval() {
        press("+");
        assertEquals(4000, state.intervalMillis());
        press("---");
        assertEquals(500, state.intervalMillis());
        for (int times = 0; times < 20; times++) {
            press("-");
        }
        assertEquals(50, state.intervalMillis());
        press("d0.25");
        press(Key.Kind.ENTER);
        assertEquals(250, state.intervalMillis());
        press("dx1");
        press(Key.Kind.ENTER);
        assertEquals("'x1' are no seconds: 0.05 to 3600", state.prompt());
        press("d99999");
        press(Key.Kind.ENTER);
        assertEquals(3_600_000, state.intervalMillis());
    }

    @Test
    void pausesAndGoesOnAtOnce() {
        assertEquals(Action.NONE, press(" "));
        assertTrue(state.paused());
        assertEquals(Action.REFRESH, press(" "));
        assertFalse(state.paused());
    }

    @Test
    void viewsLeadBack() {
        press("t");
        assertEquals(View.TRAFFIC, state.view());
        press("?");
        assertEquals(View.HELP, state.view());
        press(Key.Kind.ESCAPE);
        assertEquals(View.TRAFFIC, state.view());
        press("t");
        assertEquals(View.KERNELS, state.view());
        press(Key.Kind.ENTER);
        assertEquals(View.LOG, state.view());
        press("h");
        press("h");
        assertEquals(View.KERNELS, state.view());
        press("z");
        assertEquals("no such key here; h for help", state.prompt());
    }

    @Test
    void aLogIsSeenFromItsEnd() {
        press("l");
        assertEquals(90, state.scrolled(100, 10));
        press("kk");
        assertEquals(88, state.scrolled(100, 10));
        press(Key.Kind.PAGE_UP);
        assertEquals(78, state.scrolled(100, 10));
        press("g");
        assertEquals(0, state.scrolled(100, 10));
        press("G");
        assertEquals(90, state.scrolled(100, 10));
        assertEquals(0, state.scrolled(3, 10));
    }
}
