// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.tx.Change;
import io.mkemu.host.tx.Form;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Brings instances from what they are to what they are to be, in an order in which each step finds the CPUs and the
 * memory that it needs: first goes what goes, then CPUs and memory move, then comes what is new, then it is loaded.
 */
final class MachineChange {
    private final Steps steps;
    private final List<Change> changes;
    /** What is made anew since CPUs or memory go round in a circle. */
    private final List<Change> exchanged = new ArrayList<>();

    MachineChange(Steps steps, List<Change> changes) {
        this.steps = steps;
        this.changes = changes;
    }

    /** Whether kernels that run are to be asked for it, which is not done under the host's lock. */
    static boolean asksKernels(Host host, List<Change> changes) {
        return changes.stream().anyMatch(change -> change.moves() && !change.reloads() && host.runs(change.name()));
    }

    /**
     * Does it.
     *
     * @throws MachineException with the first step that cannot be done; those before it are done then
     */
    void carryOut() throws InterruptedException {
        changes.stream().filter(Change::removes).forEach(change -> remove(change.name()));
        move(new ArrayList<>(changes.stream().filter(Change::moves).toList()));
        for (Change change : changes) {
            if (change.after() != null && (change.before() == null || change.removes() || exchanged.contains(change))) {
                steps.create(change.after().spec());
                if (change.after().loaded()) {
                    steps.load(change.name(), change.after().spec());
                }
            } else if (change.reloads()) {
                reload(change);
            }
        }
    }

    private void remove(String name) {
        if (steps.form(name).loaded()) {
            steps.unload(name);
        }
        steps.delete(name);
    }

    /** Again and again those that can move; if none can, but several want what the others have, all are made anew. */
    private void move(List<Change> waiting) throws InterruptedException {
        while (!waiting.isEmpty()) {
            MachineException lacks = null;
            boolean moved = false;
            for (Iterator<Change> at = waiting.iterator(); at.hasNext();) {
                Change change = at.next();
                try {
                    steps.update(change.name(), change.after().spec().cpus(), change.after().spec().memoryBytes());
                    at.remove();
                    moved = true;
                } catch (MachineException refused) {
                    if (refused.exitCode() != ExitCode.RESOURCES) {
                        throw refused;
                    }
                    lacks = refused;
                }
            }
            if (!moved) {
                if (waiting.size() == 1) {
                    throw lacks;
                }
                waiting.forEach(change -> remove(change.name()));
                exchanged.addAll(waiting);
                return;
            }
        }
    }

    private void reload(Change change) {
        Form after = change.after();
        if (steps.form(change.name()).loaded()) {
            steps.unload(change.name());
        }
        boolean keepsOptions = change.before().spec().jvmOptions().equals(after.spec().jvmOptions());
        if (after.loaded() || !keepsOptions) {
            steps.load(change.name(), after.spec());
        }
        if (!after.loaded() && !keepsOptions) {
            steps.unload(change.name());
        }
    }
}
