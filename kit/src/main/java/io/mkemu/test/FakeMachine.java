// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Kernels for unit tests of modules: in one thread, with a clock of their own, so that every run is the same. A round
 * of a kernel takes what waits in its lanes, then does a step of each of its tasks that is due. A message is an event
 * on its way, and a test decides what becomes of it ({@link #way}).
 *
 * <p>The JVM needs {@code --add-opens java.base/jdk.internal.misc=ALL-UNNAMED}, as all that uses Agrona's buffers.
 */
public final class FakeMachine {
    /** Slots of each lane, where nothing else is said. */
    public static final int SLOTS = 16;
    /** Pages of each kernel's pool, where nothing else is said: 256 MiB, which take room once they are allocated. */
    public static final long POOL_PAGES = 1 << 16;
    private static final int MOST_ROUNDS = 10_000_000;
    private static final String OPENED = "jdk.internal.misc";

    /** What happens to messages on their way. */
    @FunctionalInterface
    public interface Way {
        /** Puts what arrives of a message, in order, into the lane; a lane never refuses that. */
        void travel(FakeMessage message, List<FakeMessage> lane);
    }

    private final List<FakeKernel> kernels = new ArrayList<>();
    private final Map<Long, MemorySegment> pages = new HashMap<>();
    private final Map<Long, Integer> mapped = new HashMap<>();
    private final int slots;
    private Way way = (message, lane) -> lane.add(message);
    private Runnable everyRound = () -> { };
    private long now = 1_000_000;
    private long poolPages = POOL_PAGES;
    private int busy;
    private long nextAddress = Pages.PAGE_SIZE;

    /** Kernels 0 (the host) to count - 1, all active, without modules; lanes of {@link #SLOTS} messages. */
    public FakeMachine(int count) {
        this(count, SLOTS);
    }

    /**
     * Kernels 0 (the host) to count - 1, all active, without modules.
     *
     * @param slots how many messages of one sender wait at a kernel before a send is refused with -ENOSPC
     * @throws IllegalStateException if the JVM lacks an option; the text has it
     */
    public FakeMachine(int count, int slots) {
        if (!Object.class.getModule().isOpen(OPENED, FakeMachine.class.getModule())) {
            throw new IllegalStateException("the JVM of these tests lacks an option that Agrona's buffers need: "
                + "--add-opens java.base/" + OPENED + "=ALL-UNNAMED (in Maven: argLine of maven-surefire-plugin)");
        }
        this.slots = slots;
        for (int id = 0; id < count; id++) {
            kernels.add(new FakeKernel(this, id));
        }
    }

    /** All kernels, by their ids. */
    public List<FakeKernel> kernels() {
        return List.copyOf(kernels);
    }

    /** A kernel by its id. */
    public FakeKernel kernel(int id) {
        return kernels.get(id);
    }

    /** From now on this is what happens to messages on their way: they are lost, repeated, damaged, late. */
    public void way(Way what) {
        way = what;
    }

    /** From now on this is done before each round of {@link #run}. */
    public void everyRound(Runnable what) {
        everyRound = what;
    }

    /** The time in ns, the clock of {@link FakeKernel#nanoTime}, which goes on by 10 ns each time it is asked. */
    public long now() {
        return now;
    }

    /** Lets time pass. */
    public void advance(long nanos) {
        now += nanos;
    }

    /** The memory that is allocated, by its physical address: a test may change it. */
    public Map<Long, MemorySegment> pages() {
        return pages;
    }

    /** From now on the pool of each kernel has so many pages: what goes beyond them is not allocated. */
    public void poolPages(long most) {
        poolPages = most;
    }

    /** Pages of each kernel's pool. */
    public long poolPages() {
        return poolPages;
    }

    /** How often each shared page is mapped, by its physical address: a test may change it. */
    public Map<Long, Integer> mapped() {
        return mapped;
    }

    /** How often memory could not be freed because a page of it was mapped. */
    public int busy() {
        return busy;
    }

    /** One round of each active kernel, by ascending id; then the time goes on. */
    public void round(long nanos) {
        kernels.stream().filter(FakeMachine::isActive).forEach(FakeKernel::round);
        now += nanos;
    }

    /**
     * Runs until all tasks of active kernels have ended, daemon tasks apart.
     *
     * @throws AssertionError if all of them wait and nothing can come any more, or there is no end
     */
    public void run() {
        for (int round = 0; round < MOST_ROUNDS; round++) {
            everyRound.run();
            long wait = Long.MAX_VALUE;
            for (FakeKernel kernel : kernels) {
                if (isActive(kernel)) {
                    wait = Math.min(wait, kernel.round());
                }
            }
            if (kernels.stream().noneMatch(kernel -> isActive(kernel) && kernel.hasTasks())) {
                return;
            }
            if (wait == Task.WAIT && kernels.stream().noneMatch(kernel -> isActive(kernel) && kernel.isRung())) {
                throw new AssertionError("everybody waits for ever; " + logs());
            }
            now += wait == Task.WAIT ? 1 : Math.max(wait, 1);
        }
        throw new AssertionError("no end after " + MOST_ROUNDS + " rounds; " + logs());
    }

    private String logs() {
        StringBuilder text = new StringBuilder("the kernels' logs:");
        kernels.forEach(kernel -> text.append("\n  ").append(kernel.instanceName()).append(": ").append(kernel.log()));
        return text.toString();
    }

    private static boolean isActive(FakeKernel kernel) {
        return kernel.state() == InstanceState.ACTIVE;
    }

    /* ---- for its kernels ---- */

    int slots() {
        return slots;
    }

    void travel(FakeMessage message, List<FakeMessage> lane) {
        way.travel(message, lane);
    }

    FakeKernel find(int id) {
        return id >= 0 && id < kernels.size() ? kernels.get(id) : null;
    }

    long allocate(long size, long align) {
        long unit = Math.max(align, Pages.PAGE_SIZE);
        long address = (nextAddress + unit - 1) / unit * unit;
        nextAddress = address + (size + Pages.PAGE_SIZE - 1) / Pages.PAGE_SIZE * Pages.PAGE_SIZE;
        pages.put(address, Arena.ofAuto().allocate(Pages.align(size), Pages.PAGE_SIZE));
        return address;
    }

    void countBusy() {
        busy++;
    }
}
