// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.ThreadMXBean;
import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.message.Completion;
import io.mkemu.message.Message;
import io.mkemu.message.MessageHandler;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.testkit.Await;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What messages with answers owe, over both mailboxes: instance 1 on CPU 2 asks, instance 2 on CPU 3 answers. */
@ParameterizedClass
@MethodSource("modes")
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class MessagesContractTest {
    private static final int TYPE = MessageType.USER;
    private static final int SUBTYPE = MessageType.USER + 7;
    private static final int SERVER = 2;
    private static final int IPI_TYPE = 0x4d4b_0000 | TYPE;
    private static final long LONG = TimeUnit.SECONDS.toNanos(Await.WATCHDOG_SECONDS);

    private final IpiMode mode;
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger handled = new AtomicInteger();
    private TestKernels machine;
    private TestKernels.Node asking;
    private TestKernels.Node answering;
    private Messages client;
    private Messages server;

    MessagesContractTest(IpiMode mode) {
        this.mode = mode;
    }

    static Stream<IpiMode> modes() {
        return Stream.of(IpiMode.values());
    }

    @BeforeEach
    void boot() throws Exception {
        machine = new TestKernels(mode);
        asking = machine.boot(1, 2);
        answering = machine.boot(SERVER, 3);
        client = asking.on(() -> new Messages(asking.api));
        server = answering.on(() -> new Messages(answering.api));
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    private static UnsafeBuffer bytes(String text) {
        return new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(DirectBuffer bytes) {
        return bytes == null ? "nothing" : bytes.getStringWithoutLengthUtf8(0, bytes.capacity());
    }

    private long call(String payload, long nanos) throws Exception {
        return asking.on(() -> call(client, payload, nanos, this::tell));
    }

    private static long call(Messages from, String payload, long nanos, Completion completion) {
        return from.call(SERVER, TYPE, SUBTYPE, bytes(payload), 0, payload.length(), nanos, completion);
    }

    private void tell(long id, int result, DirectBuffer answer) {
        told.add(id + " " + (result == 0 ? text(answer) : Errno.name(result)));
    }

    private int register(Messages at, TestKernels.Node node, MessageHandler handler) throws Exception {
        return node.on(() -> at.register(TYPE, message -> {
            handled.incrementAndGet();
            handler.handle(message);
        }));
    }

    private static void echo(Message message) {
        UnsafeBuffer answer = bytes("re " + text(message.payload()));
        assertEquals(0, message.answer(answer, 0, answer.capacity()));
    }

    private void await(String... texts) throws Exception {
        Await.until(() -> told.size() >= texts.length);
        assertEquals(List.of(texts), told);
        told.clear();
    }

    @Test
    void anAnswerComesToItsCall() throws Exception {
        long life = machine.mapped().instances().entry(1).life();
        register(server, answering, message -> {
            told.add(Integer.toHexString(message.type()) + " " + Integer.toHexString(message.subtype()) + " of "
                + message.senderInstance() + "/" + message.senderLife() + " " + message.isRequest());
            echo(message);
            assertEquals(-Errno.EEXIST, message.answer(null, 0, 0));
        });
        assertEquals(1, call("a", LONG));
        await("4000 4007 of 1/" + life + " true", "1 re a");
        assertEquals(2, call("", LONG));
        await("4000 4007 of 1/" + life + " true", "2 re ");
        String longest = "x".repeat(Messages.MAX_PAYLOAD - 3);
        assertEquals(3, call(longest, LONG));
        await("4000 4007 of 1/" + life + " true", "3 re " + longest);
        asking.on(() -> client.heartbeat(SERVER, LONG, this::tell));
        await("4 ");
        assertEquals(3, handled.get());
    }

    /** Counts the rounds in a row in which its CPU has not allocated. */
    private static final class Clean {
        private static final int ENOUGH = 1_000;

        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private long before;
        private volatile int inARow;

        void round() {
            long now = threads.getCurrentThreadAllocatedBytes();
            inARow = now == before ? inARow + 1 : 0;
            before = now;
        }

        boolean isEnough() {
            return inARow >= ENOUGH;
        }
    }

    /** What the interpreter allocates, the compiler does away with: so it is seen in the end, and not at once. */
    @Test
    void onceWarmNothingIsAllocated() throws Exception {
        String most = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption("TieredStopAtLevel").getValue();
        assumeTrue(most.equals("4"), "ALLOCATIONS ARE NOT COUNTED: this JVM has no C2 (-XX:TieredStopAtLevel=" + most
            + "), so what is created for a moment is allocated");
        Clean asks = new Clean();
        Clean answers = new Clean();
        UnsafeBuffer payload = bytes("0123456789abcdef");
        answering.on(() -> server.register(TYPE, message -> {
            answers.round();
            message.answer(message.payload(), 0, message.payload().capacity());
        }));
        asking.on(() -> {
            new Completion() {
                @Override
                public void complete(long id, int result, DirectBuffer answer) {
                    asks.round();
                    boolean goesOn = result == 0 && !(asks.isEnough() && answers.isEnough());
                    long next = goesOn
                        ? client.call(SERVER, TYPE, SUBTYPE, payload, 0, payload.capacity(), LONG, this) : result;
                    if (next <= 0) {
                        told.add("ended with " + next);
                    }
                }
            }.complete(0, 0, payload);
            return 0;
        });
        await("ended with 0");
    }

    @Test
    void whatCannotBeIsRefused() throws Exception {
        assertEquals(0, register(server, answering, MessagesContractTest::echo));
        assertEquals(-Errno.EEXIST, register(server, answering, MessagesContractTest::echo));
        List<Callable<Number>> refused = List.of(() -> server.register(0, m -> { }),
            () -> server.register(0x10000, m -> { }), () -> server.register(9, null));
        for (Callable<Number> each : refused) {
            assertEquals(-Errno.EINVAL, answering.on(each));
        }
        answering.on(() -> {
            assertEquals(-Errno.ENOENT, server.unregister(9));
            assertEquals(0, server.unregister(TYPE));
            assertEquals(-Errno.ENOENT, server.unregister(TYPE));
            assertEquals(0, server.register(MessageType.SYSTEM, m -> { }));
            assertEquals(-Errno.EEXIST, server.register(MessageType.SYSTEM, m -> { }));
            assertEquals(0, server.unregister(MessageType.SYSTEM));
            assertEquals(-Errno.EINVAL, server.answer(0, null, 0, 0));
            return null;
        });
        asking.on(() -> {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[300]);
            for (int id : new int[] {-1, 256, 9}) {
                assertEquals(-Errno.EINVAL, client.call(id, TYPE, 0, payload, 0, 4, LONG, this::tell), "to " + id);
            }
            assertEquals(-Errno.EINVAL, client.call(SERVER, 0, 0, payload, 0, 4, LONG, this::tell));
            assertEquals(-Errno.EINVAL, client.call(SERVER, TYPE, 0, payload, 0, 225, LONG, this::tell));
            assertEquals(-Errno.EINVAL, client.call(SERVER, TYPE, 0, payload, 0, -1, LONG, this::tell));
            assertEquals(-Errno.EINVAL, client.call(SERVER, TYPE, 0, payload, 0, 4, 0, this::tell));
            assertEquals(-Errno.EINVAL, client.call(SERVER, TYPE, 0, payload, 0, 4, LONG, null));
            assertEquals(-Errno.EINVAL, client.send(SERVER, TYPE, 0, payload, 0, 225));
            assertEquals(-Errno.EINVAL, client.broadcast(0, 0, payload, 0, 4, null));
            return null;
        });
        assertEquals(List.of(), told);
    }

    @Test
    void aRequestThatIsNotAnsweredIsHandledOnceAndTimesOut() throws Exception {
        AtomicLong over = new AtomicLong();
        register(server, answering, message -> { });
        long begun = System.nanoTime();
        asking.on(() -> call(client, "a", 25_000_000, (id, result, answer) -> {
            over.set(System.nanoTime());
            tell(id, result, answer);
        }));
        await("1 -ETIME");
        assertTrue(over.get() - begun >= 25_000_000, "told " + (over.get() - begun) + " ns after the call");
        /* Repeated every 6 ms. */
        assertEquals(1, handled.get());
    }

    @Test
    void anAnswerMayComeLater() throws Exception {
        AtomicLong ticket = new AtomicLong();
        register(server, answering, message -> ticket.set(message.ticket()));
        call("a", LONG);
        Await.until(() -> ticket.get() != 0);
        UnsafeBuffer late = bytes("late");
        assertEquals(0, answering.on(() -> server.answer(ticket.get(), late, 0, 4)));
        await("1 late");
        assertEquals(-Errno.EEXIST, answering.on(() -> server.answer(ticket.get(), late, 0, 4)));
        assertEquals(-Errno.EINVAL, answering.on(() -> server.answer(ticket.get() + (1L << 60), late, 0, 4)));
        assertEquals(-Errno.ESHUTDOWN, answering.on(() -> server.answer(ticket.get() + 1, late, 0, 4)));
    }

    @Test
    void theEndOfTheLifeThatWasAskedEndsItsCalls() throws Exception {
        register(server, answering, message -> { });
        call("a", LONG);
        call("b", LONG);
        Await.until(() -> handled.get() == (mode == IpiMode.QUEUED ? 2 : handled.get()));
        machine.mapped().instances().entry(SERVER).enter(InstanceState.FAILED);
        machine.mapped().instances().tellWatchers();
        await("1 -ESHUTDOWN", "2 -ESHUTDOWN");
    }

    @Test
    void aLaterLifeDoesNotAnswerForTheFormer() throws Exception {
        AtomicLong ticket = new AtomicLong();
        register(server, answering, message -> ticket.set(message.ticket()));
        call("a", LONG);
        Await.until(() -> ticket.get() != 0);
        long life = machine.mapped().instances().entry(SERVER).life();
        try (TestKernels.Hold _ = asking.hold(0)) {
            answering.shutDown();
            machine.reload(SERVER);
            TestKernels.Node again = machine.boot(SERVER, "quiet");
            Messages anew = again.on(() -> new Messages(again.api));
            register(anew, again, MessagesContractTest::echo);
            assertEquals(-Errno.EINVAL, again.on(() -> anew.answer(ticket.get(), null, 0, 0)));
            /* The request of the call, to the new life, as one that was under way when the former ended. */
            UnsafeBuffer request = request(1, life, 0);
            again.on(() -> again.api.sendIpiData(SERVER, request, 0, request.capacity(), IPI_TYPE));
            again.settle(0);
        }
        await("1 -ESHUTDOWN");
        assertEquals(1, handled.get());
        call("b", LONG);
        await("2 re b");
    }

    private static UnsafeBuffer request(long id, long life, int length) {
        UnsafeBuffer request = new UnsafeBuffer(new byte[32]);
        request.putInt(0, TYPE);
        request.putLong(8, id);
        request.putInt(16, length);
        request.putInt(20, 1);
        request.putInt(24, (int) life);
        return request;
    }

    @Test
    void whatIsNoMessageIsNotHandled() throws Exception {
        register(server, answering, MessagesContractTest::echo);
        long life = machine.mapped().instances().entry(SERVER).life();
        List<UnsafeBuffer> wrong = List.of(new UnsafeBuffer(new byte[31]), request(1, life, 1), request(1, life, -1),
            request(1, life + 1, 0), request(0, life, 0), request(-1, life, 0), new UnsafeBuffer(new byte[8]));
        for (UnsafeBuffer each : wrong) {
            for (int type : new int[] {IPI_TYPE, 0x4d4b_0000}) {
                assertEquals(0, asking.on(() -> asking.api.sendIpiData(SERVER, each, 0, each.capacity(), type)));
                answering.settle(0);
            }
        }
        assertEquals(0, handled.get());
        assertEquals(0, asking.on(() -> asking.api.sendIpiData(SERVER, request(1, life, 0), 0, 32, IPI_TYPE)));
        Await.until(() -> handled.get() == 1);
        assertEquals(List.of(), machine.log(SERVER).stream().filter(line -> line.contains("callback")).toList());
    }

    @Test
    void soManyCallsMayBeUnderWay() throws Exception {
        List<Long> tickets = Collections.synchronizedList(new ArrayList<>());
        register(server, answering, message -> tickets.add(message.ticket()));
        for (int each = 1; each <= Messages.WINDOW; each++) {
            began(each);
            int sent = each;
            Await.until(() -> tickets.size() == sent);
        }
        assertEquals(-Errno.ENOSPC, call("x", LONG));
        assertEquals(0, answering.on(() -> server.answer(tickets.get(1), bytes("two"), 0, 3)));
        await("2 two");
        assertEquals(-Errno.ENOSPC, call("x", LONG), "the first is not over, and may be repeated");
        assertEquals(0, answering.on(() -> server.answer(tickets.get(0), bytes("one"), 0, 3)));
        await("1 one");
        began(Messages.WINDOW + 1);
        began(Messages.WINDOW + 2);
        assertEquals(-Errno.ENOSPC, call("x", LONG));
        asking.on(() -> {
            client.close();
            client.close();
            return null;
        });
        assertEquals(Messages.WINDOW, told.size());
        assertTrue(told.stream().allMatch(line -> line.endsWith(" -ESHUTDOWN")), told.toString());
        assertEquals(-Errno.ESHUTDOWN, call("x", LONG));
    }

    /** Requests that are repeated may fill the lane for a moment. */
    private void began(long id) throws Exception {
        long result = call("x", LONG);
        while (result == -Errno.ENOSPC) {
            answering.settle(0);
            result = call("x", LONG);
        }
        assertEquals(id, result);
    }

    @Test
    void anAnswerThatIsLostIsSentAgainAndTheRequestHandledOnce() throws Exception {
        register(server, answering, message -> {
            echo(message);
            if (handled.get() == 1) {
                /* It overwrites the answer in a slot; in a lane it follows it. */
                answering.api.sendIpiData(1, new byte[4], 99);
            }
        });
        TestKernels.Hold still = answering.hold(0);
        call("a", LONG);
        try (TestKernels.Hold _ = asking.hold(0)) {
            still.close();
            Await.until(() -> handled.get() == 1);
            answering.settle(0);
        }
        await("1 re a");
        assertEquals(1, handled.get());
    }

    @Test
    void twoClientsOfOneCpuAreTwo() throws Exception {
        register(server, answering, MessagesContractTest::echo);
        Messages second = asking.on(() -> new Messages(asking.api));
        asking.on(() -> call(client, "a", LONG, this::tell));
        await("1 re a");
        asking.on(() -> call(second, "b", LONG, this::tell));
        await("1 re b");
    }

    @Test
    void aBroadcastReachesAllThatAreActive() throws Exception {
        register(server, answering, message ->
            told.add("at 2: " + message.isRequest() + " " + text(message.payload())));
        register(client, asking, message -> told.add("at 1"));
        machine.load(5, 7);
        TestKernels.Node third = machine.boot(3, 4);
        Messages more = third.on(() -> new Messages(third.api));
        register(more, third, message -> told.add("at 3: " + message.answer(null, 0, 0)));
        asking.settle(0);
        assertEquals(2, asking.on(() -> client.broadcast(TYPE, 0, bytes("all"), 0, 3, null)));
        Await.until(() -> told.size() == 2);
        Collections.sort(told);
        await("at 2: false all", "at 3: -22");
        machine.mapped().instances().entry(3).enter(InstanceState.FAILED);
        List<String> missed = new ArrayList<>();
        int reached = asking.on(() -> client.broadcast(TYPE, 0, bytes("all"), 0, 3,
            (id, result) -> missed.add(id + " " + Errno.name(result))));
        assertEquals(mode == IpiMode.QUEUED ? List.of("3 -ESHUTDOWN") : List.of(), missed);
        assertEquals(mode == IpiMode.QUEUED ? 1 : 2, reached);
    }

    @Test
    void aCompletionMayCallAgainAndThrow() throws Exception {
        register(server, answering, MessagesContractTest::echo);
        asking.on(() -> call(client, "a", LONG, (id, result, answer) -> {
            call(client, "b", LONG, this::tell);
            throw new IllegalStateException("not today");
        }));
        await("2 re b");
        asking.on(() -> client.unregister(TYPE));
        answering.on(() -> server.unregister(TYPE));
        asking.on(() -> call(client, "c", 2_000_000, (id, result, answer) -> {
            throw new IllegalStateException("not today");
        }));
        asking.on(() -> call(client, "d", 2_000_000, this::tell));
        await("4 -ETIME");
    }
}
