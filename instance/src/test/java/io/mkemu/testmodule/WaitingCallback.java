// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testmodule;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiCallback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A callback that does what it must not do until it is released. In a package of its own, as a module is: the kernel
 * tells its own frames from a module's by the package.
 */
public final class WaitingCallback implements IpiCallback, AutoCloseable {
    /** What it does. */
    public enum Kind {
        SLEEP, PARK, LOCK, READ
    }

    private final Kind kind;
    private final Pipe pipe = Pipe.open();
    private final Object lock = new Object();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger over = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();

    public WaitingCallback(Kind kind) throws IOException {
        this.kind = kind;
    }

    /** Callbacks that have begun. */
    public int begun() {
        return begun.get();
    }

    /** Callbacks that are over. */
    public int over() {
        return over.get();
    }

    /** Lets the callback that runs end. */
    public void release() throws IOException {
        released.incrementAndGet();
        pipe.sink().write(ByteBuffer.allocate(1));
    }

    @Override
    public void handle(MkIpiData data, Object context) {
        int mine = over.get();
        if (kind == Kind.LOCK) {
            holdLockUntil(mine);
        }
        begun.incrementAndGet();
        try {
            switch (kind) {
                case SLEEP -> {
                    while (released.get() == mine) {
                        Thread.sleep(20);
                    }
                }
                case PARK -> {
                    while (released.get() == mine) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                    }
                }
                case LOCK -> {
                    synchronized (lock) {
                        begun.get();
                    }
                }
                default -> pipe.source().read(ByteBuffer.allocate(1));
            }
        } catch (InterruptedException | IOException fault) {
            throw new IllegalStateException(fault);
        }
        over.incrementAndGet();
    }

    /** Has another thread hold the lock until this callback is released. */
    private void holdLockUntil(int round) {
        CountDownLatch held = new CountDownLatch(1);
        Thread holder = new Thread(() -> {
            synchronized (lock) {
                held.countDown();
                while (released.get() == round) {
                    Thread.onSpinWait();
                }
            }
        });
        holder.setDaemon(true);
        holder.start();
        while (held.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() throws IOException {
        pipe.sink().close();
        pipe.source().close();
    }
}
