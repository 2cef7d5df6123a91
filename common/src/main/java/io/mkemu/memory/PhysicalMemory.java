// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.os.Futex;
import io.mkemu.os.Platform;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A machine's RAM as one process sees it: the header, the tables that every kernel maps, and windows on the rest. A
 * physical address is an offset in the RAM file. It knows bytes, not instances: those are of
 * {@code io.mkemu.machine.MappedMachine}. Thread-safe.
 */
public final class PhysicalMemory implements AutoCloseable {
    /** Is told which parts of RAM are used. */
    @FunctionalInterface
    public interface Uses {
        /**
         * A window is made, through which the memory may be read and written from now on.
         *
         * @param address of its first byte
         * @param length  bytes
         */
        void maps(long address, int length);
    }

    private final RamMapping mapping;
    private final Platform platform;
    private final RamLayout layout;
    private final Window tables;
    private final Window pageTable;
    private final RamHeader header;

    private PhysicalMemory(RamMapping mapping, RamHeader header, Platform platform) throws IOException {
        this.mapping = mapping;
        this.platform = platform;
        this.layout = header.layout();
        this.header = header;
        this.tables = mapUnchecked(0, layout.pagesAt(), () -> { });
        this.pageTable = mapUnchecked(layout.pagesAt(), layout.poolMapAt() - layout.pagesAt(), () -> { });
    }

    /**
     * Maps a RAM file.
     *
     * @throws MachineException if it is not the RAM of an mkemu machine of this version; the message says which
     */
    public static PhysicalMemory open(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new MachineException(ExitCode.MACHINE, file + " is a link, a machine's RAM is a file: remove it");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
        try {
            return new PhysicalMemory(RamMapping.of(channel, MapMode.READ_WRITE), RamHeader.read(file, channel),
                Platform.system());
        } catch (IOException | RuntimeException | Error fault) {
            channel.close();
            throw fault;
        }
    }

    /**
     * Maps a RAM file for a tool that only looks: a write through any of its windows is a fault of the process.
     *
     * @throws MachineException as {@link #open}
     */
    public static PhysicalMemory openReadOnly(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try {
            return new PhysicalMemory(RamMapping.of(channel, MapMode.READ_ONLY), RamHeader.read(file, channel),
                Platform.system());
        } catch (IOException | RuntimeException | Error fault) {
            channel.close();
            throw fault;
        }
    }

    /**
     * Makes the RAM of a machine in memory of this process: no file, no native call. For a machine all of whose
     * kernels run here, in a test or a simulator.
     *
     * @param ram      zeroed, native, of {@link RamLayout#ramSize} bytes; its first byte on a page boundary
     * @param epoch    tells this machine from another one
     * @param platform clock and wake-ups of the machine
     */
    public static PhysicalMemory inMemory(MemorySegment ram, RamLayout layout, IpiMode ipi, long epoch,
        Platform platform) {
        return inMemory(ram, layout, ipi, epoch, platform, (address, length) -> { });
    }

    /**
     * A copy of a machine's RAM in memory of this process, for a tool that only looks.
     *
     * @param ram its bytes; native, the first one on a page boundary, there for longer than this object
     * @throws IllegalArgumentException if it is no machine's RAM of this version; the message says what it is instead
     */
    public static PhysicalMemory copy(MemorySegment ram, Platform platform) {
        RamHeader header = RamHeader.parse(ram.asSlice(0, Math.min(ram.byteSize(), Pages.PAGE_SIZE)).asByteBuffer(),
            ram.byteSize());
        try {
            return new PhysicalMemory(RamMapping.of(ram, (address, length) -> { }), header, platform);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * As {@link #inMemory(MemorySegment, RamLayout, IpiMode, long, Platform)}, and tells of each window, those of the
     * tables too.
     */
    public static PhysicalMemory inMemory(MemorySegment ram, RamLayout layout, IpiMode ipi, long epoch,
        Platform platform, Uses uses) {
        RamHeader header = new RamHeader(layout, ipi, epoch, platform.nanoTime(), "buffer");
        try {
            if (!ram.isNative() || ram.byteSize() != layout.ramSize()) {
                throw new IllegalArgumentException("RAM is native memory of " + layout.ramSize() + " bytes");
            }
            RamMapping mapping = RamMapping.of(ram, uses);
            header.write(mapping.map(0, Pages.PAGE_SIZE, () -> { }).buffer());
            return new PhysicalMemory(mapping, header, platform);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** What this machine's kernels have besides its memory. */
    public Platform platform() {
        return platform;
    }

    /** Where everything lies. */
    public RamLayout layout() {
        return layout;
    }

    /** Which mailbox all instances of this machine have. */
    public IpiMode ipiMode() {
        return header.ipi();
    }

    /** Tells this machine from a former one of the same name. */
    public long epoch() {
        return header.epoch();
    }

    /** CLOCK_MONOTONIC at creation, ns: time 0 of the kernel logs. */
    public long createdNanos() {
        return header.createdNanos();
    }

    /** Header, local APICs, instance table and logs, at offsets equal to their physical addresses. */
    public UnsafeBuffer tables() {
        return tables.buffer();
    }

    /** Who may map which page, and who has it mapped. */
    public PageTable pageTable() {
        return new PageTable(pageTable.buffer(), layout, header.ipi() == IpiMode.QUEUED);
    }

    /**
     * Maps physical memory: memremap.
     *
     * @param address page-aligned
     * @param length  1 .. 2^31-1 bytes
     * @return a window on it
     * @throws MachineException if it does not lie in RAM, or cannot be mapped
     */
    public Window map(long address, long length) {
        return map(address, length, () -> { });
    }

    /**
     * As {@link #map(long, long)}, and tells when that has ended.
     *
     * @param unmapped runs once, right after the window is unmapped, on the thread that closes it; throws nothing
     */
    public Window map(long address, long length, Runnable unmapped) {
        return map(mapping::map, address, length, unmapped);
    }

    /**
     * As {@link #map(long, long, Runnable)}, for what is mapped and unmapped again and again. The process keeps some of
     * the mappings of such windows that are closed, those that were used last, since to make one anew costs more than
     * to copy all of its bytes. A closed window is empty all the same.
     */
    public Window mapAgain(long address, long length, Runnable unmapped) {
        return map(mapping::mapAgain, address, length, unmapped);
    }

    /** A way to map a range that has been checked. */
    private interface Way {
        Window map(long address, int length, Runnable unmapped) throws IOException;
    }

    private Window map(Way way, long address, long length, Runnable unmapped) {
        if (address <= 0 || address % Pages.PAGE_SIZE != 0 || length <= 0 || length > Integer.MAX_VALUE
            || address > layout.ramSize() - length) {
            throw new MachineException(ExitCode.MACHINE, "cannot map 0x" + Long.toHexString(address) + "+" + length
                + ": RAM is 0x1000..0x" + Long.toHexString(layout.ramSize()) + ", pages begin at multiples of 4096");
        }
        try {
            return way.map(address, (int) length, unmapped);
        } catch (IOException fault) {
            throw new MachineException(ExitCode.RESOURCES,
                "cannot map 0x" + Long.toHexString(address) + "+" + length + ": " + fault.getMessage(), fault);
        }
    }

    private Window mapUnchecked(long address, long length, Runnable unmapped) throws IOException {
        return mapping.map(address, Math.toIntExact(length), unmapped);
    }

    /** The event word's present value, to be read before looking at what the host supervises. */
    public int event() {
        return tables().getIntVolatile(RamHeaderDescriptor.EVENT_OFFSET);
    }

    /** Tells the host to look: a state changed or a line was logged. */
    public void raiseEvent() {
        tables().getAndAddInt(RamHeaderDescriptor.EVENT_OFFSET, 1);
        platform.wake(eventAddress(), Integer.MAX_VALUE);
    }

    /** Sleeps until the event word differs from the value read, or the time is over. */
    public void awaitEvent(Futex futex, int seen, long timeoutNanos) {
        futex.await(eventAddress(), seen, timeoutNanos);
    }

    private long eventAddress() {
        return tables().addressOffset() + RamHeaderDescriptor.EVENT_OFFSET;
    }

    /** Unmaps everything mapped by this object itself; windows handed out stay with their owners. */
    @Override
    public void close() throws IOException {
        pageTable.close();
        tables.close();
        mapping.close();
    }
}
