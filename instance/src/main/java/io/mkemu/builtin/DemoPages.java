// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Pages to and from one peer. This kernel's own go one at a time: allocate, fill, share, verify the peer's answer,
 * revoke, free. Those of the peer are mapped, verified, answered and acknowledged. One CPU.
 */
final class DemoPages {
    /** Writes and verifies pages. Works on a copy of its own, so what was checked is what is answered. One CPU. */
    static final class Page {
        private static final long ANSWERED = 1L << Integer.SIZE;

        private final byte[] bytes = new byte[Pages.PAGE_SIZE];
        private final UnsafeBuffer copy = new UnsafeBuffer(bytes);
        private final CRC32C crc = new CRC32C();

        /** Fills a page; returns the answer its receiver is to give. */
        long write(UnsafeBuffer page, int owner, int target, int index) {
            copy.setMemory(0, VALUES_OFFSET, (byte) 0);
            copy.putInt(MAGIC_OFFSET, PAGE_MAGIC);
            copy.putInt(OWNER_OFFSET, owner);
            copy.putInt(TARGET_OFFSET, target);
            copy.putInt(INDEX_OFFSET, index);
            for (int at = VALUES_OFFSET; at < bytes.length; at += Long.BYTES) {
                copy.putLong(at, value(owner, target, index, at));
            }
            copy.putInt(PAGE_CRC_OFFSET, checksum());
            page.putBytes(0, copy, 0, bytes.length);
            return expected();
        }

        /** Whether a page is the demo's at all. */
        static boolean isDemo(UnsafeBuffer page) {
            return page.getInt(MAGIC_OFFSET) == PAGE_MAGIC;
        }

        /** Verifies a page and leaves the answer in it; returns whether all is right. */
        boolean read(UnsafeBuffer page, int owner, int target) {
            page.getBytes(0, bytes);
            page.putLong(ANSWER_OFFSET, expected());
            boolean right = copy.getInt(OWNER_OFFSET) == owner && copy.getInt(TARGET_OFFSET) == target
                && copy.getInt(PAGE_CRC_OFFSET) == checksum();
            for (int at = VALUES_OFFSET; right && at < bytes.length; at += Long.BYTES) {
                right = copy.getLong(at) == value(owner, target, copy.getInt(INDEX_OFFSET), at);
            }
            return right;
        }

        /** The answer that a receiver left in a page. */
        static long answer(UnsafeBuffer page) {
            return page.getLong(ANSWER_OFFSET);
        }

        private long expected() {
            return ANSWERED | Integer.toUnsignedLong(checksum());
        }

        private int checksum() {
            crc.reset();
            crc.update(bytes, 0, PAGE_CRC_OFFSET);
            crc.update(bytes, VALUES_OFFSET, bytes.length - VALUES_OFFSET);
            return (int) crc.getValue();
        }

        private static long value(int owner, int target, int index, int at) {
            return Words.mix((long) owner << 56 | (long) target << 48 | (long) index << 16 | at);
        }
    }

    private final Kernel kernel;
    private final DemoWire wire;
    private final Page page;
    private final int peer;
    private long address;
    private Window window;
    private long expected;
    private boolean handedOver;
    private boolean failed;
    private int begun;
    private int shared;
    private int verified;
    private boolean owesAck;
    private long ackPfn;
    private boolean ackVerdict;

    DemoPages(DemoWire wire, Page page, int peer) {
        this.kernel = wire.kernel;
        this.wire = wire;
        this.page = page;
        this.peer = peer;
    }

    /** Pages the peer was told of. */
    int shared() {
        return shared;
    }

    /** Pages the peer saw and answered as it should. */
    int verified() {
        return verified;
    }

    /** Shares so many pages, step by step; returns whether there is nothing left to share or to wait for. */
    boolean step(int pages) {
        if (window == null) {
            release();
        }
        if (address == 0 && !failed && begun < pages) {
            begin();
        }
        if (window != null && !handedOver) {
            handOver();
        }
        return address == 0 && (failed || begun == pages);
    }

    private void begin() {
        address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        if (address == 0) {
            fail("the pool is full");
            return;
        }
        window = kernel.memremap(address, Pages.PAGE_SIZE);
        expected = page.write(window.buffer(), kernel.instanceId(), peer, begun++);
        handedOver = false;
    }

    private void handOver() {
        int result = wire.noted(kernel.sendPfn(peer, Pages.pfn(address)));
        if (result == 0) {
            handedOver = true;
            shared++;
        } else if (result != -Errno.ENOSPC) {
            release();
            fail(Errno.name(result));
        }
    }

    /** The peer has seen the page. */
    void acknowledged(long pfn, boolean right) {
        if (window == null || !handedOver || pfn != Pages.pfn(address)) {
            return;
        }
        if (right && Page.answer(window.buffer()) == expected) {
            verified++;
        } else {
            kernel.printk(LogLevel.ERR, "instance " + peer + " saw page 0x" + Long.toHexString(pfn) + " differently");
        }
        release();
    }

    /** Takes the page at hand back, whatever its peer does. One that the peer still has mapped is freed later. */
    void release() {
        if (address == 0) {
            return;
        }
        int revoked = 0;
        if (window != null) {
            window.close();
            window = null;
            revoked = handedOver ? kernel.revokePfn(peer, Pages.pfn(address)) : 0;
        }
        int freed = kernel.instanceFree(address, Pages.PAGE_SIZE);
        if (revoked != 0 || freed != 0 && freed != -Errno.EBUSY) {
            fail("taking it back: " + Errno.name(revoked) + ", " + Errno.name(freed));
        }
        address = freed == -Errno.EBUSY ? address : 0;
    }

    private void fail(String why) {
        failed = true;
        kernel.printk(LogLevel.ERR, "cannot share a page with instance " + peer + ": " + why);
    }

    /** The peer shared a page with this kernel. */
    void receive(MkIpiData data) {
        boolean right = false;
        Window theirs = kernel.receiveMapPage(data);
        if (theirs != null) {
            try {
                if (!Page.isDemo(theirs.buffer())) {
                    return;
                }
                right = page.read(theirs.buffer(), peer, kernel.instanceId());
            } finally {
                kernel.receiveUnmapPage(theirs);
            }
        }
        acknowledge(kernel.receivePfn(data), right);
    }

    /** Acknowledges something to the peer, now or as soon as there is room. */
    void acknowledge(long pfn, boolean right) {
        owesAck = true;
        ackPfn = pfn;
        ackVerdict = right;
        acknowledge();
    }

    /** Sends the acknowledgement that found no room, if there is one. */
    void acknowledge() {
        if (owesAck) {
            owesAck = wire.put(0, ackPfn).put(1, ackVerdict ? 1 : 0).send(peer, ACK, ACK_WORDS) == -Errno.ENOSPC;
        }
    }
}
