// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.Chatter;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ctrl-C and SIGTERM. */
class InterruptIT {
    private static final int ITERATIONS = 12;
    private static final int SPREAD_MILLIS = 1500;

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void ctrlCAtAnyMomentOfBootLeavesNothing() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).instance("db", jar).write(mk.work(), "boot");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            long millis = (long) ((iteration + random.nextDouble()) * SPREAD_MILLIS / ITERATIONS);
            /* A terminal sends it to the whole process group; kill and supervisors send it to the one process. */
            boolean group = iteration % 2 == 1;
            MkProcess run = mk.startWith(group ? List.of("setsid") : List.of(), "run", tree);
            Thread.sleep(millis);
            Procs.signal("INT", group ? -run.pid() : run.pid());
            String when = (group ? "group" : "process") + " after " + millis + " ms, seed " + seed;
            if (!run.endsBeforeItsJvmIsUp()) {
                assertEquals(130, run.end(), () -> when + "\n" + run.describe());
            }
            List<String> left = new ArrayList<>();
            mk.files().forEach(file -> left.add(file.toString()));
            mk.processes().forEach(pid -> left.add("process " + Procs.commandLine(pid)));
            assertEquals(List.of(), left, () -> when + "\n" + run.describe());
        }
    }

    @Test
    void sigtermEndsARunInOrder() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).instance("db", jar).write(mk.work(), "term");
        MkProcess run = mk.start("run", tree);
        /* Said once all are active: a kernel that still boots is halted, and its modules are not asked. */
        run.awaitOut(1, "no module runs a task; Ctrl-C ends this run");
        run.signal("TERM");
        run.ends(143);
        assertEquals(3, run.out("quiet: exit").size(), run::describe);
        assertEquals(3, run.out("^ +[012] +\\w+ +active").size(), run::describe);
        assertEquals(List.of(), run.err(), run::describe);
    }

    @Test
    void anImpatientSecondCtrlCDoesNoHarm() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "hurry");
        MkProcess run = mk.start("run", tree);
        run.awaitOut(2, "chatter: hears all");
        for (int press = 0; press < 5 && run.isAlive(); press++) {
            run.signal("INT");
        }
        run.ends(130);
    }

    /** Where a module hangs, and in which kernel: Ctrl-C ends the run all the same. */
    @ParameterizedTest
    @CsvSource({"task, web", "init, web", "task, host", "init, host"})
    void ctrlCEndsAKernelThatHangs(String where, String kernel) throws Exception {
        Path stuck = ModuleJar.of(mk.work(), Awkward.class);
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        boolean host = kernel.equals("host");
        MkProcess run = mk.start("run", new TreeSource().bootargs("awkward.in=" + where).host(host ? stuck : quiet)
            .instance("web", host ? quiet : stuck).write(mk.work(), "stuck"));
        run.awaitOut(1, "awkward: hangs");
        run.signal("INT");
        run.ends(130);
    }
}
