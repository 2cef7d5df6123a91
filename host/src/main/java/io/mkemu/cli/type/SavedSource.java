// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.host.snapshot.SavedMachine;
import java.io.IOException;

/** A command whose subcommands look at a machine that was saved, not at one that is there. */
public interface SavedSource {
    /**
     * Reads it; the caller closes it.
     *
     * @throws io.mkemu.MachineException if it cannot be used
     */
    SavedMachine saved() throws IOException;
}
