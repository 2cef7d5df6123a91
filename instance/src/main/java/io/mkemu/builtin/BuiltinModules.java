// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.shell.ShellModule;
import java.util.List;

/** The modules that come with mkemu; a device tree names them without a path. Any thread. */
public final class BuiltinModules {
    private BuiltinModules() {
    }

    /** Their names, ascending. */
    public static List<String> names() {
        return List.of("demo", "echo", "peer", "shell", "traffic");
    }

    /**
     * Makes a module for one kernel.
     *
     * @return a new object each time, or null if no built-in module has that name
     */
    public static KernelModule create(String name) {
        return switch (name) {
            case "demo" -> new DemoModule();
            case "echo" -> new EchoModule();
            case "peer" -> new PeerModule();
            case "shell" -> new ShellModule();
            case "traffic" -> new TrafficModule();
            default -> null;
        };
    }

    /**
     * A parameter of a module within 0..most.
     *
     * @throws IllegalArgumentException with one line that names parameter, value and range
     */
    static long number(Kernel kernel, String module, String name, long otherwise, long most) {
        long value;
        try {
            value = kernel.parameter(name, otherwise);
        } catch (IllegalArgumentException notANumber) {
            throw new IllegalArgumentException(module + "." + name + ": " + notANumber.getMessage(), notANumber);
        }
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(
                module + "." + name + "=" + kernel.parameter(name) + ": expected a number, 0.." + most);
        }
        return value;
    }
}
