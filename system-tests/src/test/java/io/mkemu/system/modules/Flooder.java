// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;

/** Floods the log by printkRatelimited, by messages that nobody handles and by a callback that throws; does not end. */
public final class Flooder implements KernelModule {
    /** Lines, messages without a handler, and messages whose callback throws: so many of each. */
    public static final int FLOOD = 3000;
    private static final int THROWN = 0x51;
    private static final int UNHANDLED = 0x52;

    private Kernel kernel;
    private int sent;
    private int thrown;

    @Override
    public String name() {
        return "flooder";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        kernel.registerHandler((data, context) -> {
            thrown++;
            throw new IllegalStateException("flood");
        }, null, THROWN);
        kernel.printk(LogLevel.NOTICE, "before the flood");
        kernel.startTask("flood", this::flood);
    }

    private long flood() {
        if (sent < 2 * FLOOD) {
            int result = kernel.sendIpiData(kernel.instanceId(), new byte[1], sent % 2 == 0 ? UNHANDLED : THROWN);
            if (result == 0) {
                sent++;
                return Task.AGAIN;
            }
            if (result != -Errno.ENOSPC && result != -Errno.ESHUTDOWN) {
                throw new IllegalStateException(Errno.name(result));
            }
            return 1_000_000;
        }
        if (thrown < FLOOD) {
            return Task.WAIT;
        }
        for (int line = 0; line < FLOOD; line++) {
            kernel.printkRatelimited(LogLevel.ERR, "line of the flood");
        }
        kernel.printk("after the flood");
        kernel.startTask("go on", () -> Task.WAIT);
        return Task.DONE;
    }
}
