// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Typing to a kernel: the shell, at a terminal, by a pipe, and by mk exec; and whoever is killed meanwhile. */
@Timeout(600)
@DisplayName("mk console, mk exec -- COMMAND")
class ConsoleIT {
    private static final String HALF = "x".repeat(500);

    @RegisterExtension
    final Mk mk = new Mk();

    @BeforeEach
    void boot() throws Exception {
        mk.run("init", new TreeSource().instance("web", "echo", "shell").instance("db", "echo")
            .write(mk.work(), "lab")).ends(0);
        mk.run("start", "web", "db").ends(0);
    }

    private MkProcess bash(String script) throws Exception {
        return mk.launch(List.of("bash", "-c", script, Mk.root().resolve("scripts/mk").toString()), mk.work());
    }

    @Test
    void aCommandLooksIntoAKernelAndBreaksIt() throws Exception {
        String ps = mk.run("exec", "web", "--", "ps").ends(0).out().toString();
        assertTrue(ps.contains("module echo (") && ps.contains("module shell (")
            && ps.contains("type 0x6563686f: handler 0 of echo"), ps);
        assertTrue(mk.run("exec", "web", "--", "cat", "/proc/iomem").ends(0).out().toString()
            .contains("mk-instance-1-web-region-0"));
        assertTrue(mk.run("exec", "web", "--", "interrupts").ends(0).out("IPI messages received$").size() == 1);
        mk.run("exec", "web", "--", "ipi", "send", "db", "0x6563686f", "c0ffee").ends(0);
        assertEquals(1, mk.run("exec", "web", "--", "pss").ends(127).out("did you mean ps").size());
        mk.run("exec", "web", "--", "mem", "read", "0x1000").ends(1);
        mk.run("exec", "web", "--", "exit", "42").ends(42);
        mk.run("exec", "db", "--", "ps").refuses(125, "no module of db reads its console: load the built-in module");
        mk.run("exec", "nix", "--", "ps").refuses(125, "no instance \"nix\"");
        mk.run("exec", "web", "--").refuses(2, "a command is missing behind --");
        mk.run("exec", "web", "db", "--", "ps").refuses(2, "name one instance before --");
        mk.run("start", "web", "--", "ps").refuses(2, "mk exec web -- COMMAND runs a command");
        mk.run("exec", "web", "--", "crash", "panic").refuses(126,
            "web ended before the command did: .*crash panic was typed");
        mk.run("exec", "web", "--", "ps").refuses(125, "instance web is not active");
        mk.run("exec", "web").ends(0);
        assertEquals(1, mk.run("exec", "web", "--", "crash", "hang").ends(0).out("web hangs now").size());
        mk.run("exec", "web", "--timeout", "0.2", "--", "ps").ends(124);
        MkProcess waits = mk.start("exec", "web", "--", "ps");
        mk.run("kill", "-f", "web").ends(0);
        waits.ends(code -> code == 125 || code == 126, "125 or 126");
        mk.run("shutdown").ends(0);
    }

    @Test
    void aTerminalIsRawUntilItIsDetachedOrTheHostDies() throws Exception {
        try (Pty pty = new Pty(mk, 100, 30, "console", "web")) {
            pty.await("web# ");
            pty.type("echo one\u007f\u007f\u007ftwo\r");
            pty.await("\ntwo ");
            mk.run("exec", "web", "--", "ps").refuses(125, "console of web is used by pid \\d+: detach there");
            mk.start("console", "web", "--follow").awaitOut(1, "Command line");
            pty.type("never run\u0003echo [" + HALF + HALF + "]\r");
            pty.await("x]");
            /* The kernel dies and comes back; the user stays. */
            pty.type("crash exit 3\r");
            pty.await("instance failed");
            mk.run("exec", "web").ends(0);
            pty.await("web# ");
            pty.type("\u001d\u001d\u0015ps\r");
            pty.await("handler 0 of echo");
            pty.type("\u001d.");
            assertEquals(0, pty.exitCode());
            assertTrue(pty.screen().contains("detached from web"), pty::screen);
            assertEquals("icanon echo", pty.modes());
        }
        mk.run("exec", "web", "--", "echo", "free").ends(0);
        try (Pty pty = new Pty(mk, 100, 30, "console", "web")) {
            pty.await("web# ");
            pty.signal("TERM");
            assertEquals(143, pty.exitCode());
            assertEquals("icanon echo", pty.modes());
        }
        try (Pty pty = new Pty(mk, 100, 30, "console", "web")) {
            pty.await("web# ");
            Procs.signal("KILL", mk.json("show").at("/machine/pid").longValue());
            assertEquals(0, pty.exitCode());
            assertEquals("icanon echo", pty.modes());
        }
        /* The next host of that name clears what the dead one has left, the lock of the console too. */
        mk.run("init", "--cpus", "0-1", "--memory", "16M", "--machine", "lab").ends(0);
        mk.run("shutdown").ends(0);
    }

    @Test
    void linesOfAPipe() throws Exception {
        MkProcess lines = bash("{ echo ps; echo 'echo done'; echo nix; } | \"$0\" console web").ends(127);
        assertEquals(1, lines.out("^done$").size(), lines::toString);
        assertEquals(1, lines.out("^nix: no such command").size(), lines::toString);
        /* A megabyte, and what is no text at all. */
        bash("{ head -c 1000000 /dev/urandom; printf '\\n'; echo echo up; } | \"$0\" console web | grep -a '^up$'")
            .ends(0);
        bash("echo ps | \"$0\" console db").ends(7);
        MkProcess half = bash("(echo echo first; cat) | \"$0\" console web");
        half.awaitOut(1, "^first$");
        /* It is killed: the lock is free, and the next one has none of its bytes. */
        long pid = Long.parseLong(mk.run("exec", "web", "--", "ps").err().getFirst()
            .replaceFirst(".*used by pid (\\d+):.*", "$1"));
        Procs.signal("KILL", pid);
        /* Once it is reaped none of its threads is left that holds the lock. */
        Await.until(() -> !Files.exists(Path.of("/proc/" + pid)));
        assertEquals(List.of("second"), mk.run("exec", "web", "--", "echo", "second").ends(0).out());
        half.kill();
        mk.run("shutdown").ends(0);
    }
}
