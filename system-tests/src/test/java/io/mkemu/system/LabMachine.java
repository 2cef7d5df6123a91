// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The machine lab, made for each test by mk init; tests type verbs at it, in a shell as a person does. */
@Timeout(300)
abstract class LabMachine {
    static final Object[] CREATE = {"create", "web", "--cpus", "1", "--memory", "8M"};

    @RegisterExtension
    final Mk mk = new Mk();

    Path quiet;

    @BeforeEach
    void makeMachine() throws Exception {
        quiet = ModuleJar.of(mk.work(), Quiet.class);
        mk.run("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
    }

    /** Ends the machine; Mk sees to it that nothing is left. */
    void end() throws Exception {
        Ended shutdown = mk.run("shutdown").ends(0);
        assertEquals(List.of("machine lab: ended"), shutdown.out(), shutdown::describe);
        assertTrue(Files.notExists(mk.machine("lab")));
    }

    String says(Object... verb) throws Exception {
        Ended process = mk.run(verb).ends(0);
        assertEquals(List.of(), process.err(), process::describe);
        assertEquals(1, process.out().size(), process::describe);
        return process.out().getFirst();
    }

    JsonNode web() throws Exception {
        return mk.ask("lab", "{'verb':'show','names':['web']}").get("instances").get(0);
    }

    /** What is refused changes nothing. */
    void allRefused(int code, Map<List<Object>, String> verbs) throws Exception {
        String before = state();
        for (Map.Entry<List<Object>, String> verb : verbs.entrySet()) {
            mk.run(verb.getKey().toArray()).refuses(code, verb.getValue());
        }
        assertEquals(before, state());
    }

    private String state() throws Exception {
        JsonNode status = mk.ask("lab", "{'verb':'show'}");
        List<String> state = new ArrayList<>();
        JsonNode machine = status.get("machine");
        state.add(machine.get("freeCpus") + " " + machine.get("freeMemory"));
        status.get("instances").forEach(one -> state.add(one.get("name") + " " + one.get("state") + " "
            + one.get("pid") + " " + one.get("cpus") + " " + one.get("memory") + " " + one.get("modules")
            + " " + one.get("reason")));
        return state.toString();
    }
}
