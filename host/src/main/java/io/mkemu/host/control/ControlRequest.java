// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.RamHeaderDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A request as it came: every field is checked before it is used. All calls throw MachineException with USAGE. */
public final class ControlRequest {
    private final ObjectNode fields;
    private final String verb;

    private ControlRequest(ObjectNode fields, String verb) {
        this.fields = fields;
        this.verb = verb;
    }

    /** Reads a line. */
    public static ControlRequest parse(byte[] line) {
        ObjectNode fields = Protocol.parse(line);
        String verb = new ControlRequest(fields, "request").text(Protocol.VERB, null);
        if (verb == null) {
            throw new MachineException(ExitCode.USAGE, "request without a verb: {\"verb\":\"show\"} is one");
        }
        return new ControlRequest(fields, verb);
    }

    /** What is asked. */
    public String verb() {
        return verb;
    }

    /** Whether another mkemu than this one asks; false if it does not say. */
    public boolean isOfOtherMkemu() {
        return version() != null && !version().equals(Protocol.version());
    }

    /** Which mkemu asks, or null if it does not say. */
    public String version() {
        return text(Protocol.VERSION, null);
    }

    /**
     * Refuses a client that speaks another protocol, or knows another ABI; one that does not say is taken.
     *
     * @param machine the machine's name, for the message
     * @throws MachineException with MACHINE, that names both sides and what to do
     */
    public void requireSameProtocol(String machine) {
        long protocol = number(Protocol.PROTOCOL, 0, Integer.MAX_VALUE, Protocol.NUMBER);
        long abi = number(Protocol.ABI, 0, Integer.MAX_VALUE, RamHeaderDescriptor.ABI_VERSION);
        if (protocol != Protocol.NUMBER || abi != RamHeaderDescriptor.ABI_VERSION) {
            throw new MachineException(ExitCode.MACHINE, "machine \"" + machine + "\" runs under mkemu "
                + Protocol.version() + " (protocol " + Protocol.NUMBER + ", ABI " + RamHeaderDescriptor.ABI_VERSION
                + "), this mk is mkemu " + text(Protocol.VERSION, "without a version") + " (protocol " + protocol
                + ", ABI " + abi + "): use the mk that made the machine, or end it with mk shutdown");
        }
    }

    /** Refuses all fields but these. */
    public void allow(String... names) {
        Set<String> known = Set.of(names);
        fields.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name) && !Protocol.COMMON.contains(name)) {
                throw wrong("unknown field " + quote(name) + ", known are " + String.join(", ",
                    known.stream().sorted().toList()));
            }
        });
    }

    /** Whether a field is there. */
    public boolean has(String name) {
        return fields.has(name);
    }

    /** A string without control characters; the default if it is not there. */
    public String text(String name, String otherwise) {
        JsonNode value = fields.get(name);
        return value == null ? otherwise : toText(name, value);
    }

    /** A string without control characters that must be there. */
    public String text(String name) {
        if (!has(name)) {
            throw wrong("field " + quote(name) + " is missing");
        }
        return text(name, null);
    }

    private String toText(String name, JsonNode value) {
        if (!value.isTextual() || value.textValue().chars().anyMatch(Character::isISOControl)) {
            throw wrong(name, value, "a string without control characters");
        }
        return value.textValue();
    }

    /** A truth value; false if it is not there. */
    public boolean flag(String name) {
        JsonNode value = fields.get(name);
        if (value != null && !value.isBoolean()) {
            throw wrong(name, value, "true or false");
        }
        return value != null && value.booleanValue();
    }

    /** A whole number in a range; the default if it is not there. */
    public long number(String name, long least, long most, long otherwise) {
        JsonNode value = fields.get(name);
        return value == null ? otherwise : toNumber(name, value, least, most);
    }

    private long toNumber(String name, JsonNode value, long least, long most) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least
            || value.longValue() > most) {
            throw wrong(name, value, "a whole number in " + least + ".." + most);
        }
        return value.longValue();
    }

    /** Whole numbers in a range; none if the field is not there. */
    public List<Integer> numbers(String name, int least, int most) {
        List<Integer> numbers = new ArrayList<>();
        elements(name).forEach(value -> numbers.add((int) toNumber(name, value, least, most)));
        return numbers;
    }

    /** Strings without control characters; none if the field is not there. */
    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        elements(name).forEach(value -> texts.add(toText(name, value)));
        return texts;
    }

    private List<JsonNode> elements(String name) {
        JsonNode value = fields.get(name);
        if (value != null && !value.isArray()) {
            throw wrong(name, value, "a list");
        }
        List<JsonNode> elements = new ArrayList<>();
        if (value != null) {
            value.forEach(elements::add);
        }
        return elements;
    }

    private MachineException wrong(String name, JsonNode value, String expected) {
        return wrong("field " + quote(name) + " is " + shorten(value.toString()) + ", expected " + expected);
    }

    private MachineException wrong(String what) {
        return new MachineException(ExitCode.USAGE, verb + ": " + what);
    }

    /** As JSON writes it, so that nothing in it can look like something else. */
    private static String quote(String text) {
        return TextNode.valueOf(shorten(text)).toString();
    }

    private static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
