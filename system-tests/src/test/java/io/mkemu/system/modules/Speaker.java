// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.concurrent.TimeUnit;

/**
 * Says something at each level and on both streams, half a line too, and then goes on counting ten times a second until
 * it has been stopped. {@code speaker.end=exit} ends its process by System.exit, {@code =interrupt} by a fault of the
 * kernel's main thread, {@code =stop} ends its task.
 */
public final class Speaker implements KernelModule {
    private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private Kernel kernel;
    private int beats;

    @Override
    public String name() {
        return "speaker";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        for (LogLevel level : LogLevel.values()) {
            kernel.printk(level, "says " + level.label());
        }
        kernel.printk("colour is " + kernel.bootParameter("colour") + ", shade " + kernel.bootParameter("shade"));
        if (kernel.instanceId() != 0) {
            System.out.println("speaks on stdout");
            System.err.println("speaks on stderr");
            System.out.print("speaks half a li");
            System.out.flush();
        }
        kernel.nameType(0x66, "speaker.beat");
        kernel.startTask("beat", this::beat);
    }

    private long beat() {
        kernel.printk("beat " + ++beats);
        if (beats == 1 && kernel.parameter("end") != null) {
            switch (kernel.parameter("end")) {
                case "exit" -> new Thread(() -> System.exit(3)).start();
                case "interrupt" -> Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("main")).forEach(Thread::interrupt);
                default -> {
                    return Task.DONE;
                }
            }
        }
        return BEAT_NANOS;
    }

    @Override
    public void exit() {
        kernel.printk("says good-bye");
    }
}
