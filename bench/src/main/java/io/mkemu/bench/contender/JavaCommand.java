// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a JVM of the benchmark: the flags of mkemu's host, for the peers too. */
public final class JavaCommand {
    private JavaCommand() {
    }

    /**
     * A command.
     *
     * @param flags further ones
     */
    public static List<String> of(Class<?> main, List<String> flags, List<String> arguments) {
        String home = System.getProperty("mkemu.home");
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + Path.of(home, "jvm.options"),
            "@" + Path.of(home, "host.options")));
        command.addAll(flags);
        command.addAll(List.of("-Dmkemu.home=" + home, "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return command;
    }
}
