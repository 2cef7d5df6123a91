// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A control socket for a test, with what serves it and its clients; all of it is gone afterwards. */
@Timeout(300)
abstract class ServedSocket {
    static final long SOON = TimeUnit.MILLISECONDS.toNanos(200);

    /** Lines of 1000 bytes that may wait for a client, but are more than its socket holds. */
    static final int MUCH = 700;

    /** Says what it is asked for; can be made to wait, or to flood. */
    static final class Handler implements ControlHandler {
        final ConcurrentLinkedQueue<String> begun = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
        final CountDownLatch waiting = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);

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
                case "flood" -> say(2000, say);
                case "much" -> say(MUCH, say);
                case "shout" -> {
                    while (!go.await(1, TimeUnit.MILLISECONDS)) {
                        say.accept("aloud");
                    }
                }
                case "refuse" -> throw new MachineException(ExitCode.STATE, "not\nnow");
                case "fault" -> throw new IllegalStateException("by the test");
                default -> { }
            }
            done.add(verb);
            return Json.object().put("did", verb);
        }

        private static void say(int lines, Consumer<String> say) {
            String line = "x".repeat(1000);
            for (int i = 0; i < lines; i++) {
                say.accept(line);
            }
        }
    }

    @TempDir
    private Path directory;

    final Handler handler = new Handler();
    private final List<AutoCloseable> open = new ArrayList<>();
    Path socket;

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

    ControlServer serve(ControlLimits limits) throws IOException {
        ControlServer server = ControlServer.open(socket, handler, limits);
        open.add(server);
        return server;
    }

    static ControlLimits limits(int connections, long idleNanos) {
        return new ControlLimits(64 << 10, 1 << 20, connections, idleNanos, TimeUnit.SECONDS.toNanos(5));
    }

    RawClient client() throws IOException {
        RawClient client = new RawClient(socket);
        open.add(client);
        return client;
    }

    static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive)
            .filter(thread -> thread.getName().startsWith("control")).count();
    }

    /** The test's own time limit ends it if it never comes true. */
    static void awaitNot(BooleanSupplier notYet) throws InterruptedException {
        while (notYet.getAsBoolean()) {
            Thread.sleep(1);
        }
    }
}
