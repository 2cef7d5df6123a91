// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.RehearsedMemory;
import io.mkemu.host.life.States;
import io.mkemu.host.tx.Form;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Steps that change nothing: each is checked against what the machine would be after those before it, down to the
 * pieces in which its memory is free. Made and used under the host's lock.
 */
final class PlannedSteps implements Steps {
    private final Host host;
    private final Map<String, Form> forms;
    private final RehearsedMemory memory;
    /** Instances whose memory others must not use, and which are looked at once each. */
    private final Set<String> seen = new HashSet<>();
    /** Those that are taken for ended, although their kernels run. */
    private final Collection<String> ended;

    PlannedSteps(Host host, Collection<String> ended) {
        this.host = host;
        this.forms = new LinkedHashMap<>(host.forms());
        this.memory = new RehearsedMemory(host.machine(), host.instances());
        this.ended = ended;
    }

    private Partition partition() {
        return new Partition(host.machine().plan(), forms.values().stream().map(Form::spec).toList(), name ->
            forms.get(name).loaded() ? InstanceState.LOADED : InstanceState.READY);
    }

    private Form require(String name) {
        Form form = forms.get(name);
        if (form == null) {
            throw States.unknown(name, host.instances());
        }
        return form;
    }

    /** The instance of that name if it is there now, and was not made by one of these steps. */
    private void requireNotRunning(String name, String verb) {
        if (!ended.contains(name) && seen.add(name)) {
            host.instances().stream().filter(instance -> instance.spec().name().equals(name)).findFirst()
                .ifPresent(instance -> States.requireNotRunning(instance, verb));
        }
    }

    private void requireUnused(String name) {
        host.instances().stream().filter(instance -> instance.spec().name().equals(name) && !ended.contains(name))
            .forEach(instance -> HostedInstance.delete(List.of(instance), true));
    }

    @Override
    public Form form(String name) {
        return forms.get(name);
    }

    @Override
    public String create(InstanceSpec wanted) {
        InstanceSpec spec = partition().complete(wanted, 0);
        memory.take(spec);
        seen.add(spec.name());
        forms.put(spec.name(), new Form(spec.with(List.of(), "", RestartPolicy.NEVER), false));
        return spec.name();
    }

    @Override
    public void delete(String name) {
        if (require(name).loaded()) {
            throw new MachineException(ExitCode.STATE, "instance " + name + " is loaded: mk unload takes away what is "
                + "loaded, then mk delete");
        }
        requireNotRunning(name, "delete");
        requireUnused(name);
        memory.free(name);
        forms.remove(name);
    }

    @Override
    public void update(String name, List<Integer> cpus, long memoryBytes) {
        Form former = require(name);
        InstanceSpec wanted = former.spec().withResources(cpus, memoryBytes);
        if (!ended.contains(name) && !seen.contains(name) && host.runs(name)) {
            plug(States.find(name, host.instances()), former.spec(), wanted);
        } else {
            requireNotRunning(name, "update");
            partition().check(wanted, name);
            requireUnused(name);
            memory.exchange(former.spec(), wanted);
        }
        forms.put(name, new Form(wanted, former.loaded()));
    }

    /** All but what the kernel itself will say. */
    private void plug(HostedInstance instance, InstanceSpec former, InstanceSpec wanted) {
        States.requirePluggable(instance);
        partition().check(wanted, wanted.name());
        List<Integer> going = former.cpus().stream().filter(cpu -> !wanted.cpus().contains(cpu)).toList();
        instance.requireMayGo(going);
        instance.requireRoom(wanted.cpus().stream().filter(cpu -> !former.cpus().contains(cpu)).toList(), going);
        long more = wanted.memoryBytes() - former.memoryBytes();
        if (more > 0) {
            memory.add(wanted.name(), more);
        } else if (more < 0) {
            memory.remove(wanted.name(), Plug.region(instance, instance.removableMemory(), -more, 0).getFirst());
        }
    }

    @Override
    public void load(String name, InstanceSpec kernel) {
        Form former = require(name);
        requireNotRunning(name, "load");
        InstanceSpec wanted = former.spec().with(kernel.modules(), kernel.bootargs(), kernel.restart())
            .withJvmOptions(kernel.jvmOptions());
        partition().checkKernel(wanted);
        forms.put(name, new Form(wanted, true));
    }

    @Override
    public void unload(String name) {
        Form former = require(name);
        requireNotRunning(name, "unload");
        forms.put(name, new Form(former.spec().with(List.of(), "", RestartPolicy.NEVER), false));
    }
}
