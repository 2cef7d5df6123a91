// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.IdlePolicy;
import io.mkemu.os.Affinity;
import io.mkemu.os.Futex;
import io.mkemu.os.OsProcess;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The thread that runs an emulated CPU: pinned to its host CPU, it does one turn after another, idles between them as
 * its policy says and halts on the doorbell's futex, until it is asked to park. The methods that are not a policy's are
 * for any other thread.
 */
final class CpuThread extends Thread implements IdlePolicy.Idler {
    private final Cpu cpu;
    private final IdlePolicy idle;
    private final CompletableFuture<Void> online = new CompletableFuture<>();
    private final Object idLock = new Object();
    private volatile boolean parking;
    private Runnable last = () -> { };
    /* Of the operating system; 0 while it is not pinned and running. Under idLock. */
    private int id;
    private Futex futex;

    CpuThread(Cpu cpu, IdlePolicy idle) {
        super(null, null, "cpu" + cpu.logicalCpu(), 0, false);
        this.cpu = cpu;
        this.idle = idle;
        setDaemon(true);
    }

    Cpu cpu() {
        return cpu;
    }

    /** Starts the thread; the future completes when it is pinned and takes interrupts. */
    CompletableFuture<Void> bringUp() {
        start();
        return online;
    }

    /**
     * Has CPUs stand still between two turns while something is done on the calling thread, which is none of them.
     *
     * @param millis    how long they may take to come out of a callback or a task; those that do not go on
     * @param meanwhile told whether all stand still
     */
    static void standStill(List<CpuThread> cpus, long millis, Consumer<Boolean> meanwhile)
        throws InterruptedException {
        CountDownLatch arrived = new CountDownLatch(cpus.size());
        CompletableFuture<Void> over = new CompletableFuture<>();
        try {
            for (CpuThread thread : cpus) {
                thread.cpu.submit(() -> {
                    arrived.countDown();
                    over.join();
                });
            }
            meanwhile.accept(arrived.await(millis, TimeUnit.MILLISECONDS));
        } finally {
            over.complete(null);
        }
    }

    /** Asks the CPU to leave its loop. */
    void park() {
        parking = true;
        cpu.apic().raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
    }

    /**
     * Has the CPU leave its loop after this turn. By this thread.
     *
     * @param then done when nothing runs on it any more, before others can see that it is offline
     */
    void leave(Runnable then) {
        last = then;
        parking = true;
    }

    /** Waits until the CPU has left its loop; whether it has. */
    boolean awaitParked(long millis) throws InterruptedException {
        join(millis);
        return !isAlive();
    }

    @Override
    public void run() {
        try {
            futex = new Futex();
            BitSet host = new BitSet();
            host.set(cpu.apic().hostCpu());
            Affinity.set(host);
            id(OsProcess.threadId());
            cpu.goOnline();
            online.complete(null);
        } catch (Throwable refused) {
            id(0);
            online.completeExceptionally(refused);
            return;
        }
        try {
            while (!parking) {
                long wait = cpu.turn();
                if (wait > 0) {
                    idle(wait);
                }
            }
        } finally {
            id(0);
            try {
                last.run();
            } finally {
                cpu.apic().announce(LocalApicDescriptor.STATE_OFFLINE);
            }
        }
    }

    private void id(int now) {
        synchronized (idLock) {
            id = now;
        }
    }

    /**
     * Lets somebody use the operating system's id of this thread, if it is pinned and runs. It does not end meanwhile:
     * the id is no other thread's.
     */
    void whileRunning(IntConsumer use) {
        synchronized (idLock) {
            if (id != 0) {
                use.accept(id);
            }
        }
    }

    private void idle(long wait) {
        try {
            idle.idle(this, wait);
        } catch (Throwable fault) {
            cpu.failed(fault);
        }
    }

    @Override
    public boolean poll(int looks) {
        return cpu.poll(looks);
    }

    @Override
    public void polled(long nanos) {
        cpu.apic().polled(nanos);
    }

    @Override
    public boolean mayPoll() {
        return !cpu.apic().sharesCore();
    }

    @Override
    public void halt(long timeoutNanos) {
        int seen = cpu.apic().doorbell();
        boolean sleeps = cpu.sleeps();
        try {
            if (sleeps) {
                long limit = timeoutNanos > 0 ? Math.min(timeoutNanos, Cpu.AUDIT_NANOS) : Cpu.AUDIT_NANOS;
                cpu.apic().halt(futex, seen, limit);
            }
        } finally {
            cpu.wakes(sleeps);
        }
    }
}
