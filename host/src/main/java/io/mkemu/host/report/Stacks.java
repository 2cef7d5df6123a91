// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a process that is gone has left of the stacks of its CPUs. Stateless; any thread. */
public final class Stacks {
    private static final String THREAD = "---------------  T H R E A D";
    private static final String PROCESS = "---------------  P R O C E S S";
    private static final int MOST_LINES = 300;

    private Stacks() {
    }

    /**
     * Of a process that has ended.
     *
     * @param crashFile  where its JVM would have written a crash report
     * @param beganMillis when its life began, ms since 1970: a file that is older is of another life
     * @param reason     how it ended
     * @param isNative   whether it was a kernel without a JVM
     */
    public static List<String> ofDead(Path crashFile, long beganMillis, String reason, boolean isNative) {
        if (isNative) {
            return List.of(reason.contains("SIGKILL") ? "not available: killed by SIGKILL" : "a native kernel that "
                + "crashes writes its stack into the kernel log above (Call Trace); of other ends there is none");
        }
        try {
            if (Files.getLastModifiedTime(crashFile).toMillis() >= beganMillis) {
                List<String> lines = thread(crashFile);
                if (!lines.isEmpty()) {
                    lines.addFirst("from " + crashFile + ":");
                    return lines;
                }
            }
        } catch (IOException none) {
            return List.of(missing(reason));
        }
        return List.of(missing(reason));
    }

    private static String missing(String reason) {
        return reason.contains("SIGKILL") ? "not available: killed by SIGKILL"
            : "not available: its process has ended by itself; what it said is in the kernel log above";
    }

    /** The thread that crashed, with its stack. */
    private static List<String> thread(Path crashFile) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean inside = false;
        try (BufferedReader file = new BufferedReader(new InputStreamReader(Files.newInputStream(crashFile),
            StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)))) {
            for (String line = file.readLine(); line != null && lines.size() < MOST_LINES; line = file.readLine()) {
                if (line.startsWith(PROCESS)) {
                    break;
                }
                inside |= line.startsWith(THREAD);
                if (inside && !line.isBlank()) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }
}
