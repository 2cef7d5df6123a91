// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A second user, with a distribution that he may read and with mkemu's default directory. Only root can make one. */
final class OtherUser implements AutoCloseable {
    private static final int FIRST_UID = 1_000_000;

    private final Mk mk;
    private final int uid;
    private final Path place;

    OtherUser(Mk mk) throws IOException, InterruptedException {
        assumeTrue((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0,
            "NO SECOND USER IS TRIED: only root can become one; run as root to test what users do to each other");
        this.mk = mk;
        /* Nobody's: no process and no file of another program counts for it. */
        this.uid = (int) (FIRST_UID + ProcessHandle.current().pid());
        this.place = Files.createTempDirectory("mkemu-it-user-");
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
        Distribution.copy(place.resolve("dist"));
        /* What a shell of this user runs. */
        String main = MkShellMain.class.getName().replace('.', '/') + ".class";
        Files.createDirectories(classes().resolve(main).getParent());
        Files.copy(Shell.classes().resolve(main), classes().resolve(main));
        assertTrue(Procs.run("chmod", "-R", "a+rX", place.toString()));
    }

    int uid() {
        return uid;
    }

    /** Where this user's machines lie. */
    Path base() {
        return Path.of("/dev/shm/mkemu-" + uid);
    }

    /** A command of this user. The variable makes its processes known to {@link Mk}. */
    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups",
            "env", "-C", "/", "-u", "MKEMU_DIR", "HOME=/", "MKEMU_IT=" + mk.sandbox() + "/"));
        all.addAll(command);
        return all;
    }

    /** Starts mk as this user, in the default directory. */
    MkProcess start(Object... args) throws IOException {
        return mk.launch(command(Distribution.command(place.resolve("dist"))), mk.work(), args);
    }

    private Path classes() {
        return place.resolve("classes");
    }

    /** One JVM of this user for many commands, where MKEMU_DIR says something; or, if that is null, in the default. */
    Shell shell(Path base) throws IOException {
        List<String> command = new ArrayList<>();
        if (base != null) {
            command.addAll(List.of("env", "MKEMU_DIR=" + base));
        }
        command.addAll(Distribution.command(place.resolve("dist")));
        return new Shell(command(command), classes(), place, null);
    }

    /** Runs a tool as this user. */
    boolean run(String... command) throws IOException, InterruptedException {
        return Procs.run(command(List.of(command)).toArray(String[]::new));
    }

    /** Fails if this user has left something. */
    @Override
    public void close() throws IOException {
        Trees.delete(place);
        if (Files.exists(base(), LinkOption.NOFOLLOW_LINKS)) {
            Trees.delete(base());
            fail("left behind by a second user: " + base());
        }
    }
}
