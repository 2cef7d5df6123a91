// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.live.metrics.MetricsText;
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

    /**
     * What a scraper asks for; any thread.
     *
     * @param accept HTTP's header Accept, or null
     * @return null if there are no metrics of it
     */
    default MetricsText metrics(String accept) throws IOException {
        return null;
    }

    @Override
    void close() throws IOException;
}
