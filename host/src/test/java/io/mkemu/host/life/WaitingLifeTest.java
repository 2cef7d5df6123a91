// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static io.mkemu.host.TestHost.kernel;
import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.Host;
import io.mkemu.host.TestHost;
import io.mkemu.log.KernelLogReader;
import io.mkemu.os.Affinity;
import io.mkemu.os.OsFile;
import io.mkemu.testkit.Await;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Lives that wait to be joined; where one is, the test is the process: it takes the life lock. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class WaitingLifeTest {
    private static final long LONG = 30_000;

    private final List<String> said = Collections.synchronizedList(new ArrayList<>());
    @RegisterExtension
    private final TestHost box = TestHost.make();
    private final Host host = box.host();

    private void start(String... names) {
        box.start(List.of(names), said::add);
    }

    /** Becomes active as a process would; the end of the lock is the end of the process. */
    private OsFile join(int id) throws Exception {
        OsFile life = OsFile.openOrCreate(box.machine().directory().lifeLock(id));
        assertTrue(life.tryLock());
        box.entry(id).enter(InstanceState.ACTIVE);
        box.memory().raiseEvent();
        return life;
    }

    @Test
    void itIsToldHowToJoin() {
        start("web");
        assertEquals(2, said.size(), said::toString);
        String arguments = box.machine().directory().path() + " 1 '" + box.entry(1).cmdline() + "'";
        assertEquals("web: external, waits to be joined: PROGRAM " + arguments, said.getFirst());
        assertTrue(said.getLast().startsWith("web: a JVM joins it by: "), said::toString);
        assertTrue(said.getLast().endsWith(arguments + " echo"), said::toString);
        assertEquals(List.of(InstanceState.LOADED, "waits to be joined", true, 1L, 0L),
            List.of(box.status("web").state(), box.status("web").detail(), box.status("web").external(),
                box.status("web").life(), box.status("web").pid()));
        assertEquals(InstanceDescriptor.REQUEST_RUN, box.entry(1).requested());
    }

    @Test
    void whoIsNamedTwiceIsStartedOnce() throws Exception {
        start("web", "db", "web");
        assertEquals(4, said.size(), said::toString);
        assertEquals(List.of(1L, 1L), List.of(box.status("web").life(), box.status("db").life()));
        assertEquals(List.of(), host.kill(List.of("web", "web", "db"), true, LONG));
        assertEquals(List.of(InstanceState.LOADED, "", InstanceState.LOADED, ""), List.of(box.status("web").state(),
            box.status("web").detail(), box.status("db").state(), box.status("db").detail()));
    }

    @Test
    void nothingIsChangedUnderIt() throws Exception {
        start("web");
        String now = "instance web is loaded (waits to be joined): ";
        box.refuses(ExitCode.STATE, now + "cannot update it: mk kill -f ends its kernel",
            () -> host.update("web", List.of(4), 0, false));
        box.refuses(ExitCode.STATE, now + "cannot update it: mk kill -f ends its kernel",
            () -> host.update("web", null, 2 << 20, true));
        box.refuses(ExitCode.STATE, now + "cannot load it: mk kill -f ends its kernel",
            () -> box.load(kernel("web", "")));
        box.refuses(ExitCode.STATE, now + "cannot unload it: mk kill -f ends its kernel",
            () -> host.unload(List.of("db", "web")));
        box.refuses(ExitCode.STATE, now + "cannot delete it: mk kill -f ends its kernel",
            () -> host.delete(List.of("web"), false));
        box.refuses(ExitCode.STATE, now + "its kernel boots already: mk kill -f ends it", () -> start("db", "web"));
        box.refuses(ExitCode.STATE, now + "mk kill needs an active one: wait until it is active, or mk kill -f",
            () -> host.kill(List.of("web"), false, LONG));
        box.refuses(ExitCode.RESOURCES, "CPU 1 is taken by instance web: free are 4 5 6 7",
            () -> box.create(spec(0, "cache", 1 << 20, 1), false));
        assertEquals(List.of(), host.kill(List.of("web"), true, LONG));
        host.update("web", List.of(4), 2 << 20, false);
    }

    @Test
    void itIsJoinedAndKilled() throws Exception {
        CompletableFuture<Void> exec = CompletableFuture.runAsync(() -> {
            try {
                box.exec(List.of("web"), LONG, said::add);
            } catch (InterruptedException stop) {
                throw new AssertionError(stop);
            }
        });
        host.boot();
        Await.until(() -> box.entry(1).requested() == InstanceDescriptor.REQUEST_RUN);
        OsFile process = join(1);
        exec.get();
        /* What is refused changes nothing: the host's own kernel must have booted, which takes what it takes. */
        Await.until(() -> box.status("host").state() == InstanceState.ACTIVE);
        assertEquals(List.of(InstanceState.ACTIVE, ""), List.of(box.status("web").state(), box.status("web").detail()));
        box.refuses(ExitCode.STATE, "instance web is active: its kernel runs already: mk kill ends it",
            () -> start("web"));
        box.refuses(ExitCode.STATE, "instance web is active: cannot unload it: mk kill ends its kernel",
            () -> host.unload(List.of("web")));
        MachineException stands = assertThrows(MachineException.class, () -> host.kill(List.of("web"), true, 0));
        assertEquals("the CPUs of web (pid 0 as it says) are not confirmed parked: the halt marker stays up; end the "
            + "process, or repeat mk kill -f", stands.getMessage());
        assertEquals(InstanceDescriptor.REQUEST_HALT, box.entry(1).requested());
        assertEquals(List.of(InstanceState.LOADED, "halting, its CPUs are not confirmed parked yet"),
            List.of(box.status("web").state(), box.status("web").detail()));
        box.refuses(ExitCode.STATE, "instance web is loaded (halting): its former life has not ended: repeat mk kill "
            + "-f, or end its process", () -> start("web"));
        process.close();
        assertEquals(List.of(), host.kill(List.of("web"), true, LONG));
        assertEquals(List.of(InstanceState.LOADED, "", ""), List.of(box.status("web").state(),
            box.status("web").detail(), box.status("web").reason()));
        assertEquals(InstanceDescriptor.REQUEST_NONE, box.entry(1).requested());
    }

    @Test
    void itsDeathIsAFailure() throws Exception {
        start("web");
        host.boot();
        OsFile process = join(1);
        InstanceLife life = box.instance("web").life();
        assertTrue(life.awaitActive(System.nanoTime() + LONG * 1_000_000));
        process.close();
        assertTrue(life.awaitEnd(System.nanoTime() + LONG * 1_000_000));
        assertEquals(List.of(InstanceState.FAILED, "its process ended without a word (killed?): its life lock is free"),
            List.of(box.status("web").state(), box.status("web").reason()));
        box.load(kernel("web", ""));
        assertEquals(List.of(InstanceState.LOADED, ""), List.of(box.status("web").state(), box.status("web").reason()));
    }

    /** Somebody else starts its process: mkemu must not start one of its own in its place. */
    @Test
    void itsDeathIsNotFollowedByARestart() throws Exception {
        host.unload(List.of("web"));
        box.load(kernel("web", "", new RestartPolicy(true, 5, 60_000)));
        start("web");
        host.boot();
        OsFile process = join(1);
        InstanceLife life = box.instance("web").life();
        assertTrue(life.awaitActive(System.nanoTime() + LONG * 1_000_000));
        process.close();
        assertTrue(life.awaitEnd(System.nanoTime() + LONG * 1_000_000));
        assertEquals(List.of(InstanceState.FAILED, "", 0), List.of(box.status("web").state(),
            box.status("web").detail(), box.status("web").restarts()));
        start("web");
        assertEquals(List.of(InstanceState.LOADED, "waits to be joined", 2L), List.of(box.status("web").state(),
            box.status("web").detail(), box.status("web").life()));
    }

    @Test
    void whoIsNotJoinedInTimeIsLoadedAgain() {
        MachineException late = assertThrows(MachineException.class,
            () -> box.exec(List.of("web"), 1, said::add));
        assertEquals("instance web was not joined within 1 ms, it is loaded again; repeat with a longer --timeout",
            late.getMessage());
        assertEquals(ExitCode.FAILED, late.exitCode());
        assertEquals(List.of(InstanceState.LOADED, ""), List.of(box.status("web").state(), box.status("web").detail()));
    }

    /** Somebody who listens slowly, a client that is stopped say, does not hold up the others. */
    @Test
    void whoIsToldTakesHisTimeAndNotThatOfOthers() throws Exception {
        CountDownLatch listening = new CountDownLatch(1);
        CountDownLatch heard = new CountDownLatch(1);
        CompletableFuture<Void> slow = CompletableFuture.runAsync(() -> box.start(List.of("web"), line -> {
            listening.countDown();
            try {
                heard.await();
            } catch (InterruptedException stop) {
                throw new AssertionError(stop);
            }
        }));
        listening.await();
        assertEquals("waits to be joined", box.status("web").detail());
        host.unload(List.of("db"));
        heard.countDown();
        slow.get();
    }

    /** CPUs that share a host CPU must not poll, in the first life and in those after it. */
    @Test
    void itsCpusAreToldThatTheyShareInEachLife() throws Exception {
        int most = Affinity.allowed().cardinality();
        /* The IPI area grows with the square of the CPUs: 896 bytes a lane. */
        long memory = (1L << 20) + 1024L * (most + 1) * (most + 1) & -4096L;
        try (TestHost crowd = TestHost.make("""
            /dts-v1/;
            / { compatible = "multikernel-v1"; mkemu,ipi-slots = <2>;
              resources { cpus = <%s>; memory-bytes = <%s>; };
              instances { all { id = <1>; resources { cpus = <%s>; memory-bytes = <%s>; }; }; };
            };
            """.formatted(numbers(0, most + 1), memory, numbers(1, most + 1), memory))) {
            for (int life = 1; life <= 3; life++) {
                crowd.start(List.of("all"), said::add);
                assertNotNull(crowd.host().overcommitment());
                for (int cpu = 0; cpu <= most; cpu++) {
                    assertEquals(crowd.machine().cpus().isShared(cpu), crowd.apic(cpu).sharesCore(), "CPU " + cpu
                        + " in life " + life);
                }
                crowd.host().kill(List.of("all"), true, LONG);
                assertNull(crowd.host().overcommitment());
                assertFalse(crowd.apic(0).sharesCore(), "the host runs alone now");
            }
        }
    }

    /** A thread that waits for the end of a machine is not told of each instance that ends. */
    @Test
    void sharingIsSaidWhenLivesBeginAndNotWhenTheyEnd() throws Exception {
        int most = Affinity.allowed().cardinality();
        long memory = (2L << 20) + 2048L * (most + 2) * (most + 2) & -4096L;
        try (TestHost crowd = TestHost.make("""
            /dts-v1/;
            / { compatible = "multikernel-v1"; mkemu,ipi-slots = <2>;
              resources { cpus = <%s>; memory-bytes = <%d>; };
              instances {
                many { id = <1>; resources { cpus = <%s>; memory-bytes = <%d>; }; };
                one { id = <2>; resources { cpus = <%d>; memory-bytes = <0x80000>; }; };
              };
            };
            """.formatted(numbers(0, most + 2), memory + (1 << 20), numbers(1, most + 1), memory, most + 1))) {
            crowd.host().boot();
            crowd.start(List.of("many", "one"), said::add);
            String both = crowd.host().overcommitment();
            crowd.host().kill(List.of("one"), true, LONG);
            String many = crowd.host().overcommitment();
            assertNotNull(many);
            assertNotEquals(both, many, "there is something that could be said");
            KernelLogReader log = new KernelLogReader(crowd.memory(), 0);
            List<String> lines = new ArrayList<>();
            for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
                lines.add(line.text());
            }
            assertEquals(List.of("mkemu: " + both), lines.stream().filter(line -> line.contains("share")).toList());
            crowd.host().kill(List.of("many"), true, LONG);
        }
    }

    private static String numbers(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int number = from; number < to; number++) {
            text.append(' ').append(number);
        }
        return text.toString();
    }
}
