// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands that are all to be refused and change nothing, started side by side: most of what each takes is the start of
 * its JVM, which one CPU does alone.
 */
final class Refusals {
    private record Refusal(MkProcess process, int code, String pattern) {
    }

    private final List<Refusal> started = new ArrayList<>();

    /** Adds one that has been started, with what {@link Program#refuses} wants of it. */
    void add(MkProcess process, int code, String pattern) {
        started.add(new Refusal(process, code, pattern));
    }

    /** Waits for all of them. */
    void check() throws IOException, InterruptedException {
        for (Refusal each : started) {
            each.process.refuses(each.code, each.pattern);
        }
    }
}
