// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Futex;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.trace.TraceControl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Moves what the kernels trace into the journal, in a thread of its own: a pass looks at every trace ring, kernel log
 * and boot step, and becomes a document. It sleeps while there is nothing, and is woken by a ring that fills.
 *
 * <p>What the host sees itself is told to it by any thread. Such a call returns true once it is in its place in the
 * journal, and false if the recording has ended, by {@link #close} or by a fault. A fault, also one in such a call,
 * ends the recording; it has been told in a line before the call returns, and is thrown to nobody.
 */
public final class TraceDrain implements AutoCloseable {
    /** Between passes while there is much; a ring that fills, a line in a log and the host itself cut it short. */
    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Between passes while there is nothing, or next to nothing, for long. */
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MUCH_BYTES = 64 * TraceRecordDescriptor.LENGTH;
    private static final long AGE_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** How often it looks whether the recording is still there. */
    private static final long THERE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** What another thread waits for: whether it was done. */
    private record Request(Runnable what, CompletableFuture<Boolean> done) {
    }

    private final JournalWriter writer;
    private final TraceControl control;
    private final MappedMachine mapped;
    private final Consumer<String> say;
    private final DocumentBuilder document = new DocumentBuilder();
    private final DrainedRing[] rings;
    private final DocumentSink sink;
    private final Preamble preamble = new Preamble();
    private final Map<Integer, WatchedInstance> instances = new TreeMap<>();
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "trace-drain");
    private long watermark;
    private boolean followed = true;
    private long written;
    private long ageLooked = System.nanoTime();
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile IOException unclosed;
    private long thereLooked = System.nanoTime();
    private volatile String trouble;
    private volatile boolean saidTrouble;

    /**
     * Begins to record. On failure nothing is recorded, and the writer is left to the caller.
     *
     * @param writer  of the journal, closed by this drain
     * @param machine what the MACHINE record tells, JSON
     * @param say     told in a line what the user should know; throws nothing
     */
    public static TraceDrain start(MappedMachine mapped, JournalWriter writer, byte[] machine, TraceMode mode,
        Consumer<String> say) {
        TraceDrain drain = new TraceDrain(mapped, writer, say);
        drain.begins(machine, mode);
        drain.thread.setDaemon(true);
        drain.thread.start();
        return drain;
    }

    private TraceDrain(MappedMachine mapped, JournalWriter writer, Consumer<String> say) {
        this.mapped = mapped;
        this.watermark = mapped.platform().nanoTime();
        this.control = new TraceControl(mapped.memory());
        this.writer = writer;
        this.say = say;
        this.rings = new DrainedRing[mapped.layout().nrCpus()];
        for (int cpu = 0; cpu < rings.length; cpu++) {
            rings[cpu] = new DrainedRing(mapped.memory(), cpu);
        }
        this.sink = new DocumentSink(writer, rings, say, mapped.platform()::nanoTime);
    }

    private void begins(byte[] machine, TraceMode mode) {
        long now = mapped.platform().nanoTime();
        document.record(-1, 0, TraceEvent.MACHINE, now, 0, 0, 0, machine);
        preamble.machine(now, machine);
        changeTo(mode, TraceMode.OFF);
        flush(now);
    }

    /** Where the recording lies. */
    public JournalWriter writer() {
        return writer;
    }

    /**
     * A life of an instance begins on CPUs that nobody runs: their records are its from here on.
     *
     * @param cpus physical
     * @param what it runs, JSON
     */
    public boolean lifeBegins(int instance, long life, Collection<Integer> cpus, byte[] what) {
        return onDrain(() -> {
            pass();
            cpus.forEach(cpu -> rings[cpu].owner(instance, life));
            watched(instance).lifeBegins(life);
            long now = mapped.platform().nanoTime();
            makeRoom();
            document.record(instance, life, TraceEvent.LIFE, now, 0, 0, 0, what);
            preamble.life(instance, life, now, what);
            writer.preamble(preamble.documents());
        });
    }

    /**
     * CPUs of a life are about to come or go.
     *
     * @param what as {@link #lifeBegins}, with the CPUs that it is to have
     */
    public boolean cpusChange(int instance, long life, byte[] what) {
        return onDrain(() -> {
            pass();
            long now = mapped.platform().nanoTime();
            makeRoom();
            document.record(instance, life, TraceEvent.LIFE, now, 0, 0, 0, what);
            preamble.life(instance, life, now, what);
            writer.preamble(preamble.documents());
        });
    }

    /**
     * A CPU, which nobody runs just now, is a life's from here on, or was until here.
     *
     * @param comes whether it is the instance's from here on; else it is nobody's
     */
    public boolean cpuChanges(int instance, long life, int cpu, boolean comes) {
        return onDrain(() -> {
            pass();
            rings[cpu].owner(comes ? instance : -1, comes ? life : 0);
        });
    }

    /** The life that an instance had has ended, its process is gone. */
    public boolean lifeEnded(int instance) {
        return onDrain(() -> {
            pass();
            for (DrainedRing ring : rings) {
                if (ring.isOf(instance)) {
                    ring.unfinished(document, this::full);
                }
            }
        });
    }

    /** Writes all that the kernels have traced, before it returns. */
    public boolean drained() {
        return onDrain(this::pass);
    }

    /** An instance's log is about to be cleared, or the instance to be removed. */
    public boolean instanceChanges(int instance) {
        return onDrain(() -> {
            watched(instance);
            pass();
        });
    }

    /** The host has put an instance into a state. */
    public boolean entered(int instance, InstanceState state, String reason) {
        return onDrain(() -> {
            watched(instance).look(document, this::full);
            watched(instance).enters(document, this::full, state, mapped.platform().nanoTime(), reason);
        });
    }

    /** Changes what is recorded. */
    public boolean mode(TraceMode mode) {
        return onDrain(() -> {
            pass();
            changeTo(mode, control.mode());
        });
    }

    private void changeTo(TraceMode mode, TraceMode before) {
        control.mode(mode);
        long now = mapped.platform().nanoTime();
        makeRoom();
        document.record(DocumentBuilder.HOST, -1, 0, 0, TraceEvent.MODE, 0, now, 0, 0, 0, mode.ordinal(),
            before.ordinal());
        preamble.mode(now, mode, before);
        writer.preamble(preamble.documents());
    }

    private WatchedInstance watched(int instance) {
        return instances.computeIfAbsent(instance, id -> new WatchedInstance(mapped, control, id));
    }

    /** Runs something on the drain's thread and waits for that; whether it was done. */
    private boolean onDrain(Runnable what) {
        Request request = new Request(what, new CompletableFuture<>());
        requests.add(request);
        control.ringAsHost();
        if (ended) {
            /* The drain may have looked into the queue for the last time before the request was there. */
            request.done().complete(false);
        }
        return request.done().join();
    }

    private void run() {
        Futex futex = new Futex();
        long waited = BUSY_NANOS;
        try {
            while (!closing && isThere()) {
                int seen = control.doorbell();
                answerAll();
                long wait = pass() >= MUCH_BYTES ? BUSY_NANOS : Math.min(2 * waited, IDLE_NANOS);
                keepAge();
                if (requests.isEmpty() && !closing) {
                    control.await(futex, seen, wait);
                }
                waited = wait;
            }
            if (isStillThere()) {
                end();
            }
        } catch (Throwable fault) {
            endByFault(fault);
        } finally {
            ended = true;
            try {
                close(writer);
                tellLoss();
            } finally {
                refuseAll();
            }
        }
    }

    private void endByFault(Throwable fault) {
        endsHere("ends here, by a fault: " + fault);
    }

    private void endsHere(String why) {
        saidTrouble = true;
        trouble = "the journal " + writer.recording() + " " + why;
        try {
            control.mode(TraceMode.OFF);
        } finally {
            say.accept("mkemu: " + trouble);
        }
    }

    private boolean isThere() throws IOException {
        if (System.nanoTime() - thereLooked < THERE_NANOS) {
            return true;
        }
        thereLooked = System.nanoTime();
        return isStillThere();
    }

    /** Chronicle would go on to write into files that have no name any more. */
    private boolean isStillThere() throws IOException {
        boolean there = trouble != null || writer.isThere();
        if (!there) {
            endsHere("was removed while the machine runs: what was recorded is gone, and nothing is recorded any more");
        }
        return trouble == null;
    }

    private void tellLoss() {
        if (trouble == null && sink.lost() > 0) {
            trouble = "the journal " + writer.recording() + " is not whole: " + sink.lost()
                + " records are missing, for which it had no room";
        }
        if (trouble == null && unclosed != null) {
            trouble = "the last file of the journal " + writer.recording() + " is not closed in order: "
                + unclosed.getMessage();
        }
    }

    /** Whether that has been said when it came. */
    public boolean saidTrouble() {
        return saidTrouble;
    }

    /** Why not all is in the journal that was to be recorded, after {@link #close}; null if all is. */
    public String trouble() {
        return trouble;
    }

    private void close(JournalWriter done) {
        try {
            done.close();
        } catch (IOException refused) {
            unclosed = refused;
        } catch (RuntimeException | Error fault) {
            unclosed = new IOException(fault.toString(), fault);
        }
    }

    private void answerAll() {
        for (Request request = requests.peek(); request != null; request = requests.peek()) {
            /* If this throws, the request stays where it is, and is refused once the fault has been told. */
            request.what().run();
            requests.remove();
            request.done().complete(true);
        }
    }

    private void refuseAll() {
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            request.done().complete(false);
        }
    }

    private void keepAge() {
        if (System.nanoTime() - ageLooked > AGE_NANOS) {
            ageLooked = System.nanoTime();
            writer.keepAge();
        }
    }

    /** Looks at everything once; how many bytes of documents that brought. */
    private long pass() {
        long now = mapped.platform().nanoTime();
        for (DrainedRing ring : rings) {
            ring.drain(document, this::full);
        }
        for (WatchedInstance instance : instances.values()) {
            lookAtTypeNames(instance, now);
            instance.look(document, this::full);
        }
        boolean any = !document.isEmpty();
        long bytes = written + (any ? document.length() : 0);
        written = 0;
        if (any || !followed) {
            /* After the last records one empty document: whoever follows knows then that there are no more. */
            followed = !any;
            flush(now);
        }
        watermark = now;
        return bytes;
    }

    private void lookAtTypeNames(WatchedInstance instance, long now) {
        List<TypeName> names = instance.newTypeNames();
        for (TypeName name : names) {
            byte[] bytes = name.name().getBytes(StandardCharsets.US_ASCII);
            makeRoom();
            document.record(instance.id(), instance.life(), TraceEvent.TYPE_NAME, now, name.type(), 0, 0, bytes);
            preamble.typeName(instance.id(), now, name.type(), bytes);
        }
        if (!names.isEmpty()) {
            writer.preamble(preamble.documents());
        }
    }

    private void makeRoom() {
        if (!document.hasRoom()) {
            full();
        }
    }

    /** A document that is full before its pass is over promises no more than the one before. */
    private void full() {
        written += document.length();
        flush(watermark);
    }

    private void flush(long mark) {
        sink.write(document, mark, watermark);
    }

    /** The kernels have ended: what is left, and that it is all. */
    private void end() {
        answerAll();
        while (pass() > 0) {
            Thread.onSpinWait();
        }
        sink.end(mapped.platform().nanoTime());
    }

    /** Ends the recording, after the kernels: it is complete then, or {@link #trouble} says why not. */
    @Override
    public void close() {
        closing = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            control.ringAsHost();
            try {
                thread.join(TimeUnit.NANOSECONDS.toMillis(BUSY_NANOS));
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
