// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.concurrent.locks.LockSupport;

/** Never comes back: from init with {@code stuck.where=init}, else from its task. */
public final class Stuck implements KernelModule {
    @Override
    public String name() {
        return "stuck";
    }

    @Override
    public void init(Kernel kernel) {
        if ("init".equals(kernel.parameter("where"))) {
            hang();
        }
        kernel.startTask("hang", () -> {
            hang();
            return Task.DONE;
        });
    }

    private void hang() {
        /* Not printk: the host shows no log before its kernel is up. */
        System.out.println("stuck: hangs");
        while (true) {
            LockSupport.park(this);
        }
    }
}
