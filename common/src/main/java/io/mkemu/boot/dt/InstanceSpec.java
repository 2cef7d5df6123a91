// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot.dt;

import java.util.List;
import java.util.Objects;

/**
 * What the tree says about one spawned instance. Two are equal if they say the same, wherever they say it.
 *
 * @param id          1..255
 * @param name        node name, at most 63 bytes of {@code [A-Za-z0-9,._+-]}
 * @param cpus        physical CPU ids as the tree lists them, at least one; the kernel counts its logical
 *                    CPUs in ascending order of these
 * @param memoryBytes size of the instance pool in bytes, a multiple of 4096
 * @param bootargs    command line, "" if not given
 * @param modules     names of built-in modules and paths of jars, in order
 * @param external    whether somebody else starts its process, by the command line that mkemu prints
 * @param places      where each value stands
 */
public record InstanceSpec(int id, String name, List<Integer> cpus, long memoryBytes, String bootargs,
                           List<String> modules, boolean external, Places places) {

    public InstanceSpec {
        cpus = List.copyOf(cpus);
        modules = List.copyOf(modules);
    }

    /** An instance that mkemu starts and that was not read from a source. */
    public InstanceSpec(int id, String name, List<Integer> cpus, long memoryBytes, String bootargs,
                        List<String> modules) {
        this(id, name, cpus, memoryBytes, bootargs, modules, false, Places.NONE);
    }

    /** Place of the instance's node. */
    public Position position() {
        return places.node();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InstanceSpec that && id == that.id && name.equals(that.name)
                && cpus.equals(that.cpus) && memoryBytes == that.memoryBytes && bootargs.equals(that.bootargs)
                && modules.equals(that.modules) && external == that.external;
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, name, cpus, memoryBytes, bootargs, modules, external);
    }
}
