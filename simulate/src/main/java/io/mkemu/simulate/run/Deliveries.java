// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.kernel.SteppedKernel;
import io.mkemu.machine.MappedMachine;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * What mkemu promises of a queued mailbox, looked after in every run: each message that a send accepted is delivered
 * once, whole, in its sender's order, to the life of the target that it was sent to, unless that dies. Used by the
 * run's thread only.
 */
final class Deliveries {
    /** Messages from one CPU to another that are under way. */
    private static final class Lane {
        private long[] hashes = new long[16];
        private int[] types = new int[16];
        /* Those whose sender died while it sent them: they may be there or not. */
        private boolean[] doubtful = new boolean[16];
        private int first;
        private int last;
        private long number;
        private long hash;
        private Object handler;
        private long taken;

        int length() {
            return last - first;
        }

        void add(long hash, int type) {
            if (last - first == hashes.length) {
                grow();
            }
            int at = last++ & hashes.length - 1;
            hashes[at] = hash;
            types[at] = type;
            doubtful[at] = false;
        }

        private void grow() {
            int length = hashes.length;
            long[] moreHashes = new long[2 * length];
            int[] moreTypes = new int[2 * length];
            boolean[] moreDoubtful = new boolean[2 * length];
            for (int at = first; at < last; at++) {
                moreHashes[at & 2 * length - 1] = hashes[at & length - 1];
                moreTypes[at & 2 * length - 1] = types[at & length - 1];
                moreDoubtful[at & 2 * length - 1] = doubtful[at & length - 1];
            }
            hashes = moreHashes;
            types = moreTypes;
            doubtful = moreDoubtful;
        }

        long hash(int at) {
            return hashes[at & hashes.length - 1];
        }

        int type(int at) {
            return types[at & types.length - 1];
        }

        private boolean isDoubtful(int at) {
            return doubtful[at & doubtful.length - 1];
        }

        /**
         * The message at a place has arrived, or one with the same bytes that was sent after it: where the former is
         * doubtful, nobody can tell which of them it was, so the latter is doubtful from now on.
         */
        void arrived(int at) {
            for (int later = at + 1; isDoubtful(at) && later < last; later++) {
                if (!isDoubtful(later) && hash(later) == hash(at) && type(later) == type(at)) {
                    doubtful[later & doubtful.length - 1] = true;
                    break;
                }
            }
            first = at + 1;
        }

        /** How many of those before a place must arrive. */
        int certain(int end) {
            int certain = 0;
            for (int at = first; at < end; at++) {
                certain += isDoubtful(at) ? 0 : 1;
            }
            return certain;
        }

        void clear() {
            first = 0;
            last = 0;
            number = 0;
            handler = null;
            taken = 0;
        }
    }

    private final int nrCpus;
    private final Lane[] lanes;
    /* Of each CPU: messages that nobody handled and that were not yet missed. */
    private final long[] unhandled;
    private int delivered;
    private long shape;

    /** For machines of one layout. */
    Deliveries(int nrCpus) {
        this.nrCpus = nrCpus;
        this.lanes = new Lane[nrCpus * nrCpus];
        this.unhandled = new long[nrCpus];
    }

    /** A run begins. */
    void begins() {
        for (Lane lane : lanes) {
            if (lane != null) {
                lane.clear();
            }
        }
        Arrays.fill(unhandled, 0);
        delivered = 0;
        shape = 0;
    }

    /** Of what is under way, for the hash of the state. */
    long shape() {
        return shape;
    }

    /** How many messages have been delivered. */
    int delivered() {
        return delivered;
    }

    private Lane lane(int sender, int target) {
        int index = sender * nrCpus + target;
        Lane lane = lanes[index];
        if (lane == null) {
            lane = new Lane();
            lanes[index] = lane;
        }
        return lane;
    }

    /** A send is about to happen. */
    void sends(int sender, int target, int type, DirectBuffer data, int offset, int size) {
        long hash = hash(type, data, offset, size);
        lane(sender, target).add(hash, type);
        shape += mix(hash + sender * nrCpus + target);
    }

    /** The send was refused. */
    void refused(int sender, int target) {
        Lane lane = lane(sender, target);
        if (lane.length() > 0) {
            lane.last--;
            shape -= mix(lane.hash(lane.last) + sender * nrCpus + target);
        }
    }

    /** The sender was killed in the middle of a send. */
    void inDoubt(int sender, int target) {
        Lane lane = lane(sender, target);
        if (lane.length() > 0) {
            lane.doubtful[lane.last - 1 & lane.doubtful.length - 1] = true;
        }
    }

    /** A CPU begins a life: nothing is under way to it, and it has sent nothing. */
    void targetBegins(int target) {
        for (int sender = 0; sender < nrCpus; sender++) {
            Lane lane = lanes[sender * nrCpus + target];
            if (lane != null) {
                lane.clear();
            }
        }
        unhandled[target] = 0;
        for (int to = 0; to < nrCpus; to++) {
            Lane lane = lanes[target * nrCpus + to];
            if (lane != null) {
                lane.taken = 0;
            }
        }
    }

    /** How many messages a CPU has delivered to callbacks that came from another one, in their present lives. */
    long taken(int sender, int target) {
        Lane lane = lanes[sender * nrCpus + target];
        return lane == null ? 0 : lane.taken;
    }

    /** How many messages are under way from a CPU to another one. */
    int underWay(int sender, int target) {
        Lane lane = lanes[sender * nrCpus + target];
        return lane == null ? 0 : lane.length();
    }

    /**
     * A callback is about to run.
     *
     * @param handler     whose callback
     * @param noHandlers  how many messages the CPU has dropped in this life since nobody handles them
     * @return what is wrong, or null
     */
    String delivers(int sender, int target, int type, DirectBuffer data, long number, Object handler,
        long noHandlers) {
        if (sender < 0 || sender >= nrCpus) {
            return "a message from CPU " + sender + ", which the machine does not have";
        }
        Lane lane = lane(sender, target);
        long hash = hash(type, data, 0, data.capacity());
        if (lane.handler != null && lane.number == number) {
            if (lane.handler == handler) {
                return "message " + number + " from CPU " + sender + " to CPU " + target + " was delivered twice";
            }
            lane.handler = handler;
            return hash == lane.hash ? null : "message " + number + " from CPU " + sender + " to CPU " + target
                + " has changed between two handlers";
        }
        int at = lane.first;
        while (at < lane.last && (lane.hash(at) != hash || lane.type(at) != type)) {
            at++;
        }
        if (at == lane.last) {
            return "a message from CPU " + sender + " to CPU " + target + " that is not under way: torn, repeated, "
                + "out of order, or of a former life (type 0x" + Integer.toHexString(type) + ")";
        }
        int skipped = lane.certain(at);
        if (skipped > noHandlers - unhandled[target]) {
            return (skipped == 1 ? "a message" : skipped + " messages") + " from CPU " + sender + " to CPU " + target
                + " lost, or overtaken by a later one (type 0x" + Integer.toHexString(lane.type(lane.first)) + ")";
        }
        for (int gone = lane.first; gone <= at; gone++) {
            shape -= mix(lane.hash(gone) + sender * nrCpus + target);
        }
        unhandled[target] += skipped;
        lane.arrived(at);
        lane.number = number;
        lane.hash = hash;
        lane.handler = handler;
        lane.taken++;
        delivered++;
        return null;
    }

    /**
     * How many messages are under way to a CPU that must arrive.
     *
     * @param noHandlers as above
     */
    long pending(int target, long noHandlers) {
        long pending = 0;
        for (int sender = 0; sender < nrCpus; sender++) {
            Lane lane = lanes[sender * nrCpus + target];
            if (lane != null) {
                pending += lane.certain(lane.last);
            }
        }
        return Math.max(0, pending - (noHandlers - unhandled[target]));
    }

    /** What is under way to a CPU of an active kernel, all of which sleep, and nobody has rung; a line, or null. */
    String waiting(SteppedKernel[] kernels, MappedMachine mapped, String[] names) {
        for (SteppedKernel kernel : kernels) {
            if (kernel == null || kernel.entry().state() != InstanceState.ACTIVE) {
                continue;
            }
            for (int cpu : kernel.entry().cpus()) {
                long pending = pending(cpu, mapped.apic(cpu).counter(Counter.UNHANDLED));
                if (pending > 0) {
                    return (pending == 1 ? "a message waits" : pending + " messages wait") + " for CPU " + cpu + " of "
                        + names[kernel.entry().id()] + ", which sleeps, and nobody has rung it";
                }
            }
        }
        return null;
    }

    private static long hash(int type, DirectBuffer data, int offset, int size) {
        long hash = type * 0x9E3779B97F4A7C15L + size;
        int at = 0;
        for (; at + Long.BYTES <= size; at += Long.BYTES) {
            hash = mix(hash ^ (data == null ? 0 : data.getLong(offset + at)));
        }
        for (; at < size; at++) {
            hash = mix(hash ^ (data == null ? 0 : data.getByte(offset + at)));
        }
        return hash;
    }

    private static long mix(long value) {
        long mixed = value * 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 29;
    }
}
