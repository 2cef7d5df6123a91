// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients can do to a control socket. */
@Timeout(60)
class ControlServerTest {
    private static final long SOON = TimeUnit.MILLISECONDS.toNanos(200);

    /** Says what it is asked for; can be made to wait, or to flood. */
    private final class Handler implements ControlHandler {
        private final ConcurrentLinkedQueue<String> begun = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
        private final CountDownLatch waiting = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public ObjectNode handle(ControlRequest request, Consumer<String> say) throws InterruptedException {
            String verb = request.verb();
            begun.add(verb);
            switch (verb) {
                case "wait" -> {
                    waiting.countDown();
                    go.await();
                }
                case "say" -> {
                    say.accept("one");
                    say.accept("two\nthree");
                }
                case "flood" -> {
                    String line = "x".repeat(1000);
                    for (int i = 0; i < 2000; i++) {
                        say.accept(line);
                    }
                }
                case "refuse" -> throw new MachineException(ExitCode.STATE, "not\nnow");
                case "fault" -> throw new IllegalStateException("by the test");
                default -> { }
            }
            done.add(verb);
            return Protocol.object().put("did", verb);
        }
    }

    @TempDir
    private Path directory;

    private final Handler handler = new Handler();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Path socket;

    @BeforeEach
    void name() {
        socket = directory.resolve("control");
    }

    @AfterEach
    void closeAll() throws Exception {
        handler.go.countDown();
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        assertEquals(0, threads(), "threads left");
    }

    private ControlServer serve(ControlLimits limits) throws IOException {
        ControlServer server = ControlServer.open(socket, handler, limits);
        open.add(server);
        return server;
    }

    private static ControlLimits limits(int connections, long idleNanos) {
        return new ControlLimits(64 << 10, 1 << 20, connections, idleNanos, TimeUnit.SECONDS.toNanos(5));
    }

    private RawClient client() throws IOException {
        RawClient client = new RawClient(socket);
        open.add(client);
        return client;
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive)
            .filter(thread -> thread.getName().startsWith("control")).count();
    }

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
    void takesARequestByteByByte() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        for (byte one : "{\"verb\":\"a\"}\n".getBytes(StandardCharsets.UTF_8)) {
            client.send(new byte[] {one});
        }
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.readLine());
    }

    @Test
    void halfALineLeavesNoTrace() throws IOException {
        ControlServer server = serve(ControlLimits.DEFAULT);
        String request = "{\"verb\":\"half\"}";
        for (int length = 0; length <= request.length(); length++) {
            try (RawClient dies = new RawClient(socket)) {
                dies.send(request.substring(0, length));
            }
        }
        client().ask("{\"verb\":\"a\"}");
        server.close();
        assertEquals(List.of("a"), List.copyOf(handler.begun));
    }

    @Test
    void aWholeLineIsDoneThoughItsClientIsGone() throws Exception {
        serve(ControlLimits.DEFAULT);
        try (RawClient dies = new RawClient(socket)) {
            dies.send("{\"verb\":\"wait\"}\n");
            handler.waiting.await();
        }
        handler.go.countDown();
        awaitNot(() -> handler.done.isEmpty());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client().ask("{\"verb\":\"a\"}"));
        assertEquals(List.of("wait", "a"), List.copyOf(handler.done));
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "", "[]", "7", "null", "{\"verb\":1}", "{}", "{\"verb\":\"a\"} x",
        "{\"verb\":\"a\",\"verb\":\"b\"}", "{\"verb\":\"a\"}{\"verb\":\"b\"}", "{\"verb\":\"a\\u0000\"}", "{\"verb\""})
    void garbageIsRefusedAndTheNextRequestIsNot(String line) throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        String answer = client.ask(line);
        assertTrue(answer.startsWith("{\"ok\":false,\"exitCode\":2,\"error\":\""), answer);
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.ask("{\"verb\":\"a\"}"));
        assertEquals(List.of("a"), List.copyOf(handler.begun));
    }

    @Test
    void bytesThatAreNoTextAndDeepNestingAreRefused() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        client.send(new byte[] {'{', '"', (byte) 0xff, (byte) 0xfe, '"', '}', '\n'});
        assertTrue(client.readLine().startsWith("{\"ok\":false,\"exitCode\":2"));
        assertTrue(client.ask("{\"verb\":" + "[".repeat(60_000)).startsWith("{\"ok\":false,\"exitCode\":2"));
        assertTrue(handler.begun.isEmpty());
    }

    @Test
    void theLongestLineIsTakenAndOneByteMoreIsNot() throws IOException {
        serve(ControlLimits.DEFAULT);
        String frame = "{\"verb\":\"\"}";
        String longest = "v".repeat((64 << 10) - frame.length());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"" + longest + "\"}}",
            client().ask("{\"verb\":\"" + longest + "\"}"));
        RawClient client = client();
        assertEquals("{\"ok\":false,\"exitCode\":2,\"error\":\"request of more than 65536 bytes\"}",
            client.ask("{\"verb\":\"v" + longest + "\"}"));
        assertNull(client.readLine());
        assertEquals(1, handler.begun.size());
    }

    @Test
    void whoSaysNothingIsDropped() throws IOException {
        serve(limits(8, SOON));
        RawClient silent = client();
        RawClient slow = client().send("{\"verb\":");
        assertNull(silent.readLine());
        String answer = slow.readLine();
        assertTrue(answer.startsWith("{\"ok\":false,\"exitCode\":2,\"error\":\"no whole request within 200 ms"),
            answer);
        assertNull(slow.readLine());
        assertTrue(handler.begun.isEmpty());
    }

    @Test
    void whoReadsNothingIsDroppedAndHoldsUpNobody() throws Exception {
        serve(limits(2, SOON));
        RawClient deaf = client().send("{\"verb\":\"flood\"}\n");
        awaitNot(() -> handler.done.isEmpty());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client().ask("{\"verb\":\"a\"}"));
        int lines = 0;
        while (deaf.readLine() != null) {
            lines++;
        }
        assertTrue(lines < 2001, lines + " lines came");
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"b\"}}", client().ask("{\"verb\":\"b\"}"));
    }

    @Test
    void manyClientsAtOnce() throws Exception {
        serve(ControlLimits.DEFAULT);
        List<CompletableFuture<List<String>>> all = new ArrayList<>();
        for (int number = 0; number < 50; number++) {
            String verb = "v" + number;
            all.add(CompletableFuture.supplyAsync(() -> {
                try (RawClient client = new RawClient(socket)) {
                    List<String> answers = new ArrayList<>();
                    for (int i = 0; i < 20; i++) {
                        answers.add(client.ask("{\"verb\":\"" + verb + "\"}"));
                    }
                    return answers;
                } catch (IOException broken) {
                    throw new UncheckedIOException(broken);
                }
            }, task -> Thread.ofPlatform().start(task)));
        }
        for (int number = 0; number < 50; number++) {
            List<String> answers = all.get(number).get();
            assertEquals(List.of("{\"ok\":true,\"result\":{\"did\":\"v" + number + "\"}}"),
                answers.stream().distinct().toList());
        }
        assertEquals(1000, handler.done.size());
    }

    @Test
    void tooManyConnectionsAreToldSo() throws Exception {
        serve(limits(3, TimeUnit.SECONDS.toNanos(50)));
        RawClient first = client();
        first.ask("{\"verb\":\"a\"}");
        RawClient second = client();
        second.ask("{\"verb\":\"a\"}");
        RawClient third = client();
        third.ask("{\"verb\":\"a\"}");
        RawClient fourth = client();
        assertEquals("{\"ok\":false,\"exitCode\":4,\"error\":\"3 connections are open already; "
            + "try again when some have ended\"}", fourth.readLine());
        assertNull(fourth.readLine());
        third.close();
        awaitNot(() -> {
            try (RawClient next = new RawClient(socket)) {
                return !"{\"ok\":true,\"result\":{\"did\":\"b\"}}".equals(next.ask("{\"verb\":\"b\"}"));
            } catch (IOException refusedMeanwhile) {
                return true;
            }
        });
    }

    @Test
    void closingLetsTheRequestEndThatIsUnderWay() throws Exception {
        ControlServer server = serve(ControlLimits.DEFAULT);
        RawClient client = client().send("{\"verb\":\"wait\"}\n");
        handler.waiting.await();
        RawClient idle = client();
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                server.close();
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        });
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
    void theSocketIsItsUsersAlone() throws IOException {
        serve(ControlLimits.DEFAULT);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }

    @Test
    void leaksNeitherThreadsNorDescriptors() throws Exception {
        serve(ControlLimits.DEFAULT);
        client().ask("{\"verb\":\"a\"}");
        long before = descriptors();
        for (int i = 0; i < 200; i++) {
            try (RawClient client = new RawClient(socket)) {
                client.ask("{\"verb\":\"" + (i % 3 == 0 ? "refuse" : "a") + "\"}");
                if (i % 5 == 0) {
                    client.send("{\"verb\"");
                }
                if (i % 7 == 0) {
                    client.send("{\"verb\":\"say\"}\n");
                }
            }
        }
        awaitNot(() -> threads() > 1);
        awaitNot(() -> descriptors() > before);
    }

    private static long descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(Files::exists).count();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The test's own time limit ends it if it never comes true. */
    private static void awaitNot(BooleanSupplier notYet) throws InterruptedException {
        while (notYet.getAsBoolean()) {
            Thread.sleep(1);
        }
    }
}
