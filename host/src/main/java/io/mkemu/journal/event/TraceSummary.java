// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.MessageId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Counts a journal's messages, pair by pair, and what is missing. Takes records in any order. Not thread-safe. */
public final class TraceSummary {
    private static final int LANE_SHIFT = 32;
    private static final int UNKNOWN_OWNERS = -2;
    private static final long U32 = 0xffff_ffffL;

    /**
     * What one CPU, or the host, did not record.
     *
     * @param records    gap records
     * @param sends      that are missing
     * @param deliveries that are missing
     * @param others     other records that are missing
     * @param damaged    bytes that could not be read as records
     */
    public record Gaps(long records, long sends, long deliveries, long others, long damaged) {
        private static final Gaps NONE = new Gaps(0, 0, 0, 0, 0);

        private Gaps plus(Gaps other) {
            return new Gaps(records + other.records, sends + other.sends, deliveries + other.deliveries,
                others + other.others, damaged + other.damaged);
        }
    }

    private final TraceNames names;
    private final EventFilter filter;
    private final Map<Long, LaneMatch> lanes = new HashMap<>();
    private final SortedMap<Long, PairTraffic> pairs = new TreeMap<>();
    private final SortedMap<Long, PairTraffic> unnumbered = new TreeMap<>();
    private final SortedMap<Integer, Gaps> gaps = new TreeMap<>();
    private final Refusals refusals = new Refusals();
    /* Instances of which the journal has a record of a CPU of theirs. */
    private final Set<Integer> traces = new HashSet<>();
    private long first = Long.MAX_VALUE;
    private long last = Long.MIN_VALUE;
    private long records;

    /** A summary of the messages that a filter counts. */
    public TraceSummary(TraceNames names, EventFilter filter) {
        this.names = names;
        this.filter = filter;
    }

    /** Takes a record. */
    public void record(TraceEntry entry) {
        records++;
        first = Math.min(first, entry.time());
        last = Math.max(last, entry.time());
        if (entry.cpu() >= 0 && entry.instance() >= 0 && entry.event() != TraceEvent.GAP
            && !entry.has(TraceRecordDescriptor.UNFINISHED)) {
            traces.add(entry.instance());
        }
        switch (entry.event()) {
            case SEND, CALLBACK, UNHANDLED -> message(entry);
            case FULL -> refused(entry, true);
            case REFUSED -> refused(entry, false);
            case GAP, NONE -> gap(entry);
            default -> {
            }
        }
    }

    private void message(TraceEntry entry) {
        if (!entry.isDelivery() && entry.name(0) != EventName.SEND) {
            return;
        }
        if (entry.isNumbered()) {
            lanes.computeIfAbsent(entry.id() >>> LANE_SHIFT, lane -> new LaneMatch(this::found)).add(entry);
        } else if (entry.isDelivery()) {
            int cpu = MessageId.senderCpu(entry.id());
            int owner = names.ownerOf(cpu);
            if (filter.counts(entry.time(), entry.type(), owner, entry.instance(), entry.id())) {
                pair(unnumbered, owner == TraceNames.MACHINE ? UNKNOWN_OWNERS - cpu : owner, entry.instance())
                    .delivered(entry);
            }
        } else {
            sent(unnumbered, entry);
        }
    }

    private void sent(Map<Long, PairTraffic> of, TraceEntry send) {
        if (counts(send)) {
            PairTraffic pair = pair(of, send.instance(), send.arg0());
            pair.sent++;
            pair.bytes += send.size();
        }
    }

    private boolean counts(TraceEntry send) {
        return filter.counts(send.time(), send.type(), send.instance(), send.arg0(), send.id());
    }

    private void found(TraceEntry send, TraceEntry delivery) {
        if (send == null) {
            int owner = names.ownerOf(MessageId.senderCpu(delivery.id()));
            if (filter.counts(delivery.time(), delivery.type(), owner, delivery.instance(), delivery.id())) {
                PairTraffic pair = pair(pairs, owner, delivery.instance());
                pair.delivered++;
                pair.unsent++;
            }
            return;
        }
        sent(pairs, send);
        if (counts(send)) {
            PairTraffic pair = pair(pairs, send.instance(), send.arg0());
            if (delivery == null) {
                pair.undelivered++;
            } else {
                pair.delivered(send, delivery);
            }
        }
    }

    private void refused(TraceEntry entry, boolean full) {
        long to = MessageId.of(entry.cpu(), entry.cpu(), 0, 0);
        if (filter.counts(entry.time(), entry.type(), entry.instance(), entry.arg0(), to)) {
            PairTraffic pair = pair(pairs, entry.instance(), entry.arg0());
            pair.full += full ? 1 : 0;
            pair.refused += full ? 0 : 1;
            refusals.add(entry, names.type(entry));
        }
    }

    private void gap(TraceEntry entry) {
        EventName name = entry.name(0);
        if (!filter.shows(name, entry.time(), entry)) {
            return;
        }
        gaps.merge(entry.cpu(), name == EventName.DAMAGED ? new Gaps(0, 0, 0, 0, entry.id())
            : new Gaps(1, entry.arg0() & U32, entry.arg1() & U32, entry.id(), 0), Gaps::plus);
    }

    private static PairTraffic pair(Map<Long, PairTraffic> of, int from, int to) {
        return of.computeIfAbsent((long) from << LANE_SHIFT | to & U32, key -> new PairTraffic(from, to));
    }

    /** Says that there are no more records. */
    public void end() {
        lanes.values().forEach(LaneMatch::end);
        lanes.clear();
        SortedMap<Long, PairTraffic> known = new TreeMap<>();
        for (PairTraffic part : unnumbered.values()) {
            int from = part.from() <= UNKNOWN_OWNERS ? names.ownerOf(UNKNOWN_OWNERS - part.from()) : part.from();
            pair(known, from, part.to()).add(part);
        }
        unnumbered.clear();
        for (PairTraffic part : known.values()) {
            part.settleUnnumbered();
            pair(pairs, part.from(), part.to()).add(part);
        }
        settleSilent();
    }

    /** An external instance may be a kernel that does not trace: then only the other end of its messages is known. */
    private boolean isSilent(int instance) {
        return instance >= 0 && names.isExternal(instance) && !traces.contains(instance);
    }

    private void settleSilent() {
        for (PairTraffic pair : pairs.values()) {
            if (isSilent(pair.to())) {
                pair.hasNoDeliveries();
            }
            if (isSilent(pair.from())) {
                pair.hasNoSends();
            }
        }
    }

    /** External instances that others have exchanged messages with, and of which the journal has no record. By ids. */
    public SortedSet<Integer> silent() {
        SortedSet<Integer> silent = new TreeSet<>();
        for (PairTraffic pair : pairs.values()) {
            if (isSilent(pair.to()) && pair.sent > 0) {
                silent.add(pair.to());
            }
            if (isSilent(pair.from()) && pair.delivered > 0) {
                silent.add(pair.from());
            }
        }
        return silent;
    }

    /** The sends that were refused. */
    public Refusals refusals() {
        return refusals;
    }

    /** All pairs of kernels of which one has tried to send to the other, by ids. */
    public Collection<PairTraffic> pairs() {
        return pairs.values();
    }

    /** All pairs together. */
    public PairTraffic total() {
        PairTraffic all = new PairTraffic(TraceNames.MACHINE, TraceNames.MACHINE);
        pairs.values().forEach(all::add);
        return all;
    }

    /** What was not recorded, by physical CPU; -1 is what the host saw itself. */
    public SortedMap<Integer, Gaps> gaps() {
        return gaps;
    }

    /** All that was not recorded. */
    public Gaps allGaps() {
        return gaps.values().stream().reduce(Gaps.NONE, Gaps::plus);
    }

    /** Records read. */
    public long records() {
        return records;
    }

    /** Ns between the first and the last of them. */
    public long nanos() {
        return records == 0 ? 0 : last - first;
    }
}
