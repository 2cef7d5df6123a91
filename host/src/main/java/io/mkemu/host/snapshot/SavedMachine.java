// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import static io.mkemu.host.snapshot.SnapshotDescriptor.*;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.host.view.MachineView;
import io.mkemu.json.Json;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.OsMemory;
import io.mkemu.os.Platform;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A snapshot that was read: a copy of a machine's RAM in memory of this process, and what its host said of it. The file
 * may come from anybody. All of it is checked before any of it is used, and nothing outside of the copy can be read
 * through it. One thread reads and closes it.
 */
public final class SavedMachine implements Closeable {
    /* The pool and the host's memory have fewer than MAX_BYTES; the tables are a thirtieth of that and less. */
    private static final long MOST_RAM = RamLayout.MAX_BYTES + (8L << 30);

    private final Arena arena;
    private final MappedMachine machine;
    private final SavedStatus said;

    private SavedMachine(Arena arena, MappedMachine machine, SavedStatus said) {
        this.arena = arena;
        this.machine = machine;
        this.said = said;
    }

    /**
     * Reads a snapshot.
     *
     * @throws MachineException with MACHINE if it is none, is cut or damaged, or of a machine of another version
     * @throws IOException      if it cannot be read
     */
    public static SavedMachine read(Path file) throws IOException {
        Arena arena = Arena.ofConfined();
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
            return new Reader(file, from).read(arena);
        } catch (IOException | RuntimeException | Error fault) {
            arena.close();
            throw fault;
        }
    }

    /** The machine, as a view has it; nothing changes in it. */
    public MappedMachine machine() {
        return machine;
    }

    /** A view of it, which closes it. */
    public MachineView view() {
        return MachineView.saved(said.machine(), machine, this);
    }

    /** What its host said of it. */
    public SavedStatus said() {
        return said;
    }

    @Override
    public void close() throws IOException {
        machine.close();
        arena.close();
    }

    /** Goes through a file. */
    private static final class Reader {
        private final Path file;
        private final FileChannel from;
        private final long size;
        private final CRC32C whole = new CRC32C();
        private final CRC32C check = new CRC32C();
        private long left;

        Reader(Path file, FileChannel from) throws IOException {
            this.file = file;
            this.from = from;
            this.size = from.size();
            this.left = size;
        }

        SavedMachine read(Arena arena) throws IOException {
            ByteBuffer header = header();
            MemorySegment ram = OsMemory.allocate(header.getLong(RAM_SIZE_OFFSET), arena);
            SavedStatus said = said(header.getInt(SAID_LENGTH_OFFSET));
            runs(ram);
            int expected = (int) whole.getValue();
            if (get(CHECK_LENGTH).getInt(0) != expected) {
                throw damaged("the check of the whole file is wrong");
            }
            if (left != 0) {
                throw damaged(left + " bytes follow its end");
            }
            try {
                PhysicalMemory memory = PhysicalMemory.copy(ram, Platform.system());
                return new SavedMachine(arena, new MappedMachine(memory), said);
            } catch (IllegalArgumentException | IndexOutOfBoundsException wrong) {
                throw damaged("its RAM " + wrong.getMessage());
            }
        }

        private ByteBuffer header() throws IOException {
            if (left < Long.BYTES) {
                throw foreign();
            }
            ByteBuffer magic = get(Long.BYTES);
            if (magic.getLong(MAGIC_OFFSET) != MAGIC) {
                throw foreign();
            }
            ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            header.put(magic).put(get(HEADER_LENGTH - Long.BYTES));
            check.reset();
            check.update(header.array(), 0, HEADER_CHECK_OFFSET);
            if (header.getInt(HEADER_CHECK_OFFSET) != (int) check.getValue()) {
                throw damaged("its header is damaged");
            }
            if (header.getInt(VERSION_OFFSET) != VERSION) {
                throw refused("is a snapshot of version " + header.getInt(VERSION_OFFSET) + ", this mkemu reads "
                    + VERSION + ": use the mkemu that wrote it");
            }
            if (header.getInt(ABI_OFFSET) != RamHeaderDescriptor.ABI_VERSION) {
                throw refused("is a snapshot of a machine of ABI version " + header.getInt(ABI_OFFSET)
                    + ", this mkemu reads " + RamHeaderDescriptor.ABI_VERSION + ": use the mkemu that wrote it");
            }
            long ramSize = header.getLong(RAM_SIZE_OFFSET);
            if (ramSize < Pages.PAGE_SIZE || ramSize > MOST_RAM || ramSize % Pages.PAGE_SIZE != 0) {
                throw damaged("its RAM has " + ramSize + " bytes");
            }
            return header;
        }

        private SavedStatus said(int length) throws IOException {
            if (length < 0 || length > MOST_SAID) {
                throw damaged("it says " + Integer.toUnsignedString(length) + " bytes of its machine");
            }
            byte[] text = get(length).array();
            check.reset();
            check.update(text, 0, length);
            if (get(CHECK_LENGTH).getInt(0) != (int) check.getValue()) {
                throw damaged("what it says of its machine is damaged");
            }
            try {
                JsonNode said = Json.read(text);
                return SavedStatus.of(said instanceof ObjectNode object ? object : Json.object());
            } catch (IOException | IllegalArgumentException wrong) {
                throw damaged("what it says of its machine is none of mkemu's");
            }
        }

        private void runs(MemorySegment ram) throws IOException {
            long end = ram.byteSize() / Pages.PAGE_SIZE;
            long next = 0;
            for (long runs = 0; ; runs++) {
                ByteBuffer head = get(RUN_LENGTH);
                long first = head.getLong(RUN_FIRST_OFFSET);
                int pages = head.getInt(RUN_PAGES_OFFSET);
                check.reset();
                check.update(head.array(), 0, RUN_CHECK_OFFSET);
                if (pages != 0) {
                    if (pages < 0 || pages > MOST_PAGES || first < next || first > end - pages) {
                        throw damaged("block " + runs + " does not lie in its RAM");
                    }
                    next = first + pages;
                    ByteBuffer data = ram.asSlice(first * Pages.PAGE_SIZE, (long) pages * Pages.PAGE_SIZE)
                        .asByteBuffer();
                    fill(data);
                    check.update(data.flip());
                }
                if (head.getInt(RUN_CHECK_OFFSET) != (int) check.getValue()) {
                    throw damaged("block " + runs + " is damaged");
                }
                if (pages == 0) {
                    if (first != runs) {
                        throw damaged("it has " + runs + " blocks of " + first);
                    }
                    return;
                }
            }
        }

        /** The next bytes, from place 0 on. */
        private ByteBuffer get(int length) throws IOException {
            if (length > left) {
                throw cut();
            }
            ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            fill(bytes);
            return bytes.flip();
        }

        private void fill(ByteBuffer bytes) throws IOException {
            if (bytes.remaining() > left) {
                throw cut();
            }
            left -= bytes.remaining();
            ByteBuffer all = bytes.duplicate();
            while (bytes.hasRemaining()) {
                if (from.read(bytes) < 0) {
                    throw cut();
                }
            }
            whole.update(all);
        }

        private MachineException foreign() {
            return refused("is no snapshot of a machine: mk snapshot FILE writes one");
        }

        private MachineException cut() {
            return refused("is a snapshot that is cut off after " + size + " bytes: copy it again");
        }

        private MachineException damaged(String what) {
            return refused("is a damaged snapshot: " + what);
        }

        private MachineException refused(String what) {
            return new MachineException(ExitCode.MACHINE, file + " " + what);
        }
    }
}
