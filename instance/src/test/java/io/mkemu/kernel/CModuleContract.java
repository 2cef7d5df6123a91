// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.Window;
import io.mkemu.message.Completion;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.module.KernelModule;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** What a module in C is owed by both kernels, in both mailboxes. Instance 1 has it, instance 2 in Java talks to it. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class CModuleContract {
    private static final int ASK = 0x20;
    private static final int ANSWER = 0x21;
    private static final int TAKE_BACK = 0x22;
    private static final int SELF = 0x23;
    private static final int PLUS_ONE = 1;
    private static final int CALL_ME = 2;
    private static final int STAY_SILENT = 3;
    private static final long LONG = TimeUnit.SECONDS.toNanos(Await.WATCHDOG_SECONDS);

    private final KernelHost host;
    private final IpiMode mode;
    @TempDir
    Path directory;
    private TestKernels machine;
    private Node other;
    private final List<byte[]> answers = Collections.synchronizedList(new ArrayList<>());

    CModuleContract(KernelHost host, IpiMode mode) {
        this.host = host;
        this.mode = mode;
    }

    /** Builds a module of src/test/c. */
    private static Path build(Path directory, String name) {
        return CModules.build(CModules.root().resolve("instance/src/test/c/" + name + ".c"), directory);
    }

    /** Builds a module of src/test/c and makes an object of it. */
    static KernelModule module(Path directory, String name) {
        return ModuleLoader.load(List.of(build(directory, name).toString())).getFirst();
    }

    @BeforeEach
    void boot() throws Exception {
        CModules.require();
        machine = new TestKernels(mode);
        machine.load(1, 2, 5);
        machine.load(2, 1);
        other = machine.boot(2, "quiet");
        other.on(() -> other.api.registerHandler((data, context) -> {
            byte[] bytes = new byte[data.dataSize()];
            data.buffer().getBytes(0, bytes);
            answers.add(bytes);
        }, null, ANSWER));
    }

    @AfterEach
    void shutDown() throws Exception {
        if (machine != null) {
            machine.close();
        }
    }

    private InstanceEntry bootWith(String name, String cmdline) throws Exception {
        return bootWith(1, build(directory, name), cmdline);
    }

    private InstanceEntry bootWith(int id, Path module, String cmdline) throws Exception {
        if (host == KernelHost.JVM) {
            machine.boot(id, cmdline, ModuleLoader.load(List.of(module.toString())).toArray(KernelModule[]::new));
        } else {
            machine.startNative(id, cmdline, module).awaitActive();
        }
        return machine.mapped().instances().entry(id);
    }

    /** Something that the other kernel does, for conditions. */
    private int asks(Callable<Integer> call) {
        try {
            return other.on(call);
        } catch (Exception fault) {
            throw new IllegalStateException(fault);
        }
    }

    private void awaitLine(String wanted) throws Exception {
        Await.until(() -> machine.log(1).stream().anyMatch(line -> line.contains(wanted)),
            () -> wanted + " is not in " + machine.log(1));
    }

    @Test
    void messagesOfAllSizesComeAndGo() throws Exception {
        bootWith("answers", "quiet");
        /*
         * No bytes come last. The RFC takes a slot of no bytes for an empty one, so nothing answers and nothing is
         * waited for; the interrupt would be late, deliver the next message, and that message's own deliver it again.
         */
        for (int size = MkIpiDataDescriptor.MAX_DATA_SIZE; size >= 0; size--) {
            byte[] sent = new byte[size];
            byte[] wanted = new byte[size];
            for (int at = 0; at < size; at++) {
                sent[at] = (byte) (at + size);
                wanted[at] = (byte) (at + size + 1);
            }
            int before = answers.size();
            assertEquals(0, other.on(() -> other.api.sendIpiData(1, sent, ASK)));
            if (mode == IpiMode.SINGLE_SLOT && size == 0) {
                assertEquals(0, other.on(() -> other.api.sendIpiData(1, new byte[24], SELF)));
                awaitLine("answers: type 0x23, 24 bytes");
                other.settle(0);
                assertEquals(before, answers.size());
                break;
            }
            Await.until(() -> answers.size() > before, () -> "no answer to " + sent.length + " bytes");
            assertArrayEquals(wanted, answers.getLast());
        }
        assertTrue(machine.log(1).stream().noneMatch(line -> line.contains("another one")), machine.log(1)::toString);
    }

    @Test
    void theSenderIsSeenAndLinesHaveNoPrefix() throws Exception {
        bootWith("answers", "quiet");
        other.on(() -> other.api.sendIpiData(1, new byte[24], SELF));
        awaitLine("answers: type 0x23, 24 bytes from CPU 1");
        assertTrue(machine.log(1).stream().noneMatch(line -> line.contains("answers: answers:")),
            machine.log(1)::toString);
    }

    @Test
    void messagesOfOneSenderComeInTheirOrder() throws Exception {
        bootWith("answers", "quiet");
        int messages = 500;
        for (int number = 0; number < messages; number++) {
            byte[] sent = {(byte) number, (byte) (number >> 8), 0};
            /* Answers find the lane full too, and a slot holds one message. */
            int underWay = mode == IpiMode.SINGLE_SLOT ? 0 : TestKernels.LAYOUT.ipiSlots() / 4;
            int wanted = number - underWay;
            Await.until(() -> answers.size() >= wanted, () -> answers.size() + " answers, not " + wanted);
            assertEquals(0, asks(() -> other.api.sendIpiData(1, sent, ASK)));
        }
        Await.until(() -> answers.size() == messages, () -> answers.size() + " answers");
        for (int number = 0; number < messages; number++) {
            assertEquals((byte) (number + 1), answers.get(number)[0]);
        }
    }

    @Test
    void aPageIsMappedWrittenAndUnmapped() throws Exception {
        bootWith("answers", "quiet");
        long address = other.on(() -> other.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        Window page = other.on(() -> other.api.memremap(address, Pages.PAGE_SIZE));
        page.buffer().putBytes(0, "hello\0".getBytes(StandardCharsets.UTF_8));
        assertEquals(0, other.on(() -> other.api.sendPfn(1, Pages.pfn(address))));
        awaitLine("answers: the page says: hello");
        Await.until(() -> page.buffer().getStringWithoutLengthUtf8(0, 8).equals("and back"), () -> "nothing written");
        page.close();
        Await.until(() -> asks(() -> other.api.instanceFree(address, Pages.PAGE_SIZE)) == 0,
            () -> "the page is still mapped");
    }

    @Test
    void aHandlerThatWasTakenBackIsCalledNoMore() throws Exception {
        bootWith("answers", "quiet");
        other.on(() -> other.api.sendIpiData(1, new byte[1], TAKE_BACK));
        Await.until(() -> answers.size() == 1, () -> "no answer");
        other.on(() -> other.api.sendIpiData(1, new byte[8], ASK));
        awaitLine("mkemu: no handler for IPI type 0x20 from CPU 1");
        assertEquals(1, answers.size());
    }

    @Test
    void exitLeavesNothing() throws Exception {
        bootWith("answers", "quiet");
        machine.shutDown(1);
        awaitLine("answers: gone");
        assertEquals(List.of(), machine.log(1).stream().filter(line -> line.contains("left ")).toList());
        if (host == KernelHost.JVM) {
            assertEquals(0, machine.node(1).kernel.handlers().handlersOf(ASK).length);
            assertEquals(0, machine.node(1).kernel.handlers().handlersOf(SELF).length);
        }
    }

    @Test
    void kthreadsSleepSendAndAreCountedAsTasks() throws Exception {
        other.on(() -> other.api.registerHandler((data, context) -> answers.add(new byte[0]), null, 0x30));
        InstanceEntry entry = bootWith("threads", "quiet threads.peer=2 threads.rounds=7");
        awaitLine("threads: sent 7, received 0");
        Await.until(() -> entry.tasksEnded() == 1, () -> "the kthread has not ended");
        assertEquals(1, entry.tasksStarted());
        assertEquals(0, entry.tasksFailed());
        /* Single-slot: a message that comes before the former one was read takes its place. */
        Await.until(() -> mode == IpiMode.QUEUED ? answers.size() == 7 : !answers.isEmpty() && answers.size() <= 7,
            () -> answers.size() + " messages");
    }

    @Test
    void theSameFileHasDataOfItsOwnInEachKernel() throws Exception {
        other.on(() -> other.api.registerHandler((data, context) -> answers.add(new byte[0]), null, 0x30));
        Path threads = build(directory, "threads");
        machine.load(3, 4);
        bootWith(1, threads, "quiet threads.peer=2 threads.rounds=4");
        bootWith(3, threads, "quiet threads.peer=2 threads.rounds=9");
        awaitLine("threads: sent 4, received 0");
        Await.until(() -> machine.log(3).stream().anyMatch(line -> line.contains("threads: sent 9, received 0")),
            () -> machine.log(3).toString());
    }

    /** What becomes of a call, as a line. */
    private static Completion tell(List<String> told) {
        return (id, result, answer) -> {
            byte[] bytes = new byte[result == 0 ? answer.capacity() : 0];
            if (result == 0) {
                answer.getBytes(0, bytes);
            }
            told.add(result == 0 ? Arrays.toString(bytes) : Errno.name(result));
        };
    }

    private static byte[] bytes(int length, int first) {
        byte[] made = new byte[length];
        for (int at = 0; at < length; at++) {
            made[at] = (byte) (first + at);
        }
        return made;
    }

    private long call(Messages from, int subtype, byte[] payload, List<String> told) throws Exception {
        return other.on(() -> from.call(1, MessageType.USER, subtype, new UnsafeBuffer(payload), 0, payload.length,
            LONG, tell(told)));
    }

    @Test
    void callsOfAKernelInJavaAreAnswered() throws Exception {
        bootWith("calls", "quiet");
        Messages messages = other.on(() -> new Messages(other.api));
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        List<String> wanted = new ArrayList<>();
        for (int length = 0; length <= Messages.MAX_PAYLOAD; length++) {
            byte[] payload = bytes(length, length);
            assertTrue(call(messages, PLUS_ONE, payload, told) > 0);
            wanted.add(Arrays.toString(bytes(length, length + 1)));
            Await.until(() -> told.size() == wanted.size(), () -> "no answer to " + payload.length + " bytes");
        }
        assertEquals(wanted, told);
        other.on(() -> messages.heartbeat(1, LONG, tell(told)));
        Await.until(() -> told.size() > wanted.size(), () -> "no answer to a heartbeat");
        assertEquals("[]", told.getLast());
    }

    @Test
    void callsOfAModuleInCAreAnsweredByAKernelInJava() throws Exception {
        bootWith("calls", "quiet");
        Messages messages = other.on(() -> new Messages(other.api));
        other.on(() -> messages.register(MessageType.NETWORK, message -> {
            byte[] payload = new byte[message.payload().capacity()];
            message.payload().getBytes(0, payload);
            for (int at = 0; at < payload.length; at++) {
                payload[at]++;
            }
            message.answer(new UnsafeBuffer(payload), 0, payload.length);
        }));
        assertEquals(0, other.on(() -> messages.send(1, MessageType.USER, CALL_ME, count(500), 0, Integer.BYTES)));
        awaitLine("calls: instance 2, life " + machine.mapped().instances().entry(2).life());
        awaitLine("calls: 500 answered, 0 wrong, 0");
    }

    @Test
    void aCallEndsWithTheLifeThatWasAsked() throws Exception {
        bootWith("calls", "quiet");
        Messages messages = other.on(() -> new Messages(other.api));
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        call(messages, STAY_SILENT, new byte[0], told);
        awaitLine("calls: stays silent");
        AtomicInteger asked = new AtomicInteger();
        other.on(() -> messages.register(MessageType.NETWORK, message -> {
            /* Only the first has an answer. */
            if (asked.incrementAndGet() == 1) {
                message.answer(null, 0, 0);
            }
        }));
        assertEquals(0, other.on(() -> messages.send(1, MessageType.USER, CALL_ME, count(2), 0, Integer.BYTES)));
        awaitLine("calls: the first is answered");
        machine.mapped().instances().entry(2).enter(InstanceState.FAILED);
        awaitLine("calls: 1 answered, 0 wrong, -108");
        machine.mapped().instances().entry(2).enter(InstanceState.ACTIVE);
        machine.mapped().instances().entry(1).enter(InstanceState.FAILED);
        machine.mapped().instances().tellWatchers();
        Await.until(() -> !told.isEmpty(), () -> "the call has not ended");
        machine.mapped().instances().entry(1).enter(InstanceState.ACTIVE);
        assertEquals(List.of("-ESHUTDOWN"), told);
    }

    private static UnsafeBuffer count(int rounds) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[Integer.BYTES]);
        bytes.putInt(0, rounds);
        return bytes;
    }

    @Test
    void anInitThatFailsIsOneLineAndLeavesNothing() throws Exception {
        InstanceEntry entry = bootWith("refuses", "quiet");
        assertEquals(List.of("refuses: init failed: module_init returned -ENODEV"),
            machine.log(1).stream().filter(line -> line.contains("init failed")).toList());
        assertEquals(1, entry.tasksFailed());
        other.on(() -> other.api.sendIpiData(1, new byte[8], 0x40));
        awaitLine("mkemu: no handler for IPI type 0x40 from CPU 1");
    }
}
