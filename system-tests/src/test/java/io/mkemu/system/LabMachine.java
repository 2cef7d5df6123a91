// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The machine lab, made for each test by mk init; tests type verbs at it as a person does. */
@Timeout(300)
abstract class LabMachine {
    static final Object[] CREATE = {"create", "web", "--cpus", "1", "--memory", "8M"};

    @RegisterExtension
    final Mk mk = new Mk();

    Path quiet;

    @BeforeEach
    void makeMachine() throws Exception {
        quiet = ModuleJar.of(mk.work(), Quiet.class);
        mk.start("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
    }

    /** Ends the machine; Mk sees to it that nothing is left. */
    void end() throws Exception {
        MkProcess shutdown = mk.start("shutdown").ends(0);
        assertEquals(List.of("machine lab: ended"), shutdown.out(), shutdown::describe);
        assertTrue(Files.notExists(mk.machine("lab")));
    }

    String says(Object... verb) throws Exception {
        MkProcess process = mk.start(verb).ends(0);
        assertEquals(List.of(), process.err(), process::describe);
        assertEquals(1, process.out().size(), process::describe);
        return process.out().getFirst();
    }

    JsonNode web() throws Exception {
        return mk.ask("lab", "{'verb':'show','names':['web']}").get("instances").get(0);
    }

    /** All of them at once: what is refused changes nothing. */
    void allRefused(int code, Map<List<Object>, String> verbs) throws Exception {
        String before = state();
        Map<MkProcess, String> started = new LinkedHashMap<>();
        for (Map.Entry<List<Object>, String> verb : verbs.entrySet()) {
            started.put(mk.start(verb.getKey().toArray()), verb.getValue());
        }
        for (Map.Entry<MkProcess, String> one : started.entrySet()) {
            one.getKey().refuses(code, one.getValue());
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
