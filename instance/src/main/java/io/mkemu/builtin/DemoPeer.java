// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;

/** A kernel that takes part, the host too: carries out the coordinator's orders, one at a time. One CPU. */
final class DemoPeer {
    private static final long RETRY_NANOS = 200_000;
    private static final long IDLE_NANOS = 10_000_000;
    private static final long LIFE_CHECK_NANOS = 1_000_000;
    private static final long PROGRESS_NANOS = 100_000_000;

    private final Kernel kernel;
    private final DemoWire wire;
    private final LongConsumer hostSamples;
    private final long patience;
    private final long began;
    private final List<DemoExchange> exchanges = new ArrayList<>();
    private final DemoExchange[] byId = new DemoExchange[IDS];
    private final DemoPages[] pages = new DemoPages[IDS];
    private DemoPings pings;
    private int pagesToShare;
    private Op op;
    private long argument;
    private boolean reported;
    private int counted;
    private long pinged;
    private long lifeChecked;
    private long progressAt;
    private long progressed;

    /**
     * Takes part from the order to start.
     *
     * @param hostSamples where round trips go that reach this kernel; only the host's are asked for
     * @param patience    how long to wait for that order, ns
     */
    DemoPeer(DemoWire wire, LongConsumer hostSamples, long patience) {
        this.kernel = wire.kernel;
        this.wire = wire;
        this.hostSamples = hostSamples;
        this.patience = patience;
        this.began = kernel.nanoTime();
        IpiCallback data = (message, context) -> data(message);
        for (int type = 0; type < DATA_TYPES; type++) {
            kernel.registerHandler(data, null, DATA + type);
        }
        kernel.registerHandler((message, context) -> page(message), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        wire.on(ORDER, ORDER_WORDS, (sender, words) -> order(words));
        wire.on(END, END_WORDS, (sender, words) -> byId[sender].end(Words.get(words, 0)));
        wire.on(PING, PING_WORDS, (sender, words) -> pings.ping(sender, words));
        wire.on(PONG, PING_WORDS, (sender, words) -> pings.pong(sender, words));
        wire.on(SAMPLES, SAMPLES_WORDS, this::samples);
        wire.on(ACK, ACK_WORDS, (sender, words) -> acknowledged(sender, Words.get(words, 0), Words.get(words, 1) == 1));
    }

    private void data(MkIpiData message) {
        int sender = wire.peer(message);
        if (sender >= 0) {
            byId[sender].receive(message);
        }
    }

    private void page(MkIpiData message) {
        int sender = wire.peer(message);
        if (sender >= 0) {
            pages[sender].receive(message);
        }
    }

    private void samples(int sender, DirectBuffer words) {
        for (int sample = 1; sample <= Words.get(words, 0) && sample < SAMPLES_WORDS; sample++) {
            hostSamples.accept(Words.get(words, sample));
        }
        pages[sender].acknowledge(0, true);
    }

    private void acknowledged(int sender, long pfn, boolean right) {
        pages[sender].acknowledged(pfn, right);
        if (sender == COORDINATOR && pfn == 0) {
            pings.arrived();
        }
    }

    /** An order; it replaces one that is not through. */
    private void order(DirectBuffer words) {
        Op what = Op.of(Words.get(words, 0));
        long which = Words.get(words, 1);
        if (what == null || op == Op.STOP || what == Op.START != (op == null)
            || what == Op.START && !start(words) || what == Op.PING && !wire.isPeer(which)) {
            return;
        }
        op = what;
        argument = which;
        reported = false;
        counted = 0;
        if (what == Op.PING) {
            pings.start((int) which);
        }
    }

    private boolean start(DirectBuffer words) {
        long messages = Words.get(words, 2);
        long share = Words.get(words, 3);
        long roundTrips = Words.get(words, 4);
        if (!DemoModule.Parameters.isValid(messages, share, roundTrips)) {
            return false;
        }
        BitSet peers = new BitSet(IDS);
        for (int id = 0; id < IDS; id++) {
            boolean member = (Words.get(words, MEMBERS_WORD + id / Long.SIZE) >>> id & 1) != 0;
            peers.set(id, member && id != kernel.instanceId());
        }
        DemoMessage message = new DemoMessage();
        pagesToShare = kernel.instanceId() == COORDINATOR ? 0 : (int) share;
        pings = new DemoPings(wire, (int) roundTrips, hostSamples);
        DemoPages.Page page = new DemoPages.Page();
        peers.stream().forEach(id -> {
            byId[id] = new DemoExchange(wire, message, id, (int) messages);
            pages[id] = new DemoPages(wire, page, id);
            exchanges.add(byId[id]);
        });
        wire.hear(peers);
        return true;
    }

    /** A step of the task. */
    long step() throws ModuleFault {
        long now = kernel.nanoTime();
        if (op == Op.STOP) {
            release();
            return Task.DONE;
        }
        if (op == null) {
            if (now - began > patience) {
                throw new ModuleFault("no START from the host for " + patience / 1_000_000_000L
                    + " s: does the mkemu,modules of the root node list demo?");
            }
            return IDLE_NANOS;
        }
        if (now - lifeChecked > LIFE_CHECK_NANOS) {
            lifeChecked = now;
            checkLife();
        }
        wire.wasFull();
        pings.answer();
        for (DemoExchange exchange : exchanges) {
            pages[exchange.peer].acknowledge();
        }
        boolean moved = !reported && work();
        progress(now);
        return moved ? Task.AGAIN : wire.wasFull() ? RETRY_NANOS : IDLE_NANOS;
    }

    private void checkLife() throws ModuleFault {
        for (DemoExchange exchange : exchanges) {
            if (!exchange.isLost() && !kernel.isActive(exchange.peer)) {
                exchange.lose("it is no longer active");
            }
        }
        if (kernel.instanceId() != COORDINATOR && !kernel.isActive(COORDINATOR)) {
            release();
            throw new ModuleFault("the host is no longer active");
        }
    }

    private void release() {
        exchanges.forEach(exchange -> pages[exchange.peer].release());
    }

    private boolean work() {
        boolean moved = false;
        boolean finished = true;
        switch (op) {
            case PING -> finished = pings.step(byId[(int) argument].isLost());
            case DATA -> {
                for (DemoExchange exchange : exchanges) {
                    moved |= exchange.step();
                    finished &= exchange.isFinished();
                }
            }
            case PAGES -> finished = share();
            case REPORT -> finished = report();
            default -> { }
        }
        if (finished) {
            reported = wire.put(0, op.ordinal()).put(1, argument).put(2, op == Op.PING ? pings.count() : 0)
                .send(COORDINATOR, DONE, DONE_WORDS) != -Errno.ENOSPC;
            pinged += reported && op == Op.PING ? pings.count() : 0;
        }
        return moved;
    }

    private boolean share() {
        boolean finished = true;
        for (DemoExchange exchange : exchanges) {
            if (exchange.isLost()) {
                pages[exchange.peer].release();
            } else {
                finished &= pages[exchange.peer].step(pagesToShare);
            }
        }
        return finished;
    }

    private boolean report() {
        while (counted < exchanges.size()) {
            DemoExchange exchange = exchanges.get(counted);
            if (exchange.report(pages[exchange.peer]) == -Errno.ENOSPC) {
                return false;
            }
            counted++;
        }
        return true;
    }

    private void progress(long now) {
        if (now - progressAt < PROGRESS_NANOS) {
            return;
        }
        progressAt = now;
        long messages = 0;
        long work = pinged + pings.count();
        for (DemoExchange exchange : exchanges) {
            messages += exchange.exchanged();
            work += pages[exchange.peer].verified();
        }
        work += messages;
        if (work != progressed) {
            progressed = work;
            wire.put(0, work).put(1, messages).send(COORDINATOR, PROGRESS, PROGRESS_WORDS);
        }
    }
}
