// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Pages of one kernel, shared with others, and pages of others that it maps. A page says for whom it is: nobody else
 * may be able to map it, and as long as it is mapped it must stay as it is.
 */
final class SharedPages {
    private static final int MAPPED = 0x5d04;
    private static final int HELLO = 0x5d05;
    private static final long MAGIC = 0x7061_6765_7374_7273L;
    private static final int TARGET_AT = 8;
    private static final int MARK_AT = 16;
    private static final int NOBODY = -1;
    private static final int PAGES = 3;
    private static final int MOST_NANOS = 5_000;
    private static final long KEEP_NANOS = 3_000_000;
    /* Much longer than any CPU is paused, or a kernel dead before its end is noticed. */
    private static final long MOST_WAIT_NANOS = 20_000_000_000L;

    private final Kernel kernel;
    private final boolean strict;
    private final int[] others;
    /* Tells this life from others of the same instance. */
    private final long life;
    private Kept kept;

    SharedPages(Kernel kernel, boolean strict, List<Instance> all) {
        this.kernel = kernel;
        this.strict = strict;
        this.others = all.stream().mapToInt(Instance::id).filter(id -> id != kernel.instanceId()).toArray();
        this.life = kernel.randomLong() | 1;
    }

    void registers() {
        kernel.registerHandler(this::page, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.registerHandler(this::page, null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        kernel.registerHandler(this::mapped, null, MAPPED);
        kernel.registerHandler(this::hello, null, HELLO);
    }

    /** For the CPU that calls it. */
    void starts(int cpu) {
        kernel.startTask("pages", new Owner());
        if (cpu == 0) {
            kept = new Kept();
            kernel.startTask("kept page", kept);
            for (int other : others) {
                kernel.startTask("hello", new Hello(other));
            }
        }
    }

    private int random(int bound) {
        return StressModule.random(kernel, bound);
    }

    private void write(long address, long size, int target, long mark) {
        try (Window window = kernel.memremap(address, size)) {
            for (int at = 0; at < size; at += Pages.PAGE_SIZE) {
                window.buffer().putLong(at, MAGIC);
                window.buffer().putInt(at + TARGET_AT, target);
                window.buffer().putLong(at + MARK_AT, mark);
            }
        }
    }

    /* ---- what others share ---- */

    private void page(MkIpiData data, Object context) {
        Window window = kernel.receiveMapPages(data);
        if (window == null) {
            return;
        }
        Guest guest = new Guest(window, window.buffer().getLong(MARK_AT));
        guest.look();
        kernel.startTask("guest", guest);
        int owner = kernel.instanceOfCpu(data.senderCpu());
        UnsafeBuffer answer = new UnsafeBuffer(new byte[2 * Long.BYTES]);
        answer.putLong(0, guest.mark);
        answer.putLong(Long.BYTES, life);
        kernel.sendIpiData(owner, answer, 0, 2 * Long.BYTES, MAPPED);
    }

    /** A page of another kernel, mapped for a while. */
    private final class Guest implements Task {
        private final Window window;
        private final long mark;
        private boolean waited;

        Guest(Window window, long mark) {
            this.window = window;
            this.mark = mark;
        }

        void look() {
            for (int at = 0; strict && at < window.buffer().capacity(); at += Pages.PAGE_SIZE) {
                if (window.buffer().getLong(at) != MAGIC
                    || window.buffer().getInt(at + TARGET_AT) != kernel.instanceId()
                    || window.buffer().getLong(at + MARK_AT) != mark) {
                    throw new IllegalStateException("a page is mapped that is not this kernel's to map any more");
                }
            }
        }

        @Override
        public long step() {
            look();
            if (!waited) {
                waited = true;
                return 1L + random(MOST_NANOS);
            }
            kernel.receiveUnmapPage(window);
            return DONE;
        }
    }

    /* ---- what it shares ---- */

    /** Frees a page as soon as nobody has it mapped. */
    private final class Free {
        private final long address;
        private final long size;
        private final long since;
        private long next = 500;
        private long due;

        Free(long address, long size) {
            this.address = address;
            this.size = size;
            this.since = kernel.nanoTime();
        }

        /** How long to wait before it is called again; -1 when the page is free. */
        long attempt() {
            long now = kernel.nanoTime();
            if (now < due) {
                /* An interrupt steps all tasks. */
                return due - now;
            }
            int result = kernel.instanceFree(address, size);
            if (result == 0) {
                return -1;
            }
            if (result != -Errno.EBUSY || now - since > MOST_WAIT_NANOS) {
                throw new IllegalStateException("a page cannot be freed: " + result + (now == since ? ""
                    : ", though those that may have it mapped had " + (now - since) + " ns to unmap it"));
            }
            due = now + next;
            next *= 2;
            return due - now;
        }
    }

    /** Shares pages and frees them. */
    private final class Owner implements Task {
        private int done;
        private long address;
        private long size;
        private int target;
        private Free free;

        @Override
        public long step() {
            if (!kernel.isActive(kernel.instanceId())) {
                return MOST_NANOS;
            }
            if (free != null) {
                long wait = free.attempt();
                if (wait >= 0) {
                    return wait;
                }
                free = null;
                address = 0;
                done++;
                return AGAIN;
            }
            return address != 0 ? end() : done == PAGES ? DONE : share();
        }

        private long share() {
            size = (1L + random(2)) * Pages.PAGE_SIZE;
            address = kernel.instanceAlloc(size, Pages.PAGE_SIZE);
            if (address == 0) {
                return 1L + random(MOST_NANOS);
            }
            target = others[random(others.length)];
            write(address, size, target, kernel.randomLong());
            int result = size == Pages.PAGE_SIZE ? kernel.sendPfn(target, Pages.pfn(address))
                : kernel.sendPages(target, Pages.pfn(address), Pages.pfn(size), kernel.randomLong());
            if (strict && result != 0 && result != -Errno.ENOSPC && !Talk.isVain(result)) {
                throw new IllegalStateException("a page cannot be shared: " + result);
            }
            if (random(2) == 0) {
                kernel.sendPfn(target, Pages.pfn(address));
            }
            return 1L + random(MOST_NANOS);
        }

        private long end() {
            if (random(3) == 0 && kernel.revokePages(target, Pages.pfn(address), Pages.pfn(size)) != 0) {
                throw new IllegalStateException("a page cannot be revoked");
            }
            free = new Free(address, size);
            return AGAIN;
        }
    }

    /** A page that stays shared with a kernel beyond its life: the next life must not have it. */
    private final class Kept implements Task {
        private long address;
        private long mark;
        private int target;
        private long endsAt;
        private long mappedBy;
        private Free free;

        @Override
        public long step() {
            if (!kernel.isActive(kernel.instanceId())) {
                return MOST_NANOS;
            }
            long now = kernel.nanoTime();
            if (endsAt == 0) {
                endsAt = now + KEEP_NANOS;
            }
            if (free != null) {
                return free.attempt();
            }
            if (address == 0 && now < endsAt) {
                return share();
            }
            if (now < endsAt) {
                return endsAt - now;
            }
            if (address == 0) {
                return DONE;
            }
            free = new Free(address, Pages.PAGE_SIZE);
            return AGAIN;
        }

        private long share() {
            address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
            if (address == 0) {
                return MOST_NANOS;
            }
            target = others[random(others.length)];
            mark = kernel.randomLong();
            write(address, Pages.PAGE_SIZE, target, mark);
            kernel.sendPfn(target, Pages.pfn(address));
            return KEEP_NANOS;
        }
    }

    private void mapped(MkIpiData data, Object context) {
        if (data.buffer().capacity() == 2 * Long.BYTES && kept != null && kept.address != 0
            && kept.mark == data.buffer().getLong(0)) {
            kept.mappedBy = data.buffer().getLong(Long.BYTES);
        }
    }

    /** Another kernel lives. If it is not the life that has mapped the page, it must not be able to. */
    private void hello(MkIpiData data, Object context) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        if (!strict || kept == null || kept.address == 0 || kept.free != null || sender != kept.target
            || kept.mappedBy == 0 || kept.mappedBy == data.buffer().getLong(0)) {
            return;
        }
        kept.mappedBy = 0;
        write(kept.address, Pages.PAGE_SIZE, NOBODY, 0);
        UnsafeBuffer forged = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
        forged.putLong(0, Pages.pfn(kept.address), ByteOrder.LITTLE_ENDIAN);
        kernel.sendIpiData(sender, forged, 0, MkIpiDataDescriptor.PFN_SIZE, MkIpiDataDescriptor.PFN_IPI_TYPE);
    }

    /** Tells another kernel that this one lives. */
    private final class Hello implements Task {
        private final int target;
        private int attempts;

        Hello(int target) {
            this.target = target;
        }

        @Override
        public long step() {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[Long.BYTES]);
            payload.putLong(0, life);
            int result = kernel.sendIpiData(target, payload, 0, Long.BYTES, HELLO);
            return result == -Errno.ENOSPC ? StressModule.patience(kernel, attempts++) : DONE;
        }
    }
}
