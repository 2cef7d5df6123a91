// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.RamHeaderDescriptor;
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

    private static final ObjectMapper MAPPER = JsonMapper.builder(
        JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private Protocol() {
    }

    /** An empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ObjectNode say(String line) {
        return object().put(SAY, line);
    }

    static ObjectNode done(ObjectNode result) {
        ObjectNode reply = object().put(OK, true);
        reply.set(RESULT, result);
        return reply;
    }

    static ObjectNode refused(ExitCode code, String why) {
        return object().put(OK, false).put(EXIT_CODE, code.code()).put(ERROR, why.replaceAll("\\s*\\R\\s*", " "));
    }

    static byte[] line(ObjectNode node) {
        return (node + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a line.
     *
     * @throws MachineException if it is not one JSON object
     */
    static ObjectNode parse(byte[] line) {
        try {
            JsonNode node = MAPPER.readTree(line);
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
