// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.cli.FurtherCommand;
import picocli.CommandLine.Command;

/** {@code mk top}: a machine's kernels while they run. */
@Command(name = "top", mixinStandardHelpOptions = true, header = "Shows the kernels of a machine while they run.")
public final class TopCommand implements FurtherCommand {
    @Override
    public Integer call() {
        throw new UnsupportedOperationException("mk top");
    }
}
