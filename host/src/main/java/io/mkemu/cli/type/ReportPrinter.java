// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.host.InstanceStatus;
import io.mkemu.host.RunReport;
import io.mkemu.host.RunReport.KernelReport;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints a run's report for people. */
public final class ReportPrinter {
    private static final int MEBIBYTE_SHIFT = 20;

    private ReportPrinter() {
    }

    public static void print(RunReport report, PrintStream out) {
        out.printf(Locale.ROOT, "%nmachine %s: %s, RAM %d MiB%s%n", report.machine(),
            report.kernels().size() == 1 ? "1 kernel" : report.kernels().size() + " kernels",
            report.ramBytes() >> MEBIBYTE_SHIFT,
            report.stopped() ? ", stopped before its modules were done" : "");
        int width = Math.max(4,
            report.kernels().stream().mapToInt(kernel -> kernel.status().name().length()).max().orElse(4));
        String row = "%4s  %-" + width + "s  %-7s %8s  %-8s %-9s %8s %12s %12s %10s%n";
        out.printf(Locale.ROOT, row, "id", "name", "state", "pid", "cpus", "host cpus", "boot ms", "sent", "received",
            "interrupts");
        for (KernelReport kernel : report.kernels()) {
            InstanceStatus status = kernel.status();
            out.printf(Locale.ROOT, row, status.id(), status.name(), status.state(),
                status.pid() == 0 ? "-" : Long.toString(status.pid()),
                join(kernel.cpus()), join(status.hostCpus()),
                status.id() == 0 || kernel.bootMillis() < 0 ? "-"
                    : String.format(Locale.ROOT, "%.0f", kernel.bootMillis()),
                status.counters().get("sent"), status.counters().get("received"), status.counters().get("interrupts"));
        }
        for (KernelReport kernel : report.kernels()) {
            String name = kernel.status().name();
            if (!kernel.status().reason().isEmpty()) {
                out.println(name + " failed: " + kernel.status().reason());
            }
            if (kernel.tasksFailed() > 0 || kernel.faults() > 0) {
                out.println(name + ": " + kernel.tasksFailed() + " tasks or modules failed, " + kernel.faults()
                    + " callbacks threw; its kernel log says which");
            }
        }
    }

    private static String join(List<Integer> cpus) {
        return cpus.stream().map(cpu -> cpu < 0 ? "any" : cpu.toString()).collect(Collectors.joining(","));
    }
}
