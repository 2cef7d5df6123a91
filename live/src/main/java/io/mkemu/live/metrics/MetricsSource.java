// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import io.mkemu.MachineException;
import io.mkemu.host.view.MachineView;
import io.mkemu.host.view.SnapshotReader;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;

/** The metrics of a machine that may go and come back. Thread-safe: one caller at a time. */
public final class MetricsSource {
    private final String machine;
    private final long epochNanos = MachineMetrics.epochNanos();

    /** Of the machine of that name; null: the only one. */
    public MetricsSource(String machine) {
        this.machine = machine;
    }

    /**
     * Those of now. The machine is opened for each reading: between two there may be another of that name.
     *
     * @throws MachineException if there is no such machine, or it cannot be looked at
     */
    synchronized MetricSnapshots read() throws IOException {
        try (MachineView view = MachineView.open(machine); SnapshotReader reader = new SnapshotReader(view)) {
            return MachineMetrics.of(reader.read(), epochNanos);
        }
    }

    /** Those of now; of a machine that is not there, that. */
    public MetricSnapshots readOrDown() throws IOException {
        try {
            return read();
        } catch (MachineException gone) {
            return MachineMetrics.down(machine);
        }
    }
}
