// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private Progress progress(boolean terminal) {
        return new Progress(new PrintStream(written, true, StandardCharsets.UTF_8), terminal);
    }

    private String written() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aTextCoversTheOneBeforeAndIsTakenAway() {
        Progress progress = progress(true);
        progress.show("nearly");
        progress.show("nearly");
        progress.show("done");
        assertEquals("\rnearly\rdone  ", written());
        progress.clear();
        progress.clear();
        assertEquals("\rnearly\rdone  \r    \r", written());
    }

    @Test
    void whereThereIsNoTerminalNothingIsWritten() {
        Progress progress = progress(false);
        progress.show("half");
        progress.clear();
        assertEquals("", written());
    }
}
