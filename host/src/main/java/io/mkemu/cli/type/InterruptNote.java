// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

/** Says a line on stderr if the process is interrupted while something else is at work for it. */
public final class InterruptNote implements AutoCloseable {
    private volatile boolean done;

    public InterruptNote(String line) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (!done) {
                System.err.println("mk: interrupted; " + line);
            }
        }, "interrupted"));
    }

    @Override
    public void close() {
        done = true;
    }
}
