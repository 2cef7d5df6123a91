// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.boot.ModulePath;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Modules on the command line. Files are named from where the user stands, not from where the host does. */
public final class ModulePaths {
    @Option(names = "--modules", paramLabel = "M", split = ",",
        description = "Modules in order: names of built-in ones, paths of .jar or .so files; with commas between them.")
    private List<String> modules = List.of();

    @Option(names = "--module", paramLabel = "M", description = "One more module; may be repeated. Its path may hold "
        + "a comma.")
    private List<String> further = List.of();

    /** All of them, paths made absolute. */
    public List<String> all() {
        return Stream.concat(modules.stream().map(String::strip), further.stream())
            .filter(module -> !module.isEmpty()).map(ModulePaths::absolute).toList();
    }

    private static String absolute(String module) {
        if (!ModulePath.isPath(module)) {
            return module;
        }
        try {
            return Path.of(module).toAbsolutePath().normalize().toString();
        } catch (InvalidPathException unusable) {
            /* The host says what is wrong with it, as with any name. */
            return module;
        }
    }
}
