// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A machine in a file: what it tells, and that nothing stands still for longer than it is copied. */
class SnapshotIT extends LabMachine {
    private static final int KILL_SECONDS = 60;
    private static final List<List<String>> LOOKS = List.of(List.of("show"), List.of("show", "web", "-v"),
        List.of("show", "--json"), List.of("iomem"), List.of("iomem", "--json"), List.of("dmesg"),
        List.of("dmesg", "web"), List.of("dmesg", "web", "-l", "info", "--json"), List.of("interrupts"),
        List.of("interrupts", "--json"));

    /** The first column of a row. */
    private static final Pattern OF_HOST = Pattern.compile("^( *\\S+) +\\d+", Pattern.MULTILINE);
    /** The first counters in what mk show --json prints. */
    private static final Pattern HOSTS_COUNTERS = Pattern.compile("\"counters\":\\{[^}]*\\}");

    private Path file;
    private long web;

    @BeforeEach
    void boot() throws Exception {
        file = mk.work().resolve("lab.mksnap");
        mk.run(CREATE).ends(0);
        mk.run("load", "web", "--modules", "echo").ends(0);
        mk.run("exec", "web").ends(0);
        web = web().get("pid").asLong();
    }

    /** What all looks tell, but for how long it is up and what the CPU of the host counts: that goes on. */
    private List<String> looks(String... prefix) throws Exception {
        List<String> all = new ArrayList<>();
        for (List<String> look : LOOKS) {
            List<String> words = new ArrayList<>(List.of(prefix));
            words.addAll(look);
            Ended ended = mk.run(words.toArray()).ends(0);
            assertEquals(List.of(), ended.err(), ended::describe);
            String text = String.join("\n", ended.out());
            if (look.getFirst().equals("interrupts")) {
                text = look.contains("--json") ? text.substring(text.indexOf("},{")) : OF_HOST.matcher(text)
                    .replaceAll("$1");
            }
            all.add(look + "\n" + HOSTS_COUNTERS.matcher(text.replaceAll("up [0-9.]+ s", "up")
                .replaceAll("\"upMillis\":\\d+", "\"upMillis\"")).replaceFirst(""));
        }
        return all;
    }

    @Test
    void aSnapshotOfAPausedMachineTellsWhatTheMachineTells() throws Exception {
        mk.run("pause", "--all").ends(0);
        List<String> live = looks();
        mk.run("snapshot", file).ends(0);
        assertEquals(live, looks("inspect", file.toString()));
        assertEquals(live, looks());
        assertEquals("paused", web().get("detail").asText());
        mk.run("continue", "web").ends(0);
        refuses(2, "mk: " + file + " is there already: --force replaces it", "snapshot", file);
        String about = mk.run("inspect", file).ends(0).out().getFirst();
        assertTrue(about.startsWith("snapshot of machine lab on "), about);
        assertTrue(String.join("\n", mk.run("inspect", file, "--tree").ends(0).out())
            .contains("mkemu,modules = \"echo\";"));
        mk.run("inspect", file, "dmesg", "-w").endsWith(code -> code == 2, "2");
        refuses(7, "mk: there is no instance \"nobody\": the snapshot has host, web", "inspect", file, "show",
            "nobody");
        refuses(4, "mk: " + mk.work().resolve("none")
            + ": no such file or directory", "inspect", mk.work().resolve("none"));
        refuses(4, "mk: " + Mk.root().resolve("pom.xml")
            + " is no snapshot of a machine: mk snapshot FILE writes one", "inspect", Mk.root().resolve("pom.xml"));
        end();
    }

    @Test
    void aDemoLosesNothingWhileItIsSaved() throws Exception {
        end();
        MkProcess demo = mk.start("demo", "--instances", "1", "--messages", "200000");
        Await.until(() -> Files.exists(mk.machine("demo").resolve("control")));
        int saved = 0;
        while (demo.isAlive() && saved < 20) {
            Ended snapshot = mk.run("snapshot", file, "--force", "--machine", "demo");
            saved += snapshot.awaitExit() == 0 ? 1 : 0;
        }
        demo.ends(0);
        assertTrue(saved > 0, "no snapshot was made before the demo had ended");
        assertTrue(demo.out().stream().anyMatch(line -> line.contains(" 0 lost, 0 torn, 0 repeated, 0 reordered")),
            demo::describe);
        mk.run("inspect", file, "iomem").ends(0);
    }

    private void refuses(int code, String line, Object... verb) throws Exception {
        mk.run(verb).refuses(code, Pattern.quote(line));
    }

    private boolean standsStill() {
        return Procs.state(web).equals("T");
    }

    @Test
    void aClientThatIsKilledLeavesNothingStopped() throws Exception {
        for (boolean caught = false; !caught;) {
            MkProcess client = mk.start("snapshot", file, "--force");
            while (client.isAlive() && !caught) {
                caught = standsStill();
            }
            client.kill();
        }
        Await.until(() -> !standsStill());
        assertEquals("", web().get("detail").asText());
        end();
        assertEquals(List.of(), leftovers());
    }

    @Test
    void aHostThatIsKilledLeavesNothingStopped() throws Exception {
        long host = mk.ask("lab", "{'verb':'show'}").at("/machine/pid").asLong();
        for (boolean caught = false; !caught;) {
            MkProcess client = mk.start("snapshot", file, "--force");
            while (client.isAlive() && !caught) {
                caught = standsStill();
            }
            if (caught) {
                Procs.signal("KILL", host);
            }
            client.awaitExit();
        }
        Procs.awaitEnd(web, KILL_SECONDS);
        mk.run("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
        end();
    }

    private List<String> leftovers() throws Exception {
        try (var files = Files.list(mk.work())) {
            return files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(".partial")).toList();
        }
    }

    @Test
    void aFullDiskIsALineAndLeavesNothing() throws Exception {
        Path disk = Files.createDirectory(mk.work().resolve("disk"));
        assumeTrue(Procs.run("mount", "-t", "tmpfs", "-o", "size=32k", "mkemu-it", disk.toString()),
            "a small file system can be mounted");
        try {
            Path full = disk.resolve("lab.mksnap");
            refuses(5, "mk: " + full + " cannot be written (No space left on device): no snapshot is left; name "
                + "another place, or make room there", "snapshot", full);
            assertEquals(List.of(), Trees.below(disk));
        } finally {
            Procs.run("umount", disk.toString());
        }
        assertFalse(standsStill());
        Path own = mk.machine("lab").resolve("lab.mksnap");
        refuses(2, "mk: " + own + " lies where machines are: only their own files may; name another place",
            "snapshot", own);
        end();
    }
}
