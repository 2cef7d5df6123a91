// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code mk trace} refuses, and what it makes of a journal that is damaged. */
@Timeout(600)
class TraceRefusalIT {
    @RegisterExtension
    final Mk mk = new Mk();

    private Path journal() {
        return mk.work().resolve("journal");
    }

    private MkProcess demo(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("demo", "--messages", 2000, "--journal", journal()));
        args.addAll(List.of(more));
        return mk.start(args.toArray());
    }

    private MkProcess trace(Object... more) throws IOException, InterruptedException {
        return follow(more).ends(0);
    }

    private MkProcess follow(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("trace", "--journal", journal()));
        args.addAll(List.of(more));
        return mk.start(args.toArray());
    }

    @Test
    void whatCannotBeReadIsSaidInOneLine() throws Exception {
        try (Shell shell = Shell.at(mk.work(), mk.base())) {
            shell.run("trace").refuses(4, "no machine runs; .*mk trace --journal DIR");
            shell.run("trace", "--journal", mk.work().resolve("nix")).refuses(4, "nix is no directory");
            shell.run("trace", "--journal", mk.work()).refuses(4, "is no journal: .*--journal DIR makes one");
            mk.start("init", "--cpus", "0-1", "--memory", "32M", "--machine", "bare").ends(0);
            shell.run("trace").refuses(7, "machine \"bare\" is not recorded: mk trace set ipi --journal DIR");
            shell.run("trace", "set", "ipi").refuses(7, "has no journal: mk trace set ipi --journal DIR adds one");
            shell.run("trace", "set", "ipi", "--journal-max", "8M").refuses(2, "--journal-max needs --journal DIR");
            added(shell, mk.work().resolve("added"));
            mk.start("shutdown").ends(0);
            demo("--instances", 1).ends(0);
            allAreRefused(shell);
        }
        damaged();
    }

    /** A machine that was made without a journal gets one. */
    private void added(Shell shell, Path added) throws Exception {
        MkProcess set = mk.start("trace", "set", "lifecycle", "--journal", added, "--journal-max", "8M").ends(0);
        assertTrue(set.out().getFirst().matches("trace: off -> lifecycle, into .*/added/bare-.*"), set::describe);
        shell.run("trace", "set", "off", "--journal", added).refuses(7, "has a journal, .*, and keeps it: leave --jou");
        mk.start("trace", "set", "off").ends(0);
        List<String> told = mk.start("trace").ends(0).out();
        assertTrue(told.getFirst().startsWith("# machine bare, ipi=queued"), told::toString);
        assertEquals(1, told.stream().filter(line -> line.contains(" life: ")).count(), told::toString);
    }

    private void allAreRefused(Shell shell) throws Exception {
        refuses(shell, 7, List.of("--instance", "web-serv"), "no instance \"web-serv\" in .*; did you mean web-server");
        refuses(shell, 7, List.of("--type", "rpc.request"), "no type \"rpc.request\" in this journal: no module has");
        refuses(shell, 2, List.of("--type", "0xg"), "'0xg' is no IPI type: expected 32 bits, as 101 or 0x65, or the n");
        refuses(shell, 7, List.of("--cpu", "0,7-9"), "no CPU 7 in this journal; its machine has CPUs below 2$");
        refuses(shell, 7, List.of("--summary", "--cpu", 7), "no CPU 7 in this journal");
        refuses(shell, 2, List.of("--since", "0.5", "--until", "0.5"), "--until is not later than --since");
        refuses(shell, 2, List.of("--summary", "--since", "-0.1s", "--until", "-1s"),
            "--until is not later than --since");
        refuses(shell, 5, List.of("export", "none/there.json"),
            "none/there.json cannot be written: .*/none is no directory; name a file in one that is there");
        refuses(shell, 2, List.of("--event", "callbak_begin"), "is no event; did you mean callback_begin");
        refuses(shell, 2, List.of("--machine", "demo"), "--machine or --journal, not both");
        refuses(shell, 2, List.of("--summary", "-f"), "--summary goes with neither -f");
        refuses(shell, 1, List.of("--follow-id", "9.9.9.9"), "no event of message 9.9.9.9 in .*mk trace --event send");
        refuses(shell, 2, List.of("--follow-id", "9.9.9"), "is not the id of a message");
        refuses(shell, 2, List.of("--since", "noon"), "'noon': expected seconds as the trace prints them");
    }

    private void refuses(Shell shell, int code, List<Object> more, String pattern) throws Exception {
        List<Object> args = new ArrayList<>(List.of("trace"));
        args.addAll(more);
        args.addAll(List.of("--journal", journal()));
        shell.run(args.toArray()).refuses(code, pattern);
    }

    /** What is damaged is left out and said; what was written before it is read. */
    private void damaged() throws Exception {
        long whole = trace().out().size();
        Path queue;
        try (Stream<Path> all = Files.walk(journal())) {
            queue = all.filter(path -> path.toString().endsWith(".cq4")).findFirst().orElseThrow();
        }
        try (FileChannel file = FileChannel.open(queue, StandardOpenOption.WRITE)) {
            byte[] garbage = new byte[1 << 16];
            Arrays.fill(garbage, (byte) 0x55);
            file.write(ByteBuffer.wrap(garbage), 1 << 18);
        }
        MkProcess damaged = follow().ends(1);
        assertEquals(1, damaged.err().size(), damaged::describe);
        assertTrue(damaged.err().getFirst().matches("mk: journal file .*left out.*"), damaged.err()::getFirst);
        /* How much is in a document, and so what is gone with it, depends on how busy the machine was. */
        assertTrue(!damaged.out().isEmpty() && damaged.out().size() < whole, () -> damaged.out().size() + " lines");
        follow("--summary", "--json").ends(1);
        Files.delete(queue);
        MkProcess empty = follow("--summary").ends(1);
        assertEquals(1, empty.err().size(), empty::describe);
        assertTrue(empty.err().getFirst().matches("mk: journal file .* cannot be opened, it is left out: .*"),
            empty.err()::getFirst);
    }
}
