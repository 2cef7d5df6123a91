// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.view.LogText;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a host says of the machine that it saves. Read from a file it may be anything: lengths and counts are checked,
 * and what would steer a terminal is shown as \\xNN.
 *
 * @param machine    its name
 * @param mkemu      version of mkemu that wrote it
 * @param host       name of the computer
 * @param unixMillis when, ms since 1970
 * @param tree       the machine as a device tree; empty if a tree cannot say it
 * @param notes      a line for each thing that did not stand still while it was written
 * @param show       machine and instances, as {@code mk show --json} prints them
 */
public record SavedStatus(String machine, String mkemu, String host, long unixMillis, String tree, List<String> notes,
                          ObjectNode show) {
    private static final int MOST_TEXT = 1 << 16;
    private static final int MOST_TREE = 4 << 20;
    private static final int MOST_NAME = 64;
    private static final int MOST_ELEMENTS = 1024;
    private static final int MOST_INSTANCES = 256;

    /** As JSON. */
    public ObjectNode json() {
        ObjectNode node = Json.object().put("machine", machine).put("mkemu", mkemu).put("host", host)
            .put("unixMillis", unixMillis).put("tree", tree);
        notes.forEach(node.putArray("notes")::add);
        node.set("show", show);
        return node;
    }

    /**
     * Checks.
     *
     * @throws IllegalArgumentException if it cannot be what a host said
     */
    static SavedStatus of(ObjectNode node) {
        String machine = text(node, "machine");
        require(MachineDirectory.isName(machine));
        List<String> notes = new ArrayList<>();
        require(node.path("notes").isArray() && node.path("notes").size() <= MOST_INSTANCES);
        node.path("notes").forEach(note -> {
            require(note.isTextual() && note.textValue().length() <= MOST_TEXT);
            notes.add(LogText.printable(note.textValue()));
        });
        require(node.path("unixMillis").canConvertToLong() && node.path("unixMillis").isIntegralNumber());
        require(node.path("tree").isTextual() && node.path("tree").textValue().length() <= MOST_TREE);
        JsonNode show = node.path("show");
        require(show.path("machine").isObject() && show.path("instances").isArray());
        require(show.path("instances").size() <= MOST_INSTANCES);
        for (JsonNode instance : show.path("instances")) {
            require(instance.isObject() && instance.path("name").isTextual()
                && instance.path("name").textValue().length() <= MOST_NAME);
        }
        return new SavedStatus(machine, LogText.printable(text(node, "mkemu")), LogText.printable(text(node, "host")),
            node.path("unixMillis").longValue(), node.path("tree").textValue(), List.copyOf(notes),
            (ObjectNode) checked(show));
    }

    private static String text(ObjectNode node, String field) {
        JsonNode value = node.path(field);
        require(value.isTextual() && value.textValue().length() <= MOST_TEXT);
        return value.textValue();
    }

    /** The same with texts that can be printed; numbers as they are, if they are numbers that can be. */
    private static JsonNode checked(JsonNode node) {
        if (node.isTextual()) {
            require(node.textValue().length() <= MOST_TEXT);
            return Json.object().put("t", LogText.printable(node.textValue())).get("t");
        }
        if (node instanceof ArrayNode array) {
            require(array.size() <= MOST_ELEMENTS);
            ArrayNode copy = Json.array();
            array.forEach(element -> copy.add(checked(element)));
            return copy;
        }
        if (node instanceof ObjectNode object) {
            ObjectNode copy = Json.object();
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                require(field.getKey().length() <= MOST_NAME);
                copy.set(LogText.printable(field.getKey()), checked(field.getValue()));
            }
            return copy;
        }
        require(!node.isIntegralNumber() || node.canConvertToLong());
        return node;
    }

    private static void require(boolean good) {
        if (!good) {
            throw new IllegalArgumentException("not what a host says");
        }
    }
}
