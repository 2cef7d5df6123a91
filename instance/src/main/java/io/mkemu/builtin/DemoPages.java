// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import java.util.List;

/** Pages to and from all peers: sharing its own with each, and verifying and answering theirs. One CPU. */
final class DemoPages {
    /** Where round trips go that another kernel measured. */
    @FunctionalInterface
    interface SampleSink {
        /** A round trip of this sender, in ns. */
        void sample(int sender, long nanos);
    }

    private static final int IDS = 256;

    private final Kernel kernel;
    private final DemoWire wire;
    private final SampleSink sink;
    private final DemoPage page = new DemoPage();
    private final DemoShare samples;
    private final DemoShare[] shares = new DemoShare[IDS];
    private final int[] begun = new int[IDS];
    private final long[] unsentPfn = new long[IDS];
    private final boolean[] unsentVerdict = new boolean[IDS];
    private int unsent;

    DemoPages(Kernel kernel, DemoWire wire, SampleSink sink) {
        this.kernel = kernel;
        this.wire = wire;
        this.sink = sink;
        this.samples = new DemoShare(kernel, page, DemoModule.COORDINATOR);
    }

    /** The pages of round trips that the host gets. */
    DemoShare samples() {
        return samples;
    }

    /** Hands round trips of this kernel to the host. */
    void ship(long[] values, int from, int count) {
        if (kernel.instanceId() != DemoModule.COORDINATOR) {
            samples.begin(0, values, from, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            sink.sample(DemoModule.COORDINATOR, values[from + i]);
        }
    }

    /** The pages of the pattern that a peer gets. */
    DemoShare share(int peer) {
        if (shares[peer] == null) {
            shares[peer] = new DemoShare(kernel, page, peer);
        }
        return shares[peer];
    }

    /** Shares the next pages with the peers; returns whether there is nothing left to share or to wait for. */
    boolean step(List<DemoExchange> peers, int pages) {
        boolean finished = true;
        for (DemoExchange peer : peers) {
            DemoShare share = share(peer.peer());
            if (peer.isLost()) {
                share.release();
                continue;
            }
            share.step();
            if (share.isIdle() && !share.hasFailed() && begun[peer.peer()] < pages) {
                share.begin(begun[peer.peer()]++, null, 0, DemoDescriptor.VALUES);
            }
            finished &= share.isIdle() && (share.hasFailed() || begun[peer.peer()] == pages);
        }
        return finished;
    }

    /** Whether anything waits for room in a lane. */
    boolean isBlocked(List<DemoExchange> peers) {
        for (DemoExchange peer : peers) {
            if (shares[peer.peer()] != null && shares[peer.peer()].isBlocked()) {
                return true;
            }
        }
        return unsent > 0 || samples.isBlocked();
    }

    /** A peer acknowledged a page of this kernel. */
    void acknowledged(int peer, MkIpiData data) {
        if (!DemoWire.has(data, DemoDescriptor.ACK_WORDS)) {
            return;
        }
        long pfn = DemoWire.word(data, 0);
        boolean right = DemoWire.word(data, 1) == 1;
        share(peer).acknowledge(pfn, right);
        if (peer == DemoModule.COORDINATOR) {
            samples.acknowledge(pfn, right);
        }
    }

    /** A peer shared a page with this kernel. */
    void receive(int peer, MkIpiData data) {
        long pfn = kernel.receivePfn(data);
        boolean right = false;
        Window window = kernel.receiveMapPage(data);
        if (window != null) {
            try {
                if (!DemoPage.isDemo(window.buffer())) {
                    return;
                }
                right = page.read(window.buffer(), peer, kernel.instanceId());
            } finally {
                kernel.receiveUnmapPage(window);
            }
        }
        for (int i = 0; right && page.kind() == DemoPage.SAMPLES && i < page.count(); i++) {
            sink.sample(peer, page.value(i));
        }
        if (unsentPfn[peer] == 0) {
            unsent++;
        }
        unsentPfn[peer] = pfn;
        unsentVerdict[peer] = right;
        answer(peer);
    }

    /** Sends acknowledgements that found no room. */
    void retry() {
        for (int peer = 0; unsent > 0 && peer < IDS; peer++) {
            if (unsentPfn[peer] != 0) {
                answer(peer);
            }
        }
    }

    private void answer(int peer) {
        int result = wire.put(0, unsentPfn[peer]).put(1, unsentVerdict[peer] ? 1 : 0)
            .send(peer, DemoDescriptor.ACK, DemoDescriptor.ACK_WORDS);
        if (result != -Errno.ENOSPC) {
            unsentPfn[peer] = 0;
            unsent--;
        }
    }

    /** Takes back what is still shared. */
    void release() {
        samples.release();
        for (DemoShare share : shares) {
            if (share != null) {
                share.release();
            }
        }
    }
}
