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

/** Steps that are done at once, and that can be taken back, the last first. */
final class HostSteps implements Steps {
    private final Host host;
    private final Deque<Step> undo = new ArrayDeque<>();

    /** What takes one back. */
    @FunctionalInterface
    private interface Step {
        void run() throws InterruptedException;
    }

    /** Many of them. */
    @FunctionalInterface
    interface Work {
        void carryOut(Steps steps) throws InterruptedException;
    }

    HostSteps(Host host) {
        this.host = host;
    }

    /**
     * Does all of something, or nothing.
     *
     * @throws MachineException if one of the steps cannot be done; all is as before then, but that an instance that was
     *                          removed and came back may have other memory and an empty kernel log
     */
    static void wholly(Host host, String what, Work change) throws InterruptedException {
        HostSteps steps = new HostSteps(host);
        try {
            change.carryOut(steps);
        } catch (MachineException refused) {
            List<String> stays = steps.takeBack(refused);
            throw new MachineException(refused.exitCode(), refused.getMessage() + "; " + (stays.isEmpty()
                ? "nothing of the " + what + " is applied" : "not all of the " + what + " could be taken back: "
                + String.join("; ", stays)), refused);
        }
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
    public void update(String name, List<Integer> cpus, long memoryBytes) throws InterruptedException {
        InstanceSpec former = form(name).spec();
        if (!host.runs(name)) {
            host.update(name, cpus, memoryBytes, false);
            done(() -> host.update(name, former.cpus(), former.memoryBytes(), false));
            return;
        }
        List<Integer> coming = without(cpus, former.cpus());
        List<Integer> going = without(former.cpus(), cpus);
        if (!coming.isEmpty() || !going.isEmpty()) {
            plugCpus(name, coming, going);
            done(() -> plugCpus(name, going, coming));
        }
        long more = memoryBytes - former.memoryBytes();
        if (more != 0) {
            plugMemory(name, more);
            done(() -> plugMemory(name, -more));
        }
    }

    private static List<Integer> without(List<Integer> all, List<Integer> some) {
        return all.stream().filter(cpu -> !some.contains(cpu)).toList();
    }

    private void plugCpus(String name, List<Integer> coming, List<Integer> going) throws InterruptedException {
        new PlugCpus(host, new Plug(host)).change(name, coming, going, false);
    }

    private void plugMemory(String name, long more) throws InterruptedException {
        if (more > 0) {
            new Plug(host).addMemory(name, more, false);
        } else {
            new Plug(host).removeMemory(name, -more, 0, false);
        }
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

    private void done(Step takesBack) {
        undo.push(takesBack);
        TransactionProbe.step();
    }

    /**
     * Takes back all that can be, whatever fails of it.
     *
     * @param refused the refusal that is the reason; gets those of the steps back
     * @return a line for each step that cannot be taken back
     */
    List<String> takeBack(MachineException refused) throws InterruptedException {
        List<String> failed = new ArrayList<>();
        for (Step step : undo) {
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
