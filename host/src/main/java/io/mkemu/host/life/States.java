// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.tree.RestartPolicy;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Which state allows which verb, as in kerf; a refusal says the state and the verb that leads on. */
public final class States {
    private States() {
    }

    public static HostedInstance find(String name, Collection<HostedInstance> instances) {
        return instances.stream().filter(instance -> instance.spec().name().equals(name)).findFirst()
            .orElseThrow(() -> unknown(name, instances));
    }

    /** Each once, however often it is named. */
    public static List<HostedInstance> findAll(Collection<String> names, Collection<HostedInstance> instances) {
        return names.stream().distinct().map(name -> find(name, instances)).toList();
    }

    public static MachineException unknown(String name, Collection<HostedInstance> instances) {
        if (name.equals(Machine.HOST_NAME)) {
            return new MachineException(ExitCode.STATE,
                "the host kernel lives and ends with its machine: mk shutdown ends both");
        }
        return new MachineException(ExitCode.STATE, "there is no instance \"" + name + "\": " + (instances.isEmpty()
            ? "the machine has none, mk create makes one" : "the machine has " + instances.stream()
            .map(instance -> instance.spec().name()).collect(Collectors.joining(", "))));
    }

    /** The verb that ends a kernel in the state that it is in: one that boots cannot be asked. */
    private static String ending(InstanceLife life) {
        return life.isActive() && !life.isHalting() ? "mk kill" : "mk kill -f";
    }

    public static HostedInstance requireNotRunning(HostedInstance instance, String verb) {
        if (instance.life() != null) {
            throw refused(instance, "cannot " + verb + " it: " + ending(instance.life()) + " ends its kernel"
                + (verb.equals("update") && instance.state() == InstanceState.ACTIVE
                ? "; while it runs, --add-memory and --remove-memory change it" : ""));
        }
        return instance;
    }

    public static HostedInstance requireLoadable(HostedInstance instance, RestartPolicy restart) {
        requireNotRunning(instance, "load");
        if (restart.onFailure() && instance.spec().external()) {
            throw new MachineException(ExitCode.CONFIG, "instance " + instance.spec().name() + " is external: somebody "
                + "else starts its process, so mkemu cannot restart it; load it without a restart policy");
        }
        if (instance.state() == InstanceState.LOADED) {
            throw refused(instance, "mk exec boots it, mk unload takes away what is loaded");
        }
        return instance;
    }

    public static void requireExecutable(HostedInstance instance) {
        if (instance.life() != null) {
            throw refused(instance, instance.life().isHalting()
                ? "its former life has not ended: repeat mk kill -f, or end its process" : "its kernel "
                + (instance.life().isActive() ? "runs" : "boots") + " already: " + ending(instance.life())
                + " ends it");
        }
        if (instance.state() == InstanceState.READY) {
            throw refused(instance, "nothing is loaded: mk load names its modules and boot parameters");
        }
    }

    public static void requireKillable(HostedInstance instance, boolean force) {
        if (instance.state() == InstanceState.ACTIVE || force && instance.state() == InstanceState.LOADED
            || force && instance.restarts().isPlanned()) {
            return;
        }
        if (instance.life() != null) {
            throw refused(instance, "mk kill needs an active one: wait until it is active, or mk kill -f");
        }
        throw refused(instance, "no kernel runs: mk " + (instance.state() == InstanceState.READY ? "load and mk exec "
            + "start" : "exec starts") + " one, mk " + (instance.state() == InstanceState.LOADED ? "unload and mk "
            + "delete remove" : "delete removes") + " the instance");
    }

    public static void requirePausable(HostedInstance instance, boolean stops) {
        InstanceLife life = instance.life();
        if (instance.state() != InstanceState.ACTIVE || life == null) {
            throw refused(instance, life != null ? "it is not active yet: wait until it is" : "no kernel runs: mk "
                + (instance.state() == InstanceState.READY ? "load and mk exec start" : "exec starts") + " one");
        }
        if (life instanceof ExternalProcess) {
            throw new MachineException(ExitCode.STATE, "instance " + instance.spec().name() + " is external: its "
                + "process may live in another name space; pause it where it was started (kill -STOP and kill -CONT, "
                + "docker pause and docker unpause)");
        }
        if (stops && (life.isShuttingDown() || life.isHalting())) {
            throw refused(instance, "it is being ended");
        }
        if (!stops && !life.isPaused()) {
            throw refused(instance, "it is not paused");
        }
    }

    /** Whether its kernel, which runs, can be asked for something about its CPUs and memory. */
    public static HostedInstance requirePluggable(HostedInstance instance) {
        InstanceLife life = instance.life();
        if (life == null) {
            throw refused(instance, "its kernel has just ended: try again");
        }
        if (instance.state() != InstanceState.ACTIVE || life.isShuttingDown()) {
            throw refused(instance, life.isActive() ? "it is being ended" : "it boots: wait until it is active");
        }
        if (life.isPaused()) {
            throw refused(instance, "it is paused, and its kernel cannot answer: mk continue "
                + instance.spec().name());
        }
        return instance;
    }

    public static HostedInstance requireUnloadable(HostedInstance instance) {
        requireNotRunning(instance, "unload");
        if (instance.state() == InstanceState.READY) {
            throw refused(instance, "nothing is loaded: mk load names its modules, mk delete removes it");
        }
        return instance;
    }

    public static HostedInstance requireDeletable(HostedInstance instance) {
        requireNotRunning(instance, "delete");
        if (instance.state() == InstanceState.LOADED) {
            throw refused(instance, "mk unload takes away what is loaded, then mk delete");
        }
        return instance;
    }

    private static MachineException refused(HostedInstance instance, String remedy) {
        String detail = instance.life() == null || instance.life().isActive() && !instance.life().isHalting() ? ""
            : instance.life().isHalting() ? " (halting)" : " (" + instance.life().waitsFor() + ")";
        return new MachineException(ExitCode.STATE, "instance " + instance.spec().name() + " is " + instance.state()
            + detail + ": " + remedy);
    }
}
