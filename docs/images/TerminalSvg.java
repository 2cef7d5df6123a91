// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Draws a recorded terminal session as an SVG that plays by itself, without a script in it: java TerminalSvg.java IN OUT.
 * Each line of IN is a time in seconds, a tab, and a line that the terminal showed then; a command begins with "$ ".
 * Pauses are shortened, nothing else is changed. A reader that wants no motion sees the last screen.
 */
public final class TerminalSvg {
    private static final int COLUMNS = 116;
    private static final int ROWS = 27;
    private static final double CHAR_WIDTH = 7.23;
    private static final int LINE_HEIGHT = 17;
    private static final int MARGIN = 18;
    private static final int TITLE = 30;
    private static final double LONGEST_PAUSE = 0.9;
    private static final double BEFORE_COMMAND = 2.2;
    private static final double LAST_SCREEN = 8;

    private record Line(double at, String text) {
    }

    private TerminalSvg() {
    }

    /** Reads, draws, writes. */
    public static void main(String[] args) throws IOException {
        Files.writeString(Path.of(args[1]), draw(read(Path.of(args[0]))));
    }

    private static List<Line> read(Path recorded) throws IOException {
        List<Line> lines = new ArrayList<>();
        double before = -1;
        double shown = 0.4;
        for (String line : Files.readAllLines(recorded)) {
            int tab = line.indexOf('\t');
            double at = Double.parseDouble(line.substring(0, tab));
            String text = line.substring(tab + 1).stripTrailing();
            double pause = before < 0 ? 0 : Math.min(LONGEST_PAUSE, at - before);
            shown += text.startsWith("$ ") && before >= 0 ? BEFORE_COMMAND : pause;
            before = at;
            for (int from = 0; from == 0 || from < text.length(); from += COLUMNS) {
                lines.add(new Line(shown, text.substring(from, Math.min(text.length(), from + COLUMNS))));
            }
        }
        return lines;
    }

    private static String draw(List<Line> lines) {
        double total = lines.getLast().at() + LAST_SCREEN;
        int width = (int) (COLUMNS * CHAR_WIDTH) + 2 * MARGIN;
        int height = ROWS * LINE_HEIGHT + TITLE + MARGIN;
        StringBuilder style = new StringBuilder();
        StringBuilder text = new StringBuilder();
        StringBuilder scroll = new StringBuilder("@keyframes s{0%{transform:translateY(0)}");
        for (int row = 0; row < lines.size(); row++) {
            Line line = lines.get(row);
            double percent = 100 * line.at() / total;
            style.append(String.format(Locale.ROOT, "@keyframes k%d{0%%,%.2f%%{opacity:0}%.2f%%,100%%{opacity:1}}"
                + "#l%d{animation:k%d %.1fs infinite}%n", row, percent, percent + 0.01, row, row, total));
            if (row >= ROWS) {
                scroll.append(String.format(Locale.ROOT, "%.2f%%{transform:translateY(-%dpx)}%.2f%%{transform:translateY(-%dpx)}",
                    percent, Math.max(0, row - ROWS) * LINE_HEIGHT, percent + 0.01, (row - ROWS + 1) * LINE_HEIGHT));
            }
            text.append(String.format(Locale.ROOT, "<text id=\"l%d\" y=\"%d\"%s>%s</text>%n", row,
                (row + 1) * LINE_HEIGHT, colour(line.text()), escape(line.text())));
        }
        int last = Math.max(0, lines.size() - ROWS) * LINE_HEIGHT;
        scroll.append(String.format(Locale.ROOT, "100%%{transform:translateY(-%dpx)}}", last));
        return String.format(Locale.ROOT, """
            <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img"
              aria-label="A recorded terminal session">
            <style>
            text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6deeb;white-space:pre}
            .c{fill:#7ee787;font-weight:600}.b{fill:#ff9580}.g{fill:#7ee787}.d{fill:#8b98a9}
            %3$s
            %4$s
            #s{animation:s %5$.1fs infinite;animation-timing-function:linear}
            @media (prefers-reduced-motion:reduce){text{animation:none!important}#s{animation:none;transform:translateY(-%6$dpx)}}
            </style>
            <rect width="%1$d" height="%2$d" rx="9" fill="#10151d"/>
            <circle cx="20" cy="16" r="5" fill="#ff5f57"/><circle cx="38" cy="16" r="5" fill="#febc2e"/>
            <circle cx="56" cy="16" r="5" fill="#28c840"/>
            <svg x="%7$d" y="%8$d" width="%9$d" height="%10$d"><g id="s">
            %11$s</g></svg>
            </svg>
            """, width, height, style, scroll, total, last, MARGIN, TITLE, width - 2 * MARGIN, ROWS * LINE_HEIGHT + 5,
            text);
    }

    private static String colour(String text) {
        if (text.startsWith("$ ")) {
            return " class=\"c\"";
        }
        if (text.startsWith("# ")) {
            return " class=\"d\"";
        }
        if (text.contains("killed by signal") || text.equals("DIFFERENT") || text.contains(" failed ")) {
            return " class=\"b\"";
        }
        return text.strip().equals("VERIFIED") || text.equals("EQUAL") ? " class=\"g\"" : "";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
