// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.life.Recording;
import io.mkemu.journal.JournalLimits;
import io.mkemu.journal.JournalWriter;
import io.mkemu.journal.TraceDrain;
import io.mkemu.trace.TraceControl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A trace drain that meets a fault: whoever waits for it is answered. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class TraceDrainFaultTest {
    private static final byte[] TOLD = "{}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    private final List<String> said = new CopyOnWriteArrayList<>();
    @RegisterExtension
    private final TestHost box = TestHost.make();
    private TraceDrain drain;

    @BeforeEach
    void start() throws Exception {
        JournalWriter writer = JournalWriter.create(directory, "box", JournalLimits.DEFAULT);
        drain = TraceDrain.start(box.mapped(), writer, TOLD, TraceMode.LIFECYCLE, said::add);
    }

    @AfterEach
    void close() throws Exception {
        drain.close();
    }

    /** A request that cannot be carried out: there is no such CPU. */
    private boolean fault() {
        return drain.lifeBegins(1, 1, List.of(box.memory().layout().nrCpus()), TOLD);
    }

    @Test
    void aRequestThatThrowsIsAnsweredAndTheFaultIsTold() throws Exception {
        assertTrue(drain.entered(1, InstanceState.READY, ""));
        assertFalse(fault());
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.getFirst().startsWith("mkemu: the journal " + drain.writer().recording()
            + " ends here, by a fault: java.lang.ArrayIndexOutOfBoundsException"), said::toString);
        assertEquals(TraceMode.OFF, new TraceControl(box.memory()).mode(), "nobody traces for nobody");
        assertFalse(drain.entered(1, InstanceState.LOADED, ""), "it has ended");
        assertFalse(drain.mode(TraceMode.ALL));
        assertEquals(TraceMode.OFF, new TraceControl(box.memory()).mode());
        Recording recording = Recording.read(directory);
        assertFalse(recording.complete());
        assertEquals(List.of(TraceEvent.MACHINE, TraceEvent.MODE), recording.records().stream().limit(2)
            .map(Recording.Entry::event).toList());
    }

    @Test
    void whoAsksWhileItEndsIsAnsweredToo() throws Exception {
        int clients = 8;
        CountDownLatch refused = new CountDownLatch(clients);
        List<Thread> threads = new CopyOnWriteArrayList<>();
        for (int client = 0; client < clients; client++) {
            threads.add(Thread.startVirtualThread(() -> {
                while (drain.lifeEnded(2)) {
                    Thread.onSpinWait();
                }
                refused.countDown();
            }));
        }
        assertFalse(fault());
        refused.await();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
