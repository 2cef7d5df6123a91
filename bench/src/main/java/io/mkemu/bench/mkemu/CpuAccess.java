// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import java.lang.reflect.Method;
import java.util.function.BooleanSupplier;

/**
 * What the CPU of the calling thread receives and sends by, without the kernel around it. A module has a class loader
 * of its own, so that no package is shared with the kernel: hence by reflection, once for each loop.
 */
final class CpuAccess {
    private static final int LOOKS = 4096;

    private CpuAccess() {
    }

    private static <T> T part(String name, Class<T> type) {
        try {
            Class<?> cpus = Class.forName("io.mkemu.kernel.Cpu");
            Method current = cpus.getDeclaredMethod("current");
            Method part = cpus.getDeclaredMethod(name);
            current.setAccessible(true);
            part.setAccessible(true);
            return type.cast(part.invoke(current.invoke(null)));
        } catch (ReflectiveOperationException changed) {
            throw new IllegalStateException("the benchmark knows another Cpu than this kernel has", changed);
        }
    }

    /** What it sends by. */
    static IpiSender sender() {
        return part("sender", IpiSender.class);
    }

    /**
     * Delivers until it is over, in the tightest loop there can be, in the place of the CPU's own.
     */
    static void deliver(BooleanSupplier over) {
        IpiReceiver receiver = part("receiver", IpiReceiver.class);
        while (!over.getAsBoolean()) {
            look(receiver, over);
            /* Nothing is rung here that this would not find. */
            receiver.audit();
            receiver.deliver();
        }
    }

    /* A method of its own, so that it is compiled as a method is. */
    private static void look(IpiReceiver receiver, BooleanSupplier over) {
        for (int look = 0; look < LOOKS && !over.getAsBoolean(); look++) {
            if (receiver.isHottestReady()) {
                receiver.deliverHottest();
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
