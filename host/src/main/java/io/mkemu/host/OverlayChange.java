// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.States;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.Overlay;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Makes and removes the instances that an overlay names: all of it, or nothing. */
final class OverlayChange {
    private final Host host;
    private final Overlay overlay;
    /** What takes back what is done so far, the last first. */
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final List<String> made = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();

    OverlayChange(Host host, Overlay overlay) {
        this.host = host;
        this.overlay = overlay;
    }

    /**
     * Carries it out, while nobody else changes the machine.
     *
     * @throws MachineException if one of the changes cannot be made; all is as before then, but that an instance that
     *                          was removed and came back may have other memory and an empty kernel log
     */
    void carryOut() {
        host.atOnce(() -> {
            try {
                overlay.changes().forEach(this::make);
            } catch (MachineException refused) {
                throw new MachineException(refused.exitCode(), refused.getMessage() + "; " + takeBack(refused),
                    refused);
            }
            return null;
        });
    }

    /** Takes back all that can be, whatever fails of it, and says what cannot. */
    private String takeBack(MachineException refused) {
        List<String> failed = new ArrayList<>();
        for (Runnable step : undo) {
            try {
                step.run();
            } catch (MachineException stays) {
                failed.add(stays.getMessage());
                refused.addSuppressed(stays);
            }
        }
        return failed.isEmpty() ? "nothing of the overlay is applied"
            : "not all of the overlay could be taken back: " + String.join("; ", failed);
    }

    private void make(Overlay.Change change) {
        switch (change) {
            case Overlay.Create create -> {
                String name = host.create(create.instance(), 0, false).name();
                undo.push(() -> host.delete(List.of(name), false));
                made.add(name);
            }
            case Overlay.Remove remove -> {
                HostedInstance instance = States.find(remove.name(), host.instances());
                if (instance.state() != InstanceState.READY) {
                    throw new MachineException(ExitCode.STATE, "instance " + remove.name() + " is " + instance.state()
                        + ": an overlay removes what is ready: "
                        + (instance.life() == null ? "" : "mk kill ends its kernel, then ")
                        + "mk unload takes away what is loaded");
                }
                InstanceSpec former = instance.spec();
                host.delete(List.of(remove.name()), false);
                undo.push(() -> host.create(former, 0, false));
                if (!made.remove(remove.name())) {
                    removed.add(remove.name());
                }
            }
        }
    }

    /** The instances that were made and are there. */
    List<String> made() {
        return made;
    }

    /** The instances that were there and are not. */
    List<String> removed() {
        return removed;
    }
}
