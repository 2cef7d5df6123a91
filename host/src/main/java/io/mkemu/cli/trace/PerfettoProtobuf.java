// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import static io.mkemu.cli.trace.PerfettoTracks.process;
import static io.mkemu.cli.trace.PerfettoTracks.thread;

import io.mkemu.cli.trace.PerfettoProto.InternedData;
import io.mkemu.cli.trace.PerfettoProto.ProcessDescriptor;
import io.mkemu.cli.trace.PerfettoProto.ThreadDescriptor;
import io.mkemu.cli.trace.PerfettoProto.TracePacket;
import io.mkemu.cli.trace.PerfettoProto.TracePacket.SequenceFlags;
import io.mkemu.cli.trace.PerfettoProto.TrackDescriptor;
import io.mkemu.cli.trace.PerfettoProto.TrackEvent;
import io.mkemu.cli.trace.PerfettoStrings.Table;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Events in Perfetto's own format, protobuf: the same processes, threads, slices, instants and arrows as in
 * {@link PerfettoJson}, in a small part of its bytes. Memory: the names of tracks, the slices that are open, a bounded
 * number of strings.
 */
final class PerfettoProtobuf implements TraceLines {
    /** There is one row of packets. */
    private static final int SEQUENCE = 1;

    private final PacketBlocks packets;
    private final TraceNames names;
    private final PerfettoStrings strings;
    private final PerfettoFields fields;
    private final Map<Long, String> named = new HashMap<>();
    private final SliceNest<TracePacket> nest = new SliceNest<>(new Slices());
    private boolean cleared = true;

    PerfettoProtobuf(OutputStream out, TraceNames names) {
        this(out, names, new PerfettoStrings());
    }

    PerfettoProtobuf(OutputStream out, TraceNames names, PerfettoStrings strings) {
        this.packets = new PacketBlocks(out);
        this.names = names;
        this.strings = strings;
        this.fields = new PerfettoFields(strings, names);
    }

    @Override
    public void end() throws IOException {
        nest.end();
        packets.end();
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) throws IOException {
        nest.passOn(time);
        switch (name) {
            case QUEUE, ELIDE, CALLBACK_END, WAKEUP -> {
            }
            case SEND -> slice(name, time, 1, entry);
            case CALLBACK_BEGIN -> slice(name, entry.time(), entry.took(), entry);
            case UNHANDLED -> slice(name, entry.time(), 1, entry);
            case HALT -> slice(name, entry.time(), entry.id(), entry);
            case TASK, WORK -> slice(name, entry.time(), entry.took(), entry);
            case GAP -> instant(name, time, entry, process(entry));
            default -> instant(name, time, entry, track(entry));
        }
    }

    private void slice(EventName name, long time, long nanos, TraceEntry entry) throws IOException {
        long track = track(entry);
        TrackEvent.Builder event = event(name, time, entry, track).setType(TrackEvent.Type.TYPE_SLICE_BEGIN);
        long sends = name == EventName.SEND && entry.isNumbered() ? entry.id() : 0;
        long takes = entry.isDelivery() && entry.isNumbered() ? entry.id() : 0;
        if (sends != 0) {
            event.addFlowIds(sends);
        }
        if (takes != 0) {
            event.addTerminatingFlowIds(takes);
        }
        nest.add(new SliceNest.Slice<>(track, time, time + Math.max(1, nanos), sends, takes,
            packet(time).setTrackEvent(event).build()));
    }

    private void instant(EventName name, long time, TraceEntry entry, long track) throws IOException {
        track(entry);
        packets.add(packet(time).setTrackEvent(event(name, time, entry, track).setType(TrackEvent.Type.TYPE_INSTANT))
            .build());
    }

    /** Where the slices go. */
    private final class Slices implements SliceNest.Sink<TracePacket> {
        @Override
        public void begin(TracePacket slice) throws IOException {
            packets.add(slice);
        }

        @Override
        public void end(long track, long time) throws IOException {
            packets.add(packet(time).setTrackEvent(TrackEvent.newBuilder().setTrackUuid(track)
                .setType(TrackEvent.Type.TYPE_SLICE_END)).build());
        }
    }

    /** Its strings are told at once, in a packet of their own: a slice may be held back. */
    private TrackEvent.Builder event(EventName name, long time, TraceEntry entry, long track) throws IOException {
        forget();
        TrackEvent.Builder event = TrackEvent.newBuilder().setTrackUuid(track)
            .setNameIid(strings.number(Table.EVENT, PerfettoTracks.title(name, entry, names)))
            .addCategoryIids(strings.number(Table.CATEGORY, PerfettoTracks.category(name, entry)));
        fields.add(name, time, entry, event);
        InternedData fresh = strings.fresh();
        if (fresh != null) {
            packets.add(sequenced().setInternedData(fresh).build());
        }
        return event;
    }

    /** Slices that are held back use strings that are known now: they go first. */
    private void forget() throws IOException {
        if (strings.forgets()) {
            nest.passOn(Long.MAX_VALUE);
            cleared = true;
        }
    }

    private TracePacket.Builder packet(long time) {
        /* Only a damaged record is of before the machine. */
        return sequenced().setTimestamp(Math.max(0, time - names.createdNanos()));
    }

    private TracePacket.Builder sequenced() {
        int flags = SequenceFlags.SEQ_NEEDS_INCREMENTAL_STATE_VALUE
            | (cleared ? SequenceFlags.SEQ_INCREMENTAL_STATE_CLEARED_VALUE : 0);
        cleared = false;
        return TracePacket.newBuilder().setTrustedPacketSequenceId(SEQUENCE).setSequenceFlags(flags);
    }

    /** The thread of an event; names it and its process, once, and again when the name has changed. */
    private long track(TraceEntry entry) throws IOException {
        int process = process(entry);
        int thread = thread(entry);
        long uuid = (long) process << Integer.SIZE | thread;
        String processName = PerfettoTracks.processName(entry, names);
        if (!processName.equals(named.put((long) process, processName))) {
            describe(TrackDescriptor.newBuilder().setUuid(process).setProcess(ProcessDescriptor.newBuilder()
                .setPid(process).setProcessName(processName).setLegacySortIndex(process)));
        }
        String threadName = PerfettoTracks.threadName(entry);
        if (!threadName.equals(named.put(uuid, threadName))) {
            describe(TrackDescriptor.newBuilder().setUuid(uuid).setThread(ThreadDescriptor.newBuilder().setPid(process)
                .setTid(thread).setThreadName(threadName).setLegacySortIndex(thread)));
        }
        return uuid;
    }

    private void describe(TrackDescriptor.Builder track) throws IOException {
        packets.add(sequenced().setTrackDescriptor(track).build());
    }
}
