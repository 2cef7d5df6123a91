// SPDX-License-Identifier: Apache-2.0
package io.mkemu.event;

import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.tty.ConsoleKernelEnd;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The console of one kernel, and who of its modules has it. While one has, a thread sleeps on the console's doorbell
 * and has the module's CPU look; it is none of the CPUs, so a kernel that nobody types to pays nothing. Any thread.
 */
public final class KernelConsole {
    private final PhysicalMemory memory;
    private final int instanceId;
    private Port open;
    private boolean ended;

    /** Nobody has it yet. */
    public KernelConsole(PhysicalMemory memory, int instanceId) {
        this.memory = memory;
        this.instanceId = instanceId;
    }

    /** The console as one module has it. */
    private final class Port implements Console {
        private final EventOwner owner;
        private final BooleanSupplier isHere;
        private final Consumer<Runnable> cpu;
        private final ConsoleHandler handler;
        private final ConsoleKernelEnd end;
        private final AtomicBoolean asked = new AtomicBoolean();
        private final Thread watcher = new Thread(this::watch, "console-watch");
        private volatile boolean closed;

        Port(EventOwner owner, BooleanSupplier isHere, Consumer<Runnable> cpu, ConsoleHandler handler, long life) {
            this.owner = owner;
            this.isHere = isHere;
            this.cpu = cpu;
            this.handler = handler;
            this.end = new ConsoleKernelEnd(memory, instanceId, life);
            watcher.setDaemon(true);
            watcher.start();
        }

        private void watch() {
            Futex futex = new Futex();
            while (!closed) {
                int seen = end.doorbell();
                if (!asked.getAndSet(true)) {
                    cpu.accept(this::look);
                }
                end.await(futex, seen, 0);
            }
        }

        private void look() {
            asked.set(false);
            if (closed) {
                return;
            }
            try {
                handler.onConsole(this);
            } catch (Throwable fault) {
                owner.consoleFailed(fault);
            }
        }

        void close() {
            closed = true;
            end.close();
            end.wake();
            boolean interrupted = false;
            while (watcher.isAlive()) {
                try {
                    watcher.join();
                } catch (InterruptedException stop) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private void require() {
            if (!isHere.getAsBoolean()) {
                throw new IllegalStateException("module " + owner.name() + " used its console from thread \""
                    + Thread.currentThread().getName() + "\", which is not the CPU that opened it; use "
                    + "Kernel.runOnCpu");
            }
            if (closed) {
                throw new IllegalStateException("module " + owner.name() + " has ended, and its console with it");
            }
        }

        private void requireCount(int count, int least) {
            require();
            if (count < least || count > MOST) {
                throw new IllegalArgumentException("module " + owner.name() + " asked its console for " + count
                    + " bytes; " + least + ".." + MOST + " is right");
            }
        }

        @Override
        public Session session() {
            require();
            long number = end.session();
            return number == 0 ? null : new Session(number, end.kind());
        }

        @Override
        public int read(MutableDirectBuffer to, int index, int count) {
            requireCount(count, 1);
            return end.read(to, index, count);
        }

        @Override
        public int write(DirectBuffer from, int index, int count) {
            requireCount(count, 0);
            return end.write(from, index, count);
        }

        @Override
        public int finish(int exitCode) {
            require();
            return end.finish(exitCode);
        }
    }

    /**
     * Opens it for a module.
     *
     * @param isHere whether the caller is the CPU that the module is on
     * @param cpu    gives that CPU something to do
     * @param life   of the kernel
     * @return it, or null: another module has it, or the kernel ends
     */
    public synchronized Console open(EventOwner owner, BooleanSupplier isHere, Consumer<Runnable> cpu,
        ConsoleHandler handler, long life) {
        if (open != null || ended) {
            return null;
        }
        open = new Port(owner, isHere, cpu, handler, life);
        return open;
    }

    /** Takes it from a module that ends, if it has it. */
    public synchronized void close(EventOwner owner) {
        if (open != null && open.owner == owner) {
            open.close();
            open = null;
        }
    }

    /** The kernel ends: once this returns nothing of it touches the memory. */
    public synchronized void end() {
        ended = true;
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
