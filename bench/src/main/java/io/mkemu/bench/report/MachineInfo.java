// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import io.mkemu.bench.run.OtherWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Where a run was made.
 *
 * @param processor as it calls itself
 * @param cpus      the host CPUs that were used: the receiver's first, the senders' after it, in turn
 * @param system    operating system
 * @param jdk       of all JVMs
 * @param compiler  of the C peers; "none"
 * @param when      it began
 * @param others    what others did on its CPUs just before the run
 */
public record MachineInfo(String processor, List<Integer> cpus, String system, String jdk, String compiler,
                          String when, OtherWork others) {
    /**
     * Looks at this machine, for a second.
     *
     * @param compiler null if there is none
     */
    public static MachineInfo of(List<Integer> cpus, String compiler) throws InterruptedException {
        return new MachineInfo(nameOfProcessor(), List.copyOf(cpus),
            System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch"),
            System.getProperty("java.vm.name") + " " + Runtime.version(), compiler == null ? "none" : compiler,
            LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString(), OtherWork.look());
    }

    private static String nameOfProcessor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("unknown");
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    /** Whether so many senders and a receiver share CPUs. */
    public boolean isOversubscribed(int senders) {
        return cpus.size() < senders + 1;
    }
}
