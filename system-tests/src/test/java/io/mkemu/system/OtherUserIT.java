// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two users of one system: neither sees, ends or takes over the other's machines, and each is told why. */
class OtherUserIT {
    private static final String[] INIT = {"init", "--machine", "m", "--cpus", "0-1", "--memory", "8M"};

    /** All that looks for a machine. */
    private static final List<List<String>> VERBS = List.of(List.of("list"), List.of("show"),
        List.of("show", "--machine", "m"), List.of("dmesg", "--machine", "m"), List.of("iomem", "--machine", "m"),
        List.of("shutdown", "--machine", "m"), List.of("join", "web", "--machine", "m"), List.of(INIT),
        List.of("demo", "--machine", "m"));

    @RegisterExtension
    final Mk mk = new Mk();

    private OtherUser user;

    @BeforeEach
    void makeUser() throws Exception {
        user = new OtherUser(mk);
        /* As /dev/shm: others may pass through to what is theirs. */
        Files.setPosixFilePermissions(mk.sandbox(), PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void removeUser() throws Exception {
        if (user != null) {
            user.close();
        }
    }

    private static String belongsTo(int owner, int asks) {
        return " belongs to user " + owner + ", not to " + asks + "; mkemu uses only directories of its own user: run "
            + "mk as that user, let that user remove it, or set MKEMU_DIR to another place";
    }

    private static void allAreRefused(Shell opened, String why) throws Exception {
        try (Shell shell = opened) {
            for (List<String> verb : VERBS) {
                shell.run(verb.toArray()).refuses(4, why);
            }
        }
    }

    private void rootIsRefused(String why) throws Exception {
        allAreRefused(Shell.at(mk.work(), mk.base()), why);
    }

    @Test
    void rootIsToldWhoseAPlaceIs() throws Exception {
        user.start((Object[]) INIT).ends(0);
        assertEquals(List.of(), mk.start("list").ends(0).out("running"));
        Path own = mk.base();
        mk.base(user.base());
        rootIsRefused("^mk: " + user.base() + belongsTo(user.uid(), 0));
        mk.base(own);
        MkProcess list = user.start("list").ends(0);
        assertEquals(1, list.out("^m +running +\\d+ +1/1 ").size(), list::describe);
        user.start("shutdown").ends(0);
    }

    @Test
    void aUserIsToldWhoseAPlaceIs() throws Exception {
        mk.start((Object[]) INIT).ends(0);
        MkProcess empty = user.start("list").ends(0);
        assertEquals(List.of(), empty.out("running"), empty::describe);
        allAreRefused(user.shell(mk.base()), "^mk: " + mk.base() + belongsTo(0, user.uid()));
        mk.start("show").ends(0);
        mk.start("shutdown").ends(0);
    }

    @Test
    void aLinkThatSomebodyPlantedIsNotFollowed() throws Exception {
        user.start((Object[]) INIT).ends(0);
        Files.createSymbolicLink(mk.base(), user.base());
        rootIsRefused("^mk: " + mk.base() + " is a link or a file; mkemu uses only directories of its own user");
        Files.delete(mk.base());
        user.start("shutdown").ends(0);

        mk.start((Object[]) INIT).ends(0);
        Files.createSymbolicLink(user.base(), mk.base());
        allAreRefused(user.shell(null), "^mk: " + user.base() + " is a link or a file; ");
        Files.delete(user.base());
        mk.start("show").ends(0);
        mk.start("shutdown").ends(0);
    }

    /** In a directory of one's own: as a machine there, not as the place of all. */
    @Test
    void whatIsNoMachineOfItsUserIsListedWithTheReasonAndNotTouched() throws Exception {
        user.start((Object[]) INIT).ends(0);
        Files.createDirectory(mk.base(), PosixFilePermissions.asFileAttribute(
            PosixFilePermissions.fromString("rwx------")));
        Path link = Files.createSymbolicLink(mk.machine("link"), user.base().resolve("m"));
        Path open = Files.createDirectory(mk.machine("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path theirs = Files.createDirectory(mk.machine("theirs"));
        for (Path directory : List.of(open, theirs)) {
            Files.createFile(directory.resolve("host.lock"));
        }
        assertTrue(Procs.run("chown", "-R", Integer.toString(user.uid()), theirs.toString()));
        assertTrue(Procs.run("chmod", "700", theirs.toString()));
        List<Path> before = Trees.below(mk.base());
        TreeMap<String, String> reasons = new TreeMap<>();
        reasons.put("link", link + " is a link or a file; mkemu uses only directories of its own user: remove it, ");
        reasons.put("open", open + " is open to other users (mode must be 0700); ");
        reasons.put("theirs", theirs + belongsTo(user.uid(), 0));

        JsonNode list = mk.json("list");
        List<String> names = new ArrayList<>();
        for (JsonNode machine : list) {
            names.add(machine.get("name").asText());
            assertEquals("refused", machine.get("state").asText(), list::toString);
            assertTrue(machine.get("problem").asText().startsWith(reasons.get(names.getLast())), list::toString);
        }
        assertEquals(List.copyOf(reasons.keySet()), names);
        MkProcess text = mk.start("list").ends(0);
        try (Shell shell = Shell.at(mk.work(), mk.base())) {
            for (String name : names) {
                assertEquals(1, text.out("^" + name + " +refused +- +- ").size(), text::describe);
                String why = reasons.get(name).replace("(", "\\(").replace(")", "\\)");
                assertEquals(1, text.out("^" + name + ": " + why).size(), text::describe);
                for (String verb : List.of("show", "dmesg", "shutdown", "demo")) {
                    shell.run(verb, "--machine", name).refuses(4, "^mk: " + why);
                }
                shell.run("init", "--machine", name, "--cpus", "0-1", "--memory", "8M").refuses(4, "^mk: " + why);
            }
        }
        assertEquals(before, Trees.below(mk.base()));
        user.start("show").ends(0);
        user.start("shutdown").ends(0);
        Trees.delete(mk.base());
    }
}
