// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** Machine and instances, as their host tells them in JSON, for people. */
public final class StatusText {
    private static final int INDENT = 6;
    /** So many things that are not emulated are told unasked. */
    private static final int FEW = 3;

    private StatusText() {
    }

    /** The machine, a table of instances, and what is to be said of single ones. */
    public static void print(JsonNode status, boolean verbose, PrintStream out) {
        out.println(machine(status.path("machine")));
        unemulated(list(status.at("/machine/unemulated")).stream().map(JsonNode::asText).toList(), verbose)
            .forEach(line -> out.println("not emulated: " + line));
        List<JsonNode> instances = list(status.path("instances"));
        int width = Math.max(4, instances.stream().mapToInt(one -> text(one, "name").length()).max().orElse(4));
        int cpus = Math.max(4, instances.stream().mapToInt(one -> cpus(one, "cpus").length()).max().orElse(4));
        String row = "%4s  %-" + width + "s  %-7s %8s  %-" + cpus + "s %10s %6s";
        out.println(String.format(Locale.ROOT, row, "id", "name", "state", "pid", "cpus", "memory", "life"));
        for (JsonNode one : instances) {
            long pid = one.path("pid").asLong();
            out.println(String.format(Locale.ROOT, row, text(one, "id"), text(one, "name"), text(one, "state"),
                pid == 0 ? "-" : pid, cpus(one, "cpus"), MemorySize.text(one.path("memory").asLong()),
                text(one, "life")));
            if (verbose) {
                details(one).forEach(line -> out.println(" ".repeat(INDENT) + line));
            }
        }
        for (JsonNode one : instances) {
            if (!text(one, "reason").isEmpty()) {
                out.println(text(one, "name") + " failed: " + text(one, "reason"));
            }
            if (!text(one, "report").isEmpty()) {
                out.println(text(one, "name") + ": report " + text(one, "report"));
            }
            if (!text(one, "detail").isEmpty()) {
                out.println(text(one, "name") + ": " + text(one, "detail"));
            }
            moved(one).forEach(out::println);
        }
    }

    /** {@code machine lab: queued, CPUs 0-3 (2-3 free), ...}. */
    private static String machine(JsonNode machine) {
        return String.format(Locale.ROOT, "machine %s: %s, CPUs %s (%s free), %s (%s free), host pid %d, up %.1f s",
            text(machine, "name"), text(machine, "ipi"), cpus(machine, "cpus"),
            machine.path("freeCpus").isEmpty() ? "none" : cpus(machine, "freeCpus"),
            MemorySize.text(machine.path("memory").asLong()), MemorySize.text(machine.path("freeMemory").asLong()),
            machine.path("pid").asLong(), machine.path("upMillis").asDouble() / 1000);
    }

    /** Of a large machine not all, unless they are asked for. */
    private static List<String> unemulated(List<String> all, boolean verbose) {
        return verbose || all.size() <= FEW ? all
            : List.of(String.join("; ", all.subList(0, FEW)) + "; and " + (all.size() - FEW) + " more, see mk show -v");
    }

    /** {@code machine lab: CPUs 0-3 (0 is the host's), 64 MiB free, host pid 4711}. */
    public static String summary(JsonNode status) {
        JsonNode machine = status.path("machine");
        return "machine " + text(machine, "name") + ": CPUs " + cpus(machine, "cpus") + " ("
            + cpus(status.path("instances").path(0), "cpus") + " is the host's), "
            + MemorySize.text(machine.path("freeMemory").asLong()) + " free, host pid " + text(machine, "pid");
    }

    /** {@code web: ready, id 1, CPUs 1-2, 16 MiB}. */
    public static String resources(JsonNode instance) {
        return text(instance, "name") + ": " + text(instance, "state") + ", id " + text(instance, "id") + ", CPUs "
            + cpus(instance, "cpus") + ", " + MemorySize.text(instance.path("memory").asLong());
    }

    /** A line {@code web: loaded} for each, with what goes on in that state in its place: {@code web: paused}. */
    public static void states(JsonNode result, PrintStream out) {
        result.path("instances").forEach(one -> out.println(text(one, "name") + ": "
            + text(one, text(one, "detail").isEmpty() ? "state" : "detail")));
    }

    /** From exec to active. */
    public static double bootMillis(JsonNode instance) {
        return StreamSupport.stream(instance.path("bootMillis").spliterator(), false)
            .mapToDouble(JsonNode::asDouble).sum();
    }

    /** A line for each CPU that is not on the host CPU that was planned for it. */
    private static List<String> moved(JsonNode one) {
        List<String> lines = new ArrayList<>();
        for (int at = 0; at < one.path("plannedHostCpus").size(); at++) {
            int planned = one.path("plannedHostCpus").path(at).asInt();
            int present = one.path("hostCpus").path(at).asInt();
            if (present != planned) {
                lines.add(text(one, "name") + ": CPU " + one.path("cpus").path(at).asInt() + " is "
                    + (present < 0 ? "pinned to no host CPU" : "on host CPU " + present) + ", planned was " + planned
                    + ": mk dmesg " + text(one, "name") + " says since when");
            }
        }
        return lines;
    }

    private static List<String> details(JsonNode one) {
        List<String> lines = new ArrayList<>();
        lines.add("host cpus " + CpuList.text(list(one.path("hostCpus")).stream().map(JsonNode::asInt)
            .filter(host -> host >= 0).toList()) + ", modules " + words(one.path("modules"))
            + (text(one, "kernel").equals("native") ? ", native kernel" : "")
            + (one.path("external").asBoolean() ? ", external" : "") + (text(one, "restart").equals("never") ? ""
            : ", restart " + text(one, "restart") + ", " + text(one, "restarts") + " in a row"));
        if (!one.path("jvmOptions").isEmpty()) {
            lines.add("jvm options " + words(one.path("jvmOptions")));
        }
        if (!text(one, "cmdline").isEmpty()) {
            lines.add("cmdline " + text(one, "cmdline"));
        }
        if (!one.path("bootMillis").isEmpty()) {
            List<String> steps = new ArrayList<>();
            one.path("bootMillis").properties().forEach(step -> steps.add(String.format(Locale.ROOT, "%s %.1f",
                step.getKey(), step.getValue().asDouble())));
            lines.add(String.format(Locale.ROOT, "boot %.1f ms: %s", bootMillis(one), String.join(", ", steps)));
        }
        List<String> counters = new ArrayList<>();
        one.path("counters").properties().stream().filter(counter -> counter.getValue().asLong() != 0)
            .forEach(counter -> counters.add(counter.getKey() + " " + counter.getValue().asText()));
        lines.add(counters.isEmpty() ? "counters all 0" : String.join(", ", counters));
        return lines;
    }

    private static String words(JsonNode array) {
        return array.isEmpty() ? "none" : String.join(" ", list(array).stream().map(JsonNode::asText).toList());
    }

    private static String cpus(JsonNode node, String field) {
        return CpuList.text(list(node.path(field)).stream().map(JsonNode::asInt).toList());
    }

    private static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }
}
