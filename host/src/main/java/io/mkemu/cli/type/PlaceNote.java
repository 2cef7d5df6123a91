// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.machine.MachineDirectory;
import java.io.IOException;

/** What is to be said, on stderr, of the place where a machine is about to be made. */
public final class PlaceNote {
    private PlaceNote() {
    }

    /** Says it, if anything is to be said. */
    public static MachineDirectory tell(MachineDirectory directory) throws IOException {
        String warning = directory.warning();
        if (warning != null) {
            System.err.println("mk: note: " + warning);
        }
        return directory;
    }
}
