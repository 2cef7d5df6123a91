// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.boot.BootParameters;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import java.util.Locale;

/**
 * The lines that the RFC's code writes to the kernel log, word for word and at their levels, for those who compare the
 * two: only in a single-slot machine whose tree says so. What an interrupt or a send may write is rate-limited. Any
 * thread; off, it writes nothing and stands in nobody's way.
 */
final class RfcLog {
    /** Boot parameter by which the host says so. */
    static final String PARAMETER = "mk_ipi_log";

    private final Printk printk;
    private final boolean on;
    private final RateLimit received;
    private final RateLimit invalid;
    private final RateLimit unavailable;

    /** A kernel's. */
    RfcLog(BootParameters parameters, boolean isQueued, Printk printk) {
        this.printk = printk;
        this.on = !isQueued && parameters.has(PARAMETER);
        this.received = on ? printk.limit("Multikernel IPI received") : null;
        this.invalid = on ? printk.limit("Multikernel IPI without valid data") : null;
        this.unavailable = on ? printk.limit("Multikernel IPI shared memory not available") : null;
    }

    /**
     * Checks the boot parameter.
     *
     * @throws IllegalArgumentException if its value is none
     */
    static void check(BootParameters parameters) {
        if (!"rfc".equals(parameters.get(PARAMETER))) {
            throw new IllegalArgumentException("boot parameter " + PARAMETER + "="
                + BootParameters.printable(parameters.get(PARAMETER)) + ": the only value is rfc");
        }
    }

    /** mk_ipi_shared_setup has an address, and multikernel_ipi_init has mapped it. */
    void mapped(long physical, long virtual) {
        if (on) {
            printk.print(LogLevel.INFO, "Multikernel IPI shared memory address: 0x" + Long.toHexString(physical));
            printk.print(LogLevel.INFO, "Multikernel IPI subsystem initialized (spawned kernel): virt="
                + pointer(virtual) + ", phys=0x" + Long.toHexString(physical));
        }
    }

    /** multikernel_ipi_init cannot map it. */
    void notMapped(long physical) {
        if (on) {
            printk.print(LogLevel.ERR, "Failed to map multikernel IPI shared memory at 0x"
                + Long.toHexString(physical));
        }
    }

    /** mk_ipi_shared_setup has none. */
    void noAddress(String value) {
        if (on) {
            printk.print(LogLevel.ERR, "Invalid multikernel IPI shared memory address: " + value);
        }
    }

    /** multikernel_send_ipi_data finds no area of the target. */
    void notAvailable(int instanceId) {
        if (on && printk.pass(unavailable) > 0) {
            printk.print(LogLevel.DEBUG, "Multikernel IPI shared memory not available for instance " + instanceId);
        }
    }

    /** What is said of each interrupt: before the work that is queued by it, or unchanged if nothing is to be said. */
    IpiDispatcher.IrqWork around(IpiDispatcher.IrqWork work, int logicalCpu, int physicalCpu) {
        return on ? new Told(work, logicalCpu, physicalCpu) : work;
    }

    /** As %px prints it. */
    private static String pointer(long address) {
        return String.format(Locale.ROOT, "%016x", address);
    }

    /** The work of one CPU, with what multikernel_interrupt_handler says of it. */
    private final class Told implements IpiDispatcher.IrqWork {
        private final IpiDispatcher.IrqWork work;
        private final int logicalCpu;
        private final int physicalCpu;

        Told(IpiDispatcher.IrqWork work, int logicalCpu, int physicalCpu) {
            this.work = work;
            this.logicalCpu = logicalCpu;
            this.physicalCpu = physicalCpu;
        }

        @Override
        public void queue(MkIpiData live) {
            if (printk.pass(received) > 0) {
                printk.print(LogLevel.INFO, "Multikernel IPI received on CPU " + logicalCpu + " (physical id "
                    + physicalCpu + ") from CPU " + live.senderCpu() + " type="
                    + Integer.toUnsignedString(live.type()));
            }
            work.queue(live);
        }

        @Override
        public int run(MkIpiData live) {
            return work.run(live);
        }

        @Override
        public void noValidData() {
            if (printk.pass(invalid) > 0) {
                printk.print(LogLevel.DEBUG, "Multikernel IPI received on CPU " + logicalCpu
                    + " but no valid data");
            }
            work.noValidData();
        }
    }
}
