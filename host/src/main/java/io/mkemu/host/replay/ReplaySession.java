// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.replay.RecordedLife.Begin;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.ModuleDigests;
import io.mkemu.journal.RecordedModule;
import io.mkemu.journal.Segment;
import io.mkemu.replay.BreakPoint;
import io.mkemu.replay.Replay;
import io.mkemu.replay.ReplayResult;
import io.mkemu.replay.ScriptReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Replays a life out of a journal: {@code mk replay}. One thread, but for {@link #stop}. */
public final class ReplaySession {
    /**
     * What is to be replayed, and how.
     *
     * @param journal    a journal, for its newest recording, or a recording
     * @param instance   name or id
     * @param life       which of its lives, null for the last
     * @param stepMillis how long a step may take; 0: as long as it takes
     * @param debug      how it waits for a debugger; null: it does not
     */
    public record Wanted(Path journal, String instance, Integer life, long stepMillis, Debug debug) {
    }

    /**
     * How a replay waits for a debugger.
     *
     * @param port    on 127.0.0.1; 0 for a free one
     * @param breakAt where it waits, as {@link BreakPoint} reads it; empty: before anything runs
     */
    public record Debug(int port, String breakAt) {
    }

    /** Is told what happens meanwhile, and warned of all that the user should know, a line each. */
    public interface Listener extends Replay.Listener {
        /** So many steps are done. */
        void progress(long steps, long ofSteps);

        /** It waits for a debugger: the command that attaches one. */
        void waits(String attach);

    }

    /**
     * What came of it.
     *
     * @param instance     its id
     * @param name         its name
     * @param life         which of its lives
     * @param cpus         physical, by logical id
     * @param createdNanos CLOCK_MONOTONIC when the machine was made
     * @param steps        in the recording
     * @param result       of the replay
     * @param modules      that it ran, as they are now
     */
    public record Report(int instance, String name, int life, List<Integer> cpus, long createdNanos, long steps,
        ReplayResult result, List<RecordedModule> modules) {
    }

    private final Wanted wanted;
    private final Listener listener;
    private volatile ReplayProcess process;
    private volatile boolean stopped;

    /** Prepares. */
    public ReplaySession(Wanted wanted, Listener listener) {
        this.wanted = wanted;
        this.listener = listener;
    }

    /**
     * Replays.
     *
     * @throws io.mkemu.MachineException if it cannot be done, in one line
     */
    public Report run() throws IOException, InterruptedException {
        RecordedLives lives = new RecordedLives();
        Path recording = read(wanted.journal(), listener::warning, segment -> lives.segment(segment.cpu(),
            segment.instance(), segment.life(), segment.position(), segment.buffer(), segment.offset(),
            segment.length()));
        RecordedLife life = lives.find(wanted.instance(), wanted.life());
        Path directory = Files.createTempDirectory("mkemu-replay-");
        try {
            return replay(lives, life, recording, directory);
        } finally {
            deleteTree(directory);
        }
    }

    /** Something that is done with each segment. */
    private interface Taker {
        void take(Segment segment) throws IOException;
    }

    private Path read(Path journal, Consumer<String> problems, Taker taker) throws IOException {
        try (JournalReader reader = JournalReader.open(journal, problems)) {
            while (!stopped && reader.next()) {
                taker.take(reader.segment());
            }
            return reader.recording();
        }
    }

    private Report replay(RecordedLives lives, RecordedLife life, Path recording, Path directory)
        throws IOException, InterruptedException {
        Begin begin = life.begin();
        try (LifeExtract extract = new LifeExtract(lives, life, directory)) {
            /* What is damaged was told the first time. */
            read(recording, known -> { }, segment -> extract.segment(segment.cpu(), segment.instance(), segment.life(),
                segment.buffer(), segment.offset(), segment.length()));
            Path script = extract.finish();
            extract.notes().forEach(listener::warning);
            ModuleDigests.changed(begin.modules(), begin.digests()).forEach(listener::warning);
            long steps;
            try (ScriptReader made = new ScriptReader(script)) {
                steps = made.header().steps();
            }
            if (wanted.debug() != null && BreakPoint.of(wanted.debug().breakAt()).step() > steps) {
                throw new MachineException(ExitCode.USAGE, "--break-at " + wanted.debug().breakAt() + " is behind the "
                    + "end: " + life.text() + " has " + steps + " steps");
            }
            process = new ReplayProcess(directory, begin.jvmOptions(), wanted.stepMillis(), wanted.debug(), listener,
                done -> listener.progress(done, steps));
            if (stopped) {
                process.stop();
            }
            return new Report(begin.instance(), begin.name(), begin.life(), begin.cpus(), lives.createdNanos(), steps,
                process.run(script), begin.modules().stream()
                .map(module -> new RecordedModule(module, ModuleDigests.of(module))).toList());
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** Ends it as soon as can be; {@link #run} throws then. Any thread. */
    public void stop() {
        stopped = true;
        ReplayProcess running = process;
        if (running != null) {
            running.stop();
        }
    }
}
