// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Hands on what is written to it line by line. Any thread. */
final class ReplayLineStream extends OutputStream {
    private static final int LONGEST = 1 << 16;

    private final Consumer<String> lines;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    ReplayLineStream(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public synchronized void write(int value) {
        if (value == '\n' || line.size() == LONGEST) {
            lines.accept(line.toString(StandardCharsets.UTF_8));
            line.reset();
        }
        if (value != '\n') {
            line.write(value);
        }
    }
}
