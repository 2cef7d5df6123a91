// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the values of one node stand in the source, so that later checks can point at them too.
 *
 * @param node   place of the node's name
 * @param values places per property name: one per CPU, one per module, one for a single value
 */
public record Places(Position node, Map<String, List<Position>> values) {

    /** For a spec that was not read from a source. */
    public static final Places NONE = new Places(Position.NONE, Map.of());

    public Places {
        values = Map.copyOf(values);
    }

    /** These places without those of some properties. */
    Places without(Set<String> properties) {
        Map<String, List<Position>> left = new HashMap<>(values);
        left.keySet().removeAll(properties);
        return new Places(node, left);
    }

    /** Place of the only or first value of a property; of the node if the property was not given. */
    public Position of(String property) {
        return of(property, 0);
    }

    /** Place of the value with that 0-based index; of the node if there is none. */
    public Position of(String property, int index) {
        List<Position> places = values.getOrDefault(property, List.of());
        return index < places.size() ? places.get(index) : node;
    }
}
