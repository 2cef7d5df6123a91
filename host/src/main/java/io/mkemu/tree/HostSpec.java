// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import java.util.List;

/**
 * What the tree says about the host, instance 0.
 *
 * @param bootargs its command line, "" if not given
 * @param modules  names of built-in modules and paths of jars, in order
 */
public record HostSpec(String bootargs, List<String> modules) {

    public HostSpec {
        modules = List.copyOf(modules);
    }
}
