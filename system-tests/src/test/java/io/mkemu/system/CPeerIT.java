// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** examples/c-peer against a Java kernel, and other ways to join an external instance, or not to. */
class CPeerIT {
    /* Lock step through one shared core and futexes takes minutes where two cores take seconds. */
    private static final int WATCHDOG_MINUTES = 15;

    @RegisterExtension
    final Mk mk = new Mk();

    private final List<Process> joined = new ArrayList<>();

    @AfterEach
    void nobodyStays() throws InterruptedException {
        for (Process process : joined) {
            process.destroyForcibly().waitFor();
        }
    }

    private Path compile() throws IOException, InterruptedException {
        return CPeer.compile(mk);
    }

    private Path tree(String messages) throws IOException {
        String example = Files.readString(CPeer.EXAMPLE.resolve("c-peer.dts"));
        assertTrue(example.contains("c-peer.messages=1000000"), example);
        return Files.writeString(mk.work().resolve("peer.dts"),
            example.replace("c-peer.messages=1000000", "c-peer.messages=" + messages));
    }

    /** What the host printed behind some words, as a shell takes it. */
    private static String printed(MkProcess run, String words) throws InterruptedException {
        run.awaitOut(1, words);
        String line = run.out(words).getFirst();
        return line.substring(line.indexOf(words) + words.length());
    }

    private static String commandLine(String arguments) {
        return arguments.substring(arguments.indexOf('\'') + 1, arguments.lastIndexOf('\''));
    }

    private Process join(String commandLine) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", "exec " + commandLine).redirectOutput(Redirect.INHERIT)
            .redirectError(Redirect.INHERIT).start();
        joined.add(process);
        return process;
    }

    private static int end(Process process) throws InterruptedException {
        assertTrue(process.waitFor(WATCHDOG_MINUTES, TimeUnit.MINUTES), "the joined process does not end");
        return process.exitValue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "single-slot"})
    void aMillionMessagesEachWayAndPagesBothWays(String ipi) throws Exception {
        Path binary = compile();
        MkProcess run = mk.start("run", "--ipi", ipi, tree("1000000"));
        Process peer = join(binary + printed(run, "waits to be joined: PROGRAM"));
        assertEquals(0, end(peer), run::describe);
        run.ends(0);
        assertEquals(1, run.out("c-peer: c-peer: all good: 1000000 sent, 1000000 received, 0 mismatches, 0 bad words "
            + "in pages$").size(), run::describe);
        assertEquals(1, run.out("host: peer: instance 1: 1000000 sent, 1000000 received, 0 mismatches here, 0 there$")
            .size(), run::describe);
        assertEquals(2, run.out("^ +[01] +[\\w-]+ +active").size(), run::describe);
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "single-slot"})
    void aKilledPeerIsNoticed(String ipi) throws Exception {
        Path binary = compile();
        MkProcess run = mk.start("run", "--ipi", ipi, tree("1000000000"));
        Process peer = join(binary + printed(run, "waits to be joined: PROGRAM"));
        run.awaitOut(1, "c-peer: pages have gone both ways");
        Procs.signal("KILL", peer.pid());
        run.ends(1);
        assertEquals(1, run.out("^c-peer failed: its process ended without a word").size(), run::describe);
        assertEquals(1, run.out("host: peer: task peer failed: exchange with instance 1 broke off").size(),
            run::describe);
        assertEquals(1, run.out("^ +1 +c-peer +failed").size(), run::describe);
    }

    @Test
    void oneProcessAtATimeIsTheInstance() throws Exception {
        Path binary = compile();
        MkProcess run = mk.start("run", tree("1000000000"));
        String arguments = printed(run, "waits to be joined: PROGRAM");
        Process peer = join(binary + arguments);
        run.awaitOut(1, "c-peer: pages have gone both ways");
        assertEquals(4, end(join(binary + arguments)), "a second one is refused");
        run.signal("TERM");
        run.ends(143);
        assertEquals(0, end(peer), "it shuts down when it is asked");
        assertEquals(2, run.out("^ +[01] +[\\w-]+ +active").size(), run::describe);
    }

    @Test
    void aJvmJoinsByTheLineThatIsPrinted() throws Exception {
        MkProcess run = mk.start("run", tree("1000"));
        Process jvm = join(printed(run, "a JVM joins it by: "));
        run.awaitOut(1, "c-peer: Command line: c-peer.messages=1000 mk_ipi_shared=0x");
        String commandLine = commandLine(printed(run, "PROGRAM"));
        mk.instance(mk.machine("peer"), 1, commandLine).refuses(4, "instance 1 .* runs already");
        run.signal("TERM");
        run.ends(143);
        assertTrue(List.of(0, 75).contains(end(jvm)), "asked to shut down, or left alone by the host");
    }

    @Test
    void whoFailsToJoinIsToldAndTheNextOneMayTry() throws Exception {
        Path binary = compile();
        MkProcess run = mk.start("run", tree("1000"));
        String arguments = printed(run, "waits to be joined: PROGRAM");
        String wrong = commandLine(arguments).replaceFirst("shared=0x[0-9a-f]+", "shared=0x1000");
        mk.instance(mk.machine("peer"), 1, wrong).refuses(4, "IPI area of instance 1 at 0x1000.* is outside its pool");
        assertEquals(0, end(join(binary + arguments)), run::describe);
        run.ends(0);
        assertEquals(1, run.out("all good: 1000 sent").size(), run::describe);
        assertEquals(List.of(), run.out("c-peer failed"), run::describe);
    }

    @Test
    void withoutAnybodyItWaitsUntilItIsStopped() throws Exception {
        MkProcess run = mk.start("run", tree("1000"));
        printed(run, "waits to be joined: PROGRAM");
        run.signal("TERM");
        run.ends(143);
        assertEquals(List.of(), run.out("did not shut down"), run::describe);
    }
}
