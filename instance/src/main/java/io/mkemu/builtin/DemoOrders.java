// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.module.Kernel;
import java.util.BitSet;

/** The order of the moment: who lives, who is still to be told, who has not carried it out yet. One CPU. */
final class DemoOrders {
    /** What happens to a member that is gone. */
    @FunctionalInterface
    interface Loss {
        /** The reason continues the member's name to a sentence. */
        void lost(int id, String why);
    }

    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoParameters parameters;
    private final Loss losses;
    private final BitSet members = new BitSet();
    private final BitSet alive = new BitSet();
    private final BitSet awaited = new BitSet();
    private final BitSet untold = new BitSet();
    private DemoPeer self;
    private DemoOp op;
    private long argument;

    DemoOrders(Kernel kernel, DemoWire wire, DemoParameters parameters, Loss losses) {
        this.kernel = kernel;
        this.wire = wire;
        this.parameters = parameters;
        this.losses = losses;
    }

    /** The host's own part, to be led like the others. */
    void lead(DemoPeer own) {
        self = own;
    }

    /** Begins with these kernels. */
    void start(BitSet all) {
        members.or(all);
        alive.or(all);
        order(DemoOp.START, 0, alive);
    }

    /** Gives an order to all that live, in place of the former. */
    void orderAll(DemoOp what) {
        order(what, 0, alive);
    }

    /** Gives an order to one. */
    void orderOne(DemoOp what, long which, int id) {
        BitSet one = new BitSet();
        one.set(id);
        order(what, which, one);
    }

    private void order(DemoOp what, long which, BitSet to) {
        op = what;
        argument = which;
        untold.clear();
        untold.or(to);
        awaited.clear();
        awaited.or(to);
    }

    /** The order of the moment, null before the first. */
    DemoOp op() {
        return op;
    }

    /** Kernels that take part and live; not to be changed. */
    BitSet alive() {
        return alive;
    }

    /** Kernels that have not carried out the order; not to be changed. */
    BitSet awaited() {
        return awaited;
    }

    /** Whether somebody is still to be told. */
    boolean isTelling() {
        return !untold.isEmpty();
    }

    /** A kernel says that it is done; returns whether it was expected to. */
    boolean done(int id, DemoOp what, long which) {
        boolean expected = what == op && which == argument && awaited.get(id);
        if (expected) {
            awaited.clear(id);
        }
        return expected;
    }

    /** Drops a kernel. */
    void lose(int id, String why) {
        alive.clear(id);
        untold.clear(id);
        awaited.clear(id);
        losses.lost(id, why);
    }

    /** Drops who is no longer active. */
    void checkLife() {
        for (int id = alive.nextSetBit(0); id >= 0; id = alive.nextSetBit(id + 1)) {
            if (id != kernel.instanceId() && !kernel.isActive(id)) {
                lose(id, "is no longer active");
            }
        }
    }

    /** Tells those that are still to be told, as far as there is room. */
    void tell() {
        for (int id = untold.nextSetBit(0); id >= 0; id = untold.nextSetBit(id + 1)) {
            int result = id == kernel.instanceId() ? tellSelf() : tell(id);
            if (result == 0) {
                untold.clear(id);
            } else if (result != -Errno.ENOSPC) {
                lose(id, "cannot be reached: " + Errno.name(result));
            }
        }
    }

    private int tellSelf() {
        if (op == DemoOp.START) {
            self.start(parameters, (BitSet) members.clone());
        } else {
            self.order(op, argument);
        }
        return 0;
    }

    private int tell(int id) {
        wire.put(0, op.ordinal()).put(1, argument);
        if (op != DemoOp.START) {
            return wire.send(id, ORDER, ORDER_WORDS);
        }
        wire.put(2, parameters.messages()).put(3, parameters.pages()).put(4, parameters.pings());
        long[] bits = members.toLongArray();
        for (int word = 0; word < MEMBER_WORDS; word++) {
            wire.put(MEMBERS_WORD + word, word < bits.length ? bits[word] : 0);
        }
        return wire.send(id, ORDER, START_WORDS);
    }
}
