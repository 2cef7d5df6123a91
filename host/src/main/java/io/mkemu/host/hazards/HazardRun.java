// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.abi.IpiMode;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * All hazards, first with the RFC's mailbox, then with mkemu's. One thread runs it; any thread may {@link #stop} it.
 */
public final class HazardRun {
    private static final List<Hazard> ALL = List.of(new Overwrite(), new TornRead(), new LivePointer(),
        new Coalescing(), new ZeroSize(), new NoReceiver(), new PhysicalCpu(), new FirstCpuOnly(),
        new LayoutNrCpus(), new TypeTruncation(), new NoReplyAddress(), new HostCannotReceive(),
        new DestroyDuringSend(), new UnregisterInCallback(), new AnyPage());

    private final MachineDirectory directory;
    private final Consumer<String> progress;
    private volatile boolean stopped;

    /**
     * Prepares.
     *
     * @param progress told what is about to be done
     */
    public HazardRun(MachineDirectory directory, Consumer<String> progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /** The hazards, in order. */
    static List<Hazard> all() {
        return ALL;
    }

    /** Ends the run as soon as it can; nothing is left then. Any thread. */
    public void stop() {
        stopped = true;
    }

    /**
     * Boots a machine for each mailbox and provokes the hazards on it.
     *
     * @return fifteen results, in order
     * @throws io.mkemu.MachineException if a machine cannot be made or booted, or the run was stopped
     */
    public List<HazardResult> run() throws IOException {
        List<Outcome> singleSlot = outcomes(IpiMode.SINGLE_SLOT);
        List<Outcome> queued = outcomes(IpiMode.QUEUED);
        List<HazardResult> results = new ArrayList<>();
        for (int index = 0; index < ALL.size(); index++) {
            Hazard.Label label = ALL.get(index).label();
            results.add(new HazardResult(label.number(), label.title(), label.function(), label.explanation(),
                singleSlot.get(index), queued.get(index)));
        }
        return results;
    }

    private List<Outcome> outcomes(IpiMode mode) throws IOException {
        progress.accept(mode + ": boot");
        List<Outcome> outcomes = new ArrayList<>();
        try (Stage stage = Stage.open(directory, mode, () -> stopped)) {
            for (Hazard hazard : ALL) {
                progress.accept(mode + ": " + hazard.label().number() + " " + hazard.label().title());
                outcomes.add(outcome(hazard, stage));
            }
        }
        return outcomes;
    }

    /** One hazard that cannot be provoked leaves the others their turn. */
    private static Outcome outcome(Hazard hazard, Stage stage) {
        try {
            return hazard.run(stage);
        } catch (HazardException silent) {
            return Outcome.failed(silent.getMessage());
        }
    }
}
