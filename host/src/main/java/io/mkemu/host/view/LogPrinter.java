// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.table.InstanceEntry;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Streams the consoles of a machine's kernels, and what its processes write, in the order of their times. */
public final class LogPrinter {
    private record Source(String name, ConsoleLog console) {
    }

    private record Entry(long nanos, String name, String text) {
    }

    private final MappedMachine machine;
    private final PhysicalMemory memory;
    private final PrintStream out;
    private final Map<Integer, Source> sources = new TreeMap<>();
    private final ConcurrentLinkedQueue<Entry> outputs = new ConcurrentLinkedQueue<>();

    /** A printer for the host and all instances, those too that are created later; a null stream prints nothing. */
    public LogPrinter(MappedMachine machine, PrintStream out) {
        this.machine = machine;
        this.memory = machine.memory();
        this.out = out;
    }

    private void findSources() {
        for (int id = 0; id < InstanceDescriptor.MAX_INSTANCES; id++) {
            InstanceEntry entry = machine.instances().find(id);
            if (entry != null && (!sources.containsKey(id) || !sources.get(id).name().equals(entry.name()))) {
                ConsoleLog console =
                    sources.containsKey(id) ? sources.get(id).console() : new ConsoleLog(memory, entry);
                sources.put(id, new Source(entry.name(), console));
            }
        }
    }

    /** Takes a line that a process wrote to stdout or stderr. Any thread. */
    public void output(String name, String text) {
        outputs.add(new Entry(System.nanoTime() - memory.createdNanos(), name, text));
        memory.raiseEvent();
    }

    /** Prints what has come since the last call. */
    public void drain() {
        findSources();
        List<Entry> lines = new ArrayList<>();
        for (Source source : sources.values()) {
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
