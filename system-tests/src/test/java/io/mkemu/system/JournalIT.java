// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.journal.JournalDirectory;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Machines that are recorded, and what their journals hold. */
@Timeout(180)
class JournalIT {
    private static final String FLAGS = "init --machine box --cpus 0-1 --memory 8M";

    @RegisterExtension
    final Mk mk = new Mk();

    /** Sent and received of each kernel as a run reports them, by its one CPU. */
    private static Map<Integer, List<Long>> reported(MkProcess run) {
        Map<Integer, List<Long>> counts = new TreeMap<>();
        for (String line : run.out("^ +\\d+  \\S+ +active ")) {
            String[] columns = line.strip().split(" +");
            counts.put(Integer.parseInt(columns[4]), List.of(Long.parseLong(columns[columns.length - 3]),
                Long.parseLong(columns[columns.length - 2])));
        }
        return counts;
    }

    @Test
    void aRecordedDemoHasEverySendAndEveryDelivery() throws Exception {
        Path journal = mk.work().resolve("journal");
        MkProcess demo = mk.start("demo", "--messages", 5000, "--journal", journal).ends(0);
        assertEquals(List.of(), demo.err(), demo::describe);
        JournalCounts counts = JournalCounts.of(journal);
        assertEquals(List.of(), counts.problems());
        assertTrue(counts.complete());
        assertEquals(0, counts.deletedFiles());
        assertEquals(0, counts.of(TraceEvent.GAP));
        Map<Integer, List<Long>> reported = reported(demo);
        assertEquals(3, reported.size(), demo::describe);
        reported.forEach((cpu, sentAndReceived) -> assertEquals(sentAndReceived,
            List.of(counts.sends(cpu), counts.deliveries(cpu)), "CPU " + cpu));
        assertEquals(3, counts.of(TraceEvent.LIFE));
        assertEquals(List.of(), Trees.below(mk.work()).stream().filter(Files::isRegularFile)
            .filter(file -> !file.startsWith(journal)).toList(), "Chronicle wrote elsewhere");
    }

    @Test
    void aKilledHostLeavesAJournalThatCanBeRead() throws Exception {
        Path journal = mk.work().resolve("journal");
        Path tree = Files.writeString(mk.work().resolve("t.dts"), new TreeSource().bootargs("demo.messages=10000000")
            .host("demo").instance("one", "demo").toString());
        MkProcess run = mk.start("run", tree, "--journal", journal);
        run.awaitOut(1, "one: Command line");
        long entries;
        do {
            entries = JournalCounts.of(journal).of(TraceEvent.SEND);
        } while (entries < 1000);
        run.kill();
        JournalCounts counts = JournalCounts.of(journal);
        assertEquals(List.of(), counts.problems());
        assertFalse(counts.complete());
        assertTrue(counts.of(TraceEvent.SEND) >= entries);

        /* The next host of that name finds the directory free, and records beside it. */
        mk.start("init", "--machine", "t", "--cpus", "0-1", "--memory", "8M", "--journal", journal).ends(0);
        assertEquals(2, JournalDirectory.recordings(journal).size());
        mk.start("shutdown").ends(0);
        assertTrue(JournalCounts.of(journal).complete());
        assertEquals(counts.of(TraceEvent.SEND), JournalCounts.of(JournalDirectory.recordings(journal).getFirst())
            .of(TraceEvent.SEND));
    }

    @Test
    void aHostThatIsAskedToEndEndsItsJournal() throws Exception {
        Path journal = mk.work().resolve("journal");
        Path tree = Files.writeString(mk.work().resolve("t.dts"),
            new TreeSource().host("echo").instance("one", "echo").toString());
        MkProcess run = mk.start("run", tree, "--journal", journal, "--trace", "lifecycle");
        run.awaitOut(1, "Ctrl-C ends this run");
        run.signal("TERM");
        run.ends(143);
        JournalCounts counts = JournalCounts.of(journal);
        assertTrue(counts.complete());
        assertEquals(0, counts.of(TraceEvent.SEND));
        assertTrue(counts.of(TraceEvent.LOG) >= 2 && counts.of(TraceEvent.STATE) >= 4);
    }

    @Test
    void aHostInTheBackgroundIsRecordedAndItsModeChanged() throws Exception {
        mk.start((Object[]) (FLAGS + " --journal mine --journal-max 16M,24h --trace off").split(" ")).ends(0);
        Path journal = mk.work().resolve("mine");
        Path recording = JournalDirectory.recordings(journal).getFirst().toRealPath();
        assertEquals(recording + "\n", Files.readString(mk.machine("box").resolve("journal")));
        JsonNode answer = mk.ask("box", "{'verb':'trace'}");
        assertEquals("off", answer.required("mode").textValue());
        assertEquals(recording.toString(), answer.required("journal").textValue());
        assertEquals("all", mk.ask("box", "{'verb':'trace','mode':'all'}").required("mode").textValue());

        mk.start("init", "--machine", "other", "--cpus", "0-1", "--memory", "8M", "--journal", journal)
            .refuses(4, "mine is being written by another host; name another directory with --journal$");
        mk.start("shutdown", "--machine", "box").ends(0);
        JournalCounts counts = JournalCounts.of(journal);
        assertTrue(counts.complete());
        assertEquals(List.of(TraceMode.OFF, TraceMode.ALL), counts.modes());
    }

    @Test
    void whatCannotBeRecordedIsRefused() throws Exception {
        Files.writeString(mk.work().resolve("notes"), "mine");
        Files.createDirectory(mk.work().resolve("ok"));
        refuses("--trace ipi", 2, "--trace ipi needs a journal: say where it is to be with --journal DIR");
        refuses("--journal-max 1G", 2, "--journal-max needs a journal");
        refuses("--journal ok --journal-max 1M", 2, "at most 1048576 bytes: give it at least 8388608");
        refuses("--journal ok --journal-max 1G,soon", 2, "age 'soon': expected a number and s, m, h or d, as 24h");
        refuses("--journal ok --trace some", 2, "trace=some is not a trace mode; use trace=off, trace=lifecycle, "
            + "trace=ipi or trace=all; see mk init --help$");
        refuses("--journal .", 4, "is no journal: it holds notes; name an empty or a new directory with --journal");
        refuses("--journal " + mk.base(), 4, "where the machines' RAM is; name a directory on a disk with --journal");
        refuses("--journal /proc/mine", 5, "/proc/mine cannot be written \\(");
        assertEquals(List.of(), Trees.below(mk.work().resolve("ok")));
    }

    private void refuses(String flags, int code, String message) throws Exception {
        mk.start((Object[]) (FLAGS + " " + flags).split(" ")).refuses(code, message);
        assertFalse(Files.exists(mk.machine("box")), flags);
    }

    /** Of a recording of several files one in the middle is gone: that is no gap and no limit, and it is told. */
    @Test
    void aFileThatIsGoneIsTold() throws Exception {
        Path journal = mk.work().resolve("journal");
        mk.start("demo", "--instances", 2, "--messages", 60_000, "--journal", journal, "--journal-max", "64M").ends(0);
        JsonNode whole = mk.json("trace", "--summary", "--journal", journal);
        assertTrue(whole.required("ended").booleanValue(), whole::toString);
        /* Rings may have been full on a busy machine: such gaps are told, and are not what this is about. */
        assertEquals(whole.required("gaps").required("records").longValue() == 0,
            whole.required("whole").booleanValue(), whole::toString);
        List<Path> files;
        try (Stream<Path> all = Files.walk(journal)) {
            files = all.filter(path -> path.getFileName().toString().matches("[0-9]{6}")).sorted().toList();
        }
        assertTrue(files.size() > 2, files::toString);
        Files.move(files.get(1), mk.work().resolve("aside"));
        MkProcess text = mk.start("trace", "--summary", "--journal", journal).ends(1);
        assertTrue(String.join("\n", text.out()).contains("not all of the recording could be read. Files missing: 1; "),
            text::describe);
        assertTrue(text.out().stream().noneMatch(line -> line.startsWith("no gaps")), text::describe);
        assertEquals(1, text.err().size(), text::describe);
        assertTrue(text.err().getFirst().contains(files.get(1) + " is gone"), text::describe);
        MkProcess json = mk.start("trace", "--summary", "--json", "--journal", journal).ends(1);
        JsonNode missing = Json.read(json.out().getFirst().getBytes(StandardCharsets.UTF_8));
        assertFalse(missing.required("whole").booleanValue());
        assertTrue(missing.required("ended").booleanValue());
        assertEquals(1, missing.required("missing").required("files").intValue());
        assertEquals(0, missing.required("missing").required("deleted_files").intValue());
        assertTrue(missing.required("missing").required("documents").intValue() > 0, missing::toString);
        assertTrue(missing.required("records").longValue() < whole.required("records").longValue());
        assertEquals(1, mk.start("trace", "export", mk.work().resolve("out.json"), "--journal", journal).awaitExit());
    }

    /** Said at once in the kernel log, and at the end by a run. */
    @Test
    void aJournalThatIsRemovedIsTold() throws Exception {
        Path journal = mk.work().resolve("journal");
        mk.start("init", "--machine", "box", "--cpus", "0-1", "--memory", "8M", "--journal", journal, "--trace",
            "all").ends(0);
        assertEquals(0, run("rm", "-r", journal.toString()));
        while (!mk.ask("box", "{'verb':'trace'}").required("mode").textValue().equals("off")) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertTrue(mk.start("dmesg", "host", "--machine", "box").ends(0).out().stream()
            .anyMatch(line -> line.matches(".*the journal .* was removed while the machine runs: .*")));
        mk.start("trace", "set", "ipi", "--machine", "box").refuses(7, "no journal any more: mk dmesg host shows why");
        mk.start("shutdown", "--machine", "box").ends(0);

        MkProcess demo = mk.start("demo", "--instances", 2, "--messages", 400_000, "--journal", journal);
        while (!Files.isDirectory(journal) || JournalDirectory.recordings(journal).isEmpty()
            || !Files.isDirectory(JournalDirectory.recordings(journal).getLast().resolve("000000"))) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertEquals(0, run("sh", "-c", "until rm -r '" + journal + "'; do :; done 2>/dev/null"));
        demo.ends(1);
        assertTrue(demo.err().getLast().matches("mk: the journal .* was removed while the machine runs: .*"),
            demo::describe);
        assertTrue(demo.out().stream().anyMatch(line -> line.contains("VERIFIED")), demo::describe);
    }

    @Test
    void aFullDiskDropsAndCountsAndTheMachineLives() throws Exception {
        Path disk = Files.createDirectory(mk.work().resolve("disk"));
        Path copy = mk.work().resolve("copy");
        assumeTrue(run("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", disk.toString()) == 0,
            "this user cannot mount a file system for itself");
        String onSmallDisk = "mount -t tmpfs -o size=24m tmpfs " + disk + " && { \"$@\"; code=$?; cp -a " + disk + " "
            + copy + "; exit $code; }";
        MkProcess demo = mk.startWith(List.of("unshare", "-m", "sh", "-c", onSmallDisk, "sh"), "demo", "--instances",
            2, "--messages", 150_000, "--journal", disk.resolve("journal")).ends(1);
        assertTrue(demo.err().getLast().matches("mk: the journal .* is not whole: \\d+ records are missing, .*"),
            demo::describe);
        JournalCounts counts = JournalCounts.of(copy.resolve("journal"));
        assertEquals(List.of(), counts.problems());
        assertTrue(counts.complete());
        assertTrue(counts.of(TraceEvent.GAP) > 0);
        Map<Integer, List<Long>> reported = reported(demo);
        assertEquals(3, reported.size(), demo::describe);
        reported.forEach((cpu, sentAndReceived) -> assertEquals(sentAndReceived, List.of(counts.sends(cpu)
            + counts.missingSends(cpu), counts.deliveries(cpu) + counts.missingDeliveries(cpu)), "CPU " + cpu));
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        return process.exitValue();
    }
}
