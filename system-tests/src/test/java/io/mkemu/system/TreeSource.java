// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes a device tree: the host on CPU 0 and instances 1, 2, ... on a CPU each. */
final class TreeSource {
    private static final long INSTANCE_BYTES = 0x200000;

    private final List<String> instances = new ArrayList<>();
    private String host = "";
    private String bootargs = "idle=halt";
    private String properties = "";

    /** What every kernel gets on its command line; must come first. */
    TreeSource bootargs(String text) {
        bootargs = text;
        return this;
    }

    /** Further properties of each instance that follows. */
    TreeSource properties(String text) {
        properties = text;
        return this;
    }

    TreeSource host(Object... modules) {
        host = modules(modules);
        return this;
    }

    TreeSource instance(String name, Object... modules) {
        int id = instances.size() + 1;
        instances.add("""
                    %s {
                        id = <%d>;
                        resources { cpus = <%d>; memory-bytes = <0x%x>; };
                        chosen { bootargs = "%s"; };
                        %s
                        %s
                    };
            """.formatted(name, id, id, INSTANCE_BYTES, bootargs, properties, modules(modules)));
        return this;
    }

    private static String modules(Object... modules) {
        return modules.length == 0 ? "" : "mkemu,modules = " + List.of(modules).stream()
            .map(module -> "\"" + module + "\"").collect(Collectors.joining(", ")) + ";";
    }

    @Override
    public String toString() {
        return """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                resources { cpus = <%s>; memory-bytes = <0x%x>; };
                chosen { bootargs = "%s"; };
                %s
                instances {
            %s    };
            };
            """.formatted(IntStream.rangeClosed(0, instances.size()).mapToObj(Integer::toString)
            .collect(Collectors.joining(" ")), Math.max(1, instances.size()) * INSTANCE_BYTES, bootargs, host,
            String.join("", instances));
    }

    /** Writes it as a file; the machine has the file's name. */
    Path write(Path directory, String machine) throws IOException {
        return Files.writeString(directory.resolve(machine + ".dts"), toString());
    }
}
