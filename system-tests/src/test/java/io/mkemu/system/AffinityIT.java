// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** CPUs of kernels that somebody moves from outside while they run. */
class AffinityIT extends LabMachine {
    private JsonNode kernel(String name) throws Exception {
        return mk.ask("lab", "{'verb':'show','names':['" + name + "']}").get("instances").get(0);
    }

    private int hostCpu(String name) throws Exception {
        return kernel(name).get("hostCpus").get(0).asInt();
    }

    private List<String> dmesg(String name, String pattern) throws Exception {
        return mk.start("dmesg", name).ends(0).out(pattern);
    }

    private void awaitLog(String name, String pattern) throws Exception {
        while (dmesg(name, pattern).isEmpty()) {
            Thread.sleep(10);
        }
    }

    private void awaitHostCpu(String name, int cpu) throws Exception {
        while (hostCpu(name) != cpu) {
            Thread.sleep(10);
        }
    }

    private void boot() throws Exception {
        says(CREATE);
        says("load", "web", "--modules", "echo");
        says("exec", "web");
        assumeTrue(hostCpu("host") != hostCpu("web"), "there is one host CPU: nobody can be moved");
    }

    @Test
    void cpusThatTasksetMovesArePinnedAgain() throws Exception {
        boot();
        for (String name : List.of("host", "web")) {
            int planned = hostCpu(name);
            int other = hostCpu(name.equals("host") ? "web" : "host");
            String pid = kernel(name).get("pid").asText();
            Long thread = Procs.threads(Long.parseLong(pid)).get("cpu0");
            assertNotNull(thread, () -> "no thread cpu0 in process " + pid);
            assertTrue(Procs.run("taskset", "-a", "-c", "-p", Integer.toString(other), pid));
            awaitLog(name, "mkemu: CPU \\d+: process " + thread + " \\(cpu0\\) no longer affine to host CPU " + planned
                + ": it was moved to " + other + " from outside; pinned again");
            assertEquals(Integer.toString(planned), Procs.allowedCpus(thread));
            assertEquals(planned, hostCpu(name));
        }
        end();
    }

    @Test
    void aHostCpuThatACpuSetTakesAwayIsToldUntilItIsBack() throws Exception {
        boot();
        int planned = hostCpu("web");
        int other = hostCpu("host");
        try (Cpuset set = Cpuset.make(mk.sandbox().getFileName().toString(), planned + "," + other)) {
            assumeTrue(set != null, "no right to make a control group with a CPU set");
            set.add(web().get("pid").asLong());
            set.cpus(Integer.toString(other));
            awaitHostCpu("web", other);
            assertEquals(planned, web().get("plannedHostCpus").get(0).asInt());
            assertEquals(1, mk.start("show").ends(0).out("^web: CPU 1 is on host CPU " + other + ", planned was "
                + planned + ": mk dmesg web says since when").size());
            awaitLog("host", "CPUs 0 1 share host CPU " + other + "; a CPU that shares never polls");
            set.cpus(planned + "," + other);
            awaitHostCpu("web", planned);
            assertEquals(0, mk.start("show").ends(0).out("planned was").size());
            String cpu = "mkemu: CPU 1: process \\d+ \\(cpu0\\) ";
            assertEquals(1, dmesg("web", cpu + "no longer affine to host CPU " + planned + ": it may run on " + other
                + " only, and cannot be pinned again \\(-EINVAL\\)").size());
            assertEquals(1, dmesg("web", cpu + "affine to host CPU " + planned + " again").size());
            end();
        }
    }
}
