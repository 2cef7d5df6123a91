// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Says a line on stderr if the process is interrupted while something else is at work for it. */
public final class InterruptNote implements AutoCloseable {
    private volatile boolean done;
    private volatile boolean interrupted;

    public InterruptNote(String line) {
        this(() -> line);
    }

    /**
     * Notes what to do.
     *
     * @param line called if the process is interrupted; what it returns is said
     */
    public InterruptNote(Supplier<String> line) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (!done) {
                interrupted = true;
                System.err.println("mk: interrupted; " + line.get());
            }
        }, "interrupted"));
    }

    /** Does not return if the process is interrupted: it ends, and what is said of that the line says. */
    public void endIfInterrupted() {
        while (interrupted) {
            LockSupport.park();
        }
    }

    @Override
    public void close() {
        done = true;
    }
}
