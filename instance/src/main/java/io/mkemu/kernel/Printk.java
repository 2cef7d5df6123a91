// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

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

    Printk(KernelLog log) {
        this(log, System::nanoTime);
    }

    /** With a clock of a test. */
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

    /** Writes a fault, and with the first one of an interval where it happened: traces are long. */
    void printFault(int nth, String text, Throwable fault) {
        print(LogLevel.ERR, text);
        if (nth == 1) {
            trace(fault);
        }
    }

    /** Tells what was held back in intervals that are over. */
    void tellDue() {
        long now = clock.getAsLong();
        for (RateLimit limit : limits) {
            if (limit.isDue(now)) {
                tell(limit, limit.takeSuppressed());
            }
        }
    }

    /** Tells all that was held back: the kernel's last word. */
    void tellAll() {
        for (RateLimit limit : limits) {
            tell(limit, limit.takeSuppressed());
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
        for (StackTraceElement frame : fault.getStackTrace()) {
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
                print(LogLevel.EMERG, "Caused by: " + cause);
            }
            StackTraceElement[] frames = cause.getStackTrace();
            for (int frame = 0; frame < Math.min(frames.length, TRACE_FRAMES); frame++) {
                print(LogLevel.EMERG, "  at " + frames[frame]);
            }
            cause = cause.getCause();
        }
        tellAll();
    }
}
