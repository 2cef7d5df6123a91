// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.kernel.HandlerRegistry.Handler;
import io.mkemu.log.LogLevel;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Finds callbacks that sleep, wait, block on a lock or do I/O, which in Linux is a bug: "scheduling while atomic". It
 * looks at the CPUs from outside, by {@link KernelWatch}, so that a callback costs no more for it, and tells each
 * handler that it meets so once. It samples: a callback that seldom waits is found late. Any thread may look.
 */
final class AtomicWatch {
    private static final int TRACE_FRAMES = 16;

    private final HandlerRegistry handlers;
    private final Supplier<CpuThread[]> threads;
    private final Printk printk;

    /** Of a kernel's CPUs, by logical number, null for none; nobody looks yet. */
    AtomicWatch(HandlerRegistry handlers, Supplier<CpuThread[]> threads, Printk printk) {
        this.handlers = handlers;
        this.threads = threads;
        this.printk = printk;
    }

    /** Looks once at each CPU. */
    synchronized void look() {
        CpuThread[] all = threads.get();
        for (int cpu = 0; cpu < all.length; cpu++) {
            Handler handler = handlers.running(cpu);
            if (all[cpu] != null && handler != null && !handler.isBlamed()) {
                look(cpu, all[cpu], handler);
            }
        }
    }

    private void look(int cpu, CpuThread thread, Handler handler) {
        Thread.State before = thread.getState();
        StackTraceElement[] frames = thread.getStackTrace();
        String what = frames.length == 0 ? null : what(thread.getState() == before ? before : null, frames);
        /* Still in the same handler: the frames are its own, unless it was left and entered again meanwhile. */
        if (what == null || handlers.running(cpu) != handler || isKernelsOwn(frames)) {
            return;
        }
        handler.blame();
        String module = handler.owner() == null ? "kernel" : handler.owner().name();
        printk.print(LogLevel.ERR, "BUG: scheduling while atomic: " + module + ": handler " + handler.number()
            + " of IPI type 0x" + Integer.toHexString(handler.type()) + " " + what + " in its callback on CPU "
            + thread.cpu().apic().physicalCpu());
        Arrays.stream(frames).limit(TRACE_FRAMES).takeWhile(frame -> !isKernel(frame.getClassName()))
            .forEach(frame -> printk.print(LogLevel.ERR, "  at " + frame));
    }

    /** What a thread does that a callback must not do, or null. */
    private static String what(Thread.State state, StackTraceElement[] frames) {
        if (state == Thread.State.BLOCKED) {
            return "blocks on a lock";
        }
        if (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING) {
            return "sleeps or waits";
        }
        return state == Thread.State.RUNNABLE && frames[0].isNativeMethod() && isIo(frames[0].getClassName())
            ? "does I/O" : null;
    }

    private static boolean isIo(String type) {
        return type.startsWith("java.io.") || type.startsWith("java.net.") || type.startsWith("sun.nio.");
    }

    /** Whether the kernel's code, called by the module, is what waits, or the JVM that loads a class for it. */
    private static boolean isKernelsOwn(StackTraceElement[] frames) {
        for (StackTraceElement frame : frames) {
            String type = frame.getClassName();
            if (type.startsWith("jdk.internal.loader.") || "java.lang.ClassLoader".equals(type)) {
                return true;
            }
            if (!type.startsWith("java.") && !type.startsWith("jdk.") && !type.startsWith("sun.")) {
                return isKernel(type);
            }
        }
        return true;
    }

    private static boolean isKernel(String type) {
        int end = type.lastIndexOf('.');
        return end > 0 && switch (type.substring(0, end)) {
            case "io.mkemu.kernel", "io.mkemu.ipi", "io.mkemu.os", "io.mkemu.memory", "io.mkemu.log", "io.mkemu.cpu",
                "io.mkemu.trace", "io.mkemu.table" -> true;
            default -> false;
        };
    }
}
