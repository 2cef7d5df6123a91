// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.util.List;

/**
 * A property of a node.
 *
 * @param name     its name
 * @param values   its comma-separated elements; none for an empty property
 * @param position place of the name
 */
public record Property(String name, List<Value> values, Position position) {

    public Property {
        values = List.copyOf(values);
    }
}
