// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.MkIpiDataDescriptor;
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
    private final DemoPage page = new DemoPage();
    /** Carries this kernel's round trips to the host. */
    private final DemoPages samples;
    private DemoPings pings;
    private int pagesToShare;
    private Op op;
    private long argument;
    private boolean reported;
    private boolean blocked;
    private int shipped;
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
        this.samples = new DemoPages(wire, page, COORDINATOR);
        IpiCallback data = (message, context) -> data(message);
        for (int type = 0; type < DATA_TYPES; type++) {
            kernel.registerHandler(data, null, DATA + type);
        }
        kernel.registerHandler((message, context) -> page(message), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        wire.on(ORDER, ORDER_WORDS, (sender, words) -> order(words));
        wire.on(END, END_WORDS, (sender, words) -> byId[sender].end(Words.get(words, 0)));
        wire.on(PING, PING_WORDS, (sender, words) -> pings.ping(sender, words));
        wire.on(PONG, PING_WORDS, (sender, words) -> pings.pong(sender, words));
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
            pages[sender].receive(message, hostSamples);
        }
    }

    private void acknowledged(int sender, long pfn, boolean right) {
        pages[sender].acknowledged(pfn, right);
        if (sender == COORDINATOR) {
            samples.acknowledged(pfn, right);
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
            shipped = 0;
            pings.start((int) which);
        }
    }

    private boolean start(DirectBuffer words) {
        long messages = Words.get(words, 2);
        long share = Words.get(words, 3);
        long roundTrips = Words.get(words, 4);
        if (!DemoParameters.isValid(messages, share, roundTrips)) {
            return false;
        }
        BitSet peers = new BitSet(IDS);
        for (int id = 0; id < IDS; id++) {
            boolean member = (Words.get(words, MEMBERS_WORD + id / Long.SIZE) >>> id & 1) != 0;
            peers.set(id, member && id != kernel.instanceId());
        }
        DemoMessage message = new DemoMessage();
        pagesToShare = kernel.instanceId() == COORDINATOR ? 0 : (int) share;
        pings = new DemoPings(wire, (int) roundTrips);
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
        blocked = false;
        for (DemoExchange exchange : exchanges) {
            pages[exchange.peer].acknowledge();
        }
        boolean moved = work();
        progress(now);
        if (moved) {
            return Task.AGAIN;
        }
        for (DemoExchange exchange : exchanges) {
            blocked |= pages[exchange.peer].isBlocked();
        }
        return blocked || pings.isBlocked() || samples.isBlocked() ? RETRY_NANOS : IDLE_NANOS;
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
        samples.release();
        exchanges.forEach(exchange -> pages[exchange.peer].release());
    }

    private boolean work() {
        if (reported) {
            pings.step(false);
            return false;
        }
        boolean moved = false;
        boolean finished = true;
        switch (op) {
            case PING -> finished = ping();
            case DATA -> {
                for (DemoExchange exchange : exchanges) {
                    moved |= exchange.step();
                    blocked |= exchange.isBlocked();
                    finished &= exchange.isFinished();
                }
            }
            case PAGES -> finished = share();
            case REPORT -> finished = report();
            default -> { }
        }
        if (finished) {
            reported = went(wire.put(0, op.ordinal()).put(1, argument).put(2, op == Op.PING ? pings.count() : 0)
                .send(COORDINATOR, DONE, DONE_WORDS));
        }
        return moved;
    }

    /** Whether a message to the coordinator found room; what found none is to be said again. */
    private boolean went(int result) {
        blocked |= result == -Errno.ENOSPC;
        return result != -Errno.ENOSPC;
    }

    /** Measures, then hands the round trips to the host, a page at a time; returns whether that is through. */
    private boolean ping() {
        pings.step(byId[(int) argument].isLost());
        if (pings.isRunning()) {
            return false;
        }
        samples.resume();
        if (kernel.instanceId() == COORDINATOR) {
            for (; shipped < pings.count(); shipped++) {
                hostSamples.accept(pings.samples()[shipped]);
            }
        } else if (samples.isReady() && shipped < pings.count()) {
            /* A page at a time: the next one when the host has acknowledged this one. */
            int some = Math.min(pings.count() - shipped, VALUES);
            samples.begin(0, pings.samples(), shipped, some);
            shipped += some;
        }
        boolean through = samples.isIdle() && (shipped == pings.count() || !samples.isReady());
        pinged += through ? pings.count() : 0;
        return through;
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
            if (!went(exchange.report(pages[exchange.peer]))) {
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
