// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a module throws, and whatever that does when it is asked what it is, stays in that module's own step. */
@ParameterizedClass
@EnumSource(IpiMode.class)
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ModuleFaultTest {
    private static final int TYPE = 7;

    private final IpiMode mode;
    private TestKernels machine;

    ModuleFaultTest(IpiMode mode) {
        this.mode = mode;
    }

    /** What is thrown. */
    enum Thrown {
        MESSAGE_THROWS(() -> new Hostile(null)),
        MESSAGE_THROWS_ITSELF(() -> new Hostile("itself")),
        STACK_IS_NULL(() -> new Hostile("stack")),
        NO_MEMORY(() -> new OutOfMemoryError("of a module")),
        NO_STACK(StackOverflowError::new);

        private final Supplier<Throwable> maker;

        Thrown(Supplier<Throwable> maker) {
            this.maker = maker;
        }

        <T> T fling() {
            if (this == NO_STACK) {
                return deeper(0);
            }
            Throwable made = maker.get();
            if (made instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) made;
        }

        private static <T> T deeper(int depth) {
            T result = deeper(depth + 1);
            return result == null ? deeper(depth) : result;
        }

        /** What the log names. */
        String name(Class<?> other) {
            return this == NO_STACK ? "StackOverflowError" : this == NO_MEMORY ? "OutOfMemoryError"
                : other.getSimpleName();
        }
    }

    private static final class Hostile extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String how;

        Hostile(String how) {
            this.how = how;
        }

        @Override
        public String getMessage() {
            if ("stack".equals(how)) {
                return "no stack";
            }
            throw "itself".equals(how) ? new Hostile(how) : new IllegalStateException("no message either");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            if ("stack".equals(how)) {
                return null;
            }
            throw new IllegalStateException("no stack trace either");
        }
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    private void assertLogged(Thrown thrown, String what) {
        List<String> log = machine.log(1);
        assertTrue(log.stream().anyMatch(line -> line.contains(what) && line.contains(thrown.name(Hostile.class))),
            log::toString);
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void aCallback(Thrown thrown) throws Exception {
        machine = new TestKernels(mode);
        Node node = machine.boot(1, 2, 5);
        Node sender = machine.boot(2, 1);
        List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
        IpiHandler before = node.api.registerHandler((data, context) -> sizes.add(data.dataSize()), null, TYPE);
        IpiHandler broken = node.api.registerHandler((data, context) -> thrown.fling(), null, TYPE);
        IpiHandler after = node.api.registerHandler((data, context) -> sizes.add(data.dataSize()), null, TYPE);
        for (int size = 1; size <= 3; size++) {
            byte[] data = new byte[size];
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, TYPE)));
            node.settle(0);
            assertEquals(size, node.apic(0).counter(Counter.RECEIVED));
        }
        assertEquals(List.of(1, 1, 2, 2, 3, 3), sizes);
        assertEquals(3, node.apic(0).counter(Counter.FAULTS));
        /* A mark that stays set would have this wait for ever. */
        for (IpiHandler handler : List.of(before, broken, after)) {
            assertEquals(0, node.on(1, () -> node.api.unregisterHandler(handler)));
        }
        assertLogged(thrown, "probe: callback for IPI type 0x7 threw ");
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void aTask(Thrown thrown) throws Exception {
        machine = new TestKernels(mode);
        Node node = machine.boot(1, 2, 5);
        node.on(() -> {
            node.api.startTask("broken", thrown::fling);
            return null;
        });
        Await.until(() -> node.kernel.entry().tasksEnded() == 1);
        node.settle(0);
        assertEquals(1, node.kernel.entry().tasksFailed());
        assertEquals(0, node.apic(0).counter(Counter.FAULTS), "no fault of the kernel's");
        List<String> log = machine.log(1);
        assertEquals(1, log.stream().filter(line -> line.contains("probe: task broken failed: ")
            && line.contains(thrown.name(Hostile.class))).count(), log::toString);
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void workThatWasGiven(Thrown thrown) throws Exception {
        machine = new TestKernels(mode);
        Node node = machine.boot(1, 2, 5);
        CountDownLatch next = new CountDownLatch(1);
        node.api.runOnCpu(1, thrown::fling);
        node.api.runOnCpu(1, next::countDown);
        Await.latch(next);
        assertLogged(thrown, "probe: work failed: ");
        assertEquals(0, node.apic(1).counter(Counter.FAULTS), "no fault of the kernel's");
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void initAndExit(Thrown thrown) throws Exception {
        machine = new TestKernels(mode);
        machine.load(1, 2, 5);
        List<String> exits = Collections.synchronizedList(new ArrayList<>());
        Node node = machine.boot(1, "quiet", new Module("older", null, () -> exits.add("older")),
            new Module("broken", thrown::fling, null), new Module("rude", null, thrown::fling),
            new Module("younger", null, () -> exits.add("younger")));
        assertEquals(InstanceState.ACTIVE, node.kernel.entry().state());
        node.shutDown();
        assertEquals(List.of("younger", "older"), exits);
        assertLogged(thrown, "broken: init failed: ");
        assertLogged(thrown, "rude: exit failed: ");
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void whatTheKernelItselfTellsOfACpu(Thrown thrown) throws Exception {
        machine = new TestKernels(mode);
        Node node = machine.boot(1, 2, 5);
        node.kernel.cpu(0).submit(thrown::fling);
        assertEquals(42, node.on(() -> 42), "the CPU goes on");
        assertEquals(1, node.apic(0).counter(Counter.FAULTS));
        assertLogged(thrown, "mkemu: fault on CPU 2: ");
    }

    @Test
    void aTaskThatIsRefusedIsNotCounted() throws Exception {
        machine = new TestKernels(mode);
        Node node = machine.boot(1, 2, 5);
        assertThrows(IllegalStateException.class, () -> node.api.startTask("foreign", () -> Task.DONE));
        assertEquals(0, node.kernel.entry().tasksStarted());
        node.settle(0);
        assertEquals(2, node.kernel.entry().tasksStarted());
        Await.until(() -> node.kernel.entry().tasksEnded() == 2);
    }

    /** Does as it is told. */
    private record Module(String name, Runnable onInit, Runnable onExit) implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            if (onInit != null) {
                onInit.run();
            }
        }

        @Override
        public void exit() {
            if (onExit != null) {
                onExit.run();
            }
        }
    }
}
