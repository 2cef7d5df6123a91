// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hotplug;

import io.mkemu.event.EventOwner;
import io.mkemu.memory.Region;
import io.mkemu.module.MemoryChange;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.ResourceWatch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Who of a kernel's modules is told of its memory: on the boot CPU. What a module has ends with it. */
public final class MemoryListeners {
    private final BooleanSupplier isHere;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /**
     * Nobody is told yet.
     *
     * @param isHere whether the caller runs the boot CPU
     */
    public MemoryListeners(BooleanSupplier isHere) {
        this.isHere = isHere;
    }

    private record Listener(EventOwner owner, MemoryListener listener) {
        private String tell(MemoryChange change, Region region) {
            try {
                return listener.onMemory(change, region.address(), region.size());
            } catch (Throwable fault) {
                owner.noticeFailed(fault);
                return "its listener has failed";
            }
        }
    }

    /**
     * Adds a listener.
     *
     * @throws IllegalStateException if the caller does not run the boot CPU
     */
    public ResourceWatch add(EventOwner owner, MemoryListener listener) {
        requireHere(owner);
        Listener added = new Listener(owner, listener);
        listeners.add(added);
        return () -> {
            requireHere(owner);
            listeners.removeIf(each -> each == added);
        };
    }

    private void requireHere(EventOwner owner) {
        if (!isHere.getAsBoolean()) {
            throw new IllegalStateException("module " + owner.name() + " listens to its kernel's memory elsewhere than "
                + "on the boot CPU; use Kernel.runOnCpu(0, ...)");
        }
    }

    /** Drops those of a module that ends. */
    public void removeAll(EventOwner owner) {
        listeners.removeIf(listener -> listener.owner == owner);
    }

    /** Tells all. */
    void tell(MemoryChange change, Region region) {
        listeners.forEach(listener -> listener.tell(change, region));
    }

    /**
     * Asks all whether a region may go; who was asked before one that does not agree is told that it stays.
     *
     * @return null if it may; else the module that does not agree, and why
     */
    String veto(Region region) {
        int asked = 0;
        for (Listener listener : listeners) {
            asked++;
            String why = listener.tell(MemoryChange.REMOVING, region);
            if (why != null) {
                listeners.stream().limit(asked).forEach(each -> each.tell(MemoryChange.STAYS, region));
                return "module " + listener.owner.name() + ": " + why;
            }
        }
        return null;
    }
}
