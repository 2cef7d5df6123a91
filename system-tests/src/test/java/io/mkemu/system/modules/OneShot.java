// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;

/** Has a task that ends at once. */
public final class OneShot implements KernelModule {
    @Override
    public void init(Kernel kernel) {
        kernel.startTask("shot", () -> {
            kernel.printk("one-shot: done");
            return Task.DONE;
        });
    }
}
