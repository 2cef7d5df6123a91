// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where in its source a module in C has gone wrong: what addr2line reads in its debug information. Stateless. */
public final class DebugLine {
    /* killed by signal 11 in pagebell.so+0x1a2 (on_bell) */
    private static final Pattern PLACE = Pattern.compile("( in \\S+\\+0x([0-9a-f]+))(?: \\((\\S+)\\))?(?=$|: )");
    private static final long TOOL_SECONDS = 10;
    private static final int MOST_OUTPUT = 4096;

    private final String function;
    private final String line;

    private DebugLine(String function, String line) {
        this.function = function;
        this.line = line;
    }

    /** Name of the function, empty if it is not known. */
    public String function() {
        return function;
    }

    /** As {@code pagebell.c:57}, empty if it is not known. */
    public String line() {
        return line;
    }

    /**
     * What is known of an address: nothing if there is no addr2line on this system, or no such information.
     *
     * @param file    the shared object
     * @param address in it, in hexadecimal digits
     */
    public static DebugLine of(String file, String address) {
        DebugLine nothing = new DebugLine("", "");
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
            return new DebugLine(lines[0], lines[1].replaceFirst(" \\(discriminator.*", ""));
        } catch (IOException noTool) {
            return nothing;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return nothing;
        }
    }

    /**
     * Adds the line to a reason that ends with a place, or has one before a colon.
     *
     * @param reason as {@code killed by signal 11 in pagebell.so+0x1a2 (on_bell)}
     * @param file   the module that it names
     * @return as {@code killed by signal 11 in pagebell.so+0x1a2 (on_bell, pagebell.c:57)}, or the reason as it was
     */
    public static String added(String reason, Path file) {
        Matcher place = PLACE.matcher(reason);
        DebugLine found = place.find() ? of(file.toString(), place.group(2)) : null;
        if (found == null || found.line.isEmpty()) {
            return reason;
        }
        String function = found.function.isEmpty() ? place.group(3) : found.function;
        return reason.substring(0, place.end(1)) + " (" + (function == null ? "" : function + ", ") + found.line + ")"
            + reason.substring(place.end());
    }
}
