// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.abi.RamHeaderDescriptor.*;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A header that was read and found good.
 *
 * @param layout       where everything lies
 * @param ipi          the mailbox of all instances
 * @param epoch        tells this machine from a former one of the same name
 * @param createdNanos CLOCK_MONOTONIC at creation
 * @param name         of the machine
 */
public record RamHeader(RamLayout layout, IpiMode ipi, long epoch, long createdNanos, String name) {

    /**
     * Reads and checks page 0.
     *
     * @throws MachineException that names the file, what it holds and what would be right
     */
    static RamHeader read(Path file, FileChannel channel) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(Pages.PAGE_SIZE);
        while (page.hasRemaining() && channel.read(page, page.position()) > 0) {
            continue;
        }
        try {
            return parse(page.flip(), channel.size());
        } catch (IllegalArgumentException bad) {
            throw refusal(file, bad.getMessage());
        }
    }

    /**
     * Checks page 0.
     *
     * @param bytes from its first byte on
     * @param size  of the RAM, bytes
     * @throws IllegalArgumentException if it is not that of such a RAM; the message says what the RAM is or has instead
     */
    static RamHeader parse(ByteBuffer bytes, long size) {
        ByteBuffer page = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        boolean isWhole = page.remaining() >= Pages.PAGE_SIZE;
        if (!isWhole || page.getLong(MAGIC_OFFSET) != MAGIC) {
            throw new IllegalArgumentException("is not the RAM of an mkemu machine (magic 0x"
                + Long.toHexString(isWhole ? page.getLong(MAGIC_OFFSET) : 0) + ")");
        }
        int version = page.getInt(ABI_VERSION_OFFSET);
        if (version != ABI_VERSION) {
            throw new IllegalArgumentException("has ABI version " + version + ", this mkemu speaks " + ABI_VERSION);
        }
        RamLayout layout;
        IpiMode ipi;
        try {
            ipi = IpiMode.of(page.getInt(IPI_MODE_OFFSET));
            layout = new RamLayout(page.getInt(NR_CPUS_OFFSET), page.getInt(IPI_SLOTS_OFFSET),
                page.getLong(HOST_SIZE_OFFSET), page.getLong(POOL_SIZE_OFFSET));
        } catch (IllegalArgumentException bad) {
            throw new IllegalArgumentException("has a damaged header: " + bad.getMessage(), bad);
        }
        expect(page, CPUS_AT_OFFSET, layout.cpusAt(), "cpus");
        expect(page, INSTANCES_AT_OFFSET, layout.instancesAt(), "instances");
        expect(page, LOGS_AT_OFFSET, layout.logsAt(), "logs");
        expect(page, TRACES_AT_OFFSET, layout.tracesAt(), "traces");
        expect(page, PAGES_AT_OFFSET, layout.pagesAt(), "pages");
        expect(page, POOL_MAP_AT_OFFSET, layout.poolMapAt(), "pool map");
        expect(page, HOST_AT_OFFSET, layout.hostAt(), "host");
        expect(page, POOL_AT_OFFSET, layout.poolAt(), "pool");
        expect(page, RAM_SIZE_OFFSET, layout.ramSize(), "RAM size");
        if (size != layout.ramSize()) {
            throw new IllegalArgumentException("is " + size + " bytes long, its header says " + layout.ramSize());
        }
        byte[] name = new byte[NAME_LENGTH];
        page.get(NAME_OFFSET, name);
        return new RamHeader(layout, ipi, page.getLong(EPOCH_OFFSET), page.getLong(CREATED_NANOS_OFFSET),
            new String(name, StandardCharsets.UTF_8).split("\0", 2)[0]);
    }

    private static void expect(ByteBuffer page, int offset, long value, String what) {
        if (page.getLong(offset) != value) {
            throw new IllegalArgumentException("has a damaged header: " + what + " at 0x"
                + Long.toHexString(page.getLong(offset)) + " should be at 0x" + Long.toHexString(value));
        }
    }

    private static MachineException refusal(Path file, String why) {
        return new MachineException(ExitCode.MACHINE,
            file + ": " + why + "; if the machine runs, end it with mk shutdown; remove the machine's directory, or "
            + "use the mkemu that made it");
    }

    /** Writes page 0 of a zeroed RAM; the version goes last, with release, and makes the machine joinable. */
    void write(UnsafeBuffer page) {
        page.putLong(MAGIC_OFFSET, MAGIC);
        page.putLong(EPOCH_OFFSET, epoch);
        page.putLong(CREATED_NANOS_OFFSET, createdNanos);
        page.putInt(NR_CPUS_OFFSET, layout.nrCpus());
        page.putInt(IPI_MODE_OFFSET, ipi.ordinal());
        page.putInt(IPI_SLOTS_OFFSET, layout.ipiSlots());
        page.putLong(RAM_SIZE_OFFSET, layout.ramSize());
        page.putLong(CPUS_AT_OFFSET, layout.cpusAt());
        page.putLong(INSTANCES_AT_OFFSET, layout.instancesAt());
        page.putLong(LOGS_AT_OFFSET, layout.logsAt());
        page.putLong(TRACES_AT_OFFSET, layout.tracesAt());
        page.putLong(PAGES_AT_OFFSET, layout.pagesAt());
        page.putLong(POOL_MAP_AT_OFFSET, layout.poolMapAt());
        page.putLong(HOST_AT_OFFSET, layout.hostAt());
        page.putLong(HOST_SIZE_OFFSET, layout.hostSize());
        page.putLong(POOL_AT_OFFSET, layout.poolAt());
        page.putLong(POOL_SIZE_OFFSET, layout.poolSize());
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        page.putBytes(NAME_OFFSET, bytes, 0, Math.min(bytes.length, NAME_LENGTH - 1));
        page.putIntRelease(ABI_VERSION_OFFSET, ABI_VERSION);
    }
}
