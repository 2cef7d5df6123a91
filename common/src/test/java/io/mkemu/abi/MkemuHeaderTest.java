// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** mkemu.h says what the *Descriptor classes say, no more and no less, and mkemu_layout.h holds its structs to it. */
class MkemuHeaderTest {
    private static final String HEADER = "common/src/main/c/mkemu.h";
    private static final String LAYOUT = "common/src/main/c/mkemu_layout.h";
    private static final String WRITE = "mkemu.abi.write";
    private static final String COMMAND =
        "./mvnw -pl common test -Dtest=MkemuHeaderTest -D" + WRITE + "=true";
    private static final Pattern CONSTANT =
        Pattern.compile("^#define (MKEMU_[A-Z0-9_]+) +(0x[0-9a-f]+|[0-9]+)[uUlL]*$", Pattern.MULTILINE);
    /** What a header makes known at file level: macros, structs, functions. */
    private static final Pattern DEFINED = Pattern.compile("^ *# *define (\\w+)|^(?:struct |typedef |static )[^;({=]*?"
        + "\\**(\\w+) *[({=]", Pattern.MULTILINE);

    private static Map<String, Long> header() throws IOException {
        Map<String, Long> constants = new LinkedHashMap<>();
        for (MatchResult define : CONSTANT.matcher(Abi.read(HEADER)).results().toList()) {
            String number = define.group(2);
            long value = number.startsWith("0x") ? Long.parseUnsignedLong(number.substring(2), 16)
                : Long.parseLong(number);
            assertEquals(null, constants.put(define.group(1), value), define.group(1) + " is defined twice");
        }
        return constants;
    }

    /** Compares a header with what is generated of it, or writes it if the developer asks for that. */
    private static void compare(String file, String generated) throws IOException {
        String expected = AbiHeader.replaced(Abi.read(file), generated);
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(Abi.path(file), expected);
        }
        assertEquals(expected, Abi.read(file), file + " is not what the classes of io.mkemu.abi say; write it anew by: "
            + COMMAND);
    }

    @Test
    void theConstantsAreThoseOfTheClasses() throws IOException {
        compare(HEADER, AbiHeader.constants());
    }

    @Test
    void everyStructIsHeldAgainstTheConstants() throws IOException {
        compare(LAYOUT, AbiHeader.assertions(Abi.read(LAYOUT)));
    }

    @Test
    void everyConstantIsInTheHeaderWithItsValue() throws IOException {
        Map<String, Long> header = header();
        List<String> changes = new ArrayList<>();
        Abi.constants().forEach((name, value) -> {
            Long given = header.get(name);
            if (given == null) {
                changes.add("add:     " + Abi.define(name, value));
            } else if (given.longValue() != value) {
                changes.add("change:  " + Abi.define(name, given) + "  to:  " + Abi.define(name, value));
            }
        });
        header.keySet().stream().filter(name -> !Abi.constants().containsKey(name))
            .forEach(name -> changes.add("remove:  " + name + ", which no class has"));
        assertEquals(List.of(), changes, HEADER + " differs from the *Descriptor classes\n" + String.join("\n", changes)
            + "\n");
    }

    @Test
    void theDescriptorsAreFound() {
        List<String> names = Abi.descriptors().stream().map(Class::getSimpleName).toList();
        assertTrue(names.containsAll(List.of("RamHeaderDescriptor", "LocalApicDescriptor", "QueuedMailboxDescriptor",
            "MkIpiDataDescriptor", "InstanceDescriptor")), names::toString);
    }

    /** So that a unit can include a header with the RFC's own names, mk_ and MK_, beside these. */
    @Test
    void allNamesHaveThePrefix() throws IOException {
        List<Path> headers;
        try (Stream<Path> files = Files.list(Abi.path("common/src/main/c"))) {
            headers = files.filter(file -> file.toString().endsWith(".h")).toList();
        }
        assertTrue(headers.size() >= 7, headers::toString);
        for (Path header : headers) {
            List<String> names = DEFINED.matcher(Files.readString(header)).results()
                .map(name -> name.group(1) == null ? name.group(2) : name.group(1)).toList();
            assertFalse(names.isEmpty(), header.toString());
            assertEquals(List.of("_GNU_SOURCE"), Stream.concat(Stream.of("_GNU_SOURCE"), names.stream()).distinct()
                .filter(name -> !name.startsWith("mkemu_") && !name.startsWith("MKEMU_")).toList(), header.toString());
        }
    }
}
