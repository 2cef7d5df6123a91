// SPDX-License-Identifier: Apache-2.0
import io.mkemu.memory.Window;
import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import io.mkemu.module.Task;

/**
 * A stack of four pages in shared memory, without a lock: whoever takes the first one reads it and the one below, then
 * exchanges them if the first one is still there. The bug: it may be there again, with another one below.
 */
public final class Aba extends Base {
    private static final int NODES = 4;
    private static final int TURNS = 30;
    private static final long NODE = 0xff;

    private Window page;
    private int turns;
    private int held;
    private long seenHead;
    private long seenBelow;
    private boolean takes;

    @Override
    void host() {
        share(2, 1, 2, 3, 4, 0); // word 0 the first node; word n the node below node n
    }

    @Override
    void member() {
        withPage(window -> {
            page = window;
            kernel.startTask("stack", this::step);
        });
    }

    private long step() {
        if (takes) {
            takes = false;
            if (page.buffer().compareAndSetLong(0, seenHead, counted(seenBelow))) {
                holds(held | 1 << (seenHead & NODE));
            }
            return Task.AGAIN;
        }
        if (++turns > TURNS && held == 0) {
            kernel.receiveUnmapPage(page);
            finished();
            return Task.DONE;
        }
        seenHead = page.buffer().getLong(0);
        if (held == 0 || turns <= TURNS && Integer.bitCount(held) < 2 && (kernel.randomLong() & 1) == 0) {
            takes = (seenHead & NODE) != 0;
            seenBelow = takes ? page.buffer().getLong((int) (8 * (seenHead & NODE))) : 0;
            return Task.AGAIN;
        }
        int node = Integer.numberOfTrailingZeros((kernel.randomLong() & 1) == 0 ? held : Integer.highestOneBit(held));
        page.buffer().putLong(8 * node, seenHead & NODE);
        holds(held & ~(1 << node));
        page.buffer().putLong(0, counted(node)); // nobody comes between the look and this: there is no point between
        return Task.AGAIN;
    }

    /** What the first word becomes: right with a number that is never the same again. */
    private long counted(long node) {
        return planted ? node : (seenHead >>> 8) + 1 << 8 | node;
    }

    private void holds(int nodes) {
        held = nodes;
        kernel.observe("held", held);
    }

    /** A node has one owner. */
    public static final class Rule implements Check {
        @Override
        public String look(Observed machine) {
            return (machine.value(1, "held", 0) & machine.value(2, "held", 0)) != 0 ? "a page has two owners" : null;
        }
    }
}
