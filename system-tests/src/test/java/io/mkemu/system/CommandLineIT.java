// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong command lines, and help. */
class CommandLineIT {
    @RegisterExtension
    static final MkShell SHELL = new MkShell();

    @RegisterExtension
    final Mk mk = new Mk();

    /** In brackets: what the message must name. */
    @ParameterizedTest
    @ValueSource(strings = {"[frobnicate]", "run [FILE]", "run a.dts [b.dts]", "demo [--instances] 0",
        "demo --instances [65]", "demo --instances [many]", "demo --messages [0]", "demo --messages [1e6]",
        "demo --idle [nap]", "demo --machine [../up]", "demo --machine [.hidden]", "demo [--colour]"})
    void aWrongCommandLineIsRefusedInOneLine(String line) throws Exception {
        String named = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
        String plain = line.replace("run [FILE]", "run").replaceAll("[\\[\\]]", "").strip();
        SHELL.run((Object[]) plain.split(" ")).refuses(2, "^mk: .*" + Pattern.quote(named));
        assertTrue(Files.notExists(SHELL.base()));
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
            "init x.dts --cpus 0 [--cpus]", "host --memory 4M [--cpus]",
            "host - --until-eof [name a file]", "module [new or build]", "module new Lock [NAME 'Lock']",
            "module new int [NAME 'int']", "module build -o x.zip [-o x.zip]");
        assertTrue(Files.notExists(SHELL.base()));
    }

    @Test
    void aMistypedNameIsGuessed() throws Exception {
        refuseAll("shwo ['shwo' is no command of mk; did you mean show?; see mk --help]",
            "trace exprot ['exprot' is no command of mk trace; did you mean export?]",
            "demo --mesages=5 [did you mean --messages?]", "frobnicate ['frobnicate' is no command of mk; see]");
    }

    private void refuseAll(String... lines) throws Exception {
        for (String line : lines) {
            int named = line.indexOf('[');
            SHELL.run((Object[]) line.substring(0, named).strip().split(" "))
                .refuses(2, "^mk: .*" + Pattern.quote(line.substring(named + 1, line.length() - 1)));
        }
    }

    @Test
    void everyVerbHasHelpWithAnExample() throws Exception {
        for (String verb : List.of("init", "host", "create", "update", "load", "exec", "join", "kill", "unload",
            "delete", "show", "list", "shutdown", "completion", "trace", "trace set", "trace export", "replay",
            "doctor", "module", "module new", "module build")) {
            Program help = SHELL.run((Object[]) (verb + " --help").split(" "));
            assertEquals(0, help.end(), help::describe);
            assertTrue(help.out().size() >= 5 && help.out().size() <= 40, help::describe);
            assertTrue(help.out().getLast().matches("Example: .*mk " + verb + "\\b.*"), help::describe);
            assertTrue(help.err().isEmpty(), help::describe);
        }
    }

    @Test
    void withoutACommandItIsHelp() throws Exception {
        Program bare = SHELL.run();
        assertEquals(0, bare.end(), bare::describe);
        assertEquals(SHELL.run("--help").out(), bare.out());
        assertTrue(bare.err().isEmpty(), bare::describe);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run --help", "demo --help", "dmesg --help", "console --help",
        "interrupts --help", "top --help"})
    void helpFitsOnAScreen(String line) throws Exception {
        Program help = SHELL.run((Object[]) line.split(" "));
        assertEquals(0, help.end(), help::describe);
        /* That of mk has a line for each command. */
        int most = line.equals("--help") ? 48 : 40;
        assertTrue(help.out().size() >= 5 && help.out().size() <= most, help::describe);
        assertTrue(help.err().isEmpty(), help::describe);
    }

    /** As a process: the exit code is the command's. */
    @Test
    void aProcessEndsWithTheCodeOfItsCommand() throws Exception {
        mk.start("frobnicate").refuses(2, "^mk: .*frobnicate");
        assertEquals(1, mk.start("show", "--help").ends(0).out("^Example: mk show").size());
        assertTrue(Files.notExists(mk.base()));
    }

    @Test
    void saysItsVersion() throws Exception {
        MkProcess version = mk.start("--version").ends(0);
        assertEquals(1, version.out().size(), version::describe);
        assertTrue(version.out().getFirst().matches("mkemu \\d+\\.\\d+\\.\\d+\\S*, ABI \\d+, Java .*"),
            version::describe);
    }
}
