// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Messages of one kernel: of any size to any CPU, and questions to the host that must be answered. That messages arrive
 * whole, once and in order is looked after by the simulation.
 */
final class Talk {
    static final int DATA = 0x5d01;
    private static final int PING = 0x5d02;
    private static final int PONG = 0x5d03;
    private static final int HOST = 0;
    private static final int MESSAGES = 12;
    private static final int PINGS = 3;
    private static final int MOST_NANOS = 3_000;
    private static final long LAX_NANOS = 20_000;

    private final Kernel kernel;
    private final boolean strict;
    /* Of each CPU of the machine: its instance and its id. */
    private final int[] instances;
    private final int[] cpus;

    Talk(Kernel kernel, boolean strict, List<Instance> all) {
        this.kernel = kernel;
        this.strict = strict;
        this.cpus = all.stream().flatMap(each -> each.cpus().stream()).mapToInt(Integer::intValue).toArray();
        this.instances = all.stream().flatMap(each -> each.cpus().stream().map(cpu -> each.id()))
            .mapToInt(Integer::intValue).toArray();
    }

    void registers() {
        kernel.registerHandler(this::data, null, DATA);
        kernel.registerHandler(this::ping, null, PING);
    }

    /** For the CPU that calls it. */
    void starts() {
        kernel.startTask("messages", new Messages());
        Pings pings = new Pings(kernel.physicalCpuId());
        kernel.registerHandler(pings::pong, null, PONG);
        kernel.startTask("pings", pings);
    }

    /** Whether a send that was not accepted may be forgotten: there is nobody any more who could take it. */
    static boolean isVain(int result) {
        return result == -Errno.ESHUTDOWN || result == -Errno.ENODEV;
    }

    private int index(int size) {
        return StressModule.random(kernel, size);
    }

    /** Some messages are answered from within the callback, and that answer no more. */
    private void data(MkIpiData data, Object context) {
        DirectBuffer payload = data.buffer();
        if (payload.capacity() > 1 && (payload.getByte(0) & 3) == 0) {
            kernel.sendIpiDataToCpu(kernel.instanceOfCpu(data.senderCpu()), data.senderCpu(), payload, 0, 1, DATA);
        }
    }

    private void ping(MkIpiData data, Object context) {
        int cpu = data.senderCpu();
        int instance = kernel.instanceOfCpu(cpu);
        long number = data.buffer().capacity() == Long.BYTES ? data.buffer().getLong(0) : 0;
        Answer answer = new Answer(instance, cpu, number);
        if (answer.step() != Task.DONE) {
            kernel.startTask("answer", answer);
        }
    }

    /** An answer that waits for room. */
    private final class Answer implements Task {
        private final int instance;
        private final int cpu;
        private final UnsafeBuffer payload = new UnsafeBuffer(new byte[Long.BYTES]);
        private int attempts;

        Answer(int instance, int cpu, long number) {
            this.instance = instance;
            this.cpu = cpu;
            payload.putLong(0, number);
        }

        @Override
        public long step() {
            int result = kernel.sendIpiDataToCpu(instance, cpu, payload, 0, Long.BYTES, PONG);
            return result == -Errno.ENOSPC ? StressModule.patience(kernel, attempts++) : DONE;
        }
    }

    /** Sends so many messages. */
    private final class Messages implements Task {
        private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);
        /* Several in a row to the same CPU: its lane becomes full. */
        private int target = index(cpus.length);
        private int sent;
        private int attempts;

        @Override
        public long step() {
            if (!kernel.isActive(kernel.instanceId())) {
                return MOST_NANOS;
            }
            if (sent == MESSAGES) {
                return DONE;
            }
            if (index(4) == 0) {
                target = index(cpus.length);
            }
            int size = switch (index(4)) {
                case 0 -> index(9);
                case 1 -> 56 + index(3);
                case 2 -> MkIpiDataDescriptor.MAX_DATA_SIZE;
                default -> index(MkIpiDataDescriptor.MAX_DATA_SIZE + 1);
            };
            for (int at = 0; at < size; at++) {
                payload.putByte(at, (byte) (31 * sent + 7 * at));
            }
            if (size > 0) {
                payload.putByte(0, (byte) index(256));
            }
            int result = index(4) == 0
                ? kernel.sendIpiDataTimeout(instances[target], payload, 0, size, DATA, index(2 * MOST_NANOS))
                : kernel.sendIpiDataToCpu(instances[target], cpus[target], payload, 0, size, DATA);
            if (strict && result != 0 && result != -Errno.ENOSPC && !isVain(result)) {
                throw new IllegalStateException("a send to CPU " + cpus[target] + " was refused: " + result);
            }
            if (result == -Errno.ENOSPC) {
                return StressModule.patience(kernel, attempts++);
            }
            attempts = 0;
            sent++;
            return index(4) != 0 ? AGAIN : 1 + index(MOST_NANOS);
        }
    }

    /** Asks the host, and waits for each answer. */
    private final class Pings implements Task {
        private final int cpu;
        private final UnsafeBuffer payload = new UnsafeBuffer(new byte[Long.BYTES]);
        private long asked;
        private long answered;
        private boolean under;
        private int attempts;

        Pings(int cpu) {
            this.cpu = cpu;
        }

        void pong(MkIpiData data, Object context) {
            /* Each CPU of the kernel has such a handler, and each sees all answers. */
            if (kernel.physicalCpuId() == cpu && data.buffer().capacity() == Long.BYTES) {
                answered = Math.max(answered, data.buffer().getLong(0));
            }
        }

        @Override
        public long step() {
            if (!kernel.isActive(kernel.instanceId()) || !kernel.isActive(HOST)) {
                return MOST_NANOS;
            }
            if (under && answered < asked) {
                under = strict;
                return strict ? WAIT : LAX_NANOS;
            }
            under = false;
            if (asked == PINGS) {
                return DONE;
            }
            payload.putLong(0, asked + 1);
            int result = kernel.sendIpiData(HOST, payload, 0, Long.BYTES, PING);
            if (result == -Errno.ENOSPC) {
                return StressModule.patience(kernel, attempts++);
            }
            attempts = 0;
            asked++;
            under = result == 0;
            return under ? strict ? WAIT : LAX_NANOS : AGAIN;
        }
    }
}
