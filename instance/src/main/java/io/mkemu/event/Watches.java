// SPDX-License-Identifier: Apache-2.0
package io.mkemu.event;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Who of one CPU is told what becomes of instances. Whoever changes a life or a state rings the CPUs that watch; they
 * look at the whole table then, so that a ring for several changes, or too many of them, does no harm. Used by whoever
 * runs the CPU only. A look allocates nothing.
 */
public final class Watches {
    private static final Watch[] NONE = {};

    private final LocalApic apic;
    private final BooleanSupplier isHere;
    private final InstanceTable instances;
    private Watch[] watches = NONE;
    private boolean due;
    /* Who has the watches, if this CPU has gone. */
    private Watches successor;

    /**
     * The listeners of a CPU.
     *
     * @param apic   its local APIC
     * @param isHere whether the caller runs it
     */
    public Watches(LocalApic apic, BooleanSupplier isHere, InstanceTable instances) {
        this.apic = apic;
        this.isHere = isHere;
        this.instances = instances;
    }

    /** A listener, and what it has been told. */
    private final class Watch implements InstanceWatch {
        private final EventOwner owner;
        private Watches home = Watches.this;
        private final InstanceListener listener;
        /* Of each instance: the last life of which it was told, times 2, plus 1 while that has not ended. */
        private final long[] told = new long[InstanceDescriptor.MAX_INSTANCES];

        Watch(EventOwner owner, InstanceListener listener) {
            this.owner = owner;
            this.listener = listener;
        }

        @Override
        public void end() {
            if (!home().isHere.getAsBoolean()) {
                throw new IllegalStateException("module " + owner.name() + " ended a watch of CPU "
                    + home().apic.physicalCpu() + " elsewhere; use Kernel.runOnCpu");
            }
            home().removeIf(this, null);
        }

        private Watches home() {
            while (home.successor != null) {
                home = home.successor;
            }
            return home;
        }

        /** What failed before this one was there is no news. */
        void begin(int id, long word) {
            if (InstanceEntry.stateOf(word) == InstanceState.FAILED) {
                told[id] = InstanceEntry.lifeOf(word) << 1;
            }
        }

        void look(int id, long word) {
            long life = InstanceEntry.lifeOf(word);
            InstanceState state = InstanceEntry.stateOf(word);
            long known = told[id] >>> 1;
            boolean lives = (told[id] & 1) != 0;
            boolean active = state == InstanceState.ACTIVE;
            if (lives && (life != known || !active)) {
                told[id] = known << 1;
                tell(id, known, life == known && state == InstanceState.FAILED ? InstanceChange.FAILED
                    : InstanceChange.GONE);
            }
            if (life != known && active) {
                told[id] = life << 1 | 1;
                tell(id, life, InstanceChange.ACTIVE);
            } else if (life != known && state == InstanceState.FAILED) {
                told[id] = life << 1;
                tell(id, life, InstanceChange.FAILED);
            }
        }

        private void tell(int id, long life, InstanceChange change) {
            if (!home().isThere(this)) {
                return;
            }
            try {
                listener.onInstanceChange(id, life, change);
            } catch (Throwable fault) {
                owner.noticeFailed(fault);
            }
        }
    }

    /** Whether {@link #run} has something to do. */
    public boolean isDue() {
        return due;
    }

    /** Something may have changed. */
    public void rung() {
        due = watches.length > 0;
    }

    /** Begins to tell a listener, in the next turn of the CPU: of all that are active then, and what comes after. */
    public InstanceWatch add(EventOwner owner, InstanceListener listener) {
        Watch watch = new Watch(owner, listener);
        Watch[] more = Arrays.copyOf(watches, watches.length + 1);
        more[watches.length] = watch;
        watches = more;
        /* Before the first look: who changes something from here on rings. */
        apic.watches(true);
        for (int id = 0; id < InstanceDescriptor.MAX_INSTANCES; id++) {
            watch.begin(id, instances.entry(id).lifeWord());
        }
        apic.raise(LocalApicDescriptor.INSTANCE_VECTOR);
        return watch;
    }

    /**
     * Takes the watches of a CPU that has gone, with what they have been told. Whoever runs this CPU calls, and nobody
     * runs the other one any more.
     */
    public void takeAll(Watches gone) {
        gone.successor = this;
        if (gone.watches.length == 0) {
            return;
        }
        Watch[] more = Arrays.copyOf(watches, watches.length + gone.watches.length);
        System.arraycopy(gone.watches, 0, more, watches.length, gone.watches.length);
        gone.watches = NONE;
        watches = more;
        apic.watches(true);
        /* What has changed since that CPU looked last. */
        apic.raise(LocalApicDescriptor.INSTANCE_VECTOR);
    }

    private boolean isThere(Watch watch) {
        for (Watch each : watches) {
            if (each == watch) {
                return true;
            }
        }
        return false;
    }

    /** Drops the watches of a module that ends. */
    public void removeAll(EventOwner owner) {
        removeIf(null, owner);
    }

    private void removeIf(Watch one, EventOwner owner) {
        watches = Arrays.stream(watches).filter(each -> each != one && each.owner != owner).toArray(Watch[]::new);
        if (watches.length == 0) {
            apic.watches(false);
        }
    }

    /** Looks at all instances, and tells what is new. */
    public void run() {
        due = false;
        Watch[] all = watches;
        for (int id = 0; id < InstanceDescriptor.MAX_INSTANCES; id++) {
            long word = instances.entry(id).lifeWord();
            for (Watch watch : all) {
                watch.look(id, word);
            }
        }
    }
}
