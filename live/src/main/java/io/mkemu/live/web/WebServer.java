// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.ErrorText;
import io.mkemu.json.Json;
import io.mkemu.live.metrics.MetricsText;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * The HTTP server of {@code mk web}. Each request has a virtual thread of its own, so that one who reads or writes
 * slowly holds up nobody else; the JDK's server ends those that take too long to say what they want. Any thread.
 */
final class WebServer implements AutoCloseable {
    private static final int MOST_AT_WORK = 8;
    private static final int BACKLOG = 64;
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String API = "/api/";

    static {
        /* The JDK's server has no other way to be told. Seconds, connections, bytes, lines. */
        limit("sun.net.httpserver.maxReqTime", "15");
        limit("jdk.httpserver.maxConnections", "128");
        limit("sun.net.httpserver.maxReqHeaderSize", "16384");
        limit("sun.net.httpserver.maxReqHeaders", "64");
        limit("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore atWork = new Semaphore(MOST_AT_WORK);
    private final Assets assets = new Assets();
    private final Hub hub;
    private final Feed feed;
    private final Gate gate;

    /**
     * A server that listens, and answers once it is started.
     *
     * @param port 0 for any that is free
     * @throws MachineException if it cannot listen there
     */
    WebServer(InetAddress address, int port, Hub hub, Feed feed) throws IOException {
        this.hub = hub;
        this.feed = feed;
        try {
            server = HttpServer.create(new InetSocketAddress(address, port), BACKLOG);
        } catch (BindException refused) {
            throw new MachineException(ExitCode.RESOURCES, "port " + port + " of " + address.getHostAddress()
                + " cannot be listened at: " + refused.getMessage() + "; name another with --port N, or --port 0 for "
                + "any that is free; --listen takes addresses of this machine only", refused);
        }
        gate = new Gate(server.getAddress());
        server.setExecutor(threads);
        server.createContext("/", this::handle);
    }

    private static void limit(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    void start() {
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** What a user opens: with the token. */
    String address() {
        return "http://" + host() + ":" + port() + "/?token=" + gate.token().word();
    }

    /** The same for one browser, once. */
    String addressForOne() {
        return "http://" + host() + ":" + port() + "/?token=" + gate.newTicket();
    }

    private String host() {
        InetAddress bound = server.getAddress().getAddress();
        return bound.isAnyLocalAddress() ? "127.0.0.1" : Gate.literal(bound);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Security-Policy", POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("X-Frame-Options", "DENY");
            headers.set("Cache-Control", "no-store");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cross-Origin-Opener-Policy", "same-origin");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            Refusal refusal = gate.checkForm(exchange);
            if (refusal != null) {
                refuse(exchange, refusal);
            } else if (!exchange.getRequestMethod().equals("GET") || !exchangeToken(exchange)) {
                refusal = gate.checkKnown(exchange);
                if (refusal != null) {
                    refuse(exchange, refusal);
                } else {
                    answerOrSay(exchange);
                }
            }
        } catch (RuntimeException | Error fault) {
            /* The JDK's server would log it, or not. */
            System.err.println("mk: fault of mkemu, please report it with the lines below: " + fault);
            fault.printStackTrace();
            throw fault;
        }
    }

    /** Makes the token of an address a cookie and leads to the address without it, which is what the browser keeps. */
    private boolean exchangeToken(HttpExchange exchange) throws IOException {
        String token = Gate.parameter(exchange.getRequestURI(), "token");
        if (token == null || !exchange.getRequestURI().getPath().equals("/")) {
            return false;
        }
        if (gate.takes(token)) {
            exchange.getResponseHeaders().set("Set-Cookie", gate.setCookie());
            exchange.getResponseHeaders().set("Location", "/");
            exchange.sendResponseHeaders(303, -1);
        } else {
            refuse(exchange, new Refusal(403, "this token is not, or no longer, that of this server: open the "
                + "address that mk web has printed"));
        }
        return true;
    }

    /** A machine that cannot be read or asked is told of; a page that has gone is not there to be told. */
    private void answerOrSay(HttpExchange exchange) throws IOException {
        try {
            answer(exchange);
        } catch (IOException broken) {
            if (exchange.getResponseCode() >= 0) {
                throw broken;
            }
            refuse(exchange, new Refusal(500, ErrorText.oneLine(ErrorText.of(broken))));
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        boolean get = exchange.getRequestMethod().equals("GET");
        if (get && path.equals(API + "events")) {
            follow(exchange);
        } else if (!get && path.equals(API + "verb")) {
            carryOut(exchange);
        } else if (get && path.equals("/metrics")) {
            MetricsText metrics = feed.metrics(exchange.getRequestHeaders().getFirst("Accept"));
            if (metrics == null) {
                refuse(exchange, new Refusal(404, "a recording has no metrics"));
            } else {
                send(exchange, 200, metrics.contentType(), metrics.bytes());
            }
        } else if (get && path.startsWith(API)) {
            try {
                ObjectNode found = feed.answer(path.substring(API.length()), exchange.getRequestURI());
                if (found == null) {
                    refuse(exchange, new Refusal(404, "there is no " + path));
                } else {
                    json(exchange, 200, found);
                }
            } catch (MachineException refused) {
                refuse(exchange, new Refusal(409, ErrorText.oneLine(refused.getMessage())));
            }
        } else {
            Assets.Asset asset = get ? assets.find(path) : null;
            if (asset == null) {
                refuse(exchange, new Refusal(get ? 404 : 405, "there is no " + path + " to " + (get ? "get" : "post")));
            } else {
                send(exchange, 200, asset.type(), asset.bytes());
            }
        }
    }

    private void follow(HttpExchange exchange) throws IOException {
        Client client = new Client(Thread.currentThread());
        String last = exchange.getRequestHeaders().getFirst("Last-Event-ID");
        long seen = last != null && last.matches("[0-9]{1,18}") ? Long.parseLong(last) : 0;
        if (!hub.join(client, seen)) {
            refuse(exchange, new Refusal(503, Hub.MOST_CLIENTS + " pages follow already: close one"));
            return;
        }
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
            exchange.sendResponseHeaders(200, 0);
            client.run(exchange.getResponseBody());
        } finally {
            hub.leave(client);
        }
    }

    private void carryOut(HttpExchange exchange) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(Gate.MOST_BODY);
        }
        if (!atWork.tryAcquire()) {
            refuse(exchange, new Refusal(429, MOST_AT_WORK + " requests are at work: wait for one"));
            return;
        }
        try {
            JsonNode request = Json.read(body);
            json(exchange, 200, feed.carryOut(request));
        } catch (MachineException refused) {
            refuse(exchange, new Refusal(refused.exitCode() == ExitCode.USAGE ? 400 : 409,
                ErrorText.oneLine(refused.getMessage())));
        } catch (JsonProcessingException wrong) {
            refuse(exchange, new Refusal(400, "body: no JSON: " + wrong.getOriginalMessage()));
        } finally {
            atWork.release();
        }
    }

    private static void refuse(HttpExchange exchange, Refusal refusal) throws IOException {
        boolean forPeople = !exchange.getRequestURI().toString().startsWith(API)
            && exchange.getRequestMethod().equals("GET");
        if (forPeople) {
            /* A link of our own brings the cookie also where another site led to this page. */
            String page = "<!doctype html><meta charset=utf-8><title>mkemu</title><p>" + escape(refusal.line())
                + "<p><a href=\"/\">Try again</a>";
            send(exchange, refusal.status(), "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
        } else {
            json(exchange, refusal.status(), Json.object().put("error", refusal.line()));
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static void json(HttpExchange exchange, int status, ObjectNode what) throws IOException {
        send(exchange, status, "application/json; charset=utf-8", Json.bytes(what));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] bytes) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** Ends all clients, then the server: nothing is left that listens. */
    @Override
    public void close() {
        hub.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
