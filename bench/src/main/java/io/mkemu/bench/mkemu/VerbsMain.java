// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.abi.IpiMode;
import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.host.HostRun;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The host of a machine with one instance, which the verbs of the command line are run on as a user runs them: by
 * scripts/mk. One verb at a time.
 */
public final class VerbsMain implements Commands {
    private static final String MACHINE = "lab";
    /** What bash's keyword time prints: seconds from start to end, and of CPU time as user and in the kernel. */
    private static final Pattern TIMES = Pattern.compile("(\\d+)[.,](\\d{3}) (\\d+)[.,](\\d{3}) (\\d+)[.,](\\d{3})");
    private static final Pattern BOOT = Pattern.compile(" boot (\\d+) ms$", Pattern.MULTILINE);
    private static final long MILLIS_PER_SECOND = 1000;

    private final Path base;

    private VerbsMain(Path base) {
        this.base = base;
    }

    /** VerbsMain DIRECTORY. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        Path base = Path.of(args[0]).toAbsolutePath();
        Files.createDirectory(base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        HostRun run = new HostRun(new MachineDirectory(base.resolve(MACHINE)),
            MachinePlan.of(BenchTree.of(IpiMode.QUEUED, "echo", "haltpoll", 2, 1)), null);
        run.run(() -> Thread.ofPlatform().name("verbs").start(() -> {
            try {
                CommandLoop.serve(new VerbsMain(base), out);
            } catch (IOException gone) {
                /* Whoever gives commands is gone: this ends as it does at the end of stdin. */
                System.err.println(gone);
            } finally {
                run.stop();
            }
        }));
        System.exit(0);
    }

    @Override
    public VerbTime verb(String verb) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='%3R %3U %3S'; time \"$@\"", "bash"));
        command.addAll(switch (verb) {
            case LINE -> List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-cp", jar().toString(), LineMain.class.getName());
            case "list" -> List.of(mk(), verb);
            case "show", "dmesg" -> List.of(mk(), verb, "--machine", MACHINE);
            case "exec", "kill" -> List.of(mk(), verb, BenchTree.instance(1), "--machine", MACHINE);
            default -> throw new IllegalArgumentException("no such verb: " + verb);
        });
        Path errors = base.resolve("verb.err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().put("MKEMU_DIR", base.toString());
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        String told = Files.readString(errors);
        Matcher times = TIMES.matcher(told.lines().reduce("", (first, last) -> last));
        if (code != 0 || !times.matches()) {
            throw new IllegalStateException("mk " + verb + ": exit code " + code + ": " + told);
        }
        Matcher boot = BOOT.matcher(said);
        long wall = nanos(times, 1);
        long waited = boot.find() ? TimeUnit.MILLISECONDS.toNanos(Long.parseLong(boot.group(1))) : 0;
        return new VerbTime(wall, nanos(times, 3) + nanos(times, 5), Math.max(0, wall - waited));
    }

    private static long nanos(Matcher times, int group) {
        return TimeUnit.MILLISECONDS.toNanos(Long.parseLong(times.group(group)) * MILLIS_PER_SECOND
            + Long.parseLong(times.group(group + 1)));
    }

    /** The script of the tree that this distribution was built in. */
    private static String mk() {
        return Path.of(System.getProperty("mkemu.home")).resolveSibling("../scripts/mk").normalize().toString();
    }

    private static Path jar() throws URISyntaxException {
        return Path.of(LineMain.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
