// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import static io.mkemu.system.modules.RoundsDescriptor.*;

import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;

/**
 * Instance 2 or 3 of {@code RoundsIT}: exchanges numbered messages with the other one all the time, sends to the victim
 * what is tagged with the victim's epoch, maps the pages that the victim shares, keeps some of them beyond the victim's
 * death and looks that nobody writes into them.
 */
public final class RoundSurvivor extends RoundModule {
    private static final long PERIOD_NANOS = 1_000_000;
    private static final int PEER_BURST = 4;
    private static final int VICTIM_BURST = 2;
    private static final int STEPS_PER_PAGE = 16;
    private static final int MAX_HELD = 3;

    /** A page that is mapped. */
    private static final class Held {
        private final Window page;
        private final long epoch;
        private final long pfn;
        private boolean wrong;

        Held(Window page, long epoch, long pfn) {
            this.page = page;
            this.epoch = epoch;
            this.pfn = pfn;
        }
    }

    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private int peer;
    private long victimEpoch;
    private long victimNext;
    private long page;
    private Window pageWindow;
    private long pageEpoch;

    /** For the service loader. */
    public RoundSurvivor() {
        super(PERIOD_NANOS);
    }

    @Override
    public String name() {
        return "survivor";
    }

    @Override
    void begin() {
        peer = SURVIVOR_A + SURVIVOR_B - kernel.instanceId();
        page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        pageWindow = kernel.memremap(page, Pages.PAGE_SIZE);
        listen();
        startTurns("exchange");
    }

    @Override
    void turn() {
        if (round.word(STOP_OFFSET) != 0) {
            while (!held.isEmpty()) {
                release();
            }
            round.word(STOPPED_OFFSET, 1);
            return;
        }
        round.word(STOPPED_OFFSET, 0);
        for (int message = 0; message < PEER_BURST; message++) {
            round.send(peer);
        }
        for (int message = 0; message < VICTIM_BURST; message++) {
            round.send(VICTIM);
        }
        if (turns() % STEPS_PER_PAGE == 0 && kernel.isActive(VICTIM)) {
            share();
        }
        held.forEach(this::verify);
    }

    /** One page, written anew for each life of the victim: nobody of a former one can have it mapped then. */
    private void share() {
        long before = round.epochOf(VICTIM);
        if (before != pageEpoch) {
            RoundMessage.writePage(pageWindow, round.me(), round.epoch(), before, turns());
            pageEpoch = before;
        }
        int result = kernel.sendPfn(VICTIM, Pages.pfn(page));
        round.check(VICTIM, result, true);
        if (result == 0) {
            round.count(PAGES_SHARED_OFFSET);
            if (round.epochOf(VICTIM) != before) {
                round.count(PAGES_AMBIGUOUS_OFFSET);
            }
        }
    }

    @Override
    void data(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        if (sender != VICTIM) {
            round.received(data.buffer(), sender, round.word(RECEIVED_OFFSET + sender * Long.BYTES));
            return;
        }
        long epoch = RoundMessage.word(data.buffer(), SENDER_EPOCH_OFFSET);
        if (epoch < victimEpoch) {
            round.count(FOREIGN_OFFSET);
            kernel.printk("message of life " + epoch + " after one of life " + victimEpoch);
        }
        if (epoch > victimEpoch) {
            victimEpoch = epoch;
            victimNext = 0;
        }
        round.received(data.buffer(), VICTIM, victimNext);
        victimNext = RoundMessage.word(data.buffer(), SEQUENCE_OFFSET) + 1;
        if (epoch >= 0 && epoch < LIVES_LENGTH) {
            round.count(LIVES_OFFSET + (int) epoch * Long.BYTES);
        }
    }

    /** The victim sends a message before each page, so the page is that life's, or has been shared again since. */
    @Override
    void page(MkIpiData data) {
        Window mapped = kernel.receiveMapPage(data);
        if (mapped == null) {
            round.count(PAGES_REFUSED_OFFSET);
            if (kernel.isActive(VICTIM) && round.epochOf(VICTIM) == victimEpoch) {
                round.count(PAGES_WRONG_OFFSET);
                kernel.printk("page refused although its owner lives");
            }
            return;
        }
        long epoch = mapped.buffer().getLong(PAGE_OWNER_EPOCH_OFFSET);
        Held newest = new Held(mapped, epoch, kernel.receivePfn(data));
        if (epoch < victimEpoch) {
            round.count(PAGES_WRONG_OFFSET);
            kernel.printk("page of life " + epoch + " in life " + victimEpoch);
        }
        verify(newest);
        held.add(newest);
        round.count(PAGES_MAPPED_OFFSET);
        if (held.size() > MAX_HELD) {
            release();
        }
    }

    private void verify(Held mapped) {
        if (!mapped.wrong && !RoundMessage.isWholePage(mapped.page, VICTIM, mapped.epoch)) {
            mapped.wrong = true;
            round.count(PAGES_WRONG_OFFSET);
            kernel.printk("page 0x" + Long.toHexString(mapped.pfn) + " of life " + mapped.epoch
                + " holds something else, life is " + round.epochOf(VICTIM));
        }
    }

    private void release() {
        Held oldest = held.remove();
        verify(oldest);
        kernel.receiveUnmapPage(oldest.page);
        kernel.sendIpiData(VICTIM, ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN)
            .putLong(oldest.pfn).putLong(oldest.epoch).array(), RELEASED);
    }
}
