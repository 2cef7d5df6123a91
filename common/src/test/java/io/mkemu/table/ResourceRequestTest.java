// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The word by which host and kernel agree: each way through its states, and a kernel that is killed on the way. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class ResourceRequestTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine(new RamLayout(4, 2, 1 << 20, 1 << 20));

    private InstanceEntry entry() {
        return machine.mapped().instances().entry(ResourceProcess.ID);
    }

    private long ask() {
        return entry().resources().ask(ResourceOperation.MEMORY_ADD, null, 0x1000, 0x2000);
    }

    @Test
    void whatIsTakenIsWhatWasAsked() {
        ResourceRequest request = entry().resources();
        assertEquals(0, request.take());
        assertEquals(1, request.ask(ResourceOperation.QUERY, ResourceOperation.CPU_REMOVE, 7, -1));
        assertEquals(1, request.take());
        assertEquals(0, request.take(), "it is taken already");
        assertEquals(List.of(ResourceOperation.QUERY, ResourceOperation.CPU_REMOVE, 7L, -1L),
            List.of(request.operation(), request.about(), request.first(), request.second()));
        assertEquals(0, ask(), "one at a time");
        assertTrue(request.done(1));
        assertEquals(ResourceDescriptor.STATE_DONE, request.giveUp(1), "too late");
        assertEquals(2, ask());
    }

    @Test
    void whoIsSecondSeesIt() {
        ResourceRequest request = entry().resources();
        long number = ask();
        assertEquals(ResourceDescriptor.STATE_LET_GO, request.giveUp(number));
        assertEquals(0, request.take(), "nobody wants it any more");

        number = ask();
        assertEquals(number, request.take());
        assertFalse(request.isGivenUp(number));
        assertEquals(ResourceDescriptor.STATE_GIVEN_UP, request.giveUp(number));
        assertTrue(request.isGivenUp(number));
        assertEquals(0, ask(), "the kernel is at it still");
        assertFalse(request.done(number));
        assertEquals(ResourceDescriptor.STATE_GIVEN_UP, request.giveUp(number));
        request.letGo(number);
        assertEquals(ResourceDescriptor.STATE_LET_GO, request.giveUp(number));
        assertTrue(ask() > number);
    }

    @Test
    void aLateAnswerToAFormerRequestChangesNothing() {
        ResourceRequest request = entry().resources();
        long former = ask();
        request.take();
        request.refuse(former, -16, "eins: holds 3 pages");
        assertEquals(List.of(-16, "eins: holds 3 pages"), List.of(request.result(), request.text()));
        long now = ask();
        assertEquals(List.of(0, ""), List.of(request.result(), request.text()));
        request.take();
        assertFalse(request.done(former));
        request.letGo(former);
        assertFalse(request.isGivenUp(now));
        request.forget();
        assertFalse(request.done(now), "its life is over");
        assertEquals(now + 1, ask(), "numbers go on");
    }

    @Test
    void aKernelSaysWhatItKnows() {
        ResourceRequest request = entry().resources();
        assertFalse(request.supports(ResourceOperation.MEMORY_ADD));
        request.supported(List.of(ResourceOperation.MEMORY_ADD, ResourceOperation.QUERY));
        assertTrue(request.supports(ResourceOperation.MEMORY_ADD));
        assertFalse(request.supports(ResourceOperation.MEMORY_REMOVE));
        entry().forgetLife();
        assertFalse(request.supports(ResourceOperation.MEMORY_ADD));
    }

    /** What the other process has prepared and not undone. */
    private long held() {
        return entry().tasksStarted() - entry().tasksEnded();
    }

    /** The other process counts what it has done; the decisions are to say the same, wherever it is killed. */
    @Test
    void bothCountTheSameWhenOneIsKilled() throws Exception {
        ResourceRequest request = entry().resources();
        Random random = new Random(20);
        long done = 0;
        long late = 0;
        for (int kill = 0; kill < 3; kill++) {
            try (ChildJvm kernel = ChildJvm.start(ResourceProcess.class, machine.ram())) {
                assertEquals("up", kernel.readLine());
                int requests = 300 + random.nextInt(3_000);
                for (int n = 0; n < requests || done == 0 || late == 0; n++) {
                    long number = ask();
                    assertTrue(number > 0);
                    /* Of all lengths: some are done, some are given up while the kernel is at it. */
                    for (int spins = random.nextInt(1 + n % 3_000); spins > 0; spins--) {
                        Thread.onSpinWait();
                    }
                    int state = request.giveUp(number);
                    done += state == ResourceDescriptor.STATE_DONE ? 1 : 0;
                    late += state == ResourceDescriptor.STATE_GIVEN_UP ? 1 : 0;
                    Await.until(() -> ResourceRequest.isOver(request.decision()));
                    assertEquals(done, held(), "request " + number);
                }
                ask();
                assertEquals(ChildJvm.KILLED, kernel.kill());
            }
            /* Whatever the kernel was at: its process is gone, and the word says what holds. */
            int last = ResourceRequest.stateOf(request.decision());
            done += last == ResourceDescriptor.STATE_DONE ? 1 : 0;
            if (held() != done) {
                assertEquals(List.of(done + 1, ResourceDescriptor.STATE_TAKEN), List.of(held(), last));
                entry().countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
            }
            request.forget();
        }
    }
}
