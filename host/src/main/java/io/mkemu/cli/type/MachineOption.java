// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import picocli.CommandLine.Option;

/** The machine that a command is for, among those that are there. */
public final class MachineOption {
    @Option(names = "--machine", paramLabel = "NAME",
        description = "Name of the machine; may be left out while only one runs.")
    private String name;

    /** Its name, or null if it is left out. */
    public String name() {
        return name;
    }
}
