// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The lines on a control socket: one JSON object each, in UTF-8, ended by a newline.
 *
 * <pre>
 *  request   {"verb":"exec","version":"0.1.0","names":["web"]}
 *  replies   {"say":"web: external, waits to be joined: ..."}            none or more, while it is under way
 *            {"ok":true,"result":{...}}                                  or
 *            {"ok":false,"exitCode":7,"error":"instance web is ready: ..."}
 * </pre>
 *
 * A connection takes one request after the other. A request that is not ended by a newline does not exist.
 */
public final class Protocol {
    /** What is asked. */
    public static final String VERB = "verb";
    /** Which mkemu asks; a request without it is taken from any. */
    public static final String VERSION = "version";
    static final String SAY = "say";
    static final String OK = "ok";
    static final String RESULT = "result";
    static final String EXIT_CODE = "exitCode";
    static final String ERROR = "error";

    private Protocol() {
    }

    static ObjectNode say(String line) {
        return Json.object().put(SAY, line);
    }

    static ObjectNode done(ObjectNode result) {
        ObjectNode reply = Json.object().put(OK, true);
        reply.set(RESULT, result);
        return reply;
    }

    static ObjectNode refused(ExitCode code, String why) {
        return Json.object().put(OK, false).put(EXIT_CODE, code.code()).put(ERROR, why.replaceAll("\\s*\\R\\s*", " "));
    }

    static byte[] line(ObjectNode node) {
        return (Json.text(node) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a line.
     *
     * @throws MachineException if it is not one JSON object
     */
    static ObjectNode parse(byte[] line) {
        try {
            JsonNode node = Json.read(line);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw new MachineException(ExitCode.USAGE, "not a JSON object: one object a line is expected, as "
                + "{\"verb\":\"show\"}");
        } catch (JsonProcessingException wrong) {
            throw new MachineException(ExitCode.USAGE, "not a JSON object: " + wrong.getOriginalMessage(), wrong);
        } catch (IOException wrong) {
            throw new MachineException(ExitCode.USAGE, "not a JSON object: " + wrong.getMessage(), wrong);
        }
    }

    /** What client and host must have in common: the version of mkemu and of the ABI. */
    public static String version() {
        String version = Protocol.class.getPackage().getImplementationVersion();
        return (version == null ? "(unpackaged)" : version) + ", ABI " + RamHeaderDescriptor.ABI_VERSION;
    }
}
