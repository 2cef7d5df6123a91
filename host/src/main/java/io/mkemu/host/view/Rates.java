// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What happened between two snapshots of one machine. All but {@code seconds} and the shares is per second. What began
 * between the two, a life or a CPU that another kernel had, is counted from its beginning: no number is negative.
 * Immutable.
 *
 * @param seconds    between the two
 * @param sent       messages that all CPUs published
 * @param received   messages that they took out of their mailboxes
 * @param refused    sends that were refused because the lane was full
 * @param interrupts that they took
 * @param kernels    by ascending id, those of the later snapshot
 * @param cpus       by ascending physical id, those of the later snapshot
 * @param lanes      in the order of the later snapshot
 * @param pairs      of kernels that have exchanged messages, by sender, then receiver; none in single-slot mode
 */
public record Rates(double seconds, double sent, double received, double refused, double interrupts,
                    List<OfKernel> kernels, List<OfCpu> cpus, List<OfLane> lanes, List<OfPair> pairs) {
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * What a CPU did with its time, in shares of it, 0..1; their sum is 1, or 0 if it was offline.
     *
     * @param busy    it executed
     * @param polling it looked in vain for something to do
     * @param halted  it slept
     */
    public record Time(double busy, double polling, double halted) {
        static final Time NONE = new Time(0, 0, 0);
    }

    /**
     * Of a kernel, all of its CPUs together.
     *
     * @param id         instance id
     * @param sent       messages published
     * @param received   messages taken out of the mailbox
     * @param refused    sends refused, lane full
     * @param interrupts taken
     * @param callbacks  run
     * @param time       mean of its CPUs that are online
     */
    public record OfKernel(int id, double sent, double received, double refused, double interrupts, double callbacks,
                           Time time) {
    }

    /**
     * Of a CPU.
     *
     * @param id         physical id
     * @param kernel     id of its owner
     * @param sent       messages published
     * @param received   messages taken out of the mailbox
     * @param refused    sends refused, lane full
     * @param interrupts taken
     * @param callbacks  run
     * @param halts      times it halted
     * @param time       what it did
     */
    public record OfCpu(int id, int kernel, double sent, double received, double refused, double interrupts,
                        double callbacks, double halts, Time time) {
    }

    /**
     * Of a lane.
     *
     * @param from      physical id of the sender
     * @param to        physical id of the receiver
     * @param delivered messages consumed
     */
    public record OfLane(int from, int to, double delivered) {
    }

    /**
     * Of all lanes from one kernel to another.
     *
     * @param from      id of the sending kernel
     * @param to        id of the receiving kernel
     * @param delivered messages consumed
     * @param waiting   messages published and not consumed, at the later snapshot: a number, not per second
     */
    public record OfPair(int from, int to, double delivered, int waiting) {
    }

    /**
     * The difference of two snapshots of one machine.
     *
     * @throws IllegalArgumentException if the later one is not later
     */
    public static Rates between(Snapshot earlier, Snapshot later) {
        double seconds = (later.takenNanos() - earlier.takenNanos()) / NANOS_PER_SECOND;
        if (!(seconds > 0)) {
            throw new IllegalArgumentException("the later snapshot was taken " + seconds + " s after the earlier one");
        }
        Map<Integer, Cpu> before = earlier.cpus().stream().collect(Collectors.toMap(Cpu::id, Function.identity()));
        Map<Integer, Long> livesBefore = lives(earlier);
        Map<Integer, Long> lives = lives(later);
        List<OfCpu> cpus = later.cpus().stream().map(cpu -> {
            Cpu old = before.get(cpu.id());
            boolean same = old != null && old.kernel() == cpu.kernel()
                && Objects.equals(livesBefore.get(cpu.kernel()), lives.get(cpu.kernel()));
            return cpu(cpu, same ? old : null, seconds);
        }).toList();
        List<OfLane> lanes = lanes(earlier, later, seconds);
        return new Rates(seconds, cpus.stream().mapToDouble(OfCpu::sent).sum(),
            cpus.stream().mapToDouble(OfCpu::received).sum(), cpus.stream().mapToDouble(OfCpu::refused).sum(),
            cpus.stream().mapToDouble(OfCpu::interrupts).sum(),
            later.kernels().stream().map(kernel -> kernel(kernel, cpus)).toList(), cpus, lanes,
            pairs(later, lanes));
    }

    private static Map<Integer, Long> lives(Snapshot snapshot) {
        return snapshot.kernels().stream().collect(Collectors.toMap(Kernel::id, Kernel::life));
    }

    /** Since an earlier value, or since the beginning if there is none or it was another count. */
    private static long grown(long before, long now) {
        return Math.max(0, now >= before ? now - before : now);
    }

    private static OfCpu cpu(Cpu now, Cpu before, double seconds) {
        Function<Counter, Double> rate = counter -> grown(before == null ? 0 : before.counters().get(counter),
            now.counters().get(counter)) / seconds;
        return new OfCpu(now.id(), now.kernel(), rate.apply(Counter.SENT), rate.apply(Counter.RECEIVED),
            rate.apply(Counter.FULL), rate.apply(Counter.INTERRUPTS), rate.apply(Counter.CALLBACKS),
            rate.apply(Counter.HALTS), time(now, before));
    }

    private static Time time(Cpu now, Cpu before) {
        boolean again = before == null || now.onlineNanos() < before.onlineNanos();
        double online = now.onlineNanos() - (again ? 0 : before.onlineNanos());
        if (!(online > 0)) {
            return Time.NONE;
        }
        double halted = Math.clamp((now.haltedNanos() - (again ? 0 : before.haltedNanos())) / online, 0, 1);
        double polling =
            Math.clamp((now.pollingNanos() - (again ? 0 : before.pollingNanos())) / online, 0, 1 - halted);
        return new Time(Math.max(0, 1 - halted - polling), polling, halted);
    }

    private static OfKernel kernel(Kernel kernel, List<OfCpu> all) {
        List<OfCpu> own = all.stream().filter(cpu -> cpu.kernel() == kernel.id()).toList();
        List<Time> times = own.stream().map(OfCpu::time).filter(time -> !time.equals(Time.NONE)).toList();
        Time mean = times.isEmpty() ? Time.NONE : new Time(
            times.stream().mapToDouble(Time::busy).average().orElseThrow(),
            times.stream().mapToDouble(Time::polling).average().orElseThrow(),
            times.stream().mapToDouble(Time::halted).average().orElseThrow());
        return new OfKernel(kernel.id(), own.stream().mapToDouble(OfCpu::sent).sum(),
            own.stream().mapToDouble(OfCpu::received).sum(), own.stream().mapToDouble(OfCpu::refused).sum(),
            own.stream().mapToDouble(OfCpu::interrupts).sum(), own.stream().mapToDouble(OfCpu::callbacks).sum(), mean);
    }

    private record Ends(int from, int to) {
    }

    private static List<OfLane> lanes(Snapshot earlier, Snapshot later, double seconds) {
        Map<Integer, Long> livesBefore = lives(earlier);
        Map<Integer, Long> lives = lives(later);
        Map<Integer, Integer> owners = owners(later);
        Map<Integer, Integer> ownersBefore = owners(earlier);
        Map<Ends, Long> before = new HashMap<>();
        for (Lane lane : earlier.lanes()) {
            before.put(new Ends(lane.from(), lane.to()), lane.delivered());
        }
        List<OfLane> rates = new ArrayList<>();
        for (Lane lane : later.lanes()) {
            Integer owner = owners.get(lane.to());
            /* A new life has a new area, whose lanes have delivered nothing. */
            boolean same = owner != null && owner.equals(ownersBefore.get(lane.to()))
                && Objects.equals(livesBefore.get(owner), lives.get(owner));
            long old = same ? before.getOrDefault(new Ends(lane.from(), lane.to()), 0L) : 0;
            rates.add(new OfLane(lane.from(), lane.to(), grown(old, lane.delivered()) / seconds));
        }
        return List.copyOf(rates);
    }

    private static Map<Integer, Integer> owners(Snapshot snapshot) {
        return snapshot.cpus().stream().collect(Collectors.toMap(Cpu::id, Cpu::kernel));
    }

    private static List<OfPair> pairs(Snapshot later, List<OfLane> rates) {
        Map<Integer, Integer> owners = owners(later);
        Map<Integer, Map<Integer, OfPair>> pairs = new TreeMap<>();
        for (int index = 0; index < rates.size(); index++) {
            Lane lane = later.lanes().get(index);
            Integer from = owners.get(lane.from());
            Integer to = owners.get(lane.to());
            if (from != null && to != null) {
                pairs.computeIfAbsent(from, id -> new TreeMap<>()).merge(to,
                    new OfPair(from, to, rates.get(index).delivered(), lane.waiting()),
                    (one, other) -> new OfPair(from, to, one.delivered() + other.delivered(),
                        one.waiting() + other.waiting()));
            }
        }
        return pairs.values().stream().flatMap(of -> of.values().stream()).toList();
    }
}
