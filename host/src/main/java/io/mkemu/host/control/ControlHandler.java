// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;

/** What a {@link ControlServer} does with requests. Called on a thread for each, several at once. */
public interface ControlHandler {
    /**
     * Carries out a request, whole or not at all. Whether its client still lives makes no difference.
     *
     * @param say tells the client a line while the request is under way; never blocks
     * @return the result
     * @throws io.mkemu.MachineException if it is refused; the client gets exit code and message
     * @throws InterruptedException      if the server is closed meanwhile
     */
    ObjectNode handle(ControlRequest request, Consumer<String> say) throws InterruptedException;
}
