// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.builtin.TrafficDescriptor.*;
import static io.mkemu.system.modules.RoundPages.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.InstanceStatus;
import io.mkemu.ipi.SendProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What the survivors and all lives of the victim of {@link RoundsIT} counted, and what it must add up to. */
final class RoundBooks {
    private static final Pattern AMBIGUOUS = Pattern.compile("(message 0x\\w+) was sent while a life of instance 1");
    private static final Pattern FOREIGN =
        Pattern.compile("(message 0x\\w+) of instance (\\d) is for or of another life$");
    private static final Pattern RECEIVED = Pattern.compile("(\\d+) received of life (\\d+) of instance 1$");

    /** When a life is ended, and in how many rounds of a hundred. */
    enum Moment {
        /** Its process has just been forked, or the JVM is starting. */
        START(45),
        /** main has begun. */
        JVM(11),
        /** RAM is mapped. */
        MAPPED(8),
        /** CPUs run. */
        PINNED(8),
        /** A module's init has begun and does not come back. */
        INIT(5),
        /** It has just become active. */
        ACTIVE(6),
        /** It is sending and receiving. */
        TRAFFIC(9),
        /** In the middle of a send: the process has stopped there. */
        SENDING(6),
        /** It receives, and sends nothing. */
        IDLE(2);

        final int percent;

        Moment(int percent) {
            this.percent = percent;
        }
    }

    /** What a life of the victim counted, by survivor; all 0 if it was killed before it could. */
    private record Life(long life, Moment moment, SendProbe.Step step, Map<Integer, Long> sent,
        Map<Integer, Long> sending) {

        /** A message counts as sent when its send has returned, and exists when it has been published. */
        boolean canHaveReached(int survivor, long count) {
            long surely = sent.getOrDefault(survivor, 0L);
            boolean isSending = sending.getOrDefault(survivor, 0L) != 0;
            if (step == null) {
                return count == surely || isSending && count == surely + 1;
            }
            return count == (isSending && step.compareTo(SendProbe.Step.PUBLISHED) >= 0 ? surely + 1 : surely);
        }
    }

    private final LiveHost host;
    private final Map<Integer, String> names = Map.of(2, "a", 3, "b");
    private final Map<Integer, RoundRecord> survivors;
    private final List<Life> lives = new ArrayList<>();
    private final List<Long> deathNanos = new ArrayList<>();
    private long pagesForOthers;
    private long pagesOfSurvivors;

    RoundBooks(LiveHost host, RoundRecord a, RoundRecord b) {
        this.host = host;
        this.survivors = Map.of(2, a, 3, b);
    }

    /** A death was noticed so long after the kill. */
    void addDeath(long nanos) {
        deathNanos.add(nanos);
    }

    /** Takes down what the dead victim's memory tells of its life; it lies there until the next exec. */
    void add(long life, Moment moment, SendProbe.Step step) {
        Map<Integer, Long> sent = new HashMap<>();
        Map<Integer, Long> sending = new HashMap<>();
        try (RoundRecord record = RoundRecord.of(host, "victim", life)) {
            if (record != null) {
                record.checkSound(SURVIVORS, () -> ", " + moment + "\n" + host.describe());
                assertEquals(0, record.pages(REFUSED_OFFSET), () -> moment + "\n" + host.describe());
                pagesForOthers += record.pages(WRONG_OFFSET);
                pagesOfSurvivors += record.pages(MAPPED_OFFSET);
                for (int survivor : SURVIVORS) {
                    sent.put(survivor, record.sent(survivor));
                    sending.put(survivor, record.of(survivor, SENDING_OFFSET));
                }
            }
        }
        lives.add(new Life(life, moment, step, sent, sending));
        assertEquals(List.of(), host.log("victim", ": task \\S+ failed: "), host::describe);
    }

    /** Between the survivors nothing is lost, torn, repeated or reordered, and they are who they were. */
    void checkSurvivors(List<Long> pids) {
        RoundRecord a = survivors.get(2);
        RoundRecord b = survivors.get(3);
        host.await(() -> "messages between survivors are missing",
            () -> a.sent(3) == b.received(2) && b.sent(2) == a.received(3));
        survivors.forEach((id, survivor) -> {
            survivor.checkSound(List.of(VICTIM, 5 - id), () -> "\n" + host.describe());
            assertEquals(0, survivor.of(VICTIM, FOREIGN_OFFSET) + survivor.of(5 - id, FOREIGN_OFFSET), host::describe);
            assertEquals(0, survivor.pages(WRONG_OFFSET), host::describe);
            assertEquals(List.of(), host.log(names.get(id), ": task \\S+ failed: "), host::describe);
            InstanceStatus status = host.status(names.get(id));
            assertEquals(InstanceState.ACTIVE, status.state());
            assertEquals(1, status.life());
            assertEquals(0, status.counters().get("faults"), host::describe);
            assertEquals(0, status.counters().get("anomalies"), host::describe);
        });
        assertEquals(pids, List.of(host.status("a").pid(), host.status("b").pid()));
    }

    /** Each life's messages arrived from 0 on, all that its sends published and none else; none came from outside. */
    void checkVictim() {
        host.await(() -> "of lives of the victim: " + wrongLives(), () -> wrongLives().isEmpty());
        Set<String> ambiguous = new HashSet<>();
        for (int survivor : SURVIVORS) {
            find(names.get(survivor), AMBIGUOUS).forEach(match -> ambiguous.add(match.group(1) + " of " + survivor));
        }
        List<String> foreign =
            find("victim", FOREIGN).stream().map(match -> match.group(1) + " of " + match.group(2)).toList();
        assertTrue(ambiguous.containsAll(foreign), () -> "messages of former lives " + foreign + ", of which "
            + ambiguous + " were sent while a life ended\n" + host.describe());
        assertTrue(pagesForOthers <= pages(AMBIGUOUS_OFFSET),
            () -> pagesForOthers + " pages that were shared with former lives\n" + host.describe());
    }

    private List<MatchResult> find(String name, Pattern pattern) {
        return host.log(name).stream().flatMap(line -> pattern.matcher(line).results()).toList();
    }

    private long pages(int offset) {
        return survivors.values().stream().mapToLong(survivor -> survivor.pages(offset)).sum();
    }

    /** What a survivor received from each life of the victim: of the last one its record tells, of others its log. */
    private Map<Long, Long> received(int survivor) {
        Map<Long, Long> counts = new HashMap<>();
        find(names.get(survivor), RECEIVED)
            .forEach(match -> counts.put(Long.valueOf(match.group(2)), Long.valueOf(match.group(1))));
        RoundRecord record = survivors.get(survivor);
        counts.put(record.of(VICTIM, LIFE_OFFSET), record.received(VICTIM));
        return counts;
    }

    private List<String> wrongLives() {
        List<String> wrong = new ArrayList<>();
        for (int survivor : SURVIVORS) {
            Map<Long, Long> counts = received(survivor);
            for (Life life : lives) {
                long got = counts.getOrDefault(life.life, 0L);
                if (!life.canHaveReached(survivor, got)) {
                    wrong.add(life + " reached " + survivor + " with " + got);
                }
            }
        }
        return wrong;
    }

    void report(int rounds, long nanos) {
        RoundRecord a = survivors.get(2);
        RoundRecord b = survivors.get(3);
        long between = a.sent(3) + b.sent(2);
        long toVictim = a.sent(VICTIM) + b.sent(VICTIM);
        long fromVictim = SURVIVORS.stream().flatMap(id -> received(id).values().stream()).mapToLong(n -> n).sum();
        long mapped = pages(MAPPED_OFFSET);
        System.out.printf("%d rounds in %.1f s: %d messages between the survivors, %d to the victim, %d from "
            + "it; %d of its pages mapped, %d mapped by it; kill -9 to failed: median %.1f ms, p99 %.1f ms, max %.1f "
            + "ms%n", lives.size(), nanos / 1e9, between, toVictim, fromVictim, mapped, pagesOfSurvivors,
            deathMillis(0.5), deathMillis(0.99), deathMillis(1));
        assertTrue(between > rounds * 100 && toVictim > rounds && fromVictim > rounds && mapped > rounds
            && pagesOfSurvivors > 10, "too little happened to prove anything");
        assertEquals(rounds, lives.size());
    }

    private double deathMillis(double quantile) {
        List<Long> sorted = deathNanos.stream().sorted().toList();
        return sorted.get((int) Math.ceil(quantile * sorted.size()) - 1) / 1e6;
    }
}
