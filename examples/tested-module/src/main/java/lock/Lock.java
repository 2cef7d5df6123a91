// SPDX-License-Identifier: Apache-2.0
package lock;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** A lock: the host's kernel gives it to one instance after the other, and takes it back from the dead. */
public final class Lock implements KernelModule {
    static final int ACQUIRE = 0x4001;
    static final int GRANT = 0x4002;
    static final int RELEASE = 0x4003;
    private static final long RETRY_NANOS = 1_000_000;

    /* A kernel that was started again is another client: what its predecessor asked for is not for it. */
    private record Client(int instance, long life) {
    }

    private final UnsafeBuffer word = new UnsafeBuffer(new byte[Long.BYTES]);
    private final Deque<Client> waiting = new ArrayDeque<>();
    private Client holder;
    private Kernel kernel;
    private long rounds;
    private long holdNanos;
    private long done;
    private boolean asked;
    private boolean holds;
    private long until;

    @Override
    public String name() {
        return "lock";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of("rounds", "hold-ms"));
    }

    @Override
    public void init(Kernel itsKernel) {
        kernel = itsKernel;
        if (kernel.instanceId() == 0) {
            kernel.registerHandler(this::acquire, null, ACQUIRE);
            kernel.registerHandler(this::release, null, RELEASE);
            kernel.onInstanceChange(this::changed);
        } else {
            rounds = kernel.parameter("rounds", 5);
            holdNanos = kernel.parameter("hold-ms", 1) * 1_000_000;
            kernel.registerHandler(this::granted, null, GRANT);
            kernel.startTask("work", this::work);
        }
    }

    /* ---- the host ---- */

    private static Client clientOf(MkIpiData data) {
        return new Client(data.senderInstance(), data.senderLife());
    }

    private void acquire(MkIpiData data, Object context) {
        Client client = clientOf(data);
        /* What it died in the midst of sending may come after the notice of its death. */
        if (kernel.isActive(client.instance) && kernel.life(client.instance) == client.life) {
            waiting.add(client);
            passOn();
        }
    }

    private void release(MkIpiData data, Object context) {
        if (clientOf(data).equals(holder)) {
            holder = null;
            passOn();
        }
    }

    private void changed(int instance, long life, InstanceChange change) {
        if (change == InstanceChange.ACTIVE) {
            return;
        }
        Client dead = new Client(instance, life);
        waiting.remove(dead);
        if (dead.equals(holder)) {
            holder = null;
            passOn();
            kernel.printk("instance " + instance + " died with the lock; "
                + (holder == null ? "it is free" : "instance " + holder.instance + " has it now"));
        }
    }

    private void passOn() {
        while (holder == null && !waiting.isEmpty()) {
            Client next = waiting.poll();
            word.putLong(0, next.life);
            /* Whom it does not reach is dead, and takes no place in the queue either. */
            holder = kernel.sendIpiData(next.instance, word, 0, Long.BYTES, GRANT) == 0 ? next : null;
        }
    }

    /* ---- an instance ---- */

    private void granted(MkIpiData data, Object context) {
        if (data.buffer().getLong(0) == kernel.life(kernel.instanceId())) {
            holds = true;
            until = kernel.nanoTime() + holdNanos;
            kernel.observe("holds", 1);
            if (done == 0) {
                kernel.printk("has the lock");
            }
        }
    }

    private long work() {
        if (done == rounds) {
            kernel.printk("had the lock " + done + " times");
            return Task.DONE;
        }
        long left = until - kernel.nanoTime();
        if (holds && left > 0) {
            return left;
        }
        if (holds) {
            /* Before the next one can have it. */
            kernel.observe("holds", 0);
            if (!send(RELEASE)) {
                return RETRY_NANOS;
            }
            holds = false;
            asked = false;
            done++;
            return Task.AGAIN;
        }
        asked = asked || send(ACQUIRE);
        return asked ? Task.WAIT : RETRY_NANOS;
    }

    private boolean send(int type) {
        return kernel.sendIpiData(0, word, 0, Long.BYTES, type) == 0;
    }
}
