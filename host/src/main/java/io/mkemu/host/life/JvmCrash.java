// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.boot.DebugLine;
import io.mkemu.boot.ModulePath;
import io.mkemu.os.Signals;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM that a signal ends says before it aborts itself: which signal it was, and where. Made of the lines of its
 * output, by the thread that reads those; {@link #text} is for any thread.
 */
final class JvmCrash {
    private static final Pattern SIGNAL = Pattern.compile("^#\\s+SIG[A-Z]+ \\(0x([0-9a-f]+)\\) at pc=.*");
    private static final String OVERFLOW = "An irrecoverable stack overflow has occurred.";
    private static final String FRAME_FOLLOWS = "# Problematic frame:";
    /* C  [pagebell.so+0x1a2]  pagebell_handler+0x12: "memfd:" and " (deleted)" are those of a copy in memory. */
    private static final Pattern FRAME =
        Pattern.compile("^# C\\s+\\[(?:memfd:)?([^\\]]+?)(?: \\(deleted\\))?\\+0x([0-9a-f]+)\\](?:\\s+"
            + "(\\S+)\\+0x.*)?.*");

    private volatile int signal;
    private volatile boolean overflow;
    private volatile Matcher frame;
    private boolean frameFollows;

    /** A line of the JVM's output. */
    void line(String line) {
        Matcher found = SIGNAL.matcher(line);
        if (found.matches()) {
            signal = Integer.parseInt(found.group(1), 16);
        } else if (frameFollows) {
            Matcher its = FRAME.matcher(line);
            frame = its.matches() ? its : null;
        }
        overflow |= line.equals(OVERFLOW);
        frameFollows = line.equals(FRAME_FOLLOWS);
    }

    /**
     * How the JVM ended.
     *
     * @param exitCode of its process
     * @param modules  of the instance, as it was told them
     * @return as {@code killed by signal 11 in pagebell.so+0x1a2 (on_bell, pagebell.c:57)}
     */
    String text(int exitCode, List<String> modules) {
        if (signal == 0) {
            return Signals.describeExit(exitCode);
        }
        Matcher where = frame;
        if (where == null) {
            return "killed by signal " + Signals.name(signal) + why();
        }
        String file = where.group(1);
        String function = where.group(3);
        String place = "";
        for (String module : modules) {
            if (ModulePath.isSharedObject(module) && Path.of(module).getFileName().toString().equals(file)) {
                DebugLine found = DebugLine.of(module, where.group(2));
                function = found.function().isEmpty() ? function : found.function();
                place = found.line();
            }
        }
        String detail = function == null ? place : place.isEmpty() ? function : function + ", " + place;
        return "killed by signal " + signal + " in " + file + "+0x" + where.group(2)
            + (detail.isEmpty() ? "" : " (" + detail + ")") + why();
    }

    private String why() {
        return overflow ? ": overflow of the stack" : "";
    }
}
