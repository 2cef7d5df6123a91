// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a transaction changes of one instance.
 *
 * @param name   the instance's
 * @param before what it was, null if there was none
 * @param after  what it is then, null if there is none
 */
public record Change(String name, Form before, Form after) {

    /** What is different between two machines, by the names of their instances. */
    public static List<Change> between(Map<String, Form> before, Map<String, Form> after) {
        Set<String> names = new LinkedHashSet<>(before.keySet());
        names.addAll(after.keySet());
        List<Change> changes = new ArrayList<>();
        for (String name : names) {
            if (!Form.same(before.get(name), after.get(name))) {
                changes.add(new Change(name, before.get(name), after.get(name)));
            }
        }
        return List.copyOf(changes);
    }

    /** The same the other way round. */
    public Change inverse() {
        return new Change(name, after, before);
    }

    /** Whether the instance has to be removed, and perhaps made anew. */
    public boolean removes() {
        return before != null && (after == null || !before.canBecome(after));
    }

    /** Whether the instance is there before and after, with other CPUs or memory. */
    public boolean moves() {
        return before != null && after != null && !removes() && !before.hasResourcesOf(after);
    }

    /** Whether the instance is there before and after, and is to run something else. */
    public boolean reloads() {
        return before != null && after != null && !removes() && (before.loaded() != after.loaded()
            || !before.spec().withResources(after.spec().cpus(), after.spec().memoryBytes()).equals(after.spec()));
    }
}
