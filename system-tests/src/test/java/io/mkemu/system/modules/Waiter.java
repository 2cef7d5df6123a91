// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.concurrent.locks.LockSupport;

/**
 * Instance 1 does not come back from its first callback. All others fill their lanes to it, wait for room without end,
 * and say what came of that.
 */
public final class Waiter implements KernelModule {
    private static final int TYPE = 0x57414954;
    private static final int RECEIVER = 1;
    private static final long LOOK_NANOS = 1_000_000;

    private Kernel kernel;

    @Override
    public String name() {
        return "waiter";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        if (mine.instanceId() == RECEIVER) {
            mine.registerHandler((data, context) -> stay(), null, TYPE);
        } else {
            mine.startTask("wait", this::step);
        }
    }

    private static void stay() {
        while (true) {
            LockSupport.park();
        }
    }

    private long step() {
        if (!kernel.isActive(RECEIVER)) {
            return LOOK_NANOS;
        }
        int result = 0;
        while (result == 0) {
            result = kernel.sendIpiData(RECEIVER, null, 0, Long.BYTES, TYPE);
        }
        kernel.printk("waits after " + Errno.name(result));
        result = kernel.sendIpiDataTimeout(RECEIVER, null, 0, Long.BYTES, TYPE, Long.MAX_VALUE);
        kernel.printk("waited for " + Errno.name(result));
        return Task.DONE;
    }
}
