// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.system.modules.Chatter;
import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Waiter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** kill -9, of an instance and of the host, and what the next run finds. */
class DeathIT {
    /* Two seconds are promised; a loaded machine may take longer and is not wrong. */
    private static final int INSTANCES_END_SECONDS = 20;
    private static final long[] HOST_KILL_MILLIS = {250, 450, 650, 900};

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void theOthersLiveOnWithoutAKilledInstance() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().bootargs("chatter.until=death").host(jar).instance("web", jar)
            .instance("db", jar).write(mk.work(), "wake");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(3, "chatter: hears all");
        Procs.signal("KILL", Procs.instances(mk.machine("wake")).get(1));
        run.ends(1);
        assertEquals(2, run.out("chatter: goes on without instance 1").size(), run::describe);
        assertEquals(1, run.out("^web failed: killed by signal 9\\b").size(), run::describe);
        assertEquals(1, run.out("^ +1 +web +failed").size(), run::describe);
        assertEquals(2, run.out("^ +[02] +\\w+ +active").size(), run::describe);
    }

    /* The host's own CPU waits too, and must not keep the host from seeing the death. */
    @Test
    void whoWaitsForAKilledInstanceWaitsNoMore() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Waiter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).instance("db", jar).write(mk.work(), "wait");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(2, "waiter: waits after -ENOSPC");
        Procs.signal("KILL", Procs.instances(mk.machine("wait")).get(1));
        run.ends(1);
        assertEquals(2, run.out("waiter: waited for -ESHUTDOWN").size(), run::describe);
        assertEquals(1, run.out("^web failed: killed by signal 9\\b").size(), run::describe);
    }

    @Test
    void instancesEndWithAKilledHostAndTheNextRunCleansUp() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).instance("db", jar).write(mk.work(), "orphan");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(3, "chatter: hears all");
        assertEquals(2, Procs.instances(mk.machine("orphan")).size());
        run.kill();
        Procs.awaitNoInstances(mk.machine("orphan"), INSTANCES_END_SECONDS);
        assertTrue(Files.exists(mk.machine("orphan").resolve("ram")), "nothing is left to clean up");
        runAgain("orphan");
    }

    @Test
    void aHostKilledDuringBootLeavesNothingThatStays() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).instance("db", jar).write(mk.work(), "early");
        for (long millis : HOST_KILL_MILLIS) {
            MkProcess run = mk.start("run", tree);
            Thread.sleep(millis);
            run.kill();
            /* At once: the dead host's instances may still be there, and the next host has to wait for them. */
            runAgain("early");
            Procs.awaitNoInstances(mk.machine("early"), INSTANCES_END_SECONDS);
        }
    }

    @Test
    void aLateInstanceOfADeadHostDoesNotJoinTheNextMachine() throws Exception {
        Path old = ModuleJar.of(mk.work(), Chatter.class);
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        MkProcess dead = mk.start("run", new TreeSource().instance("web", old).write(mk.work(), "late"));
        long late = Procs.stopInstance(mk.machine("late"), 1, List.of());
        dead.kill();
        MkProcess run = mk.start("run", new TreeSource().host(jar).instance("web", jar).write(mk.work(), "late"));
        long right = Procs.stopInstance(mk.machine("late"), 1, List.of(late));
        Procs.signal("CONT", late);
        Procs.awaitEnd(late, INSTANCES_END_SECONDS);
        Procs.signal("CONT", right);
        run.ends(0);
        assertEquals(2, run.out("one-shot: done").size(), run::describe);
    }

    @Test
    void refusesRamOfAnotherVersionAndClearsItAway() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "old");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(2, "chatter: hears all");
        int foreign = RamHeaderDescriptor.ABI_VERSION + 1;
        try (FileChannel ram = FileChannel.open(mk.machine("old").resolve("ram"), StandardOpenOption.WRITE)) {
            ram.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, foreign),
                RamHeaderDescriptor.ABI_VERSION_OFFSET);
        }
        mk.instance(mk.machine("old"), 9, "mk_ipi_shared=0x1000")
            .refuses(4, "/old/ram: has ABI version " + foreign + ", this mkemu speaks "
                + RamHeaderDescriptor.ABI_VERSION);
        run.kill();
        Procs.awaitNoInstances(mk.machine("old"), INSTANCES_END_SECONDS);
        runAgain("old");
    }

    @Test
    void anInstanceStartedByHandIsRefusedInOneLine() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "hand");
        mk.instance(mk.machine("hand"), 1, "").ends(code -> code == 4 || code == 5, "4 or 5");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(2, "chatter: hears all");
        SortedMap<Integer, Long> before = Procs.instances(mk.machine("hand"));
        String parameters = "mk_ipi_shared=0x1000 " + Mk.epochOf(mk.machine("hand"));
        mk.instance(mk.machine("hand"), 1, parameters).refuses(4, "instance 1 .* runs already");
        mk.instance(mk.machine("hand"), 2, parameters).refuses(4, "instance 2 .* is empty");
        mk.instance(mk.machine("hand"), 2, "mk_ipi_shared=0x1000").refuses(3, "mk_epoch= is missing");
        mk.instance(mk.machine("hand"), 2, "mk_epoch=0x1").refuses(4, "is another one by now");
        assertEquals(before, Procs.instances(mk.machine("hand")));
        run.signal("TERM");
        run.ends(143);
        assertEquals(2, run.out("^ +[01] +\\w+ +active").size(), run::describe);
    }

    private void runAgain(String machine) throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "again");
        MkProcess run = mk.start("run", "--machine", machine, tree).ends(0);
        assertEquals(2, run.out("one-shot: done").size(), run::describe);
        assertEquals(List.of(), mk.files());
    }
}
