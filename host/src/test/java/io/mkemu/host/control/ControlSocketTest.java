// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whose the socket's file is: a server removes its own and no other. */
@Timeout(300)
class ControlSocketTest {
    @TempDir
    private Path directory;

    private Path socket;

    @BeforeEach
    void name() {
        socket = directory.resolve("control");
    }

    private ControlServer serve(String name) throws IOException {
        return ControlServer.open(socket, (request, say) -> Json.object().put("by", name), ControlLimits.DEFAULT);
    }

    private String asked() throws IOException {
        try (RawClient client = new RawClient(socket)) {
            return client.ask("{\"verb\":\"a\"}");
        }
    }

    @Test
    void anOldServerThatEndsLeavesItsSuccessorsSocketAlone() throws IOException {
        ControlServer old = serve("old");
        assertEquals("{\"ok\":true,\"result\":{\"by\":\"old\"}}", asked());
        Files.delete(socket);
        ControlServer successor = serve("successor");
        old.close();
        assertEquals("{\"ok\":true,\"result\":{\"by\":\"successor\"}}", asked());
        successor.close();
        assertFalse(Files.exists(socket));
    }

    @Test
    void aServerWhoseSocketIsGoneEnds() throws IOException {
        ControlServer server = serve("only");
        Files.delete(socket);
        server.close();
        assertFalse(Files.exists(socket));
    }
}
