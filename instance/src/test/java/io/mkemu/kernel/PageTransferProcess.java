// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.boot.BootParameters;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.PageRange;
import io.mkemu.module.Task;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends MiBs with sequence numbers and checksums from one kernel to another, and checks what comes. As a process of
 * its own: {@code RAM ID PEER COUNT}; it sends COUNT of them, 0 for ever, and says how it ended.
 */
final class PageTransferProcess implements KernelModule {
    static final int PAGES = 256;
    private static final int SIZE = PAGES * Pages.PAGE_SIZE;
    private static final int TAKEN = 0x7061_6701;
    /* A range is used so often, then freed and allocated anew. */
    private static final int KEEP = 8;
    private static final long LOOK_NANOS = 1_000_000;

    private final int peer;
    private final long count;
    private final byte[] bytes = new byte[SIZE];
    private Kernel kernel;
    private long pfn;
    private Window window;
    private volatile long sent;
    private long taken;
    private boolean free;
    private volatile long received;
    private volatile long total;
    private volatile String fault = "";

    /** Sends so many, 0: none, and takes what comes; -1: sends for ever. */
    PageTransferProcess(int peer, long count) {
        this.peer = peer;
        this.count = count;
    }

    public static void main(String[] args) throws Exception {
        ChildJvm.endWithParent();
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        int id = Integer.parseInt(args[1]);
        KernelInstance instance = new KernelInstance(mapped, id, BootParameters.parse("quiet"),
            mapped.instances().entry(id).ipiArea());
        instance.bringUpCpus();
        instance.start(List.of(new PageTransferProcess(Integer.parseInt(args[2]), Long.parseLong(args[3]))));
        Thread.currentThread().join();
    }

    /** MiBs that came in order and whole, of all lives of the peer. */
    long total() {
        return total;
    }

    /** MiBs that it has sent. */
    long sent() {
        return sent;
    }

    /** The first thing that was wrong, or "". */
    String fault() {
        return fault;
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        kernel.registerHandler((data, context) -> take(data), null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        kernel.registerHandler((data, context) -> taken = data.buffer().getLong(0), null, TAKEN);
        if (count != 0) {
            kernel.startTask("send", () -> {
                long wait = send();
                if (wait == Task.DONE) {
                    System.out.println(fault.isEmpty() ? "sent " + sent : fault);
                }
                return wait;
            });
        } else {
            System.out.println("takes");
        }
    }

    private void fault(String what) {
        if (fault.isEmpty()) {
            fault = what;
        }
    }

    private long send() {
        if (!kernel.isActive(kernel.instanceId())) {
            /* Nobody could answer. */
            return LOOK_NANOS;
        }
        if (taken != sent) {
            return Task.WAIT;
        }
        if (free) {
            free();
        }
        if (sent == count || !fault.isEmpty()) {
            return Task.DONE;
        }
        if (pfn == 0) {
            pfn = kernel.allocPages(PAGES);
            if (pfn < 0) {
                return wrong("alloc " + Errno.name((int) pfn));
            }
            window = kernel.memremap(Pages.address(pfn), SIZE);
        }
        UnsafeBuffer to = window.buffer();
        long value = (sent + 1) * 0x9e37_79b9_7f4a_7c15L;
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            to.putLong(at, value);
            value = value * 0x5851_f42d_4c95_7f2dL + 1;
        }
        to.getBytes(0, bytes);
        int result = kernel.sendPages(peer, pfn, PAGES, sent + 1 << Integer.SIZE | crc());
        if (result == 0) {
            sent++;
            free = sent % KEEP == 0;
        }
        return result == 0 || result == -Errno.ENOSPC || result == -Errno.ESHUTDOWN ? Task.AGAIN
            : wrong("send " + Errno.name(result));
    }

    private void free() {
        free = false;
        window.close();
        /* The peer has unmapped it: it has said so. */
        int freed = kernel.freePages(pfn, PAGES);
        if (freed != 0) {
            fault("free after transfer " + sent + ": " + Errno.name(freed));
        }
        pfn = 0;
    }

    private long wrong(String what) {
        fault(what);
        return Task.DONE;
    }

    private long crc() {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, SIZE);
        return crc.getValue();
    }

    private void take(MkIpiData data) {
        PageRange range = kernel.receivePages(data);
        long number = range.tag() >>> Integer.SIZE;
        if (data.number() == 0 && number == received) {
            /* A single-slot mailbox delivers what is in it at each interrupt. */
            return;
        }
        Window theirs = kernel.receiveMapPages(data);
        int sender = data.senderInstance();
        if (theirs == null && (!kernel.isActive(sender) || kernel.life(sender) != data.senderLife())) {
            /* The shares of a life end with it. */
            return;
        }
        if (theirs == null || theirs.buffer().capacity() != SIZE) {
            fault("transfer " + number + " is not mapped: " + range);
            return;
        }
        theirs.buffer().getBytes(0, bytes);
        kernel.receiveUnmapPage(theirs);
        if (crc() != (range.tag() & 0xffff_ffffL)) {
            fault("transfer " + number + " is damaged");
        }
        /* A sender that begins its next life begins with 1 again. */
        if (number != received + 1 && number != 1) {
            fault("transfer " + number + " comes after " + received);
        }
        received = number;
        total++;
        byte[] answer = new byte[Long.BYTES];
        new UnsafeBuffer(answer).putLong(0, number);
        int result = kernel.sendIpiData(sender, answer, TAKEN);
        if (result != 0 && kernel.isActive(sender)) {
            fault("answer to transfer " + number + ": " + Errno.name(result));
        }
    }
}
