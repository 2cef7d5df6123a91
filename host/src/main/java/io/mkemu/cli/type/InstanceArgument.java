// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The one instance that a verb is for, by name or, as in kerf, by id. */
public final class InstanceArgument {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "Name of the instance, or its id.")
    private String name;

    @Option(names = "--id", paramLabel = "N", description = "Id of the instance, in place of its name.")
    private Integer id;

    /** Whether exactly one is named. */
    public boolean isOne() {
        return (name == null) != (id == null);
    }

    /** Whether none is named. */
    public boolean isNone() {
        return name == null && id == null;
    }

    /** What the user calls it. */
    public String name() {
        return name != null ? name : "#" + id;
    }

    /** As a list of none or one. */
    public List<String> names() {
        return isNone() ? List.of() : List.of(name());
    }
}
