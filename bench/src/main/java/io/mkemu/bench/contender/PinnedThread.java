// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The thread that measures, on a CPU of its own. The JVM's other threads, and the processes it starts, stay free to run
 * anywhere, as those of a kernel do.
 */
public final class PinnedThread implements AutoCloseable {
    private final ExecutorService thread;

    /**
     * Starts it.
     *
     * @param cpu host CPU
     */
    public PinnedThread(int cpu) {
        thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(() -> {
                BitSet one = new BitSet();
                one.set(cpu);
                Affinity.set(one);
                work.run();
            }, "bench");
            made.setDaemon(true);
            return made;
        });
    }

    /** Does something on it, soon. */
    public void execute(Runnable work) {
        thread.execute(work);
    }

    /** Does something on it and waits. */
    public <T> T call(Callable<T> work) throws Exception {
        try {
            return thread.submit(work).get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception fault ? fault : failed;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
