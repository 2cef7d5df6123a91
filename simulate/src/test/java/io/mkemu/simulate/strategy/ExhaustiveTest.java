// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Small systems of actors, each of which does a number of steps: how many executions there are can be counted. */
class ExhaustiveTest {
    /** What the steps of an actor touch: a bit for each thing. */
    private final List<long[]> actors = new ArrayList<>();
    private final Set<List<Integer>> seen = new HashSet<>();
    private long runs;

    private Exhaustive explore(int most) {
        Exhaustive all = new Exhaustive(most);
        boolean more = true;
        while (more) {
            List<Integer> order = run(all);
            runs++;
            if (!all.isOver()) {
                assertTrue(seen.add(order), () -> "twice: " + order);
            }
            more = all.next();
        }
        return all;
    }

    private List<Integer> run(Exhaustive all) {
        all.begins(new SplittableRandom(0), actors.size());
        int[] done = new int[actors.size()];
        List<Integer> order = new ArrayList<>();
        int last = -1;
        while (true) {
            int[] ready = IntStream.range(0, done.length).filter(who -> done[who] < actors.get(who).length).toArray();
            if (ready.length == 0) {
                return order;
            }
            int chosen = ready[all.choose(ready, ready.length, last)];
            if (all.isOver()) {
                return order;
            }
            all.stepped(actors.get(chosen)[done[chosen]++]);
            order.add(chosen);
            last = chosen;
        }
    }

    @Test
    void stepsThatTouchTheSameAreTriedInEachOrder() {
        actors.add(new long[] {1, 1});
        actors.add(new long[] {1, 1});
        assertEquals(6, explore(100).executions());
        assertEquals(6, seen.size());
    }

    @Test
    void threeActorsInEachOrder() {
        for (int actor = 0; actor < 3; actor++) {
            actors.add(new long[] {1, 1});
        }
        assertEquals(90, explore(100).executions());
        assertEquals(90, runs, "nothing is redundant where all depends");
    }

    @Test
    void stepsThatHaveNothingToDoWithEachOtherAreTriedInOne() {
        actors.add(new long[] {1, 1, 1});
        actors.add(new long[] {2, 2, 2});
        actors.add(new long[] {4, 4});
        assertEquals(1, explore(100).executions());
    }

    @Test
    void onlyTheStepsThatMeetAreTriedInBothOrders() {
        actors.add(new long[] {1, 1, 4});
        actors.add(new long[] {2, 4, 2});
        assertEquals(2, explore(100).executions());
    }

    @Test
    void aLongOneIsCutOff() {
        actors.add(new long[] {1, 1});
        actors.add(new long[] {1, 1});
        Exhaustive all = explore(3);
        assertEquals(all.executions(), all.cuts());
        assertEquals(6, all.cuts(), "after three of four choices the last one is no choice any more");
    }

    @Test
    void aSystemThatIsNotTheSameAgainIsTold() {
        Exhaustive all = new Exhaustive(10);
        all.begins(new SplittableRandom(0), 2);
        all.choose(new int[] {0, 1}, 2, -1);
        all.stepped(1);
        assertTrue(all.next());
        all.begins(new SplittableRandom(0), 2);
        assertThrows(IllegalStateException.class, () -> all.choose(new int[] {0}, 1, -1));
    }
}
