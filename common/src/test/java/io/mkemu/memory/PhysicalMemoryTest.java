// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.os.Futex;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PhysicalMemoryTest {
    private static final RamLayout LAYOUT = TestMachine.LAYOUT;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    private Path ram;

    @BeforeEach
    void create() throws IOException {
        ram = directory.resolve("ram");
        RamFile.create(ram, LAYOUT, IpiMode.QUEUED, "lab-1");
    }

    private void write(long offset, long value, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value).limit(bytes);
        try (FileChannel channel = FileChannel.open(ram, StandardOpenOption.WRITE)) {
            channel.write(buffer, offset);
        }
    }

    private void assertRefused(String why) {
        MachineException refusal = assertThrows(MachineException.class, () -> PhysicalMemory.open(ram));
        String message = refusal.getMessage();
        assertEquals(ExitCode.MACHINE, refusal.exitCode());
        assertTrue(message.startsWith(ram + ": ") && message.contains(why)
            && message.endsWith("; remove the machine's directory, or use the mkemu that made it"), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void whatWasMadeIsOpenedZeroedAndWhole() throws IOException {
        assertEquals(LAYOUT.ramSize(), Files.size(ram));
        try (PhysicalMemory memory = PhysicalMemory.open(ram); PhysicalMemory other = PhysicalMemory.open(ram)) {
            assertEquals(LAYOUT, memory.layout());
            assertEquals(memory.epoch(), other.epoch());
            assertEquals(memory.createdNanos(), other.createdNanos());
            try (Window all = memory.map(LAYOUT.cpusAt(), LAYOUT.ramSize() - LAYOUT.cpusAt())) {
                for (int at = 0; at < all.buffer().capacity(); at += Long.BYTES) {
                    assertEquals(0, all.buffer().getLong(at));
                }
            }
            memory.tables().putLong((int) LAYOUT.logsAt(), 77);
            assertEquals(77, other.tables().getLong((int) LAYOUT.logsAt()));
        }
        Path second = directory.resolve("second");
        RamFile.create(second, LAYOUT, IpiMode.QUEUED, "lab-1");
        try (PhysicalMemory memory = PhysicalMemory.open(ram); PhysicalMemory other = PhysicalMemory.open(second)) {
            assertNotEquals(memory.epoch(), other.epoch());
        }
    }

    @Test
    void aNameThatIsTakenIsRefusedAndKept() throws IOException {
        MachineException refusal = assertThrows(MachineException.class,
            () -> RamFile.create(ram, LAYOUT, IpiMode.QUEUED, "other"));
        assertEquals(ExitCode.MACHINE, refusal.exitCode());
        assertTrue(refusal.getMessage().contains(ram.toString()) && refusal.getMessage().contains("-EEXIST"),
            refusal.getMessage());
        PhysicalMemory.open(ram).close();
    }

    @Test
    void aRamThatDoesNotFitLeavesNothingBehind() throws IOException {
        Path file = directory.resolve("huge");
        long total = Files.getFileStore(directory).getTotalSpace() & -4096;
        long half = Math.min(total, (1L << 37) - 4096);
        MachineException refusal = assertThrows(MachineException.class,
            () -> RamFile.create(file, new RamLayout(8, 16, half, half), IpiMode.QUEUED, "huge"));
        assertEquals(ExitCode.RESOURCES, refusal.exitCode());
        assertTrue(refusal.getMessage().startsWith(file + ": the machine's RAM needs ")
            && refusal.getMessage().contains("MKEMU_DIR"), refusal.getMessage());
        assertFalse(Files.exists(file));
    }

    @Test
    void anotherVersionIsRefused() throws IOException {
        for (int version : new int[] {0, RamHeaderDescriptor.ABI_VERSION + 1, -1}) {
            write(RamHeaderDescriptor.ABI_VERSION_OFFSET, version, 4);
            assertRefused("has ABI version " + version + ", this mkemu speaks " + RamHeaderDescriptor.ABI_VERSION);
        }
    }

    @Test
    void aFileThatIsNoRamIsRefused() throws IOException {
        write(RamHeaderDescriptor.MAGIC_OFFSET, 0x1234, 8);
        assertRefused("is not the RAM of an mkemu machine (magic 0x1234)");
        Files.write(ram, new byte[0]);
        assertRefused("is not the RAM");
        Files.write(ram, new byte[100]);
        assertRefused("is not the RAM");
        Files.write(ram, new byte[8192]);
        assertRefused("magic 0x0");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -4096, 1, 4096})
    void aFileOfAnotherLengthIsRefused(long more) throws IOException {
        long size = LAYOUT.ramSize() + more;
        try (FileChannel channel = FileChannel.open(ram, StandardOpenOption.WRITE)) {
            channel.truncate(size);
            if (more > 0) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
        }
        assertRefused("is " + size + " bytes long, its header says " + LAYOUT.ramSize());
    }

    @ParameterizedTest
    @CsvSource({"48,cpus", "56,instances", "64,logs", "72,pages", "80,pool map", "88,host", "104,pool", "16,RAM size"})
    void eachDamagedOffsetIsNamed(int offset, String what) throws IOException {
        for (long bad : new long[] {0, -1, 4095, Long.MIN_VALUE, LAYOUT.ramSize() + 4096}) {
            write(offset, bad, 8);
            assertRefused("has a damaged header: " + what + " at 0x" + Long.toHexString(bad) + " should be at 0x");
        }
    }

    @ParameterizedTest
    @CsvSource({"40,4", "44,4", "96,8", "112,8", "12,4"})
    void eachDamagedNumberIsRefused(int offset, int bytes) throws IOException {
        for (long bad : new long[] {-1, 3000, Long.MIN_VALUE | 1 << 31}) {
            write(offset, bad, bytes);
            assertRefused("has a damaged header: ");
        }
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), ram);
        Exception refusal = assertThrows(Exception.class, () -> PhysicalMemory.open(link));
        assertTrue(refusal.getMessage().contains(link.toString()), "names the file: " + refusal);
    }

    @Test
    void onlyPagesOfRamAreMapped() throws IOException {
        try (PhysicalMemory memory = PhysicalMemory.open(ram)) {
            long end = LAYOUT.ramSize();
            long[][] bad = {{0, 4096}, {-4096, 4096}, {4097, 4096}, {4096, 0}, {4096, -1}, {4096, end},
                {end, 4096}, {end - 4096, 4097}, {Long.MAX_VALUE & -4096, 4096}, {4096, Long.MAX_VALUE},
                {4096, 1L << 31}, {Long.MIN_VALUE, Long.MIN_VALUE}};
            for (long[] one : bad) {
                String message =
                    assertThrows(MachineException.class, () -> memory.map(one[0], one[1])).getMessage();
                assertTrue(message.startsWith("cannot map 0x" + Long.toHexString(one[0]) + "+" + one[1] + ":"),
                    message);
            }
            memory.map(end - 4096, 1).close();
            memory.map(4096, end - 4096).close();
        }
    }

    @Test
    void aWindowIsBoundedAndAClosedOneRefuses() throws IOException {
        try (PhysicalMemory memory = PhysicalMemory.open(ram)) {
            long at = LAYOUT.poolAt();
            Window window = memory.map(at, 8192);
            assertEquals(at, window.physicalAddress());
            assertEquals(8192, window.buffer().capacity());
            assertThrows(IndexOutOfBoundsException.class, () -> window.buffer().getLong(8185));
            assertThrows(IndexOutOfBoundsException.class, () -> window.buffer().putByte(-1, (byte) 0));
            window.close();
            window.close();
            assertThrows(IndexOutOfBoundsException.class, () -> window.buffer().getByte(0));
        }
    }

    @Test
    void aWindowTellsOnceThatItIsUnmappedWhoeverClosesIt() throws Exception {
        try (PhysicalMemory memory = PhysicalMemory.open(ram);
            ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 200; round++) {
                AtomicInteger told = new AtomicInteger();
                AtomicReference<Window> window = new AtomicReference<>();
                window.set(memory.map(LAYOUT.poolAt(), 4096,
                    () -> told.addAndGet(window.get().buffer().capacity() == 0 ? 1 : 100)));
                assertEquals(0, told.get());
                Callable<Integer> close = () -> {
                    window.get().close();
                    return told.get();
                };
                for (Future<Integer> closed : threads.invokeAll(List.of(close, close))) {
                    assertEquals(1, closed.get(), "told before each close returned");
                }
            }
        }
    }

    @Test
    void anEventWakesWhoeverWaitsForOne() throws Exception {
        try (PhysicalMemory memory = PhysicalMemory.open(ram); PhysicalMemory other = PhysicalMemory.open(ram)) {
            int seen = memory.event();
            CompletableFuture<Void> waiter = CompletableFuture.runAsync(() -> {
                Futex futex = new Futex();
                while (memory.event() == seen) {
                    memory.awaitEvent(futex, seen, 0);
                }
            });
            other.raiseEvent();
            waiter.get();
            assertEquals(seen + 1, memory.event());
        }
    }
}
