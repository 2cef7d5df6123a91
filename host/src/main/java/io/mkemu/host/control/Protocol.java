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
import java.util.Set;

/**
 * The lines on a control socket: one JSON object each, in UTF-8, ended by a newline.
 *
 * <pre>
 *  request   {"verb":"exec","protocol":1,"abi":5,"version":"0.1.0","names":["web"]}
 *  replies   {"say":"web: external, waits to be joined: ..."}            none or more, while it is under way
 *            {"ok":true,"result":{...}}                                  or
 *            {"ok":false,"exitCode":7,"error":"instance web is ready: ..."}
 * </pre>
 *
 * A connection takes one request after the other. A request that is not ended by a newline does not exist.
 *
 * <p>Client and host need not be of the same mkemu, nor run on the same JDK: they need the same {@link #NUMBER} and the
 * same ABI. Stateless; any thread.
 */
public final class Protocol {
    /**
     * The number of this protocol. It rises when the other side would misunderstand a request or a result: when a verb
     * or a field is gone, or means something else. A further verb, option or field of a result does not raise it: a
     * host refuses by name what it does not know, and a client passes over it.
     */
    public static final int NUMBER = 1;

    /** What is asked. */
    static final String VERB = "verb";
    /** {@link #NUMBER} of the client; a request without it is taken from any, as one that is written by hand. */
    static final String PROTOCOL = "protocol";
    /** The ABI of the RAM that the client knows; a request without it is taken from any. */
    static final String ABI = "abi";
    /** Which mkemu asks: for messages only. */
    static final String VERSION = "version";
    /** Fields that each request may have. */
    static final Set<String> COMMON = Set.of(VERB, PROTOCOL, ABI, VERSION);
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

    /** A request of this mkemu, without fields yet. */
    public static ObjectNode request(String verb) {
        return Json.object().put(VERB, verb).put(PROTOCOL, NUMBER).put(ABI, RamHeaderDescriptor.ABI_VERSION)
            .put(VERSION, version());
    }

    /** The version of this mkemu. */
    public static String version() {
        String version = Protocol.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
