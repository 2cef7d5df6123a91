// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends numbered messages to one CPU of an instance, {@code Chaser.to=} and {@code Chaser.cpu=}, for as long as it
 * lives, and whether or not that CPU is there just now.
 */
public final class Chaser implements KernelModule {
    private static final int BURST = 16;
    private static final long PAUSE_NANOS = 20_000;

    private final UnsafeBuffer data = new UnsafeBuffer(new byte[Chased.SIZE]);
    private Kernel kernel;
    private long sent;
    private long refused;
    private long odd;

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        int to = (int) kernel.parameter("to", 0);
        int cpu = (int) kernel.parameter("cpu", 0);
        kernel.startDaemonTask("chase", () -> chase(to, cpu));
        kernel.printk("up");
    }

    private long chase(int to, int cpu) {
        for (int message = 0; message < BURST; message++) {
            data.putLong(0, sent + 1);
            data.putLong(8, (sent + 1) * Chased.SEED);
            int result = kernel.sendIpiDataToCpu(to, cpu, data, 0, Chased.SIZE, Chased.TYPE);
            if (result == 0) {
                sent++;
                continue;
            }
            refused += result == -Errno.EINVAL ? 1 : 0;
            odd += result == -Errno.EINVAL || result == -Errno.ENOSPC ? 0 : 1;
            break;
        }
        return PAUSE_NANOS;
    }

    @Override
    public void exit() {
        kernel.printk("sent " + sent + " refused " + (refused > 0) + " odd " + odd);
    }
}
