// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.view.LostHosts;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsFile;
import io.mkemu.testkit.ChildJvm;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose a machine's directory is: what no host of it has made it does not remove. */
@Timeout(300)
class HostLockTest {
    private static final int DESCRIPTORS = 200;

    @TempDir
    private Path base;

    private MachineDirectory directory;

    @BeforeEach
    void name() {
        directory = new MachineDirectory(base.resolve("box"));
    }

    private void makeDirectory() throws IOException {
        Files.createDirectory(directory.path(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory.path())) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatADeadHostLeftIsCleared() throws IOException {
        makeDirectory();
        for (String file : List.of("ram", "control", "host.lock", "host.out", "instance-1.lock", "instance-255.lock",
            "hs_err-instance-12.log")) {
            Files.createFile(directory.path().resolve(file));
        }
        HostLock.take(directory).close();
        assertFalse(Files.exists(directory.path()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"notes.txt", "ram.old", "control2", "instance-x.lock", "instance-1.lock.old", "host.log",
        "hs_err_pid7.log", ".hidden"})
    void aDirectoryWithAnythingElseIsRefusedAndStays(String foreign) throws IOException {
        makeDirectory();
        Path precious = Files.writeString(directory.path().resolve(foreign), "precious");
        Files.writeString(directory.ram(), "also");
        MachineException refused = assertThrows(MachineException.class, () -> HostLock.take(directory));
        assertEquals(ExitCode.MACHINE, refused.exitCode());
        assertEquals(directory.path() + " is no machine's directory: it holds " + foreign
            + "; move that away, or use another machine name", refused.getMessage());
        assertEquals(Stream.of(foreign, "ram").sorted().toList(), files());
        assertEquals("precious", Files.readString(precious));
        assertEquals("also", Files.readString(directory.ram()));
        Files.delete(precious);
        HostLock.take(directory).close();
        assertFalse(Files.exists(directory.path()), "the refusal let go of the name");
    }

    @Test
    void theRefusalLeavesADeadHostsLock() throws IOException {
        makeDirectory();
        for (String file : List.of("host.lock", "ram", "notes.txt")) {
            Files.createFile(directory.path().resolve(file));
        }
        for (int time = 1; time <= 2; time++) {
            MachineException refused = assertThrows(MachineException.class, () -> HostLock.take(directory));
            assertTrue(refused.getMessage().contains(" holds notes.txt;"), refused.getMessage());
            assertEquals(List.of("host.lock", "notes.txt", "ram"), files(), "it still counts as dead");
        }
        Files.delete(directory.path().resolve("notes.txt"));
        HostLock.take(directory).close();
        assertFalse(Files.exists(directory.path()), "the refusal let go of the name");
    }

    @Test
    void whoCannotListTheDirectoryLetsGoOfTheName() throws Exception {
        List<String> command = new ArrayList<>(
            List.of("sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\" 2>&1", "sh"));
        command.addAll(ChildJvm.command(List.of("-XX:-MaxFDLimit"), Scarce.class, directory.path()));
        try (ChildJvm scarce = new ChildJvm(command)) {
            assertEquals(List.of("not listed: Too many open files", "taken"), scarce.readLines());
        }
    }

    /** A process that has a descriptor for the lock, and none to list the directory with. */
    static final class Scarce {
        private Scarce() {
        }

        public static void main(String[] args) throws IOException {
            MachineDirectory directory = new MachineDirectory(Path.of(args[0]));
            /* Whatever class this needs is loaded now: that takes descriptors too. */
            HostLock.take(directory).close();
            List<InputStream> all = new ArrayList<>();
            while (all.isEmpty() || all.getLast() != null) {
                all.add(open());
            }
            all.removeLast();
            all.removeLast().close();
            try {
                HostLock.take(directory);
                System.out.println("listed");
            } catch (FileSystemException refused) {
                System.out.println((refused.getFile().equals(args[0]) ? "not listed: " : refused.getFile() + ": ")
                    + refused.getReason());
            }
            for (InputStream one : all) {
                one.close();
            }
            HostLock.take(directory).close();
            System.out.println("taken");
        }

        private static InputStream open() {
            try {
                return new FileInputStream("/dev/null");
            } catch (FileNotFoundException noneLeft) {
                return null;
            }
        }
    }

    @Test
    void whatIsPutBesideAMachineStaysWhenItEnds() throws IOException {
        HostLock life = HostLock.take(directory);
        Files.createFile(directory.ram());
        Files.createFile(directory.path().resolve("notes.txt"));
        life.close();
        assertEquals(List.of("notes.txt"), files());
    }

    @Test
    void anOldHostThatEndsLeavesItsSuccessorsDirectoryAlone() throws IOException {
        HostLock old = HostLock.take(directory);
        Files.delete(directory.lifeLock(0));
        Files.delete(directory.path());
        HostLock successor = HostLock.take(directory);
        Files.createFile(directory.ram());
        old.close();
        assertEquals(List.of("host.lock", "ram"), files());
        MachineException taken = assertThrows(MachineException.class, () -> HostLock.take(directory));
        assertEquals("machine \"box\" runs already; mk shutdown ends it, or give this one another name with --machine",
            taken.getMessage());
        successor.close();
        assertFalse(Files.exists(directory.path()));
    }

    @Test
    void aHostWhoseDirectoryIsGoneEnds() throws IOException {
        HostLock life = HostLock.take(directory);
        Files.delete(directory.lifeLock(0));
        Files.delete(directory.path());
        life.close();
        assertFalse(Files.exists(directory.path()));
    }

    /** An instance of a dead host as its files show it: it waits for the host's end, and then ends itself. */
    private CompletableFuture<Void> instance(OsFile hostLock, OsFile life) {
        return CompletableFuture.runAsync(() -> {
            try {
                hostLock.awaitUnlocked();
                life.close();
            } catch (IOException refused) {
                throw new UncheckedIOException(refused);
            }
        }, task -> Thread.ofPlatform().daemon().start(task));
    }

    @Test
    void instancesThatWaitForADeadHostDoNotKeepTheNextOneOut() throws Exception {
        makeDirectory();
        List<OsFile> open = new ArrayList<>();
        List<CompletableFuture<Void>> instances = new ArrayList<>();
        OsFile dead = OsFile.create(directory.lifeLock(0));
        assertTrue(dead.tryLock());
        for (int id = 1; id <= 8; id++) {
            OsFile life = OsFile.create(directory.lifeLock(id));
            assertTrue(life.tryLock());
            /* Open until its process is gone for good, which may take long. */
            OsFile hostLock = OsFile.open(directory.lifeLock(0));
            open.add(hostLock);
            instances.add(instance(hostLock, life));
        }
        dead.close();
        HostLock next = HostLock.take(directory);
        for (CompletableFuture<Void> instance : instances) {
            instance.get();
        }
        next.close();
        open.forEach(OsFile::close);
        assertFalse(Files.exists(directory.path()));
    }

    @Test
    void whoNoticesTheDeathOfItsHostLateIsNotHeldUpByTheNextOne() throws Exception {
        makeDirectory();
        Files.createFile(directory.lifeLock(0));
        OsFile life = OsFile.create(directory.lifeLock(1));
        assertTrue(life.tryLock());
        CompletableFuture<HostLock> next = CompletableFuture.supplyAsync(() -> {
            try {
                return HostLock.take(directory);
            } catch (IOException refused) {
                throw new UncheckedIOException(refused);
            }
        }, task -> Thread.ofPlatform().daemon().start(task));
        try (OsFile hostLock = OsFile.open(directory.lifeLock(0))) {
            while (!hostLock.isLockedByOther() && !next.isDone()) {
                Thread.onSpinWait();
            }
            /* The next host has the lock now: it looks whether anybody is left. */
            instance(hostLock, life).get();
        }
        next.get().close();
        assertFalse(Files.exists(directory.path()));
    }

    @Test
    void whatDoesNotEndIsNamed() throws Exception {
        makeDirectory();
        Files.createFile(directory.lifeLock(0));
        try (OsFile life = OsFile.create(directory.lifeLock(3))) {
            assertTrue(life.tryLock());
            MachineException refused = assertThrows(MachineException.class, () -> HostLock.take(directory, 1));
            String said = "machine \"box\": an instance of a former run is still alive and does not end (it holds "
                + directory.lifeLock(3) + "); find it "
                + "with 'fuser " + directory.lifeLock(3) + "' and kill it, or the container "
                + "that it lives in (docker ps --filter volume=...); one that was paused ends after kill -CONT "
                + "(the load of this system is ";
            assertTrue(refused.getMessage().startsWith(said), refused.getMessage());
            assertEquals(List.of("host.lock", "instance-3.lock"), files());
        }
        HostLock.take(directory, 1).close();
    }

    @Test
    void aHostWhoseDirectoryWasRemovedIsNamedByTheNextOne() throws Exception {
        try (ChildJvm former = ChildJvm.start(Holder.class, directory.path())) {
            assertEquals("taken", former.readLine());
            assertEquals(0, LostHosts.of(directory), "it is where it belongs");
            Files.delete(directory.lifeLock(0));
            Files.delete(directory.path());
            assertEquals(former.pid(), LostHosts.of(directory));
            MachineException refused = assertThrows(MachineException.class, () -> HostLock.take(directory, 1));
            assertTrue(refused.getMessage().startsWith("machine \"box\": somebody has removed its directory, and its "
                + "host (pid " + former.pid() + ") is still there; "), refused.getMessage());
            assertFalse(Files.exists(directory.path()), "the refusal leaves nothing");
        }
        assertEquals(0, LostHosts.of(directory));
        HostLock.take(directory).close();
        assertFalse(Files.exists(directory.path()));
    }

    /** Holds the name until it is killed. */
    static final class Holder {
        private Holder() {
        }

        public static void main(String[] args) throws Exception {
            ChildJvm.endWithParent();
            HostLock.take(new MachineDirectory(Path.of(args[0])));
            System.out.println("taken");
            new CountDownLatch(1).await();
        }
    }

    @Test
    void whoLosesOnlyItsLockStillRemovesItsFiles() throws IOException {
        HostLock lock = HostLock.take(directory);
        Files.createFile(directory.ram());
        DirectoryWatch watch = new DirectoryWatch(directory, lock);
        assertNull(watch.problem());
        Files.delete(directory.lifeLock(0));
        assertEquals("somebody has removed " + directory.lifeLock(0) + ", the name may be taken by another host now",
            watch.problem());
        lock.close();
        assertFalse(Files.exists(directory.path()));
    }

    @Test
    void whatIsMissingInADirectoryIsSeen() throws IOException {
        HostLock lock = HostLock.take(directory);
        Files.createFile(directory.ram());
        DirectoryWatch watch = new DirectoryWatch(directory, lock);
        Path kept = Files.move(directory.ram(), directory.path().resolve("kept"));
        String removed = "somebody has removed its RAM " + directory.ram() + ", which nobody can open any more";
        assertEquals(removed, watch.problem());
        Files.createFile(directory.ram());
        assertEquals(removed, watch.problem(), "another file in its place is not it");
        Files.move(kept, directory.ram(), StandardCopyOption.REPLACE_EXISTING);
        assertNull(watch.problem());
        Files.delete(directory.ram());
        Files.delete(directory.lifeLock(0));
        Files.delete(directory.path());
        assertEquals("somebody has removed its directory " + directory.path(), watch.problem());
        lock.close();
    }
}
