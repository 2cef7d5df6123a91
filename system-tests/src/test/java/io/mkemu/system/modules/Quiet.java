// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;

/** Says that its kernel is up, and that it goes down in order; no task, so a run with it ends by a signal only. */
public final class Quiet implements KernelModule {
    private Kernel kernel;

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        kernel.printk("quiet: up");
    }

    @Override
    public void exit() {
        kernel.printk("quiet: exit");
    }
}
