// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.SendProbe;
import io.mkemu.ipi.SendProbe.Step;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.Window;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A native kernel is killed -9 between two stores of a send: instance 1 sends to instance 2, and so does instance 3,
 * which must not notice. What arrives is told by the receiver, what was sent by a page that outlives the sender.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class NativeStopTest {
    private static final int NUMBERED = 0x50;
    private static final int ANSWER = 0x51;
    private static final int BYSTANDER = 0x52;
    private static final int SMALLEST = 16;
    private static final int MESSAGES = 60;
    private static final int VICTIM_CPU = 4;
    private static final int RECEIVER_CPU = 1;

    @TempDir
    private Path directory;
    private TestKernels machine;
    private Node receiver;
    private final List<Long> arrived = Collections.synchronizedList(new ArrayList<>());
    private final List<String> torn = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> ofBystander = Collections.synchronizedList(new ArrayList<>());

    static Stream<Arguments> steps() {
        return EnumSet.allOf(Step.class).stream().flatMap(step -> Stream.of(IpiMode.values())
            .filter(mode -> mode == IpiMode.QUEUED ? step != Step.CLEARED : step != Step.MARKED)
            .flatMap(mode -> IntStream.of(1, 7).filter(n -> n == 1 || step.ordinal() < Step.MARKED.ordinal())
                .mapToObj(n -> Arguments.of(mode, step, n))));
    }

    private void boot(IpiMode mode) throws Exception {
        CModules.require();
        machine = new TestKernels(mode);
        machine.load(1, VICTIM_CPU);
        receiver = machine.boot(2, RECEIVER_CPU);
        receiver.on(() -> receiver.api.registerHandler((data, context) -> note(data), null, NUMBERED));
        receiver.on(() -> receiver.api.registerHandler((data, context) ->
            ofBystander.add(data.buffer().getLong(0)), null, BYSTANDER));
    }

    @AfterEach
    void close() throws Exception {
        if (machine != null) {
            machine.close();
        }
    }

    /** A whole message is one of its number; it is answered. */
    private void note(MkIpiData data) {
        long number = data.dataSize() < SMALLEST ? -1 : data.buffer().getLong(0);
        boolean whole = data.dataSize() == SMALLEST + number * 37 % 241 && data.senderCpu() == VICTIM_CPU;
        for (int at = Long.BYTES; whole && at < data.dataSize(); at++) {
            whole = data.buffer().getByte(at) == (byte) (number + at + 1);
        }
        if (!whole) {
            torn.add(data.dataSize() + " bytes of number " + number);
            return;
        }
        arrived.add(number);
        byte[] answer = new byte[Long.BYTES];
        data.buffer().getBytes(0, answer);
        receiver.api.sendIpiData(1, answer, ANSWER);
    }

    private NativeKernel start(int lockstep, String stop) throws Exception {
        Path module = CModules.build(CModules.root().resolve("instance/src/test/c/streams.c"), directory);
        return machine.startNative(1, "quiet idle=halt streams.peer=2 streams.messages=" + MESSAGES
            + " streams.lockstep=" + lockstep + stop, module);
    }

    /** Number that it has sent, and the number that it was about to send. */
    private long[] ledger() {
        String line = machine.log(1).stream().filter(each -> each.contains("ledger at 0x")).reduce((a, b) -> b)
            .orElseThrow();
        long address = Long.parseLong(line.substring(line.indexOf("0x") + 2), 16);
        try (Window page = machine.memory().map(address, Pages.PAGE_SIZE)) {
            return new long[] {page.buffer().getLong(0), page.buffer().getLong(Long.BYTES)};
        }
    }

    private static boolean isStopped(Process process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).startsWith("T");
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    /** Kills the victim when it stands at that step; what its ledger says. */
    private long[] killAt(NativeKernel victim) {
        Await.until(() -> isStopped(victim.process()), () -> "it does not stop: " + machine.log(1));
        long[] ledger = ledger();
        assertEquals(ledger[0] + 1, ledger[1], "it has stopped in no send");
        victim.close();
        return ledger;
    }

    @ParameterizedTest
    @MethodSource("steps")
    void killed(IpiMode mode, Step step, int occasion) throws Exception {
        boot(mode);
        String stop = " " + SendProbe.PARAMETER + "=" + step.name().toLowerCase(Locale.ROOT) + ":" + occasion;
        if (mode == IpiMode.QUEUED) {
            killedQueued(step, stop);
        } else {
            killedSingleSlot(step, stop);
        }
    }

    private void killedQueued(Step step, String stop) throws Exception {
        Node bystander = machine.boot(3, 3);
        bystander.on(() -> {
            long[] next = {0};
            bystander.api.startTask("stream", () -> {
                byte[] bytes = {(byte) next[0], (byte) (next[0] >> 8), 0, 0, 0, 0, 0, 0};
                if (bystander.api.sendIpiData(2, bytes, BYSTANDER) == 0) {
                    next[0]++;
                }
                return next[0] == 1000 ? Task.DONE : Task.AGAIN;
            });
            return null;
        });
        long[] ledger = killAt(start(0, stop));
        /* The next life uses the same lane: its first message comes behind all that was published. */
        long published = step.compareTo(Step.PUBLISHED) >= 0 ? ledger[1] : ledger[0];
        machine.reload(1);
        NativeKernel next = start(0, "");
        Await.until(() -> arrived.size() >= published + MESSAGES && ofBystander.size() >= 1000,
            () -> arrived + " of " + published + " and " + MESSAGES + ", torn " + torn);
        assertEquals(0, next.shutDown());
        List<Long> expected = Stream.concat(LongStream.rangeClosed(1, published).boxed(),
            LongStream.rangeClosed(1, MESSAGES).boxed()).toList();
        assertEquals(expected, arrived, "0 lost, 0 repeated, in order");
        assertEquals(LongStream.range(0, 1000).boxed().toList(), ofBystander);
        assertEquals(List.of(), torn);
    }

    /** One message at a time, so each is taken once; what lies in the slot then is what the next interrupt finds. */
    private void killedSingleSlot(Step step, String stop) throws Exception {
        long[] ledger = killAt(start(1, stop));
        long whole = step == Step.RUNG ? ledger[1] : ledger[0];
        Await.until(() -> arrived.size() >= whole, () -> arrived + " of " + whole);
        receiver.settle(0);
        assertEquals(LongStream.rangeClosed(1, whole).boxed().toList(), arrived);
        assertEquals(List.of(), torn);
        /* Somebody else's interrupt. */
        receiver.apic(0).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        receiver.settle(0);
        boolean seen = step.compareTo(Step.PAYLOAD) >= 0;
        assertEquals(whole + (seen ? 1 : 0), arrived.size(), arrived::toString);
        assertEquals(seen ? ledger[1] : ledger[0], arrived.isEmpty() ? 0 : arrived.getLast());
        long size = SMALLEST + ledger[1] * 37 % 241;
        assertEquals(step == Step.TYPE ? List.of(size + " bytes of number 0") : List.of(), torn, "payload of zeros");
        assertEquals(step == Step.SIZE, machine.log(2).stream()
            .anyMatch(line -> line.contains("no handler for IPI type 0x0 from CPU 0")), machine.log(2)::toString);
        arrived.clear();
        torn.clear();
        machine.reload(1);
        NativeKernel next = start(1, "");
        Await.until(() -> arrived.size() >= MESSAGES, () -> arrived + " of " + MESSAGES + ", torn " + torn);
        assertEquals(0, next.shutDown());
        assertEquals(LongStream.rangeClosed(1, MESSAGES).boxed().toList(), arrived);
        assertEquals(List.of(), torn);
    }
}
