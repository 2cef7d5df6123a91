// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.QueuedMailboxDescriptor;
import io.mkemu.abi.RamLayout;
import java.nio.ByteBuffer;
import java.util.Random;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody sees of a lane who only looks: exact while nobody is at work. */
class QueuedLaneViewTest {
    private static final int STEPS = 50_000;

    /* The area lies in it: the collector must not free it. */
    private ByteBuffer memory;
    private UnsafeBuffer area;
    private RamLayout layout;
    private QueuedSender sender;
    private QueuedLane lane;
    private final MkIpiData data = new MkIpiData();
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);

    private void make(int slots) {
        layout = new RamLayout(2, slots, Pages.PAGE_SIZE, 0);
        memory = BufferUtil.allocateDirectAligned((int) QueuedMailboxDescriptor.areaLength(2, slots, 1),
            Pages.PAGE_SIZE);
        area = new UnsafeBuffer(memory);
        sender = new QueuedSender(area, 2, slots, 0, 1);
        lane = new QueuedLane(area, at(0), slots, 1);
    }

    private int at(int offset) {
        return (int) QueuedMailboxDescriptor.laneAt(2, layout.ipiSlots(), 0, 1) + offset;
    }

    private QueuedLaneView look() {
        return QueuedLaneView.of(area, layout, 0, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 256})
    void countsWhatIsConsumedAndWhatWaits(int slots) {
        make(slots);
        assertFalse(look().isUsed());
        Random random = new Random(slots);
        long sent = 0;
        long taken = 0;
        boolean full = false;
        for (int step = 0; step < STEPS; step++) {
            /* Now the one is faster and now the other, so that it is empty and full in turns. */
            if (random.nextInt(10) < (step / 1000 % 2 == 0 ? 7 : 3)) {
                sent += sender.publish(random.nextInt(), payload, 0, random.nextInt(257)) == 0 ? 1 : 0;
            } else if (lane.next(data)) {
                taken++;
                lane.publishHead();
            }
            assertEquals(new QueuedLaneView(taken, (int) (sent - taken), null), look());
            full |= sent - taken == slots;
        }
        assertTrue(full);
    }

    @Test
    void seesOnlyTheLaneItIsAskedFor() {
        make(16);
        sender.publish(1, null, 0, 0);
        assertEquals(1, look().waiting());
        assertFalse(QueuedLaneView.of(area, layout, 0, 0).isUsed());
    }

    @Test
    void aScribbledLaneIsAProblemAndNothingWorse() {
        make(16);
        for (int size : new int[] {0, 64, 256}) {
            sender.publish(7, payload, 0, size);
        }
        area.putLong(at(QueuedMailboxDescriptor.RECORDS_OFFSET), QueuedMailboxDescriptor.ready(1, 300, 7));
        assertEquals(0, look().waiting());
        assertTrue(look().problem().endsWith(" at 0 is none"), look().problem());
        area.putLong(at(QueuedMailboxDescriptor.HEAD_OFFSET), -1);
        assertTrue(look().problem().contains("outside"), look().problem());
        assertTrue(look().isUsed());
        Random random = new Random(1);
        for (int step = 0; step < STEPS; step++) {
            int word = random.nextInt((int) QueuedMailboxDescriptor.laneLength(16) / Long.BYTES);
            area.putLong(at(word * Long.BYTES), random.nextBoolean() ? random.nextLong()
                : QueuedMailboxDescriptor.jump(random.nextInt(4), random.nextInt(8) * Long.BYTES));
            area.putLong(at(QueuedMailboxDescriptor.HEAD_OFFSET),
                QueuedMailboxDescriptor.head(random.nextInt(3), random.nextInt(8) * Long.BYTES));
            int waiting = look().waiting();
            assertTrue(waiting >= 0 && waiting <= 16, "waiting " + waiting);
        }
    }

    @Test
    void lookingAtBothEndsAtWorkFindsNoDamage() throws InterruptedException {
        make(16);
        long messages = 300_000;
        Thread work = new Thread(() -> {
            Random random = new Random(5);
            /* Words of the payload that look like ready words, to be taken for such by somebody who looks too late. */
            for (int word = 0; word < payload.capacity(); word += Long.BYTES) {
                payload.putLong(word, -1L);
            }
            for (long sent = 0; sent < messages;) {
                sent += sender.publish(1, payload, 0, random.nextInt(257)) == 0 ? 1 : 0;
                if (random.nextBoolean() && lane.next(data)) {
                    lane.publishHead();
                }
                if (sender.isFull() && lane.next(data)) {
                    lane.publishHead();
                }
            }
        });
        work.start();
        long looks = 0;
        while (work.isAlive()) {
            QueuedLaneView seen = look();
            assertNull(seen.problem());
            assertTrue(seen.waiting() >= 0 && seen.waiting() <= 16);
            looks++;
        }
        work.join();
        assertTrue(looks > 0);
    }
}
