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

    public ObjectNode putInto(ObjectNode request) {
        ArrayNode array = request.putArray("names");
        names.forEach(array::add);
        ids.forEach(id -> array.add("#" + id));
        return request;
    }
}
