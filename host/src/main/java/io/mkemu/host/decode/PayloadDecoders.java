// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.decode;

import io.mkemu.MachineException;
import io.mkemu.boot.ModulePath;
import io.mkemu.decode.DecoderMain;
import io.mkemu.host.life.InstanceCommand;
import io.mkemu.journal.ModuleDigests;
import io.mkemu.journal.RecordedModule;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.module.PayloadDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Turns payloads of a recording into text, with the decoders that the recorded modules' jars hold. Their code runs in
 * processes of its own. One thread.
 */
public final class PayloadDecoders implements AutoCloseable {
    /** Characters of a text that are shown. */
    public static final int MAX_TEXT = 256;
    /** Jars whose decoders are used: each has a process. */
    static final int MOST_JARS = 8;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Map<RecordedModule, JarDecoder> decoders = new LinkedHashMap<>();
    private final Consumer<String> notes;
    private final long deadlineNanos;
    private final BiFunction<Path, String, List<String>> command;
    private Path directory;
    private int started;
    private boolean refused;
    private boolean anyPayload;

    /**
     * Decoders of modules that will be learnt.
     *
     * @param notes told in a line, once for each jar, why texts are missing
     */
    public PayloadDecoders(Consumer<String> notes) {
        this(notes, DEADLINE_NANOS, PayloadDecoders::command);
    }

    /**
     * The same, otherwise.
     *
     * @param deadlineNanos how long one payload may take
     * @param command       of the process of a jar, which runs in the directory
     */
    PayloadDecoders(Consumer<String> notes, long deadlineNanos, BiFunction<Path, String, List<String>> command) {
        this.command = command;
        this.notes = notes;
        this.deadlineNanos = deadlineNanos;
    }

    private static List<String> command(Path directory, String jar) {
        return InstanceCommand.of(directory.resolve("hs_err-%p.log"), List.of("-Xmx64m"), DecoderMain.class,
            List.of(Path.of(jar).toAbsolutePath().toString()));
    }

    /**
     * The text of a payload.
     *
     * @param own modules of the kernel where it was sent or received, asked first
     * @param all modules of all kernels
     * @return one line of at most {@link #MAX_TEXT} characters without any that are not printed; null if no decoder
     *     knows the payload
     */
    public String text(List<RecordedModule> own, List<RecordedModule> all, int type, byte[] payload) {
        anyPayload |= payload.length > 0;
        String text = null;
        for (int at = 0; at < own.size() && text == null; at++) {
            text = ask(own.get(at), type, payload);
        }
        for (int at = 0; at < all.size() && text == null; at++) {
            text = own.contains(all.get(at)) ? null : ask(all.get(at), type, payload);
        }
        return text == null ? null : shown(text);
    }

    private String ask(RecordedModule module, int type, byte[] payload) {
        JarDecoder decoder = decoder(module);
        return decoder == null ? null : decoder.text(type, payload);
    }

    /** Says why there is no text at all, if there is none for a reason that was not told yet. */
    public void tellIfNone() {
        if (!anyPayload) {
            notes.accept("no payload was recorded of what is shown: --trace all records them");
        } else if (started == 0 && !refused) {
            notes.accept("none of the recorded modules' jars that are there has a payload decoder");
        }
    }

    /** A text in quotes, for a line: it cannot end before its last quote, and tell what it has not to tell. */
    public static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String shown(String text) {
        String safe = SafeText.of(text);
        if (safe.length() <= MAX_TEXT) {
            return safe;
        }
        int end = MAX_TEXT - 3;
        return safe.substring(0, Character.isHighSurrogate(safe.charAt(end - 1)) ? end - 1 : end) + "...";
    }

    /** Null: it has none, or none that may run. */
    private JarDecoder decoder(RecordedModule module) {
        if (!decoders.containsKey(module)) {
            decoders.put(module, start(module));
        }
        return decoders.get(module);
    }

    private JarDecoder start(RecordedModule module) {
        if (!ModulePath.isPath(module.path()) || ModulePath.isSharedObject(module.path())
            || !ModuleLoader.hasService(module.path(), PayloadDecoder.class)) {
            return null;
        }
        String problem = module.digest().isEmpty() ? "may be another file than was recorded: the recording does not "
            + "tell its digest" : !module.digest().equals(ModuleDigests.of(module.path()))
            ? "is not the file that was recorded: it has been changed since"
            : started == MOST_JARS ? "is one more than the " + MOST_JARS + " that are asked" : null;
        if (problem != null) {
            refused = true;
            notes.accept("the payload decoder of " + SafeText.of(module.path()) + " is not asked: the jar " + problem);
            return null;
        }
        try {
            started++;
            Path there = directory();
            return new JarDecoder(module.path(), command.apply(there, module.path()), there, deadlineNanos, notes);
        } catch (IOException | MachineException broken) {
            notes.accept("the payload decoder of " + SafeText.of(module.path()) + " cannot be started: "
                + broken.getMessage());
            return null;
        }
    }

    private Path directory() throws IOException {
        if (directory == null) {
            directory = Files.createTempDirectory("mkemu-decode-");
            directory.toFile().deleteOnExit();
        }
        return directory;
    }

    @Override
    public void close() {
        decoders.values().stream().filter(decoder -> decoder != null).forEach(JarDecoder::close);
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException | UncheckedIOException left) {
                notes.accept("the directory " + directory + " could not be removed: " + left.getMessage());
            }
        }
    }
}
