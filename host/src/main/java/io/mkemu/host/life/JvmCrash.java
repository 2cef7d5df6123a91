// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.boot.ModulePath;
import io.mkemu.os.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    private static final long TOOL_SECONDS = 10;
    private static final int MOST_OUTPUT = 4096;

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
                String[] found = addr2line(module, where.group(2));
                function = found[0].isEmpty() ? function : found[0];
                place = found[1];
            }
        }
        String detail = function == null ? place : place.isEmpty() ? function : function + ", " + place;
        return "killed by signal " + signal + " in " + file + "+0x" + where.group(2)
            + (detail.isEmpty() ? "" : " (" + detail + ")") + why();
    }

    private String why() {
        return overflow ? ": overflow of the stack" : "";
    }

    /**
     * What debug information says of an address: function, and file and line; each empty if that cannot be had: there
     * is no addr2line on this system, or no such information.
     */
    private static String[] addr2line(String file, String address) {
        String[] nothing = {"", ""};
        try {
            Process tool = new ProcessBuilder("addr2line", "-f", "-s", "-e", file, "0x" + address)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            tool.getOutputStream().close();
            if (!tool.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
                tool.destroyForcibly();
                return nothing;
            }
            String[] lines = new String(tool.getInputStream().readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8)
                .split("\n");
            if (tool.exitValue() != 0 || lines.length != 2 || lines[1].startsWith("?") || lines[1].endsWith("?")) {
                return nothing;
            }
            return new String[] {lines[0], lines[1].replaceFirst(" \\(discriminator.*", "")};
        } catch (IOException noTool) {
            return nothing;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return nothing;
        }
    }
}
