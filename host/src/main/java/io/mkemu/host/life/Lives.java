// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.host.report.LifeFacts;
import io.mkemu.host.report.Reports;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.os.Futex;
import io.mkemu.plan.RealTimePolling;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The lives of a machine's instances: begins them, sees them become active and end, starts them again. Any thread, as
 * far as a method does not want the host's lock. The thread that supervises does not end by a fault: what it meets at
 * one instance is reported, and the others are looked after all the same; what it meets elsewhere ends the machine.
 */
public final class Lives {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Less than RemoteHost.ANSWER_MILLIS, or the client gives the host up before it has said what does not end. */
    static final long HALT_NANOS = TimeUnit.SECONDS.toNanos(8);

    private final Machine machine;
    private final ReentrantLock lock;
    private final Supplier<Collection<HostedInstance>> instances;
    private final Runnable everySecond;
    private final Consumer<String> lost;
    private final Reports reports;
    private final Futex futex = new Futex();
    private volatile boolean stopped;
    private boolean closing;
    private Thread supervisor;
    private final Set<String> saidOvercommitments = new HashSet<>();
    private String overcommitment;
    /* Physical CPUs that are not where the host planned them. Under the lock. */
    private Map<Integer, Integer> moved = Map.of();

    /**
     * Nobody lives yet.
     *
     * @param everySecond called about once a second by the thread that supervises, under no lock
     * @param lost        told why the machine cannot go on, under no lock
     */
    public Lives(Machine machine, ReentrantLock lock, Supplier<Collection<HostedInstance>> instances,
        Runnable everySecond, Consumer<String> lost) {
        this.everySecond = everySecond;
        this.lost = lost;
        this.machine = machine;
        this.lock = lock;
        this.instances = instances;
        this.reports = new Reports(machine.mapped(), machine.directory(), line -> machine.say(LogLevel.ERR, line));
    }

    /**
     * Begins lives; under the lock.
     *
     * @param external whether somebody else starts their processes, whatever the tree says
     * @param joining  how somebody else does, where he does
     * @param say      told how to join, a line at a time
     * @return those that have begun, all of them
     */
    public List<InstanceLife> begin(List<HostedInstance> all, boolean external, Joining joining, Consumer<String> say) {
        Map<HostedInstance, InstanceLife> lives = new LinkedHashMap<>();
        for (HostedInstance instance : all) {
            lives.put(instance, prepare(instance, external, joining));
        }
        lives.forEach((instance, life) -> machine.place(instance.spec().cpus(), life.hostCpus()));
        requireHostCpu(lives);
        shareCores(all);
        lives.forEach((instance, life) -> begin(instance, life, say));
        return List.copyOf(lives.values());
    }

    /** Processes that somebody else starts have a scheduler and host CPUs of their own. */
    private void requireHostCpu(Map<HostedInstance, InstanceLife> about) {
        int host = machine.physical(List.of(machine.plan().hostCpu())).getFirst();
        Set<Integer> running = new HashSet<>(Set.of(host));
        Set<Integer> pollers = new HashSet<>();
        if (RealTimePolling.polls(machine.plan().spec().host().bootargs())) {
            pollers.add(host);
        }
        for (HostedInstance instance : instances.get()) {
            if (about.getOrDefault(instance, instance.life()) instanceof InstanceProcess) {
                List<Integer> cpus = machine.physical(instance.spec().cpus());
                running.addAll(cpus);
                if (RealTimePolling.polls(instance.spec().bootargs())) {
                    pollers.addAll(cpus);
                }
            }
        }
        RealTimePolling.require(machine.cpus().only(running), pollers);
    }

    private InstanceLife prepare(HostedInstance instance, boolean external, Joining joining) {
        InstanceSpec spec = instance.spec();
        BiConsumer<InstanceLife, String> over = (life, how) -> over(instance, life, how);
        return external || spec.external() ? new ExternalProcess(machine, spec, joining, over)
            : new InstanceProcess(machine, spec, joining.debugs(), over);
    }

    private void begin(HostedInstance instance, InstanceLife life, Consumer<String> say) {
        List<String> lines = List.of();
        try {
            instance.begin(life);
            lines = life instanceof ExternalProcess joined ? joined.joinLines() : lines;
            life.exec();
        } catch (RuntimeException | Error refused) {
            instance.abandon(refused.getMessage() == null ? refused.toString() : refused.getMessage());
            shareCores(List.of());
            throw refused;
        }
        lines.forEach(say);
    }

    /** Tells the CPUs that run, or are about to, which of them share a host CPU. */
    private void shareCores(Collection<HostedInstance> about) {
        Set<Integer> running = new HashSet<>(machine.physical(List.of(machine.plan().hostCpu())));
        for (HostedInstance instance : instances.get()) {
            if (instance.life() != null || about.contains(instance)) {
                running.addAll(machine.physical(instance.spec().cpus()));
            }
        }
        overcommitment = machine.shareCores(running, moved);
        /* Those who are left when a life ends were told when it began. */
        if (!about.isEmpty()) {
            sayOvercommitment();
        }
    }

    /** Looks whether somebody has moved CPUs that run, so that others share a host CPU now. */
    private void lookWhoMoved() {
        List<Integer> running = new ArrayList<>();
        if (machine.hostKernel() != null) {
            running.add(machine.plan().hostCpu());
        }
        for (HostedInstance instance : instances.get()) {
            InstanceLife life = instance.life();
            if (life != null && life.isActive()) {
                running.addAll(instance.spec().cpus());
            }
        }
        Map<Integer, Integer> now = new HashMap<>();
        for (int cpu : machine.physical(running)) {
            int host = machine.presentHostCpu(cpu);
            if (host != machine.cpus().hostCpu(cpu)) {
                now.put(cpu, host);
            }
        }
        if (!now.equals(moved)) {
            moved = now;
            shareCores(List.of());
            sayOvercommitment();
        }
    }

    /**
     * CPUs of an instance that runs are about to come, or have gone: tells those that run which of them share a host
     * CPU. Under the lock.
     *
     * @throws MachineException if one that polls with a real-time policy would share its host CPU
     */
    public void cpusChange() {
        requireHostCpu(Map.of());
        shareCores(List.of());
        sayOvercommitment();
    }

    private void sayOvercommitment() {
        /* Each combination once: instances that die and are restarted would say it again and again. */
        if (overcommitment != null && machine.hostKernel() != null && saidOvercommitments.add(overcommitment)) {
            machine.say(LogLevel.NOTICE, "mkemu: " + overcommitment);
        }
    }

    /** What an instance's CPUs share with others now, or null. */
    public String overcommitment() {
        return overcommitment;
    }

    /** The machine ends: nothing is restarted from here on. Under the lock. */
    public void close() {
        closing = true;
        instances.get().forEach(instance -> instance.restarts().stop());
    }

    /**
     * Asks lives to end; under the lock, so that it is these, and not those that instances begin next.
     *
     * @return those that have not ended yet
     */
    public List<InstanceLife> ask(Collection<HostedInstance> all, boolean force) {
        List<InstanceLife> lives = all.stream().map(HostedInstance::life).filter(Objects::nonNull).toList();
        lives.forEach(force ? InstanceLife::halt : InstanceLife::shutDown);
        return lives;
    }

    /**
     * Waits for the end of lives that were asked to end.
     *
     * @param forced whether they were asked by force
     * @return a line for each that had to be forced
     * @throws MachineException if the CPUs of one are not confirmed parked in the end
     */
    public static List<String> awaitEnd(List<InstanceLife> lives, boolean forced, long timeoutMillis)
        throws InterruptedException {
        return awaitEnd(lives, forced, timeoutMillis, hangs -> { });
    }

    /**
     * As above.
     *
     * @param hangs told of each that must be forced, before it is
     */
    public static List<String> awaitEnd(List<InstanceLife> lives, boolean forced, long timeoutMillis,
        Consumer<InstanceLife> hangs) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        List<String> lines = new ArrayList<>();
        if (!forced) {
            for (InstanceLife life : lives) {
                if (!life.awaitEnd(deadline)) {
                    lines.add(life.spec().name() + ": did not shut down within " + timeoutMillis + " ms, forced");
                    hangs.accept(life);
                    life.halt();
                }
            }
        }
        return awaitHalted(lives, forced ? deadline : System.nanoTime() + HALT_NANOS, lines);
    }

    /** As {@link #awaitEnd}, but what does not end is told in a line. */
    public static List<String> tryAwaitEnd(List<InstanceLife> lives, boolean forced, long timeoutMillis)
        throws InterruptedException {
        try {
            return awaitEnd(lives, forced, timeoutMillis);
        } catch (MachineException notParked) {
            return List.of(notParked.getMessage());
        }
    }

    private static List<String> awaitHalted(List<InstanceLife> lives, long deadline, List<String> forced)
        throws InterruptedException {
        List<String> left = new ArrayList<>();
        for (InstanceLife life : lives) {
            if (!life.awaitHalted(deadline)) {
                left.add(life.spec().name() + " (pid " + life.pid() + " as it says)");
            }
        }
        if (!left.isEmpty()) {
            throw new MachineException(ExitCode.FAILED, "the CPUs of " + String.join(", ", left)
                + " are not confirmed parked: the halt marker stays up; end the process, or repeat mk kill -f");
        }
        return forced;
    }

    /** The process of a life is gone. On a thread of that life. */
    private void over(HostedInstance instance, InstanceLife life, String how) {
        lock.lock();
        try {
            boolean wanted = life.isHalting() || life.isShuttingDown() && how.isEmpty();
            instance.end(wanted, how.isEmpty() ? "ended by itself with exit code 0" : how, () -> {
                if (!wanted) {
                    report(instance, life, instance.reason(), () -> stacks(life, how));
                }
            });
            tell(instance, life, wanted, how);
            shareCores(List.of());
        } catch (RuntimeException | Error fault) {
            machine.report("the end of instance " + instance.spec().name(), fault);
        } finally {
            life.outcome(instance.state() + ": " + (instance.reason().isEmpty() ? "it was ended while it booted"
                : instance.reason()));
            lock.unlock();
        }
    }

    private void report(HostedInstance instance, InstanceLife life, String reason, Supplier<List<String>> stacks) {
        InstanceSpec spec = instance.spec();
        long number = instance.entry().life();
        instance.report(reports.path(spec.id(), number).toString());
        reports.take(new LifeFacts(spec.id(), spec.name(), number, life.kernel().label(), life.pid(), reason,
            machine.physical(spec.cpus()).stream().sorted().toList(), spec.modules()), stacks);
    }

    private static List<String> stacks(InstanceLife life, String how) {
        try {
            return life.stacks(how);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return List.of("not available: the host ends");
        }
    }

    /**
     * Reports lives that go on, or hang: what their CPUs do now, and their stacks, which may take a second each. Not
     * under the lock.
     *
     * @param reason why
     */
    public void report(Collection<InstanceLife> living, String reason) {
        for (InstanceLife life : living) {
            List<String> stacks = stacks(life, "");
            lock.lock();
            try {
                for (HostedInstance instance : instances.get()) {
                    if (instance.life() == life) {
                        report(instance, life, reason, () -> stacks);
                        new KernelLog(machine.memory(), instance.spec().id()).append(LogLevel.NOTICE.ordinal(), -1,
                            "mkemu: report: " + instance.report());
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void tell(HostedInstance instance, InstanceLife life, boolean wanted, String how) {
        KernelLog log = new KernelLog(machine.memory(), instance.spec().id());
        life.takeOutput(true, (ended, line) -> log.append(LogLevel.NOTICE.ordinal(), -1, line));
        if (wanted && life.isHalting() && !(life instanceof ExternalProcess && life.pid() == 0)) {
            log.append(LogLevel.WARNING.ordinal(), -1, "mkemu: halted by force" + (how.isEmpty() ? "" : ": " + how));
        }
        if (!wanted) {
            log.append(LogLevel.ERR.ordinal(), -1, "mkemu: instance failed: " + instance.reason());
            log.append(LogLevel.NOTICE.ordinal(), -1, "mkemu: report: " + instance.report());
            /* What somebody else has started only he can start again. */
            boolean ours = !(life instanceof ExternalProcess);
            if (ours && !closing && !life.isShuttingDown() && instance.restarts().plan(instance.spec().restart())) {
                int count = instance.restarts().count();
                RestartPolicy policy = instance.spec().restart();
                log.append(LogLevel.NOTICE.ordinal(), -1, "mkemu: restart " + count + " of " + policy.limit()
                    + " in " + policy.delayMillis(count - 1) + " ms");
            }
        }
    }

    /** Begins to look after lives, in a thread of its own. */
    public void supervise() {
        lock.lock();
        try {
            /* Before the host's kernel ran there was nobody to say it. */
            sayOvercommitment();
        } finally {
            lock.unlock();
        }
        supervisor = new Thread(this::run, "supervisor");
        supervisor.setDaemon(true);
        supervisor.start();
    }

    /** Ends that, and the writing of reports. */
    public void stopSupervising() throws InterruptedException {
        stopped = true;
        reports.close();
        if (supervisor != null) {
            while (supervisor.isAlive()) {
                machine.raiseEvent();
                supervisor.join(LOOK_NANOS / 1_000_000);
            }
        }
    }

    private void run() {
        long looked = System.nanoTime();
        while (!stopped) {
            try {
                int seen = machine.memory().event();
                boolean again = look();
                if (System.nanoTime() - looked >= SECOND_NANOS) {
                    looked = System.nanoTime();
                    everySecond.run();
                }
                machine.memory().awaitEvent(futex, seen, again ? LOOK_NANOS : SECOND_NANOS);
            } catch (Throwable fault) {
                machine.report("the thread that looks after the instances", fault);
                lost.accept("its instances can no longer be looked after: " + fault);
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    /** Looks at everything once; whether it must look again soon, also if nothing happens. */
    private boolean look() {
        lock.lock();
        try {
            boolean again = false;
            for (HostedInstance instance : instances.get()) {
                try {
                    again |= look(instance);
                } catch (RuntimeException | Error fault) {
                    machine.report("instance " + instance.spec().name() + " cannot be looked after", fault);
                    again = true;
                }
            }
            lookWhoMoved();
            return again;
        } finally {
            lock.unlock();
        }
    }

    private boolean look(HostedInstance instance) {
        boolean again = false;
        InstanceLife life = instance.life();
        if (life != null) {
            boolean wasActive = life.isActive();
            life.look();
            if (!wasActive && life.isActive()) {
                sayForeignClock(instance);
            }
            life.takeOutput(false, (ended, line) -> machine.say(LogLevel.NOTICE, instance.spec().name() + ": "
                + line));
            again = life.hasOutput();
        } else if (instance.restarts().isPlanned()) {
            restart(instance);
            again = instance.restarts().isPlanned();
        }
        return instance.look() | again;
    }

    /** A kernel of somebody else's, in C say, does not look itself whether its clock is the host's. */
    private void sayForeignClock(HostedInstance instance) {
        long exec = instance.entry().bootStep(BootStep.EXEC);
        long now = System.nanoTime();
        for (BootStep step : EnumSet.range(BootStep.JVM, BootStep.ACTIVE)) {
            long at = instance.entry().bootStep(step);
            if (at != 0 && (at < exec || at > now)) {
                machine.say(LogLevel.WARNING, String.format(Locale.ROOT, "mkemu: the clock of %s is at least %.3f s "
                    + "%s the host's (another time namespace?): its latencies are wrong", instance.spec().name(),
                    (at < exec ? exec - at : at - now) / (double) SECOND_NANOS, at < exec ? "behind" : "ahead of"));
                return;
            }
        }
    }

    private void restart(HostedInstance instance) {
        if (instance.restarts().dueInNanos() == 0) {
            try {
                begin(List.of(instance), false, Joining.byCommand(), line -> { });
            } catch (RuntimeException refused) {
                machine.say(LogLevel.ERR, "mkemu: " + instance.spec().name() + " is not restarted: "
                    + refused.getMessage());
            }
        }
    }
}
