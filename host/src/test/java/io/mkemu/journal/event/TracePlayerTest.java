// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import io.mkemu.journal.event.FakeJournal.Records;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class TracePlayerTest {
    /** A journal that a test goes on writing. */
    private static final class Growing extends FakeJournal {
        private boolean ended;

        @Override
        public boolean hasEnded() {
            return ended && super.hasEnded();
        }
    }

    private final List<String> shown = new ArrayList<>();

    private void show(EventName name, long time, TraceEntry entry) {
        shown.add(name.label() + " " + entry.id());
    }

    private static Records unmap(long time, int id) {
        return new Records().add(TraceEvent.PFN_UNMAP, 0, time, id, 0, 0, 0, 0);
    }

    @Test
    void whatComesIsShownWhileTheRecordingGoesOn() throws IOException {
        Growing journal = new Growing();
        int[] looks = new int[1];
        new TracePlayer(journal, new TraceNames(), entry -> true, this::show, new TracePlayer.Watcher() {
            @Override
            public boolean goesOn() {
                return true;
            }

            @Override
            public void caughtUp() {
                looks[0]++;
                if (looks[0] == 1) {
                    long now = System.nanoTime();
                    journal.add(now, 1, 1, unmap(now, 1));
                } else if (shown.size() == 1 && !journal.ended) {
                    /* The first has been shown though nothing came after it: now the end, and one before it. */
                    long now = System.nanoTime();
                    journal.add(now, 1, 1, unmap(now, 2));
                    journal.ended = true;
                }
            }
        }).play(true);
        assertEquals(List.of("pfn_unmap 1", "pfn_unmap 2"), shown);
        assertTrue(looks[0] > 2);
    }

    @Test
    void withoutFollowingTheEndIsWhereItIsNow() throws IOException {
        Growing journal = new Growing();
        journal.add(10, 1, 1, unmap(10, 1));
        new TracePlayer(journal, new TraceNames(), entry -> true, this::show, watcher(1)).play(false);
        assertEquals(List.of("pfn_unmap 1"), shown);
    }

    @Test
    void whoHasEnoughEndsIt() throws IOException {
        Growing journal = new Growing();
        for (int id = 1; id < 100; id++) {
            long time = id * 1_000_000_000L;
            journal.add(time, 1, 1, unmap(time, id));
        }
        new TracePlayer(journal, new TraceNames(), entry -> true, this::show, watcher(3)).play(true);
        assertEquals(List.of("pfn_unmap 1", "pfn_unmap 2", "pfn_unmap 3"), shown);
    }

    private TracePlayer.Watcher watcher(int enough) {
        return new TracePlayer.Watcher() {
            @Override
            public boolean goesOn() {
                return shown.size() < enough;
            }

            @Override
            public void caughtUp() {
                assertTrue(shown.size() <= enough);
            }
        };
    }

    @Test
    void whatIsNotWantedIsNotPutInOrder() throws IOException {
        FakeJournal journal = new FakeJournal().add(10, 1, 1, unmap(10, 1)).add(20, 1, 1, unmap(20, 2));
        new TracePlayer(journal, new TraceNames(), entry -> entry.id() == 2, this::show, watcher(9)).play(false);
        assertEquals(List.of("pfn_unmap 2"), shown);
    }
}
