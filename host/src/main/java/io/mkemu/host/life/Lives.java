// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.os.Futex;
import io.mkemu.plan.RealTimePolling;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The lives of a machine's instances: begins them, sees them become active and end, starts them again. */
public final class Lives {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    static final long HALT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Machine machine;
    private final ReentrantLock lock;
    private final Supplier<Collection<HostedInstance>> instances;
    private final Futex futex = new Futex();
    private volatile boolean stopped;
    private boolean closing;
    private Thread supervisor;
    private final Set<String> saidOvercommitments = new HashSet<>();
    private String overcommitment;

    public Lives(Machine machine, ReentrantLock lock, Supplier<Collection<HostedInstance>> instances) {
        this.machine = machine;
        this.lock = lock;
        this.instances = instances;
    }

    /**
     * Begins lives; under the lock.
     *
     * @param external whether somebody else starts their processes, whatever the tree says
     * @param joining  how somebody else does, where he does
     * @param say      told how to join, a line at a time
     */
    public void begin(List<HostedInstance> all, boolean external, Joining joining, Consumer<String> say) {
        Map<HostedInstance, InstanceLife> lives = new LinkedHashMap<>();
        for (HostedInstance instance : all) {
            lives.put(instance, prepare(instance, external, joining));
        }
        lives.forEach((instance, life) -> machine.place(instance.spec().cpus(), life.hostCpus()));
        requireHostCpu(lives);
        shareCores(all);
        lives.forEach((instance, life) -> begin(instance, life, say));
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
            : new InstanceProcess(machine, spec, over);
    }

    private void begin(HostedInstance instance, InstanceLife life, Consumer<String> say) {
        List<String> lines = List.of();
        try {
            instance.begin(life);
            lines = life instanceof ExternalProcess joined ? joined.joinLines() : lines;
            life.exec();
        } catch (RuntimeException refused) {
            instance.abandon(refused.getMessage());
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
        overcommitment = machine.shareCores(running);
        /* Those who are left when a life ends were told when it began. */
        if (!about.isEmpty()) {
            sayOvercommitment();
        }
    }

    private void sayOvercommitment() {
        /* Each combination once: instances that die and are restarted would say it again and again. */
        if (overcommitment != null && machine.hostKernel() != null && saidOvercommitments.add(overcommitment)) {
            hostSays(LogLevel.NOTICE, "mkemu: " + overcommitment);
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
     * Ends lives and waits for that.
     *
     * @return a line for each that had to be forced
     */
    public List<String> end(List<HostedInstance> all, boolean force, long timeoutMillis) throws InterruptedException {
        List<InstanceLife> lives = new ArrayList<>();
        for (HostedInstance instance : all) {
            InstanceLife life = instance.life();
            if (life != null) {
                lives.add(life);
                if (force) {
                    life.halt();
                } else {
                    life.shutDown();
                }
            }
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        List<String> forced = new ArrayList<>();
        if (!force) {
            for (InstanceLife life : lives) {
                if (!life.awaitEnd(deadline)) {
                    forced.add(life.spec().name() + ": did not shut down within " + timeoutMillis + " ms, forced");
                    life.halt();
                }
            }
        }
        return awaitHalted(lives, force ? deadline : System.nanoTime() + HALT_NANOS, forced);
    }

    /** As {@link #end}, but what does not end is told in a line. */
    public List<String> tryEnd(List<HostedInstance> all, boolean force, long timeoutMillis)
        throws InterruptedException {
        try {
            return end(all, force, timeoutMillis);
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
            instance.end(wanted, how.isEmpty() ? "ended by itself with exit code 0" : how);
            KernelLog log = new KernelLog(machine.memory(), instance.spec().id());
            life.takeOutput(true, (ended, line) -> log.append(LogLevel.NOTICE.ordinal(), -1, line));
            if (wanted && life.isHalting() && !(life instanceof ExternalProcess && life.pid() == 0)) {
                log.append(LogLevel.WARNING.ordinal(), -1, "mkemu: halted by force"
                    + (how.isEmpty() ? "" : ": " + how));
            }
            if (!wanted) {
                log.append(LogLevel.ERR.ordinal(), -1, "mkemu: instance failed: " + instance.reason());
                /* What somebody else has started only he can start again. */
                boolean ours = !(life instanceof ExternalProcess);
                if (ours && !closing && !life.isShuttingDown()
                    && instance.restarts().plan(instance.spec().restart())) {
                    int count = instance.restarts().count();
                    RestartPolicy policy = instance.spec().restart();
                    log.append(LogLevel.NOTICE.ordinal(), -1, "mkemu: restart " + count + " of " + policy.limit()
                        + " in " + policy.delayMillis(count - 1) + " ms");
                }
            }
            shareCores(List.of());
        } finally {
            lock.unlock();
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

    /** Ends that. */
    public void stopSupervising() throws InterruptedException {
        stopped = true;
        if (supervisor != null) {
            while (supervisor.isAlive()) {
                machine.memory().raiseEvent();
                supervisor.join(LOOK_NANOS / 1_000_000);
            }
        }
    }

    private void run() {
        while (!stopped) {
            int seen = machine.memory().event();
            long wait = look();
            machine.memory().awaitEvent(futex, seen, wait);
        }
    }

    /** Looks at everything once; ns until it must look again, 0 for when something happens. */
    private long look() {
        lock.lock();
        try {
            boolean again = false;
            for (HostedInstance instance : instances.get()) {
                InstanceLife life = instance.life();
                if (life != null) {
                    life.look();
                    life.takeOutput(false, (ended, line) -> hostSays(LogLevel.NOTICE, instance.spec().name() + ": "
                        + line));
                    again |= life.hasOutput();
                } else if (instance.restarts().isPlanned()) {
                    restart(instance);
                    again |= instance.restarts().isPlanned();
                }
                again |= instance.look();
            }
            return again ? LOOK_NANOS : 0;
        } finally {
            lock.unlock();
        }
    }

    private void restart(HostedInstance instance) {
        if (instance.restarts().dueInNanos() == 0) {
            try {
                begin(List.of(instance), false, Joining.byCommand(), line -> { });
            } catch (RuntimeException refused) {
                hostSays(LogLevel.ERR, "mkemu: " + instance.spec().name() + " is not restarted: "
                    + refused.getMessage());
            }
        }
    }

    private void hostSays(LogLevel level, String line) {
        KernelInstance host = machine.hostKernel();
        if (host != null) {
            host.printk(level, line);
        }
    }
}
