// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.host.view.MachineSummary;
import io.mkemu.host.view.MachineView;
import io.mkemu.host.view.PausedKernels;
import io.mkemu.host.view.Snapshot;
import io.mkemu.host.view.SnapshotReader;
import io.mkemu.machine.MappedMachine;
import java.io.IOException;

/** Samples of a machine, one after the other. One thread. */
final class Sampler implements AutoCloseable {
    private static final long FIRST_MILLIS = 200;

    private final MachineView view;
    private final SnapshotReader reader;
    private Snapshot last;
    private boolean begunAlive;

    /**
     * Opens a machine.
     *
     * @param name of it; null: the only one that runs
     * @throws io.mkemu.MachineException if there is none, or it cannot be told which
     */
    Sampler(String name) throws IOException {
        this.view = MachineView.open(name);
        this.reader = new SnapshotReader(view);
    }

    String name() {
        return view.name();
    }

    MappedMachine mapped() {
        return view.mapped();
    }

    /** The first sample, of a moment: a user does not want to wait. */
    Sample first() throws IOException, InterruptedException {
        begin();
        Thread.sleep(FIRST_MILLIS);
        return next();
    }

    /** Reads where the first sample will begin. */
    void begin() throws IOException {
        last = reader.read();
        begunAlive = last.state().equals(MachineSummary.RUNNING);
    }

    /** What has happened since the last sample. */
    Sample next() throws IOException {
        Snapshot now = reader.read();
        Sample sample = Sample.between(last, now, PausedKernels.of(now));
        last = now;
        return sample;
    }

    /** Whether it ran at the beginning, and did not at the last sample. */
    boolean hasEnded() {
        return begunAlive && !last.state().equals(MachineSummary.RUNNING);
    }

    /** Whether it has left its files: its host was killed. */
    boolean isLeft() throws IOException {
        return view.isStillThere();
    }

    @Override
    public void close() throws IOException {
        reader.close();
        view.close();
    }
}
