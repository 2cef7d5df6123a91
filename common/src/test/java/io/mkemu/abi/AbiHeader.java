// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes what mkemu.h and mkemu_layout.h have between their two markers: the constants of the classes, with the Javadoc
 * of each as its comment, and the assertions that hold the structs against them. Stateless.
 */
final class AbiHeader {
    static final String BEGIN = "/* Generated from the classes of io.mkemu.abi by MkemuHeaderTest: begin. */\n";
    static final String END = "/* Generated: end. */\n";
    private static final int WIDTH = 120;
    private static final Pattern STRUCT = Pattern.compile("^struct (\\w+) \\{\\n(.*?)^\\};", Pattern.MULTILINE
        | Pattern.DOTALL);
    private static final Pattern FIELD = Pattern.compile("(\\w+)(?:\\[\\w*\\])*(?=[,;])");

    /**
     * A struct of mkemu_layout.h, and the constants that it is held against.
     *
     * @param prefix of the constants of its fields: prefix, the field in capitals, {@code _OFFSET}
     * @param size   constant of its size, or null: it has an open end, or its length is not that of the struct
     * @param other  constants of fields that are not named so; null: there is none
     */
    private record Struct(String prefix, String size, Map<String, String> other) {
    }

    private static final Map<String, Struct> STRUCTS = structs();

    private AbiHeader() {
    }

    private static Map<String, Struct> structs() {
        Map<String, Struct> structs = new LinkedHashMap<>();
        structs.put("mkemu_ram_header", new Struct("MKEMU_RAM_HEADER_", null, Map.of()));
        structs.put("mkemu_local_apic", new Struct("MKEMU_LOCAL_APIC_", "MKEMU_LOCAL_APIC_LENGTH", Map.of()));
        structs.put("mkemu_trace_record", new Struct("MKEMU_TRACE_RECORD_", "MKEMU_TRACE_RECORD_LENGTH", Map.of()));
        structs.put("mkemu_trace_ring", new Struct("MKEMU_TRACE_RING_", "MKEMU_TRACE_RING_SLOTS_OFFSET", Map.of()));
        structs.put("mkemu_region", new Struct("MKEMU_INSTANCE_REGION_", "MKEMU_INSTANCE_REGION_LENGTH",
            Map.of("address", "0", "size", "8")));
        structs.put("mkemu_resource", new Struct("MKEMU_RESOURCE_", "MKEMU_RESOURCE_LENGTH", Map.of()));
        structs.put("mkemu_instance", new Struct("MKEMU_INSTANCE_", "MKEMU_INSTANCE_LENGTH", Map.of()));
        structs.put("mkemu_page", new Struct("MKEMU_PAGE_TABLE_", "MKEMU_PAGE_TABLE_LENGTH", Map.of()));
        structs.put("mkemu_ipi_data", new Struct("MKEMU_IPI_DATA_", "MKEMU_IPI_DATA_LENGTH", Map.of()));
        structs.put("mkemu_queued_area", new Struct("MKEMU_QUEUED_MAILBOX_", null, Map.of()));
        structs.put("mkemu_pool", new Struct("MKEMU_BITMAP_POOL_", "MKEMU_BITMAP_POOL_HEADER_LENGTH", Map.of()));
        structs.put("mkemu_log", new Struct("MKEMU_KERNEL_LOG_", null, Map.of()));
        structs.put("mkemu_log_record",
            new Struct("MKEMU_KERNEL_LOG_RECORD_", "MKEMU_KERNEL_LOG_HEADER_LENGTH", Map.of()));
        return structs;
    }

    /** The constants of all classes, class by class. */
    static String constants() throws IOException {
        StringBuilder out = new StringBuilder();
        for (Class<?> type : Abi.classes()) {
            String source = Abi.read("common/src/main/java/" + type.getName().replace('.', '/') + ".java");
            out.append(out.isEmpty() ? "" : "\n").append("/* ").append(type.getSimpleName()).append(" */\n");
            constants(out, type, source);
            for (Class<?> nested : type.getDeclaredClasses()) {
                if (nested.isEnum() && Modifier.isPublic(nested.getModifiers())) {
                    String from = source.substring(source.indexOf("enum " + nested.getSimpleName() + " {"));
                    constants(out, nested, from);
                }
            }
        }
        return out.toString();
    }

    private static void constants(StringBuilder out, Class<?> type, String source) {
        Abi.own(type).forEach((name, value) -> {
            comment(out, comment(source, type.isEnum(), name));
            out.append(Abi.define(Abi.prefix(type) + name, value)).append('\n');
        });
    }

    /** The words of a constant's Javadoc, without its marks. */
    private static String comment(String source, boolean isEnum, String name) {
        String declared = isEnum ? name + "\\b" : "public static final (?:int|long) " + name + "\\b";
        Matcher doc = Pattern.compile("/\\*\\*((?:(?!\\*/).)*?)\\*/\\s+" + declared, Pattern.DOTALL).matcher(source);
        if (!doc.find()) {
            throw new IllegalStateException(name + " has no Javadoc");
        }
        return doc.group(1).replaceAll("\\n\\s*\\*", " ").replaceAll("\\{@(?:code|link) #?([^}]*)\\}", "$1")
            .replace('#', '.').replaceAll("\\s+", " ").strip();
    }

    private static void comment(StringBuilder out, String text) {
        StringBuilder line = new StringBuilder("/*");
        for (String word : (text + " */").split(" ")) {
            if (line.length() + 1 + word.length() > WIDTH) {
                out.append(line).append('\n');
                line.setLength(0);
                line.append("  ");
            }
            line.append(' ').append(word);
        }
        out.append(line).append('\n');
    }

    /**
     * The assertions of all structs.
     *
     * @param layout text of mkemu_layout.h, whose structs are held
     */
    static String assertions(String layout) {
        Set<String> constants = Abi.constants().keySet();
        List<String> lines = new ArrayList<>();
        for (MatchResult struct : STRUCT.matcher(layout).results().toList()) {
            String name = struct.group(1);
            Struct held = STRUCTS.get(name);
            if (held == null) {
                throw new IllegalStateException("struct " + name + " is held against nothing: say by what in STRUCTS");
            }
            for (MatchResult field : FIELD.matcher(struct.group(2)).results().toList()) {
                String own = held.prefix + field.group(1).toUpperCase(Locale.ROOT) + "_OFFSET";
                String at = held.other.getOrDefault(field.group(1), own);
                if (field.group(1).startsWith("reserved")) {
                    continue;
                }
                if (at.equals(own) && !constants.contains(own)) {
                    throw new IllegalStateException("field " + field.group(1) + " of struct " + name
                        + " is held against nothing: there is no " + own);
                }
                lines.add("MKEMU_AT(" + name + ", " + field.group(1) + ", " + at + ");\n");
            }
            if (held.size != null) {
                lines.add("MKEMU_SIZE(" + name + ", " + held.size + ");\n");
            }
        }
        return String.join("", lines);
    }

    /**
     * A header with another text between its markers.
     *
     * @throws IllegalStateException if it has none
     */
    static String replaced(String header, String generated) {
        int begin = header.indexOf(BEGIN);
        int end = header.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalStateException("the header lacks a marker: " + BEGIN + "or " + END);
        }
        return header.substring(0, begin + BEGIN.length()) + generated + header.substring(end);
    }
}
