// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.abi.InstanceState;
import io.mkemu.module.Observed;
import io.mkemu.table.InstanceEntry;
import java.util.Arrays;
import java.util.NoSuchElementException;

/** What modules publish, and what else a check may see of a machine. One run's thread. */
final class Observations implements Observed {
    /** What the kernel of an instance publishes. */
    private static final class Values {
        private final InstanceEntry entry;
        private final String name;
        private String[] names = new String[4];
        private long[] values = new long[4];
        private int count;

        Values(InstanceEntry entry, String name) {
            this.entry = entry;
            this.name = name;
        }

        int indexOf(String wanted) {
            for (int index = 0; index < count; index++) {
                if (names[index].equals(wanted)) {
                    return index;
                }
            }
            return -1;
        }

        void put(String wanted, long value) {
            int index = indexOf(wanted);
            if (index < 0) {
                index = count++;
                if (index == names.length) {
                    names = Arrays.copyOf(names, 2 * index);
                    values = Arrays.copyOf(values, 2 * index);
                }
                names[index] = wanted;
            }
            values[index] = value;
        }
    }

    private final VirtualPlatform platform;
    private final int[] ids;
    private final Values[] byId;
    private long step;
    private long hash;

    /**
     * Nothing is published.
     *
     * @param entries ids ascending, with their names
     */
    Observations(VirtualPlatform platform, InstanceEntry[] entries, String[] names) {
        this.platform = platform;
        this.ids = Arrays.stream(entries).mapToInt(InstanceEntry::id).toArray();
        this.byId = new Values[ids[ids.length - 1] + 1];
        for (int index = 0; index < entries.length; index++) {
            byId[ids[index]] = new Values(entries[index], names[index]);
        }
    }

    void observe(int instance, String name, long value) {
        byId[instance].put(name, value);
        hash = hash * 31 + value;
    }

    /** A kernel is dead. */
    void ends(int instance) {
        byId[instance].count = 0;
    }

    void step(long number) {
        step = number;
    }

    /** Of all that was published, for the hash of the state. */
    long hash() {
        return hash;
    }

    private Values of(int instance) {
        if (instance < 0 || instance >= byId.length || byId[instance] == null) {
            throw new IllegalArgumentException("the machine has no instance " + instance);
        }
        return byId[instance];
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public long nanoTime() {
        return platform.nanoTime();
    }

    @Override
    public int instances() {
        return ids.length;
    }

    @Override
    public int instance(int index) {
        return ids[index];
    }

    @Override
    public String name(int instance) {
        return of(instance).name;
    }

    @Override
    public boolean isActive(int instance) {
        return of(instance).entry.state() == InstanceState.ACTIVE;
    }

    @Override
    public long life(int instance) {
        return of(instance).entry.life();
    }

    @Override
    public boolean has(int instance, String name) {
        return of(instance).indexOf(name) >= 0;
    }

    @Override
    public long value(int instance, String name) {
        Values values = of(instance);
        int index = values.indexOf(name);
        if (index < 0) {
            throw new NoSuchElementException("instance " + values.name + " publishes no \"" + name
                + "\"; ask has() first");
        }
        return values.values[index];
    }
}
