// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.replay.ReplayResult.Message;
import io.mkemu.replay.ReplayResult.Verdict;
import java.util.List;

/**
 * What the process of a replay says on its stdout: lines of fields with tabs between them, the first of which says what
 * the line is. {@code log LEVEL TEXT}, {@code warning TEXT}, {@code progress STEPS}, {@code break TEXT}, then one of
 * {@code result ...} and {@code refused EXIT-CODE TEXT}.
 */
public final class ReplayProtocol {
    /** A line that the module or the kernel logged: level, text. */
    public static final String LOG = "log";
    /** Something that makes the replay less than exact: text. */
    public static final String WARNING = "warning";
    /** It goes on: number of the step. */
    public static final String PROGRESS = "progress";
    /** It stops here for a debugger: before which step, text. */
    public static final String BREAK = "break";
    /** It is over: the fields of {@link ReplayResult}. */
    public static final String RESULT = "result";
    /** It could not begin: exit code, text. */
    public static final String REFUSED = "refused";

    private static final String SEPARATOR = "\t";

    private ReplayProtocol() {
    }

    /** A line. */
    static String line(String kind, Object... fields) {
        StringBuilder line = new StringBuilder(kind);
        for (Object field : fields) {
            line.append(SEPARATOR).append(escape(String.valueOf(field)));
        }
        return line.toString();
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r");
    }

    private static String unescape(String text) {
        StringBuilder plain = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                c = switch (text.charAt(at)) {
                    case 't' -> '\t';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    default -> text.charAt(at);
                };
            }
            plain.append(c);
        }
        return plain.toString();
    }

    /** The fields of a line. */
    public static List<String> fields(String line) {
        return List.of(line.split(SEPARATOR, -1)).stream().map(ReplayProtocol::unescape).toList();
    }

    /** A result as a line. */
    static String line(ReplayResult result) {
        return line(RESULT, result.verdict(), result.steps(), result.callbacks(), result.sends(), result.answers(),
            result.number(), result.cpu(), result.time(), result.step(), result.then(), result.now(),
            result.handled(), result.sentThen(), result.sentNow());
    }

    /**
     * The result in a line's fields.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static ReplayResult result(List<String> fields) {
        try {
            return new ReplayResult(Verdict.valueOf(fields.get(1)), Long.parseLong(fields.get(2)),
                Long.parseLong(fields.get(3)), Long.parseLong(fields.get(4)), Long.parseLong(fields.get(5)),
                Long.parseLong(fields.get(6)), Integer.parseInt(fields.get(7)), Long.parseLong(fields.get(8)),
                fields.get(9), fields.get(10), fields.get(11), Message.parse(fields.get(12)),
                Message.parse(fields.get(13)), Message.parse(fields.get(14)));
        } catch (IndexOutOfBoundsException cut) {
            throw new IllegalArgumentException("a result of " + fields.size() + " fields", cut);
        }
    }
}
