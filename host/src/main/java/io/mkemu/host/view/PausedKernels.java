// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.os.StoppedProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which kernels of a snapshot stand still, by {@code mk pause} or by SIGSTOP. It is the one thing that is not in RAM: a
 * process that is stopped cannot say so, /proc does. Stateless; any thread.
 */
public final class PausedKernels {
    private PausedKernels() {
    }

    /** Their ids, as /proc tells at this moment; none of a machine whose host was killed, whose kernels end with it. */
    public static SortedSet<Integer> of(Snapshot snapshot) {
        SortedSet<Integer> paused = new TreeSet<>();
        if (snapshot.state().equals(MachineSummary.DEAD)) {
            return paused;
        }
        for (Kernel kernel : snapshot.kernels()) {
            if (kernel.state() == InstanceState.ACTIVE && kernel.pid() > 0 && StoppedProcess.isStopped(kernel.pid())
                && (kernel.pid() == snapshot.pid() || isOf(snapshot.machine(), kernel.pid()))) {
                paused.add(kernel.id());
            }
        }
        return paused;
    }

    /**
     * Whether a process has the machine's directory among its arguments. In a container a kernel knows itself by a
     * number that is another process's here, or nobody's.
     */
    private static boolean isOf(String machine, long pid) {
        try {
            String words = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            String directory = new String(("/" + machine).getBytes(StandardCharsets.UTF_8),
                StandardCharsets.ISO_8859_1);
            return Arrays.stream(words.split("\0")).anyMatch(word -> word.endsWith(directory));
        } catch (IOException gone) {
            return false;
        }
    }
}
