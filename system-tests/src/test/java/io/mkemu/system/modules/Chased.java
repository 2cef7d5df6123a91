// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.CpuChange;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;

/**
 * Counts what one {@link Chaser} sends to its CPUs, whichever of them gets it: each message is one more than the one
 * before. On a CPU that comes it starts a task, which goes on wherever it is moved to, and ends with the module.
 * {@code Chased.keep=1}: it gives no CPU back.
 */
public final class Chased implements KernelModule {
    static final int TYPE = 0xc4a5ed;
    static final int SIZE = 16;
    static final long SEED = 0x9e3779b97f4a7c15L;

    private Kernel kernel;
    private volatile long received;
    private volatile long wrong;
    private volatile long torn;

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        kernel.registerHandler((data, context) -> {
            long number = data.buffer().getLong(0);
            torn += data.buffer().getLong(8) == number * SEED ? 0 : 1;
            wrong += number == received + 1 ? 0 : 1;
            received = number;
        }, null, TYPE);
        String keeps = kernel.parameter("keep");
        kernel.onCpu((change, logical, physical) -> {
            if (change == CpuChange.ADDED) {
                kernel.runOnCpu(logical, () -> kernel.startDaemonTask("stays", () -> Task.WAIT));
            }
            return change == CpuChange.REMOVING && keeps != null ? "it is dear" : null;
        });
        kernel.printk("up");
    }

    @Override
    public void exit() {
        kernel.printk("received " + received + " wrong " + wrong + " torn " + torn);
    }
}
