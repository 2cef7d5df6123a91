// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.hazards.Patience.Silence;
import io.mkemu.hazards.module.HazardModule;
import io.mkemu.hazards.module.HazardPage;
import io.mkemu.host.Host;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.life.Joining;
import io.mkemu.host.life.Machine;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.os.Futex;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A booted machine with one of the mailboxes, and its kernels in their parts. One thread. A kernel that does not do its
 * part, or has died, is a {@link Silence}.
 */
final class Stage implements AutoCloseable {
    private final IpiMode mode;
    private final BooleanSupplier cancelled;
    private final Host host;
    private final List<String> booted = new ArrayList<>();
    private final List<Window> windows = new ArrayList<>();
    private final Map<Integer, Actor> actors = new HashMap<>();
    private final Patience patience = new Patience(this::check);
    private long nextSequence;

    private Stage(MachineDirectory directory, IpiMode mode, BooleanSupplier cancelled) throws IOException {
        this.mode = mode;
        this.cancelled = cancelled;
        this.host = Host.init(directory, MachinePlan.of(Cast.tree(mode, HazardModule.jar())));
    }

    /**
     * Makes the machine and boots it.
     *
     * @param cancelled asked again and again: whether somebody wants the end
     * @throws MachineException if it cannot be made or booted, or somebody wants the end; nothing is left then
     */
    static Stage open(MachineDirectory directory, IpiMode mode, BooleanSupplier cancelled) throws IOException {
        Stage stage = new Stage(directory, mode, cancelled);
        try {
            stage.boot();
            return stage;
        } catch (Silence silent) {
            stage.close();
            throw new MachineException(ExitCode.FAILED, "the machine for " + mode + " does not boot: "
                + silent.getMessage(), silent);
        } catch (IOException | RuntimeException | Error fault) {
            stage.close();
            throw fault;
        } catch (InterruptedException stop) {
            stage.close();
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted", stop);
        }
    }

    private void boot() throws IOException, InterruptedException {
        InstanceEntry root = mapped().instances().entry(0);
        root.cmdline(root.cmdline() + addActor(root));
        for (InstanceSpec spec : machine().plan().spec().instances()) {
            if (spec.id() != Cast.UNBOOTED) {
                check();
                String parameter = addActor(mapped().instances().entry(spec.id()));
                host.unload(List.of(spec.name()));
                host.load(spec.name(), spec.modules(), spec.bootargs() + parameter, spec.restart());
                host.start(List.of(spec.name()), false, Joining.byCommand(), line -> { });
                booted.add(spec.name());
            }
        }
        host.boot();
        Patience.Events events = machineEvents();
        for (String name : booted) {
            await(events, "the boot of instance " + name, () -> status(name).state() == InstanceState.ACTIVE);
        }
    }

    /** Allocates the page of orders; the boot parameter that tells the kernel where it is. */
    private String addActor(InstanceEntry entry) {
        long address = allocate(entry, HazardPage.LENGTH);
        Window window = map(address, HazardPage.LENGTH);
        window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);
        actors.put(entry.id(), new Actor(this, entry, new HazardPage(window.buffer())));
        return " " + HazardModule.NAME + ".page=0x" + Long.toHexString(address);
    }

    private Patience.Events machineEvents() {
        Futex futex = new Futex();
        return new Patience.Events() {
            @Override
            public int seen() {
                return mapped().memory().event();
            }

            @Override
            public void await(int seen, long timeoutNanos) {
                mapped().memory().awaitEvent(futex, seen, timeoutNanos);
            }
        };
    }

    private InstanceStatus status(String name) {
        return host.status().instances().stream().filter(status -> status.name().equals(name)).findFirst()
            .orElseThrow();
    }

    /** Whether this is the RFC's own mailbox, which knows only the RFC's calls. */
    boolean isSingleSlot() {
        return mode == IpiMode.SINGLE_SLOT;
    }

    Machine machine() {
        return host.machine();
    }

    MappedMachine mapped() {
        return host.machine().mapped();
    }

    /** A kernel by its instance id, 0 the host. */
    Actor actor(int id) {
        return actors.get(id);
    }

    /** So many message numbers that were never used. */
    long sequences(long count) {
        long first = nextSequence;
        nextSequence += count;
        return first;
    }

    /** Allocates memory of an instance, whole pages. */
    long allocate(InstanceEntry owner, long size) {
        try (InstancePool pool = mapped().poolOf(owner)) {
            long address = pool.alloc(size, Pages.PAGE_SIZE);
            if (address == 0) {
                throw new Silence("instance " + owner.name() + " has no " + size + " bytes left");
            }
            return address;
        }
    }

    /** Maps memory until the stage is closed. */
    Window map(long address, long size) {
        Window window = mapped().memory().map(address, size);
        windows.add(window);
        return window;
    }

    /**
     * Waits for something that a kernel is to do.
     *
     * @throws Silence if it does not, or an instance has died: nothing on this machine can be trusted to happen then
     */
    void await(Patience.Events events, String what, BooleanSupplier condition) {
        patience.await(events, what, condition);
    }

    /** After a {@link Silence}: lets kernels that are held go on. */
    void recover() {
        actors.values().forEach(Actor::recover);
    }

    private void check() {
        if (cancelled.getAsBoolean()) {
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted");
        }
        for (Actor actor : actors.values()) {
            if (actor.entry().state() == InstanceState.FAILED) {
                throw new Silence("instance " + actor.entry().name() + " is dead: " + actor.entry().reason());
            }
        }
    }

    /** Kills the kernels, also those that are stopped or hang, and removes the machine. */
    @Override
    public void close() throws IOException {
        try {
            host.end();
        } finally {
            windows.forEach(Window::close);
        }
    }
}
