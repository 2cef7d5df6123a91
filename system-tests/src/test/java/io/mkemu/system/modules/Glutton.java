// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;

/** Takes memory outside the heap, which no setting of the JVM bounds, and touches it all, until something stops it. */
public final class Glutton implements KernelModule {
    private static final long BITE = 8L << 20;

    @Override
    public String name() {
        return "glutton";
    }

    @Override
    public void init(Kernel kernel) {
        kernel.printk("eats");
        kernel.startTask("eat", () -> {
            Arena.global().allocate(BITE).fill((byte) 1);
            return Task.AGAIN;
        });
    }
}
