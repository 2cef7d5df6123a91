// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.host.report.Stacks;
import io.mkemu.host.report.ThreadDump;
import io.mkemu.os.Affinity;
import io.mkemu.os.OsProcess;
import io.mkemu.os.Shortage;
import io.mkemu.os.StoppedProcess;
import io.mkemu.tree.InstanceSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** A life whose process is a child of this one: the default. */
public final class InstanceProcess extends InstanceLife {
    /** What a JVM says just before it dies belongs to its last words, and those are written after its death. */
    private static final long LAST_WORDS_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int MAX_LINES = 200;
    private static final long DUMP_MILLIS = 1000;
    private static final long DRAIN_SECONDS = 1;
    /** What a JVM prints that cannot start; of these lines the last says most. */
    private static final Pattern NO_JVM = Pattern.compile("Error occurred during initialization of VM|unable to create "
        + "native thread|Cannot create VM thread|Unexpected exception when loading aot-linked classes");

    private record Output(long nanos, String line) {
    }

    /** How long a process may take to stop. */
    private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private final Deque<Output> outputs = new ArrayDeque<>();
    private final Machine machine;
    private final ThreadFactory threads;
    private final Starter starter;
    private volatile Process process;
    private volatile boolean paused;
    /** Why the JVM could not start, in its own words; null if it has not said such a thing. */
    private volatile String noJvm;
    private final JvmCrash crash = new JvmCrash();
    private final ThreadDump dump = new ThreadDump();
    private final long madeMillis = System.currentTimeMillis();
    /** Null if it does not wait for a debugger. */
    private final DebuggerWait debugger;

    /** Forks. */
    @FunctionalInterface
    public interface Starter {
        /** As ProcessBuilder.start. */
        Process start(ProcessBuilder builder) throws IOException;
    }

    /**
     * Prepares.
     *
     * @param debugs whether it waits for a debugger before its modules begin
     */
    public InstanceProcess(Machine machine, InstanceSpec spec, boolean debugs, BiConsumer<InstanceLife, String> over) {
        this(machine, spec, debugs, over, Thread::new, ProcessBuilder::start);
    }

    /** With other means to start threads and processes. */
    public InstanceProcess(Machine machine, InstanceSpec spec, boolean debugs, BiConsumer<InstanceLife, String> over,
        ThreadFactory threads, Starter starter) {
        super(machine, spec, over);
        this.debugger = debugs ? new DebuggerWait() : null;
        this.machine = machine;
        this.threads = threads;
        this.starter = starter;
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public BitSet hostCpus() {
        return Affinity.allowed();
    }

    @Override
    public long pid() {
        return process == null ? 0 : process.pid();
    }

    /**
     * Starts the JVM inside its CPU partition: it and all its threads inherit the CPU set of the thread that forks. The
     * threads that look after it run before it does, so that nothing is left to fail once it is there.
     */
    @Override
    public void launch() {
        CompletableFuture<Process> started = new CompletableFuture<>();
        try {
            Thread reader = daemon("output-", () -> readOutput(started));
            daemon("reaper-", () -> reap(started, reader));
            daemon("exec-", () -> fork(started));
        } catch (OutOfMemoryError noThread) {
            started.completeExceptionally(noThread);
            throw noThread;
        }
        try {
            /* Not to be interrupted: a process that nobody knows of would stay behind. */
            process = started.join();
        } catch (CompletionException refused) {
            if (refused.getCause() instanceof OutOfMemoryError noThread) {
                throw noThread;
            }
            String shortage = Shortage.of(refused.getCause());
            throw new MachineException(ExitCode.RESOURCES, "cannot start the process of instance " + spec().name()
                + ": " + (shortage != null ? shortage : refused.getCause().getMessage()), refused);
        }
        try {
            entry().bootStep(BootStep.FORKED, System.nanoTime());
        } catch (RuntimeException | Error fault) {
            /* A child that the host cannot say it has begun must not be left. */
            process.destroyForcibly();
            throw new MachineException(ExitCode.RESOURCES, "the process of instance " + spec().name()
                + " cannot be looked after, and was ended: " + fault.getMessage(), fault);
        }
    }

    private Thread daemon(String name, Runnable work) {
        Thread thread = threads.newThread(work);
        thread.setName(name + spec().name());
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void fork(CompletableFuture<Process> started) {
        List<String> command = List.of();
        try {
            BitSet partition = new BitSet();
            machine().physical(spec().cpus()).forEach(cpu -> partition.set(machine().cpus().hostCpu(cpu)));
            Affinity.set(partition);
            command = InstanceCommand.ofChild(kernel(), debugger != null, machine().directory(), spec(),
                entry().cmdline());
            started.complete(starter.start(new ProcessBuilder(command).redirectErrorStream(true)));
        } catch (IOException | RuntimeException | Error refused) {
            /* The JDK starts a thread of its own for a child that it has forked already. */
            destroyChild(command);
            started.completeExceptionally(refused);
        }
    }

    private static void destroyChild(List<String> command) {
        if (!command.isEmpty()) {
            ProcessHandle.current().children().filter(child -> child.info().arguments().map(arguments ->
                Collections.indexOfSubList(List.of(arguments), command.subList(1, command.size())) >= 0).orElse(false))
                .forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** The process; null if there is none: it could not be started. */
    private static Process await(CompletableFuture<Process> started) {
        return started.exceptionally(refused -> null).join();
    }

    private void readOutput(CompletableFuture<Process> started) {
        Process child = await(started);
        if (child == null) {
            return;
        }
        try (BufferedReader lines = child.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                add(line);
            }
        } catch (IOException broken) {
            add("mkemu: further output lost: " + broken.getMessage());
        } catch (RuntimeException | Error fault) {
            machine().report("the output of instance " + spec().name() + " is lost from here on", fault);
        }
    }

    private void add(String line) {
        if (NO_JVM.matcher(line).find()) {
            noJvm = line;
        }
        crash.line(line);
        if (dump.line(line)) {
            return;
        }
        if (debugger != null) {
            debugger.line(line);
        }
        synchronized (outputs) {
            outputs.add(new Output(System.nanoTime(), line));
            if (outputs.size() > MAX_LINES) {
                outputs.removeFirst();
            }
        }
        machine().raiseEvent();
    }

    private void reap(CompletableFuture<Process> started, Thread reader) {
        Process child = await(started);
        if (child == null) {
            return;
        }
        try {
            int exitCode = child.waitFor();
            /* A process that a module left behind may hold the pipe open; the kernel is dead all the same. */
            reader.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
            if (debugger != null) {
                debugger.over();
            }
            over(exitCode == 0 ? "" : crash.text(exitCode, spec().modules()) + whyNoJvm());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private String whyNoJvm() {
        String said = noJvm;
        String shortage = said == null ? null : Shortage.ofOutput(said);
        return said == null ? ""
            : ": its JVM cannot go on: " + (shortage != null ? shortage : said + "; see mk doctor");
    }

    /** A JVM that lacks a thread of its own ends before the kernel can say anything. */
    @Override
    public boolean hadNoRoom() {
        String said = noJvm;
        return super.hadNoRoom() || said != null && Shortage.ofOutput(said) != null;
    }

    @Override
    public List<String> stacks(String how) throws InterruptedException {
        Process running = process;
        boolean isNative = kernel() == KernelKind.NATIVE;
        if (running == null || !running.isAlive()) {
            return Stacks.ofDead(machine().directory().crash(spec().id()), madeMillis, how, isNative);
        }
        if (isNative || isPaused()) {
            return List.of("not available: " + (isNative ? "a native kernel tells its stack when it crashes, and only "
                + "then" : "its process is stopped"));
        }
        List<String> lines = dump.take(() -> OsProcess.quit(running.pid()), DUMP_MILLIS);
        return lines.isEmpty() ? List.of("not available: its JVM has not printed them within " + DUMP_MILLIS + " ms")
            : lines;
    }

    @Override
    public void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        synchronized (outputs) {
            long now = System.nanoTime();
            while (!outputs.isEmpty() && (ended || now - outputs.getFirst().nanos() > LAST_WORDS_NANOS)) {
                line.accept(ended, outputs.removeFirst().line());
            }
        }
    }

    @Override
    public boolean hasOutput() {
        synchronized (outputs) {
            return !outputs.isEmpty();
        }
    }

    @Override
    public boolean pause(boolean stops) {
        Process running = process;
        /* A process that has ended is reaped: its id may be another's by now. */
        if (running == null || !running.isAlive()) {
            return false;
        }
        paused = stops;
        if (!stops) {
            return StoppedProcess.resume(running.pid());
        }
        boolean sent = StoppedProcess.stop(running.pid());
        /* Each of its threads stops when it next comes by the kernel. */
        for (long end = System.nanoTime() + STOP_NANOS; sent && running.isAlive() && System.nanoTime() - end < 0
            && !StoppedProcess.isStopped(running.pid());) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return sent;
    }

    @Override
    public boolean isPaused() {
        long pid = pid();
        return pid != 0 && StoppedProcess.isStopped(pid);
    }

    /** What is paused cannot do what it is asked: it goes on for that. What somebody else has stopped stays stopped. */
    @Override
    public void shutDown() {
        if (paused) {
            pause(false);
        }
        super.shutDown();
    }

    @Override
    public String waitsFor() {
        String attach = debugger == null ? "" : debugger.attach();
        if (attach.isEmpty() || isTraced() || kernel() == KernelKind.JVM && entry().bootStep(BootStep.JVM) != 0) {
            return BOOTING;
        }
        return "waits for a debugger: " + attach;
    }

    @Override
    public boolean isDebugged() {
        /* A JVM does not tell whether its debugger is still there. */
        return isTraced() || debugger != null && kernel() == KernelKind.JVM;
    }

    private boolean isTraced() {
        long pid = pid();
        return pid != 0 && StoppedProcess.isTraced(pid);
    }

    @Override
    public String awaitDebuggable(long deadlineNanos) throws InterruptedException {
        return debugger == null ? "" : debugger.await(deadlineNanos);
    }

    @Override
    public boolean destroy() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
        return running != null;
    }
}
