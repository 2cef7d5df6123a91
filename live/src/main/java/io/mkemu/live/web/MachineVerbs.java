// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** What the page's buttons ask the host for: the verbs that mk has, with the same checks. Stateless; any thread. */
final class MachineVerbs {
    private static final long WAIT_MILLIS = TimeUnit.SECONDS.toMillis(30);

    private MachineVerbs() {
    }

    /**
     * Carries out {@code {"verb":"exec"|"kill"|"force"|"pause"|"continue","id":ID}} or
     * {@code {"verb":"trace","mode":MODE}}.
     *
     * @return {@code {"text":what came of it}}
     * @throws MachineException USAGE for another request; else as the host refuses it
     */
    static ObjectNode carryOut(String machine, JsonNode request) throws IOException {
        String verb = text(request, "verb");
        return switch (verb) {
            case "exec" -> ask(machine, "exec", named(request));
            case "kill" -> ask(machine, "kill", named(request).put("force", false));
            case "force" -> ask(machine, "kill", named(request).put("force", true));
            case "pause", "continue" -> ask(machine, verb, names(request));
            case "trace" -> trace(machine, text(request, "mode"));
            default -> throw new MachineException(ExitCode.USAGE, "verb \"" + verb
                + "\": the page knows exec, kill, force, pause, continue and trace");
        };
    }

    private static String text(JsonNode request, String field) {
        JsonNode value = request.path(field);
        if (!value.isTextual()) {
            throw new MachineException(ExitCode.USAGE, "field \"" + field + "\" is missing or no text");
        }
        return value.textValue();
    }

    private static ObjectNode named(JsonNode request) {
        return names(request).put("timeoutMillis", WAIT_MILLIS);
    }

    /** By number: a name lies in shared memory, where each kernel can write that of another one. */
    private static ObjectNode names(JsonNode request) {
        JsonNode id = request.path("id");
        if (!id.isInt()) {
            throw new MachineException(ExitCode.USAGE, "field \"id\" is missing or no number");
        }
        ObjectNode fields = Json.object();
        fields.putArray("names").add("#" + id.intValue());
        return fields;
    }

    private static ObjectNode ask(String machine, String verb, ObjectNode fields) throws IOException {
        try (RemoteHost host = RemoteHost.find(machine)) {
            List<String> said = new ArrayList<>();
            ObjectNode result = host.ask(verb, fields, WAIT_MILLIS, said::add);
            result.path("forced").forEach(line -> said.add(line.asText()));
            said.add(StreamSupport.stream(result.path("instances").spliterator(), false)
                .map(one -> one.path("name").asText() + ": "
                    + one.path(one.path("detail").asText().isEmpty() ? "state" : "detail").asText())
                .collect(Collectors.joining(", ")));
            return Json.object().put("text", String.join("; ", said));
        }
    }

    private static ObjectNode trace(String machine, String mode) throws IOException {
        try {
            TraceMode.of(mode);
        } catch (IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.USAGE, wrong.getMessage(), wrong);
        }
        try (RemoteHost host = RemoteHost.find(machine)) {
            ObjectNode result = host.ask("trace", Json.object().put("mode", mode), 0, line -> { });
            return Json.object().put("text", "trace: " + result.path("was").asText() + " \u2192 "
                + result.path("mode").asText());
        }
    }
}
