// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StrategyTest {
    private static final int[] READY = {0, 2, 3};

    private static List<Integer> choices(Strategy strategy, long seed, int count) {
        strategy.begins(new SplittableRandom(seed), 4);
        List<Integer> chosen = new ArrayList<>();
        int last = -1;
        for (int choice = 0; choice < count; choice++) {
            last = READY[strategy.choose(READY, READY.length, last)];
            chosen.add(last);
        }
        return chosen;
    }

    @Test
    void theSameSeedIsTheSameWalkAndAllAreChosen() {
        RandomWalk walk = new RandomWalk();
        Set<List<Integer>> walks = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            List<Integer> chosen = choices(walk, seed, 2_000);
            assertEquals(chosen, choices(new RandomWalk(), seed, 2_000));
            assertEquals(Set.of(0, 2, 3), new HashSet<>(chosen));
            walks.add(chosen);
        }
        assertEquals(20, walks.size());
    }

    @Test
    void pctRunsTheHighestPriorityAndChangesDMinusOneTimes() {
        for (int depth = 1; depth <= 4; depth++) {
            for (long seed = 0; seed < 50; seed++) {
                List<Integer> chosen = choices(new Pct(depth, 100), seed, 100);
                int switches = 0;
                for (int index = 1; index < chosen.size(); index++) {
                    switches += chosen.get(index).equals(chosen.get(index - 1)) ? 0 : 1;
                }
                assertTrue(switches < depth, depth + ": " + chosen);
            }
        }
        assertNotEquals(choices(new Pct(3, 100), 1, 100), choices(new Pct(3, 100), 2, 100));
    }

    @Test
    void pctGivesWayWhereSomebodySpins() {
        Pct pct = new Pct(1, 100);
        pct.begins(new SplittableRandom(1), 4);
        int first = READY[pct.choose(READY, 3, -1)];
        pct.spins(first);
        assertNotEquals(first, READY[pct.choose(READY, 3, first)]);
        Set<Integer> seen = new HashSet<>();
        int last = first;
        for (int choice = 0; choice < 5_000; choice++) {
            last = READY[pct.choose(READY, 3, last)];
            seen.add(last);
        }
        assertEquals(Set.of(0, 2, 3), seen, "who goes on alone for long is taken for one that spins");
    }

    @Test
    void aGivenScheduleIsFollowedAndThenTheLastGoesOn() {
        Given given = new Given();
        given.schedule(new int[] {2, 0, 1}, new int[] {2, 1, 1}, false);
        assertEquals(List.of(2, 2, 0, 0, 0, 0), choices(given, 0, 6));
        assertEquals(List.of(2, 2, 0, 0, 0, 0), choices(given, 0, 6), "again from its beginning");
        assertTrue(Arrays.stream(READY).noneMatch(actor -> actor == 1), "1 is never ready, so 0 went on");
    }
}
