// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.HostClock;
import io.mkemu.cmodule.CModuleFile;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.OsException;
import io.mkemu.os.OsFile;
import io.mkemu.os.OsProcess;
import io.mkemu.os.Shortage;
import io.mkemu.os.TimeNamespace;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * The process of a spawned kernel. Its main class calls {@link #main} with the hook that is to stand between the kernel
 * and its modules.
 *
 * <p>Arguments: {@code MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE [MODULE...]}
 */
public final class InstanceMain {
    /** System property of a process whose stderr the host reads: it would say twice what is in the log. */
    public static final String CHILD_PROPERTY = "mkemu.child";
    /** System property of a process that an AOT cache is made of: it does in vain what others do. */
    public static final String REHEARSAL_PROPERTY = "mkemu.rehearsal";
    private static final String EPOCH = "mk_epoch";
    private static final String LIFE = "mk_life";
    /* The process's own; System.err becomes the kernel log's. */
    private static final PrintStream STDERR = System.err;
    private static final boolean STARTED_BY_HOST = Boolean.getBoolean(CHILD_PROPERTY);

    private InstanceMain() {
    }

    /** Boots, runs until the host asks for the end or is gone, and exits with a code of {@link ExitCode}. */
    public static void main(String[] args, KernelHook.Maker hooks) {
        long started = System.nanoTime();
        OsProcess.leaveTerminal();
        if (args.length < 3) {
            System.err.println("mkemu instance: want MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE [MODULE...]; "
                + "the host starts instances itself, see mk run --help");
            Runtime.getRuntime().halt(ExitCode.USAGE.code());
        }
        int code = ExitCode.INTERNAL.code();
        try {
            code = boot(args, started, hooks);
        } finally {
            exit(code);
        }
    }

    private static void exit(int code) {
        try {
            System.out.flush();
            System.err.flush();
        } finally {
            /* Daemon threads sleep in futexes and locks; nothing is left that a shutdown hook would have to do. */
            Runtime.getRuntime().halt(code);
        }
    }

    private static int boot(String[] args, long started, KernelHook.Maker hooks) {
        InstanceEntry entry = null;
        Printk printk = null;
        try {
            MachineDirectory directory = new MachineDirectory(Path.of(args[0]).toAbsolutePath());
            directory.check();
            int id = Integer.parseInt(args[1]);
            BootParameters parameters = BootParameters.parse(args[2]);
            /* Before the lock is touched: this may be a straggler of a dead host, in the directory of the next one. */
            requireEpoch(directory, parameters).close();
            OsFile life = OsFile.openOrCreate(directory.lifeLock(id));
            if (!life.tryLock()) {
                throw new MachineException(ExitCode.MACHINE,
                    "instance " + id + " of machine " + directory.machine() + " runs already");
            }
            HostWatch.start(directory);
            MappedMachine machine = requireEpoch(directory, parameters);
            InstanceEntry found = machine.instances().find(id);
            if (found == null || found.state() != InstanceState.LOADED) {
                throw new MachineException(ExitCode.MACHINE, "instance " + id + " of machine " + directory.machine()
                    + " is " + (found == null ? InstanceState.EMPTY : found.state()) + ", must be loaded to boot");
            }
            requireLife(found, parameters);
            entry = found;
            entry.pid(ProcessHandle.current().pid());
            /* Before the log is opened: its lines would have the times of another clock. */
            requireClock(machine, entry, parameters);
            entry.bootStep(BootStep.JVM, started);
            printk = openLog(machine, id);
            printk.print(LogLevel.INFO, "Command line: " + args[2]);
            run(machine, entry, parameters, args, printk, hooks);
            entry.exitCode(ExitCode.OK.code());
            return ExitCode.OK.code();
        } catch (MachineException refused) {
            return fail(entry, printk, refused.exitCode(), refused.getMessage(), null);
        } catch (IllegalArgumentException wrong) {
            return fail(entry, printk, ExitCode.CONFIG, wrong.getMessage(), null);
        } catch (IOException fault) {
            String shortage = fault instanceof OsException refused
                ? Shortage.of(Path.of(args[0]), refused.errno()) : Shortage.of(fault);
            return shortage != null
                ? fail(entry, printk, ExitCode.RESOURCES, fault.getMessage() + ": " + shortage, null)
                : fail(entry, printk, ExitCode.MACHINE, fault.toString(), null);
        } catch (InterruptedException | RuntimeException | Error fault) {
            String shortage = Shortage.of(fault);
            return shortage != null ? fail(entry, printk, ExitCode.RESOURCES, shortage, null)
                : fail(entry, printk, ExitCode.INTERNAL, "fault of mkemu: " + Faults.text(fault), fault);
        }
    }

    /**
     * Opens the kernel log. What this process prints goes there from now on, and so does its end by System.exit or a
     * signal that can be caught.
     */
    private static Printk openLog(MappedMachine machine, int instanceId) {
        Printk printk = new Printk(new KernelLog(machine.memory(), instanceId), machine.platform()::nanoTime);
        LogStream.redirectStandardStreams(printk);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            String why = "the process of this kernel exits: System.exit, SIGTERM, SIGINT or SIGHUP";
            if (!STARTED_BY_HOST) {
                /* The host cannot wait for it, and would only see its life lock come free. */
                machine.instances().entry(instanceId).reason(why);
            }
            try {
                System.out.flush();
                System.err.flush();
            } finally {
                printk.panic("mkemu: " + why, null);
            }
        }, "last-words"));
        return printk;
    }

    /** Maps the RAM if it is that of the machine this instance was made for. */
    private static MappedMachine requireEpoch(MachineDirectory directory, BootParameters parameters)
        throws IOException {
        MappedMachine machine = MappedMachine.open(directory.ram());
        if (!parameters.has(EPOCH)) {
            throw new IllegalArgumentException(EPOCH + "= is missing; the host says which machine the instance is for");
        }
        if (machine.memory().epoch() != parameters.getMemory(EPOCH)) {
            machine.close();
            throw new MachineException(ExitCode.MACHINE, "machine " + directory.machine() + " is another one by now ("
                + EPOCH + "=" + parameters.get(EPOCH) + ", its RAM says 0x" + Long.toHexString(machine.memory().epoch())
                + "); this instance ends");
        }
        return machine;
    }

    /** Refuses a process that was made for a former life, or comes when the host no longer waits for one. */
    private static void requireLife(InstanceEntry entry, BootParameters parameters) {
        if (!parameters.has(LIFE)) {
            throw new IllegalArgumentException(LIFE + "= is missing; the host says which life of the instance it is");
        }
        if (entry.requested() != InstanceDescriptor.REQUEST_RUN || entry.life() != parameters.getMemory(LIFE)) {
            throw new MachineException(ExitCode.MACHINE, "instance " + entry.id() + ": life " + parameters.get(LIFE)
                + " is over or was given up; execute it again (mk exec) and take the command line of that");
        }
    }

    private static void requireClock(MappedMachine machine, InstanceEntry entry, BootParameters parameters) {
        try {
            HostClock.require(parameters, TimeNamespace.offsetNanos(), entry.bootStep(BootStep.EXEC),
                System.nanoTime());
        } catch (MachineException refused) {
            /* The host is to see that somebody has come, and goes. */
            machine.memory().raiseEvent();
            throw refused;
        }
    }

    private static void run(MappedMachine machine, InstanceEntry entry, BootParameters parameters, String[] args,
        Printk printk, KernelHook.Maker hooks) throws InterruptedException {
        RequestWatch requests = RequestWatch.start(entry);
        KernelInstance kernel =
            new KernelInstance(machine, entry.id(), parameters, ipiArea(machine, parameters, printk), printk, hooks);
        requests.kernel(kernel);
        kernel.onPanic(reason -> exit(fail(entry, printk, ExitCode.MODULE, reason, null)));
        entry.bootStep(BootStep.MAPPED, System.nanoTime());
        kernel.bringUpCpus();
        if (Boolean.getBoolean(REHEARSAL_PROPERTY)) {
            CModuleFile.rehearse();
        }
        kernel.start(ModuleLoader.load(List.of(args).subList(3, args.length)));
        requests.awaitShutdown();
        /* The host decides when the modules have had time enough, and kills the process then. */
        kernel.shutDown(Long.MAX_VALUE);
    }

    private static long ipiArea(MappedMachine machine, BootParameters parameters, Printk printk) {
        try {
            return KernelParameter.ipiShared(parameters, machine.memory().ipiMode());
        } catch (IllegalArgumentException wrong) {
            if (parameters.has(KernelParameter.MK_IPI_SHARED.parameter())) {
                new RfcLog(parameters, machine.isQueued(), printk)
                    .noAddress(parameters.get(KernelParameter.MK_IPI_SHARED.parameter()));
            }
            throw wrong;
        }
    }

    /**
     * Says why there is no kernel, or none any more: in the instance table, in its log once that is open, and on stderr
     * unless the host reads that; a person or a container may have started this process.
     */
    private static int fail(InstanceEntry entry, Printk printk, ExitCode code, String why, Throwable fault) {
        String line = "mkemu: " + (why == null ? code.toString() : why.replace('\n', ' '));
        try {
            if (entry != null) {
                entry.exitCode(code.code());
                entry.reason(line.substring("mkemu: ".length()));
            }
            if (printk != null) {
                printk.panic(line, fault);
            } else if (fault != null) {
                fault.printStackTrace(STDERR);
            }
        } catch (Throwable untold) {
            STDERR.println("mkemu: what follows is not in the kernel log: " + Faults.text(untold));
            STDERR.println(line);
            return code.code();
        }
        if (printk == null || !STARTED_BY_HOST) {
            STDERR.println(line);
        }
        return code.code();
    }
}
