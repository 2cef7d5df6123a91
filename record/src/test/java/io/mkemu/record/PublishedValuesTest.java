// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.HookedKernel;
import io.mkemu.kernel.KernelHook;
import io.mkemu.kernel.SteppedConversation;
import io.mkemu.kernel.SteppedMachine;
import io.mkemu.module.Kernel;
import io.mkemu.module.Operation;
import io.mkemu.trace.TraceWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What a module publishes for checks goes through a recorded kernel to the one below, and is not recorded. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PublishedValuesTest {
    /** A recorded kernel above one that sees what is published. Its modules begin with publishing something. */
    private static final class Seeing implements KernelHook {
        private final RecordingHook recorder;
        private final List<String> seen;
        private final boolean publishes;

        Seeing(HookedKernel kernel, List<String> seen, boolean publishes) {
            this.recorder = new RecordingHook(kernel);
            this.seen = seen;
            this.publishes = publishes;
        }

        @Override
        public Kernel decorate(Kernel given) {
            Operation operation = new Operation() {
                @Override
                public void begins(long argument) {
                    seen.add("begins " + argument);
                }
            };
            Kernel seeing = (Kernel) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Kernel.class},
                (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "observe" -> seen.add(arguments[0] + "=" + arguments[1]);
                        case "operation" -> {
                            seen.add("operation " + arguments[0]);
                            return operation;
                        }
                        default -> {
                            try {
                                return method.invoke(given, arguments);
                            } catch (InvocationTargetException fault) {
                                throw fault.getCause();
                            }
                        }
                    }
                    return null;
                });
            Kernel recorded = recorder.decorate(seeing);
            if (publishes) {
                recorded.observe("leader", 2);
                Operation lock = recorded.operation("lock");
                assertSame(operation, lock);
                lock.begins(7);
            }
            return recorded;
        }

        @Override
        public OnCpu onCpu(int logicalCpu, TraceWriter writer) {
            return recorder.onCpu(logicalCpu, writer);
        }

        @Override
        public void close() {
            recorder.close();
        }
    }

    @Test
    void theyArePassedOnAndNotRecorded() {
        ByteBuffer ram = SteppedMachine.newRam();
        List<String> seen = new ArrayList<>();
        String published =
            SteppedConversation.run(ram, IpiMode.QUEUED, 1, kernel -> new Seeing(kernel, seen, true));
        List<String> ofOne = List.of("leader=2", "operation lock", "begins 7");
        assertEquals(List.of(ofOne, ofOne), List.of(seen.subList(0, 3), seen.subList(3, seen.size())));
        List<String> nothing = new ArrayList<>();
        assertEquals(published,
            SteppedConversation.run(ram, IpiMode.QUEUED, 1, kernel -> new Seeing(kernel, nothing, false)));
        assertEquals(List.of(), nothing);
        assertNotEquals(SteppedConversation.run(ram, IpiMode.QUEUED, 1, KernelHook::none), published);
    }
}
