// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** What is different of a machine's instances, as its host tells it in JSON, for people: a line for each. */
public final class ChangeText {
    private ChangeText() {
    }

    /** {@code + web: ...} for what comes, {@code - web: ...} for what goes, {@code ~ web: ...} for what changes. */
    public static List<String> lines(JsonNode changes) {
        return StreamSupport.stream(changes.spliterator(), false).map(ChangeText::line).toList();
    }

    private static String line(JsonNode change) {
        String name = change.path("instance").asText();
        JsonNode before = change.path("before");
        JsonNode after = change.path("after");
        if (before.isNull()) {
            return "+ " + name + ": " + all(after);
        }
        return after.isNull() ? "- " + name + ": " + all(before)
            : "~ " + name + ": " + String.join(", ", differences(before, after));
    }

    private static String all(JsonNode form) {
        List<String> parts = new ArrayList<>(List.of("id " + id(form), "CPUs " + cpus(form), memory(form)));
        if (form.path("external").asBoolean()) {
            parts.add("external");
        }
        parts.add(state(form));
        if (!form.path("modules").isEmpty()) {
            parts.add("modules " + words(form, "modules"));
        }
        if (!form.path("bootargs").asText().isEmpty()) {
            parts.add("cmdline " + cmdline(form));
        }
        if (form.has("restartLimit")) {
            parts.add("restart " + restart(form));
        }
        if (!form.path("jvmOptions").isEmpty()) {
            parts.add("jvm options " + words(form, "jvmOptions"));
        }
        return String.join(", ", parts);
    }

    private static List<String> differences(JsonNode before, JsonNode after) {
        List<String> parts = new ArrayList<>();
        difference(parts, "id", id(before), id(after));
        difference(parts, "CPUs", cpus(before), cpus(after));
        if (before.path("memory").asLong() != after.path("memory").asLong()) {
            difference(parts, "memory", memory(before), memory(after));
        }
        difference(parts, "external", before.path("external").asText(), after.path("external").asText());
        difference(parts, "state", state(before), state(after));
        difference(parts, "modules", words(before, "modules"), words(after, "modules"));
        difference(parts, "cmdline", cmdline(before), cmdline(after));
        difference(parts, "restart", restart(before), restart(after));
        difference(parts, "jvm options", words(before, "jvmOptions"), words(after, "jvmOptions"));
        return parts;
    }

    private static void difference(List<String> parts, String what, String before, String after) {
        if (!before.equals(after)) {
            parts.add(what + " " + before + " -> " + after);
        }
    }

    private static String id(JsonNode form) {
        return form.path("id").asText();
    }

    private static String cpus(JsonNode form) {
        return CpuList.text(StreamSupport.stream(form.path("cpus").spliterator(), false).map(JsonNode::asInt).toList());
    }

    /** {@code 8 MiB at 0x2000000}; the places only where they are known. */
    private static String memory(JsonNode form) {
        String places = StreamSupport.stream(form.path("regions").spliterator(), false)
            .map(region -> "0x" + Long.toHexString(region.path(0).asLong())).collect(Collectors.joining(" and "));
        return MemorySize.text(form.path("memory").asLong()) + (places.isEmpty() ? "" : " at " + places);
    }

    private static String state(JsonNode form) {
        return form.path("loaded").asBoolean() ? "loaded" : "ready";
    }

    private static String restart(JsonNode form) {
        return form.has("restartLimit") ? "on-failure:" + form.path("restartLimit").asText() + " after "
            + form.path("restartDelayMillis").asText() + " ms" : "never";
    }

    private static String cmdline(JsonNode form) {
        return "'" + form.path("bootargs").asText() + "'";
    }

    private static String words(JsonNode form, String field) {
        return form.path(field).isEmpty() ? "none" : StreamSupport.stream(form.path(field).spliterator(), false)
            .map(JsonNode::asText).collect(Collectors.joining(" "));
    }
}
