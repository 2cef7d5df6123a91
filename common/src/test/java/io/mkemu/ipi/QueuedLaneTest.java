// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.QueuedMailboxDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ends of one lane in one thread: whatever is sent and taken in whatever order, each message comes as it was. */
class QueuedLaneTest {
    private static final int STEPS = 200_000;

    private record Sent(int type, byte[] payload) {
    }

    /* The area lies in it: the collector must not free it. */
    private ByteBuffer memory;
    private UnsafeBuffer area;
    private QueuedSender sender;
    private QueuedLane lane;
    private int slots;
    private int untold;
    private final MkIpiData data = new MkIpiData();
    private final Queue<Sent> under = new ArrayDeque<>();
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);

    private void make(int ofSlots) {
        slots = ofSlots;
        memory = BufferUtil.allocateDirectAligned((int) QueuedMailboxDescriptor.areaLength(1, slots, 1),
            Pages.PAGE_SIZE);
        area = new UnsafeBuffer(memory);
        sender = new QueuedSender(area, 1, slots, 0, 0);
        lane = reader();
        under.clear();
        untold = 0;
    }

    private QueuedLane reader() {
        return new QueuedLane(area, (int) QueuedMailboxDescriptor.laneAt(1, slots, 0, 0), slots, 0);
    }

    private void send(Random random, int size) {
        int type = random.nextInt();
        random.nextBytes(payload.byteArray());
        int result = sender.publish(type, payload, 0, size);
        assertEquals(untold < slots ? 0 : -Errno.ENOSPC, result, untold + " are not consumed, as far as was told");
        if (result == 0) {
            byte[] copy = new byte[size];
            payload.getBytes(0, copy);
            under.add(new Sent(type, copy));
            untold++;
        }
    }

    private void tell() {
        lane.publishHead();
        untold = under.size();
    }

    private boolean take() {
        boolean ready = lane.isReady();
        boolean any = lane.next(data);
        assertEquals(!under.isEmpty(), any);
        assertEquals(ready, any);
        if (any) {
            Sent sent = under.remove();
            assertEquals(sent.type(), data.type());
            byte[] got = new byte[data.dataSize()];
            data.buffer().getBytes(0, got);
            assertEquals(ByteBuffer.wrap(sent.payload()), ByteBuffer.wrap(got));
        }
        assertFalse(lane.hasClosed());
        return any;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384})
    void everyMessageComesAsItWasSent(int ofSlots) {
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            make(ofSlots);
            int most = new int[] {8, 64, 200, 256}[seed];
            for (int step = 0; step < STEPS; step++) {
                /* For a while more is sent than taken, then the other way round, and sometimes nothing is left. */
                boolean sends = random.nextInt(8) < (step / (4 * slots) % 2 == 0 ? 5 : 3);
                if (sends) {
                    send(random, random.nextInt(4) == 0 ? most : random.nextInt(most + 1));
                } else if (!take() || random.nextInt(3) == 0) {
                    tell();
                }
                /* The other end's process has died, and the next life goes on: so does what this one has not told. */
                if (random.nextInt(100) == 0) {
                    sender = new QueuedSender(area, 1, slots, 0, 0);
                } else if (random.nextInt(100) == 0) {
                    tell();
                    lane = reader();
                }
                if (untold == slots && under.size() < slots) {
                    tell();
                }
            }
            while (take()) {
                continue;
            }
            assertTrue(under.isEmpty());
        }
    }

    /** What a conversation touches stays in a first level cache, however deep the lane is, and after a flood too. */
    @Test
    void aMessageTellsWhichOfTheLastFourLivesHasSentIt() {
        make(64);
        Random random = new Random(2);
        assertEquals("-1/0", next(random), "nobody has said who it is");
        for (int life = 1; life <= 9; life++) {
            sender = new QueuedSender(area, 1, slots, 0, 0);
            sender.introduce(200, life);
            sender.introduce(200, life);
            if (life != 4) {
                /* The fourth one sends nothing, and takes no place. */
                send(random, 8);
                send(random, 8);
            }
        }
        List<String> told = new ArrayList<>();
        while (take()) {
            told.add(data.senderInstance() + "/" + data.senderLife());
        }
        List<String> expected = new ArrayList<>();
        for (int life : new int[] {1, 2, 3, 5, 6, 7, 8, 9}) {
            String text = life < 6 ? "-1/0" : "200/" + life;
            expected.addAll(List.of(text, text));
        }
        assertEquals(expected, told);
    }

    private String next(Random random) {
        send(random, 8);
        assertTrue(take());
        return data.senderInstance() + "/" + data.senderLife();
    }

    @Test
    void aConversationStaysAtTheBeginning() {
        make(4096);
        Random random = new Random(1);
        for (int flood = 0; flood < 4; flood++) {
            for (int more = 0; more < slots; more++) {
                send(random, 64);
            }
            while (take()) {
                tell();
            }
            Set<Long> lines = new HashSet<>();
            for (int round = 0; round < 3 * slots; round++) {
                send(random, 64);
                take();
                tell();
                if (round > 2 * slots) {
                    lines.add(data.buffer().addressOffset() / 64);
                }
            }
            assertTrue(lines.size() <= 4096 / 64, lines.size() + " cache lines");
        }
    }
}
