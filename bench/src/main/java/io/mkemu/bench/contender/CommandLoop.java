// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import io.mkemu.abi.TraceMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * A contender's side of the line protocol: a command a line on stdin, an answer a line on stdout. The C peers speak it
 * too (bench/src/main/c/main.c).
 *
 * <pre>
 * rtt BYTES MILLIS FILE       ok
 * pages WAY MILLIS FILE       ok
 * rate BYTES SENDERS MILLIS   ok MESSAGES NANOS
 * idle MILLIS                 ok CPU_NANOS NANOS
 * trace MODE                  ok LOST_RECORDS
 * boot INSTANCES              ok NANOS FIELD... (of BootField)
 * verb NAME                   ok NANOS CPU_NANOS OWN_NANOS
 * sweep JOBS MILLIS           ok RUNS POINTS NANOS BYTES
 * </pre>
 *
 * or {@code error} and why. "ready" comes first of all; the end of stdin ends the contender.
 */
public final class CommandLoop {
    /** First word of the answer to a command that was carried out. */
    public static final String OK = "ok";
    /** First word of the answer to one that was not. */
    public static final String ERROR = "error";
    /** Said once, when commands can be given. */
    public static final String READY = "ready";

    private CommandLoop() {
    }

    /**
     * Serves commands until stdin ends, and returns then at once, also in the middle of a command: who gave it is gone.
     */
    public static void serve(Commands commands, PrintStream out) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ExecutorService worker = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
        out.println(READY);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", 4);
            worker.execute(() -> out.println(answer(commands, words)));
        }
        worker.shutdownNow();
    }

    private static String answer(Commands commands, String[] words) {
        try {
            return OK + carryOut(commands, words);
        } catch (Exception refused) {
            return ERROR + " " + oneLine(refused);
        }
    }

    private static String carryOut(Commands commands, String[] words) throws Exception {
        switch (words[0]) {
            case "rtt" -> {
                commands.roundTrips(bytes(words[1]), Long.parseLong(words[2]), Path.of(words[3]));
                return "";
            }
            case "pages" -> {
                commands.pages(Commands.Way.valueOf(words[1]), Long.parseLong(words[2]), Path.of(words[3]));
                return "";
            }
            case "rate" -> {
                return text(commands.rate(bytes(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3])));
            }
            case "idle" -> {
                return text(commands.idle(Long.parseLong(words[1])));
            }
            case "boot" -> {
                Commands.Boot boot = commands.boot(Integer.parseInt(words[1]));
                return " " + boot.nanos() + " " + boot.fields().stream().map(String::valueOf)
                    .collect(Collectors.joining(" "));
            }
            case "verb" -> {
                Commands.VerbTime time = commands.verb(words[1]);
                return " " + time.nanos() + " " + time.cpuNanos() + " " + time.ownNanos();
            }
            case "sweep" -> {
                Commands.Sweep sweep = commands.sweep(Integer.parseInt(words[1]), Long.parseLong(words[2]));
                return " " + sweep.runs() + " " + sweep.points() + " " + sweep.nanos() + " " + sweep.bytes();
            }
            case "trace" -> {
                return " " + commands.trace(TraceMode.of(words[1]));
            }
            default -> throw new IllegalArgumentException("no such command: " + words[0]);
        }
    }

    private static int bytes(String word) {
        int bytes = Integer.parseInt(word);
        if (bytes < Commands.LEAST_BYTES || bytes > Commands.MOST_BYTES) {
            throw new IllegalArgumentException("messages of " + bytes + " bytes");
        }
        return bytes;
    }

    private static String text(Commands.Rate rate) {
        return " " + rate.messages() + " " + rate.nanos();
    }

    /** What went wrong, in one line. */
    public static String oneLine(Throwable fault) {
        String message = fault.getMessage();
        return (message == null ? fault.toString() : message).replaceAll("\\s*\\R\\s*", " ");
    }
}
