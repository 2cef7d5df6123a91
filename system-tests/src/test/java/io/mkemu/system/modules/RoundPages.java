// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The pages of {@code RoundsIT}. The victim shares pages with the survivors, each page once; they map them, keep some
 * beyond its death and look that nobody writes into them. A survivor shares one page with the victim again and again,
 * written anew for each life of it. With {@code round-pages.share=0} it shares none. Counts in a page that the log
 * names; the other memory of a kernel is the traffic's.
 */
public final class RoundPages implements KernelModule {
    /** Id of the victim; the survivors have the next two. */
    public static final int VICTIM = 1;
    /** Ids of the survivors. */
    public static final Set<Integer> SURVIVORS = Set.of(2, 3);
    /** Written by the test: 1: unmap everything, share no more; 0: go on. */
    public static final int STOP_OFFSET = 0;
    /** What has been done of that. */
    public static final int STOPPED_OFFSET = 8;
    /** Pages mapped. */
    public static final int MAPPED_OFFSET = 16;
    /** Pages refused: their owner was dead, or had begun another life, by then. */
    public static final int REFUSED_OFFSET = 24;
    /** Pages that did not hold what their owner wrote when it shared them, or while they were mapped. */
    public static final int WRONG_OFFSET = 32;
    /** At a survivor: pages shared with the victim while its life changed. */
    public static final int AMBIGUOUS_OFFSET = 40;

    /** The life of the sender, before each of its pages. */
    private static final int LIFE = 0x524e4401;
    /** A page has been unmapped: its PFN, and the life that shared it. */
    private static final int RELEASED = 0x524e4402;
    private static final int WORDS = Pages.PAGE_SIZE / Long.BYTES;
    private static final int TARGET_LIFE_WORD = 3;
    private static final long VICTIM_PERIOD_NANOS = 1_000_000;
    private static final long SURVIVOR_PERIOD_NANOS = 4_000_000;
    private static final int MAX_OUTSTANDING = 6;
    private static final int MAX_HELD = 3;

    /** A page of the victim that is mapped here. */
    private record Held(Window page, long pfn, long life, boolean[] wrong) {
    }

    private final Map<Integer, Set<Long>> outstanding = new HashMap<>();
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[2 * Long.BYTES]);
    private Kernel kernel;
    private MappedMachine ram;
    private UnsafeBuffer record;
    private boolean isVictim;
    private long life;
    private long heardLife;
    private long number;
    private long due;
    private long page;
    private Window pageWindow;
    private long pageLife;

    @Override
    public String name() {
        return "round-pages";
    }

    @Override
    public void init(Kernel given) throws Exception {
        kernel = given;
        ram = MappedMachine.openReadOnly(Path.of(kernel.parameter("ram")));
        isVictim = kernel.instanceId() == VICTIM;
        life = lifeOf(kernel.instanceId());
        long at = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        record = kernel.memremap(at, Pages.PAGE_SIZE).buffer();
        record.setMemory(0, Pages.PAGE_SIZE, (byte) 0);
        if (!isVictim) {
            page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
            pageWindow = kernel.memremap(page, Pages.PAGE_SIZE);
        }
        kernel.printk("record at 0x" + Long.toHexString(at) + " in life " + life);
        kernel.registerHandler((data, context) -> heardLife = isVictim ? 0 : data.buffer().getLong(0), null, LIFE);
        kernel.registerHandler((data, context) -> received(data), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.registerHandler((data, context) -> released(data), null, RELEASED);
        if (kernel.parameter("share", 1) == 1) {
            kernel.startTask("share", this::step);
        }
    }

    private long lifeOf(int instance) {
        return ram.instances().entry(instance).life();
    }

    private void count(int offset) {
        record.putLongVolatile(offset, record.getLong(offset) + 1);
    }

    private void wrong(String what) {
        count(WRONG_OFFSET);
        kernel.printk(what);
    }

    /** Any interrupt steps a task, but a turn comes once a period. */
    private long step() {
        long now = kernel.nanoTime();
        if (now - due < 0) {
            return due - now;
        }
        long period = isVictim ? VICTIM_PERIOD_NANOS : SURVIVOR_PERIOD_NANOS;
        due = now + period;
        boolean stop = record.getLongVolatile(STOP_OFFSET) != 0;
        while (stop && !held.isEmpty()) {
            release();
        }
        record.putLongVolatile(STOPPED_OFFSET, stop ? 1 : 0);
        held.forEach(this::verify);
        if (isVictim) {
            SURVIVORS.forEach(this::shareFresh);
        } else if (!stop && kernel.isActive(VICTIM)) {
            shareAgain();
        }
        return period;
    }

    private void shareFresh(int survivor) {
        Set<Long> shared = outstanding.computeIfAbsent(survivor, id -> new HashSet<>());
        if (shared.size() == MAX_OUTSTANDING) {
            return;
        }
        long address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        if (address == 0) {
            throw new IllegalStateException("the pool is full");
        }
        try (Window fresh = kernel.memremap(address, Pages.PAGE_SIZE)) {
            write(fresh, 0);
        }
        if (send(survivor, LIFE, life, 0) && accepted(survivor, kernel.sendPfn(survivor, Pages.pfn(address)))) {
            shared.add(Pages.pfn(address));
        } else {
            kernel.instanceFree(address, Pages.PAGE_SIZE);
        }
    }

    /** One page, written anew for each life of the victim: nobody of a former one can have it mapped then. */
    private void shareAgain() {
        long before = lifeOf(VICTIM);
        if (before != pageLife) {
            write(pageWindow, before);
            pageLife = before;
        }
        if (accepted(VICTIM, kernel.sendPfn(VICTIM, Pages.pfn(page))) && lifeOf(VICTIM) != before) {
            count(AMBIGUOUS_OFFSET);
        }
    }

    private boolean send(int target, int type, long first, long second) {
        message.putLong(0, first);
        message.putLong(Long.BYTES, second);
        return accepted(target, kernel.sendIpiData(target, message, 0, message.capacity(), type));
    }

    /** A full lane is always right, a dead or booting victim too. */
    private static boolean accepted(int target, int result) {
        boolean dead = result == -Errno.ESHUTDOWN || result == -Errno.ENODEV;
        if (result != 0 && result != -Errno.ENOSPC && !(dead && target == VICTIM)) {
            throw new IllegalStateException("send to instance " + target + ": " + Errno.name(result));
        }
        return result == 0;
    }

    private void received(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        Window mapped = kernel.receiveMapPage(data);
        if (mapped == null) {
            count(REFUSED_OFFSET);
            if (!isVictim && kernel.isActive(VICTIM) && lifeOf(VICTIM) == heardLife) {
                wrong("page refused although its owner lives");
            }
            return;
        }
        count(MAPPED_OFFSET);
        if (isVictim) {
            if (!isWhole(mapped, sender, lifeOf(sender)) || word(mapped, TARGET_LIFE_WORD) != life) {
                wrong("page of instance " + sender + " is for life " + word(mapped, TARGET_LIFE_WORD));
            }
            kernel.receiveUnmapPage(mapped);
            return;
        }
        Held newest = new Held(mapped, kernel.receivePfn(data), word(mapped, 2), new boolean[1]);
        if (newest.life < heardLife) {
            wrong("page of life " + newest.life + " in life " + heardLife);
        }
        verify(newest);
        held.add(newest);
        if (held.size() > MAX_HELD) {
            release();
        }
    }

    private void verify(Held mapped) {
        if (!mapped.wrong[0] && !isWhole(mapped.page, VICTIM, mapped.life)) {
            mapped.wrong[0] = true;
            wrong("page 0x" + Long.toHexString(mapped.pfn) + " of life " + mapped.life
                + " holds something else, life is " + lifeOf(VICTIM));
        }
    }

    private void release() {
        Held oldest = held.remove();
        verify(oldest);
        kernel.receiveUnmapPage(oldest.page);
        send(VICTIM, RELEASED, oldest.pfn, oldest.life);
    }

    /** A survivor has unmapped a page, of this life or of a former one. */
    private void released(MkIpiData data) {
        long pfn = data.buffer().getLong(0);
        Set<Long> shared = outstanding.get(kernel.instanceOfCpu(data.senderCpu()));
        if (data.buffer().getLong(Long.BYTES) == life && shared != null && shared.remove(pfn)) {
            kernel.instanceFree(Pages.address(pfn), Pages.PAGE_SIZE);
        }
    }

    /** Words: checksum, owner, its life, target's life, number, filling. The checksum comes last. */
    private void write(Window to, long targetLife) {
        long[] head = {0, kernel.instanceId(), life, targetLife, number++};
        UnsafeBuffer buffer = to.buffer();
        for (int word = 0; word < head.length; word++) {
            buffer.putLong(word * Long.BYTES, head[word]);
        }
        long checksum = checksum(to);
        for (int word = head.length; word < WORDS; word++) {
            buffer.putLong(word * Long.BYTES, checksum + word);
        }
        buffer.putLongVolatile(0, checksum);
    }

    private static boolean isWhole(Window from, int owner, long ownerLife) {
        long checksum = checksum(from);
        boolean whole = from.buffer().getLongVolatile(0) == checksum && word(from, 1) == owner
            && word(from, 2) == ownerLife;
        for (int word = TARGET_LIFE_WORD + 2; whole && word < WORDS; word++) {
            whole = word(from, word) == checksum + word;
        }
        return whole;
    }

    private static long word(Window page, int word) {
        return page.buffer().getLong(word * Long.BYTES);
    }

    /** Of the head of a page. */
    private static long checksum(Window page) {
        long hash = 1;
        for (int word = 1; word <= TARGET_LIFE_WORD + 1; word++) {
            hash = (hash ^ word(page, word)) * 0x9e37_79b9_7f4a_7c15L;
            hash ^= hash >>> 29;
        }
        return hash;
    }
}
