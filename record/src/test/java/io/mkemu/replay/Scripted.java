// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A recording by hand: what was asked and sent, then the step it was in; and its replay. */
final class Scripted {
    static final int SENDER = 7;
    private static final long STEP_SECONDS = 20;

    private record Step(int cpu, byte[] records) {
    }

    private final List<Step> steps = new ArrayList<>();
    private final ExpandableArrayBuffer inner = new ExpandableArrayBuffer();
    private final List<Integer> cpus;
    final List<String> warnings = new ArrayList<>();
    final List<String> breaks = new ArrayList<>();
    final List<String> log = new ArrayList<>();
    private BreakPoint breakAt = BreakPoint.NONE;
    private int innerLength;
    private long time = 1000;
    private long messages;
    private long stepNanos = TimeUnit.SECONDS.toNanos(STEP_SECONDS);

    /** Of a kernel with these physical CPUs. */
    Scripted(Integer... cpus) {
        this.cpus = List.of(cpus);
    }

    Scripted breakAt(BreakPoint point) {
        breakAt = point;
        return this;
    }

    Scripted stepNanos(long nanos) {
        stepNanos = nanos;
        return this;
    }

    Scripted call(KernelCall call, long id, int arg0, int arg1) {
        return inner(TraceEvent.CALL, id, call.ordinal(), arg0, arg1, null);
    }

    Scripted call(KernelCall call, long id, int arg0, byte[] payload) {
        return inner(TraceEvent.CALL, id, call.ordinal(), arg0, 0, payload);
    }

    Scripted sent(int instance, int type, byte... payload) {
        return inner(TraceEvent.SEND, 0, type, instance, 0, payload);
    }

    Scripted notSent(int errno, int instance, int type, byte... payload) {
        return inner(errno == Errno.ENOSPC ? TraceEvent.FULL : TraceEvent.REFUSED, 0, type, instance, errno,
            payload);
    }

    private Scripted inner(TraceEvent event, long id, int type, int arg0, int arg1, byte[] payload) {
        byte[] record = record(event, 0, id, type, arg0, arg1, payload);
        inner.putBytes(innerLength, record);
        innerLength += record.length;
        return this;
    }

    private byte[] record(TraceEvent event, int flags, long id, int type, int arg0, int arg1, byte[] payload) {
        int size = payload == null ? 0 : payload.length;
        UnsafeBuffer record = new UnsafeBuffer(
            new byte[TraceRecordDescriptor.slots(size) * TraceRecordDescriptor.LENGTH]);
        TraceRecord.put(record, 0, event, flags | (payload == null ? 0 : TraceRecordDescriptor.PAYLOAD), time++, id,
            type, size, arg0, arg1);
        if (payload != null) {
            record.putBytes(TraceRecordDescriptor.LENGTH, payload);
        }
        return record.byteArray();
    }

    private Scripted step(int cpu, byte[] record) {
        byte[] all = new byte[record.length + innerLength];
        System.arraycopy(record, 0, all, 0, record.length);
        inner.getBytes(0, all, record.length, innerLength);
        innerLength = 0;
        steps.add(new Step(cpu, all));
        return this;
    }

    /** A message from CPU 7 was handled by the first handler of its type, which asked what was said before. */
    Scripted callback(int cpu, int type, byte... payload) {
        return callback(cpu, 0, type, 0, payload);
    }

    Scripted callback(int cpu, int flags, int type, int handler, byte... payload) {
        byte[] before = new byte[innerLength];
        inner.getBytes(0, before);
        innerLength = 0;
        call(KernelCall.HANDLER, handler, type, 0);
        inner.putBytes(innerLength, before);
        innerLength += before.length;
        boolean first = payload != null;
        messages += first ? 1 : 0;
        long id = MessageId.of(SENDER, cpus.get(cpu), 1, messages);
        return step(cpu, record(TraceEvent.CALLBACK, flags | (first ? TraceRecordDescriptor.FIRST : 0), id, type, 0, 0,
            payload));
    }

    Scripted unhandled(int cpu, int type) {
        return step(cpu, record(TraceEvent.UNHANDLED, 0, MessageId.of(SENDER, cpus.get(cpu), 1, ++messages), type, 0,
            0, null));
    }

    Scripted task(int cpu, long number, boolean ended, int flags) {
        return step(cpu, record(TraceEvent.TASK, flags, number, ended ? 1 : 0, 0, 0, null));
    }

    Scripted work(int cpu, WorkKind kind, long number, int giver, int flags) {
        return step(cpu, record(TraceEvent.WORK, flags, number, kind.ordinal(), 0, giver, null));
    }

    Scripted init() {
        return work(0, WorkKind.INIT, 0, 0, 0);
    }

    ScriptHeader header() {
        return new ScriptHeader(3, "three", 5, IpiMode.QUEUED, 900, "idle=halt m.depth=4", List.of("m"), cpus, 0);
    }

    Path write(Path file) throws IOException {
        try (ScriptWriter writer = new ScriptWriter(file, header())) {
            for (Step step : steps) {
                writer.step(step.cpu(), new UnsafeBuffer(step.records()), 0, step.records().length);
            }
        }
        return file;
    }

    /** What a module makes of it. */
    ReplayResult replay(KernelModule... modules) throws IOException, InterruptedException {
        Path file = Files.createTempFile("mkemu-script-", "");
        Files.delete(file);
        try (ScriptReader script = new ScriptReader(write(file))) {
            Replay replay = new Replay(script, List.of(modules), new Replay.Listener() {
                @Override
                public synchronized void log(LogLevel level, String text) {
                    log.add(text);
                }

                @Override
                public synchronized void warning(String text) {
                    warnings.add(text);
                }

                @Override
                public void breaks(String step) {
                    breaks.add(step);
                }
            });
            replay.breakAt(breakAt);
            return replay.run(stepNanos);
        } finally {
            Files.delete(file);
        }
    }
}
