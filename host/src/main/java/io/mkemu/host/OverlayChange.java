// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.States;
import io.mkemu.host.tx.Form;
import io.mkemu.tree.Overlay;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Makes, removes and changes the instances that an overlay names. */
final class OverlayChange {
    private final Host host;
    private final Overlay overlay;
    private final List<String> made = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();
    private final List<String> changed = new ArrayList<>();

    OverlayChange(Host host, Overlay overlay) {
        this.host = host;
        this.overlay = overlay;
    }

    /**
     * Carries it out.
     *
     * @throws MachineException with the first of the changes that cannot be made; those before it are made then
     */
    void carryOut(Steps steps) throws InterruptedException {
        for (Overlay.Change change : overlay.changes()) {
            make(change, steps);
        }
    }

    /** Whether kernels that run are to be asked for it, which is not done under the host's lock. */
    boolean asksKernels() {
        return overlay.changes().stream().anyMatch(change -> change instanceof Overlay.Update update
            && host.runs(update.name()));
    }

    private void make(Overlay.Change change, Steps steps) throws InterruptedException {
        switch (change) {
            case Overlay.Create create -> made.add(steps.create(create.instance()));
            case Overlay.Update update -> update(update, steps);
            case Overlay.Remove remove -> {
                Form form = steps.form(remove.name());
                if (form == null) {
                    throw States.unknown(remove.name(), host.instances());
                }
                if (form.loaded()) {
                    HostedInstance instance = States.find(remove.name(), host.instances());
                    throw new MachineException(ExitCode.STATE, "instance " + remove.name() + " is " + instance.state()
                        + ": an overlay removes what is ready: "
                        + (instance.life() == null ? "" : "mk kill ends its kernel, then ")
                        + "mk unload takes away what is loaded");
                }
                steps.delete(remove.name());
                if (!made.remove(remove.name())) {
                    removed.add(remove.name());
                }
            }
        }
    }

    private void update(Overlay.Update update, Steps steps) throws InterruptedException {
        Form form = steps.form(update.name());
        if (form == null) {
            throw States.unknown(update.name(), host.instances());
        }
        List<Integer> cpus = new ArrayList<>(form.spec().cpus());
        update.removeCpus().stream().filter(cpu -> !cpus.remove(cpu)).findFirst().ifPresent(stranger -> {
            throw new MachineException(ExitCode.STATE, "CPU " + stranger + " is not one of instance " + update.name()
                + "'s: mk show tells which it has");
        });
        cpus.addAll(update.addCpus());
        steps.update(update.name(), cpus, form.spec().memoryBytes() + update.addBytes() - update.removeBytes());
        if (!changed.contains(update.name())) {
            changed.add(update.name());
        }
    }

    /** The names of all that it is about. */
    static List<String> names(Overlay overlay) {
        return overlay.changes().stream().map(change -> switch (change) {
            case Overlay.Create create -> create.instance().name();
            case Overlay.Remove remove -> remove.name();
            case Overlay.Update update -> update.name();
        }).distinct().toList();
    }

    /** The instances that were made or changed, and are there. */
    List<String> made() {
        return Stream.concat(made.stream(), changed.stream().filter(name -> !made.contains(name)
            && !removed.contains(name))).toList();
    }

    /** The instances that were there and are not. */
    List<String> removed() {
        return removed;
    }
}
