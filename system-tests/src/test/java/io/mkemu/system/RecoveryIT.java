// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.system.modules.Quiet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host in the background that is killed, and what mk makes of what it leaves; nobody removes anything by hand. */
@Timeout(600)
class RecoveryIT {
    private static final int INSTANCES_END_SECONDS = 60;
    private static final Pattern PID = Pattern.compile("\"pid\":(\\d+)");

    @RegisterExtension
    final Mk mk = new Mk();

    private Path tree;

    /** A machine with three kernels that are active. */
    private SortedMap<Integer, Long> up() throws Exception {
        if (tree == null) {
            Path jar = ModuleJar.of(mk.work(), Quiet.class);
            tree = new TreeSource().instance("a", jar).instance("b", jar).instance("c", jar).write(mk.work(), "lab");
        }
        mk.start("init", tree).ends(0);
        mk.run("exec", "--all", "--timeout", "120").ends(0);
        SortedMap<Integer, Long> instances = Procs.instances(mk.machine("lab"));
        assertEquals(3, instances.size());
        return instances;
    }

    private long hostPid() throws Exception {
        MkProcess list = mk.start("list", "--json").ends(0);
        Matcher pid = PID.matcher(String.join("", list.out()));
        assertTrue(pid.find(), list::describe);
        return Long.parseLong(pid.group(1));
    }

    private void down() throws Exception {
        mk.run("shutdown").ends(0);
        assertEquals(List.of(), mk.processes());
        assertEquals(List.of(), mk.files());
    }

    @Test
    void instancesOfAKilledHostEndByThemselvesAndInitBeginsAnew() throws Exception {
        up();
        LiveHost.kill9(hostPid());
        /* At once: its instances may still be there, and the next host has to wait for them. */
        up();
        LiveHost.kill9(hostPid());
        Procs.awaitNoInstances(mk.machine("lab"), INSTANCES_END_SECONDS);
        assertTrue(Files.exists(mk.machine("lab").resolve("ram")), "nothing is left to clear");
        mk.run("show", "--machine", "lab").refuses(4, "\"lab\" is dead, .* mk init --machine lab ");
        Ended dmesg = mk.run("dmesg", "--machine", "lab", "b").ends(0);
        assertEquals(1, dmesg.out("quiet: up").size(), dmesg::describe);
        up();
        Ended show = mk.run("show").ends(0);
        assertEquals(3, show.out("^ +[123] +[abc] +active +\\d+ .* 1$").size(), show::describe);
        down();
    }

    @Test
    void anInstanceThatOutlivesItsHostIsNamed() throws Exception {
        long stopped = up().get(2);
        Procs.signal("STOP", stopped);
        Procs.awaitStopped(stopped);
        LiveHost.kill9(hostPid());
        mk.start("init", tree).refuses(4, "an instance of a former run is still alive.*'fuser " + mk.machine("lab")
            + "/instance-2.lock' and kill it");
        Procs.signal("CONT", stopped);
        Procs.awaitEnd(stopped, INSTANCES_END_SECONDS);
        mk.start("init", tree).ends(0);
        down();
    }
}
