// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a kernel says: printk, and what printk_ratelimited asks first. How many lines a limit held back is told before
 * the next line of that limit, before any other line once the interval is over, by a CPU that has slept long, and at
 * the end. Any thread.
 */
final class Printk {
    private static final int TRACE_FRAMES = 16;

    private final KernelLog log;
    private final LongSupplier clock;
    private final List<RateLimit> limits = new CopyOnWriteArrayList<>();
    private final AtomicLong untold = new AtomicLong();

    /**
     * Of a kernel.
     *
     * @param clock of its machine
     */
    Printk(KernelLog log, LongSupplier clock) {
        this.log = log;
        this.clock = clock;
    }

    /** A limit of its own for a source of lines; its count is told under that name. */
    RateLimit limit(String source) {
        RateLimit limit = new RateLimit(source, clock.getAsLong());
        limits.add(limit);
        return limit;
    }

    /** Writes a line. */
    void print(LogLevel level, String text) {
        tellDue();
        append(level, text);
    }

    /**
     * Asks for a line of a limited source: __ratelimit. Ask before the line is made: a flood then allocates nothing.
     *
     * @return which line of its interval it is, from 1; 0: it must not be written, and has been counted
     */
    int pass(RateLimit limit) {
        tell(limit, limit.roll(clock.getAsLong()));
        return limit.pass();
    }

    /**
     * Tells a fault, and with the first one of an interval where it happened: traces are long. Never throws: a fault
     * for which there is no memory or stack left is counted, and told as a number once there is again.
     *
     * @param limit of its source
     * @param what  what failed; asked only if the line may be written
     * @param fault any; what its methods throw is told instead
     */
    void fault(RateLimit limit, Supplier<String> what, Throwable fault) {
        try {
            int nth = pass(limit);
            if (nth > 0) {
                print(LogLevel.ERR, what.get() + Faults.text(fault));
            }
            if (nth == 1 && isTraced(fault)) {
                trace(fault);
            }
        } catch (Throwable beyond) {
            untold.incrementAndGet();
        }
    }

    /** As {@link #fault(RateLimit, Supplier, Throwable)}, of what happens once, so without a limit; with its trace. */
    void fault(Supplier<String> what, Throwable fault) {
        try {
            print(LogLevel.ERR, what.get() + Faults.text(fault));
            trace(fault);
        } catch (Throwable beyond) {
            untold.incrementAndGet();
        }
    }

    /** A checked exception is a module's answer, which names what is wrong; any other is a fault in its code. */
    private static boolean isTraced(Throwable fault) {
        return fault instanceof RuntimeException || fault instanceof Error;
    }

    /** Tells what was held back in intervals that are over. */
    void tellDue() {
        tellUntold();
        long now = clock.getAsLong();
        for (RateLimit limit : limits) {
            if (limit.isDue(now)) {
                tell(limit, limit.takeSuppressed());
            }
        }
    }

    /** Tells all that was held back: the kernel's last word. */
    void tellAll() {
        tellUntold();
        for (RateLimit limit : limits) {
            tell(limit, limit.takeSuppressed());
        }
    }

    private void tellUntold() {
        /* Read first: a line that cannot be written must not lose the count. */
        long count = untold.get();
        if (count > 0) {
            append(LogLevel.ERR, "mkemu: " + count + " faults could not be told: no memory or stack was left");
            untold.addAndGet(-count);
        }
    }

    private void tell(RateLimit limit, long suppressed) {
        if (suppressed > 0) {
            append(LogLevel.WARNING, limit.source() + ": " + suppressed + " callbacks suppressed");
        }
    }

    private void append(LogLevel level, String text) {
        Cpu cpu = Cpu.current();
        log.append(level.ordinal(), cpu == null || cpu.kernel().printk() != this ? -1 : cpu.apic().physicalCpu(), text);
    }

    /** Writes where a module's fault happened, as an oops shows its call trace. */
    void trace(Throwable fault) {
        int printed = 0;
        for (StackTraceElement frame : Faults.frames(fault)) {
            /* What called the module is of no use to who wrote it. */
            if (printed == TRACE_FRAMES || frame.getClassName().startsWith("io.mkemu.kernel.")) {
                return;
            }
            print(LogLevel.ERR, "  at " + frame);
            printed++;
        }
    }

    /**
     * The end of this kernel: why, if it was a fault where and what led to it, and what is still to be told.
     *
     * @param fault or null
     */
    void panic(String why, Throwable fault) {
        print(LogLevel.EMERG, why);
        Throwable cause = fault;
        for (int depth = 0; cause != null && depth < TRACE_FRAMES; depth++) {
            if (depth > 0) {
                print(LogLevel.EMERG, "Caused by: " + Faults.text(cause));
            }
            StackTraceElement[] frames = Faults.frames(cause);
            for (int frame = 0; frame < Math.min(frames.length, TRACE_FRAMES); frame++) {
                print(LogLevel.EMERG, "  at " + frames[frame]);
            }
            cause = Faults.cause(cause);
        }
        tellAll();
    }
}
