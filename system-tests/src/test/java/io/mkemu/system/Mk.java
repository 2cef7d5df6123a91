// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.host.control.ControlClient;
import io.mkemu.host.life.AotCache;
import io.mkemu.record.RecordedInstanceMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The command under test, in a place of its own: MKEMU_DIR lies in a fresh directory on the memory file system, and
 * after each test no process and no file may be left there.
 */
final class Mk implements BeforeEachCallback, AfterEachCallback {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int KILL_SECONDS = 60;
    private static final long ANSWER_MILLIS = 60_000;
    private static final Path HOME = Path.of(System.getProperty("mkemu.home"));
    private static final Set<String> VERBS = verbs();

    private final List<MkProcess> started = new ArrayList<>();
    private Path sandbox;
    private Path base;
    private Path work;
    private Shell shell;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        String name = "mkemu-it-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        sandbox = Files.createDirectory(Path.of("/dev/shm", name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        base = sandbox.resolve("mk");
        work = Files.createTempDirectory("mkemu-it-");
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        List<String> left = new ArrayList<>();
        endShell();
        for (MkProcess process : started) {
            if (process.isAlive()) {
                left.add("the command " + process);
                process.kill();
            }
        }
        /* Again and again: a host in the background may be starting an instance just now. */
        for (List<Long> pids = Procs.mentioning(sandbox); !pids.isEmpty(); pids = Procs.mentioning(sandbox)) {
            for (long pid : pids) {
                left.add("process " + pid + ": " + String.join(" ", Procs.commandLine(pid)));
                Procs.signal("KILL", pid);
                Procs.awaitEnd(pid, KILL_SECONDS);
            }
        }
        files().forEach(file -> left.add(file.toString()));
        Trees.delete(sandbox);
        Trees.delete(work);
        if (context.getExecutionException().isEmpty()) {
            assertEquals(List.of(), left, "left behind");
        }
    }

    /** A directory of this test, on the memory file system, empty at the start and to be left empty. */
    Path sandbox() {
        return sandbox;
    }

    /** What MKEMU_DIR says; does not exist at the start. */
    Path base() {
        return base;
    }

    /** From now on MKEMU_DIR says something else. */
    void base(Path directory) throws IOException {
        endShell();
        base = directory;
    }

    /** Processes of this test. */
    List<Long> processes() throws IOException {
        endShell();
        return Procs.mentioning(sandbox);
    }

    private void endShell() throws IOException {
        if (shell != null) {
            shell.close();
            shell = null;
        }
    }

    /** Carries out {@code mk ARGS} in a JVM of this test: for a short verb whose process does not matter. */
    Ended run(Object... args) throws IOException {
        if (shell == null) {
            shell = Shell.at(work, base);
        }
        return shell.run(args);
    }

    /** Where a machine lies. */
    Path machine(String name) {
        return base.resolve(name);
    }

    /** All files in the sandbox but MKEMU_DIR itself, which stays as a directory the user chose. */
    List<Path> files() throws IOException {
        return Trees.below(sandbox).stream().filter(file -> !file.equals(base)).toList();
    }

    /** A directory for trees and jars. */
    Path work() {
        return work;
    }

    /** The project's root directory. */
    static Path root() {
        return HOME.toAbsolutePath().getParent().getParent();
    }

    /** Starts {@code mk ARGS}. */
    MkProcess start(Object... args) throws IOException {
        return startWith(List.of(), args);
    }

    /** What {@code mk ARGS --json} prints; it must succeed. */
    JsonNode json(Object... args) throws IOException, InterruptedException {
        List<Object> all = new ArrayList<>(List.of(args));
        all.add("--json");
        Ended process = run(all.toArray()).ends(0);
        assertEquals(1, process.out().size(), process::describe);
        return new ObjectMapper().readTree(process.out().getFirst());
    }

    /** Asks a host directly, without the start of a JVM; it must not refuse. Quotes may be single. */
    JsonNode ask(String machine, String request) throws IOException {
        try (ControlClient client = ControlClient.connect(machine(machine).resolve("control"), ANSWER_MILLIS)) {
            return client.ask((ObjectNode) new ObjectMapper().readTree(request.replace('\'', '"')), ANSWER_MILLIS,
                line -> { });
        }
    }

    /** The verbs that scripts/mk starts with options and a cache of their own. */
    private static Set<String> verbs() {
        try {
            String script = Files.readString(root().resolve("scripts/lib/aot.sh"));
            Matcher list = Pattern.compile("case \\$1 in([a-z |\\\\\\s]+)\\) REPLY=verbs").matcher(script);
            if (!list.find()) {
                throw new AssertionError("scripts/lib/aot.sh names no verbs");
            }
            return Set.of(list.group(1).strip().split("[ |\\\\\\s]+"));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Starts {@code mk ARGS} by way of a command that replaces itself with its arguments, such as taskset. */
    MkProcess startWith(List<String> wrapper, Object... args) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(java(), "@" + HOME.resolve("jvm.options"), "@" + HOME.resolve("host.options")));
        boolean verb = args.length > 0 && VERBS.contains(args[0].toString());
        if (verb) {
            command.add("@" + HOME.resolve("verbs.options"));
        }
        if (args.length > 0 && args[0].equals("top")) {
            /* As scripts/mk does. */
            command.add("-XX:TieredStopAtLevel=1");
        }
        command.addAll(AotCache.options(HOME, verb ? "verbs" : "host"));
        command.addAll(List.of("-Dmkemu.home=" + HOME, "-cp",
            HOME.resolve("lib/host") + "/*:" + HOME.resolve("lib/instance") + "/*", "io.mkemu.cli.Main"));
        return launch(command, work, args);
    }

    /** Starts {@code scripts/mk ARGS} in a working directory. */
    MkProcess script(Path workingDirectory, Object... args) throws IOException {
        return launch(List.of(root().resolve("scripts/mk").toString()), workingDirectory, args);
    }

    /** Starts the process of an instance by hand. */
    MkProcess instance(Path machine, int id, String commandLine) throws IOException {
        return launch(List.of(java(), "@" + HOME.resolve("jvm.options"), "-cp", HOME.resolve("lib/instance") + "/*",
            RecordedInstanceMain.class.getName()), work, machine, id, commandLine);
    }

    /** The boot parameter that names the machine which lies there now. */
    static String epochOf(Path machine) throws IOException {
        try (FileChannel ram = FileChannel.open(machine.resolve("ram"))) {
            ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            ram.read(word, RamHeaderDescriptor.EPOCH_OFFSET);
            return "mk_epoch=0x" + Long.toHexString(word.getLong(0));
        }
    }

    /** Starts any command, in the environment of this test. */
    MkProcess launch(List<String> start, Path workingDirectory, Object... args) throws IOException {
        List<String> command = new ArrayList<>();
        if (Procs.ignoresInterrupt()) {
            /* As under nohup or in the background of a script: a child would be deaf to Ctrl-C too. */
            command.addAll(List.of("env", "--default-signal=INT"));
        }
        command.addAll(start);
        for (Object arg : args) {
            command.add(arg.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).directory(workingDirectory.toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MKEMU_JAVA_OPTS"));
        builder.environment().put("MKEMU_DIR", base.toString());
        builder.environment().put("MKEMU_NO_BUILD", "1");
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        MkProcess process = new MkProcess(builder.start(), args);
        started.add(process);
        return process;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
