// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Similar;
import io.mkemu.boot.BootParameters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The parameters of a kernel's command line that nobody takes: neither the kernel, nor a module that says what it
 * knows, nor a module that has asked for one while it was set up. Stateless; any thread.
 */
final class UnknownParameters {
    private UnknownParameters() {
    }

    /**
     * Says which they are, as Linux does.
     *
     * @param given   the command line
     * @param modules what each module says that it knows, by the module's name
     * @param asked   full names that a module has asked for
     * @return a line for the kernel log; null if there are none
     */
    static String line(BootParameters given, Map<String, Optional<Set<String>>> modules, Collection<String> asked) {
        Set<String> known = new HashSet<>();
        for (KernelParameter parameter : KernelParameter.values()) {
            known.add(normal(parameter.parameter()));
        }
        Set<String> silent = new HashSet<>();
        modules.forEach((module, parameters) -> {
            parameters.ifPresentOrElse(all -> all.forEach(name -> known.add(normal(module + "." + name))),
                () -> silent.add(normal(module) + "."));
        });
        Set<String> taken = new HashSet<>(known);
        asked.forEach(name -> taken.add(normal(name)));
        List<String> unknown = new ArrayList<>();
        Set<String> meant = new TreeSet<>();
        for (String name : given.names()) {
            if (!taken.contains(name) && silent.stream().noneMatch(name::startsWith)) {
                unknown.add(given.get(name).isEmpty() ? name : name + "=" + given.get(name));
                Similar.nearest(name, known).ifPresent(meant::add);
            }
        }
        return unknown.isEmpty() ? null : "Unknown kernel command line parameters \"" + String.join(" ", unknown)
            + "\", nobody takes them" + (meant.isEmpty() ? "" : "; did you mean " + String.join(", ", meant) + "?");
    }

    private static String normal(String name) {
        return name.replace('-', '_');
    }
}
