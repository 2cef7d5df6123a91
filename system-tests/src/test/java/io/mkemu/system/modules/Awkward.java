// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;

/**
 * Hangs for ever, with its CPU busy, where {@code awkward.in} says: {@code init}, {@code task}, {@code callback} or
 * {@code exit}; or floods itself with messages: {@code flood}; or takes memory outside the heap, which no setting of
 * the JVM bounds, and touches it all: {@code memory}; or ends its process: {@code death}, at once, with
 * {@code awkward.code}. Without it, it does nothing.
 */
public final class Awkward implements KernelModule {
    private static final int TYPE = 0x41574b;
    private static final int ENOUGH = 10_000;
    private static final long BITE = 8L << 20;

    private Kernel kernel;
    private String where;
    private long received;

    @Override
    public String name() {
        return "awkward";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        where = String.valueOf(mine.parameter("in"));
        hang("init");
        if (where.equals("callback")) {
            mine.registerHandler((data, context) -> hang("callback"), null, TYPE);
            mine.startTask("send", () -> {
                mine.sendIpiData(mine.instanceId(), null, 0, 8, TYPE);
                return Task.WAIT;
            });
        } else if (where.equals("task")) {
            mine.startTask("hang", () -> {
                hang("task");
                return Task.DONE;
            });
        } else if (where.equals("memory")) {
            mine.printk("eats");
            mine.startTask("eat", () -> {
                Arena.global().allocate(BITE).fill((byte) 1);
                return Task.AGAIN;
            });
        } else if (where.equals("flood")) {
            mine.registerHandler((data, context) -> flooded(), null, TYPE);
            mine.startTask("flood", () -> {
                flood();
                return Task.AGAIN;
            });
        } else if (where.equals("death")) {
            mine.startTask("death", () -> {
                /* Another task's step lies between: the kernel is active by then. */
                mine.startTask("die", () -> {
                    System.exit((int) mine.parameter("code", 1));
                    return Task.DONE;
                });
                return Task.DONE;
            });
        }
    }

    @Override
    public void exit() {
        hang("exit");
        kernel.printk("exits");
    }

    private void flooded() {
        received++;
        if (received == ENOUGH) {
            kernel.printk("is flooded");
        }
        flood();
    }

    private void flood() {
        while (kernel.sendIpiData(kernel.instanceId(), null, 0, 256, TYPE) == 0) {
            Thread.onSpinWait();
        }
    }

    private void hang(String here) {
        if (where.equals(here)) {
            if (kernel.instanceId() == 0) {
                /* The host shows no log before its kernel is up. */
                System.out.println("awkward: hangs in " + here);
            } else {
                kernel.printk("hangs in " + here);
            }
            while (true) {
                Thread.onSpinWait();
            }
        }
    }
}
