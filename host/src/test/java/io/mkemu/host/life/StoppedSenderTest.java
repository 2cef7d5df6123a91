// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.Host;
import io.mkemu.host.Snapshot;
import io.mkemu.host.TestHost;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/**
 * CPU 3, of instance db, is stopped in the middle of a send to instance web: the test plays it. What it could still
 * write into is given to nobody else. Each time the host waits 2 s for it.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class StoppedSenderTest {
    private static final String REFUSAL = "IPI area of instance web is still mapped by a CPU that does not answer "
        + "(physical CPUs [3]): continue its process (kill -CONT), or mk kill -f its instance, and try again";

    @RegisterExtension
    private final TestHost box = TestHost.make();
    private HostedInstance web;
    private InstanceEntry entry;

    @BeforeEach
    void make() throws Exception {
        web = box.instance("web");
        entry = box.entry(1);
        begin();
    }

    @AfterEach
    void close() throws Exception {
        box.apic(3).retire();
        if (web.life() != null) {
            web.end(true, "");
        }
    }

    private void begin() {
        FakeLife.begin(box, "web");
    }

    private boolean isAllocated(long address) {
        try (InstancePool pool = box.mapped().poolOf(entry)) {
            return pool.isAllocated(address, box.mapped().interconnect().areaLength(2));
        }
    }

    @Test
    void theNextLifeHasItsBufferElsewhere() {
        long first = entry.ipiArea();
        box.apic(3).sendsTo(1, true);
        web.end(false, "killed");
        assertFalse(web.look(), "nothing is looked for before somebody wants the memory");
        begin();
        long second = entry.ipiArea();
        assertNotEquals(first, second);
        assertTrue(isAllocated(first), "the stopped CPU may still write there");
        assertTrue(web.look(), "to be looked at now and then");
        web.end(true, "");
        begin();
        long third = entry.ipiArea();
        assertNotEquals(first, third);
        assertNotEquals(second, third);
        assertTrue(isAllocated(first) && isAllocated(second), "it may have either of them mapped");
        box.apic(3).sendsTo(1, false);
        assertFalse(web.look());
        web.end(true, "");
        begin();
        assertEquals(first, entry.ipiArea(), "first fit in a pool that is empty again");
        assertFalse(isAllocated(second) || isAllocated(third));
    }

    @Test
    void theBufferIsKeptWhateverTheInstanceTableSays() {
        long first = entry.ipiArea();
        long size = entry.ipiAreaSize();
        box.apic(3).sendsTo(1, true);
        entry.ipiArea(first + size, size);
        web.end(false, "killed");
        begin();
        assertTrue(isAllocated(first));
        assertNotEquals(first, entry.ipiArea());
    }

    @Test
    void itsMemoryIsNeitherGivenBackNorExchanged() throws Exception {
        box.apic(3).sendsTo(1, true);
        web.end(false, "killed");
        long free = box.free();
        List<Region> regions = entry.regions();
        long area = entry.ipiArea();
        Host host = box.host();
        refused(() -> host.update("web", null, 2 << 20, false));
        refused(() -> host.delete(List.of("web"), false));
        assertEquals(List.of(free, regions, area, InstanceState.FAILED),
            List.of(box.free(), entry.regions(), entry.ipiArea(), box.status("web").state()));
        assertEquals(List.of(0, 1, 1, 2, -1, -1, -1, -1), box.owners());
        begin();
        web.end(false, "killed");
        box.apic(3).takePending();
        refused(() -> host.delete(List.of("web"), true));
        box.apic(3).sendsTo(1, false);
        host.delete(List.of("web"), true);
        host.delete(List.of("web"), false);
        assertEquals(free + (1 << 20), box.free());
    }

    @Test
    void ofSeveralThatAreDeletedNoneIsIfOneIsHeld() {
        box.apic(3).sendsTo(1, true);
        web.end(false, "killed");
        box.host().unload(List.of("db"));
        Snapshot.Entry before = Snapshot.Entry.of(box.entry(2));
        for (boolean dryRun : new boolean[] {true, false}) {
            refused(() -> box.host().delete(List.of("db", "web"), dryRun));
            assertEquals(before, Snapshot.Entry.of(box.entry(2)));
        }
        box.apic(3).sendsTo(1, false);
        box.host().delete(List.of("db", "web"), false);
        assertEquals(TestHost.POOL, box.free());
    }

    private static void refused(Executable action) {
        MachineException refused = assertThrows(MachineException.class, action);
        assertEquals(REFUSAL, refused.getMessage());
        assertEquals(ExitCode.STATE, refused.exitCode());
    }

    @Test
    void aDamagedBitmapIsMadeAnewOnlyWhenNobodyCanWriteThere() {
        try (Window bitmap = box.memory().map(entry.regions().getFirst().address(), TestHost.PAGE)) {
            bitmap.buffer().setMemory(0, TestHost.PAGE, (byte) 0x5a);
        }
        box.apic(3).sendsTo(1, true);
        web.end(false, "killed");
        String message = assertThrows(MachineException.class, this::begin).getMessage();
        assertTrue(message.startsWith("pool of instance 1 is damaged"), message);
        web.abandon(message);
        assertEquals(InstanceState.FAILED, box.status("web").state());
        box.apic(3).sendsTo(1, false);
        begin();
        box.mapped().interconnect().mapArea(entry, entry.ipiArea()).close();
        assertFalse(Snapshot.iomem(box.mapped()).contains("is damaged"));
    }

    @Test
    void aPoolThatIsTooSmallForTwoBuffersFailsTheLifeAndSaysSo() throws Exception {
        web.end(true, "");
        box.host().update("web", null, 6L * TestHost.PAGE, false);
        begin();
        web.end(true, "");
        box.apic(3).sendsTo(1, true);
        String message = assertThrows(MachineException.class, this::begin).getMessage();
        assertEquals("pool of instance web cannot hold its IPI area: -ENOMEM; give it more memory", message);
        web.abandon(message);
        box.apic(3).sendsTo(1, false);
        begin();
        box.mapped().interconnect().mapArea(entry, entry.ipiArea()).close();
    }
}
