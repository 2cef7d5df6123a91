// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.IpiMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.log.KernelLog;
import io.mkemu.log.RateLimit;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.OsFile;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.ChildJvm;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A kernel's process that has to end ends, whatever becomes of its last words. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ProcessEndTest {
    private static final int ID = 5;

    @TempDir
    private Path directory;
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);

    @Test
    void anOrphanWhoseLogIsBrokenEnds() throws Exception {
        OsFile life = OsFile.openOrCreate(new MachineDirectory(directory).lifeLock(0));
        assertTrue(life.tryLock());
        try (life; ChildJvm orphan = ChildJvm.start(Orphan.class, directory)) {
            assertEquals("up", orphan.readLine());
            life.close();
            assertEquals(ExitCode.HOST_LOST.code(), orphan.waitFor());
        }
    }

    @Test
    void aForceHaltEndsAKernelThatCannotSayGoodbye() throws Exception {
        InstanceEntry entry = machine.load(ID, 1, 2);
        entry.requested(InstanceDescriptor.REQUEST_RUN);
        try (ChildJvm kernel = ChildJvm.start(Halted.class, machine.ram())) {
            assertEquals("up", kernel.readLine());
            entry.requested(InstanceDescriptor.REQUEST_HALT);
            assertEquals(0, kernel.waitFor());
        }
    }

    private static PrintStream broken() {
        return new PrintStream(new OutputStream() {
            @Override
            public void write(int value) {
                throw new IllegalStateException("the log is broken");
            }
        }, true);
    }

    /** An instance's process whose host dies. */
    static final class Orphan {
        private Orphan() {
        }

        public static void main(String[] args) throws Exception {
            ChildJvm.endWithParent();
            HostWatch.start(new MachineDirectory(Path.of(args[0])));
            System.setErr(broken());
            System.out.println("up");
            new CountDownLatch(1).await();
        }
    }

    /** An instance's process that is halted by force while its log cannot be written. */
    static final class Halted {
        private Halted() {
        }

        public static void main(String[] args) throws Exception {
            ChildJvm.endWithParent();
            MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
            PhysicalMemory logs = PhysicalMemory.open(Path.of(args[0]));
            InstanceEntry mine = mapped.instances().entry(ID);
            RequestWatch watch = RequestWatch.start(mine);
            Printk printk = new Printk(new KernelLog(logs, ID), System::nanoTime);
            KernelInstance kernel =
                new KernelInstance(mapped, ID, BootParameters.parse("quiet"), mine.ipiArea(), printk,
                    KernelHook::none);
            watch.kernel(kernel);
            kernel.bringUpCpus();
            RateLimit flood = printk.limit("flood");
            for (int line = 0; line <= RateLimit.BURST; line++) {
                printk.pass(flood);
            }
            /* What was held back is told once the CPUs are parked, and there is nothing left to tell it to. */
            logs.close();
            System.out.println("up");
            new CountDownLatch(1).await();
        }
    }
}
