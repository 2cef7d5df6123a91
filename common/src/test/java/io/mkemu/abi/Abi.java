// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import io.mkemu.log.LogLevel;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the memory map consists of, as the classes say it: the public int and long constants of each *Descriptor class,
 * its enums, and those of a few classes beside them. Their names in C are {@code MKEMU_}, the class's name in capitals
 * without "Descriptor" (and without its own Mk), {@code _}, the field's name; an enum's constant is its ordinal.
 */
final class Abi {
    private static final List<Class<?>> BESIDE =
        List.of(Pages.class, RamLayout.class, InstanceState.class, IpiMode.class, LogLevel.class,
            TraceMode.class, TraceEvent.class);

    private Abi() {
    }

    /** Every descriptor class of this module, and what belongs to the memory map beside them. */
    static List<Class<?>> classes() {
        List<Class<?>> classes = new ArrayList<>(descriptors());
        classes.addAll(BESIDE);
        return classes;
    }

    /** Every class of this module whose name ends in Descriptor. */
    static List<Class<?>> descriptors() {
        try {
            Path root = Path.of(RamHeaderDescriptor.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            try (Stream<Path> files = Files.walk(root)) {
                return files.map(file -> root.relativize(file).toString().replace('/', '.'))
                    .filter(name -> name.endsWith("Descriptor.class"))
                    .<Class<?>>map(name -> load(name.replace(".class", "")))
                    .sorted(Comparator.comparing(Class::getName)).toList();
            }
        } catch (IOException | URISyntaxException fault) {
            throw new IllegalStateException(fault);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The constants of one class by their names in C, its enums' too. */
    static Map<String, Long> constants(Class<?> type) {
        Map<String, Long> constants = new LinkedHashMap<>();
        own(type).forEach((name, value) -> constants.put(prefix(type) + name, value));
        for (Class<?> nested : type.getDeclaredClasses()) {
            if (nested.isEnum() && Modifier.isPublic(nested.getModifiers())) {
                constants.putAll(constants(nested));
            }
        }
        return constants;
    }

    /** The constants of one class by their own names, in the order of the source; int values unsigned. */
    static Map<String, Long> own(Class<?> type) {
        Map<String, Long> constants = new LinkedHashMap<>();
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) {
                constants.put(((Enum<?>) constant).name(), (long) ((Enum<?>) constant).ordinal());
            }
        }
        for (Field field : type.getDeclaredFields()) {
            boolean number = field.getType() == int.class || field.getType() == long.class;
            if (number && Modifier.isStatic(field.getModifiers()) && Modifier.isFinal(field.getModifiers())
                && Modifier.isPublic(field.getModifiers())) {
                constants.put(field.getName(), value(field));
            }
        }
        return constants;
    }

    /** All constants of the memory map by their names in C. */
    static Map<String, Long> constants() {
        Map<String, Long> all = new LinkedHashMap<>();
        classes().forEach(type -> all.putAll(constants(type)));
        return all;
    }

    private static long value(Field field) {
        try {
            return field.getType() == int.class ? Integer.toUnsignedLong(field.getInt(null)) : field.getLong(null);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String prefix(Class<?> type) {
        String outer = type.getDeclaringClass() == null ? "MKEMU_" : prefix(type.getDeclaringClass());
        String snake = type.getSimpleName().replaceFirst("Descriptor$", "").replaceFirst("^Mk(?=[A-Z])", "")
            .replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(java.util.Locale.ROOT);
        return outer + snake + "_";
    }

    /** A #define as it should stand in mkemu.h. */
    static String define(String name, long value) {
        String text = value < 0 || value > Integer.MAX_VALUE
            ? "0x" + Long.toHexString(value) + (value >>> Integer.SIZE == 0 ? "u" : "ull") : Long.toString(value);
        return "#define " + name + " " + text;
    }

    /** The text of a file of this project. */
    static String read(String file) throws IOException {
        return Files.readString(path(file));
    }

    /** A file of this project. */
    static Path path(String file) throws IOException {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve(file))) {
                return at.resolve(file);
            }
        }
        throw new IOException(file + " is missing: looked upwards from " + Path.of("").toAbsolutePath());
    }
}
