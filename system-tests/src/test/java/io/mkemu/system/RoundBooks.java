// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.system.modules.RoundsDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.InstanceStatus;
import io.mkemu.ipi.SendProbe;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the survivors and all lives of the victim of {@link RoundsIT} counted, and what it must add up to. */
final class RoundBooks {
    private final TestHost host;
    private final RoundRecord a;
    private final RoundRecord b;
    private final List<RoundLife> lives = new ArrayList<>();
    private final List<Long> deathNanos = new ArrayList<>();
    private final List<Long> foreign = new ArrayList<>();
    private long pagesForOthers;
    private long pagesOfSurvivors;

    RoundBooks(TestHost host, RoundRecord a, RoundRecord b) {
        this.host = host;
        this.a = a;
        this.b = b;
    }

    /** A death was noticed so long after the kill. */
    void addDeath(long nanos) {
        deathNanos.add(nanos);
    }

    /** Takes down what the dead victim's memory tells of its life; it lies there until the next exec. */
    void add(long epoch, RoundLife.Moment moment, SendProbe.Step step) {
        try (RoundRecord record = RoundRecord.of(host, "victim", epoch)) {
            if (record == null) {
                lives.add(new RoundLife(epoch, moment, step, 0, 0, 0));
                return;
            }
            record.checkSound(() -> ", " + moment + "\n" + host.describe());
            assertEquals(0, record.word(PAGES_REFUSED_OFFSET), () -> moment + "\n" + host.describe());
            pagesForOthers += record.word(PAGES_WRONG_OFFSET);
            pagesOfSurvivors += record.word(PAGES_MAPPED_OFFSET);
            foreign.addAll(record.list());
            lives.add(new RoundLife(epoch, moment, step, record.sent(SURVIVOR_A), record.sent(SURVIVOR_B),
                record.word(IN_FLIGHT_OFFSET)));
        }
    }

    /** Between the survivors nothing is lost, torn, repeated or reordered, and they are who they were. */
    void checkSurvivors(List<Long> pids) {
        host.await(() -> "messages between survivors are missing", () -> a.sent(SURVIVOR_B) == b.received(SURVIVOR_A)
            && b.sent(SURVIVOR_A) == a.received(SURVIVOR_B));
        for (RoundRecord survivor : List.of(a, b)) {
            survivor.checkSound(() -> "\n" + host.describe());
            assertEquals(0, survivor.word(FOREIGN_OFFSET), host::describe);
            assertEquals(0, survivor.word(PAGES_WRONG_OFFSET), host::describe);
        }
        for (String name : List.of("a", "b")) {
            InstanceStatus status = host.status(name);
            assertEquals(InstanceState.ACTIVE, status.state());
            assertEquals(1, status.epoch());
            assertEquals(0, status.counters().get("faults"), host::describe);
            assertEquals(0, status.counters().get("anomalies"), host::describe);
        }
        assertEquals(pids, List.of(host.status("a").pid(), host.status("b").pid()));
    }

    /** Each life's messages arrived from 0 on, all that its sends published and none else; none came from outside. */
    void checkVictim() {
        host.await(() -> "of lives of the victim: " + wrongLives(), () -> wrongLives().isEmpty());
        Set<Long> ambiguous = new HashSet<>();
        a.list().forEach(sequence -> ambiguous.add((long) SURVIVOR_A << 48 | sequence));
        b.list().forEach(sequence -> ambiguous.add((long) SURVIVOR_B << 48 | sequence));
        assertTrue(ambiguous.containsAll(foreign), () -> "messages of former lives " + foreign + ", of which "
            + ambiguous + " were sent while a life ended\n" + host.describe());
        assertTrue(pagesForOthers <= a.word(PAGES_AMBIGUOUS_OFFSET) + b.word(PAGES_AMBIGUOUS_OFFSET),
            () -> pagesForOthers + " pages that were shared with former lives\n" + host.describe());
    }

    private List<String> wrongLives() {
        List<String> wrong = new ArrayList<>();
        for (RoundLife life : lives) {
            for (int survivor : List.of(SURVIVOR_A, SURVIVOR_B)) {
                long got = (survivor == SURVIVOR_A ? a : b).word(LIVES_OFFSET + (int) life.epoch() * Long.BYTES);
                if (!life.canHaveReached(survivor, got)) {
                    wrong.add(life + " reached " + survivor + " with " + got);
                }
            }
        }
        return wrong;
    }

    void report(int rounds, long nanos) {
        long between = a.sent(SURVIVOR_B) + b.sent(SURVIVOR_A);
        long toVictim = a.sent(VICTIM) + b.sent(VICTIM);
        long fromVictim = a.received(VICTIM) + b.received(VICTIM);
        long mapped = a.word(PAGES_MAPPED_OFFSET) + b.word(PAGES_MAPPED_OFFSET);
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
