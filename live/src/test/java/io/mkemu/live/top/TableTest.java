// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.live.top.Rows.KernelRow;
import io.mkemu.live.top.Table.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    private static final List<KernelRow> ROWS = Rows.kernels(Samples.of("host", "web", "Database", "failed-one"));

    private static List<String> sorted(String column, boolean reverse) {
        return Rows.KERNELS.sorted(ROWS, column, reverse).stream().map(row -> row.kernel().name()).toList();
    }

    @Test
    void sortsNamesFromAAndRatesFromTheLargest() {
        assertEquals(List.of("Database", "failed-one", "host", "web"), sorted("NAME", false));
        assertEquals(List.of("web", "host", "failed-one", "Database"), sorted("NAME", true));
        assertEquals(List.of("failed-one", "Database", "web", "host"), sorted("SENT/S", false));
        assertEquals(List.of("host", "web", "Database", "failed-one"), sorted("ID", false));
        assertEquals(List.of("host", "web", "Database", "failed-one"), sorted("BUSY%", false), "equal ones stay");
        assertEquals(List.of("host", "web", "Database", "failed-one"), sorted("no such column", false));
    }

    @Test
    void theNextColumnGoesRoundAbout() {
        String title = "ID";
        for (int step = 0; step < Rows.KERNELS.columns().size(); step++) {
            title = Rows.KERNELS.next(title, 1);
        }
        assertEquals("ID", title);
        assertEquals("REASON", Rows.KERNELS.next("ID", -1));
        assertEquals("NAME", Rows.KERNELS.next("ID", 1));
    }

    @Test
    void aNarrowTerminalShowsTheMostImportantColumns() {
        assertEquals("NAME", titles(10));
        assertEquals("ID,NAME", titles(20));
        assertEquals("NAME,STATE", titles(23));
        assertEquals("NAME,STATE,SENT/S,RECV/S", titles(40));
        assertEquals(Rows.KERNELS.columns().size(), Rows.KERNELS.fitting(130).size());
        for (int width = 16; width < 200; width++) {
            String line = Rows.KERNELS.titles(width, "ID");
            assertTrue(line.length() <= width, width + ": " + line);
        }
    }

    private static String titles(int width) {
        return String.join(",", Rows.KERNELS.fitting(width).stream().map(Column::title).toList());
    }

    @Test
    void titlesStandAboveTheirCells() {
        assertEquals("NAME*            STATE  BUSY% SENT/S RECV/S", Rows.KERNELS.titles(44, "NAME"));
        assertEquals("Database         active    25   2.0k   2.0k", Rows.KERNELS.row(44, ROWS.get(2)));
        assertTrue(Rows.KERNELS.row(160, ROWS.get(3)).endsWith(" killed by \\x1b[31ma test"));
    }
}
