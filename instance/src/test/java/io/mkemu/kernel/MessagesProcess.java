// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.message.Message;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A kernel that calls others and answers their calls, for {@link MessagesProcessTest}: {@code RAM ID CALLS ID...}, so
 * many calls, to these in turn. Each message has a number, what looks like noise, and a checksum over both. A process
 * says on its standard output how its calls ended, and goes on answering.
 */
final class MessagesProcess implements KernelModule {
    private static final int TYPE = MessageType.USER;
    private static final int AT_ONCE = 8;
    private static final int BODY = 16;
    private static final int MOST = Messages.MAX_PAYLOAD - BODY;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(120);

    final AtomicLong answered = new AtomicLong();
    final AtomicLong shutDown = new AtomicLong();
    final AtomicLong wrong = new AtomicLong();
    final AtomicLong begun = new AtomicLong();
    private final long calls;
    private final int[] targets;
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[Messages.MAX_PAYLOAD]);
    private final UnsafeBuffer back = new UnsafeBuffer(new byte[Messages.MAX_PAYLOAD]);
    private final CRC32C sum = new CRC32C();
    private final byte[] summed = new byte[Messages.MAX_PAYLOAD];
    /* Of each instance and life: the last number that it sent. */
    private final Map<Long, Long> last = new HashMap<>();
    private Kernel kernel;
    private Messages messages;
    private TaskHandle task;
    private int open;

    MessagesProcess(long calls, int... targets) {
        this.calls = calls;
        this.targets = targets;
    }

    public static void main(String[] args) throws Exception {
        ChildJvm.endWithParent();
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        int id = Integer.parseInt(args[1]);
        KernelInstance instance = new KernelInstance(mapped, id, BootParameters.parse("quiet"),
            mapped.instances().entry(id).ipiArea());
        instance.bringUpCpus();
        int[] targets = List.of(args).subList(3, args.length).stream().mapToInt(Integer::parseInt).toArray();
        instance.start(List.of(new MessagesProcess(Long.parseLong(args[2]), targets)));
        Thread.currentThread().join();
    }

    @Override
    public String name() {
        return "calls";
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        messages = new Messages(kernel);
        messages.register(TYPE, this::handle);
        task = kernel.startTask("calls", this::step);
    }

    /** Writes a message of a number; its length. */
    private int write(UnsafeBuffer to, long number) {
        int length = (int) (number * 37 % (MOST + 1));
        to.putLong(BODY / 2, number);
        for (int at = 0; at < length; at++) {
            to.putByte(BODY + at, (byte) (number * 31 + at * 7));
        }
        to.putLong(0, checksum(to, BODY + length));
        return BODY + length;
    }

    private long checksum(DirectBuffer of, int length) {
        of.getBytes(BODY / 2, summed, 0, length - BODY / 2);
        sum.reset();
        sum.update(summed, 0, length - BODY / 2);
        return sum.getValue();
    }

    /** The number in a message that is whole; 0 if it is not. */
    private long number(DirectBuffer in) {
        long number = in.capacity() < BODY ? 0 : in.getLong(BODY / 2);
        boolean whole = number > 0 && in.capacity() == BODY + number * 37 % (MOST + 1)
            && in.getLong(0) == checksum(in, in.capacity());
        return whole ? number : 0;
    }

    private void handle(Message message) {
        long number = number(message.payload());
        Long before = last.put((long) message.senderInstance() << 32 | message.senderLife(), number);
        if (number == 0 || before != null && before >= number) {
            wrong.incrementAndGet();
        }
        int length = write(back, number);
        message.answer(back, 0, length);
    }

    private long step() {
        while (open < AT_ONCE && begun.get() < calls) {
            long number = begun.get() + 1;
            int length = write(out, number);
            int target = targets[(int) (number % targets.length)];
            long result = messages.call(target, TYPE, 0, out, 0, length, DEADLINE_NANOS,
                (id, error, answer) -> ended(number, error, answer));
            if (result < 0) {
                /* Not booted yet, dead, or there is no room now. */
                return 200_000;
            }
            begun.set(number);
            open++;
        }
        if (open == 0 && begun.get() == calls) {
            System.out.println("answered " + answered + ", wrong " + wrong);
            return Task.DONE;
        }
        return Task.WAIT;
    }

    private void ended(long number, int error, DirectBuffer answer) {
        open--;
        if (error == -Errno.ESHUTDOWN) {
            shutDown.incrementAndGet();
        } else if (error == 0 && number(answer) == number) {
            answered.incrementAndGet();
        } else {
            wrong.incrementAndGet();
        }
        task.wake();
    }
}
