// SPDX-License-Identifier: Apache-2.0
import io.mkemu.memory.Window;
import io.mkemu.module.Task;

/**
 * n1 puts items into a page, one after the other, and rings n2 only if n2 says there that it sleeps. n2 looks for
 * items, then says that it sleeps, and (the bug) does not look once more.
 */
public final class LostWakeup extends Base {
    private static final int WAKE = 1;
    private static final int TAKEN = 2;
    private static final int PUT = 0;
    private static final int SLEEPS = 8;
    private static final int ITEMS = 4;

    private Window page;
    private int items;
    private int taken;
    private boolean rings;
    private boolean tired;

    @Override
    void host() {
        share(2, 0, 0);
    }

    @Override
    void member() {
        on(WAKE, (from, value) -> tired = false);
        on(TAKEN, (from, value) -> taken++);
        withPage(window -> {
            page = window;
            kernel.startTask(id == 1 ? "producer" : "consumer", id == 1 ? this::produce : this::consume);
        });
    }

    private long produce() {
        if (rings) {
            rings = page.buffer().getLong(SLEEPS) == 1 && send(2, WAKE, 0) != 0;
            return rings ? MICRO : Task.AGAIN;
        }
        if (taken < items) {
            return Task.WAIT;
        }
        if (items == ITEMS) {
            return end();
        }
        page.buffer().putLong(PUT, ++items);
        rings = true;
        return Task.AGAIN;
    }

    private long consume() {
        if (items == ITEMS) {
            return end();
        }
        if (planted && tired) {
            tired = false;
            page.buffer().putLong(SLEEPS, 1);
            return Task.WAIT; // wrong: it looked in the step before, and an item may have come since
        }
        if (page.buffer().getLong(PUT) > items) {
            items++;
            page.buffer().putLong(SLEEPS, 0);
            send(1, TAKEN, 0);
            tired = false;
            return Task.AGAIN;
        }
        if (!tired) {
            tired = true;
            return Task.AGAIN; // there is nothing: it sleeps in its next step
        }
        boolean said = page.buffer().getLong(SLEEPS) == 1;
        page.buffer().putLong(SLEEPS, 1);
        return said ? Task.WAIT : Task.AGAIN; // right: it has looked after it has said so
    }

    private long end() {
        kernel.receiveUnmapPage(page);
        finished();
        return Task.DONE;
    }
}
