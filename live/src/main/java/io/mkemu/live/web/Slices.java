// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts of a recording, in slices of time that are all as long: whenever there are too many, two neighbours become
 * one. Not thread-safe.
 */
final class Slices {
    /** At most so many slices. */
    static final int MOST = 512;
    private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int ID_BITS = 16;

    /** What is counted of a kernel. */
    enum What { SENT, RECEIVED, REFUSED, INTERRUPTS, CALLBACKS }

    /** Counts of one slice: of kernels by id, of pairs by {@link #pair}. */
    static final class Slice {
        final Map<Integer, long[]> kernels = new TreeMap<>();
        final Map<Integer, Long> pairs = new TreeMap<>();

        private void add(Slice other) {
            other.kernels.forEach((kernel, counts) -> kernels.merge(kernel, counts, (one, more) -> {
                for (int i = 0; i < one.length; i++) {
                    one[i] += more[i];
                }
                return one;
            }));
            other.pairs.forEach((pair, count) -> pairs.merge(pair, count, Long::sum));
        }

        long of(int kernel, What what) {
            long[] counts = kernels.get(kernel);
            return counts == null ? 0 : counts[what.ordinal()];
        }

        long all(What what) {
            return kernels.values().stream().mapToLong(counts -> counts[what.ordinal()]).sum();
        }
    }

    private final long begin;
    private final List<Slice> slices = new ArrayList<>();
    private long width = LEAST_NANOS;

    /** None yet; times before the beginning count as the beginning. */
    Slices(long begin) {
        this.begin = begin;
    }

    void count(long time, int kernel, What what) {
        if (kernel >= 0) {
            at(time).kernels.computeIfAbsent(kernel, id -> new long[What.values().length])[what.ordinal()]++;
        }
    }

    void delivered(long time, int from, int to) {
        if (from >= 0 && to >= 0) {
            at(time).pairs.merge(pair(from, to), 1L, Long::sum);
        }
    }

    private Slice at(long time) {
        long since = Math.max(0, time - begin);
        while (since / width >= MOST) {
            halve();
        }
        int index = (int) (since / width);
        while (slices.size() <= index) {
            slices.add(new Slice());
        }
        return slices.get(index);
    }

    private void halve() {
        for (int i = 0; i < slices.size(); i += 2) {
            Slice both = slices.get(i);
            if (i + 1 < slices.size()) {
                both.add(slices.get(i + 1));
            }
            slices.set(i / 2, both);
        }
        slices.subList((slices.size() + 1) / 2, slices.size()).clear();
        width *= 2;
    }

    private static int pair(int from, int to) {
        return from << ID_BITS | to;
    }

    /** The sender of a pair. */
    static int from(int pair) {
        return pair >>> ID_BITS;
    }

    /** The receiver of a pair. */
    static int to(int pair) {
        return pair & 0xffff;
    }

    /** In the order of time, the first one at the beginning. */
    List<Slice> all() {
        return slices;
    }

    /** Ns of each. */
    long width() {
        return width;
    }

    /** The slice that a time is in; an empty one if nothing was counted there. */
    Slice find(long time) {
        long index = (time - begin) / width;
        return time >= begin && index < slices.size() ? slices.get((int) index) : new Slice();
    }
}
