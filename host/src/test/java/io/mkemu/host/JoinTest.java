// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.ContainerRun;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.Joining;
import io.mkemu.os.Affinity;
import io.mkemu.os.OsFile;
import io.mkemu.os.OsProcess;
import io.mkemu.testkit.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How containers join; the test is the process in one: it takes the life lock. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class JoinTest {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final List<String> said = new ArrayList<>();
    @RegisterExtension
    private final TestHost box = TestHost.make();
    private final Host host = box.host();

    private static BitSet only(int hostCpu) {
        BitSet set = new BitSet();
        set.set(hostCpu);
        return set;
    }

    /** Which life of web it is, and where its CPU runs in it. */
    private List<Long> life() {
        return List.of(box.entry(1).life(), (long) box.apic(box.status("web").cpus().getFirst()).hostCpu());
    }

    private void boot() {
        host.boot();
        Await.until(() -> box.entry(0).state() == InstanceState.ACTIVE);
    }

    /** A process begins to be web. */
    private OsFile begin() throws Exception {
        OsFile life = OsFile.openOrCreate(box.machine().directory().lifeLock(1));
        assertTrue(life.tryLock());
        box.entry(1).pid(1);
        box.memory().raiseEvent();
        return life;
    }

    @Test
    void theContainerThatJoinsIsTold() {
        host.start(List.of("web"), true, Joining.by(new ContainerRun("mkemu:x", "vol")), said::add);
        Path directory = box.machine().directory().path();
        BitSet hostCpus = new BitSet();
        box.status("web").hostCpus().forEach(hostCpus::set);
        assertEquals(List.of("docker run --rm --name mkemu-" + directory.getFileName() + "-web --network none "
            + "--cpuset-cpus " + Affinity.list(hostCpus) + " --memory 256m --pids-limit 128 "
            + "--read-only --cap-drop ALL --security-opt no-new-privileges --no-healthcheck --user "
            + OsProcess.uid() + ":" + OsProcess.gid() + " --mount type=volume,src=vol,dst=" + directory.getParent()
            + " mkemu:x instance " + directory + " 1 '" + box.entry(1).cmdline() + "' echo"), said);
    }

    @Test
    void aDirectoryOfTheDockerHostIsBound() {
        host.start(List.of("web"), true, Joining.by(new ContainerRun("mkemu:x", "/dev/shm/m")), said::add);
        assertTrue(said.getFirst().contains(" --mount type=bind,src=/dev/shm/m,dst="
            + box.machine().directory().path().getParent() + " mkemu:x "), said::toString);
    }

    @Test
    void whoAsksRunsWhereItMay() throws Exception {
        ExecVerbs.join(host, "web", only(77));
        assertEquals(List.of(1L, 77L), life());
        ExecVerbs.join(host, "web", only(78));
        assertEquals(List.of(2L, 78L), life(), "the first one has not come");
        boot();
        OsFile process = begin();
        box.entry(1).enter(InstanceState.ACTIVE);
        box.memory().raiseEvent();
        assertTrue(box.instance("web").life().awaitActive(System.nanoTime() + LONG_NANOS));
        box.refuses(ExitCode.STATE, "instance web is active: its kernel runs already: mk kill ends it",
            () -> ExecVerbs.join(host, "web", only(79)));
        process.close();
        ExecVerbs.join(host, "web", only(79));
        assertEquals(List.of(3L, 79L), life(), "its death was waited for, if it had not been seen yet");
    }

    @Test
    void whoAsksAndDiesWhileItBootsHasFailed() throws Exception {
        ExecVerbs.join(host, "web", only(77));
        boot();
        InstanceLife life = box.instance("web").life();
        OsFile process = begin();
        box.refuses(ExitCode.STATE, "instance web is loaded (waits to be joined): its kernel boots already: mk kill "
            + "-f ends it", () -> ExecVerbs.join(host, "web", only(78)));
        assertFalse(life.isOver());
        process.close();
        assertTrue(life.awaitEnd(System.nanoTime() + LONG_NANOS));
        assertEquals(InstanceState.FAILED, box.status("web").state());
        ExecVerbs.join(host, "web", only(78));
        assertEquals(List.of(2L, 78L), life());
    }
}
