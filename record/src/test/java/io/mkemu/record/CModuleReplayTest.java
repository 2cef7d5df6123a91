// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceMode;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.kernel.TestKernels;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.replay.Replay;
import io.mkemu.replay.ReplayResult;
import io.mkemu.replay.ReplayResult.Verdict;
import io.mkemu.replay.ScriptHeader;
import io.mkemu.replay.ScriptReader;
import io.mkemu.replay.ScriptWriter;
import io.mkemu.replay.StepAssembler;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** A module in C with a kthread and a handler, recorded in a real kernel, and replayed: as it was, and changed. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class CModuleReplayTest {
    private static final int CPU = 2;
    private static final int RECORDED = 1;
    private static final int PEER = 2;
    private static final int COUNT = 0x30;
    private static final String CMDLINE = "quiet threads.peer=2 threads.rounds=6";

    @TempDir
    Path directory;
    private TestKernels machine;
    private final UnsafeBuffer drained = new UnsafeBuffer(new byte[4 << 20]);

    private static final class Probe implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            assertEquals(RECORDED, kernel.instanceId());
        }
    }

    @AfterEach
    void shutDown() throws Exception {
        if (machine != null) {
            machine.close();
        }
    }

    private KernelModule module(String... options) {
        Path made = CModules.build(CModules.root().resolve("instance/src/test/c/threads.c"), directory, options);
        return ModuleLoader.load(List.of(made.toString())).getFirst();
    }

    /** What the module did that sent six messages and got as many back. */
    private Path record(IpiMode mode) throws Exception {
        CModules.require();
        machine = new TestKernels(mode, RecordingHook::new);
        machine.load(RECORDED, CPU);
        Node peer = machine.boot(PEER, 1);
        peer.on(() -> peer.api.registerHandler((data, context) -> peer.api.sendIpiData(RECORDED, new byte[4], COUNT),
            null, COUNT));
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        Node node = machine.boot(RECORDED, CMDLINE, module());
        Await.until(() -> machine.log(RECORDED).stream().anyMatch(line -> line.startsWith("threads: sent 6")),
            () -> machine.log(RECORDED).toString());
        node.shutDown();
        ScriptHeader header = new ScriptHeader(RECORDED, "instance-1", 1, mode, machine.memory().createdNanos(),
            CMDLINE, List.of("threads", "probe"), List.of(CPU), 0);
        Path script = directory.resolve("script");
        try (StepAssembler steps = new StepAssembler(new ScriptWriter(script, header), 0, Long.MAX_VALUE)) {
            TraceReader ring = new TraceReader(machine.memory(), CPU);
            int length = ring.drain(drained, 0, drained.capacity());
            assertTrue(!ring.lost().any(), "the ring is large enough for the test");
            steps.records(drained, 0, length);
            assertEquals("", steps.unfinished());
            assertEquals(0, steps.foreignNanos(), "no thread of C called the kernel as nobody");
        }
        return script;
    }

    private static ReplayResult replay(Path script, KernelModule module, List<String> log) throws Exception {
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

    private void isEqual(IpiMode mode) throws Exception {
        Path script = record(mode);
        List<String> then = machine.log(RECORDED).stream().filter(line -> line.startsWith("threads: ")).toList();
        for (int time = 0; time < 3; time++) {
            List<String> log = new ArrayList<>();
            ReplayResult result = replay(script, module(), log);
            assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
            assertEquals(6, result.sends());
            assertEquals(then, log);
        }
    }

    @Test
    void aReplayIsTheSame() throws Exception {
        isEqual(IpiMode.QUEUED);
    }

    @Test
    void aReplayOfASingleSlotIsTheSame() throws Exception {
        isEqual(IpiMode.SINGLE_SLOT);
    }

    @Test
    void aChangedModuleDiffersWhereItDoes() throws Exception {
        Path script = record(IpiMode.QUEUED);
        ReplayResult result = replay(script, module("-DFIRST=1"), new ArrayList<>());
        assertEquals(Verdict.DIFFERENT, result.verdict(), result::toString);
        assertTrue(result.now().contains("type 0x30"), result::toString);
        ReplayResult slower = replay(script, module("-DPAUSE=50"), new ArrayList<>());
        assertEquals(Verdict.DIFFERENT, slower.verdict(), slower::toString);
    }
}
