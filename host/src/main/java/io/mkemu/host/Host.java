// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.Boots;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.Joining;
import io.mkemu.host.life.Lives;
import io.mkemu.host.life.Machine;
import io.mkemu.host.life.StandStill;
import io.mkemu.host.life.States;
import io.mkemu.host.tx.Form;
import io.mkemu.host.tx.Transactions;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Load;
import io.mkemu.plan.JournalOptions;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.RestartPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The host of a machine: what the verbs of {@code mk} do. Each changes all it is asked to or nothing. Any thread may
 * call at any time: changes are made one after the other, and waiting for a kernel holds up nobody.
 */
public final class Host implements AutoCloseable {
    private static final long END_MILLIS = 5000;
    /** So many that do not end are reported before they are forced. */
    private static final int MOST_HANGING = 2;

    private final Machine machine;
    private final SortedMap<Integer, HostedInstance> instances = new TreeMap<>();
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Lives lives;
    private final StatusReader status;
    private final Transactions transactions;
    private final CountDownLatch endAsked = new CountDownLatch(1);
    private final List<KernelModule> modules;
    private final AtomicReference<String> lost = new AtomicReference<>();
    private volatile Runnable everySecond = () -> { };
    private boolean ending;

    private Host(Machine machine, List<KernelModule> modules) {
        this.machine = machine;
        this.modules = modules;
        this.lives = new Lives(machine, lock, instances::values, this::look, this::lose);
        this.status = new StatusReader(machine);
        this.transactions = new Transactions(machine.directory().transactions(), this::forms,
            line -> machine.say(LogLevel.WARNING, "mkemu: " + line));
    }

    /**
     * Makes the machine of a tree, with its instances loaded; no kernel runs yet. On failure nothing is left.
     *
     * @throws MachineException if a module of the host cannot be loaded, the name is in use or the RAM does not fit
     */
    public static Host init(MachineDirectory directory, MachinePlan plan) throws IOException {
        List<KernelModule> modules = ModuleLoader.load(plan.spec().host().modules());
        Host host = new Host(Machine.create(directory, plan), modules);
        try {
            for (InstanceSpec spec : plan.spec().instances()) {
                host.create(spec, 0, false);
                host.load(spec.name(), spec.modules(), spec.bootargs(), spec.restart());
            }
            return host;
        } catch (RuntimeException | Error fault) {
            host.machine.close();
            throw fault;
        }
    }

    /**
     * Boots the host's own kernel with the tree's modules, and begins to supervise the instances.
     *
     * @throws MachineException if its CPU cannot be pinned
     */
    public void boot() {
        machine.bootHost(modules, this::lose);
        lives.supervise();
    }

    /** The machine. */
    public Machine machine() {
        return machine;
    }

    /**
     * Begins to record a machine that runs without a journal.
     *
     * @throws MachineException if it has one, or the directory cannot be used
     */
    public void record(JournalOptions options) {
        locked(() -> {
            requireRunning();
            try {
                machine.recorder().add(options, instances.values().stream()
                    .filter(instance -> instance.life() != null).toList());
            } catch (IOException broken) {
                throw new MachineException(ExitCode.RESOURCES, "the journal " + options.directory()
                    + " cannot be written (" + broken.getMessage() + "); name another directory with --journal",
                    broken);
            }
            return null;
        });
    }

    /** What machine and instances are now. */
    public MachineStatus status() {
        return locked(() -> status.read(instances.values(), partition().freeCpus()));
    }

    /** The machine as a tree would make it: with the instances that there are now, and what they are to run. */
    public MachineSpec spec() {
        return locked(() -> spec(instances.values().stream().map(HostedInstance::spec).toList()));
    }

    /** The machine as a tree would make it, with other instances. */
    MachineSpec spec(List<InstanceSpec> others) {
        return machine.plan().spec().withInstances(others, machine.plan().hostCpu());
    }

    /** What the instances are now, by name, in the order of their ids. */
    public Map<String, Form> forms() {
        return locked(() -> {
            Map<String, Form> forms = new LinkedHashMap<>();
            instances.values().forEach(instance -> forms.put(instance.spec().name(), new Form(instance.spec(),
                instance.state() != InstanceState.READY, instance.regions())));
            return forms;
        });
    }

    /** The transactions that have changed it. */
    public Transactions transactions() {
        return transactions;
    }

    /**
     * Reserves CPUs and memory: the instance, which is returned with id and CPUs filled in, is ready then.
     *
     * @param wanted   id 0: the lowest free one; modules and boot parameters do not count
     * @param cpuCount so many of the lowest free CPUs instead of those in {@code wanted}; 0 for those
     * @param dryRun   only look whether it could be done
     * @throws MachineException if name, id, a CPU or the memory is taken or does not fit
     */
    public InstanceSpec create(InstanceSpec wanted, int cpuCount, boolean dryRun) {
        return locked(() -> {
            requireRunning();
            InstanceSpec spec = partition().complete(wanted, cpuCount);
            HostedInstance made = new HostedInstance(machine, spec.with(List.of(), "", spec.restart()));
            made.reserve(dryRun);
            if (!dryRun) {
                instances.put(spec.id(), made);
            }
            return spec;
        });
    }

    /**
     * Changes CPUs and memory of an instance that does not run.
     *
     * @param cpus        null to leave them
     * @param memoryBytes 0 to leave it
     * @return what it is then
     * @throws MachineException if they are taken, do not fit, or the instance runs
     */
    public InstanceSpec update(String name, List<Integer> cpus, long memoryBytes, boolean dryRun) {
        return locked(() -> {
            HostedInstance instance = States.requireNotRunning(find(name), "update");
            InstanceSpec spec = instance.spec().withResources(cpus == null ? instance.spec().cpus() : cpus,
                memoryBytes == 0 ? instance.spec().memoryBytes() : memoryBytes);
            partition().check(spec, name);
            instance.update(spec, dryRun);
            return spec;
        });
    }

    /**
     * Names what an instance is to run: it is loaded then.
     *
     * @throws MachineException if it is loaded already or runs, or a module or boot parameter is wrong
     */
    public void load(String name, List<String> modules, String bootargs, RestartPolicy restart) {
        load(name, modules, bootargs, restart, null);
    }

    /**
     * The same, with options of its JVM.
     *
     * @param jvmOptions instead of those that it has; null for those
     */
    public void load(String name, List<String> modules, String bootargs, RestartPolicy restart,
        List<String> jvmOptions) {
        locked(() -> {
            HostedInstance instance = States.requireLoadable(find(name), restart);
            InstanceSpec spec = instance.spec().with(modules, bootargs, restart)
                .withJvmOptions(jvmOptions == null ? instance.spec().jvmOptions() : jvmOptions);
            partition().checkKernel(spec);
            instance.load(spec);
            return null;
        });
    }

    /** Takes away what instances were to run: they are ready then. */
    public void unload(Collection<String> names) {
        locked(() -> {
            List<HostedInstance> all = States.findAll(names, instances.values());
            all.forEach(States::requireUnloadable);
            all.forEach(HostedInstance::unload);
            return null;
        });
    }

    /** Returns CPUs and memory of instances; they are gone then. */
    public void delete(Collection<String> names, boolean dryRun) {
        locked(() -> {
            List<HostedInstance> all = States.findAll(names, instances.values());
            all.forEach(States::requireDeletable);
            HostedInstance.delete(all, dryRun);
            if (!dryRun) {
                all.forEach(instance -> instances.remove(instance.spec().id()));
            }
            return null;
        });
    }

    /**
     * Boots instances, all of them at once, and does not wait.
     *
     * @param names    of instances, all loaded or failed
     * @param external whether somebody else starts their processes, whatever the tree says
     * @param joining  how somebody else starts those of external ones
     * @param say      told how to join external ones, a line at a time
     * @return what has begun, to wait for
     * @throws MachineException if one is in another state, none has begun then; or its process cannot be started
     */
    public Boots start(Collection<String> names, boolean external, Joining joining, Consumer<String> say) {
        List<String> lines = new ArrayList<>();
        try {
            return locked(() -> {
                requireRunning();
                List<HostedInstance> all = States.findAll(names, instances.values());
                all.forEach(States::requireExecutable);
                all.forEach(instance -> instance.restarts().stop());
                return new Boots(lives.begin(all, external, joining, lines::add));
            });
        } finally {
            /* Whoever is told may take its time: not under the lock. */
            lines.forEach(say);
        }
    }

    /**
     * Ends the kernels of instances: their modules exit, their CPUs park; they are loaded then.
     *
     * @param force         do not ask the modules; also ends one that is just booting, or hangs
     * @param timeoutMillis how long the modules have before they are forced to end
     * @return a line for each that had to be forced
     * @throws MachineException if one is in another state, or its CPUs are not confirmed parked in the end
     */
    public List<String> kill(Collection<String> names, boolean force, long timeoutMillis) throws InterruptedException {
        List<InstanceLife> asked = locked(() -> {
            List<HostedInstance> all = States.findAll(names, instances.values());
            all.forEach(instance -> States.requireKillable(instance, force));
            all.forEach(instance -> instance.restarts().stop());
            return lives.ask(all, force);
        });
        /* Each may take a second, and the client does not wait for ever. */
        AtomicInteger reports = new AtomicInteger(MOST_HANGING);
        return Lives.awaitEnd(asked, force, timeoutMillis, hangs -> {
            if (reports.getAndDecrement() > 0) {
                lives.report(List.of(hangs), "does not shut down within " + timeoutMillis + " ms");
            }
        });
    }

    /** Writes reports of those of these instances that run: what their CPUs do, and their stacks; a second each. */
    public void report(Collection<String> names) {
        lives.report(locked(() -> States.findAll(names, instances.values()).stream().map(HostedInstance::life)
            .filter(Objects::nonNull).toList()), "asked for by mk kill --report");
    }

    /**
     * Stops the processes of instances where they are, or lets them go on.
     *
     * @throws MachineException if one is not active, is external, or is to go on and is not paused; none is changed
     *                          then
     */
    public void pause(Collection<String> names, boolean stops) {
        locked(() -> {
            List<HostedInstance> all = States.findAll(names, instances.values());
            all.forEach(instance -> States.requirePausable(instance, stops));
            for (HostedInstance instance : all) {
                if (!instance.life().pause(stops)) {
                    throw new MachineException(ExitCode.STATE, "instance " + instance.spec().name()
                        + ": its process is just ending: mk show tells what became of it");
                }
            }
            return null;
        });
    }

    /**
     * Has something done while no kernel of the machine runs: processes of instances are stopped, as far as they run
     * and can be, and the host's own CPU stands still. However it ends, all that ran before runs again.
     *
     * @param meanwhile under the host's lock; takes what stands still
     * @throws MachineException if nothing can be stopped
     */
    public <T> T standStill(Function<StandStill, T> meanwhile) {
        return locked(() -> {
            try (StandStill still = StandStill.of(machine, instances.values())) {
                return still.during(meanwhile);
            }
        });
    }

    /** Names of the instances, by ascending id. */
    public List<String> names() {
        return locked(() -> instances.values().stream().map(instance -> instance.spec().name()).toList());
    }

    public List<HostedInstance> instances() {
        return locked(() -> List.copyOf(instances.values()));
    }

    /** Looks at the instances while none of them changes. */
    public <T> T atOnce(Supplier<T> look) {
        return locked(look);
    }

    /** CPUs of an instance that runs are about to come, or have gone. Under the lock. */
    void cpusChange() {
        lives.cpusChange();
    }

    /** Refuses a new form of an instance that cannot be had. Under the lock. */
    void check(InstanceSpec wanted, HostedInstance former) {
        partition().check(wanted, former.spec().name());
    }

    /**
     * Does something while nobody else changes the machine, or, if it is to ask kernels that run, without holding up
     * others: then only changes that are transactions are kept out, by the turn that the caller has.
     */
    <T> T guarded(boolean asksKernels, Transactions.Work<T> work) throws InterruptedException {
        if (asksKernels) {
            return work.run();
        }
        lock.lock();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a life of an instance of that name has begun and not ended. */
    boolean runs(String name) {
        return locked(() -> instances.values().stream().anyMatch(instance -> instance.spec().name().equals(name)
            && instance.life() != null));
    }

    /** One line that says which CPUs that run share a host CPU, or null if none do. */
    public String overcommitment() {
        return locked(lives::overcommitment);
    }

    /** Asks for the end of the machine; whoever runs this host sees it. */
    public void askEnd() {
        endAsked.countDown();
        machine.raiseEvent();
    }

    /** Has something looked after once a second, beside the machine's files. */
    void everySecond(Runnable what) {
        everySecond = what;
    }

    private void look() {
        everySecond.run();
        try {
            String problem = machine.watch().problem();
            if (problem != null) {
                lose(problem);
            }
        } catch (IOException unseen) {
            machine.report("the machine's directory cannot be looked at", unseen);
        }
    }

    /** The machine cannot go on: says why, and asks for its end. */
    public void lose(String why) {
        if (lost.compareAndSet(null, why)) {
            machine.say(LogLevel.CRIT, "mkemu: the machine ends: " + why);
        }
        askEnd();
    }

    /** Why the machine could not go on, or null. */
    public String lost() {
        return lost.get();
    }

    /** Released when somebody asks for the end of the machine. */
    public CountDownLatch endAsked() {
        return endAsked;
    }

    /**
     * Ends all kernels, the instances' first, the host's last. Nothing can be created or executed any more.
     *
     * @param timeoutMillis how long the instances' modules have before they are forced to end; 0 to force at once
     * @return a line for each kernel that did not end by itself
     */
    public List<String> shutDown(long timeoutMillis) throws InterruptedException {
        boolean force = timeoutMillis == 0;
        List<InstanceLife> asked = locked(() -> {
            ending = true;
            lives.close();
            return lives.ask(instances.values().stream()
                .filter(instance -> instance.state() == InstanceState.ACTIVE).toList(), force);
        });
        List<String> forced = new ArrayList<>(Lives.tryAwaitEnd(asked, force, timeoutMillis));
        /* What is left: those that boot, and those that are halting already. Nothing begins any more. */
        forced.addAll(Lives.tryAwaitEnd(locked(() -> lives.ask(instances.values(), true)), true, END_MILLIS));
        lives.stopSupervising();
        if (!machine.shutDownHost()) {
            forced.add("host: a module does not end, given up (" + Load.now() + ")");
        }
        return forced;
    }

    private Partition partition() {
        return new Partition(machine.plan(), instances.values().stream().map(HostedInstance::spec).toList(),
            name -> find(name).state());
    }

    private HostedInstance find(String name) {
        return States.find(name, instances.values());
    }

    private void requireRunning() {
        if (ending) {
            throw new MachineException(ExitCode.MACHINE, "machine \"" + machine.directory().machine()
                + "\" is being shut down");
        }
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all kernels by force and removes the machine's files. */
    public void end() throws IOException {
        try {
            shutDown(0);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            close();
        }
    }

    /** Removes the machine's files. After {@link #shutDown}. */
    @Override
    public void close() throws IOException {
        machine.close();
    }
}
