// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.abi.Pages;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.tree.InstanceSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The multikernel pool as it would be after some changes: takes from a copy of its bitmap what {@link InstanceMemory}
 * would take. Nobody else sees it. One thread, which has the host's lock when it makes this object.
 */
public final class RehearsedMemory {
    private final HostedMachine machine;
    private final MultikernelPool pool;
    private final Map<String, List<Region>> regions = new HashMap<>();

    /** The pool as it is now, and these instances' parts of it. */
    public RehearsedMemory(HostedMachine machine, Collection<HostedInstance> instances) {
        this.machine = machine;
        try (Window map = machine.memory().map(machine.memory().layout().poolMapAt(),
            machine.memory().layout().poolMapSize())) {
            UnsafeBuffer copy = new UnsafeBuffer(ByteBuffer.allocateDirect(map.buffer().capacity()));
            copy.putBytes(0, map.buffer(), 0, copy.capacity());
            pool = MultikernelPool.attach(machine.memory(), null, copy);
        }
        instances.forEach(instance -> regions.put(instance.spec().name(), instance.regions()));
    }

    /**
     * Takes memory for a new instance.
     *
     * @throws io.mkemu.MachineException as if it were taken from the pool itself
     */
    public void take(InstanceSpec wanted) {
        List<Region> found = pool.createInstancePool(wanted.memoryBytes(), Pages.PAGE_SHIFT);
        InstanceMemory.requireRoom(machine, found.isEmpty() ? List.of() : List.of(found), wanted);
        regions.put(wanted.name(), found);
    }

    /**
     * Takes a region more for an instance whose kernel runs.
     *
     * @throws io.mkemu.MachineException if there is none
     */
    public void add(String name, long bytes) {
        List<Region> all = new ArrayList<>(regions.get(name));
        all.add(InstanceMemory.takeFurther(pool, name, all.size(), bytes));
        regions.put(name, all);
    }

    /** Gives a region of an instance back, if it has it. */
    public void remove(String name, Region region) {
        List<Region> all = new ArrayList<>(regions.get(name));
        if (all.remove(region)) {
            pool.release(List.of(region));
            regions.put(name, all);
        }
    }

    /** Gives an instance's memory back. */
    public void free(String name) {
        pool.release(regions.remove(name));
    }

    /**
     * Exchanges an instance's memory if it is to have another size, or its IPI area would have no room in it.
     *
     * @param former what the instance is
     * @throws io.mkemu.MachineException as if it were taken from the pool itself; all is as before then
     */
    public void exchange(InstanceSpec former, InstanceSpec wanted) {
        List<Region> old = regions.get(wanted.name());
        if (former.memoryBytes() == wanted.memoryBytes() && InstanceMemory.holdsIpiArea(machine, old, wanted)) {
            return;
        }
        List<Region> beside = pool.createInstancePool(wanted.memoryBytes(), Pages.PAGE_SHIFT);
        if (!beside.isEmpty() && InstanceMemory.holdsIpiArea(machine, beside, wanted)) {
            pool.release(old);
            regions.put(wanted.name(), beside);
            return;
        }
        pool.release(beside);
        pool.release(old);
        List<Region> instead = pool.createInstancePool(wanted.memoryBytes(), Pages.PAGE_SHIFT);
        if (instead.isEmpty() || !InstanceMemory.holdsIpiArea(machine, instead, wanted)) {
            pool.release(instead);
            old.forEach(region -> pool.bitmap().take(region.address(), region.size()));
            InstanceMemory.requireRoom(machine, instead.isEmpty() ? List.of() : List.of(instead), wanted);
        }
        regions.put(wanted.name(), instead);
    }
}
