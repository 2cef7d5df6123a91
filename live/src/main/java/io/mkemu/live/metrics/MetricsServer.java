// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves {@code /metrics} over HTTP, until it is closed. */
final class MetricsServer implements AutoCloseable {
    private static final int BACKLOG = 16;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int FAILED = 500;
    private static final int NO_BODY = -1;

    static {
        /* The JDK's server waits for ever for a client that has begun a request; it reads these when it is loaded. */
        limit("sun.net.httpserver.maxReqTime", "10");
        limit("sun.net.httpserver.maxRspTime", "30");
        limit("jdk.httpserver.maxConnections", "64");
    }

    private final MetricsSource source;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Begins to serve.
     *
     * @throws MachineException if nobody can listen there, in a line
     */
    MetricsServer(ListenAddress address, MetricsSource source) {
        this.source = source;
        try {
            InetAddress host = InetAddress.getByName(address.host());
            server = HttpServer.create(new InetSocketAddress(host, address.port()), BACKLOG);
        } catch (UnknownHostException unknown) {
            throw new MachineException(ExitCode.RESOURCES, "--listen " + address + ": " + address.host()
                + " is no address of this computer; use 127.0.0.1", unknown);
        } catch (IOException taken) {
            throw new MachineException(ExitCode.RESOURCES, "--listen " + address + ": " + taken.getMessage()
                + "; name another port, or 0 for any that is free, and an address of this computer", taken);
        }
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    private static void limit(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            boolean head = method.equals("HEAD");
            if (!exchange.getRequestURI().getPath().equals("/metrics")) {
                tell(exchange, NOT_FOUND, head, "Metrics are at /metrics.\n");
            } else if (head || method.equals("GET")) {
                metrics(exchange, head);
            } else {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                tell(exchange, NOT_ALLOWED, false, "Only GET and HEAD.\n");
            }
        }
    }

    private void metrics(HttpExchange exchange, boolean head) throws IOException {
        MetricsText text;
        try {
            text = MetricsText.accepted(exchange.getRequestHeaders().getFirst("Accept"), source.readOrDown());
        } catch (IOException | RuntimeException broken) {
            System.err.println("mk: metrics cannot be read: " + broken);
            tell(exchange, FAILED, head, "The machine cannot be read: " + broken.getMessage() + "\n");
            return;
        }
        send(exchange, OK, head, text.contentType(), text.bytes());
    }

    private static void tell(HttpExchange exchange, int status, boolean head, String line) throws IOException {
        send(exchange, status, head, "text/plain; charset=utf-8", line.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, boolean head, String type, byte[] body)
        throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, head ? NO_BODY : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
