// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.event.EventFields;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.trace.MessageId;

/**
 * What the Perfetto UI is to show, in whichever of its formats: a process for each instance, in it a thread for each
 * CPU and one for what the host saw of the instance; what an event is called there, and what it tells of itself.
 */
final class PerfettoTracks {
    /** Behind the threads of all CPUs. */
    private static final int HOSTS_THREAD = 100_000;
    /** Behind the processes of all instances. */
    private static final int MACHINE = 1_000_000;
    private static final long U32 = 0xffff_ffffL;

    private PerfettoTracks() {
    }

    /** Takes what an event tells. */
    interface Fields extends EventFields.Visitor {
        /** Something that is so. */
        void flag(String key);

        @Override
        default void threw() {
            flag("threw");
        }
    }

    /** Number of the process that an event belongs to; the UI sorts by it. */
    static int process(TraceEntry entry) {
        return entry.instance() < 0 ? MACHINE : entry.instance() + 1;
    }

    /** Number of the thread that an event belongs to, in its process; the UI sorts by it. */
    static int thread(TraceEntry entry) {
        return entry.cpu() < 0 ? HOSTS_THREAD : entry.cpu() + 1;
    }

    /** Name of that process; a later life may have another. */
    static String processName(TraceEntry entry, TraceNames names) {
        return entry.instance() < 0 ? "machine " + names.machine()
            : names.name(entry.instance()) + " (" + entry.instance() + ")";
    }

    /** Name of that thread. */
    static String threadName(TraceEntry entry) {
        return entry.cpu() < 0 ? "host's view" : "CPU " + entry.cpu();
    }

    /** What an event is called. */
    static String title(EventName name, TraceEntry entry, TraceNames names) {
        String task = name == EventName.TASK ? names.task(entry) : null;
        if (task != null) {
            return "task " + task;
        }
        String what = name == EventName.CALLBACK_BEGIN ? "callback" : name.label();
        String type = names.type(entry);
        if (type != null) {
            return what + " " + type;
        }
        return entry.hasType() ? what + " 0x" + Integer.toHexString(entry.type()) : what;
    }

    /** Of which kind an event is. */
    static String category(EventName name, TraceEntry entry) {
        return entry.isMessage() ? "ipi" : name.label();
    }

    /** Tells what an event has to say before the fields that it has in every format. */
    static void tell(EventName name, TraceEntry entry, Fields to) {
        if (entry.isMessage()) {
            to.text("id", MessageId.text(entry.id()));
        }
        if (entry.hasType()) {
            to.number("type", entry.type() & U32);
            to.number("bytes", entry.size());
        }
        if (name == EventName.SEND) {
            to.text("doorbell", entry.has(TraceRecordDescriptor.ELIDED) ? "elided"
                : entry.has(TraceRecordDescriptor.WOKEN) ? "woke" : "rung");
        }
        if (name == EventName.CALLBACK_BEGIN && entry.has(TraceRecordDescriptor.FAULT)) {
            to.threw();
        }
        if (name == EventName.CALLBACK_BEGIN && entry.has(TraceRecordDescriptor.UNFINISHED)) {
            to.flag("unfinished");
        }
    }
}
