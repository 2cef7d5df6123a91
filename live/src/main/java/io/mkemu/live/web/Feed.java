// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CountDownLatch;

/** Where what is shown comes from. */
interface Feed extends AutoCloseable {
    /** Tells the hub what there is and what comes, until it is to stop. */
    void run(Hub hub, CountDownLatch stop) throws IOException, InterruptedException;

    /**
     * What a page asks for, beside what it is told; any thread.
     *
     * @param path below /api/
     * @return null if there is no such thing
     * @throws io.mkemu.MachineException with a line for the page
     */
    ObjectNode answer(String path, URI address);

    /**
     * What a page wants done; any thread. May take as long as a kernel takes to end.
     *
     * @throws io.mkemu.MachineException with a line for the page
     */
    ObjectNode carryOut(JsonNode request) throws IOException;

    @Override
    void close() throws IOException;
}
