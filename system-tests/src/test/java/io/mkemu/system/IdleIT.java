// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.system.modules.Quiet;
import io.mkemu.testkit.Alone;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a machine costs that has nothing to do. */
@Alone
class IdleIT {
    private static final int INSTANCES = 8;
    private static final int SECONDS = 5;
    private static final int SETTLING_SECONDS = 20;
    private static final double SETTLED = 0.05;
    private static final double FAR_TOO_MUCH = 0.20;

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void anIdleMachineLeavesTheCpusAlone() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        TreeSource tree = new TreeSource().bootargs("idle=haltpoll").host(jar);
        for (int instance = 1; instance <= INSTANCES; instance++) {
            tree.instance("idler-" + instance, jar);
        }
        MkProcess run = mk.start("run", tree.write(mk.work(), "idle"));
        run.awaitOut(INSTANCES + 1, "quiet: up");
        List<Long> pids = new ArrayList<>(Procs.instances(mk.machine("idle")).values());
        assertEquals(INSTANCES, pids.size());
        pids.add(run.pid());

        double share = share(pids, 1);
        for (int second = 1; second < SETTLING_SECONDS && share > SETTLED; second++) {
            share = share(pids, 1);
        }
        double idle = share(pids, SECONDS);
        System.out.printf("idle machine of %d instances, idle=haltpoll: %.2f %% of one core over %d s%n", INSTANCES,
            100 * idle, SECONDS);
        assertTrue(run.isAlive(), run::describe);
        assertTrue(idle < FAR_TOO_MUCH, "uses " + 100 * idle + " % of one core");
        run.signal("INT");
        run.ends(130);
        assertEquals(INSTANCES + 1, run.out("quiet: exit").size(), run::describe);
    }

    /** CPU time that all of them use in that time, as a share of one core. */
    private static double share(List<Long> pids, int seconds) throws InterruptedException {
        double before = Procs.cpuSeconds(pids);
        long start = System.nanoTime();
        Thread.sleep(seconds * 1000L);
        return (Procs.cpuSeconds(pids) - before) * 1e9 / (System.nanoTime() - start);
    }
}
