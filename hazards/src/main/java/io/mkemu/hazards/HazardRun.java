// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.abi.IpiMode;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * All hazards, first with the RFC's mailbox, then with mkemu's. One thread runs it; any thread may {@link #stop} it.
 */
final class HazardRun {
    private final MachineDirectory directory;
    private final Consumer<String> progress;
    private volatile boolean stopped;

    /**
     * Prepares.
     *
     * @param progress told what is about to be done
     */
    HazardRun(MachineDirectory directory, Consumer<String> progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /** Ends the run as soon as it can; nothing is left then. Any thread. */
    void stop() {
        stopped = true;
    }

    /**
     * Boots a machine for each mailbox and provokes the hazards on it.
     *
     * @return fifteen results, in order
     * @throws io.mkemu.MachineException if a machine cannot be made or booted, or the run was stopped
     */
    List<Outcome.Pair> run() throws IOException {
        List<Outcome> singleSlot = outcomes(IpiMode.SINGLE_SLOT);
        List<Outcome> queued = outcomes(IpiMode.QUEUED);
        List<Outcome.Pair> results = new ArrayList<>();
        for (int index = 0; index < Hazard.ALL.size(); index++) {
            results.add(new Outcome.Pair(Hazard.ALL.get(index), singleSlot.get(index), queued.get(index)));
        }
        return results;
    }

    private List<Outcome> outcomes(IpiMode mode) throws IOException {
        progress.accept(mode + ": boot");
        List<Outcome> outcomes = new ArrayList<>();
        try (Stage stage = Stage.open(directory, mode, () -> stopped)) {
            for (Hazard hazard : Hazard.ALL) {
                progress.accept(mode + ": " + hazard.number() + " " + hazard.title());
                outcomes.add(hazard.run(stage));
            }
        }
        return outcomes;
    }
}
