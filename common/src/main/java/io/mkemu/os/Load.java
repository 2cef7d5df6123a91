// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How busy this system is, for messages about something that took too long. Any thread. */
public final class Load {
    private static final Path AVERAGES = Path.of("/proc/loadavg");

    private Load() {
    }

    /** In a few words: the load average of the last minute, and how many CPUs there are for it. */
    public static String now() {
        String averages;
        try {
            averages = Files.readString(AVERAGES);
        } catch (IOException hidden) {
            averages = "unknown";
        }
        return "the load of this system is " + averages.strip().split(" ")[0] + " on "
            + Runtime.getRuntime().availableProcessors() + " CPUs";
    }
}
