// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;

/** A module whose class cannot be initialised. */
public final class BadStart implements KernelModule {
    private static final int VALUE = Integer.parseInt("no number");

    @Override
    public void init(Kernel kernel) {
        kernel.printk("value " + VALUE);
    }
}
