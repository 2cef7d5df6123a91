// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TakesLong;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Messages between processes: under load, and while the one that answers is killed and started again. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
@TakesLong
class MessagesProcessTest {
    private static final int CALLS = 4_000;
    private static final int LIVES = 3;
    private static final int SERVER = 2;

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final List<ChildJvm> processes = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (ChildJvm process : processes) {
            process.close();
        }
    }

    private ChildJvm start(int id, Object... args) throws IOException {
        List<Object> all = new ArrayList<>(List.of(machine.ram(), id));
        all.addAll(List.of(args));
        ChildJvm process = ChildJvm.start(MessagesProcess.class, all.toArray());
        processes.add(process);
        return process;
    }

    @Test
    void eachCallOfManyIsAnsweredOnceAndWhole() throws Exception {
        for (int id = 1; id <= 3; id++) {
            machine.load(id, id);
        }
        List<ChildJvm> started = List.of(start(1, CALLS, 2, 3), start(2, CALLS, 3, 1), start(3, CALLS, 1, 2));
        for (ChildJvm each : started) {
            assertEquals("answered " + CALLS + ", wrong 0", each.readLine());
        }
    }

    @Test
    void whoIsKilledAnswersNoMoreAndTheNextLifeAnswersForItself() throws Exception {
        machine.load(SERVER, SERVER);
        machine.load(1, 1);
        MessagesProcess client = new MessagesProcess(Long.MAX_VALUE, SERVER);
        machine.boot(1, "quiet", client);
        long told = 0;
        for (int life = 1; life <= LIVES; life++) {
            ChildJvm server = start(SERVER, 0, 1);
            long before = client.answered.get();
            Await.until(() -> client.answered.get() > before + 200 || client.wrong.get() > 0);
            assertEquals(ChildJvm.KILLED, server.kill());
            machine.mapped().instances().entry(SERVER).enter(InstanceState.FAILED);
            machine.mapped().instances().tellWatchers();
            Await.until(() -> client.begun.get() == client.answered.get() + client.shutDown.get()
                + client.wrong.get());
            assertEquals(0, client.wrong.get());
            assertTrue(client.shutDown.get() > told, "calls were under way when it was killed");
            told = client.shutDown.get();
            machine.reload(SERVER);
        }
    }
}
