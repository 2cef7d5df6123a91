// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.control.Protocol;
import io.mkemu.journal.JournalWriter;
import io.mkemu.journal.ModuleDigests;
import io.mkemu.journal.TraceDrain;
import io.mkemu.json.Json;
import io.mkemu.log.LogLevel;
import io.mkemu.plan.JournalOptions;
import io.mkemu.trace.TraceControl;
import io.mkemu.tree.InstanceSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** What a host tells the journal of its machine, if it has one. Any thread. */
public final class Recorder implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> OWNERS_ONLY =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final HostedMachine machine;
    private final Path note;
    private volatile TraceDrain drain;
    private volatile Path recording;
    private boolean closed;

    private Recorder(HostedMachine machine, Path note) {
        this.machine = machine;
        this.note = note;
    }

    /**
     * Begins to record a machine that has just been made, if its plan says so.
     *
     * @param note a file to be made that names the recording, or null
     * @throws MachineException if the journal's directory cannot be used
     */
    public static Recorder start(HostedMachine machine, Path note) throws IOException {
        Recorder recorder = new Recorder(machine, note);
        JournalOptions options = machine.plan().journal();
        if (options != null) {
            recorder.begin(options, options.mode());
        }
        return recorder;
    }

    private void begin(JournalOptions options, TraceMode mode) throws IOException {
        JournalWriter writer = JournalWriter.create(options.directory(), machine.name(),
            options.limits());
        try {
            if (note != null) {
                Files.writeString(Files.createFile(note, OWNERS_ONLY), writer.recording() + "\n");
            }
            recording = writer.recording();
            drain = TraceDrain.start(machine.mapped(), writer, describe(machine), mode,
                line -> machine.say(LogLevel.WARNING, line));
        } catch (IOException | RuntimeException | Error fault) {
            recording = null;
            writer.close();
            if (note != null) {
                Files.deleteIfExists(note);
            }
            throw fault;
        }
    }

    /**
     * Begins to record a machine that runs without a journal: from here on, with the lives that there are. Under the
     * host's lock.
     *
     * @param options whose mode is recorded from the beginning
     * @param running the instances that have a life
     * @throws MachineException if the machine has a journal, or had one, or the directory cannot be used
     */
    public void add(JournalOptions options, Collection<HostedInstance> running) throws IOException {
        if (drain != null) {
            throw new MachineException(ExitCode.STATE, "machine \"" + machine.name() + "\" has a journal, "
                + recording + ", and keeps it: leave --journal out");
        }
        /* What was before is not of this recording: the drain passes over it while nothing is recorded. */
        begin(options, TraceMode.OFF);
        hostBegins();
        for (HostedInstance instance : running) {
            lifeBegins(instance.spec(), instance.life() instanceof ExternalProcess);
        }
        mode(options.mode());
    }

    private static byte[] describe(HostedMachine machine) {
        long createdNanos = machine.memory().createdNanos();
        long agoNanos = machine.mapped().platform().nanoTime() - createdNanos;
        ObjectNode what = Json.object();
        what.put("machine", machine.name());
        what.put("epoch", "0x" + Long.toHexString(machine.memory().epoch()));
        what.put("createdNanos", createdNanos);
        what.put("createdUnixNanos", machine.unixNanos() - agoNanos);
        what.put("nrCpus", machine.plan().layout().nrCpus());
        what.put("ipi", machine.plan().spec().ipi().toString());
        what.put("mkemu", Protocol.version() + ", ABI " + RamHeaderDescriptor.ABI_VERSION);
        return Json.bytes(what);
    }

    /** Where it records, or null. */
    public Path recording() {
        return recording;
    }

    /** What is recorded now. */
    public TraceMode mode() {
        return new TraceControl(machine.memory()).mode();
    }

    /**
     * Changes what is recorded.
     *
     * @throws MachineException if there is no journal, or no more
     */
    public void mode(TraceMode mode) {
        if (drain == null || !drain.mode(mode)) {
            throw new MachineException(ExitCode.STATE, "machine \"" + machine.name() + "\" has "
                + (drain == null ? "no journal: mk trace set " + mode.label() + " --journal DIR adds one"
                : "no journal any more: mk dmesg host shows why"));
        }
    }

    /** The host's own kernel is about to boot. */
    public void hostBegins() {
        if (drain != null) {
            var spec = machine.plan().spec();
            lifeBegins(0, HostedMachine.HOST_NAME, List.of(machine.plan().hostCpu()), spec.host().modules(),
                spec.host().bootargs(), false, List.of());
        }
    }

    /** An instance is about to boot: everything of its life is set up in RAM. */
    public void lifeBegins(InstanceSpec spec, boolean external) {
        if (drain != null) {
            lifeBegins(spec.id(), spec.name(), spec.cpus(), spec.modules(), spec.bootargs(), external,
                external ? List.of() : spec.jvmOptions());
        }
    }

    private void lifeBegins(int id, String name, List<Integer> numbers, List<String> modules, String bootargs,
        boolean external, List<String> jvmOptions) {
        List<Integer> cpus = machine.physical(numbers);
        drain.lifeBegins(id, machine.mapped().instances().entry(id).life(), cpus,
            describe(id, name, cpus, modules, bootargs, external, jvmOptions));
    }

    private byte[] describe(int id, String name, List<Integer> cpus, List<String> modules, String bootargs,
        boolean external, List<String> jvmOptions) {
        var entry = machine.mapped().instances().entry(id);
        ObjectNode what = Json.object();
        what.put("id", id).put("name", name).put("life", entry.life());
        cpus.forEach(what.putArray("cpus")::add);
        modules.forEach(what.putArray("modules")::add);
        modules.stream().map(ModuleDigests::of).forEach(what.putArray("digests")::add);
        if (!jvmOptions.isEmpty()) {
            jvmOptions.forEach(what.putArray("jvmOptions")::add);
        }
        what.put("bootargs", bootargs).put("external", external).put("cmdline", entry.cmdline());
        return Json.bytes(what);
    }

    /**
     * CPUs of a life are about to come or go: from here on it cannot be replayed.
     *
     * @param spec as it will be if nothing is refused
     */
    public void cpusChange(InstanceSpec spec, boolean external) {
        if (drain != null) {
            drain.cpusChange(spec.id(), machine.mapped().instances().entry(spec.id()).life(),
                describe(spec.id(), spec.name(), machine.physical(spec.cpus()), spec.modules(), spec.bootargs(),
                    external, external ? List.of() : spec.jvmOptions()));
        }
    }

    /**
     * A CPU of an instance that runs is about to run, or does not run any more: what is traced there is that life's
     * from here on, or was until here.
     */
    void cpuChanges(int id, long life, int physicalCpu, boolean comes) {
        if (drain != null) {
            drain.cpuChanges(id, life, physicalCpu, comes);
        }
    }

    /** Writes all that has been traced so far, for a machine that waits meanwhile. */
    public void drain() {
        if (drain != null) {
            drain.drained();
        }
    }

    /** The process of an instance is gone. */
    public void lifeEnded(int id) {
        if (drain != null) {
            drain.lifeEnded(id);
        }
    }

    /** The host has put an instance into a state. */
    public void entered(int id, InstanceState state, String reason) {
        if (drain != null) {
            drain.entered(id, state, reason);
        }
    }

    /** Ends the recording, after all kernels. May be repeated. */
    @Override
    public void close() {
        if (drain != null && !closed) {
            closed = true;
            drain.close();
            if (drain.trouble() != null && !drain.saidTrouble()) {
                machine.say(LogLevel.WARNING, "mkemu: " + drain.trouble());
            }
        }
    }

    /** After {@link #close}: why not all that was to be recorded is in the journal; null if all is. */
    public String trouble() {
        return drain == null ? null : drain.trouble();
    }
}
