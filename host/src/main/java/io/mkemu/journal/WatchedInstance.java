// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.trace.TraceControl;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What the drain looks up of an instance at each pass: its boot steps and its kernel log. One thread. */
final class WatchedInstance {
    /** Of a log in a pass: nobody who talks all the time holds up the others. */
    private static final int MOST_LINES = 4096;
    private static final BootStep[] STEPS = BootStep.values();

    private final int id;
    private final InstanceEntry entry;
    private final KernelLogReader log;
    private final TraceControl control;
    private final Platform clock;
    private final long createdNanos;
    private long life;
    private int stepsTold;
    private InstanceState state = InstanceState.EMPTY;
    private long linesRead;
    private long linesLost;
    private int namesTold;

    WatchedInstance(MappedMachine machine, TraceControl control, int id) {
        this.id = id;
        this.entry = machine.instances().entry(id);
        this.log = new KernelLogReader(machine.memory(), id);
        this.control = control;
        this.clock = machine.platform();
        this.createdNanos = machine.memory().createdNanos();
    }

    /** A life begins: it has reached no step of its boot. */
    void lifeBegins(long newLife) {
        life = newLife;
        stepsTold = 0;
        namesTold = 0;
    }

    long life() {
        return life;
    }

    int id() {
        return id;
    }

    /** Names of types that were not told before; they are told now. */
    List<TypeName> newTypeNames() {
        if (entry.typeNames().count() <= namesTold) {
            return List.of();
        }
        List<TypeName> all = entry.typeNames().all();
        List<TypeName> fresh = all.subList(Math.min(namesTold, all.size()), all.size());
        namesTold = all.size();
        return fresh;
    }

    /** The instance has entered a state. */
    void enters(DocumentBuilder document, Runnable full, InstanceState now, long nanos, String reason) {
        if (now != state && control.records(TraceEvent.STATE.from())) {
            makeRoom(document, full);
            document.record(id, life, TraceEvent.STATE, nanos, 0, now.ordinal(), state.ordinal(),
                reason.getBytes(StandardCharsets.UTF_8));
        }
        state = now;
    }

    /** Writes what is new. */
    void look(DocumentBuilder document, Runnable full) {
        for (BootStep step : STEPS) {
            long nanos = (stepsTold & 1 << step.ordinal()) == 0 ? entry.bootStep(step) : 0;
            if (nanos != 0) {
                stepsTold |= 1 << step.ordinal();
                if (control.records(TraceEvent.BOOT.from())) {
                    makeRoom(document, full);
                    document.record(DocumentBuilder.HOST, id, life, 0, TraceEvent.BOOT, 0, nanos, 0, 0, 0,
                        step.ordinal(), 0);
                }
                if (step == BootStep.ACTIVE) {
                    enters(document, full, InstanceState.ACTIVE, nanos, "");
                }
            }
        }
        lookAtLog(document, full);
    }

    private void lookAtLog(DocumentBuilder document, Runnable full) {
        boolean records = control.records(TraceMode.LIFECYCLE);
        long written = log.writtenLines();
        Line line = log.poll();
        int lines = 0;
        for (; line != null; line = ++lines < MOST_LINES ? log.poll() : null) {
            linesRead++;
            if (records) {
                makeRoom(document, full);
                document.record(id, life, TraceEvent.LOG, createdNanos + line.nanos(), line.level(),
                    line.physicalCpu() + 1, 0, line.text().getBytes(StandardCharsets.UTF_8));
            }
        }
        /* If the log was read to its end: what had been written by then has been read or was overwritten. */
        long lost = written - linesRead - linesLost;
        if (lost > 0 && lines < MOST_LINES) {
            linesLost += lost;
            if (records) {
                makeRoom(document, full);
                document.record(DocumentBuilder.HOST, id, life, 0, TraceEvent.GAP, 0, clock.nanoTime(), lost, 0, 0,
                    0, 0);
            }
        }
    }

    private static void makeRoom(DocumentBuilder document, Runnable full) {
        if (!document.hasRoom()) {
            full.run();
        }
    }
}
