// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import io.mkemu.host.view.LogText;
import java.util.Locale;

/** A report as it grows: lines in sections, up to a number of bytes. What steers a terminal is shown as \\xNN. */
final class ReportText {
    /** A report has no more characters. */
    static final int MOST = 256 << 10;
    private static final String CUT = "(cut here: the report is as long as one may be)\n";

    /** Says what there is to say. */
    @FunctionalInterface
    interface Section {
        void say();
    }

    private final StringBuilder text = new StringBuilder();
    private boolean full;

    /** A section; where shared memory cannot be read because it is damaged, a line says so, and the rest follows. */
    void section(String title, Section section) {
        line("");
        line(title);
        try {
            section.say();
        } catch (RuntimeException damaged) {
            line("  cannot be read: %s", damaged.getMessage() == null ? damaged.toString() : damaged.getMessage());
        }
    }

    /** A line, as String.format has it. */
    void line(String format, Object... values) {
        add(String.format(Locale.ROOT, format, values));
    }

    /** A line as it is. */
    void add(String line) {
        String plain = LogText.printable(line);
        if (!full && text.length() + plain.length() + CUT.length() >= MOST) {
            full = true;
            text.append(CUT);
        }
        if (!full) {
            text.append(plain).append('\n');
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
