// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import io.mkemu.memory.Region;
import io.mkemu.tree.InstanceSpec;
import java.util.List;

/**
 * What an instance is at a moment, as far as it can be made again: whether its kernel runs is no part of it.
 *
 * @param spec    CPUs, memory, and what is loaded
 * @param loaded  whether anything is loaded, be it no module; if not, it is ready
 * @param regions where its memory lies, for people: made again it may lie elsewhere
 */
public record Form(InstanceSpec spec, boolean loaded, List<Region> regions) {
    public Form {
        spec = spec.withResources(spec.cpus().stream().sorted().toList(), spec.memoryBytes());
        regions = List.copyOf(regions);
    }

    /** One whose memory lies anywhere. */
    public Form(InstanceSpec spec, boolean loaded) {
        this(spec, loaded, List.of());
    }

    /** Whether two are the same but for where their memory lies; either may be null for no instance. */
    public static boolean same(Form one, Form other) {
        return one == null || other == null ? one == other
            : one.loaded == other.loaded && one.spec.equals(other.spec);
    }

    /** Whether it has the same CPUs and as much memory. */
    public boolean hasResourcesOf(Form other) {
        return spec.cpus().equals(other.spec.cpus()) && spec.memoryBytes() == other.spec.memoryBytes();
    }

    /** Whether the other can be made of it without removing it: the id and who starts its process stay. */
    public boolean canBecome(Form other) {
        return spec.id() == other.spec.id() && spec.external() == other.spec.external();
    }
}
