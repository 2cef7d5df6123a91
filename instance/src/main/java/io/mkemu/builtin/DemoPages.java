// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;

/**
 * Pages to and from one peer. This kernel's own go one at a time: allocate, fill, share, verify the peer's answer,
 * revoke, free. Those of the peer are mapped, verified, answered and acknowledged. One CPU.
 */
final class DemoPages {
    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoPage page;
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

    DemoPages(DemoWire wire, DemoPage page, int peer) {
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
        if (right && DemoPage.answer(window.buffer()) == expected) {
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
                if (!DemoPage.isDemo(theirs.buffer())) {
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
