// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.Errno;
import io.mkemu.message.Message;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Calls other kernels and answers their calls, at once or later. It publishes which requests it has handled, for
 * {@link HandledOnce}, and throws if one of its completions is told twice or what cannot be.
 */
public final class CallingModule implements KernelModule {
    private static final int CALLS = 8;
    private static final int AT_ONCE = 3;
    private static final int TYPE = MessageType.USER + 3;
    private static final int BYTES = 2 * Long.BYTES;
    private static final int MOST_NANOS = 3_000;
    private static final long DEADLINE_NANOS = 4_000_000;

    private final UnsafeBuffer request = new UnsafeBuffer(new byte[BYTES]);
    private final UnsafeBuffer answer = new UnsafeBuffer(new byte[BYTES]);
    private final boolean[] ended = new boolean[CALLS + 1];
    private Kernel kernel;
    private Messages messages;
    private TaskHandle task;
    private List<Instance> instances;
    private long life;
    private long handled;
    private long answers;
    private int made;
    private int open;

    @Override
    public void init(Kernel given) {
        kernel = given;
        life = kernel.life(kernel.instanceId());
        instances = kernel.instances();
        messages = new Messages(kernel);
        if (messages.register(TYPE, this::handle) != 0 || messages.register(TYPE, this::handle) != -Errno.EEXIST) {
            throw new IllegalStateException("one handler of a type is right");
        }
        task = kernel.startTask("calls", this::step);
    }

    @Override
    public void exit() {
        messages.close();
    }

    private int random(int bound) {
        return StressModule.random(kernel, bound);
    }

    private void handle(Message message) {
        long key = message.payload().getLong(0);
        handled++;
        kernel.observe("key", key);
        kernel.observe("handled", handled);
        long ticket = message.ticket();
        if (random(3) == 0) {
            kernel.after(random(3) == 0 ? DEADLINE_NANOS : random(MOST_NANOS), () -> answer(ticket, key));
        } else {
            answer(ticket, key);
        }
    }

    private void answer(long ticket, long key) {
        answer.putLong(0, key);
        answer.putLong(Long.BYTES, life);
        int result = messages.answer(ticket, answer, 0, BYTES);
        if (result != 0 && result != -Errno.ESHUTDOWN) {
            throw new IllegalStateException("an answer was refused: " + Errno.name(result));
        }
    }

    private long step() {
        if (!kernel.isActive(kernel.instanceId())) {
            return MOST_NANOS;
        }
        if (made == CALLS) {
            return open == 0 ? Task.DONE : Task.WAIT;
        }
        if (open == AT_ONCE) {
            return Task.WAIT;
        }
        int number = made + 1;
        int target = instances.get(random(instances.size())).id();
        request.putLong(0, (long) kernel.instanceId() << 48 | life << 32 | number);
        request.putLong(Long.BYTES, target);
        long result = messages.call(target, TYPE, number, request, 0, BYTES, DEADLINE_NANOS,
            (id, error, bytes) -> complete(number, target, error, bytes));
        if (result == -Errno.ENOSPC) {
            return 1 + random(MOST_NANOS);
        }
        made++;
        open += result > 0 ? 1 : 0;
        return random(3) == 0 ? 1 + random(MOST_NANOS) : Task.AGAIN;
    }

    private void complete(int number, int target, int result, DirectBuffer bytes) {
        if (ended[number]) {
            throw new IllegalStateException("the completion of call " + number + " was told twice");
        }
        ended[number] = true;
        open--;
        if (result == 0) {
            answers++;
            kernel.observe("answered by", target);
            kernel.observe("answered in", bytes.getLong(Long.BYTES));
            kernel.observe("answer", bytes.getLong(0));
            kernel.observe("answers", answers);
        } else if (result != -Errno.ETIME && result != -Errno.ESHUTDOWN) {
            throw new IllegalStateException("a completion was told " + Errno.name(result));
        }
        task.wake();
    }
}
