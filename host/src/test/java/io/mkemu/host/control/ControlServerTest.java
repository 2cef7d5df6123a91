// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A control socket that is used as it should be, from its first request to its end. */
class ControlServerTest extends ServedSocket {
    @Test
    void answersOneRequestAfterTheOther() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.ask("{\"verb\":\"a\"}"));
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"b\"}}", client.ask("{\"verb\":\"b\"}\r"));
        client.send("{\"verb\":\"c\"}\n{\"verb\":\"d\"}\n");
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"c\"}}", client.readLine());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"d\"}}", client.readLine());
    }

    @Test
    void saysWhatIsGoingOnBeforeTheResult() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        assertEquals("{\"say\":\"one\"}", client.ask("{\"verb\":\"say\"}"));
        assertEquals("{\"say\":\"two\\nthree\"}", client.readLine());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"say\"}}", client.readLine());
    }

    @Test
    void aRefusalHasACodeAndOneLine() throws IOException {
        serve(ControlLimits.DEFAULT);
        assertEquals("{\"ok\":false,\"exitCode\":7,\"error\":\"not now\"}", client().ask("{\"verb\":\"refuse\"}"));
    }

    @Test
    void aFaultIsReportedAndHurtsNobodyElse() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        var stderr = System.err;
        try (var quiet = new PrintStream(new ByteArrayOutputStream())) {
            System.setErr(quiet);
            String answer = client.ask("{\"verb\":\"fault\"}");
            assertTrue(answer.startsWith("{\"ok\":false,\"exitCode\":70,\"error\":\"fault of mkemu"), answer);
        } finally {
            System.setErr(stderr);
        }
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.ask("{\"verb\":\"a\"}"));
    }

    @Test
    void closingLetsTheRequestEndThatIsUnderWay() throws Exception {
        ControlServer server = serve(ControlLimits.DEFAULT);
        RawClient client = client().send("{\"verb\":\"wait\"}\n");
        handler.waiting.await();
        RawClient idle = client();
        Thread closer = close(server);
        assertNull(idle.readLine());
        handler.go.countDown();
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"wait\"}}", client.readLine());
        assertNull(client.readLine());
        closer.join();
        assertFalse(Files.exists(socket));
    }

    @Test
    void closingInterruptsWhatDoesNotEnd() throws Exception {
        ControlServer server = serve(new ControlLimits(1 << 16, 1 << 20, 8, SOON, SOON));
        RawClient client = client().send("{\"verb\":\"wait\"}\n");
        handler.waiting.await();
        server.close();
        assertNull(client.readLine());
        assertEquals(0, threads());
        assertTrue(handler.done.isEmpty());
    }

    @Test
    void closingCutsOffWhoDoesNotReadAndWhoDoesNotWrite() throws Exception {
        ControlServer server = serve(new ControlLimits(1 << 16, 1 << 20, 8, TimeUnit.SECONDS.toNanos(50), SOON));
        RawClient half = client().send("{\"verb\":");
        RawClient deaf = client().send("{\"verb\":\"much\"}\n");
        awaitNot(() -> handler.done.isEmpty());
        server.close();
        assertNull(half.readLine());
        assertTrue(deaf.lines() <= MUCH);
        assertFalse(Files.exists(socket));
    }

    @Test
    void closingTakesNoRequestThatWaitsBehindAnother() throws Exception {
        ControlServer server = serve(new ControlLimits(1 << 16, 1 << 20, 8, SOON, TimeUnit.SECONDS.toNanos(5)));
        RawClient client = client().send("{\"verb\":\"wait\"}\n{\"verb\":\"a\"}\n");
        handler.waiting.await();
        RawClient idle = client();
        idle.ask("{\"verb\":\"b\"}");
        Thread closer = close(server);
        assertNull(idle.readLine());
        handler.go.countDown();
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"wait\"}}", client.readLine());
        assertNull(client.readLine());
        closer.join();
        assertFalse(handler.begun.contains("a"));
    }

    @Test
    void closingIsDoneWhollyByAThreadThatIsInterrupted() throws Exception {
        ControlServer server = serve(new ControlLimits(1 << 16, 1 << 20, 8, SOON, SOON));
        client().send("{\"verb\":\"wait\"}\n");
        handler.waiting.await();
        Thread.currentThread().interrupt();
        server.close();
        assertTrue(Thread.interrupted());
        assertFalse(Files.exists(socket));
        awaitNot(() -> threads() > 0);
        assertTrue(handler.done.isEmpty());
    }

    private static Thread close(ControlServer server) {
        return Thread.ofPlatform().start(() -> {
            try {
                server.close();
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        });
    }

    @Test
    void theSocketIsItsUsersAlone() throws IOException {
        serve(ControlLimits.DEFAULT);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }
}
