// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Region;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** MiB by MiB from a kernel in a process of its own to one in this process, with both mailboxes, and kills. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PageTransferTest {
    private static final int SENDER = 1;
    private static final int RECEIVER = 2;
    private static final long TRANSFERS = 300;
    private static final int KILLS = 2;

    private TestKernels machine;
    private ChildJvm child;

    @AfterEach
    void end() throws Exception {
        if (child != null) {
            child.close();
        }
        machine.close();
    }

    private PageTransferProcess receive(IpiMode mode) throws Exception {
        machine = new TestKernels(mode);
        PageTransferProcess receiver = new PageTransferProcess(SENDER, 0);
        machine.load(RECEIVER, RECEIVER);
        machine.load(SENDER, SENDER);
        machine.boot(RECEIVER, "quiet", receiver);
        return receiver;
    }

    private void start(int id, int peer, long count) throws Exception {
        child = ChildJvm.start(PageTransferProcess.class, machine.ram(), id, peer, count);
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void eachMebibyteComesOnceWholeAndInOrder(IpiMode mode) throws Exception {
        PageTransferProcess receiver = receive(mode);
        start(SENDER, RECEIVER, TRANSFERS);
        assertEquals("sent " + TRANSFERS, child.readLine(), receiver::fault);
        assertEquals("", receiver.fault());
        assertEquals(TRANSFERS, receiver.total());
        assertEquals(List.of(), machine.memory().pageTable().stillMapped(
            machine.mapped().instances().entry(SENDER).regions()));
    }

    /** Kills the process, and does what the host does; what stays because it is mapped. */
    private List<Region> kill(int id) throws Exception {
        assertEquals(ChildJvm.KILLED, child.kill());
        InstanceEntry entry = machine.mapped().instances().entry(id);
        entry.enter(InstanceState.FAILED);
        machine.memory().pageTable().clearGrantsTo(id);
        machine.memory().pageTable().clearMappingsOf(id);
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            return pool.recover(address -> address == entry.ipiArea());
        }
    }

    @Test
    void aSenderThatIsKilledInTheMidstLeavesNothingBehind() throws Exception {
        PageTransferProcess receiver = receive(IpiMode.QUEUED);
        InstanceEntry entry = machine.mapped().instances().entry(SENDER);
        long free;
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            free = pool.available();
        }
        for (int life = 0; life < KILLS; life++) {
            start(SENDER, RECEIVER, -1);
            long enough = receiver.total() + 20 + life;
            Await.until(() -> receiver.total() >= enough, receiver::fault);
            /* What the receiver has mapped stays until it unmaps it, which it is about to do. */
            kill(SENDER);
            Await.until(() -> machine.memory().pageTable().stillMapped(entry.regions()).isEmpty());
            try (InstancePool pool = machine.mapped().poolOf(entry)) {
                assertEquals(List.of(), pool.recover(address -> address == entry.ipiArea()));
                assertEquals(free, pool.available());
            }
            machine.reload(SENDER);
        }
        assertEquals("", receiver.fault());
    }

    @Test
    void aReceiverThatIsKilledInTheMidstHoldsNothing() throws Exception {
        machine = new TestKernels(IpiMode.QUEUED);
        machine.load(RECEIVER, RECEIVER);
        machine.load(SENDER, SENDER);
        start(RECEIVER, SENDER, 0);
        assertEquals("takes", child.readLine());
        PageTransferProcess sender = new PageTransferProcess(RECEIVER, -1);
        machine.boot(SENDER, "quiet", sender);
        Await.until(() -> sender.sent() > 20, sender::fault);
        kill(RECEIVER);
        assertEquals(List.of(), machine.memory().pageTable().stillMapped(
            machine.mapped().instances().entry(SENDER).regions()));
        assertEquals("", sender.fault());
    }
}
