// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.InstanceStatus;
import io.mkemu.log.KernelLogReader;
import io.mkemu.memory.InstancePool;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.BadStart;
import io.mkemu.system.modules.Counting;
import io.mkemu.system.modules.Quiet;
import io.mkemu.table.InstanceEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code restart = "on-failure"}: what is restarted, how often, and what is not. */
@Timeout(600)
class RestartIT {
    private static final String KILLED = "killed by signal 9 (SIGKILL)";

    @RegisterExtension
    final Mk mk = new Mk();

    private LiveHost host;

    private static String onFailure(int limit, int delayMillis) {
        return "restart = \"on-failure\"; restart-limit = <%d>; restart-delay-ms = <%d>;".formatted(limit, delayMillis);
    }

    /** Waits until it has failed and nothing is planned any more. */
    private InstanceStatus awaitGivenUp(String name, int restarts) {
        host.await(() -> name + " is not given up", () -> host.state(name) == InstanceState.FAILED
            && host.status(name).detail().isEmpty());
        InstanceStatus status = host.status(name);
        assertEquals(restarts, status.restarts(), host::describe);
        return status;
    }

    @Test
    void whatFailsIsRestartedWithBackOffUntilTheLimit() throws Exception {
        Path dies = ModuleJar.of(mk.work(), Awkward.class);
        Path bad = ModuleJar.of(mk.work(), BadStart.class);
        TreeSource tree = new TreeSource().bootargs("idle=halt awkward.in=death awkward.code=3")
            .properties(onFailure(3, 50)).instance("dies", dies)
            .properties(onFailure(1, 50)).instance("never-up", bad);
        try (LiveHost made = LiveHost.boot(mk, tree, "limit")) {
            host = made;
            host.start("dies", "never-up");
            InstanceStatus dead = awaitGivenUp("dies", 3);
            assertEquals("ended with exit code 3", dead.reason());
            assertEquals(4, dead.life());
            assertEquals(List.of("mkemu: restart 1 of 3 in 50 ms", "mkemu: restart 2 of 3 in 100 ms",
                "mkemu: restart 3 of 3 in 200 ms"), host.log("dies", "mkemu: restart"));
            assertEquals(4, host.log("dies", "mkemu: instance failed: ended with exit code 3").size());
            checkDelays();

            InstanceStatus neverUp = awaitGivenUp("never-up", 1);
            assertTrue(neverUp.reason().contains("BadStart"), neverUp::reason);
            assertEquals(2, neverUp.life());

            host.start("dies");
            dead = awaitGivenUp("dies", 3);
            assertEquals(8, dead.life(), "exec by hand allows as many restarts again");
            assertEquals(List.of(), host.shutDown());
        }
    }

    /** Time stamps of the kernel log: no life begins before its delay is over. */
    private void checkDelays() {
        KernelLogReader log = new KernelLogReader(host.memory(), host.status("dies").id());
        List<Long> gaps = new ArrayList<>();
        long failed = -1;
        for (var line = log.poll(); line != null; line = log.poll()) {
            if (line.text().startsWith("mkemu: instance failed")) {
                failed = line.nanos();
            } else if (line.text().startsWith("Command line: ") && failed >= 0) {
                gaps.add(TimeUnit.NANOSECONDS.toMillis(line.nanos() - failed));
            }
        }
        assertEquals(3, gaps.size(), host::describe);
        assertTrue(gaps.get(0) >= 50 && gaps.get(1) >= 100 && gaps.get(2) >= 200, () -> "ms between lives: " + gaps);
    }

    @Test
    void whatIsKilledOnPurposeIsNotRestarted() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        TreeSource tree = new TreeSource().properties(onFailure(5, 1)).instance("a", jar)
            .properties(onFailure(5, 60_000)).instance("b", jar);
        try (LiveHost made = LiveHost.boot(mk, tree, "purpose")) {
            host = made;
            for (int life = 1; life <= 2; life++) {
                host.exec("a");
                assertEquals(List.of(), host.host().kill(List.of("a"), life == 2, LiveHost.BOOT_MILLIS));
                InstanceStatus loaded = host.status("a");
                assertEquals(InstanceState.LOADED, loaded.state());
                assertEquals(life, loaded.life());
                assertEquals("", loaded.detail());
                assertEquals(0, loaded.restarts());
            }
            assertEquals(List.of(), host.log("a", "mkemu: restart"));

            host.exec("b");
            LiveHost.kill9(host.status("b").pid());
            InstanceStatus waits = host.awaitState("b", InstanceState.FAILED);
            assertEquals(KILLED, waits.reason());
            assertTrue(waits.detail().startsWith("restart 1 of 5 in "), waits::detail);
            assertEquals(List.of(), host.host().kill(List.of("b"), true, LiveHost.BOOT_MILLIS));
            assertEquals("", host.status("b").detail(), "the planned restart is called off");
            assertEquals(0, host.status("b").restarts());
            host.exec("b");
            assertEquals(2, host.status("b").life());
            LiveHost.kill9(host.status("b").pid());
            host.awaitState("b", InstanceState.FAILED);
            host.exec("b");
            assertEquals(3, host.status("b").life(), "who does not want to wait need not");
            assertEquals(0, host.status("b").restarts());
            LiveHost.kill9(host.status("b").pid());
            host.awaitState("b", InstanceState.FAILED);
            assertEquals(List.of(), host.shutDown());
            assertEquals(3, host.status("b").life(), "a machine that ends restarts nothing");
        }
    }

    @Test
    void aSenderThatIsStoppedInASendDoesNotHoldUpTheRestart() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Counting.class);
        TreeSource tree = new TreeSource().properties(onFailure(5, 1)).instance("counted", jar).properties("")
            .bootargs("idle=halt mkemu.stop_in_send=payload:100").instance("counter", jar)
            .bootargs("idle=halt");
        try (LiveHost made = LiveHost.boot(mk, tree, "busy")) {
            host = made;
            host.exec("counted");
            long free = available("counted");
            long buffer = host.mapped().instances().entry(1).ipiAreaSize();
            long address = host.mapped().instances().entry(1).ipiArea();
            host.start("counter");
            long counter = host.status("counter").pid();
            Procs.awaitStopped(counter);
            LiveHost.kill9(host.status("counted").pid());
            host.await(() -> "counted does not live again", () -> host.state("counted") == InstanceState.ACTIVE
                && host.status("counted").life() == 2);
            assertEquals("T", Procs.state(counter));
            assertEquals(free - buffer, available("counted"), "the old buffer stays, beside the new one");
            assertTrue(host.mapped().instances().entry(1).ipiArea() >= address + buffer, host::describe);

            Procs.signal("CONT", counter);
            host.await(() -> "the old buffer is not freed", () -> available("counted") == free);
            host.awaitLog("counted", 2, "begins at");
            /* Number 99 was on its way into the old buffer. */
            assertEquals(List.of("counting: begins at 0", "counting: begins at 100"),
                host.log("counted", "begins at|jumps"));
            assertEquals(List.of(), host.shutDown());
        }
    }

    private long available(String name) {
        InstanceEntry entry = host.mapped().instances().entry(host.status(name).id());
        try (InstancePool pool = host.mapped().poolOf(entry)) {
            return pool.available();
        }
    }
}
