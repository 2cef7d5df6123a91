// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Operation;
import io.mkemu.module.Task;
import io.mkemu.record.InstanceList;
import io.mkemu.replay.ReplayResult.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Modules that are run through recordings by hand: what they are told, and what is said of what they do. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ReplayTest extends ReplayFixture {
    @Test
    void whatIsAskedIsAnsweredAsThen() throws Exception {
        Instance two = new Instance(2, "two", 9, InstanceState.FAILED, List.of(5, 6));
        Instance three = new Instance(3, "three", 1, InstanceState.ACTIVE, List.of(4));
        List<Object> told = new ArrayList<>();
        UnsafeBuffer listed = (UnsafeBuffer) InstanceList.encode(List.of(two, three));
        UnsafeBuffer found = (UnsafeBuffer) InstanceList.encode(List.of(two));
        ReplayResult result = new Scripted(4)
            .call(KernelCall.NANO_TIME, 123, 0, 0)
            .call(KernelCall.RANDOM_LONG, -5, 0, 0)
            .call(KernelCall.IS_ACTIVE, 1, 2, 0)
            .call(KernelCall.INSTANCE_OF_CPU, -1, 99, 0)
            .call(KernelCall.INSTANCES, 2, 0, listed.byteArray())
            .call(KernelCall.FIND_INSTANCE, 1, 2, found.byteArray())
            .call(KernelCall.FIND_INSTANCE, 0, 8, new byte[0])
            .notSent(Errno.ENOSPC, 2, TYPE, HELLO)
            .notSent(Errno.ESHUTDOWN, 2, TYPE, HELLO)
            .sent(2, TYPE, HELLO)
            .call(KernelCall.SEND_TO_CPU, 0, 2, 6).sent(2, TYPE)
            .call(KernelCall.SEND_LONG_TYPE, 0x1_0000_0001L, 2, 0).notSent(Errno.EINVAL, 2, 1)
            .init().replay(module(kernel -> {
                told.add(kernel.nanoTime());
                told.add(kernel.randomLong());
                told.add(kernel.isActive(2));
                told.add(kernel.instanceOfCpu(99));
                told.add(kernel.instances());
                told.add(kernel.findInstance(2));
                assertNull(kernel.findInstance(8));
                for (int send = 0; send < 3; send++) {
                    told.add(kernel.sendIpiData(2, HELLO, TYPE));
                }
                told.add(kernel.sendIpiDataToCpu(2, 6, null, 0, 0, TYPE));
                told.add(kernel.sendIpiDataLongType(2, null, 0, 0, 0x1_0000_0001L));
                told.add(List.of(kernel.instanceId(), kernel.instanceName(), kernel.smpProcessorId(),
                    kernel.physicalCpuId(), kernel.parameter("depth"), kernel.bootParameter("idle")));
            }));
        equal(result);
        assertEquals(List.of(123L, -5L, true, -1, List.of(two, three), two, -Errno.ENOSPC, -Errno.ESHUTDOWN, 0, 0,
            -Errno.EINVAL, List.of(3, "three", 0, 4, "4", "halt")), told);
        assertEquals(5, result.sends());
        assertEquals(9, result.answers());
        assertEquals(1, result.steps());
        assertFalse(result.isInStep());
    }

    @Test
    void whatIsPublishedForChecksIsNotCompared() throws Exception {
        ReplayResult result = new Scripted(4).init().sent(2, 0x10, HELLO).callback(0, TYPE)
            .replay(onMessage(kernel -> {
                kernel.observe("leader", 2);
                Operation lock = kernel.operation("lock");
                lock.begins();
                lock.ends(kernel.sendIpiData(2, HELLO, 0x10));
            }));
        equal(result);
        assertEquals(1, result.sends());
        assertEquals(0, result.answers());
    }

    @Test
    void aMessageIsDeliveredAsItWas() throws Exception {
        List<Object> seen = new ArrayList<>();
        ReplayResult result = new Scripted(4).init().callback(0, TYPE, HELLO).callback(0, TYPE)
            .replay(module(kernel -> kernel.registerHandler((data, context) -> {
                byte[] bytes = new byte[data.dataSize()];
                data.buffer().getBytes(0, bytes);
                seen.add(List.of(data.senderCpu(), data.type(), data.number(), context));
                seen.add(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1));
            }, "context", TYPE)));
        equal(result);
        assertEquals(List.of(List.of(Scripted.SENDER, TYPE, 1L, "context"), "\1\2\3\4",
            List.of(Scripted.SENDER, TYPE, 2L, "context"), ""), seen);
        assertEquals(2, result.callbacks());
    }

    @Test
    void aSendThatIsDifferent() throws Exception {
        equal(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(2, HELLO, 0x10))));
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(2, new byte[] {1, 2, 0, 4}, 0x10))), 2,
            "send to instance 2, type 0x10, 4 bytes: 01 02 03 04 (from byte 2 on) = 0",
            "send to instance 2, type 0x10, 4 bytes: 01 02 00 04 (from byte 2 on)");
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(3, HELLO, 0x10))), 2, "instance 2",
            "instance 3");
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(2, HELLO, 0x11))), 2, "0x10", "0x11");
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(2, new byte[3], 0x10))), 2, "4 bytes",
            "3 bytes");
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiData(2, null, 0, 4, 0x10))), 2, "01 02 03 04",
            "00 00 00 00");
        differs(sendsHello().replay(onMessage(kernel -> kernel.sendIpiDataToCpu(2, 5, null, 0, 4, 0x10))), 2,
            "send to instance 2", "sendIpiDataToCpu, to CPU 5 of instance 2");
    }

    @Test
    void aSendThatIsMissingOrOneTooMany() throws Exception {
        ReplayResult missing = sendsHello().replay(onMessage(kernel -> { }));
        differs(missing, 2, "send to instance 2", "the callback returns");
        assertEquals("callback of message 7.4.1.1 (type 0x77, 1 bytes)", missing.step());
        assertEquals(1, missing.steps());
        ReplayResult many = sendsHello().replay(onMessage(kernel -> {
            kernel.sendIpiData(2, HELLO, 0x10);
            kernel.sendIpiData(2, HELLO, 0x10);
        }));
        differs(many, 2, "nothing more", "send to instance 2");
        assertEquals(1, many.sends());
    }

    @Test
    void anotherQuestion() throws Exception {
        Scripted asks = new Scripted(4).call(KernelCall.IS_ACTIVE, 1, 2, 0).init();
        differs(asks.replay(module(kernel -> kernel.isActive(3))), 1, "isActive(2) = true", "isActive(3)");
        differs(asks.replay(module(Kernel::nanoTime)), 1, "isActive(2) = true", "nanoTime()");
        differs(asks.replay(module(kernel -> { })), 1, "isActive(2)", "init returns");
        differs(new Scripted(4).init().replay(module(Kernel::randomLong)), 1, "nothing more", "randomLong()");
    }

    @Test
    void handlersThatAreNotThereOrAreThereToo() throws Exception {
        differs(sendsHello().replay(module(kernel -> { })), 2, "handler 0 of type 0x77 runs", "no such handler");
        differs(new Scripted(4).init().unhandled(0, TYPE).replay(onMessage(kernel -> { })), 2, "no handler",
            "handler 0 of type 0x77 (module m)");
        equal(new Scripted(4).init().unhandled(0, TYPE).replay(module(kernel -> { })));
        Scripted twoMessages = new Scripted(4).init().callback(0, TYPE, (byte) 1).callback(0, TYPE, (byte) 2);
        differs(twoMessages.replay(module(kernel -> {
            kernel.registerHandler((data, context) -> { }, null, TYPE);
            kernel.registerHandler((data, context) -> { }, null, TYPE);
        })), 3, "it does not run for message 7.4.1.1", "handler 1 of type 0x77");
    }

    @Test
    void everyHandlerOfAMessageInTheOrderOfThen() throws Exception {
        List<String> ran = new ArrayList<>();
        KernelModule two = module(kernel -> {
            kernel.registerHandler((data, context) -> ran.add("old " + data.buffer().getByte(0)), null, TYPE);
            kernel.registerHandler((data, context) -> ran.add("new " + data.buffer().getByte(0)), null, TYPE);
        });
        equal(new Scripted(4).init().callback(0, 0, TYPE, 1, (byte) 8).callback(0, 0, TYPE, 0, (byte[]) null)
            .replay(two));
        assertEquals(List.of("new 8", "old 8"), ran);
    }

    @Test
    void tasksAreSteppedWhenTheyWereStepped() throws Exception {
        List<String> ran = new ArrayList<>();
        KernelModule two = module(kernel -> {
            kernel.startTask("a", () -> {
                ran.add("a");
                return Task.WAIT;
            });
            kernel.startTask("b", () -> {
                ran.add("b");
                return Task.DONE;
            });
        });
        Scripted script = new Scripted(4).init().task(0, 0, false, 0).task(0, 1, true, 0).task(0, 0, false, 0);
        equal(script.replay(two));
        assertEquals(List.of("a", "b", "a"), ran);
        differs(script.task(0, 1, true, 0).replay(two), 5, "task 1 of this CPU is stepped", "no such task");
        differs(new Scripted(4).init().task(0, 0, true, 0).replay(two), 2, "the task ends", "the task goes on");
        differs(new Scripted(4).init().task(0, 1, false, 0).replay(two), 2, "the task goes on", "the task ends");
    }

    @Test
    void tasksAreCalledByTheirNames() throws Exception {
        KernelModule one = module(kernel -> kernel.startTask("bid", () -> Task.WAIT));
        Scripted script = new Scripted(4).call(KernelCall.START_TASK, 0, 0, "bid".getBytes(UTF_8)).init()
            .task(0, 0, true, 0);
        ReplayResult result = script.replay(one);
        differs(result, 2, "the task ends", "the task goes on");
        assertEquals("step of task \"bid\", number 0", result.step());
        differs(script.replay(module(kernel -> kernel.startTask("offer", () -> Task.DONE))), 1,
            "startTask(\"bid\")", "startTask(\"offer\")");
        differs(script.replay(module(kernel -> { })), 1, "startTask(\"bid\")", "init returns");
    }

    @Test
    void typesAreCalledByTheirNames() throws Exception {
        KernelModule named = module(kernel -> {
            assertEquals(0, kernel.nameType(TYPE, "rpc.request"));
            assertEquals(0, kernel.nameType(0x10, "rpc.answer"));
            assertEquals(-Errno.EEXIST, kernel.nameType(0x10, "rpc.other"));
            kernel.registerHandler((data, context) -> kernel.sendIpiData(3, HELLO, 0x10), null, TYPE);
        });
        ReplayResult result = sendsHello().replay(named);
        differs(result, 2, "send to instance 2, type 0x10(rpc.answer), 4 bytes", "type 0x10(rpc.answer), 4 bytes");
        assertEquals("callback of message 7.4.1.1 (type 0x77(rpc.request), 1 bytes)", result.step());
    }

    @Test
    void itStopsOnceBeforeAStepOrAMessage() throws Exception {
        Scripted script = new Scripted(4).init().callback(0, TYPE).callback(0, TYPE).task(0, 0, false, 0);
        List<String> ran = new ArrayList<>();
        KernelModule module = module(kernel -> {
            kernel.registerHandler((data, context) -> ran.add("callback"), null, TYPE);
            kernel.startTask("t", () -> Task.WAIT);
        });
        for (String text : List.of("3", "7.4.1.2")) {
            BreakPoint point = BreakPoint.of(text);
            script.breaks.clear();
            equal(script.breakAt(point).replay(module));
            assertEquals(List.of("step 3, CPU 4: [    0.000000] callback of message 7.4.1.2 (type 0x77, 0 bytes)"),
                script.breaks);
            assertFalse(point.isMissed());
        }
        BreakPoint never = BreakPoint.of("7.4.1.3");
        equal(script.breakAt(never).replay(module));
        assertTrue(never.isMissed());
        for (String wrong : List.of("0", "-1", "x", "1.2", "9999999999999999999")) {
            assertThrows(IllegalArgumentException.class, () -> BreakPoint.of(wrong), wrong);
        }
    }

    @Test
    void whatThrowsThenAndNow() throws Exception {
        KernelModule thrower = onMessage(kernel -> {
            throw new IllegalStateException("too much");
        });
        differs(new Scripted(4).init().callback(0, TYPE).replay(thrower), 2, "does not fail",
            "throws java.lang.IllegalStateException: too much at ");
        int fault = TraceRecordDescriptor.FAULT;
        equal(new Scripted(4).init().callback(0, fault, TYPE, 0, new byte[0]).replay(thrower));
        differs(new Scripted(4).init().callback(0, fault, TYPE, 0, new byte[0]).replay(onMessage(kernel -> { })), 2,
            "fails", "the callback returns");
        KernelModule badTask = module(kernel -> kernel.startTask("t", () -> -7));
        equal(new Scripted(4).init().task(0, 0, true, fault).replay(badTask));
        differs(new Scripted(4).init().task(0, 0, true, 0).replay(badTask), 2, "does not fail", "step returned -7");
    }

    @Test
    void aModuleWhoseInitFailedHasNothingLeft() throws Exception {
        KernelModule half = module(kernel -> {
            kernel.registerHandler((data, context) -> { }, null, TYPE);
            kernel.startTask("t", () -> Task.DONE);
            throw new java.io.IOException("no such device");
        });
        int fault = TraceRecordDescriptor.FAULT;
        Scripted failed = new Scripted(4).work(0, WorkKind.INIT, 0, 0, fault);
        equal(failed.unhandled(0, TYPE).replay(half));
        differs(failed.task(0, 0, true, 0).replay(half), 3, "task 0", "no such task");
    }

    @Test
    void exitTakesTheHandlersBack() throws Exception {
        List<String> ran = new ArrayList<>();
        KernelModule leaving = new KernelModule() {
            @Override
            public void init(Kernel kernel) {
                kernel.registerHandler((data, context) -> { }, null, TYPE);
            }

            @Override
            public void exit() {
                ran.add("exit");
            }
        };
        equal(new Scripted(4).init().callback(0, TYPE).work(0, WorkKind.EXIT, 0, 0, 0).unhandled(0, TYPE)
            .replay(leaving));
        assertEquals(List.of("exit"), ran);
    }

    @Test
    void workGoesToTheCpuItWasGivenTo() throws Exception {
        List<Integer> cpus = new ArrayList<>();
        KernelModule spread = module(kernel -> {
            kernel.runOnCpu(1, () -> {
                cpus.add(kernel.smpProcessorId());
                cpus.add(kernel.physicalCpuId());
                kernel.runOnCpu(0, () -> cpus.add(kernel.smpProcessorId()));
            });
            assertThrows(IllegalArgumentException.class, () -> kernel.runOnCpu(2, () -> { }));
        });
        Scripted given = new Scripted(4, 9).init().work(1, WorkKind.RUN_ON_CPU, 0, 1, 0)
            .work(0, WorkKind.RUN_ON_CPU, 0, 2, 0);
        equal(given.replay(spread));
        assertEquals(List.of(1, 9, 0), cpus);
        differs(given.work(0, WorkKind.RUN_ON_CPU, 1, 1, 0).replay(spread), 4, "it runs", "nothing was given");
        ReplayResult foreign = new Scripted(4).init().work(0, WorkKind.RUN_ON_CPU, 0, 0, 0).replay(module(k -> { }));
        assertEquals(Verdict.STOPPED, foreign.verdict());
        assertTrue(foreign.now().contains("thread of its own"), foreign::toString);
    }
}
