// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.BadStart;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Kernels that do not come up, or do not end when they are asked to. */
class BadKernelIT extends LabMachine {
    @Test
    void aKernelThatDoesNotComeUpIsFailedAndSaysWhy() throws Exception {
        says(CREATE);
        says("load", "web", "--module", ModuleJar.of(mk.work(), BadStart.class));
        mk.start("exec", "web").refuses(1, "instance web is failed: module .*BadStart.jar cannot be loaded: .*no number"
            + ".*; see mk dmesg web$");
        Ended show = mk.run("show", "web").ends(0);
        assertEquals(1, show.out("^web failed: module .* cannot be loaded: .*no number").size(), show::describe);
        assertEquals(0, Procs.instances(mk.machine("lab")).size());
        severalAreToldOf();
        end();
    }

    private void severalAreToldOf() throws Exception {
        says("create", "good", "--cpus", "2", "--memory", "8M");
        says("load", "good", "--modules", "echo");
        says("create", "db", "--cpus", "3", "--memory", "8M");
        says("load", "db", "--module", ModuleJar.of(mk.work(), BadStart.class));
        mk.run("exec", "web", "good", "db").refuses(1, "instance web is failed: .*; see mk dmesg web; instance db is "
            + "failed: .*; see mk dmesg db$");
        assertEquals(1, mk.run("show", "good").ends(0).out("good +active").size(), "it was waited for");
    }

    @Test
    void aModuleThatHangsIsForced() throws Exception {
        Path stuck = ModuleJar.of(mk.work(), Awkward.class);
        says(CREATE);
        says("load", "web", "--module", stuck, "--cmdline", "awkward.in=task");
        says("exec", "web");
        MkProcess kill = mk.start("kill", "web", "--timeout", "0.5").ends(0);
        assertEquals(List.of("web: did not shut down within 500 ms, forced", "web: loaded"), kill.out(),
            kill::describe);
        says("unload", "web");
        says("load", "web", "--module", stuck, "--cmdline", "awkward.in=init");
        mk.start("exec", "web", "--timeout", "3").refuses(1, "instance web is not active after 3000 ms .* and goes on "
            + "booting: mk dmesg web shows where it is, mk kill -f ends it");
        JsonNode booting = web();
        assertEquals("loaded booting", booting.get("state").asText() + " " + booting.get("detail").asText());
        String boots = "instance web is loaded \\(booting\\): ";
        allRefused(7, Map.of(List.of("kill", "web"), boots + "mk kill needs an active one",
            List.of("exec", "web"), boots + "its kernel boots already: mk kill -f ends it",
            List.of("unload", "web"), boots + "cannot unload it", List.of("delete", "web"), boots + "cannot delete it",
            List.of("load", "web"), boots + "cannot load it"));
        assertEquals("web: loaded", says("kill", "-f", "web"));
        assertEquals("", web().get("detail").asText());
        says("unload", "web");
        says("load", "web", "--module", stuck, "--cmdline", "awkward.in=task");
        says("exec", "web");
        MkProcess shutdown = mk.start("shutdown", "--timeout", "0.5").ends(0);
        assertEquals(List.of("web: did not shut down within 500 ms, forced", "machine lab: ended"), shutdown.out(),
            shutdown::describe);
    }

    @Test
    void aShutdownThatWaitsCanBeForced() throws Exception {
        says(CREATE);
        says("load", "web", "--module", ModuleJar.of(mk.work(), Awkward.class), "--cmdline", "awkward.in=task");
        says("exec", "web");
        MkProcess waits = mk.start("shutdown", "--timeout", "3600");
        while (!web().get("detail").asText().equals("shutting down")) {
            assertTrue(waits.isAlive(), waits::describe);
        }
        mk.start("create", "db", "--cpus", "2", "--memory", "8M").refuses(4, "machine \"lab\" is being shut down");
        MkProcess forces = mk.start("shutdown", "--force").ends(0);
        waits.ends(0);
        assertEquals(1, waits.out("^machine lab: ended$").size(), waits::describe);
        assertEquals(1, forces.out("^machine lab: ended$").size(), forces::describe);
    }
}
