// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.OsFile;
import io.mkemu.os.OsProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The process of a spawned kernel.
 *
 * <p>{@code InstanceMain MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE [MODULE...]}
 */
public final class InstanceMain {
    private static final String EPOCH = "mk_epoch";
    private static final String LIFE = "mk_life";

    private InstanceMain() {
    }

    /** Boots, runs until the host asks for the end or is gone, and exits with a code of {@link ExitCode}. */
    public static void main(String[] args) {
        long started = System.nanoTime();
        OsProcess.leaveTerminal();
        if (args.length < 3) {
            System.err.println("mkemu instance: want MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE [MODULE...]; "
                + "the host starts instances itself, see mk run --help");
            Runtime.getRuntime().halt(ExitCode.USAGE.code());
        }
        int code = boot(args, started);
        /* Daemon threads sleep in futexes and locks; nothing is left that a shutdown hook would have to do. */
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    private static int boot(String[] args, long started) {
        InstanceEntry entry = null;
        try {
            MachineDirectory directory = new MachineDirectory(Path.of(args[0]).toAbsolutePath());
            directory.check();
            int id = Integer.parseInt(args[1]);
            BootParameters parameters = BootParameters.parse(args[2]);
            /* Before the lock is touched: this may be a straggler of a dead host, in the directory of the next one. */
            requireEpoch(directory, parameters);
            OsFile life = OsFile.openOrCreate(directory.life(id));
            if (!life.tryLock()) {
                throw new MachineException(ExitCode.MACHINE,
                    "instance " + id + " of machine " + directory.machine() + " runs already");
            }
            HostWatch.start(directory);
            PhysicalMemory memory = requireEpoch(directory, parameters);
            InstanceEntry found = memory.instances().find(id);
            if (found == null || found.state() != InstanceState.LOADED) {
                throw new MachineException(ExitCode.MACHINE, "instance " + id + " of machine " + directory.machine()
                    + " is " + (found == null ? InstanceState.EMPTY : found.state()) + ", must be loaded to boot");
            }
            requireLife(found, parameters);
            entry = found;
            entry.pid(ProcessHandle.current().pid());
            entry.bootStep(BootStep.JVM, started);
            run(memory, entry, parameters, args);
            entry.exitCode(ExitCode.OK.code());
            return ExitCode.OK.code();
        } catch (MachineException refused) {
            return fail(entry, refused.exitCode(), refused.getMessage());
        } catch (IllegalArgumentException wrong) {
            return fail(entry, ExitCode.CONFIG, wrong.getMessage());
        } catch (IOException fault) {
            return fail(entry, ExitCode.MACHINE, fault.toString());
        } catch (InterruptedException | RuntimeException | Error fault) {
            fault.printStackTrace();
            return fail(entry, ExitCode.INTERNAL, "fault of mkemu: " + fault);
        }
    }

    /** Maps the RAM if it is that of the machine this instance was made for. */
    private static PhysicalMemory requireEpoch(MachineDirectory directory, BootParameters parameters)
        throws IOException {
        PhysicalMemory memory = PhysicalMemory.open(directory.ram());
        if (!parameters.has(EPOCH)) {
            throw new IllegalArgumentException(EPOCH + "= is missing; the host says which machine the instance is for");
        }
        if (memory.epoch() != parameters.getMemory(EPOCH)) {
            memory.close();
            throw new MachineException(ExitCode.MACHINE, "machine " + directory.machine() + " is another one by now ("
                + EPOCH + "=" + parameters.get(EPOCH) + ", its RAM says 0x" + Long.toHexString(memory.epoch())
                + "); this instance ends");
        }
        return memory;
    }

    /** Refuses a process that was made for a former life, or comes when the host no longer waits for one. */
    private static void requireLife(InstanceEntry entry, BootParameters parameters) {
        if (!parameters.has(LIFE)) {
            throw new IllegalArgumentException(LIFE + "= is missing; the host says which life of the instance it is");
        }
        if (entry.requested() != InstanceDescriptor.REQUEST_RUN || entry.epoch() != parameters.getMemory(LIFE)) {
            throw new MachineException(ExitCode.MACHINE, "instance " + entry.id() + ": life " + parameters.get(LIFE)
                + " is over or was given up; execute it again (mk exec) and take the command line of that");
        }
    }

    private static void run(PhysicalMemory memory, InstanceEntry entry, BootParameters parameters, String[] args)
        throws InterruptedException {
        RequestWatch requests = RequestWatch.start(entry);
        KernelInstance kernel = new KernelInstance(memory, entry.id(), parameters, ipiShared(parameters));
        requests.kernel(kernel);
        entry.bootStep(BootStep.MAPPED, System.nanoTime());
        kernel.printk(LogLevel.INFO, "Command line: " + args[2]);
        kernel.bringUpCpus();
        kernel.start(ModuleLoader.load(List.of(args).subList(3, args.length)));
        requests.awaitShutdown();
        /* The host decides when the modules have had time enough, and kills the process then. */
        kernel.shutDown(Long.MAX_VALUE);
    }

    /**
     * The boot parameter that says where the IPI area lies: mk_ipi_shared_setup.
     *
     * @throws IllegalArgumentException without it, without its value, or with 0: -EINVAL of the RFC
     */
    static long ipiShared(BootParameters parameters) {
        if (!parameters.has("mk_ipi_shared")) {
            throw new IllegalArgumentException("mk_ipi_shared= is missing; the host gives the address of the IPI area");
        }
        long address = parameters.getMemory("mk_ipi_shared");
        if (address == 0) {
            throw new IllegalArgumentException("boot parameter mk_ipi_shared=" + parameters.get("mk_ipi_shared")
                + " is no address (-EINVAL); the host gives that of the IPI area");
        }
        return address;
    }

    private static int fail(InstanceEntry entry, ExitCode code, String why) {
        String line = why == null ? code.toString() : why.replace('\n', ' ');
        if (entry != null) {
            entry.reason(line);
            entry.exitCode(code.code());
        }
        System.err.println("mkemu: " + line);
        return code.code();
    }
}
