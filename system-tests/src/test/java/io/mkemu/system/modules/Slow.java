// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Instance 1 sends {@link #MESSAGES} to instance 2 and is done; instance 2 takes its time for each of them. */
public final class Slow implements KernelModule {
    /** Fewer than a lane holds. */
    public static final int MESSAGES = 12;
    private static final int TYPE = 0x534c4f57;
    private static final int RECEIVER = 2;
    private static final long EACH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private int sent;
    private int heard;

    @Override
    public void init(Kernel kernel) {
        if (kernel.instanceId() == RECEIVER) {
            kernel.registerHandler((data, context) -> {
                long until = System.nanoTime() + EACH_NANOS;
                while (System.nanoTime() - until < 0) {
                    LockSupport.parkNanos(until - System.nanoTime());
                }
                heard++;
                if (heard == MESSAGES) {
                    kernel.printk("slow: has heard all");
                }
            }, null, TYPE);
        } else if (kernel.instanceId() != 0) {
            kernel.startTask("slow", () -> {
                if (kernel.isActive(RECEIVER) && kernel.sendIpiData(RECEIVER, new byte[8], TYPE) == 0) {
                    sent++;
                }
                return sent == MESSAGES ? Task.DONE : 1_000_000;
            });
        }
    }
}
