// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Named address ranges, nested by containment: what the kernel's insert_resource keeps and /proc/iomem prints. For one
 * thread.
 */
public final class ResourceTree {
    private final List<Node> roots = new ArrayList<>();

    /**
     * A range of the tree.
     *
     * @param name     what lies there
     * @param start    first byte
     * @param end      last byte
     * @param children ranges inside it, in ascending order
     */
    public record Resource(String name, long start, long end, List<Resource> children) {
        /** Bytes. */
        public long size() {
            return end - start + 1;
        }
    }

    private record Node(String name, long start, long end, List<Node> children) {
        boolean contains(Node other) {
            return start <= other.start && other.end <= end;
        }

        boolean overlaps(Node other) {
            return start <= other.end && other.start <= end;
        }

        Resource frozen() {
            return new Resource(name, start, end, children.stream().map(Node::frozen).toList());
        }
    }

    /**
     * Inserts a range where it belongs: into the innermost range that contains it and is not the same, above all that
     * it contains.
     *
     * @param name  any text; control characters are shown as '?'
     * @param start first byte, not negative
     * @param size  bytes, positive
     * @return whether it was inserted: not if it is no range, or cuts through another
     */
    public boolean insert(String name, long start, long size) {
        if (start < 0 || size <= 0 || start > Long.MAX_VALUE - size) {
            return false;
        }
        return insert(roots, new Node(name.replaceAll("\\p{Cntrl}", "?"), start, start + size - 1, new ArrayList<>()));
    }

    private static boolean insert(List<Node> siblings, Node added) {
        int at = firstThatEndsAfter(siblings, added.start);
        int end = at;
        while (end < siblings.size() && siblings.get(end).overlaps(added)) {
            if (!added.contains(siblings.get(end))) {
                return siblings.get(end).contains(added) && insert(siblings.get(end).children, added);
            }
            end++;
        }
        List<Node> contained = siblings.subList(at, end);
        added.children.addAll(contained);
        contained.clear();
        siblings.add(at, added);
        return true;
    }

    /** By halves: a pool can have as many allocations as it has pages. */
    private static int firstThatEndsAfter(List<Node> siblings, long address) {
        int from = 0;
        int end = siblings.size();
        while (from < end) {
            int middle = from + end >>> 1;
            if (siblings.get(middle).end < address) {
                from = middle + 1;
            } else {
                end = middle;
            }
        }
        return from;
    }

    /** The outermost ranges, in ascending order, as they are now. */
    public List<Resource> resources() {
        return roots.stream().map(Node::frozen).toList();
    }

    /** The tree as /proc/iomem prints it: a line for each range, two spaces per level, addresses in hex. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        print(roots, "", text);
        return text.toString();
    }

    private static void print(List<Node> nodes, String indent, StringBuilder text) {
        for (Node node : nodes) {
            text.append(String.format(Locale.ROOT, "%s%08x-%08x : %s%n", indent, node.start, node.end, node.name));
            print(node.children, indent + "  ", text);
        }
    }
}
