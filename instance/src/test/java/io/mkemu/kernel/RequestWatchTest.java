// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TakesLong;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the host asks is done whatever the CPUs do. A force halt ends the process, so those kernels are children. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class RequestWatchTest {
    private static final int ID = 5;

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private InstanceEntry entry;

    @BeforeEach
    void make() throws IOException {
        entry = machine.load(ID, 1, 2);
        entry.requested(InstanceDescriptor.REQUEST_RUN);
    }

    @Test
    void aRequestToShutDownIsPassedOnAndNothingElseIs() throws Exception {
        /* Stays mapped: the watch sleeps on it as long as this JVM runs. */
        InstanceEntry mine = MappedMachine.open(machine.ram()).instances().entry(ID);
        RequestWatch watch = RequestWatch.start(mine);
        CountDownLatch asked = new CountDownLatch(1);
        Thread boot = new Thread(() -> {
            try {
                watch.awaitShutdown();
                asked.countDown();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        });
        boot.start();
        for (int other : new int[] {InstanceDescriptor.REQUEST_NONE, 17, -1, InstanceDescriptor.REQUEST_RUN}) {
            entry.requested(other);
            Await.until(() -> boot.getState() == Thread.State.WAITING);
            assertEquals(1, asked.getCount(), "request " + other);
        }
        entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
        Await.latch(asked);
        watch.awaitShutdown();
        boot.join();
    }

    /** Of a kernel whose CPUs are idle, of one in the middle of a task, and of one that has none yet. */
    @TakesLong
    @ParameterizedTest
    @ValueSource(strings = {"idle", "hangs", "boots", "hangs in exit"})
    void aForceHaltEndsTheProcess(String how) throws Exception {
        try (ChildJvm kernel = start(how)) {
            assertEquals("up", kernel.readLine());
            if (how.equals("hangs in exit")) {
                entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
                assertEquals("in exit", kernel.readLine());
            }
            entry.requested(InstanceDescriptor.REQUEST_HALT);
            assertEquals(0, kernel.waitFor());
        }
        assertEquals(0, entry.exitCode(), "its last word");
        if (how.equals("idle")) {
            for (int cpu : new int[] {1, 2}) {
                assertEquals(LocalApicDescriptor.STATE_OFFLINE, machine.mapped().apic(cpu).idleWord());
            }
        }
    }

    @Test
    void anOrderlyShutdownIsTheKernelsOwn() throws Exception {
        try (ChildJvm kernel = start("idle")) {
            assertEquals("up", kernel.readLine());
            Await.until(() -> entry.state() == InstanceState.ACTIVE);
            entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
            assertEquals("in exit", kernel.readLine());
            assertEquals(7, kernel.waitFor());
        }
        assertEquals(InstanceEntry.NO_EXIT_CODE, entry.exitCode(), "for whoever runs the kernel to say, not the watch");
    }

    private ChildJvm start(String how) throws IOException {
        entry.exitCode(InstanceEntry.NO_EXIT_CODE);
        return ChildJvm.start(Watched.class, machine.ram(), how);
    }

    /** An instance's process, as far as the watch is concerned. It ends with the test's JVM at the latest. */
    static final class Watched {
        private Watched() {
        }

        public static void main(String[] args) throws Exception {
            ChildJvm.endWithParent();
            MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
            InstanceEntry mine = mapped.instances().entry(ID);
            RequestWatch watch = RequestWatch.start(mine);
            if (args[1].equals("boots")) {
                System.out.println("up");
                new CountDownLatch(1).await();
            }
            KernelInstance kernel = new KernelInstance(mapped, ID, BootParameters.parse("quiet"), mine.ipiArea());
            watch.kernel(kernel);
            kernel.bringUpCpus();
            kernel.start(List.of(new Exiting(args[1].equals("hangs in exit"))));
            if (args[1].equals("hangs")) {
                CountDownLatch hanging = new CountDownLatch(1);
                kernel.cpu(1).submit(() -> {
                    hanging.countDown();
                    hang();
                });
                hanging.await();
            }
            System.out.println("up");
            watch.awaitShutdown();
            kernel.shutDown(Long.MAX_VALUE);
            Runtime.getRuntime().halt(7);
        }

        static void hang() {
            while (true) {
                Thread.onSpinWait();
            }
        }
    }

    private record Exiting(boolean hangs) implements KernelModule {
        @Override
        public String name() {
            return "watched";
        }

        @Override
        public void init(Kernel kernel) {
            /* It only exits. */
        }

        @Override
        public void exit() {
            System.out.println("in exit");
            if (hangs) {
                Watched.hang();
            }
        }
    }
}
