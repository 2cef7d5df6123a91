// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A kernel that takes part: carries out the coordinator's orders, one at a time. One CPU. */
final class DemoPeer {
    private static final int IDS = 256;
    private static final long RETRY_NANOS = 200_000;
    private static final long IDLE_NANOS = 10_000_000;
    private static final long LIFE_CHECK_NANOS = 1_000_000;
    private static final long PROGRESS_NANOS = 100_000_000;

    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoReports reports;
    private final DemoPages pages;
    private final long patience;
    private final long began;
    private final List<DemoExchange> exchanges = new ArrayList<>();
    private final DemoExchange[] byId = new DemoExchange[IDS];
    private DemoParameters parameters;
    private DemoPings pings;
    private DemoOp op;
    private long argument;
    private boolean reported;
    private boolean blocked;
    private int shipped;
    private int counted;
    private long pinged;
    private long lifeChecked;
    private long progressAt;
    private long progressed;

    DemoPeer(Kernel kernel, DemoWire wire, DemoReports reports, DemoPages pages, long patience) {
        this.kernel = kernel;
        this.wire = wire;
        this.reports = reports;
        this.pages = pages;
        this.patience = patience;
        this.began = kernel.nanoTime();
    }

    /** The order to start. */
    void start(DemoParameters what, BitSet members) {
        if (op != null) {
            return;
        }
        parameters = what;
        pings = new DemoPings(kernel, wire, what.pings());
        DemoMessage message = new DemoMessage();
        members.clear(kernel.instanceId());
        members.stream().forEach(id -> {
            byId[id] = new DemoExchange(kernel, wire, message, id, what.messages());
            exchanges.add(byId[id]);
        });
        order(DemoOp.START, 0);
    }

    /** Any other order; replaces one that is not through. */
    void order(DemoOp what, long which) {
        if (parameters == null || op == DemoOp.STOP || what == DemoOp.PING && exchange((int) which) == null) {
            return;
        }
        op = what;
        argument = which;
        reported = false;
        counted = 0;
        if (what == DemoOp.PING) {
            shipped = 0;
            pings.start((int) which);
        }
    }

    /** The exchange with a member, or null: no member, or not started. */
    DemoExchange exchange(int id) {
        return id >= 0 && id < IDS ? byId[id] : null;
    }

    /** The round trips; there once started. */
    DemoPings pings() {
        return pings;
    }

    /** The pages. */
    DemoPages pages() {
        return pages;
    }

    /** A step of the task. */
    long step() throws DemoException {
        long now = kernel.nanoTime();
        if (op == DemoOp.STOP) {
            pages.release();
            return Task.DONE;
        }
        if (op == null) {
            if (now - began > patience) {
                throw new DemoException("no START from the host for " + patience / 1_000_000_000L
                    + " s: does the mkemu,modules of the root node list demo?");
            }
            return IDLE_NANOS;
        }
        if (now - lifeChecked > LIFE_CHECK_NANOS) {
            lifeChecked = now;
            checkLife();
        }
        pages.retry();
        blocked = false;
        boolean moved = work();
        progress(now);
        if (moved) {
            return Task.AGAIN;
        }
        return blocked || pings.isBlocked() || pages.isBlocked(exchanges) ? RETRY_NANOS : IDLE_NANOS;
    }

    private void checkLife() throws DemoException {
        for (DemoExchange exchange : exchanges) {
            if (!exchange.isLost() && !kernel.isActive(exchange.peer())) {
                exchange.lose("it is no longer active");
            }
        }
        if (kernel.instanceId() != DemoModule.COORDINATOR && !kernel.isActive(DemoModule.COORDINATOR)) {
            pages.release();
            throw new DemoException("the host is no longer active");
        }
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
            case PAGES -> finished = kernel.instanceId() == DemoModule.COORDINATOR
                || pages.step(exchanges, parameters.pages());
            case REPORT -> finished = report();
            default -> { }
        }
        if (finished) {
            reported = reports.done(op, argument, op == DemoOp.PING ? pings.count() : 0);
            blocked |= !reported;
        }
        return moved;
    }

    /** Measures, then hands the round trips to the host, a page at a time; returns whether that is through. */
    private boolean ping() {
        pings.step(exchange((int) argument).isLost());
        if (pings.isRunning()) {
            return false;
        }
        DemoShare share = pages.samples();
        share.step();
        int left = pings.count() - shipped;
        if (share.isIdle() && left > 0 && !share.hasFailed()) {
            /* A page at a time: the next one when the host has acknowledged this one. */
            int some = Math.min(left, DemoDescriptor.VALUES);
            pages.ship(pings.samples(), shipped, some);
            shipped += some;
            left -= some;
        }
        boolean through = share.isIdle() && (left == 0 || share.hasFailed());
        pinged += through ? pings.count() : 0;
        return through;
    }

    private boolean report() {
        while (counted < exchanges.size()) {
            DemoExchange exchange = exchanges.get(counted);
            if (!reports.stats(DemoStats.of(exchange, pages.share(exchange.peer())))) {
                blocked = true;
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
            messages += exchange.sent() + exchange.inbox().delivered();
            work += pages.share(exchange.peer()).verified();
        }
        work += messages;
        if (work != progressed) {
            progressed = work;
            reports.progress(work, messages);
        }
    }
}
