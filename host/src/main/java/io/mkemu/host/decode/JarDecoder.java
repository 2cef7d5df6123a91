// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.decode;

import io.mkemu.decode.DecoderProtocol;
import io.mkemu.decode.DecoderProtocol.Answer;
import io.mkemu.decode.DecoderProtocol.Kind;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The decoders of one jar, in a process of their own. Whatever they do costs their texts only, and one line that says
 * so. One thread.
 */
final class JarDecoder implements AutoCloseable {
    /** How long a JVM may take to be there, on a machine with much else to do. */
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** What all payloads together may take on top of {@link #EACH_NANOS} for each. */
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long EACH_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MOST_SHOWN = 200;

    private final String jar;
    private final long deadlineNanos;
    private final Consumer<String> notes;
    private final BlockingQueue<Answer> answers = new ArrayBlockingQueue<>(1);
    private Process process;
    private DataOutputStream requests;
    private boolean noted;
    private boolean over;
    private int asked;
    private long took;

    /**
     * Starts it.
     *
     * @param command       of its process
     * @param directory     in which that runs
     * @param deadlineNanos how long one payload may take
     * @param notes         told once why texts of this jar are missing
     */
    JarDecoder(String jar, List<String> command, Path directory, long deadlineNanos, Consumer<String> notes) {
        this.jar = jar;
        this.deadlineNanos = deadlineNanos;
        this.notes = notes;
        try {
            process = new ProcessBuilder(command).directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
            Thread reader = new Thread(this::read, "decoder-answers");
            reader.setDaemon(true);
            reader.start();
            Answer there = await(START_NANOS);
            if (there == null) {
                end("did not start within " + TimeUnit.NANOSECONDS.toSeconds(START_NANOS) + " s");
            } else if (there.number() != 0 || there.kind() != Kind.TEXT) {
                end(there.kind() == Kind.FAULT ? "cannot be loaded: " + there.text() : "ended its process");
            }
        } catch (IOException refused) {
            end("could not be started: " + refused.getMessage());
        }
    }

    /** A thread of its own: what a grandchild keeps open holds up nobody else. */
    private void read() {
        try (DataInputStream in = new DataInputStream(process.getInputStream())) {
            while (true) {
                answers.put(DecoderProtocol.answer(in));
            }
        } catch (IOException | InterruptedException over) {
            answers.offer(new Answer(-1, Kind.NONE, ""));
        }
    }

    private Answer await(long nanos) {
        long deadline = System.nanoTime() + nanos;
        try {
            Answer answer = null;
            while (answer == null && deadline - System.nanoTime() > 0) {
                /* A process that has ended may have left its end of the pipe to another. */
                boolean ended = !process.isAlive();
                answer = answers.poll(Math.min(LOOK_NANOS, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                answer = answer == null && ended ? new Answer(-1, Kind.NONE, "") : answer;
            }
            return answer;
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** The text of a payload, as the decoder gave it; null if it gave none. */
    String text(int type, byte[] payload) {
        if (over) {
            return null;
        }
        long began = System.nanoTime();
        int number = ++asked;
        try {
            DecoderProtocol.ask(requests, number, type, payload);
        } catch (IOException gone) {
            end("ended its process");
            return null;
        }
        Answer answer = await(deadlineNanos);
        took += System.nanoTime() - began;
        if (answer == null) {
            end("took longer than " + TimeUnit.NANOSECONDS.toMillis(deadlineNanos) + " ms for a payload of type 0x"
                + Integer.toHexString(type));
            return null;
        }
        if (answer.number() != number) {
            end(answer.number() < 0 ? "ended its process, or wrote what is no answer, for a payload of type 0x"
                + Integer.toHexString(type) : "gave an answer that nobody asked for");
            return null;
        }
        if (answer.kind() == Kind.FAULT) {
            note("threw " + answer.text() + " for a payload of type 0x" + Integer.toHexString(type)
                + "; payloads that it throws for have no text");
            return null;
        }
        if (took > SLOW_NANOS + asked * EACH_NANOS) {
            end("is too slow: " + asked + " payloads took " + TimeUnit.NANOSECONDS.toSeconds(took) + " s");
        }
        return answer.kind() == Kind.TEXT ? answer.text() : null;
    }

    private void end(String why) {
        note(why + "; its texts are left out from here on");
        over = true;
        close();
    }

    private void note(String what) {
        if (!noted) {
            noted = true;
            String line = SafeText.of(what);
            notes.accept("the payload decoder of " + SafeText.of(jar) + " " + (line.length() <= 2 * MOST_SHOWN ? line
                : line.substring(0, MOST_SHOWN) + "..." + line.substring(line.length() - MOST_SHOWN)));
        }
    }

    @Override
    public void close() {
        over = true;
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
