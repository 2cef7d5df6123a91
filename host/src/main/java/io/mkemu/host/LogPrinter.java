// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.memory.PhysicalMemory;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Streams the consoles of a machine's kernels, and what its processes write, in the order of their times. */
final class LogPrinter {
    private record Source(String name, ConsoleLog console) {
    }

    private record Entry(long nanos, String name, String text) {
    }

    private final PhysicalMemory memory;
    private final PrintStream out;
    private final List<Source> sources = new ArrayList<>();
    private final ConcurrentLinkedQueue<Entry> outputs = new ConcurrentLinkedQueue<>();

    /** A printer for these instances; a null stream prints nothing. */
    LogPrinter(PhysicalMemory memory, List<InstanceEntry> instances, PrintStream out) {
        this.memory = memory;
        this.out = out;
        for (InstanceEntry instance : instances) {
            sources.add(new Source(instance.name(), new ConsoleLog(memory, instance)));
        }
    }

    /** Takes a line that a process wrote to stdout or stderr. Any thread. */
    void output(String name, String text) {
        outputs.add(new Entry(System.nanoTime() - memory.createdNanos(), name, text));
        memory.raiseEvent();
    }

    /** Prints what has come since the last call. */
    void drain() {
        List<Entry> lines = new ArrayList<>();
        for (Source source : sources) {
            long missedBefore = source.console().missedBytes();
            for (var line = source.console().poll(); line != null; line = source.console().poll()) {
                lines.add(new Entry(line.nanos(), source.name(), line.text()));
            }
            long missed = source.console().missedBytes() - missedBefore;
            if (missed > 0) {
                lines.add(new Entry(System.nanoTime() - memory.createdNanos(), source.name(),
                    "mkemu: " + missed + " bytes of the log were overwritten before they could be shown"));
            }
        }
        for (Entry line = outputs.poll(); line != null; line = outputs.poll()) {
            lines.add(line);
        }
        if (out == null || lines.isEmpty()) {
            return;
        }
        lines.sort(Comparator.comparingLong(Entry::nanos));
        lines.forEach(line -> out.println(LogText.of(line.nanos(), line.name() + ": " + line.text())));
        out.flush();
    }
}
