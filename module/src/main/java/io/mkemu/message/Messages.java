// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import static io.mkemu.message.MessageDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.Timer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Messages with answers, over IPIs: the RFC's messaging layer (patch 14/16), for modules. A message has a type and a
 * subtype; a call has an answer, a deadline, and a completion that is told once. A request is handled once by the life
 * of the instance that it was sent to, or not at all: it is repeated until it is answered, known again by its number,
 * and never taken by a later life.
 *
 * <p><b>Threads.</b> It belongs to the CPU that made it, and is used there; it receives what is sent to that CPU, and
 * requests go to the first CPU of an instance, so a server makes it on the boot CPU. Of two in one kernel each receives
 * what comes to its CPU, so let one type be handled by one of them. Once it has talked to an instance, nothing of it
 * allocates. Results are 0 or a negative errno.
 *
 * <p>A single-slot mailbox loses what is overwritten, and calls are repeated for that; what it tears is torn here too.
 */
public final class Messages implements AutoCloseable {
    /** Bytes of payload at the most. */
    public static final int MAX_PAYLOAD = MessageDescriptor.MAX_PAYLOAD;
    /** Calls to one instance that can be under way at once. */
    public static final int WINDOW = 64;
    /** Bytes of a message. */
    static final int SLOT = PAYLOAD_OFFSET + MAX_PAYLOAD;
    /* After a quarter of the deadline a request is repeated for the first time, within these bounds. */
    private static final int REPEATS = 4;
    private static final long SOONEST_NANOS = 1_000_000;
    private static final long LATEST_NANOS = 100_000_000;
    private static final long TICK_NANOS = 1_000_000;
    private static final long LONGEST_NANOS = Long.MAX_VALUE >> 2;
    private static final long UNSET = Long.MAX_VALUE;

    private final Kernel kernel;
    private final int cpu;
    private final int client;
    private final int ownId;
    private final int ownLife;
    private final Message message = new Message(this);
    private final UnsafeBuffer single = new UnsafeBuffer(new byte[SLOT]);
    private final UnsafeBuffer stable = new UnsafeBuffer(new byte[SLOT]);
    private final UnsafeBuffer answer = new UnsafeBuffer(0L, 0);
    private final List<Registration> registrations = new ArrayList<>();
    private final IpiHandler answers;
    private final long[] lives = new long[InstanceDescriptor.MAX_INSTANCES];
    private final Calls[] calls = new Calls[InstanceDescriptor.MAX_INSTANCES];
    private final Sessions sessions = new Sessions();
    private final InstanceWatch watch;
    private final Timer timer;
    /* The timer goes off within a tick: a call that begins now is seen then. */
    private boolean ticking;
    private boolean closed;

    /** Of this kernel, for the CPU that the caller runs on: in init, the boot CPU. */
    public Messages(Kernel kernel) {
        this.kernel = kernel;
        this.cpu = kernel.smpProcessorId();
        this.client = (int) kernel.randomLong();
        this.ownId = kernel.instanceId();
        this.ownLife = (int) kernel.life(ownId);
        this.timer = kernel.after(LONGEST_NANOS, this::look);
        timer.cancel();
        this.watch = kernel.onInstanceChange(this::changed);
        /* After the watch: what is not seen here is told. */
        for (Instance each : kernel.instances()) {
            lives[each.id()] = each.state() == InstanceState.ACTIVE ? each.life() : 0;
        }
        this.answers = kernel.registerHandler(this::answered, null, ANSWER_TYPE);
        listen(MessageType.SYSTEM);
    }

    /** A type that is received, and who handles it. */
    private static final class Registration {
        private final int type;
        private IpiHandler ipi;
        private MessageHandler handler;

        Registration(int type) {
            this.type = type;
        }
    }

    private Registration find(int type) {
        for (Registration each : registrations) {
            if (each.type == type) {
                return each;
            }
        }
        return null;
    }

    private Registration listen(int type) {
        Registration made = new Registration(type);
        made.ipi = kernel.registerHandler(this::received, made, IPI_TYPE | type);
        registrations.add(made);
        return made;
    }

    /**
     * Registers the handler of a type: mk_register_msg_handler. Allocates.
     *
     * @param type 1..0xffff, one of {@link MessageType} or another
     * @return 0; -EINVAL: no such type, or no handler; -EEXIST: the type has one; -ESHUTDOWN: this is closed
     */
    public int register(int type, MessageHandler handler) {
        if (closed) {
            return -Errno.ESHUTDOWN;
        }
        if (type < 1 || type > MAX_TYPE || handler == null) {
            return -Errno.EINVAL;
        }
        Registration found = find(type);
        Registration its = found == null ? listen(type) : found;
        if (its.handler != null) {
            return -Errno.EEXIST;
        }
        its.handler = handler;
        return 0;
    }

    /**
     * Takes a handler back: mk_unregister_msg_handler.
     *
     * @return 0; -ENOENT: the type has none; -EDEADLK: from inside it, see {@link Kernel#unregisterHandler}
     */
    public int unregister(int type) {
        Registration its = find(type);
        if (its == null || its.handler == null) {
            return -Errno.ENOENT;
        }
        if (type != MessageType.SYSTEM) {
            int result = kernel.unregisterHandler(its.ipi);
            if (result != 0) {
                return result;
            }
            registrations.remove(its);
        }
        its.handler = null;
        return 0;
    }

    /**
     * Sends a message that nobody answers: mk_send_message.
     *
     * @param instanceId 0..255
     * @param payload    may be null if length is 0
     * @param length     bytes, 0..{@link #MAX_PAYLOAD}
     * @return as {@link Kernel#sendIpiData(int, DirectBuffer, int, int, int)}; also -EINVAL for a type or a length that
     *     cannot be
     */
    public int send(int instanceId, int type, int subtype, DirectBuffer payload, int offset, int length) {
        if (!isValid(type, length)) {
            return -Errno.EINVAL;
        }
        MessageWriter.write(single, 0, ONE_WAY, type, subtype, 0, 0, client, payload, offset, length);
        return kernel.sendIpiData(instanceId, single, 0, PAYLOAD_OFFSET + length, IPI_TYPE | type);
    }

    /** Takes note of an instance that a broadcast did not reach. */
    @FunctionalInterface
    public interface Missed {
        /** It was active, and this was the result of the send. */
        void missed(int instanceId, int result);
    }

    /**
     * Sends such a message to all instances that are active, but not to this one.
     *
     * @param missed told of each that it could not be sent to; null: nobody is
     * @return how many it was sent to, or -EINVAL
     */
    public int broadcast(int type, int subtype, DirectBuffer payload, int offset, int length, Missed missed) {
        if (!isValid(type, length)) {
            return -Errno.EINVAL;
        }
        int sent = 0;
        for (int id = 0; id < lives.length; id++) {
            if (lives[id] != 0 && id != ownId) {
                int result = send(id, type, subtype, payload, offset, length);
                if (result == 0) {
                    sent++;
                } else if (missed != null) {
                    missed.missed(id, result);
                }
            }
        }
        return sent;
    }

    /**
     * Asks an instance, and has a completion told what comes of it: mk_msg_pending_*. The request goes to the life that
     * the instance is in now, and to no other.
     *
     * @param payload       may be null if length is 0; copied
     * @param deadlineNanos from now, more than 0: then -ETIME, not before; later by 1 ms, and by what a timer is late
     * @param completion    told once if the call began, see {@link Completion}; never if it did not
     * @return the id of the call, from 1; or it did not begin: -EINVAL (no such instance; type, length, deadline, no
     *     completion), -ESHUTDOWN (the instance is not active; closed), -ENODEV (it has no IPI area), -ENOSPC (the lane
     *     to it is full, or {@link #WINDOW} calls are under way, or more have begun since one that still is: try again
     *     later)
     */
    public long call(int instanceId, int type, int subtype, DirectBuffer payload, int offset, int length,
        long deadlineNanos, Completion completion) {
        if (instanceId < 0 || instanceId >= lives.length || !isValid(type, length) || deadlineNanos <= 0
            || completion == null) {
            return -Errno.EINVAL;
        }
        if (closed) {
            return -Errno.ESHUTDOWN;
        }
        long life = lives[instanceId] != 0 ? lives[instanceId] : kernel.life(instanceId);
        Calls to = calls[instanceId] == null ? new Calls(instanceId) : calls[instanceId];
        calls[instanceId] = to;
        if (to.isFull()) {
            return -Errno.ENOSPC;
        }
        int slot = Calls.slot(to.next());
        int bytes = PAYLOAD_OFFSET + length;
        MessageWriter.write(to.requests(), Calls.at(slot), REQUEST, type, subtype, to.next(), (int) life, client,
            payload, offset, length);
        int sent = kernel.sendIpiData(instanceId, to.requests(), Calls.at(slot), bytes, IPI_TYPE | type);
        if (sent != 0) {
            return sent;
        }
        long interval = Math.clamp(deadlineNanos / REPEATS, SOONEST_NANOS, LATEST_NANOS);
        to.begin(type, bytes, life, Math.min(deadlineNanos, LONGEST_NANOS), interval, completion);
        if (!ticking) {
            ticking = true;
            timer.restart(TICK_NANOS);
        }
        return to.id(slot);
    }

    /** Asks an instance for nothing but an answer: MK_SYS_HEARTBEAT. As {@link #call}. */
    public long heartbeat(int instanceId, long deadlineNanos, Completion completion) {
        return call(instanceId, MessageType.SYSTEM, MessageType.SYSTEM_HEARTBEAT, null, 0, 0, deadlineNanos,
            completion);
    }

    /**
     * Answers a request after its handler has returned.
     *
     * @param ticket of {@link Message#ticket}
     * @return as {@link Message#answer}; also -ESHUTDOWN: the life that asked has ended, or it waits no longer
     */
    public int answer(long ticket, DirectBuffer payload, int offset, int length) {
        Session to = sessions.of(ticket);
        if (to == null || length < 0 || length > MAX_PAYLOAD) {
            return -Errno.EINVAL;
        }
        long id = to.id(ticket);
        if (id == 0) {
            return -Errno.ESHUTDOWN;
        }
        if (to.isAnswered(id)) {
            return -Errno.EEXIST;
        }
        MessageWriter.write(to.answers(), to.at(id), ANSWER, 0, 0, id, (int) to.life(), to.client(), payload, offset,
            length);
        to.answered(id, PAYLOAD_OFFSET + length);
        sendAnswer(to, id);
        return 0;
    }

    /* Refused or lost, it goes again when the request is repeated. */
    private void sendAnswer(Session to, long id) {
        kernel.sendIpiDataToCpu(to.instance(), to.cpu(), to.answers(), to.at(id), to.length(id), ANSWER_TYPE);
    }

    private static boolean isValid(int type, int length) {
        return type >= 1 && type <= MAX_TYPE && length >= 0 && length <= MAX_PAYLOAD;
    }

    /* ---- what comes ---- */

    /** The bytes of a message that is whole and for this life, or null: another kernel may have written anything. */
    private DirectBuffer bytes(MkIpiData data) {
        if (kernel.smpProcessorId() != cpu) {
            return null;
        }
        DirectBuffer bytes = data.buffer();
        int size = bytes.capacity();
        if (size < PAYLOAD_OFFSET) {
            return null;
        }
        if (data.number() == 0) {
            /* A slot may change while it is looked at. */
            stable.putBytes(0, bytes, 0, size);
            bytes = stable;
        }
        int length = bytes.getInt(LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        int life = bytes.getInt(LIFE_OFFSET, ByteOrder.LITTLE_ENDIAN);
        boolean whole = length >= 0 && length <= size - PAYLOAD_OFFSET;
        return whole && (life == 0 || life == ownLife) ? bytes : null;
    }

    private void received(MkIpiData data, Object context) {
        DirectBuffer bytes = bytes(data);
        if (bytes == null) {
            return;
        }
        message.wrap(data, bytes, bytes.getInt(LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN));
        if (bytes.getInt(KIND_OFFSET, ByteOrder.LITTLE_ENDIAN) != ONE_WAY && !begin(data, bytes)) {
            return;
        }
        MessageHandler handler = ((Registration) context).handler;
        if (message.type() == MessageType.SYSTEM && message.subtype() == MessageType.SYSTEM_HEARTBEAT) {
            message.answer(null, 0, 0);
        } else if (handler != null) {
            handler.handle(message);
        }
    }

    /** Whether it is a request that is to be handled: it has not been, and its sender lives, as far as is known. */
    private boolean begin(MkIpiData data, DirectBuffer bytes) {
        long id = message.id();
        if (bytes.getInt(KIND_OFFSET, ByteOrder.LITTLE_ENDIAN) != REQUEST || id < 1) {
            return false;
        }
        Session from = sessions.of(data, bytes.getInt(CLIENT_OFFSET, ByteOrder.LITTLE_ENDIAN));
        if (from == null) {
            return false;
        }
        if (from.begin(id)) {
            message.request(from.ticket(id));
            return true;
        }
        if (from.isAnswered(id)) {
            sendAnswer(from, id);
        }
        return false;
    }

    private void answered(MkIpiData data, Object context) {
        DirectBuffer bytes = bytes(data);
        if (bytes == null || bytes.getInt(KIND_OFFSET, ByteOrder.LITTLE_ENDIAN) != ANSWER
            || bytes.getInt(CLIENT_OFFSET, ByteOrder.LITTLE_ENDIAN) != client) {
            return;
        }
        long id = bytes.getLong(ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
        int from = data.senderInstance();
        Calls to = from < 0 ? null : calls[from];
        if (to == null || to.life(Calls.slot(id)) != data.senderLife()) {
            return;
        }
        Completion completion = to.end(id);
        if (completion != null) {
            answer.wrap(bytes, PAYLOAD_OFFSET, bytes.getInt(LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN));
            completion.complete(id, 0, answer);
        }
    }

    /* ---- what becomes of calls ---- */

    private void changed(int instanceId, long life, InstanceChange change) {
        boolean active = change == InstanceChange.ACTIVE;
        if (active) {
            lives[instanceId] = life;
        } else if (lives[instanceId] == life) {
            lives[instanceId] = 0;
        }
        RuntimeException fault = end(calls[instanceId], active ? life - 1 : life, null);
        if (fault != null) {
            throw fault;
        }
    }

    /** Ends the calls to lives up to this one. */
    private RuntimeException end(Calls to, long life, RuntimeException before) {
        RuntimeException fault = before;
        for (int slot = 0; to != null && to.open() > 0 && slot < WINDOW; slot++) {
            if (to.isOpen(slot) && to.life(slot) <= life) {
                fault = tell(to, to.id(slot), -Errno.ESHUTDOWN, fault);
            }
        }
        return fault;
    }

    /** Ends a call without an answer; what its completion throws must not keep others from being told. */
    private static RuntimeException tell(Calls to, long id, int result, RuntimeException before) {
        try {
            to.end(id).complete(id, result, null);
            return before;
        } catch (RuntimeException fault) {
            return before == null ? fault : before;
        }
    }

    /**
     * The timer has gone off: repeats what was not answered, and ends what is not to be any more. A call that it has
     * not seen before begins now, as far as its deadline goes: so a call need not read the clock.
     */
    private void look() {
        long now = kernel.nanoTime();
        ticking = false;
        long due = UNSET;
        RuntimeException fault = null;
        for (Calls to : calls) {
            for (int slot = 0; to != null && to.open() > 0 && slot < WINDOW; slot++) {
                if (!to.isOpen(slot)) {
                    continue;
                }
                to.seenAt(slot, now);
                if (to.deadline(slot) <= now) {
                    fault = tell(to, to.id(slot), -Errno.ETIME, fault);
                } else if (to.repeat(slot) <= now && !repeat(to, slot, now)) {
                    fault = tell(to, to.id(slot), -Errno.ESHUTDOWN, fault);
                }
                /* A completion may have begun another one in its place, which the next tick sees. */
                if (to.isSeen(slot)) {
                    due = Math.min(due, to.due(slot));
                }
            }
        }
        if (due != UNSET && !ticking) {
            timer.restart(due - now);
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** Sends a request again; false if the life that it is for has ended. */
    private boolean repeat(Calls to, int slot, long now) {
        to.repeatLater(slot, now);
        long life = lives[to.instance()];
        if (life != 0 && life != to.life(slot)) {
            return false;
        }
        int sent = kernel.sendIpiData(to.instance(), to.requests(), Calls.at(slot), to.length(slot),
            IPI_TYPE | to.type(slot));
        /* Without room it goes the next time. */
        return sent == 0 || sent == -Errno.ENOSPC;
    }

    /**
     * Ends: no handler runs any more, and each call that has not ended is told -ESHUTDOWN. May be repeated. Not from
     * inside a handler or a completion. What a module does not close ends with it, and nobody is told.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        registrations.forEach(each -> kernel.unregisterHandler(each.ipi));
        registrations.clear();
        kernel.unregisterHandler(answers);
        watch.end();
        timer.cancel();
        RuntimeException fault = null;
        for (Calls to : calls) {
            fault = end(to, Long.MAX_VALUE, fault);
        }
        if (fault != null) {
            throw fault;
        }
    }
}
