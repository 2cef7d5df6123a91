// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.control.ControlHandler;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.machine.MachineDirectory;
import java.util.function.Consumer;

/**
 * Says in words what is the matter when a machine's RAM is no longer there under its host: somebody has truncated the
 * file, or its file system has failed. The JVM turns the SIGBUS into an InternalError.
 */
final class TornRam implements ControlHandler {
    private static final String SIGBUS = "unsafe memory access";

    private final ControlHandler verbs;
    private final MachineDirectory directory;

    TornRam(ControlHandler verbs, MachineDirectory directory) {
        this.verbs = verbs;
        this.directory = directory;
    }

    @Override
    public ObjectNode handle(ControlRequest request, Consumer<String> say) throws InterruptedException {
        try {
            return verbs.handle(request, say);
        } catch (InternalError fault) {
            if (fault.getMessage() == null || !fault.getMessage().contains(SIGBUS)) {
                throw fault;
            }
            throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\": a part of its RAM "
                + directory.ram() + " is gone: somebody has truncated the file, or its file system has failed; mk "
                + "shutdown ends the machine", fault);
        }
    }
}
