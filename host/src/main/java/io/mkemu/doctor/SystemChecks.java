// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import io.mkemu.os.Affinity;
import io.mkemu.os.Scheduler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** Checks of the JVM, the CPUs, the scheduler and the clock. Stateless; any thread; throws nothing. */
final class SystemChecks {
    private static final int LEAST_JDK = 25;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLOCK = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    private static final Path TIME_OFFSETS = Path.of("/proc/self/timens_offsets");
    /** Each reading of these goes to a device, some 1000 ns. */
    private static final List<String> SLOW_CLOCKS = List.of("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit");

    private SystemChecks() {
    }

    static Finding jdk() {
        String found = Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ") in "
            + System.getProperty("java.home");
        return Runtime.version().feature() < LEAST_JDK
            ? Finding.problem("jdk", found, "install JDK " + LEAST_JDK + " and set MKEMU_JAVA_HOME to it")
            : Finding.ok("jdk", found);
    }

    static Finding cpus() {
        return cpus(Affinity.allowed(), Affinity.online());
    }

    static Finding cpus(BitSet allowed, BitSet online) {
        String found = "this process may use " + Affinity.list(allowed) + " of " + Affinity.list(online);
        return allowed.cardinality() > 1 ? Finding.ok("cpus", found) : Finding.warning("cpus", found
            + ": all kernels share one CPU, and none of them polls",
            "allow more: taskset, docker run --cpuset-cpus, or cpuset.cpus of the control group");
    }

    static Finding scheduler() {
        return scheduler(Scheduler.current());
    }

    static Finding scheduler(Scheduler current) {
        String found = current.label();
        if (current.isRealTime()) {
            return Finding.warning("scheduler", found + ": a CPU that polls keeps everything else off its host CPU",
                "run mk without chrt, or leave host CPUs without a kernel that has idle=poll");
        }
        return current == Scheduler.IDLE || current == Scheduler.BATCH ? Finding.warning("scheduler", found
            + ": kernels run when nothing else does", "run mk without chrt and nice") : Finding.ok("scheduler", found);
    }

    static Finding locale() {
        return locale(System.getProperty("sun.jnu.encoding"), Locale.getDefault());
    }

    static Finding locale(String encoding, Locale locale) {
        String found = encoding + ", " + locale.toLanguageTag();
        return StandardCharsets.UTF_8.name().equals(encoding) ? Finding.ok("locale", found) : Finding.warning("locale",
            found + ": a path with other letters than ASCII's cannot be used",
            "install the locale C.UTF-8, or set LC_ALL to one that ends with .UTF-8");
    }

    static Finding seccomp() {
        String mode = statusLine("Seccomp");
        return switch (mode) {
            case "0" -> Finding.ok("seccomp", "no filter");
            case "2" -> Finding.ok("seccomp", "a filter; the lines of mk doctor say what it refuses");
            default -> Finding.ok("seccomp", mode.isEmpty() ? "the system does not tell" : "mode " + mode);
        };
    }

    private static String statusLine(String key) {
        return text(STATUS).lines().filter(line -> line.startsWith(key + ":"))
            .map(line -> line.substring(key.length() + 1).strip()).findFirst().orElse("");
    }

    static List<Finding> clock() {
        return List.of(clock(text(CLOCK).strip()), timeNamespace(text(TIME_OFFSETS)));
    }

    static Finding clock(String source) {
        return SLOW_CLOCKS.contains(source) ? Finding.warning("clock", source
            + ": each look at the clock costs about a microsecond",
            "boot with clocksource=tsc, if the CPU's is stable (dmesg | grep -i tsc)")
            : Finding.ok("clock", source.isEmpty() ? "the system does not tell" : source);
    }

    static Finding timeNamespace(String offsets) {
        List<String> shifted = new ArrayList<>();
        for (String line : offsets.lines().toList()) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length == 3 && !(fields[1].equals("0") && fields[2].equals("0"))) {
                shifted.add(fields[0] + " by " + fields[1] + " s");
            }
        }
        return shifted.isEmpty() ? Finding.ok("timens", "clocks are the system's") : Finding.warning("timens",
            "clocks are shifted (" + String.join(", ", shifted) + "): kernels outside of this time name space "
            + "have others", "run host and instances in one time name space");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException hidden) {
            return "";
        }
    }
}
