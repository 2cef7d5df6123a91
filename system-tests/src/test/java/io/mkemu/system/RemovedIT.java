// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Machines whose files somebody removes while they run, as a logout that cleans shared memory does. */
@Timeout(600)
class RemovedIT {
    private static final int END_SECONDS = 120;

    @RegisterExtension
    final Mk mk = new Mk();

    private Path tree;

    @BeforeEach
    void makeTree() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        tree = new TreeSource().host(jar).instance("a", jar).instance("b", jar).write(mk.work(), "lab");
    }

    private long up() throws Exception {
        mk.start("init", tree).ends(0);
        mk.run("exec", "--all", "--timeout", "120").ends(0);
        assertEquals(2, Procs.instances(mk.machine("lab")).size());
        return mk.json("show").at("/machine/pid").longValue();
    }

    /** The whole directory, or one file of it that the machine cannot be without. */
    @ParameterizedTest
    @ValueSource(strings = {"", "host.lock", "ram"})
    void theMachineEndsWithAllItsProcesses(String removed) throws Exception {
        long host = up();
        Trees.delete(mk.machine("lab").resolve(removed));
        Procs.awaitEnd(host, END_SECONDS);
        Procs.awaitNoInstances(mk.machine("lab"), END_SECONDS);
        assertEquals(0, mk.json("list").size());
        mk.start("init", tree).ends(0);
        mk.run("shutdown").ends(0);
    }

    @Test
    void theHostInTheForegroundSaysWhy() throws Exception {
        MkProcess host = mk.start("host", tree);
        host.awaitOut(1, "quiet: up$");
        Trees.delete(mk.machine("lab"));
        host.ends(4);
        assertEquals(List.of("mk: machine \"lab\" was ended: somebody has removed its directory " + mk.machine("lab")),
            host.err(), host::describe);
    }

    @Test
    void aHostThatCannotNoticeItIsNamed() throws Exception {
        long host = up();
        Procs.signal("STOP", host);
        Procs.awaitStopped(host);
        Trees.delete(mk.machine("lab"));
        JsonNode list = mk.json("list");
        assertEquals(1, list.size(), list::toString);
        assertEquals("lab removed " + host, list.at("/0/name").textValue() + " " + list.at("/0/state").textValue() + " "
            + list.at("/0/pid").longValue());
        assertEquals(1, mk.run("list").ends(0).out("^removed: somebody has removed the directory").size());
        String said = "somebody has removed its directory, and its host \\(pid " + host + "\\) is still there";
        mk.run("show", "--machine", "lab").refuses(4, said);
        mk.start("init", tree).refuses(4, said + "; .* kill -9 " + host);
        Procs.signal("CONT", host);
        Procs.awaitEnd(host, END_SECONDS);
        Procs.awaitNoInstances(mk.machine("lab"), END_SECONDS);
        assertEquals(List.of(), mk.files());
    }
}
