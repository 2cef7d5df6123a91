// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.WorkKind;
import io.mkemu.host.replay.RecordedLife.Begin;
import io.mkemu.host.replay.RecordedLife.Gap;
import io.mkemu.host.view.LogText;
import io.mkemu.plan.JvmOptions;
import io.mkemu.replay.ScriptHeader;
import io.mkemu.replay.ScriptReader;
import io.mkemu.replay.ScriptWriter;
import io.mkemu.replay.StepAssembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** Makes a script of one life. Not thread-safe. */
final class LifeExtract implements AutoCloseable {
    private final RecordedLives lives;
    private final RecordedLife life;
    private final Path directory;
    private final ScriptHeader header;
    private final List<StepAssembler> cpus = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * Prepares.
     *
     * @param directory for the files it makes, empty
     * @throws MachineException if what is recorded of the life is not enough for a replay
     */
    LifeExtract(RecordedLives lives, RecordedLife life, Path directory) throws IOException {
        this.lives = lives;
        this.life = life;
        this.directory = directory;
        Begin begin = life.begin();
        check(begin);
        header = new ScriptHeader(begin.instance(), begin.name(), begin.life(), lives.ipi(), lives.createdNanos(),
            begin.cmdline(), begin.modules(), begin.cpus(), 0);
        for (int cpu = 0; cpu < begin.cpus().size(); cpu++) {
            cpus.add(new StepAssembler(new ScriptWriter(part(cpu), header), cpu, life.loweredNanos()));
        }
    }

    private Path part(int cpu) {
        return directory.resolve("cpu-" + cpu);
    }

    private void check(Begin begin) {
        String why = begin.external() ? "was no process of mkemu's, so nothing is known of what its kernel told it"
            : begin.modules().isEmpty() ? "ran no module"
            /* A journal may come from anybody. */
            : JvmOptions.problem(begin.jvmOptions()) != null ? "had JVM options that are not allowed: "
            + JvmOptions.problem(begin.jvmOptions())
            : life.mode() != TraceMode.ALL ? "was recorded with trace=" + life.mode().label()
            + " when it began, which does not hold what its kernel told it; record it with --trace all" : null;
        if (why != null) {
            throw refused(why);
        }
        if (life.unreadable() != null) {
            throw refused("has records that cannot be read: the journal is damaged, or part of it is gone, about "
                + time(life.unreadable().nanos()) + "on CPU " + life.unreadable().cpu());
        }
        if (!life.gaps().isEmpty()) {
            Gap first = life.gaps().getFirst();
            long lost = life.gaps().stream().mapToLong(Gap::records).sum();
            throw refused("has " + lost + " records missing in " + life.gaps().size() + " places, the first before "
                + time(first.nanos()) + "on CPU " + first.cpu() + ", " + first.records() + " records: its CPUs traced "
                + "faster than the journal took it, or the disk was full; record it again, slower or onto a faster "
                + "disk");
        }
    }

    private MachineException refused(String why) {
        return new MachineException(ExitCode.STATE, life.text() + " cannot be replayed: it " + why);
    }

    private String time(long nanos) {
        return LogText.of(Math.max(0, nanos - lives.createdNanos()), "");
    }

    /** Takes the next segment of the recording. */
    void segment(int cpu, int instance, int ofLife, DirectBuffer records, int offset, int length) throws IOException {
        int logical = header.cpus().indexOf(cpu);
        if (instance == header.instanceId() && ofLife == header.life() && logical >= 0) {
            cpus.get(logical).records(records, offset, length);
        }
    }

    /**
     * The script, once all segments have been taken.
     *
     * @throws MachineException if the life's beginning is missing
     */
    Path finish() throws IOException {
        close();
        Path script = directory.resolve("script");
        if (cpus.size() == 1) {
            Files.move(part(0), script);
        } else {
            merge(script);
        }
        try (ScriptReader check = new ScriptReader(script)) {
            if (!check.next() || check.record().event() != TraceEvent.WORK
                || check.record().type() != WorkKind.INIT.ordinal() || check.record().id() != 0) {
                throw refused("is not recorded from its beginning: the init of its first module is missing; the "
                    + "journal may have deleted it (--journal-max)");
            }
        }
        note();
        return script;
    }

    /** One order of all CPUs: that in which their steps began, each CPU's own order kept. */
    private void merge(Path script) throws IOException {
        List<ScriptReader> parts = new ArrayList<>();
        try (ScriptWriter whole = new ScriptWriter(script, header)) {
            List<ScriptReader> open = new ArrayList<>();
            for (int cpu = 0; cpu < cpus.size(); cpu++) {
                ScriptReader part = new ScriptReader(part(cpu));
                parts.add(part);
                if (part.next()) {
                    open.add(part);
                }
            }
            while (!open.isEmpty()) {
                ScriptReader first = open.getFirst();
                for (ScriptReader part : open) {
                    first = part.record().time() - first.record().time() < 0 ? part : first;
                }
                whole.step(first.cpu(), first.records(), 0, first.length());
                if (!first.next()) {
                    open.remove(first);
                }
            }
        } finally {
            for (ScriptReader part : parts) {
                part.close();
            }
            for (int cpu = 0; cpu < cpus.size(); cpu++) {
                Files.deleteIfExists(part(cpu));
            }
        }
    }

    private void note() {
        for (int cpu = 0; cpu < cpus.size(); cpu++) {
            StepAssembler part = cpus.get(cpu);
            if (part.foreignNanos() != 0) {
                notes.add("from " + time(part.foreignNanos()) + "on a module called its kernel from a thread of its "
                    + "own: what follows may not be exact");
            }
            if (part.unwatchedNanos() != 0) {
                notes.add("from " + time(part.unwatchedNanos()) + "on more pages were shared than are watched: what "
                    + "others wrote into the rest of them later is not replayed");
            }
            if (part.isTooLong()) {
                notes.add("CPU " + header.cpus().get(cpu) + " is replayed up to a step that asked its kernel too much");
            }
            if (!part.unfinished().isEmpty()) {
                notes.add("the recording of CPU " + header.cpus().get(cpu) + " ends within " + part.unfinished()
                    + ", which is not replayed" + (life.end().isEmpty() ? "" : "; the instance failed: " + life.end()));
            }
        }
        if (life.loweredNanos() != Long.MAX_VALUE) {
            notes.add("replayed up to " + time(life.loweredNanos()).strip() + (life.hasChangedCpus()
                ? ", when its CPUs were about to change: what is behind that cannot be replayed"
                : ", when trace=all was switched off"));
        }
    }

    /** What the user should know, a line each. */
    List<String> notes() {
        return notes;
    }

    @Override
    public void close() throws IOException {
        for (StepAssembler cpu : cpus) {
            cpu.close();
        }
    }
}
