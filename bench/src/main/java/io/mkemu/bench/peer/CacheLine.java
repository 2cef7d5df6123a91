// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.contender.Pause;
import io.mkemu.bench.contender.Samples;
import java.nio.file.Path;
import org.agrona.concurrent.AtomicBuffer;

/** The limit: one word in one cache line of a mapped file, there and back. */
final class CacheLine {
    private static final int PAGE = 4096;
    private static final long STOP = -1;

    private final AtomicBuffer line;
    private final Pause pause;

    CacheLine(Path directory, Pause pause) {
        this.line = MappedFile.map(directory.resolve("line"), PAGE);
        this.pause = pause;
    }

    /** The main process stores odd values, the child even ones; measured as {@link Pinger} does. */
    void ping(long nanos, Samples samples) {
        long last = 0;
        long deadline = 0;
        for (long value = 1;; value += 2) {
            line.putLongRelease(0, value);
            long now = System.nanoTime();
            if (value == 1) {
                deadline = now + nanos;
            } else if (value > 3) {
                samples.add(now - last);
            }
            last = now;
            while (line.getLongAcquire(0) != value + 1) {
                pause.once();
            }
            /* One trip at least, however busy the machine is. */
            if (value > 3 && (samples.isFull() || now - deadline >= 0)) {
                break;
            }
        }
        line.putLongRelease(0, STOP);
    }

    void echo() {
        while (true) {
            long seen = line.getLongAcquire(0);
            if (seen == STOP) {
                break;
            }
            if ((seen & 1) == 1) {
                line.putLongRelease(0, seen + 1);
            } else {
                pause.once();
            }
        }
        line.putLongRelease(0, 0);
    }
}
