// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;

/** The host sends three messages to every instance, whose callback counts and throws each time. */
public final class CallbackThrower implements KernelModule {
    private static final int TYPE = 7;
    private static final int MESSAGES = 3;

    private int counted;

    @Override
    public void init(Kernel kernel) {
        if (kernel.instanceId() == 0) {
            kernel.startTask("send", () -> send(kernel));
            return;
        }
        kernel.registerHandler((data, context) -> {
            counted++;
            throw new IllegalStateException("message " + counted + " is too much");
        }, null, TYPE);
        kernel.startTask("count", () -> {
            if (counted < MESSAGES) {
                return Task.WAIT;
            }
            kernel.printk("callback-thrower: counted " + counted);
            return Task.DONE;
        });
    }

    private static long send(Kernel kernel) {
        for (Instance instance : kernel.instances()) {
            if (instance.id() != 0 && !kernel.isActive(instance.id())) {
                return 1_000_000;
            }
        }
        for (Instance instance : kernel.instances()) {
            for (int message = 0; instance.id() != 0 && message < MESSAGES; message++) {
                int result = kernel.sendIpiData(instance.id(), new byte[8], TYPE);
                if (result != 0) {
                    throw new IllegalStateException("send: " + result);
                }
            }
        }
        return Task.DONE;
    }
}
