// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.host.view.LogText;
import io.mkemu.host.view.MachineLogs;
import io.mkemu.host.view.MachineLogs.Entry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The last lines of each kernel's log. Not thread-safe. */
final class LogTails {
    private static final int MOST_LINES = 2000;

    private final MachineLogs logs;
    private final Map<Integer, Deque<String>> tails = new HashMap<>();

    LogTails(MachineLogs logs) {
        this.logs = logs;
    }

    /** Reads what has come. */
    void poll() {
        for (Entry entry : logs.poll()) {
            Deque<String> tail = tails.computeIfAbsent(entry.kernel(), id -> new ArrayDeque<>());
            if (entry.missedBytes() > 0) {
                add(tail, "mkemu: " + entry.missedBytes() + " bytes of the log were overwritten before they could be "
                    + "shown");
            }
            add(tail, LogText.of(entry.nanos(), entry.text()));
        }
    }

    private static void add(Deque<String> tail, String line) {
        if (tail.size() == MOST_LINES) {
            tail.removeFirst();
        }
        tail.add(line);
    }

    /** Those of a kernel, the oldest first. */
    List<String> of(int kernel) {
        return List.copyOf(tails.getOrDefault(kernel, new ArrayDeque<>()));
    }
}
