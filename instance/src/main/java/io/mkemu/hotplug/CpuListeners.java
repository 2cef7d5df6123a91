// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hotplug;

import io.mkemu.event.EventOwner;
import io.mkemu.module.CpuChange;
import io.mkemu.module.CpuListener;
import io.mkemu.module.ResourceWatch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Who of a kernel's modules is told of its CPUs. Told on the boot CPU; a module that ends takes its own back there. */
public final class CpuListeners {
    private final BooleanSupplier isHere;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /**
     * Nobody is told yet.
     *
     * @param isHere whether the caller runs the boot CPU
     */
    public CpuListeners(BooleanSupplier isHere) {
        this.isHere = isHere;
    }

    private record Listener(EventOwner owner, CpuListener listener) {
        private String tell(CpuChange change, int logicalCpu, int physicalCpu) {
            try {
                return listener.onCpu(change, logicalCpu, physicalCpu);
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
    public ResourceWatch add(EventOwner owner, CpuListener listener) {
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
            throw new IllegalStateException("module " + owner.name() + " listens to its kernel's CPUs elsewhere than "
                + "on the boot CPU; use Kernel.runOnCpu(0, ...)");
        }
    }

    /** Drops those of a module that ends. */
    public void removeAll(EventOwner owner) {
        listeners.removeIf(listener -> listener.owner == owner);
    }

    /** Tells all. */
    public void tell(CpuChange change, int logicalCpu, int physicalCpu) {
        listeners.forEach(listener -> listener.tell(change, logicalCpu, physicalCpu));
    }

    /**
     * Asks all whether a CPU may go; who was asked before one that does not agree is told that it stays.
     *
     * @return null if it may; else the module that does not agree, and why
     */
    public String veto(int logicalCpu, int physicalCpu) {
        int asked = 0;
        for (Listener listener : listeners) {
            asked++;
            String why = listener.tell(CpuChange.REMOVING, logicalCpu, physicalCpu);
            if (why != null) {
                listeners.stream().limit(asked)
                    .forEach(each -> each.tell(CpuChange.STAYS, logicalCpu, physicalCpu));
                return "module " + listener.owner.name() + ": " + why;
            }
        }
        return null;
    }
}
