// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.host.view.MachineLogs;
import io.mkemu.live.top.TopState.Action;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.Size;

/** {@code mk top} on a terminal: draws, reads keys, does what they say. One thread. */
final class ScreenTop {
    /* A resize, and what the host says to a kill, is seen after so long at the latest. */
    private static final long LOOK_MILLIS = 100;

    private final Sampler sampler;
    private final TopScreen screen;
    private final TopState state;
    private final TopView view = new TopView(System.getenv("NO_COLOR") == null);
    private final LogTails logs;
    private final KernelKill kill;
    private long refreshes;

    ScreenTop(Sampler sampler, TopScreen screen, long intervalMillis) {
        this.sampler = sampler;
        this.screen = screen;
        this.state = new TopState(intervalMillis);
        this.logs = new LogTails(new MachineLogs(sampler.mapped()));
        this.kill = new KernelKill(sampler.name());
    }

    /**
     * Shows the machine until the user quits, it ends, or it was shown often enough.
     *
     * @param count how often at most; 0: without limit
     */
    void run(long count) throws IOException, InterruptedException {
        Sample sample = sampler.first();
        logs.poll();
        refreshes = 1;
        draw(sample);
        long due = System.nanoTime() + nanos();
        while (!sampler.hasEnded()) {
            Key key = screen.read(Math.clamp(TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime()), 1, LOOK_MILLIS));
            Action action = key == null ? Action.NONE : state.press(key);
            if (action == Action.QUIT) {
                return;
            }
            if (action == Action.KILL) {
                kill.begin(state.asked(), Rows.names(sample).getOrDefault(state.asked(), "?"));
                state.answered();
            }
            String said = kill.said();
            if (said != null) {
                state.message(said);
            }
            boolean isDue = !state.paused() && System.nanoTime() - due >= 0 || action == Action.REFRESH;
            if (isDue && refreshes == count) {
                return;
            }
            if (isDue) {
                sample = sampler.next();
                logs.poll();
                refreshes++;
            }
            if (isDue || key != null) {
                due = isDue ? System.nanoTime() + nanos() : Math.min(due, System.nanoTime() + nanos());
            }
            if (isDue || key != null || said != null || screen.isResized()) {
                draw(sample);
            }
        }
    }

    private long nanos() {
        return TimeUnit.MILLISECONDS.toNanos(state.intervalMillis());
    }

    private void draw(Sample sample) {
        Size size = screen.size();
        screen.draw(view.lines(state, sample, logs, size.getColumns(), size.getRows()), size);
    }

    /** Whether a kernel is just being killed. */
    boolean isKilling() {
        return kill.isGoingOn();
    }
}
