// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import java.util.List;
import java.util.OptionalInt;

/**
 * What the tree says about the host, instance 0.
 *
 * @param bootargs its command line, "" if not given
 * @param modules  names of built-in modules and paths of jars, in order
 * @param cpu      the number of the CPU that it runs on, if given; see {@link MachineSpec#hostCpu}
 */
public record HostSpec(String bootargs, List<String> modules, OptionalInt cpu) {

    public HostSpec {
        modules = List.copyOf(modules);
    }

    /** A host that runs on the lowest CPU that is free. */
    public HostSpec(String bootargs, List<String> modules) {
        this(bootargs, modules, OptionalInt.empty());
    }
}
