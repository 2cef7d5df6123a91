// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.console.ConsoleLines;
import io.mkemu.kernel.TestKernels;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.kernel.TraceTap;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.replay.Replay;
import io.mkemu.replay.ReplayResult;
import io.mkemu.replay.ReplayResult.Verdict;
import io.mkemu.replay.ScriptHeader;
import io.mkemu.replay.ScriptReader;
import io.mkemu.replay.ScriptWriter;
import io.mkemu.replay.StepAssembler;
import io.mkemu.shell.ShellModule;
import io.mkemu.testkit.Await;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceReader;
import io.mkemu.trace.TraceRecord;
import io.mkemu.tty.ConsoleClientEnd;
import io.mkemu.tty.ConsoleKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** A module that asks its kernel for everything, in a real kernel, and then in a replay of what was recorded. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class RecordAndReplayTest {
    private static final int PEER = Asker.PEER;
    private static final int PEER_CPU = Asker.PEER_CPU;
    private static final int ASKER = Asker.ASKER;
    private static final int ASK = Asker.ASK;
    private static final int ANSWER = Asker.ANSWER;
    private static final int ROUNDS = Asker.ROUNDS;
    private static final Set<KernelCall> OF_A_SHELL = EnumSet.range(KernelCall.OPEN_CONSOLE, KernelCall.READ_MEMORY);

    private TestKernels machine;
    private final UnsafeBuffer drained = new UnsafeBuffer(new byte[4 << 20]);

    @TempDir
    Path directory;

    @AfterEach
    void shutDown() throws Exception {
        if (machine != null) {
            machine.close();
        }
    }

    private final Set<KernelCall> calls = EnumSet.noneOf(KernelCall.class);

    private Path record(int[] cpus) throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        Asker.peer(machine.boot(PEER, PEER_CPU));
        machine.load(ASKER, cpus);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Asker asker = new Asker();
        Node node = machine.boot(ASKER, "quiet asker.seed=17", asker);
        Await.until(() -> asker.isDone());
        node.shutDown();
        return script(cpus);
    }

    private ScriptHeader header(int[] cpus) {
        return new ScriptHeader(ASKER, "instance-2", 1, IpiMode.QUEUED, machine.memory().createdNanos(),
            "quiet asker.seed=17", List.of("asker", "probe"), Arrays.stream(cpus).boxed().toList(), 0);
    }

    /** The script of all that the asker's CPUs recorded, the CPUs in the order in which their steps began. */
    private Path script(int[] cpus) throws Exception {
        ScriptHeader header = header(cpus);
        List<ScriptReader> parts = new ArrayList<>();
        for (int logical = 0; logical < cpus.length; logical++) {
            Path part = directory.resolve("cpu-" + logical);
            try (StepAssembler steps = new StepAssembler(new ScriptWriter(part, header), logical, Long.MAX_VALUE)) {
                TraceReader ring = new TraceReader(machine.memory(), cpus[logical]);
                int length = ring.drain(drained, 0, drained.capacity());
                assertTrue(!ring.lost().any(), "the ring is large enough for the test");
                note(length);
                steps.records(drained, 0, length);
                assertEquals("", steps.unfinished());
                assertEquals(0, steps.foreignNanos());
            }
            ScriptReader reader = new ScriptReader(part);
            if (reader.next()) {
                parts.add(reader);
            }
        }
        Path script = directory.resolve("script");
        try (ScriptWriter whole = new ScriptWriter(script, header)) {
            while (!parts.isEmpty()) {
                ScriptReader first = parts.stream().min(
                    (one, other) -> Long.compare(one.record().time(), other.record().time())).orElseThrow();
                whole.step(first.cpu(), first.records(), 0, first.length());
                if (!first.next()) {
                    parts.remove(first);
                    first.close();
                }
            }
        }
        return script;
    }

    private void note(int length) {
        TraceRecord record = new TraceRecord();
        for (int at = 0; at < length && record.wrap(drained, at, length);
            at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (record.event() == TraceEvent.CALL) {
                calls.add(KernelCall.of(record.type()));
            }
        }
    }

    private static final class Probe implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            assertEquals(ASKER, kernel.instanceId());
        }
    }

    private ReplayResult replay(Path script, KernelModule module, List<String> log) throws Exception {
        try (ScriptReader reader = new ScriptReader(script)) {
            return new Replay(reader, List.of(module, new Probe()), new Replay.Listener() {
                @Override
                public void log(LogLevel level, String text) {
                    log.add(text);
                }

                @Override
                public void warning(String text) {
                    throw new AssertionError(text);
                }
            }).run(TimeUnit.SECONDS.toNanos(Await.WATCHDOG_SECONDS));
        }
    }

    @Test
    void aReplayIsTheSameToTheLastBit() throws Exception {
        Path script = record(new int[] {2, 5});
        String sum = machine.log(ASKER).stream().filter(line -> line.startsWith("asker: sum")).findFirst()
            .orElseThrow();
        for (int time = 0; time < 3; time++) {
            List<String> log = new ArrayList<>();
            ReplayResult result = replay(script, new Asker(), log);
            assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
            assertEquals(List.of(sum), log);
        }
        Set<KernelCall> all = EnumSet.allOf(KernelCall.class);
        all.removeAll(Set.of(KernelCall.NONE, KernelCall.FOREIGN_THREAD, KernelCall.PAGES_UNWATCHED));
        /* For that a host has to give memory. */
        all.remove(KernelCall.MEMORY_CHANGE);
        all.removeAll(OF_A_SHELL);
        assertEquals(all, calls, "every kind of answer was recorded");
    }

    /** A user at the console of a shell, in two sessions, and each kind of answer in them. */
    @Test
    void whatIsTypedIsTypedAgain() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        machine.boot(PEER, PEER_CPU);
        int[] cpus = {2};
        machine.load(ASKER, cpus);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Node node = machine.boot(ASKER, "quiet", new ShellModule());
        long pool = new MappedMachine(machine.memory()).instances().entry(ASKER).regions().getFirst().address();
        String shown = typed("ps\ncat /proc/nix\nmem read " + pool + " 64\nmem read 0x1000\nipi send 1 0x77 c0ffee\n"
            + "ipi send cpu" + PEER_CPU + " 0x77\niomem\n");
        assertTrue(shown.contains("module shell (io.mkemu.shell.ShellModule)") && shown.contains("3 bytes of type 0x77 "
            + "to 1: sent") && shown.contains("-EPERM"), shown);
        typed("help\nexit 7\n");
        node.shutDown();
        Path script = script(cpus);
        assertTrue(calls.containsAll(OF_A_SHELL), calls::toString);
        ReplayResult result = replay(script, new ShellModule(), new ArrayList<>());
        assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
        assertEquals(2, result.sends());
        KernelModule other = new KernelModule() {
            @Override
            public void init(Kernel kernel) {
                kernel.openConsole(new ConsoleLines("", (line, out) -> out.print("something else\n")));
            }
        };
        ReplayResult different = replay(script, other, new ArrayList<>());
        assertEquals(Verdict.DIFFERENT, different.verdict(), different::toString);
        assertTrue(different.toString().contains("bytes to the console: 73 6f 6d 65"), different::toString);
    }

    private String typed(String text) {
        StringBuilder shown = new StringBuilder();
        UnsafeBuffer in = new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
        UnsafeBuffer out = new UnsafeBuffer(new byte[4096]);
        try (ConsoleClientEnd user = new ConsoleClientEnd(machine.memory(), ASKER, ConsoleKind.LINES, 1)) {
            assertEquals(text.length(), user.type(in, 0, text.length()));
            user.endInput();
            Await.until(() -> {
                boolean over = user.exitCode() >= 0;
                int count = user.isSeen() ? user.take(out, 0, out.capacity()) : 0;
                shown.append(out.getStringWithoutLengthUtf8(0, count));
                return over && count == 0;
            });
        }
        return shown.toString();
    }

    /** Answers each message with a sum of all that came, from the second of two handlers. */
    private static final class Adder implements KernelModule {
        private final AtomicInteger added = new AtomicInteger();
        private long sum;

        @Override
        public void init(Kernel kernel) {
            kernel.registerHandler((data, context) -> {
                byte[] answer = new byte[8];
                new UnsafeBuffer(answer).putLong(0, sum);
                kernel.sendIpiData(PEER, answer, ANSWER);
            }, null, ASK);
            kernel.registerHandler((data, context) -> {
                sum += data.buffer().getLong(0);
                added.incrementAndGet();
            }, null, ASK);
        }
    }

    @Test
    void aSingleSlotIsReplayedHandlerByHandler() throws Exception {
        machine = new TestKernels(IpiMode.SINGLE_SLOT, RecordingHook::new);
        Node peer = machine.boot(PEER, PEER_CPU);
        int[] cpus = {2};
        machine.load(ASKER, cpus);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Adder adder = new Adder();
        Node node = machine.boot(ASKER, "quiet", adder);
        for (int round = 1; round <= ROUNDS; round++) {
            byte[] message = new byte[8];
            new UnsafeBuffer(message).putLong(0, System.nanoTime());
            peer.on(() -> peer.api.sendIpiData(ASKER, message, ASK));
            /* Both handlers ran: the next message is written over the one that the second handler still reads. */
            int rounds = round;
            Await.until(() -> adder.added.get() == rounds);
        }
        node.shutDown();
        ReplayResult result = replay(script(cpus), new Adder(), new ArrayList<>());
        assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
        assertEquals(2 * ROUNDS, result.callbacks());
        assertEquals(ROUNDS, result.sends());
    }

    /** Fills its lane, waits once in vain and once until there is room, and sends what it was told. */
    private static final class Patient implements KernelModule {
        private final CompletableFuture<Thread> cpu = new CompletableFuture<>();
        private final UnsafeBuffer out = new UnsafeBuffer(new byte[8]);
        private volatile boolean done;

        @Override
        public void init(Kernel kernel) {
            kernel.registerHandler((data, context) -> {
                long told = 0;
                while (kernel.sendIpiData(PEER, null, 0, 8, ASK) == 0) {
                    told++;
                }
                told = told * 100 - kernel.sendIpiDataTimeout(PEER, null, 0, 8, ASK, 1_000_000);
                cpu.complete(Thread.currentThread());
                told = told * 100 - kernel.sendIpiDataTimeout(PEER, null, 0, 8, ASK, Long.MAX_VALUE);
                out.putLong(0, told);
                kernel.sendIpiDataTimeout(PEER, out, 0, 8, ANSWER, Long.MAX_VALUE);
                done = true;
            }, null, ASK);
        }
    }

    @Test
    void aSendThatWaitedDoesNotWaitAgain() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        Node host = machine.boot(0, 0);
        Node peer = machine.boot(PEER, PEER_CPU);
        int[] cpus = {2};
        machine.load(ASKER, cpus);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Patient patient = new Patient();
        AtomicLong told = new AtomicLong();
        peer.api.registerHandler((data, context) -> told.set(data.buffer().getLong(0)), null, ANSWER);
        Node node = machine.boot(ASKER, "quiet", patient);
        try (TestKernels.Hold still = peer.hold(0)) {
            assertNotNull(still);
            assertEquals(0, host.on(() -> host.api.sendIpiData(ASKER, new byte[1], ASK)));
            Thread cpu = patient.cpu.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
            Await.until(() -> cpu.getState() == Thread.State.TIMED_WAITING);
        }
        Await.until(() -> patient.done);
        node.shutDown();
        int slots = TestKernels.LAYOUT.ipiSlots();
        Await.until(() -> told.get() == (slots * 100 + Errno.ENOSPC) * 100L);
        /* Nobody makes room in a replay. */
        ReplayResult result = replay(script(cpus), new Patient(), new ArrayList<>());
        assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
        assertEquals(slots + 4, result.sends());
    }

    @Test
    void aThreadOfTheModulesOwnIsRecordedAsSuch() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        machine.load(ASKER, 2);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Node node = machine.boot(ASKER, "quiet");
        assertEquals(false, node.api.isActive(200));
        assertEquals(false, node.api.isActive(201));
        node.on(() -> null);
        TraceTap ring = new TraceTap(machine.memory(), 2);
        assertEquals(List.of(KernelCall.FOREIGN_THREAD.ordinal()),
            ring.of(TraceEvent.CALL).stream().map(TraceTap.Seen::type).toList());
    }

    @Test
    void aRefusedSendOfAnySizeIsAWholeRecord() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        machine.boot(PEER, PEER_CPU);
        machine.load(ASKER, 2);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Node node = machine.boot(ASKER, "quiet");
        TraceTap ring = new TraceTap(machine.memory(), 2);
        ring.all();
        UnsafeBuffer data = new UnsafeBuffer(new byte[] {'a', 'b', 'c'});
        for (int size : new int[] {-1, 257, 70_000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            node.on(() -> node.api.sendIpiData(PEER, data, 0, size, 9));
        }
        node.on(() -> node.api.sendIpiData(200, data, 0, 3, 9));
        node.on(() -> node.api.sendIpiData(200, data, 1, 3, 9));
        node.on(() -> node.api.sendIpiDataToCpu(PEER, -1, data, 0, 2, 9));
        node.on(() -> node.api.sendIpiDataLongType(PEER, data, 0, 1, 1L << 32 | 9));
        List<TraceTap.Seen> refused = ring.of(TraceEvent.REFUSED);
        assertEquals(List.of(0, 257, 65_535, 65_535, 0, 3, 3, 2, 1),
            refused.stream().map(TraceTap.Seen::size).toList());
        assertEquals(List.of("", "", "", "", "", "abc", "", "ab", "a"),
            refused.stream().map(TraceTap.Seen::text).toList());
        assertTrue(refused.stream().allMatch(seen -> seen.type() == 9 && seen.arg1() == Errno.EINVAL));
    }

    /** A kernel that records, to be read by a tap. */
    private Node recorded() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED, RecordingHook::new);
        machine.boot(PEER, PEER_CPU);
        machine.load(ASKER, 2);
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        return machine.boot(ASKER, "quiet");
    }

    @Test
    void asManyPagesAreWatchedAsAreShared() throws Exception {
        Node node = recorded();
        TraceTap ring = new TraceTap(machine.memory(), 2);
        ring.all();
        int pages = PageWatch.TELL_FROM + 8;
        long memory = node.on(() -> node.api.instanceAlloc((long) pages * Pages.PAGE_SIZE, 1));
        long first = Pages.pfn(memory);
        for (int page = 0; page < 4; page++) {
            long pfn = first + 2L * page;
            /* Each refusal, by a peer that is slow, is recorded too: the ring must not be full before the last page. */
            Await.until(() -> {
                boolean sent = share(node, pfn);
                ring.all();
                return sent;
            });
        }
        assertEquals(0, node.on(() -> node.api.sendPages(PEER, first, pages, 1)));
        ring.all();
        assertEquals(List.of(), changes(node, ring));
        assertTrue(machine.log(ASKER).stream().anyMatch(line -> line.contains(pages + " pages that others can write "
            + "are compared before each callback")), machine.log(ASKER)::toString);
        ring.all();
        Window window = node.on(() -> node.api.memremap(memory, (long) pages * Pages.PAGE_SIZE));
        window.buffer().putLong(3 * Pages.PAGE_SIZE + 8, 4);
        window.buffer().putLong(3 * Pages.PAGE_SIZE + 24, 5);
        window.buffer().putLong((pages - 1) * Pages.PAGE_SIZE, 6);
        assertEquals(List.of(memory + 3 * Pages.PAGE_SIZE + 8, 24L, memory + (pages - 1L) * Pages.PAGE_SIZE, 8L),
            changes(node, ring));
        assertEquals(List.of(), changes(node, ring), "each is told once");
        assertEquals(0, node.on(() -> node.api.instanceFree(memory, (long) pages * Pages.PAGE_SIZE)));
        window.buffer().putLong(0, 7);
        assertEquals(List.of(), changes(node, ring), "what is freed is not watched");
        window.close();
    }

    @Test
    void aRangeOfTwoAllocationsIsWatchedUntilTheLastIsFreed() throws Exception {
        Node node = recorded();
        TraceTap ring = new TraceTap(machine.memory(), 2);
        long one = node.on(() -> node.api.allocPages(2));
        assertEquals(one + 2, node.on(() -> node.api.allocPages(3)));
        assertEquals(0, node.on(() -> node.api.sendPages(PEER, one, 5, 1)));
        Window window = node.on(() -> node.api.memremap(Pages.address(one), 5 * Pages.PAGE_SIZE));
        assertEquals(0, node.on(() -> node.api.freePages(one, 2)));
        ring.all();
        window.buffer().putLong(0, 1);
        window.buffer().putLong(2 * Pages.PAGE_SIZE, 1);
        assertEquals(List.of(Pages.address(one + 2), 8L), changes(node, ring));
        assertEquals(one, node.on(() -> node.api.allocPages(2)), "the same pages");
        window.buffer().putLong(8, 2);
        assertEquals(0, node.on(() -> node.api.sendPages(PEER, one, 5, 2)));
        window.buffer().putLong(16, 3);
        ring.all();
        assertEquals(List.of(Pages.address(one) + 16, 8L), changes(node, ring), "what was there before is not told");
        window.close();
    }

    /** Addresses and lengths of changes that are told before a module runs next. */
    private static List<Long> changes(Node node, TraceTap ring) throws Exception {
        node.api.runOnCpu(0, () -> { });
        node.on(() -> null);
        return ring.of(TraceEvent.CALL).stream().filter(seen -> seen.type() == KernelCall.PAGE_CHANGED.ordinal())
            .flatMap(seen -> Stream.of(seen.id(), (long) seen.size())).toList();
    }

    private static boolean share(Node node, long pfn) {
        try {
            return node.on(() -> node.api.sendPfn(PEER, pfn)) == 0;
        } catch (Exception fault) {
            throw new AssertionError(fault);
        }
    }
}
