// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong command lines, and help. */
class CommandLineIT {
    @RegisterExtension
    final Mk mk = new Mk();

    /** In brackets: what the message must name. */
    @ParameterizedTest
    @ValueSource(strings = {"[]", "[frobnicate]", "run [FILE]", "run a.dts [b.dts]", "demo [--instances] 0",
        "demo --instances [65]", "demo --instances [many]", "demo --messages [0]", "demo --messages [1e6]",
        "demo --idle [nap]", "demo --machine [../up]", "demo --machine [.hidden]", "demo [--colour]"})
    void aWrongCommandLineIsRefusedInOneLine(String line) throws Exception {
        String named = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
        String plain = line.replace("run [FILE]", "run").replaceAll("[\\[\\]]", "").strip();
        mk.start(plain.isEmpty() ? new Object[0] : plain.split(" ")).refuses(2, "^mk: .*" + Pattern.quote(named));
        assertTrue(Files.notExists(mk.base()));
    }

    /** In brackets: what the message must name. */
    @Test
    void wrongVerbsAreRefusedInOneLineWhetherOrNotAMachineRuns() throws Exception {
        refuseAll("create x --cpus 1 [--memory]", "create --memory 4M --cpus 1 [NAME]", "create x --memory 4M [--cpus]",
            "create x --memory 4M --cpus 1- ['1-']", "create x --memory 4X --cpus 1 [4X]",
            "create x --memory 4M --cpus 1 --cpu-count 2 [either]",
            "create x --memory 4M --cpu-count 0 [--cpu-count 0]",
            "create x --memory 4M --cpus 1 --id 0 [--id 0]", "update x [--memory SIZE]");
        refuseAll("update --memory 4M [--id N]", "update x --id 1 --memory 4M [one instance]", "load [--id N]",
            "load x --restart always ['always']", "exec [--all]", "exec x --all [--all]", "exec x --timeout 0 ['0']",
            "kill [--all]", "kill --all --id 1 [--all]");
        refuseAll("unload [name instances]", "delete [name instances]", "show x --id 1 [one instance]",
            "shutdown --timeout 1h ['1h']", "show x y ['y']", "list x ['x']", "init --cpus 0 [--memory]",
            "init x.dts --cpus 0 [--cpus]", "host --memory 4M [--cpus]");
        assertTrue(Files.notExists(mk.base()));
    }

    private void refuseAll(String... lines) throws Exception {
        Map<MkProcess, String> started = new LinkedHashMap<>();
        for (String line : lines) {
            int named = line.indexOf('[');
            started.put(mk.start((Object[]) line.substring(0, named).strip().split(" ")),
                line.substring(named + 1, line.length() - 1));
        }
        for (Map.Entry<MkProcess, String> one : started.entrySet()) {
            one.getKey().refuses(2, "^mk: .*" + Pattern.quote(one.getValue()));
        }
    }

    @Test
    void everyVerbHasHelpWithAnExample() throws Exception {
        Map<String, MkProcess> started = new LinkedHashMap<>();
        for (String verb : List.of("init", "host", "create", "update", "load", "exec", "join", "kill", "unload",
            "delete", "show", "list", "shutdown", "completion", "trace", "trace set", "trace export", "replay",
            "doctor")) {
            started.put(verb, mk.start((Object[]) (verb + " --help").split(" ")));
        }
        for (Map.Entry<String, MkProcess> one : started.entrySet()) {
            MkProcess help = one.getValue().ends(0);
            assertTrue(help.out().size() >= 5 && help.out().size() <= 40, help::describe);
            assertTrue(help.out().getLast().matches("Example: .*mk " + one.getKey() + "\\b.*"), help::describe);
            assertTrue(help.err().isEmpty(), help::describe);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run --help", "demo --help", "dmesg --help", "console --help",
        "interrupts --help", "top --help"})
    void helpFitsOnAScreen(String line) throws Exception {
        MkProcess help = mk.start((Object[]) line.split(" ")).ends(0);
        assertTrue(help.out().size() >= 5 && help.out().size() <= 40, help::describe);
        assertTrue(help.err().isEmpty(), help::describe);
    }

    @Test
    void saysItsVersion() throws Exception {
        MkProcess version = mk.start("--version").ends(0);
        assertEquals(1, version.out().size(), version::describe);
        assertTrue(version.out().getFirst().matches("mkemu \\d+\\.\\d+\\.\\d+\\S*, ABI \\d+, Java .*"),
            version::describe);
    }
}
