// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What many clients, or slow ones, can do to a control socket. */
class ControlLoadTest extends ServedSocket {
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
        int lines = deaf.lines();
        assertTrue(lines < 2001, lines + " lines came");
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"b\"}}", client().ask("{\"verb\":\"b\"}"));
    }

    @Test
    void whoSaysABitNowAndThenHasNoMoreTime() throws Exception {
        serve(limits(8, SOON));
        RawClient drips = client();
        Thread drip = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    drips.send(" ");
                    Thread.sleep(1);
                }
            } catch (IOException | InterruptedException cutOff) {
                assertFalse(Thread.currentThread().isInterrupted());
            }
        });
        String answer = drips.readLine();
        assertTrue(answer.startsWith("{\"ok\":false,\"exitCode\":2,\"error\":\"no whole request within 200 ms"),
            answer);
        drip.join();
        assertTrue(handler.begun.isEmpty());
    }

    @Test
    void whoLeavesARepliesRestUnreadIsDropped() throws Exception {
        serve(limits(1, SOON));
        RawClient deaf = client().send("{\"verb\":\"much\"}\n");
        awaitNot(() -> handler.done.isEmpty());
        awaitNot(() -> !isServed());
        assertTrue(deaf.lines() <= MUCH);
    }

    @Test
    void manyThatHangHoldUpNobody() throws Exception {
        serve(limits(101, TimeUnit.SECONDS.toNanos(50)));
        for (int i = 0; i < 50; i++) {
            client().send("{\"verb\":");
            client().send("{\"verb\":\"much\"}\n");
        }
        awaitNot(() -> handler.done.size() < 50);
        assertTrue(isServed());
    }

    @Test
    void requestsOfClientsThatAreGoneAreNoMoreThanTheLimit() throws Exception {
        serve(limits(2, TimeUnit.SECONDS.toNanos(50)));
        for (int i = 0; i < 2; i++) {
            try (RawClient dies = new RawClient(socket)) {
                assertEquals("{\"say\":\"aloud\"}", dies.ask("{\"verb\":\"shout\"}"));
            }
        }
        String full = "{\"ok\":false,\"exitCode\":4,\"error\":\"2 requests are open already; "
            + "try again when some have ended\"}";
        awaitNot(() -> !full.equals(answer("{\"verb\":\"a\"}")));
        handler.go.countDown();
        awaitNot(() -> !isServed());
        awaitNot(() -> handler.done.size() < 3);
        assertEquals(List.of("b", "shout", "shout"), handler.done.stream().sorted().toList());
    }

    private boolean isServed() {
        return "{\"ok\":true,\"result\":{\"did\":\"b\"}}".equals(answer("{\"verb\":\"b\"}"));
    }

    /** What a new client is told; null if it is cut off. */
    private String answer(String request) {
        try (RawClient next = new RawClient(socket)) {
            return next.ask(request);
        } catch (IOException refusedMeanwhile) {
            return null;
        }
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
        awaitNot(() -> !isServed());
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
}
