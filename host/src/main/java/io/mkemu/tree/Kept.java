// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a tree says and a machine has no use for: devices, topology, names. It is kept, shown and dumped, and nothing is
 * made of it. Two are equal if they keep the same, however it was written.
 *
 * @param items   what is kept, in the order of the tree
 * @param dialect what is to be said about how the tree was written, "" for nothing
 */
public record Kept(List<Item> items, String dialect) {

    /** Nothing. */
    public static final Kept NONE = new Kept(List.of(), "");
    private static final String INSTANCES = "/instances/";

    public Kept {
        items = List.copyOf(items);
    }

    /**
     * A property or node.
     *
     * @param path   of the node that holds it
     * @param isNode whether it is a node
     * @param text   the source of it, lines of a node indented by tabs
     * @param says   what it is, for people: a line for each device and NUMA node, else its path
     */
    public record Item(String path, boolean isNode, String text, List<String> says) {
        public Item {
            says = List.copyOf(says);
        }
    }

    /** What is kept, a line each: {@code device ethernet@0: acme,fast}. */
    public List<String> says() {
        return items.stream().flatMap(item -> item.says().stream()).toList();
    }

    /** One line for the user who gives this tree, "" if there is nothing to say. */
    public String note() {
        List<String> parts = new ArrayList<>();
        if (!dialect.isEmpty()) {
            parts.add(dialect);
        }
        if (!items.isEmpty()) {
            List<String> all = says();
            long devices = all.stream().filter(one -> one.startsWith(KeptReader.DEVICE)).count();
            long numaNodes = all.stream().filter(one -> one.startsWith(KeptReader.NUMA_NODE)).count();
            List<String> what = new ArrayList<>();
            if (devices > 0) {
                what.add(devices + (devices == 1 ? " device" : " devices"));
            }
            if (numaNodes > 0) {
                what.add(numaNodes + (numaNodes == 1 ? " NUMA node" : " NUMA nodes"));
            }
            all.stream().filter(one -> one.startsWith("/")).forEach(what::add);
            parts.add("kept and shown, but not emulated: " + String.join(", ", what));
        }
        return String.join("; ", parts);
    }

    /** What holds of a machine that has these instances. */
    Kept of(Set<String> instances) {
        return new Kept(items.stream().filter(item -> !item.path().startsWith(INSTANCES)
                || instances.contains(item.path().substring(INSTANCES.length()).split("/")[0]))
                .collect(Collectors.toList()), "");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Kept that && items.equals(that.items);
    }

    @Override
    public int hashCode() {
        return items.hashCode();
    }
}
