// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Operation;
import io.mkemu.module.SequentialModel;
import io.mkemu.simulate.history.Linearizability.Result;
import io.mkemu.simulate.history.Linearizability.Verdict;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Small histories by chance: the search and the definition agree, on the verdict and on the shortest wrong prefix. */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD)
class RandomHistoryTest {
    private static final int HISTORIES = 4_000;
    private static final int KERNELS = 4;
    private static final int MOST_OPERATIONS = 6;

    private long step;
    private final History history = new History(() -> step);

    /** Kernels that begin and end operations in turn; results, too, are chance. */
    private void generate(SplittableRandom random, String[] names, LongUnaryOperator results) {
        history.clear();
        step = 0;
        Operation[] open = new Operation[KERNELS];
        int count = random.nextInt(1, MOST_OPERATIONS + 1);
        while (history.size() < count || random.nextInt(4) != 0) {
            step++;
            int kernel = random.nextInt(KERNELS);
            if (open[kernel] != null) {
                end(random, open[kernel], results);
                open[kernel] = null;
            } else if (history.size() < count) {
                open[kernel] = history.operation(new Caller(kernel, "n" + kernel, 1),
                    names[random.nextInt(names.length)]);
                open[kernel].begins(random.nextInt(3));
            }
        }
        assertEquals(null, history.misuse());
    }

    private static void end(SplittableRandom random, Operation operation, LongUnaryOperator results) {
        switch (random.nextInt(12)) {
            case 0 -> operation.givesUp();
            case 1 -> operation.hadNoEffect();
            default -> operation.ends(results.applyAsLong(random.nextInt(3)));
        }
    }

    private <S> void compare(SequentialModel<S> model, String[] names, LongUnaryOperator results) {
        Linearizability search = new Linearizability(100_000);
        int right = 0;
        for (int seed = 0; seed < HISTORIES; seed++) {
            generate(new SplittableRandom(seed), names, results);
            Result result = search.check(history, model);
            String what = "seed " + seed + ": " + result;
            boolean linearizable = BruteForce.isLinearizable(history, model, Integer.MAX_VALUE);
            assertEquals(linearizable ? Verdict.LINEARIZABLE : Verdict.NOT_LINEARIZABLE, result.verdict(), what);
            if (linearizable) {
                right++;
                continue;
            }
            int end = endIn(result.step());
            assertFalse(BruteForce.isLinearizable(history, model, end), what);
            assertTrue(BruteForce.isLinearizable(history, model, end - 1), what);
            assertEquals(1, result.explanation().stream().filter(line -> line.endsWith("<-- wrong")).count(), what);
        }
        assertTrue(right > HISTORIES / 10 && right < HISTORIES * 9 / 10, right + " of " + HISTORIES + " are right");
    }

    /** The event of the end that happened in a step; each step has one. */
    private int endIn(long wanted) {
        for (int operation = 0; operation < history.size(); operation++) {
            if (history.end(operation) != History.NONE && history.endStep(operation) == wanted) {
                return history.end(operation);
            }
        }
        throw new AssertionError("no operation ended in step " + wanted);
    }

    @Test
    void registers() {
        compare(new Models.Register(), new String[] {"read", "write"}, result -> result);
    }

    /** All states have one hash: what is remembered must not be mixed up. */
    @Test
    void registersWhoseStatesHashAlike() {
        compare(new Models.PoorRegister(), new String[] {"read", "write"}, result -> result);
    }

    @Test
    void locks() {
        compare(new Models.Lock(), new String[] {"lock", "unlock"}, result -> 0);
    }

    /** What is pending can have a result that it has not in the end: a prefix must not know that. */
    @Test
    void cells() {
        compare(new Models.Cell(), new String[] {"set", "read"}, result -> result);
    }

    @Test
    void queues() {
        compare(new Models.Queue(), new String[] {"put", "take"}, result -> result - 1);
    }
}
