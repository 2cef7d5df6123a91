// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The instances that a verb is for, by names or, as in kerf, by ids. */
public final class InstancesArgument {
    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names of instances, or their ids.")
    private List<String> names = List.of();

    @Option(names = "--id", paramLabel = "N", description = "Id of one more instance; may be repeated.")
    private List<Integer> ids = List.of();

    public boolean isEmpty() {
        return names.isEmpty() && ids.isEmpty();
    }

    /** Takes the last names away, which are something else; returns them. */
    public List<String> takeLast(int count) {
        List<String> taken = names.subList(names.size() - count, names.size());
        names = names.subList(0, names.size() - count);
        return taken;
    }

    /** The name or id, if there is exactly one; else null. */
    public String only() {
        if (names.size() + ids.size() != 1) {
            return null;
        }
        return names.isEmpty() ? Integer.toString(ids.getFirst()) : names.getFirst();
    }

    public ObjectNode putInto(ObjectNode request) {
        ArrayNode array = request.putArray("names");
        names.forEach(array::add);
        ids.forEach(id -> array.add("#" + id));
        return request;
    }
}
