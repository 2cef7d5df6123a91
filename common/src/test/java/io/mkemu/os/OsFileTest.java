// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class OsFileTest {
    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("file");
    }

    private void assertRefused(int errno, Executable call) {
        OsException refusal = assertThrows(OsException.class, call);
        assertEquals(errno, refusal.errno(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(path.toString()), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(Errno.name(errno)), refusal.getMessage());
    }

    @Test
    void createMakesAFileForItsOwnerOnly() throws IOException {
        OsFile.create(path).close();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        assertEquals(0, Files.size(path));
    }

    @Test
    void createRefusesWhateverHasTheName() throws IOException {
        Files.writeString(path, "there");
        assertRefused(Errno.EEXIST, () -> OsFile.create(path));
        assertEquals("there", Files.readString(path));
        Files.delete(path);
        Files.createSymbolicLink(path, directory.resolve("nowhere"));
        assertRefused(Errno.EEXIST, () -> OsFile.create(path));
        assertFalse(Files.exists(directory.resolve("nowhere")), "a dangling link was followed");
        assertRefused(Errno.ELOOP, () -> OsFile.openOrCreate(path));
        assertFalse(Files.exists(directory.resolve("nowhere")), "a dangling link was followed");
    }

    @Test
    void noLinkIsFollowed() throws IOException {
        Path target = Files.writeString(directory.resolve("target"), "precious");
        Files.createSymbolicLink(path, target);
        assertRefused(Errno.ELOOP, () -> OsFile.open(path));
        assertRefused(Errno.ELOOP, () -> OsFile.openOrCreate(path));
        assertRefused(Errno.EEXIST, () -> OsFile.create(path));
        assertEquals("precious", Files.readString(target));
    }

    @Test
    void openWantsAFileThatIsThere() throws IOException {
        assertEquals(path.toString(), assertThrows(NoSuchFileException.class, () -> OsFile.open(path)).getMessage());
        OsFile.openOrCreate(path).close();
        OsFile.open(path).close();
        OsFile.openOrCreate(path).close();
    }

    @Test
    void allocateTakesThePlaceAtOnce() throws IOException {
        try (OsFile file = OsFile.create(path)) {
            file.allocate(1 << 20);
            assertEquals(1 << 20, Files.size(path));
            long free = Files.getFileStore(directory).getTotalSpace();
            assertRefused(Errno.ENOSPC, () -> file.allocate(free + 4096));
            assertRefused(Errno.EINVAL, () -> file.allocate(0));
        }
    }

    @Test
    void oneDescriptionLocksOutAnotherOfTheSameProcess() throws IOException {
        try (OsFile one = OsFile.create(path); OsFile other = OsFile.open(path)) {
            assertFalse(other.isLockedByOther());
            assertTrue(one.tryLock());
            assertTrue(one.tryLock(), "taking it again is harmless");
            assertFalse(other.tryLock());
            assertTrue(other.isLockedByOther());
            assertFalse(one.isLockedByOther(), "its own lock is not another's");
            one.unlock();
            assertFalse(other.isLockedByOther());
            try (OsFile third = OsFile.open(path)) {
                assertTrue(third.tryLock());
                assertFalse(other.tryLock());
            }
            assertTrue(other.tryLock(), "closing frees");
        }
    }

    @Test
    void aKilledProcessLetsGoOfItsLock() throws Exception {
        try (ChildJvm holder = ChildJvm.start(Holder.class, path)) {
            assertEquals("locked", holder.readLine());
            try (OsFile mine = OsFile.open(path)) {
                assertTrue(mine.isLockedByOther());
                assertFalse(mine.tryLock());
                assertEquals(ChildJvm.KILLED, holder.kill());
                assertFalse(mine.isLockedByOther());
                assertTrue(mine.tryLock());
            }
        }
    }

    @Test
    void awaitUnlockedWakesWhenTheHolderDies() throws Exception {
        try (ChildJvm holder = ChildJvm.start(Holder.class, path)) {
            assertEquals("locked", holder.readLine());
            try (OsFile mine = OsFile.open(path)) {
                CompletableFuture<Boolean> waiter = CompletableFuture.supplyAsync(() -> {
                    try {
                        mine.awaitUnlocked();
                        return holder.isAlive();
                    } catch (IOException refused) {
                        throw new IllegalStateException(refused);
                    }
                });
                awaitBlockedLock();
                assertFalse(waiter.isDone());
                holder.kill();
                waiter.get();
                try (OsFile third = OsFile.open(path)) {
                    assertFalse(third.isLockedByOther(), "who has waited holds nothing");
                    assertTrue(third.tryLock());
                }
            }
        }
    }

    /** Until the kernel lists a waiter for a lock on the file: only then the thread is known to sleep in the call. */
    private void awaitBlockedLock() throws IOException {
        String inode = ":" + Files.getAttribute(path, "unix:ino") + " ";
        while (Files.readAllLines(Path.of("/proc/locks")).stream()
            .noneMatch(line -> line.contains("-> OFDLCK") && line.contains(inode))) {
            Thread.yield();
        }
    }

    @Test
    void aFileKnowsWhetherItsNameIsStillItsOwn() throws IOException {
        try (OsFile file = OsFile.create(path)) {
            assertTrue(file.isStillNamed());
            Files.delete(path);
            assertFalse(file.isStillNamed(), "unlinked");
            Files.createFile(path);
            assertFalse(file.isStillNamed(), "made anew");
        }
        try (OsFile file = OsFile.open(path)) {
            assertTrue(file.isStillNamed());
            Files.move(Files.createFile(directory.resolve("other")), path, StandardCopyOption.REPLACE_EXISTING);
            assertFalse(file.isStillNamed(), "replaced");
        }
        try (OsFile file = OsFile.open(path)) {
            Path moved = Files.move(path, directory.resolve("moved"));
            Files.createSymbolicLink(path, moved);
            assertFalse(file.isStillNamed(), "a link to it is not it");
        }
    }

    @Test
    void closingTwiceDoesNotCloseSomebodyElsesDescriptor() throws IOException {
        OsFile first = OsFile.create(path);
        first.close();
        try (OsFile second = OsFile.open(path)) {
            first.close();
            assertTrue(second.tryLock());
        }
    }

    /** Holds the lock until it is killed. */
    static final class Holder {
        private Holder() {
        }

        public static void main(String[] args) throws IOException {
            try (OsFile file = OsFile.openOrCreate(Path.of(args[0]))) {
                System.out.println(file.tryLock() ? "locked" : "refused");
                while (System.in.read() >= 0) {
                    continue;
                }
            }
        }
    }
}
