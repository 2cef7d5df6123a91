// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.life.Boots;
import io.mkemu.host.life.ContainerRun;
import io.mkemu.host.life.ExternalProcess;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.Joining;
import io.mkemu.host.life.States;
import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The verbs of a control socket that begin lives. */
public final class ExecVerbs {
    private final Host host;
    private final HostVerbs verbs;

    ExecVerbs(Host host, HostVerbs verbs) {
        this.host = host;
        this.verbs = verbs;
    }

    ObjectNode exec(ControlRequest request, Consumer<String> say) throws InterruptedException {
        request.allow("names", "all", "external", "debug", "image", "volume", "noWait", "timeoutMillis");
        Joining joining = joining(request);
        boolean waits = !request.flag("noWait");
        long timeoutMillis = HostVerbs.timeout(request);
        Set<String> names = verbs.several(request, instance -> instance.state() == InstanceState.FAILED
            || instance.state() == InstanceState.LOADED && instance.detail().isEmpty(), "loaded or failed");
        if (joining.debugs()) {
            requireChildren(names, request.flag("external"));
        }
        if (request.flag("external")) {
            requireNoJvmOptions(names);
        }
        Boots begun = host.start(names, request.flag("external"), joining, say);
        begun.tellDebuggers(say, timeoutMillis);
        if (waits) {
            begun.await(timeoutMillis);
        }
        return verbs.instances(names);
    }

    private static Joining joining(ControlRequest request) {
        String image = request.text("image", null);
        String volume = request.text("volume", null);
        if ((image == null) != (volume == null)) {
            throw new MachineException(ExitCode.USAGE, "exec: a container has an image and a volume: name both");
        }
        if (request.flag("debug")) {
            return Joining.debugged();
        }
        return image == null ? Joining.byCommand() : Joining.by(new ContainerRun(image, volume));
    }

    /** What somebody else starts he starts in his debugger, or with its options. */
    private void requireChildren(Set<String> names, boolean external) {
        for (String name : names) {
            if (external || States.find(name, host.instances()).spec().external()) {
                throw new MachineException(ExitCode.USAGE, "exec: instance " + name + " is external, its process is "
                    + "started by somebody else: start it without debug, and put gdb --args in front of the command");
            }
        }
    }

    private void requireNoJvmOptions(Set<String> names) {
        for (String name : names) {
            if (!States.find(name, host.instances()).spec().jvmOptions().isEmpty()) {
                throw new MachineException(ExitCode.USAGE, "exec: instance " + name + " has mkemu,jvm-options, which "
                    + "are for a JVM that mkemu starts: exec it without external, or take them out of the tree");
            }
        }
    }

    ObjectNode join(ControlRequest request) throws InterruptedException {
        request.allow("name", "hostCpus");
        String name = verbs.one(request);
        BitSet hostCpus = new BitSet();
        request.numbers("hostCpus", 0, Affinity.MAX_HOST_CPUS - 1).forEach(hostCpus::set);
        if (hostCpus.isEmpty()) {
            throw new MachineException(ExitCode.USAGE, "join: \"hostCpus\" is missing or names no CPU");
        }
        join(host, name, hostCpus);
        return verbs.instances(Set.of(name));
    }

    /**
     * Begins a life for a process that is there and knows by itself how to join, and does not wait. A life that waits
     * to be joined ends for it, so that a client that has died in between can be replaced by one that asks again.
     *
     * @param hostCpus that the process may use
     * @throws MachineException if the instance is in another state; also if a process is it already
     */
    static void join(Host host, String name, BitSet hostCpus) throws InterruptedException {
        for (HostedInstance instance : host.instances()) {
            if (instance.spec().name().equals(name) && instance.life() instanceof ExternalProcess former) {
                former.giveUp();
            }
        }
        host.start(List.of(name), true, Joining.asked(hostCpus), line -> { });
    }
}
