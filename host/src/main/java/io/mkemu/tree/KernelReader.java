// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.boot.ModulePath;
import io.mkemu.dts.Position;
import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what the host and a spawned instance have in common: command line and modules. */
final class KernelReader {

    static final String MODULES = "mkemu,modules";
    static final String BOOTARGS = "bootargs";
    private static final String MODULES_EXAMPLE = "mkemu,modules = \"demo\", \"path/to/module.jar\";";
    private static final String BOOTARGS_EXAMPLE = "bootargs = \"idle=halt\";";

    private final Path baseDir;

    KernelReader(Path baseDir) {
        this.baseDir = baseDir;
    }

    /** The command line, "" if not given; adds its place. */
    String bootargs(NodeReader owner) {
        Optional<NodeReader> chosen = owner.child("chosen");
        chosen.ifPresent(node -> node.allow(Set.of(BOOTARGS), Set.of()));
        Optional<Property> property = chosen.flatMap(node -> node.property(BOOTARGS));
        if (property.isEmpty()) {
            return "";
        }
        Value.Str string = chosen.get().string(property.get(), BOOTARGS_EXAMPLE);
        if (string.text().chars().anyMatch(Character::isISOControl)) {
            throw owner.error(string.position(), "'bootargs' holds a control character in \""
                    + Text.printable(string.text()) + "\": a command line is one line of plain text");
        }
        owner.note(BOOTARGS, List.of(string.position()));
        return string.text();
    }

    /** Names and absolute paths of the modules in order; adds their places. */
    List<String> modules(NodeReader owner) {
        Optional<Property> property = owner.property(MODULES);
        if (property.isEmpty()) {
            return List.of();
        }
        Set<String> modules = new LinkedHashSet<>();
        List<Position> positions = new ArrayList<>();
        for (Value.Str string : owner.strings(property.get(), MODULES_EXAMPLE)) {
            for (String part : string.text().isBlank() ? new String[0] : string.text().split(",", -1)) {
                String module = module(owner, part.strip(), string);
                if (!modules.add(module)) {
                    throw owner.error(string.position(), "'mkemu,modules' lists module " + Text.quote(module)
                            + " twice: list each module once");
                }
                positions.add(string.position());
            }
        }
        owner.note(MODULES, positions);
        return List.copyOf(modules);
    }

    private String module(NodeReader owner, String module, Value.Str string) {
        if (!ModulePath.isPath(module)) {
            if (!module.matches("[A-Za-z0-9_.-]+")) {
                throw owner.error(string.position(), "'mkemu,modules' holds the module name " + Text.quote(module)
                        + ", expected letters, digits, '_', '.' and '-', or the path of a .jar or .so: "
                        + MODULES_EXAMPLE);
            }
            return module;
        }
        try {
            if (module.chars().noneMatch(Character::isISOControl)) {
                return baseDir.toAbsolutePath().resolve(module).normalize().toString();
            }
        } catch (InvalidPathException e) {
            throw owner.error(string.position(), "'mkemu,modules' holds " + Text.quote(module)
                    + ", which is no path here (" + Text.printable(e.getReason()) + "): name a .jar or .so file");
        }
        throw owner.error(string.position(), "'mkemu,modules' holds a control character in " + Text.quote(module)
                + ": name a .jar or .so file");
    }
}
