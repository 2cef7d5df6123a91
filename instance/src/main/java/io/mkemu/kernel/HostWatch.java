// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsFile;
import io.mkemu.os.OsProcess;
import java.io.IOException;

/**
 * Ends this process when the host's is gone. It waits for the host's life lock inside the operating system: no polling,
 * no CPU time, and no way to miss the host's death, whatever killed it.
 */
final class HostWatch {
    private HostWatch() {
    }

    static void start(MachineDirectory directory) throws IOException {
        OsFile hostLife = OsFile.open(directory.lifeLock(0));
        Thread watch = new Thread(() -> {
            String why = "the host is gone";
            try {
                hostLife.awaitUnlocked();
            } catch (Throwable fault) {
                why = "the host cannot be watched: " + Faults.text(fault);
            } finally {
                end("mkemu: " + why + "; this instance ends");
            }
        }, "host-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static void end(String lastWord) {
        try {
            System.err.println(lastWord);
        } finally {
            /* Whatever the log says to it, or there is no memory to say it: nobody else would end this process.
               Runtime.halt would wait for threads that are inside native calls, all CPUs that sleep among them. */
            OsProcess.exitNow(ExitCode.HOST_LOST.code());
        }
    }
}
