// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import io.mkemu.live.metrics.MachineMetrics;
import io.mkemu.live.metrics.MetricsText;
import io.mkemu.live.web.RawHttp.Answer;
import io.mkemu.testkit.Await;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom mk web answers, and whom not; over real connections. */
@Timeout(300)
class WebServerTest {
    private static final String ONE_LINE = "{\"verb\":\"exec\",\"name\":\"web\"}";

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Hub hub = new Hub();
    private WebServer server;
    private String token;

    /** What is asked for is noted. */
    private final class NotingFeed implements Feed {
        @Override
        public void run(Hub to, CountDownLatch stop) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ObjectNode answer(String path, URI address) {
            asked.add(path);
            return path.equals("known") ? Json.object().put("at", Gate.parameter(address, "nanos")) : null;
        }

        @Override
        public MetricsText metrics(String accept) throws IOException {
            return MetricsText.accepted(accept, MachineMetrics.down("shop"));
        }

        @Override
        public ObjectNode carryOut(JsonNode request) {
            asked.add(request.toString());
            if (request.path("verb").asText().equals("kill")) {
                throw new MachineException(ExitCode.STATE, "web is ready:\nmk load first");
            }
            return Json.object().put("text", "done");
        }

        @Override
        public void close() {
        }
    }

    @Test
    void metricsAreForThoseWhoHaveTheToken() throws IOException {
        assertEquals(403, get("/metrics").status());
        Answer metrics = get("/metrics", bearer(), "Accept: application/openmetrics-text");
        assertEquals(200, metrics.status());
        assertTrue(metrics.body().contains("mkemu_up{machine=\"shop\"} 0"), metrics::body);
    }

    @BeforeEach
    void start() throws IOException {
        server = new WebServer(InetAddress.getLoopbackAddress(), 0, hub, new NotingFeed());
        server.start();
        token = server.address().substring(server.address().indexOf('=') + 1);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String host() {
        return "Host: 127.0.0.1:" + server.port();
    }

    private String origin() {
        return "Origin: http://127.0.0.1:" + server.port();
    }

    private String bearer() {
        return "Authorization: Bearer " + token;
    }

    private Answer get(String path, String... more) throws IOException {
        List<String> lines = new ArrayList<>(List.of("GET " + path + " HTTP/1.1", host()));
        lines.addAll(List.of(more));
        return RawHttp.send(server.port(), "", lines.toArray(String[]::new));
    }

    private Answer post(String path, String body, String... more) throws IOException {
        List<String> lines = new ArrayList<>(List.of("POST " + path + " HTTP/1.1", host(),
            "Content-Length: " + body.length()));
        lines.addAll(List.of(more));
        return RawHttp.send(server.port(), body, lines.toArray(String[]::new));
    }

    @Test
    void nothingIsToldWithoutTheToken() throws IOException {
        for (String path : List.of("/", "/app.js", "/uplot.js", "/api/events", "/api/known", "/none", "/?token=",
            "/?token=0", "/?token=" + token.substring(1), "/app.js?token=" + token)) {
            assertEquals(403, get(path).status(), path);
        }
        assertEquals(403, get("/", "Cookie: mkemu-" + server.port() + "=" + token).status(), "the token is no cookie");
        assertEquals(403, get("/", "Authorization: Bearer x").status());
        assertEquals(403, get("/", "Authorization: Basic " + token).status());
        assertEquals(403, post("/api/verb", ONE_LINE, origin(), "Content-Type: application/json").status());
        assertEquals(List.of(), asked);
        assertEquals(200, get("/", bearer()).status());
    }

    @Test
    void theTokenBecomesACookieAndLeavesTheAddress() throws IOException {
        Answer answer = get("/?token=" + token);
        assertEquals(303, answer.status());
        assertEquals("/", answer.header("location"));
        String cookie = answer.header("set-cookie");
        assertTrue(cookie.matches("mkemu-" + server.port() + "=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict"),
            cookie);
        assertFalse(cookie.contains(token), cookie);
        assertEquals("no-referrer", answer.header("referrer-policy"));
        String sent = "Cookie: other=1; " + cookie.split(";")[0];
        Answer page = get("/", sent);
        assertEquals(200, page.status());
        assertFalse(page.body().contains(token));
        assertEquals(200, get("/app.js", sent).status());
        assertEquals(403, get("/", sent.replaceAll(".$", "x")).status());
    }

    @Test
    void aTicketIsGoodForOneRequest() throws IOException {
        String address = server.addressForOne();
        String path = address.substring(address.indexOf("/?"));
        assertNotEquals(server.address(), address);
        assertEquals(303, get(path).status());
        assertEquals(403, get(path).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:PORT",
        "127.0.0.1.evil.example:PORT", "127.0.0.1:PORT@evil.example", "[::1]:PORT", ""})
    void anotherNameIsNotAnsweredTo(String host) throws IOException {
        Answer answer = RawHttp.send(server.port(), "", "GET / HTTP/1.1",
            "Host: " + host.replace("PORT", Integer.toString(server.port())), bearer());
        assertEquals(421, answer.status());
        assertFalse(answer.body().contains("app.js"));
    }

    @Test
    void oneNameIsNeeded() throws IOException {
        assertEquals(421, RawHttp.send(server.port(), "", "GET / HTTP/1.1", bearer()).status());
        assertEquals(421, get("/", "Host: evil.example", bearer()).status());
        assertEquals(200, RawHttp.send(server.port(), "", "GET / HTTP/1.1", "Host: LocalHost:" + server.port(),
            bearer()).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "null", "https://127.0.0.1:PORT", "http://127.0.0.1:1",
        "http://127.0.0.1", "http://evil.example:PORT"})
    void anotherSiteMayAskForNothing(String origin) throws IOException {
        String line = "Origin: " + origin.replace("PORT", Integer.toString(server.port()));
        assertEquals(403, get("/api/events", bearer(), line).status());
        assertEquals(403, get("/", bearer(), line).status());
        assertEquals(403, post("/api/verb", ONE_LINE, bearer(), line, "Content-Type: application/json").status());
        assertEquals(List.of(), asked);
    }

    @Test
    void aVerbNeedsOurOriginAndJson() throws IOException {
        String json = "Content-Type: application/json";
        assertEquals(403, post("/api/verb", ONE_LINE, bearer(), json).status(), "without an origin");
        assertEquals(403, post("/api/verb", ONE_LINE, bearer(), json, origin(), origin()).status(), "with two");
        assertEquals(415, post("/api/verb", ONE_LINE, bearer(), origin()).status());
        assertEquals(415, post("/api/verb", ONE_LINE, bearer(), origin(), "Content-Type: text/plain").status());
        assertEquals(400, post("/api/verb", "{", bearer(), origin(), json).status());
        assertEquals(400, post("/api/verb", "{\"verb\":1,\"verb\":2}", bearer(), origin(), json).status());
        assertEquals(List.of(), asked);
        Answer done = post("/api/verb", ONE_LINE, bearer(), origin(), json);
        assertEquals(200, done.status());
        assertEquals("{\"text\":\"done\"}", done.body());
        Answer refused = post("/api/verb", "{\"verb\":\"kill\"}", bearer(), origin(), json + "; charset=UTF-8");
        assertEquals(409, refused.status());
        assertEquals("{\"error\":\"web is ready: mk load first\"}", refused.body());
        assertEquals(List.of(ONE_LINE, "{\"verb\":\"kill\"}"), asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "TRACE", "CONNECT", "get"})
    void otherMethodsAreRefused(String method) throws IOException {
        assertEquals(405, RawHttp.send(server.port(), "", method + " /api/verb HTTP/1.1", host(), bearer(), origin())
            .status());
        assertEquals(List.of(), asked);
    }

    @Test
    void aVerbIsPostedAndAPageIsGot() throws IOException {
        assertEquals(404, get("/api/verb", bearer()).status());
        String json = "Content-Type: application/json";
        for (String path : List.of("/", "/app.js", "/api/events", "/api/known", "/api/verb/", "/api/verb/x")) {
            assertEquals(405, post(path, "{}", bearer(), origin(), json).status(), path);
        }
    }

    @Test
    void whatIsTooLongIsRefused() throws IOException {
        String json = "Content-Type: application/json";
        String most = "\"" + "x".repeat(Gate.MOST_BODY - 2) + "\"";
        assertEquals(200, post("/api/verb", most, bearer(), origin(), json).status());
        assertEquals(413, post("/api/verb", most + " ", bearer(), origin(), json).status());
        assertEquals(411, RawHttp.send(server.port(), "0\r\n\r\n", "POST /api/verb HTTP/1.1", host(), bearer(),
            origin(), json, "Transfer-Encoding: chunked").status());
        assertEquals(400, RawHttp.send(server.port(), "xyz", "GET / HTTP/1.1", host(), bearer(), "Content-Length: 3")
            .status());
        assertEquals(414, get("/?" + "x".repeat(3000), bearer()).status());
        assertNotEquals(200, get("/", bearer(), "X-Long: " + "x".repeat(64 << 10)).status());
        String[] many = new String[300];
        for (int i = 0; i < many.length; i++) {
            many[i] = "X-" + i + ": y";
        }
        many[0] = bearer();
        assertNotEquals(200, get("/", many).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../app.js", "/./app.js", "/%2e%2e/app.js", "/..%2fapp.js", "//app.js", "/app.js/",
        "/app.js%00", "/etc/passwd", "//etc/passwd", "/../../../../etc/passwd", "/WebCommand.class", "/index.html",
        "/META-INF/MANIFEST.MF", "/io/mkemu/live/web/app.js", "/api/../app.js", "/api", "/api/", "/api/none"})
    void whatIsNotThePagesIsNotThere(String path) throws IOException {
        assertEquals(404, get(path, bearer()).status());
    }

    @Test
    void eachAnswerSaysWhatABrowserMayDoWithIt() throws IOException {
        for (Answer answer : List.of(get("/", bearer()), get("/app.js", bearer()), get("/api/known", bearer()),
            get("/none", bearer()), get("/"), get("/?token=" + token),
            RawHttp.send(server.port(), "", "GET / HTTP/1.1", "Host: evil.example"))) {
            String policy = answer.header("content-security-policy");
            assertAll(answer.toString(), () -> assertTrue(policy.startsWith("default-src 'none'; script-src 'self'")),
                () -> assertFalse(policy.contains("unsafe")),
                () -> assertTrue(policy.contains("frame-ancestors 'none'")),
                () -> assertEquals("nosniff", answer.header("x-content-type-options")),
                () -> assertEquals("no-store", answer.header("cache-control")),
                () -> assertEquals("no-referrer", answer.header("referrer-policy")),
                () -> assertEquals(null, answer.header("access-control-allow-origin")));
        }
    }

    @Test
    void thePageHasNoScriptAndNoStyleOfItsOwn() throws IOException {
        String page = get("/", bearer()).body();
        assertFalse(page.matches("(?s).*<script(?![^>]* src=\"/)[^>]*>.*|.*<style.*|.* style=.*|.* on\\w+=.*"), page);
        assertFalse(page.contains("//"), "something is loaded from elsewhere");
        for (String path : List.of("/app.js", "/app.css", "/format.js", "/kernels.js", "/link.js", "/logs.js",
            "/matrix.js", "/memory.js", "/rates.js", "/recording.js", "/trace.js", "/uplot.js", "/uplot.css")) {
            Answer part = get(path, bearer());
            assertEquals(200, part.status());
            assertFalse(Pattern.compile("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|"
                + "Function\\(").matcher(part.body()).find(), path);
        }
    }

    @Test
    void whoSendsSlowlyHoldsUpNobody() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                Socket one = RawHttp.connect(server.port());
                slow.add(one);
                one.getOutputStream().write("GET / HTTP/1.1\r\nHo".getBytes(StandardCharsets.US_ASCII));
            }
            assertEquals(200, get("/", bearer()).status());
        } finally {
            for (Socket one : slow) {
                one.close();
            }
        }
    }

    private InputStream follow(Socket socket, String... more) throws IOException {
        String lines = "GET /api/events HTTP/1.1\r\n" + host() + "\r\n" + bearer() + "\r\n"
            + String.join("", more) + "\r\n";
        socket.getOutputStream().write(lines.getBytes(StandardCharsets.US_ASCII));
        return new BufferedInputStream(socket.getInputStream());
    }

    private static String awaitLine(InputStream in, String begin) throws IOException {
        for (String line = RawHttp.line(in); line != null; line = RawHttp.line(in)) {
            if (line.startsWith(begin)) {
                return line;
            }
        }
        throw new AssertionError("ended before " + begin);
    }

    @Test
    void whoFollowsIsToldTheNewestAndWhatComes() throws IOException {
        hub.tell("snapshot", Json.object().put("n", 1));
        hub.tell("snapshot", Json.object().put("n", 2));
        hub.log(List.of(Json.object().put("text", "a\nb"), Json.object().put("text", "</script>")));
        try (Socket socket = RawHttp.connect(server.port())) {
            InputStream in = follow(socket);
            assertEquals("data: {\"n\":2}", awaitLine(in, "data: "));
            assertEquals("id: 2", awaitLine(in, "id: "));
            assertEquals("data: {\"fresh\":false,\"lines\":[{\"text\":\"a\\nb\"},{\"text\":\"</script>\"}]}",
                awaitLine(in, "data: "));
            hub.tell("snapshot", Json.object().put("n", 3));
            assertEquals("data: {\"n\":3}", awaitLine(in, "data: "));
        }
        try (Socket socket = RawHttp.connect(server.port())) {
            InputStream in = follow(socket, "Last-Event-ID: 1\r\n");
            assertEquals("data: {\"fresh\":false,\"lines\":[{\"text\":\"</script>\"}]}",
                awaitLine(in, "data: {\"fresh\""));
        }
        hub.forgetLog();
        try (Socket socket = RawHttp.connect(server.port())) {
            InputStream in = follow(socket, "Last-Event-ID: 2\r\n");
            assertEquals("data: {\"fresh\":true,\"lines\":[]}", awaitLine(in, "data: {\"fresh\""),
                "what it has is of a machine that is gone");
        }
    }

    @Test
    void whoDoesNotReadIsLetGoAndTheOthersAreTold() throws Exception {
        ObjectNode much = Json.object().put("much", "x".repeat(64 << 10));
        try (Socket deaf = RawHttp.connect(server.port()); Socket other = RawHttp.connect(server.port())) {
            follow(deaf);
            Await.until(hub::isHeard);
            InputStream in = follow(other);
            Thread reader = Thread.startVirtualThread(() -> {
                try {
                    awaitLine(in, "data: {\"last\"");
                } catch (IOException broken) {
                    throw new AssertionError(broken);
                }
            });
            Await.until(() -> hub.clients() == 2);
            while (hub.clients() == 2) {
                hub.tell("snapshot", much);
                /* The one that reads has to keep up; the one that does not has no time to catch up. */
                Thread.sleep(1);
            }
            assertEquals(1, hub.clients());
            hub.tell("last", Json.object().put("last", true));
            reader.join();
        }
    }

    @Test
    void soManyMayFollowAndNoMore() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 1; i <= Hub.MOST_CLIENTS; i++) {
                Socket one = RawHttp.connect(server.port());
                sockets.add(one);
                follow(one);
                int now = i;
                Await.until(() -> hub.clients() == now);
            }
            assertEquals(503, get("/api/events", bearer()).status());
            assertEquals(200, get("/", bearer()).status());
        } finally {
            for (Socket one : sockets) {
                one.close();
            }
        }
    }

    @Test
    void aPortThatIsTakenIsALine() {
        MachineException refused = assertThrows(MachineException.class,
            () -> new WebServer(InetAddress.getLoopbackAddress(), server.port(), hub, new NotingFeed()));
        assertEquals(ExitCode.RESOURCES, refused.exitCode());
        assertTrue(refused.getMessage().matches("port " + server.port() + " of 127\\.0\\.0\\.1 .*--port 0 for any.*"),
            refused.getMessage());
    }

    @Test
    void whatIsAskedForIsAnswered() throws IOException {
        Answer answer = get("/api/known?nanos=17", bearer());
        assertEquals("{\"at\":\"17\"}", answer.body());
        assertEquals("application/json; charset=utf-8", answer.header("content-type"));
    }
}
