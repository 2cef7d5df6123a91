// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;

/** Shares pages of this kernel's pool with one peer, one at a time: allocate, fill, share, verify, revoke, free. */
final class DemoShare {
    private final Kernel kernel;
    private final DemoPage page;
    private final int target;
    private long address;
    private Window window;
    private long expected;
    private boolean handedOver;
    private boolean blocked;
    private boolean failed;
    private int shared;
    private int verified;

    DemoShare(Kernel kernel, DemoPage page, int target) {
        this.kernel = kernel;
        this.page = page;
        this.target = target;
    }

    /** Whether the next page can begin: the last one is freed. */
    boolean isIdle() {
        return address == 0;
    }

    /** Whether the page at hand waits for room in the lane. */
    boolean isBlocked() {
        return blocked;
    }

    /** Whether a page could not be allocated or shared; there is no use in going on. */
    boolean hasFailed() {
        return failed;
    }

    /** Pages the peer was told of. */
    int shared() {
        return shared;
    }

    /** Pages the peer saw and answered as it should. */
    int verified() {
        return verified;
    }

    /** Begins a page; values null means the pattern. */
    void begin(int index, long[] values, int from, int count) {
        address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        if (address == 0) {
            fail("the pool is full");
            return;
        }
        window = kernel.memremap(address, Pages.PAGE_SIZE);
        expected = page.write(window.buffer(), kernel.instanceId(), target, index, values, from, count);
        handedOver = false;
        step();
    }

    /** Sends the PFN if that is still to be done; returns whether it went out. */
    boolean step() {
        blocked = false;
        if (window == null) {
            release();
            return false;
        }
        if (handedOver) {
            return false;
        }
        int result = kernel.sendPfn(target, Pages.pfn(address));
        if (result == -Errno.ENOSPC) {
            blocked = true;
            return false;
        }
        if (result != 0) {
            release();
            fail(Errno.name(result));
            return false;
        }
        handedOver = true;
        shared++;
        return true;
    }

    /** The peer has seen the page. */
    void acknowledge(long pfn, boolean right) {
        if (window == null || !handedOver || pfn != Pages.pfn(address)) {
            return;
        }
        if (right && window.buffer().getLong(DemoDescriptor.ANSWER_OFFSET) == expected) {
            verified++;
        } else {
            kernel.printk(LogLevel.ERR, "instance " + target + " saw page 0x" + Long.toHexString(pfn)
                + " differently");
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
            revoked = handedOver ? kernel.revokePfn(target, Pages.pfn(address)) : 0;
        }
        int freed = kernel.instanceFree(address, Pages.PAGE_SIZE);
        if (revoked != 0 || freed != 0 && freed != -Errno.EBUSY) {
            fail("taking it back: " + Errno.name(revoked) + ", " + Errno.name(freed));
        }
        address = freed == -Errno.EBUSY ? address : 0;
    }

    private void fail(String why) {
        failed = true;
        kernel.printk(LogLevel.ERR, "cannot share a page with instance " + target + ": " + why);
    }
}
