// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.os.Futex;
import io.mkemu.os.OsProcess;
import io.mkemu.table.InstanceEntry;
import java.util.concurrent.CountDownLatch;

/**
 * Does what the host asks of this kernel. The request is a word of the host's own with a futex on it, and this thread
 * is none of the CPUs: no message, and no module that hangs, can keep a request from being seen.
 */
final class RequestWatch {
    private static final long PARK_MILLIS = 500;

    private final InstanceEntry entry;
    private final CountDownLatch shutDown = new CountDownLatch(1);
    private volatile KernelInstance kernel;

    private RequestWatch(InstanceEntry entry) {
        this.entry = entry;
    }

    /** Begins to watch, before there is a kernel: a boot can be halted too. */
    static RequestWatch start(InstanceEntry entry) {
        RequestWatch watch = new RequestWatch(entry);
        Thread thread = new Thread(watch::watch, "request-watch");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    /** Says which kernel is to be parked by a force halt. */
    void kernel(KernelInstance booting) {
        kernel = booting;
    }

    /** Waits until the host asks the kernel to shut down. */
    void awaitShutdown() throws InterruptedException {
        shutDown.await();
    }

    private void watch() {
        try {
            Futex futex = new Futex();
            while (true) {
                int request = entry.requested();
                if (request == InstanceDescriptor.REQUEST_SHUTDOWN) {
                    shutDown.countDown();
                } else if (request == InstanceDescriptor.REQUEST_HALT) {
                    halt();
                }
                entry.awaitRequest(futex, request);
            }
        } catch (Throwable fault) {
            System.err.println("mkemu: the host's requests cannot be watched: " + Faults.text(fault)
                + "; this instance ends");
        } finally {
            /* Only a fault leads here, and a kernel that can no longer be asked for anything must not go on. */
            OsProcess.exitNow(ExitCode.INTERNAL.code());
        }
    }

    /** The end of the process parks a CPU that does not come out of a module: its life lock becomes free then. */
    private void halt() {
        KernelInstance running = kernel;
        try {
            if (running != null) {
                running.park(PARK_MILLIS);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            /* Whatever the parking met: the host asked for the end of this process, and not for its order. */
            exit();
        }
    }

    private void exit() {
        try {
            entry.exitCode(ExitCode.OK.code());
        } finally {
            OsProcess.exitNow(ExitCode.OK.code());
        }
    }
}
