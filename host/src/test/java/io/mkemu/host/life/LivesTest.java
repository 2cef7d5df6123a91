// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.Host;
import io.mkemu.host.TestHost;
import io.mkemu.log.KernelLogReader;
import io.mkemu.os.OsFile;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Lives that follow each other, and what nobody has foreseen while they are looked after. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class LivesTest {
    private static final long LONG = 30_000;

    @RegisterExtension
    private final TestHost box = TestHost.make();
    private final Host host = box.host();

    private List<String> hostLog() {
        List<String> lines = new ArrayList<>();
        KernelLogReader log = new KernelLogReader(box.memory(), 0);
        for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
            lines.add(line.text());
        }
        return lines;
    }

    private OsFile join(int id) throws Exception {
        OsFile life = OsFile.openOrCreate(box.machine().directory().lifeLock(id));
        assertTrue(life.tryLock());
        box.entry(id).enter(InstanceState.ACTIVE);
        box.memory().raiseEvent();
        return life;
    }

    /** Whoever saw it alive may ask it to end when the next life has begun. */
    @Test
    void aLifeThatIsOverLeavesTheNextOneAlone() {
        FakeLife first = new FakeLife(box, "web");
        box.instance("web").begin(first);
        first.over("killed");
        box.instance("web").end(false, "killed");
        box.instance("web").begin(new FakeLife(box, "web"));
        box.entry(1).enter(InstanceState.ACTIVE);
        box.entry(1).requested(InstanceDescriptor.REQUEST_RUN);
        long doorbell = box.apic(1).doorbell();
        first.shutDown();
        first.halt();
        assertEquals(InstanceDescriptor.REQUEST_RUN, box.entry(1).requested());
        assertEquals(InstanceState.ACTIVE, box.entry(1).state());
        assertEquals(doorbell, box.apic(1).doorbell(), "no CPU of the next life is interrupted");
        box.instance("web").end(true, "");
    }

    @Test
    void whoseClockCannotBeTheHostsIsTold() throws Exception {
        long[] shifts = {0, TimeUnit.DAYS.toNanos(1), -TimeUnit.DAYS.toNanos(1)};
        host.boot();
        for (long shift : shifts) {
            Boots begun = box.start(List.of("web"), line -> { });
            box.entry(1).bootStep(BootStep.JVM, System.nanoTime() + shift);
            OsFile life = join(1);
            begun.await(LONG);
            life.close();
            Await.until(() -> box.status("web").state() == InstanceState.FAILED);
        }
        List<String> told = hostLog().stream().filter(line -> line.startsWith("mkemu: the clock of web is at least "))
            .toList();
        assertEquals(2, told.size(), told::toString);
        assertTrue(told.getFirst().contains(" s ahead of the host's"), told::toString);
        assertTrue(told.getLast().contains(" s behind the host's"), told::toString);
    }

    @Test
    void whoWaitsForABootWaitsForThisOne() throws Exception {
        Boots first = box.start(List.of("web"), line -> { });
        host.kill(List.of("web"), true, LONG);
        box.start(List.of("web"), line -> { });
        MachineException ended = assertThrows(MachineException.class, () -> first.await(LONG));
        assertEquals("instance web is loaded: it was ended while it booted; see mk dmesg web", ended.getMessage());
        assertEquals("waits to be joined", box.status("web").detail());
        assertEquals(InstanceDescriptor.REQUEST_RUN, box.entry(1).requested());
    }

    @Test
    void whoKillsWaitsForTheLifeThatHeKills() throws Exception {
        host.boot();
        Boots begun = box.start(List.of("web"), line -> { });
        OsFile process = join(1);
        begun.await(LONG);
        CompletableFuture<List<String>> kill = CompletableFuture.supplyAsync(() -> {
            try {
                return host.kill(List.of("web"), false, LONG);
            } catch (InterruptedException stop) {
                throw new AssertionError(stop);
            }
        });
        Await.until(() -> box.entry(1).requested() == InstanceDescriptor.REQUEST_SHUTDOWN);
        box.entry(1).exitCode(0);
        process.close();
        assertEquals(List.of(), kill.get());
        box.start(List.of("web"), line -> { });
        assertEquals(List.of(2L, "waits to be joined"), List.of(box.status("web").life(),
            box.status("web").detail()));
    }

    /** What a FakeLife is asked for its output with an error. */
    @Test
    void aFaultAtOneInstanceIsSaidAndTheOthersAreLookedAfter() throws Exception {
        host.boot();
        FakeLife.begin(box, "web");
        Boots begun = box.start(List.of("db"), line -> { });
        OsFile process = join(2);
        begun.await(LONG);
        process.close();
        Await.until(() -> box.status("db").state() == InstanceState.FAILED);
        assertEquals(1, hostLog().stream().filter(line -> line.equals("mkemu: fault of mkemu, please report it: "
            + "instance web cannot be looked after: java.lang.AssertionError: it says nothing")).count(),
            () -> hostLog().toString());
        assertEquals(1, host.endAsked().getCount(), "the machine goes on");
        box.instance("web").end(true, "");
    }

    @Test
    void aFaultInWhatFollowsFromAnEndKeepsNobodyWaiting() throws Exception {
        FakeLife life = new FakeLife(box, "web", (over, how) -> {
            throw new InternalError("on purpose");
        });
        box.instance("web").begin(life);
        assertThrows(InternalError.class, () -> life.over("killed"));
        assertTrue(life.awaitEnd(System.nanoTime() + TimeUnit.SECONDS.toNanos(LONG)));
        assertFalse(life.awaitActive(System.nanoTime() + TimeUnit.SECONDS.toNanos(LONG)));
        box.instance("web").end(true, "");
    }

    @Test
    void aMachineThatCannotGoOnSaysWhyAndEnds() {
        host.lose("its walls are gone");
        host.lose("its roof too");
        assertEquals(0, host.endAsked().getCount());
        assertEquals("its walls are gone", host.lost());
        assertEquals(List.of("mkemu: the machine ends: its walls are gone"), hostLog());
    }
}
