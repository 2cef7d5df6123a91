// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import static io.mkemu.system.modules.RoundsDescriptor.*;

import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Instance 1 of {@code RoundsIT}: numbers its messages to the survivors from 0 in each life, shares pages with them,
 * and tells messages and pages that were meant for another life. {@code victim.mode} is {@code traffic}, {@code idle}
 * (receives only) or {@code init} (never comes out of init).
 */
public final class RoundVictim extends RoundModule {
    private static final long PERIOD_NANOS = 500_000;
    private static final int BURST = 3;
    private static final int STEPS_PER_PAGE = 4;
    private static final int MAX_OUTSTANDING = 6;
    private static final int[] SURVIVORS = {SURVIVOR_A, SURVIVOR_B};

    private final long[] next = {-1, -1, -1, -1};
    private final Map<Integer, List<Long>> outstanding = new HashMap<>();

    /** For the service loader. */
    public RoundVictim() {
        super(PERIOD_NANOS);
    }

    @Override
    public String name() {
        return "victim";
    }

    @Override
    void begin() {
        if ("init".equals(kernel.parameter("mode"))) {
            kernel.printk("hangs in init");
            while (true) {
                LockSupport.park(this);
            }
        }
        listen();
        kernel.registerHandler((data, context) -> released(data), null, RELEASED);
        if ("traffic".equals(kernel.parameter("mode"))) {
            startTurns("traffic");
        }
    }

    @Override
    void turn() {
        for (int survivor : SURVIVORS) {
            for (int message = 0; message < BURST; message++) {
                round.send(survivor);
            }
            if (turns() % STEPS_PER_PAGE == 0) {
                share(survivor);
            }
        }
    }

    private void share(int survivor) {
        List<Long> shared = outstanding.computeIfAbsent(survivor, id -> new ArrayList<>());
        if (shared.size() == MAX_OUTSTANDING) {
            return;
        }
        long address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        if (address == 0) {
            round.count(BAD_RESULT_OFFSET);
            return;
        }
        try (Window page = kernel.memremap(address, Pages.PAGE_SIZE)) {
            RoundMessage.writePage(page, VICTIM, round.epoch(), 0, turns());
        }
        int result = kernel.sendPfn(survivor, Pages.pfn(address));
        round.check(survivor, result, true);
        if (result == 0) {
            shared.add(Pages.pfn(address));
            round.count(PAGES_SHARED_OFFSET);
        } else {
            kernel.instanceFree(address, Pages.PAGE_SIZE);
        }
    }

    /** A survivor has unmapped a page, of this life or of a former one. */
    private void released(MkIpiData data) {
        long pfn = RoundMessage.word(data.buffer(), 0);
        List<Long> shared = outstanding.get(kernel.instanceOfCpu(data.senderCpu()));
        if (RoundMessage.word(data.buffer(), Long.BYTES) == round.epoch() && shared != null && shared.remove(pfn)) {
            kernel.instanceFree(Pages.address(pfn), Pages.PAGE_SIZE);
        }
    }

    @Override
    void data(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        long sequence = RoundMessage.word(data.buffer(), SEQUENCE_OFFSET);
        if (RoundMessage.word(data.buffer(), TARGET_EPOCH_OFFSET) != round.epoch()) {
            round.count(FOREIGN_OFFSET);
            round.list((long) sender << 48 | sequence);
        }
        round.received(data.buffer(), sender, next[sender] < 0 ? sequence : next[sender]);
        next[sender] = sequence + 1;
    }

    @Override
    void page(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        Window page = kernel.receiveMapPage(data);
        if (page == null) {
            round.count(PAGES_REFUSED_OFFSET);
            return;
        }
        if (!RoundMessage.isWholePage(page, sender, round.epochOf(sender))
            || page.buffer().getLong(PAGE_TARGET_EPOCH_OFFSET) != round.epoch()) {
            round.count(PAGES_WRONG_OFFSET);
        }
        round.count(PAGES_MAPPED_OFFSET);
        kernel.receiveUnmapPage(page);
    }
}
