// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The events of a recording as {@code mk trace} prints them, for another command to show. */
public final class EventLines {
    private EventLines() {
    }

    /**
     * All events of a recording that has ended.
     *
     * @param journal a journal, for its newest recording, or a recording
     * @return the lines, without the heading
     * @throws io.mkemu.MachineException if there is none
     */
    public static List<String> of(Path journal) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TraceSource.Open source = new TraceSource.Open(journal);
            PrintStream stream = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            TraceNames names = new TraceNames();
            LineOutput out = new LineOutput(stream);
            TracePrinter printer = new TracePrinter(new EventFilter(names), new TraceText(out, names, false), out,
                () -> { });
            new TracePlayer(source.segments(), names, entry -> true, printer, printer).play(false);
            printer.end();
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("#")).toList();
    }
}
