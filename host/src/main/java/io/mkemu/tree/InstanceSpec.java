// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Position;
import io.mkemu.dts.Text;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

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
 * @param restart     what happens when it fails; a tree gives an external instance no other than NEVER
 * @param jvmOptions  options of its JVM behind those it has of mkemu, in order
 * @param places      where each value stands
 */
public record InstanceSpec(int id, String name, List<Integer> cpus, long memoryBytes, String bootargs,
                           List<String> modules, boolean external, RestartPolicy restart, List<String> jvmOptions,
                           Places places) {

    private static final int LONGEST_NAME = 63;

    public InstanceSpec {
        cpus = List.copyOf(cpus);
        modules = List.copyOf(modules);
        jvmOptions = List.copyOf(jvmOptions);
    }

    /** An instance that mkemu starts, once, and that was not read from a source. */
    public InstanceSpec(int id, String name, List<Integer> cpus, long memoryBytes, String bootargs,
                        List<String> modules) {
        this(id, name, cpus, memoryBytes, bootargs, modules, false, RestartPolicy.NEVER, List.of(), Places.NONE);
    }

    /**
     * The same instance with other modules, command line and restart policy. Nothing is checked. What differs no
     * longer stands in the source: its place is that of the node.
     */
    public InstanceSpec with(List<String> otherModules, String otherBootargs, RestartPolicy otherRestart) {
        Set<String> gone = new HashSet<>();
        if (!modules.equals(otherModules)) {
            gone.add(KernelReader.MODULES);
        }
        if (!bootargs.equals(otherBootargs)) {
            gone.add(KernelReader.BOOTARGS);
        }
        if (!restart.equals(otherRestart)) {
            gone.addAll(Set.of(RestartReader.RESTART, RestartReader.LIMIT, RestartReader.DELAY));
        }
        return new InstanceSpec(id, name, cpus, memoryBytes, otherBootargs, otherModules, external, otherRestart,
                jvmOptions, places.without(gone));
    }

    /** The same instance with other options of its JVM. Nothing is checked. */
    public InstanceSpec withJvmOptions(List<String> otherOptions) {
        return otherOptions.equals(jvmOptions) ? this : new InstanceSpec(id, name, cpus, memoryBytes, bootargs,
                modules, external, restart, otherOptions, places.without(Set.of(InstanceReader.JVM_OPTIONS)));
    }

    /** The same instance with another id. */
    public InstanceSpec withId(int newId) {
        return new InstanceSpec(newId, name, cpus, memoryBytes, bootargs, modules, external, restart, jvmOptions,
                places);
    }

    /** The same instance with other CPUs and memory. */
    public InstanceSpec withResources(List<Integer> newCpus, long newMemoryBytes) {
        return new InstanceSpec(id, name, newCpus, newMemoryBytes, bootargs, modules, external, restart,
                jvmOptions, places);
    }

    /** What is wrong with a name for an instance, in one line; null if nothing is. */
    public static String nameProblem(String name) {
        if (name.length() > LONGEST_NAME) {
            return "instance name " + Text.quote(name) + " has " + name.length() + " bytes, expected at most "
                    + LONGEST_NAME;
        }
        if (name.equals("host")) {
            return "instance name \"host\" is the host kernel's own: expected another name";
        }
        if (!name.matches("[A-Za-z0-9,._+-]+") || name.equals(".") || name.equals("..")) {
            return "instance name " + Text.quote(name)
                    + " is not legal, expected letters, digits and , . _ + - (no unit address)";
        }
        return null;
    }

    /** Place of the instance's node. */
    public Position position() {
        return places.node();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InstanceSpec that && id == that.id && name.equals(that.name)
                && cpus.equals(that.cpus) && memoryBytes == that.memoryBytes && bootargs.equals(that.bootargs)
                && modules.equals(that.modules) && external == that.external
                && restart.equals(that.restart) && jvmOptions.equals(that.jvmOptions);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, name, cpus, memoryBytes, bootargs, modules, external, restart, jvmOptions);
    }
}
