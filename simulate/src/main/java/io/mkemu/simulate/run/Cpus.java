// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.boot.BootParameters;
import io.mkemu.kernel.HookedKernel;
import io.mkemu.kernel.KernelHook;
import io.mkemu.kernel.SteppedKernel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.simulate.strategy.Strategy;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * The CPUs of all kernels of a run, and the host's supervisor: how they boot, where they stop, how they die. Used by
 * the run's thread only.
 */
final class Cpus implements VirtualPlatform.Scheduler {
    /* Where a CPU stops, beside those of VirtualPlatform. */
    static final int CALL = 3;
    static final int CALLBACK = 4;
    static final int TASK = 5;
    private static final int SEND = 6;
    private static final int TURN = 7;
    private static final int SLEEP = 8;
    private static final int SPIN = 9;
    private static final int PARK = 10;
    private static final int BOOT = 11;
    private static final long EVERYTHING = -1;
    private static final long SPIN_NANOS = 100;
    /* A second of them: nobody waits longer for room. */
    private static final long MOST_SPINS_IN_C = 10_000_000;

    /** What stands between a kernel and its modules. */
    interface Hooks {
        KernelHook of(int instance, HookedKernel kernel);
    }

    private final MappedMachine mapped;
    private final VirtualPlatform platform;
    private final ModuleImages images;
    private final Strategy strategy;
    private final Hooks hooks;
    private final BiConsumer<Integer, Throwable> refusals;
    private final Actor supervisor = new Actor(0, "supervisor", -1, 0);
    private final Actor script;
    private final Actor[] actors;
    private final SteppedKernel[] kernels;
    private final long[] poolBytes;
    private final int[] sendingTo;
    private Actor current;
    private boolean eventMissed;
    private long spinsInC;
    private long touched;
    private boolean sharesPages;

    /**
     * All of them are off.
     *
     * @param entries  the instances, by ascending id
     * @param names    theirs, by id
     * @param scripted whether there is an actor for a script, the last one
     * @param refusals told which kernel does not boot, and why
     */
    Cpus(MappedMachine mapped, VirtualPlatform platform, ModuleImages images, Strategy strategy,
        Collection<InstanceEntry> entries, String[] names, boolean scripted, Hooks hooks,
        BiConsumer<Integer, Throwable> refusals) {
        this.mapped = mapped;
        this.platform = platform;
        this.images = images;
        this.strategy = strategy;
        this.hooks = hooks;
        this.refusals = refusals;
        this.kernels = new SteppedKernel[names.length];
        this.poolBytes = new long[names.length];
        List<Actor> all = new ArrayList<>(List.of(supervisor));
        for (InstanceEntry entry : entries) {
            for (int logical = 0; logical < entry.cpus().length; logical++) {
                all.add(new Actor(all.size(), names[entry.id()] + "/" + logical, entry.id(), logical));
            }
        }
        this.script = scripted ? new Actor(all.size(), "script", -1, 0) : null;
        if (scripted) {
            all.add(script);
        }
        this.actors = all.toArray(Actor[]::new);
        this.sendingTo = new int[actors.length];
        Arrays.fill(sendingTo, -1);
    }

    Actor supervisor() {
        return supervisor;
    }

    /** The script's, or null. */
    Actor script() {
        return script;
    }

    int count() {
        return actors.length;
    }

    Actor actor(int number) {
        return actors[number];
    }

    /** The kernels that run, by the ids of their instances; null for the others. */
    SteppedKernel[] kernels() {
        return kernels;
    }

    /** Bytes that the pool of an instance had free when its kernel booted. */
    long poolBytes(int instance) {
        return poolBytes[instance];
    }

    /**
     * Who can go on.
     *
     * @param ready takes their numbers, ascending
     * @return how many
     */
    int ready(long now, int[] ready) {
        int count = 0;
        for (Actor actor : actors) {
            if (actor.isReady(now)) {
                ready[count++] = actor.number();
            }
        }
        return count;
    }

    /** When somebody can go on though nothing happens; {@link Long#MAX_VALUE} for never. */
    long due() {
        long due = Long.MAX_VALUE;
        for (Actor actor : actors) {
            due = Math.min(due, actor.due());
        }
        return due;
    }

    /** Lets one of them go on to its next point. */
    void step(Actor actor, long now) {
        current = actor;
        spinsInC = 0;
        touched = actor.instance() < 0 || sharesPages ? EVERYTHING : bit(actor.instance());
        try {
            actor.step(now);
        } finally {
            current = null;
        }
    }

    /** What the last step had to do with: a bit for each instance. */
    long touched() {
        return touched;
    }

    /** The step has to do with an instance too. */
    void touches(int instance) {
        touched |= bit(instance);
    }

    /**
     * The step may have to do with any instance.
     *
     * @param forGood and so may all that follow: what is done to a shared page is not seen
     */
    void touchesAll(boolean forGood) {
        touched = EVERYTHING;
        sharesPages |= forGood;
    }

    private static long bit(int instance) {
        return 1L << instance;
    }

    /** All CPUs that sleep wake and look at their whole mailboxes. */
    void audit() {
        platform.advance(SteppedKernel.AUDIT_NANOS);
        for (Actor actor : actors) {
            if (actor.instance() >= 0 && !actor.isOff()) {
                actor.goesOn();
            }
        }
    }

    /* ---- lives ---- */

    /** A kernel begins to boot. */
    void boots(int instance, List<String> modules) {
        InstanceEntry entry = mapped.instances().entry(instance);
        Actor boot = cpu(instance, 0);
        boot.begins(() -> boot(boot, entry, modules));
    }

    private Actor cpu(int instance, int logicalCpu) {
        for (Actor actor : actors) {
            if (actor.instance() == instance && actor.logicalCpu() == logicalCpu) {
                return actor;
            }
        }
        throw new IllegalStateException("instance " + instance + " has no CPU " + logicalCpu);
    }

    private void boot(Actor actor, InstanceEntry entry, List<String> modules) {
        int id = entry.id();
        SteppedKernel kernel;
        try {
            entry.pid(id + 1L);
            poolBytes[id] = available(entry);
            kernel = new SteppedKernel(mapped, id, BootParameters.parse(entry.cmdline()),
                hooked -> hooks.of(id, hooked));
            kernels[id] = kernel;
            actor.runs(kernel);
            stop(actor, BOOT, true);
            kernel.bringUp();
            kernel.start(images.load(id, modules));
        } catch (RuntimeException | Error refused) {
            refusals.accept(id, refused);
            return;
        }
        for (int logical = 1; logical < kernel.cpus(); logical++) {
            Actor other = cpu(id, logical);
            int number = logical;
            other.begins(() -> turns(other, kernel, number));
            other.runs(kernel);
        }
        turns(actor, kernel, 0);
    }

    /** Bytes of an instance's pool that are free. */
    long available(InstanceEntry entry) {
        try (var pool = mapped.poolOf(entry)) {
            return pool.available();
        }
    }

    /** What the thread of a CPU does. */
    private void turns(Actor actor, SteppedKernel kernel, int logical) {
        while (true) {
            long wait = kernel.turn(logical);
            stop(actor, TURN, true);
            if (wait > 0) {
                boolean sleeps = kernel.sleeps(logical);
                if (sleeps) {
                    long now = platform.nanoTime();
                    actor.sleeps(wait > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + wait);
                    stop(actor, SLEEP, true);
                }
                kernel.wakes(logical, sleeps);
            }
        }
    }

    /** Whether the CPUs of a kernel stand between two turns; or, if that is asked, one stands in a send. */
    boolean isAt(int instance, boolean midSend) {
        boolean sending = false;
        boolean boundary = true;
        for (Actor actor : actors) {
            if (actor.instance() == instance && !actor.isOff()) {
                sending |= sendingTo[actor.number()] >= 0 && actor.stoppedAt() == SEND;
                boundary &= actor.isAtBoundary();
            }
        }
        return midSend ? sending : boundary;
    }

    /**
     * The kernel of an instance is gone, wherever its CPUs stand.
     *
     * @param deliveries told of messages in the sending of which it died
     */
    void kill(int instance, Deliveries deliveries) {
        for (Actor actor : actors) {
            if (actor.instance() == instance && !actor.isOff()) {
                int to = sendingTo[actor.number()];
                if (to >= 0) {
                    deliveries.inDoubt(mapped.instances().entry(instance).cpus()[actor.logicalCpu()], to);
                }
                sendingTo[actor.number()] = -1;
                actor.ends();
            }
        }
        kernels[instance] = null;
    }

    /** The CPU that runs now begins to send to a CPU, -1: it has sent. */
    void sending(int targetCpu) {
        sendingTo[current.number()] = targetCpu;
    }

    /** Name of a CPU that stands in a send to a CPU now, or null. */
    String senderTo(int targetCpu) {
        for (Actor actor : actors) {
            if (sendingTo[actor.number()] == targetCpu) {
                return actor.name();
            }
        }
        return null;
    }

    /** All CPUs of an instance stand still where they are, or go on. */
    void hold(int instance, boolean held) {
        for (Actor actor : actors) {
            if (actor.instance() == instance) {
                actor.hold(held ? Long.MAX_VALUE : 0);
            }
        }
    }

    /** Nobody is held any more, and what has only begun to boot does not. */
    void standStill() {
        for (Actor actor : actors) {
            actor.hold(0);
            if (actor.instance() >= 0 && kernels[actor.instance()] == null) {
                actor.ends();
            }
        }
    }

    /* ---- points ---- */

    /** False if it has gone on at once: code in C is on its stack, or it runs on a thread that C has started. */
    private static boolean stop(Actor actor, int where, boolean betweenTurns) {
        actor.stopsAt(where, betweenTurns);
        return Coroutine.stop();
    }

    /** Whether a CPU, or the supervisor, runs now. */
    boolean isRunning() {
        return current != null;
    }

    @Override
    public void point(int where) {
        Actor actor = current;
        if (actor != null && !(strategy.isCoarse() && isFine(where))) {
            stop(actor, where, false);
        }
    }

    private static boolean isFine(int where) {
        return where == SEND || where == VirtualPlatform.POINT || where == VirtualPlatform.FENCE;
    }

    /** A step of a send is done. */
    void sendPoint() {
        point(SEND);
    }

    @Override
    public void spins() {
        Actor actor = current;
        if (actor != null) {
            strategy.spins(actor.number());
            if (!stop(actor, SPIN, false)) {
                spinsInC(actor);
            }
        }
    }

    /** Time passes for a CPU that waits inside of C, but no other CPU can go on meanwhile. */
    private void spinsInC(Actor actor) {
        platform.advance(SPIN_NANOS);
        if (++spinsInC > MOST_SPINS_IN_C) {
            throw new IllegalStateException("CPU " + actor.name() + " waits for another CPU inside of a call from C, "
                + "and a simulation cannot let another one go on there");
        }
    }

    /** As {@link #spins}, and goes on at once. */
    void gaveWay() {
        strategy.spins(current.number());
    }

    @Override
    public void parks(long nanos) {
        Actor actor = current;
        if (actor != null) {
            actor.parks(platform.nanoTime() + Math.max(1, nanos));
            strategy.spins(actor.number());
            if (!stop(actor, PARK, false)) {
                actor.goesOn();
                platform.advance(Math.max(1, nanos));
            }
        }
    }

    /** The supervisor has nothing to do before a time. */
    void waits(long until) {
        /* As a real host, which sleeps on the event word that it has read before it looked. */
        supervisor.parks(eventMissed ? 0 : until);
        eventMissed = false;
        stop(supervisor, PARK, true);
    }

    /** The script waits; false if it cannot, because something is on its stack that does not stop. */
    boolean awaits(BooleanSupplier condition, long until) {
        script.awaits(condition, until);
        return stop(script, PARK, true);
    }

    @Override
    public void event() {
        if (supervisor.isOff() || current == supervisor) {
            return;
        }
        /* In the midst of its look it may have passed what this is about. */
        eventMissed |= !supervisor.isAt(PARK);
        supervisor.goesOn();
    }
}
