// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Showpiece;
import io.mkemu.testkit.Await;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * mk web as its users see it: in a browser. With {@code -Dmkemu.screenshots=true} it makes the pictures that the
 * documents show.
 */
@NeedsBrowser
class WebIT {
    private static final boolean PICTURES = Boolean.getBoolean("mkemu.screenshots");
    private static final int POINTS_OF_A_PICTURE = 60;
    private static final int LAST_STEP = 1000;
    private static final int STEPS_BACK = 10;
    private static final String CACHE = ".kernel[data-name=cache]";

    @RegisterExtension
    final Mk mk = new Mk();

    @AfterAll
    static void endTheBrowser() {
        WebPage.end();
    }

    private static String instance(String name, int id, int cpu, String bootargs) {
        return """
            %s { id = <%d>; mkemu,modules = "MODULE"; resources { cpus = <%d>; memory-bytes = <0x400000>; };
                chosen { bootargs = "%s"; }; };
            """.formatted(name, id, cpu, bootargs);
    }

    /** A host and three instances that talk to each other; one is told something with markup in it. */
    private Path tree() throws Exception {
        Path module = ModuleJar.of(mk.work(), Showpiece.class);
        return Files.writeString(mk.work().resolve("shop.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                mkemu,modules = "MODULE";
                resources { cpus = <0 1 2 3>; memory-bytes = <0x1000000>; };
                chosen { bootargs = "idle=haltpoll showpiece.every=4000"; };
                instances {
                    %s%s%s
                };
            };
            """.formatted(instance("web-server", 1, 1, "idle=haltpoll showpiece.every=2000 showpiece.pages=40"),
            instance("database", 2, 2, "idle=haltpoll showpiece.every=3000 showpiece.pages=24 note=<b>"),
            instance("cache", 3, 3, "idle=halt showpiece.every=9000 showpiece.pages=12"))
            .replace("MODULE", module.toString()));
    }

    private String start(MkProcess web) throws Exception {
        web.awaitOut(1, "^http://127\\.0\\.0\\.1:\\d+/\\?token=[0-9a-f]{64}$");
        return web.out().getFirst();
    }

    private static int status(String address) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create(address)).build(),
                HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    private void end(MkProcess web) throws Exception {
        web.signal("INT");
        web.ends(130);
    }

    private JsonNode show(String name) throws Exception {
        return mk.ask("shop", "{'verb':'show','names':['" + name + "']}").get("instances").get(0);
    }

    @Test
    void aMachineIsShownAsItIs() throws Exception {
        mk.start("init", tree(), "--machine", "shop", "--journal", mk.work().resolve("journal")).ends(0);
        mk.start("exec", "--all", "--machine", "shop").ends(0);
        MkProcess web = mk.start("web", "--machine", "shop", "--port", "0");
        String address = start(web);
        for (String path : List.of("", "api/events", "app.js", "?token=0")) {
            assertEquals(403, status(address.replaceAll("\\?.*", path)), path);
        }
        try (WebPage page = new WebPage(1280)) {
            page.open(address);
            for (String name : List.of("host", "web-server", "database", "cache")) {
                page.awaitText(".kernel[data-name=" + name + "] .state", "active");
            }
            assertEquals(address.replaceAll("\\?.*", ""), page.address(), "the token stays in the address");
            assertEquals(4, page.all(".kernel").size());
            showsWhatHappens(page);
            runsNoScript(page);
            aKilledKernelIsShownAsFailed(page);
            pictures(page);
            buttonsWork(page);
            mk.start("shutdown", "--machine", "shop").ends(0);
            page.awaitText("#notice", "does not run any more");
            page.awaitText("#state", "ended");
            mk.start("init", tree(), "--machine", "shop").ends(0);
            page.awaitText("#state", "running");
            page.awaitText(CACHE + " .state", "loaded");
            page.awaitText("#latency", "no journal");
            assertEquals(null, page.run("return window.pwned ?? null"));
            assertEquals(Boolean.TRUE, page.run("return document.querySelector('#notice').hidden"));
            page.assertNoComplaint();
        }
        end(web);
        assertEquals(List.of(), web.err(), web::describe);
        mk.start("shutdown", "--machine", "shop").ends(0);
    }

    private void showsWhatHappens(WebPage page) {
        Await.until(() -> page.texts("#matrix td:not(.self)").stream().noneMatch(cell -> cell.equals("")),
            () -> "traffic between all: " + page.texts("#matrix td"));
        page.awaitText("#memory .shares", "web-server \u2192 database: 40 pages");
        page.awaitText("#memory .map", "web-server");
        page.awaitText("#latency", "database");
        Await.until(() -> !page.all("#timeline canvas").isEmpty(), () -> "a timeline");
        Await.until(() -> !page.all("#rates canvas").isEmpty(), () -> "rates");
        page.awaitText("#logs .lines", "messages have come");
        page.awaitText("#totals", "4 of 4");
    }

    private void runsNoScript(WebPage page) {
        page.awaitText("#logs .lines", Showpiece.SCRIPT);
        page.awaitText("#logs .lines", Showpiece.IMAGE);
        assertEquals(null, page.run("return window.pwned ?? null"));
        assertEquals(0, page.all("#logs .lines script, #logs .lines img, main b").size());
        assertTrue(page.run("return document.querySelector('.kernel[data-name=database] h3').title").toString()
            .contains("note=<b>"));
        namesAreText(page);
    }

    /** The table of instances lies in shared memory: a kernel can write any name into it. */
    private static void namesAreText(WebPage page) {
        assertEquals(List.of(Showpiece.IMAGE, Showpiece.SCRIPT + ".", Showpiece.IMAGE, 0L), page.run("""
            const [name, reason] = arguments;
            const snapshot = {ipi: 'queued', kernels: [{id: 99, name, state: 'failed', reason, cpus: [], life: 1}],
              cpus: [], lanes: [], upNanos: 1e9};
            /* A form of its own: radio buttons of one name are one switch otherwise. */
            const form = document.body.appendChild(document.createElement('form'));
            const parts = ['kernels', 'matrix', 'lanes', 'rates'].map(id => {
              const part = document.getElementById(id).cloneNode(true);
              part.querySelectorAll('.cards, .scroll, .plot').forEach(box => box.replaceChildren());
              form.append(part);
              return part;
            });
            return Promise.all(['kernels', 'matrix', 'rates'].map(name => import('/' + name + '.js'))).then(modules => {
              new modules[0].Kernels(parts[0], () => {}).show(snapshot, null, true);
              new modules[1].Matrix(parts[1], parts[2]).show(snapshot, null);
              new modules[2].Rates(parts[3]).show(snapshot, null);
              const told = [parts[0].querySelector('h3').textContent, parts[0].querySelector('.reason').textContent,
                parts[1].querySelector('tbody th').textContent,
                parts.reduce((sum, part) => sum + part.querySelectorAll('img, script').length, 0)];
              form.remove();
              return told;
            });
            """, Showpiece.IMAGE, Showpiece.SCRIPT));
    }

    private void aKilledKernelIsShownAsFailed(WebPage page) throws Exception {
        LiveHost.kill9(show("cache").get("pid").asLong());
        page.awaitText(CACHE + " .state", "failed");
        page.awaitText(CACHE + " .reason", "killed by signal 9 (SIGKILL)");
        page.awaitText(CACHE + " .reason", "last words: \u201cshowpiece: ");
        page.awaitText(".kernel[data-name=database] .state", "active");
    }

    private void buttonsWork(WebPage page) throws Exception {
        page.click(CACHE + " button[data-verb=exec]");
        page.awaitText("#toasts", "cache: active");
        page.awaitText(CACHE + " .state", "active");
        page.click(CACHE + " button[data-verb=pause]");
        page.awaitText(CACHE + " .state", "paused");
        assertEquals("paused", show("cache").get("detail").asText());
        page.click(CACHE + " button[data-verb=continue]");
        page.awaitText(CACHE + " .state", "active");
        long life = show("cache").get("life").asLong();
        page.click(CACHE + " button[data-verb=force]");
        page.awaitText(CACHE + " button[data-verb=force]", "again");
        assertEquals("active", show("cache").get("state").asText(), "asked once");
        page.click(CACHE + " button[data-verb=force]");
        page.awaitText(CACHE + " .state", "loaded");
        assertEquals(life, show("cache").get("life").asLong());
        page.run("document.querySelector('#trace-mode input[value=off]').click()");
        page.awaitText("#toasts", "trace: ipi \u2192 off");
        Await.until(() -> Boolean.TRUE.equals(page.run("return document.querySelector('#trace-mode input[value=off]')"
            + ".checked")), () -> "trace off");
    }

    private static void pictures(WebPage page) throws Exception {
        if (!PICTURES) {
            return;
        }
        Await.until(() -> Integer.parseInt(page.run("return document.querySelector('#rates .plot').dataset.points")
            .toString()) >= POINTS_OF_A_PICTURE, () -> "some seconds of rates");
        Path images = Mk.root().resolve("docs/images");
        page.picture(images.resolve("web.png"));
        page.dark(true);
        page.width(400);
        page.picture(images.resolve("web-400-dark.png"));
        page.dark(false);
        page.width(1280);
    }

    /** A person who types nothing else sees kernels, kills one and reads its last words. */
    @Test
    void whereNoMachineRunsADemoDoes() throws Exception {
        MkProcess web = mk.start("web", "--port", "0");
        String address = start(web);
        assertTrue(web.err().getFirst().startsWith("mk: no machine runs: a demo of four kernels was started"),
            web::describe);
        try (WebPage page = new WebPage(1280)) {
            page.open(address);
            for (String name : List.of("host", "web-server", "database", "cache")) {
                page.awaitText(".kernel[data-name=" + name + "] .state", "active");
            }
            page.awaitText("#latency", "database");
            LiveHost.kill9(mk.ask("demo", "{'verb':'show','names':['cache']}").get("instances").get(0).get("pid")
                .asLong());
            page.awaitText(CACHE + " .state", "failed");
            page.awaitText(CACHE + " .reason", "killed by signal 9 (SIGKILL)");
            page.click(CACHE + " button[data-verb=exec]");
            page.awaitText(CACHE + " .state", "active");
            page.click(CACHE + " button[data-verb=force]");
            page.click(CACHE + " button[data-verb=force]");
            page.awaitText(CACHE + " .state", "loaded");
        }
        end(web);
        assertEquals(1, web.err().size(), web::describe);
        assertFalse(Files.exists(mk.machine("demo")));
    }

    /** Whoever comes too late must not end the other one's machine. */
    @Test
    void twoAtOnceShareOneDemo() throws Exception {
        List<MkProcess> both = List.of(mk.start("web", "--port", "0"), mk.start("web", "--port", "0"));
        Await.until(() -> both.stream().noneMatch(web -> web.isAlive() && web.out().isEmpty()));
        List<MkProcess> serving = both.stream().filter(MkProcess::isAlive).toList();
        assertFalse(serving.isEmpty(), () -> both.get(0).describe() + both.get(1).describe());
        for (MkProcess web : both) {
            if (!serving.contains(web)) {
                web.refuses(4, "machine \"demo\"");
            }
        }
        for (JsonNode kernel : mk.ask("demo", "{'verb':'show'}").get("instances")) {
            assertEquals("active", kernel.get("state").asText(), kernel::toString);
        }
        for (MkProcess web : serving) {
            end(web);
        }
    }

    @Test
    void manyKernelsAreDrawn() throws Exception {
        TreeSource tree = new TreeSource();
        IntStream.rangeClosed(1, 31).forEach(i -> tree.instance("node" + i));
        mk.start("init", tree.write(mk.work(), "many"), "--machine", "many").ends(0);
        MkProcess web = mk.start("web", "--port", "0");
        try (WebPage page = new WebPage(1280)) {
            page.open(start(web));
            Await.until(() -> page.all(".kernel").size() == 32, () -> page.all(".kernel").size() + " kernels of 32");
            page.awaitText(".kernel[data-name=node31] .state", "loaded");
            Await.until(() -> page.all("#matrix tbody tr").size() == 32, () -> "a row for each kernel");
            Await.until(() -> page.all("#memory .region.instance_pool").size() == 31, () -> "31 pools");
            for (int width : List.of(1280, 400)) {
                page.width(width);
                Await.until(() -> page.run("return document.documentElement.scrollWidth").equals((long) width),
                    () -> "no wider than " + width + ": " + page.run("return document.documentElement.scrollWidth"));
            }
            page.assertNoComplaint();
        }
        end(web);
        mk.start("shutdown").ends(0);
    }

    @Test
    void aRecordingIsShownAsOfEachTime() throws Exception {
        Path journal = mk.work().resolve("journal");
        mk.start("init", tree(), "--machine", "shop", "--journal", journal).ends(0);
        mk.start("exec", "--all", "--machine", "shop").ends(0);
        LiveHost.kill9(show("cache").get("pid").asLong());
        Await.until(() -> {
            try {
                return show("cache").get("state").asText().equals("failed");
            } catch (Exception refused) {
                throw new AssertionError(refused);
            }
        });
        mk.start("shutdown", "--machine", "shop").ends(0);
        MkProcess web = mk.start("web", "--journal", journal, "--port", "0");
        try (WebPage page = new WebPage(1280)) {
            page.open(start(web));
            page.awaitText("#state", "recorded");
            go(page, LAST_STEP);
            page.awaitText("#logs .lines", Showpiece.SCRIPT);
            assertEquals(null, page.run("return window.pwned ?? null"));
            int step = LAST_STEP;
            while (!page.texts(CACHE + " .state").getFirst().toString().contains("failed")) {
                assertTrue(step > 0, "at no time it had failed");
                step -= STEPS_BACK;
                go(page, step);
            }
            page.awaitText(CACHE + " .reason", "killed by signal 9 (SIGKILL)");
            assertFalse(page.all("#timeline canvas").isEmpty(), "no messages in the 5 s before");
            assertFalse(page.all("#latency tbody tr").isEmpty(), "no latencies in the 5 s before");
            go(page, 0);
            page.awaitText(CACHE + " .state", "empty");
            page.awaitText("#logs .lines", "No line");
            assertTrue(page.texts(CACHE + " .reason").stream().allMatch(""::equals));
            page.assertNoComplaint();
        }
        end(web);
        assertEquals(List.of(), web.err(), web::describe);
    }

    /** Chooses a time, and waits until what there was is shown. */
    private static void go(WebPage page, int step) {
        page.run("const time = document.querySelector('#time'); time.value = arguments[0]; "
            + "time.dispatchEvent(new Event('input'))", step);
        Await.until(() -> Integer.toString(step).equals(page.run("return document.querySelector('#player').dataset"
            + ".shown ?? ''")), () -> "step " + step + ": " + page.texts("#time-text"));
    }

    @Test
    void whatIsWrongIsALine() throws Exception {
        mk.start("web", "--machine", "none").refuses(4, "machine \"none\" does not run");
        mk.start("web", "--journal", mk.work()).refuses(4, "is no journal");
        mk.start("web", "--journal", mk.work(), "--machine", "a").refuses(2, "--machine or --journal, not both");
        mk.start("web", "--port", "70000").refuses(2, "--port 70000 is no port");
        mk.start("web", "--listen", "localhost").refuses(2, "--listen 'localhost' is no address");
        mk.start("web", "--listen", "256.1.1.1").refuses(2, "--listen '256.1.1.1' is no address");
        assertFalse(Files.exists(mk.machine("none")));
    }
}
