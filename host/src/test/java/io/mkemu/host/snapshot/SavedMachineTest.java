// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import io.mkemu.memory.Window;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SavedMachineTest {
    @TempDir
    Path directory;

    private final SavedBox box = new SavedBox();
    private Path file;
    private byte[] good;

    @BeforeEach
    void save() throws IOException {
        file = directory.resolve("box.mksnap");
        long written = SavedBox.write(box.ram(), Json.bytes(SavedBox.said().json()), file);
        good = Files.readAllBytes(file);
        assertEquals(good.length, written);
    }

    @AfterEach
    void end() throws IOException {
        box.close();
    }

    @Test
    void isReadAsItWas() throws IOException {
        try (SavedMachine saved = SavedMachine.read(file)) {
            assertEquals(SavedBox.text(box.machine()), SavedBox.text(saved.machine()));
            assertEquals(SavedBox.said(), saved.said());
            long last = box.machine().layout().ramSize() - 4096;
            for (long at = 4096; at <= last; at += 1 << 20) {
                int length = (int) Math.min(1 << 20, last + 4096 - at);
                try (Window live = box.machine().memory().map(at, length);
                    Window copy = saved.machine().memory().map(at, length)) {
                    assertEquals(live.buffer(), copy.buffer(), "from 0x" + Long.toHexString(at));
                }
            }
        }
    }

    @Test
    void holdsOnlyWhatIsNotZero() throws IOException {
        assertTrue(good.length < Files.size(box.ram()) / 10, good.length + " of " + Files.size(box.ram()));
    }

    private String refused(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        MachineException refused = assertThrows(MachineException.class, () -> SavedMachine.read(file).close());
        assertEquals(ExitCode.MACHINE, refused.exitCode());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
        assertTrue(refused.getMessage().startsWith(file + " is "), refused.getMessage());
        return refused.getMessage().substring((file + " is ").length());
    }

    @Test
    void anyCutIsRefused() throws IOException {
        assertEquals("no snapshot of a machine: mk snapshot FILE writes one", refused(new byte[0]));
        for (int length = 8; length < good.length; length += 1 + length / 16) {
            assertEquals("a snapshot that is cut off after " + length + " bytes: copy it again",
                refused(Arrays.copyOf(good, length)));
        }
        refused(Arrays.copyOf(good, good.length - 1));
        assertEquals("a damaged snapshot: 1 bytes follow its end", refused(Arrays.copyOf(good, good.length + 1)));
    }

    @Test
    void anyFlippedBitIsRefused() throws IOException {
        for (int at = 0; at < good.length; at += 1 + at / 64) {
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << at % 8);
            refused(bad);
        }
    }

    @Test
    void aForeignFileIsRefused() throws IOException {
        assertEquals("no snapshot of a machine: mk snapshot FILE writes one", refused("/dts-v1/;\n/ {};\n".getBytes()));
        assertEquals("no snapshot of a machine: mk snapshot FILE writes one",
            refused(Arrays.copyOf(Files.readAllBytes(box.ram()), 1 << 16)));
    }

    /** A header of other numbers whose check is right. */
    private byte[] header(int at, long value, int length) {
        byte[] bytes = good.clone();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (length == Long.BYTES) {
            header.putLong(at, value);
        } else {
            header.putInt(at, (int) value);
        }
        CRC32C check = new CRC32C();
        check.update(bytes, 0, SnapshotDescriptor.HEADER_CHECK_OFFSET);
        header.putInt(SnapshotDescriptor.HEADER_CHECK_OFFSET, (int) check.getValue());
        return bytes;
    }

    @Test
    void anotherVersionIsNamed() throws IOException {
        assertEquals("a snapshot of version 99, this mkemu reads 1: use the mkemu that wrote it",
            refused(header(SnapshotDescriptor.VERSION_OFFSET, 99, Integer.BYTES)));
        assertTrue(refused(header(SnapshotDescriptor.ABI_OFFSET, 1, Integer.BYTES))
            .startsWith("a snapshot of a machine of ABI version 1, this mkemu reads "));
    }

    @Test
    void noLengthLeadsOutOfIt() throws IOException {
        for (long size : new long[] {0, -4096, 4095, Long.MAX_VALUE, 1L << 62}) {
            assertEquals("a damaged snapshot: its RAM has " + size + " bytes",
                refused(header(SnapshotDescriptor.RAM_SIZE_OFFSET, size, Long.BYTES)));
        }
        for (long size : new long[] {4096, 1 << 20, 100L << 30}) {
            assertTrue(refused(header(SnapshotDescriptor.RAM_SIZE_OFFSET, size, Long.BYTES)).contains("damaged"));
        }
        for (int length : new int[] {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 9 << 20}) {
            assertTrue(refused(header(SnapshotDescriptor.SAID_LENGTH_OFFSET, length, Integer.BYTES))
                .startsWith("a damaged snapshot: it says "));
        }
    }
}
