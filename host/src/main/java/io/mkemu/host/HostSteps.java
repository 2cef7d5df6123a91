// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.MachineException;
import io.mkemu.host.tx.Form;
import io.mkemu.host.tx.TransactionProbe;
import io.mkemu.tree.InstanceSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Steps that are done at once, and that can be taken back, the last first. */
final class HostSteps implements Steps {
    private final Host host;
    private final Deque<Runnable> undo = new ArrayDeque<>();

    HostSteps(Host host) {
        this.host = host;
    }

    /**
     * Does all of something, or nothing, while nobody else changes the machine.
     *
     * @throws MachineException if one of the steps cannot be done; all is as before then, but that an instance that was
     *                          removed and came back may have other memory and an empty kernel log
     */
    static void wholly(Host host, String what, Consumer<Steps> change) {
        host.atOnce(() -> {
            HostSteps steps = new HostSteps(host);
            try {
                change.accept(steps);
            } catch (MachineException refused) {
                List<String> stays = steps.takeBack(refused);
                throw new MachineException(refused.exitCode(), refused.getMessage() + "; " + (stays.isEmpty()
                    ? "nothing of the " + what + " is applied" : "not all of the " + what + " could be taken back: "
                    + String.join("; ", stays)), refused);
            }
            return null;
        });
    }

    @Override
    public Form form(String name) {
        return host.forms().get(name);
    }

    @Override
    public String create(InstanceSpec wanted) {
        String name = host.create(wanted, 0, false).name();
        done(() -> host.delete(List.of(name), false));
        return name;
    }

    @Override
    public void delete(String name) {
        Form former = form(name);
        host.delete(List.of(name), false);
        done(() -> host.create(former.spec(), 0, false));
    }

    @Override
    public void update(String name, List<Integer> cpus, long memoryBytes) {
        InstanceSpec former = form(name).spec();
        host.update(name, cpus, memoryBytes, false);
        done(() -> host.update(name, former.cpus(), former.memoryBytes(), false));
    }

    @Override
    public void load(String name, InstanceSpec kernel) {
        load(kernel, name);
        done(() -> host.unload(List.of(name)));
    }

    private void load(InstanceSpec kernel, String name) {
        host.load(name, kernel.modules(), kernel.bootargs(), kernel.restart(), kernel.jvmOptions());
    }

    @Override
    public void unload(String name) {
        Form former = form(name);
        host.unload(List.of(name));
        done(() -> load(former.spec(), name));
    }

    private void done(Runnable takesBack) {
        undo.push(takesBack);
        TransactionProbe.step();
    }

    /**
     * Takes back all that can be, whatever fails of it.
     *
     * @param refused the refusal that is the reason; gets those of the steps back
     * @return a line for each step that cannot be taken back
     */
    List<String> takeBack(MachineException refused) {
        List<String> failed = new ArrayList<>();
        for (Runnable step : undo) {
            try {
                step.run();
            } catch (MachineException stays) {
                failed.add(stays.getMessage());
                refused.addSuppressed(stays);
            }
        }
        undo.clear();
        return failed;
    }
}
