// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.host.view.LogText;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.table.InstanceEntry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * What is in shared RAM of a life that failed or hangs, for people: a core dump's summary. Taken before its shares
 * end and its CPUs are retired. Only loads; whatever is damaged is said and passed over. One thread.
 */
public final class LifeReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int MOST_LOG_LINES = 60;
    private static final int MOST_ALLOCATIONS = 64;

    private final MappedMachine machine;
    private final LifeFacts facts;
    private final InstanceEntry entry;
    private final long now;
    private final ReportText text = new ReportText();

    private LifeReport(MappedMachine machine, LifeFacts facts) {
        this.machine = machine;
        this.facts = facts;
        this.entry = machine.instances().entry(facts.id());
        this.now = machine.platform().nanoTime();
    }

    /**
     * Takes it.
     *
     * @param name of the machine
     */
    static ReportText of(MappedMachine machine, String name, LifeFacts facts) {
        LifeReport report = new LifeReport(machine, facts);
        report.head(name);
        report.text.section("memory", report::memory);
        report.text.section("shared pages", () -> new SharesReport(machine, facts.id(), report.text).say());
        CpuReport cpus = new CpuReport(machine, facts, report.now, report.text);
        report.text.section("CPUs", cpus::cpus);
        report.text.section("lanes", cpus::lanes);
        report.text.section("last trace records", cpus::trace);
        report.text.section("kernel log, the last " + MOST_LOG_LINES + " lines", report::log);
        return report.text;
    }

    private void head(String name) {
        text.line("report of instance %s (%d), life %d", facts.name(), facts.id(), facts.life());
        text.line("reason    %s", facts.reason());
        text.line("machine   %s, epoch 0x%x, ABI %d, %s mailbox", name, machine.memory().epoch(),
            RamHeaderDescriptor.ABI_VERSION, machine.memory().ipiMode());
        text.line("time      %s, %s after the machine was made", Instant.now().truncatedTo(ChronoUnit.MILLIS),
            seconds(now - machine.memory().createdNanos()));
        text.line("process   pid %d, %s kernel", facts.pid(), facts.kernel());
        StringBuilder steps = new StringBuilder();
        long exec = entry.bootStep(BootStep.EXEC);
        for (BootStep step : BootStep.values()) {
            long at = entry.bootStep(step);
            if (step != BootStep.EXEC && at != 0) {
                steps.append(steps.isEmpty() ? "" : ", ").append(step.name().toLowerCase(Locale.ROOT))
                    .append(" after ").append(seconds(at - exec));
            }
        }
        text.line("boot      %s before; %s", exec == 0 ? "not" : seconds(now - exec),
            steps.isEmpty() ? "no step was reached" : steps);
        text.line("modules   %s", facts.modules().isEmpty() ? "none" : String.join(" ", facts.modules()));
        text.line("cmdline   %s", entry.cmdline());
        text.line("tasks     %d started, %d ended, %d failed", entry.tasksStarted(), entry.tasksEnded(),
            entry.tasksFailed());
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.6f s", nanos / NANOS_PER_SECOND);
    }

    private void memory() {
        if (entry.hasDamagedRegion()) {
            text.add("  a region does not lie in RAM; it is left out");
        }
        long area = entry.ipiArea();
        try (InstancePool pool = machine.poolOf(entry)) {
            for (int index = 0; index < pool.regions().size(); index++) {
                BitmapPool bitmap = pool.bitmaps().get(index);
                long start = pool.regions().get(index).address();
                text.line("  region %d  %08x-%08x  %d bytes, %d allocated", index, start,
                    start + pool.regions().get(index).size() - 1, bitmap.size(), bitmap.allocated());
                int[] shown = new int[1];
                bitmap.forEachAllocation((address, size) -> {
                    if (shown[0]++ < MOST_ALLOCATIONS) {
                        text.line("    %08x-%08x  %s", address, address + size - 1,
                            address == area ? "IPI area" : "allocation");
                    }
                });
                if (shown[0] > MOST_ALLOCATIONS) {
                    text.line("    and %d more", shown[0] - MOST_ALLOCATIONS);
                }
            }
        }
    }

    private void log() {
        Deque<String> last = new ArrayDeque<>();
        KernelLogReader log = new KernelLogReader(machine.memory(), facts.id());
        for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
            last.add(LogText.of(line.nanos(), line.text()));
            if (last.size() > MOST_LOG_LINES) {
                last.removeFirst();
            }
        }
        List.copyOf(last).forEach(line -> text.add("  " + line));
    }
}
