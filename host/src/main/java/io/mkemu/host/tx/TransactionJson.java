// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.json.Json;
import io.mkemu.memory.Region;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.Places;
import io.mkemu.tree.RestartPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Transactions as JSON: a line of the file that a host leaves, and what {@code mk tx} prints with --json. */
public final class TransactionJson {
    private TransactionJson() {
    }

    /** Without what it has changed. */
    public static ObjectNode summary(Transaction transaction) {
        ObjectNode node = Json.object().put("tx", transaction.name()).put("timeMillis", transaction.millis())
            .put("status", transaction.status().label()).put("source", transaction.source());
        transaction.instances().forEach(node.putArray("instances")::add);
        node.put("error", transaction.error());
        reference(node, "rollsBack", transaction.undoes());
        reference(node, "rolledBackBy", transaction.undoneBy());
        return node;
    }

    private static void reference(ObjectNode node, String field, int number) {
        if (number != 0) {
            node.put(field, Transaction.name(number));
        }
    }

    /** All of it. */
    public static ObjectNode write(Transaction transaction) {
        ObjectNode node = summary(transaction);
        node.set("changes", changes(transaction.changes()));
        return node;
    }

    /** What is different, instance by instance. */
    public static ArrayNode changes(List<Change> changes) {
        ArrayNode array = Json.array();
        for (Change change : changes) {
            ObjectNode node = array.addObject().put("instance", change.name());
            node.set("before", form(change.before()));
            node.set("after", form(change.after()));
        }
        return array;
    }

    private static ObjectNode form(Form form) {
        if (form == null) {
            return null;
        }
        InstanceSpec spec = form.spec();
        ObjectNode node = Json.object().put("id", spec.id());
        spec.cpus().forEach(node.putArray("cpus")::add);
        node.put("memory", spec.memoryBytes());
        ArrayNode regions = node.putArray("regions");
        form.regions().forEach(region -> regions.addArray().add(region.address()).add(region.size()));
        node.put("loaded", form.loaded()).put("external", spec.external());
        spec.modules().forEach(node.putArray("modules")::add);
        node.put("bootargs", spec.bootargs());
        if (spec.restart().onFailure()) {
            node.put("restartLimit", spec.restart().limit()).put("restartDelayMillis", spec.restart().delayMillis());
        }
        spec.jvmOptions().forEach(node.putArray("jvmOptions")::add);
        return node;
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @throws IOException if it is something else
     */
    public static Transaction read(JsonNode node) throws IOException {
        try {
            List<Change> changes = new ArrayList<>();
            for (JsonNode change : node.required("changes")) {
                String name = change.required("instance").textValue();
                changes.add(new Change(name, form(name, change.required("before")),
                    form(name, change.required("after"))));
            }
            return new Transaction(number(node.required("tx")), node.required("timeMillis").longValue(),
                TransactionStatus.of(node.required("status").textValue()), node.required("source").textValue(),
                list(node.required("instances"), JsonNode::textValue), changes, node.required("error").textValue(),
                number(node.path("rollsBack")), number(node.path("rolledBackBy")));
        } catch (IllegalArgumentException | NullPointerException | StringIndexOutOfBoundsException wrong) {
            throw new IOException("no transaction: " + wrong.getMessage(), wrong);
        }
    }

    private static int number(JsonNode name) {
        int digits = Transaction.name(0).length() - 1;
        return name.isMissingNode() ? 0 : Integer.parseInt(name.textValue().substring(digits));
    }

    private static Form form(String name, JsonNode node) {
        if (node.isNull()) {
            return null;
        }
        RestartPolicy restart = node.has("restartLimit") ? new RestartPolicy(true, node.get("restartLimit").intValue(),
            node.required("restartDelayMillis").intValue()) : RestartPolicy.NEVER;
        InstanceSpec spec = new InstanceSpec(node.required("id").intValue(), name,
            list(node.required("cpus"), JsonNode::intValue), node.required("memory").longValue(),
            node.required("bootargs").textValue(), list(node.required("modules"), JsonNode::textValue),
            node.required("external").booleanValue(), restart, list(node.required("jvmOptions"), JsonNode::textValue),
            Places.NONE);
        return new Form(spec, node.required("loaded").booleanValue(), list(node.required("regions"),
            region -> new Region(region.required(0).longValue(), region.required(1).longValue())));
    }

    private static <T> List<T> list(JsonNode array, Function<JsonNode, T> element) {
        List<T> list = new ArrayList<>();
        array.forEach(one -> list.add(element.apply(one)));
        return list;
    }
}
