// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** mk metrics: what Prometheus' own tool says of it, and a machine that goes and comes back while it is served. */
@Timeout(300)
class MetricsIT {
    private static final Pattern URL = Pattern.compile("http://[\\d.]+:(\\d+)/metrics");

    @RegisterExtension
    final Mk mk = new Mk();

    private void init() throws Exception {
        mk.start("init", "--cpus", "0-1", "--memory", "32M", "--machine", "meter").ends(0);
    }

    private MkProcess serve(String address) throws Exception {
        MkProcess server = mk.start("metrics", "--machine", "meter", "--listen", address);
        server.err.await(1, URL.pattern(), server::describe);
        return server;
    }

    private static URI at(MkProcess server) {
        Matcher url = URL.matcher(server.err().getFirst());
        assertTrue(url.find(), server::describe);
        return URI.create("http://127.0.0.1:" + url.group(1) + "/metrics");
    }

    private static String get(MkProcess server, String accept) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) at(server).toURL().openConnection();
        connection.setRequestProperty("Accept", accept);
        assertEquals(200, connection.getResponseCode(), server::describe);
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static void stop(MkProcess server) throws Exception {
        server.signal("INT");
        server.ends(130);
    }

    private void promtool(Path input, String... args) throws Exception {
        MkProcess promtool = mk.launch(List.of("bash", "-c", "exec promtool \"$@\" <" + input, "promtool"), mk.work(),
            (Object[]) args);
        promtool.ends(0);
        assertEquals(List.of(), promtool.err(), promtool::describe);
    }

    @Test
    @ExtendWith(PromtoolCondition.class)
    void theMetricsAreAsPrometheusWantsThem() throws Exception {
        init();
        mk.run("create", "web", "--cpus", "1", "--memory", "16M").ends(0);
        mk.run("load", "web", "--modules", "echo").ends(0);
        mk.run("exec", "web").ends(0);
        MkProcess server = serve("127.0.0.1:0");
        String text = get(server, "text/plain");
        for (String line : List.of("mkemu_up{machine=\"meter\"} 1.0",
            "mkemu_kernel_state{kernel=\"web\",machine=\"meter\",mkemu_kernel_state=\"active\"} 1",
            "mkemu_kernel_life{kernel=\"web\",machine=\"meter\"} 1.0")) {
            assertTrue(text.contains(line + "\n"), () -> line + " is not in\n" + text);
        }
        promtool(Files.writeString(mk.work().resolve("metrics.txt"), text), "check", "metrics");
        String open = get(server, "application/openmetrics-text; version=1.0.0");
        assertTrue(open.endsWith("# EOF\n"), open);
        assertTrue(open.contains("\n# TYPE mkemu_kernel_state stateset\n"), open);
        MkProcess printed = mk.start("metrics").ends(0);
        assertEquals("# EOF", printed.out().getLast());
        /* The command and the server print the same metrics, each of its own moment. */
        assertEquals(names(open.lines().toList()), names(printed.out()));
        stop(server);
        mk.run("shutdown").ends(0);
    }

    private static List<String> names(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("# TYPE ")).toList();
    }

    /** Prometheus' own parser reads the dashboard's queries: each as a rule that records it. */
    @Test
    @ExtendWith(PromtoolCondition.class)
    void theQueriesOfTheDashboardAreQueries() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(Mk.root().resolve("deploy/grafana/mkemu.json").toFile());
        StringBuilder rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        int count = 0;
        for (JsonNode query : dashboard.findValues("expr")) {
            rules.append("  - record: dashboard_").append(count++).append("\n    expr: '").append(query.asText()
                .replace("$machine", "m").replace("$__rate_interval", "1m")).append("'\n");
        }
        assertTrue(count >= 18, "only " + count + " queries");
        Path file = Files.writeString(mk.work().resolve("rules.yml"), rules);
        promtool(Path.of("/dev/null"), "check", "rules", file.toString());
    }

    @Test
    void aMachineThatGoesAndComesBackIsFoundAgain() throws Exception {
        MkProcess server = serve("127.0.0.1:0");
        mk.run("metrics", "--machine", "meter").refuses(4, "\"meter\" does not run");
        mk.start("metrics", "--machine", "meter", "--listen", Integer.toString(at(server).getPort()))
            .refuses(5, "--listen 127.0.0.1:\\d+: Address already in use; name another port");
        for (int round = 0; round < 2; round++) {
            assertTrue(get(server, "text/plain").endsWith("\nmkemu_up{machine=\"meter\"} 0.0\n"));
            init();
            assertTrue(get(server, "text/plain").contains("\nmkemu_up{machine=\"meter\"} 1.0\n"));
            mk.run("shutdown").ends(0);
        }
        assertTrue(get(server, "text/plain").endsWith("\nmkemu_up{machine=\"meter\"} 0.0\n"));
        stop(server);
        MkProcess open = serve("0.0.0.0:0");
        assertTrue(open.err().getFirst().contains("there is no password"), open::describe);
        stop(open);
        mk.start("metrics", "--listen", "nowhere").refuses(2, "'nowhere': expected ADDRESS:PORT or PORT");
    }
}
