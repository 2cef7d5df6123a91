// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Operation;
import io.mkemu.module.SequentialModel;
import io.mkemu.simulate.history.Linearizability.Result;
import io.mkemu.simulate.history.Linearizability.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Histories that are known to be right or wrong. Each event is a step of its own, from 1. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class LinearizabilityTest {
    private static final int MANY = 1_000_000;

    private long step;
    private final History history = new History(() -> ++step);
    private final Map<String, Operation> operations = new HashMap<>();

    /** The operation of a kernel: "n1 lock". */
    private Operation of(String kernelAndName) {
        return operations.computeIfAbsent(kernelAndName, key -> {
            String[] parts = key.split(" ");
            return history.operation(new Caller(Integer.parseInt(parts[0].substring(1)), parts[0], 1), parts[1]);
        });
    }

    /** One that begins and ends before anything else happens. */
    private void does(String kernelAndName, long argument, long result) {
        of(kernelAndName).begins(argument);
        of(kernelAndName).ends(result);
    }

    private Result check(SequentialModel<?> model) {
        return new Linearizability(MANY).check(history, model);
    }

    private void right(SequentialModel<?> model) {
        Result result = check(model);
        assertEquals(Verdict.LINEARIZABLE, result.verdict(), result::toString);
        assertEquals(List.of(), result.explanation());
        assertEquals(-1, result.step());
    }

    private Result wrong(SequentialModel<?> model, String... explanation) {
        Result result = check(model);
        assertEquals(Verdict.NOT_LINEARIZABLE, result.verdict(), result::toString);
        assertEquals(String.join("\n", explanation), String.join("\n", result.explanation()));
        return result;
    }

    @Test
    void nothingIsRight() {
        right(new Models.Register());
        assertEquals(0, check(new Models.Register()).operations());
    }

    @Test
    void aReadThatOverlapsAWriteSeesEither() {
        for (long seen : new long[] {0, 5}) {
            history.clear();
            of("n1 write").begins(5);
            does("n2 read", 0, seen);
            of("n1 write").ends(0);
            does("n2 read", 0, 5);
            right(new Models.Register());
        }
    }

    @Test
    void aStaleReadIsWrong() {
        does("n1 write", 5, 0);
        of("n2 read").begins();
        of("n2 read").ends(0);
        does("n1 write", 6, 0);
        Result result = wrong(new Models.Register(),
            "no order of these operations gives the result that is marked",
            "  n1  write(5) = 0  steps 1 to 2",
            "  n2  read() = 0    steps 3 to 4  <-- wrong",
            "  before the marked one ends, the state is 5");
        assertEquals(4, result.step());
        assertEquals(3, result.operations());
    }

    @Test
    void twoReadsMayNotGoBack() {
        of("n1 write").begins(5);
        does("n2 read", 0, 5);
        does("n3 read", 0, 0);
        of("n1 write").ends(0);
        wrong(new Models.Register(),
            "no order of these operations gives the result that is marked",
            "  n1  write(5)     from step 1, not ended",
            "  n2  read(0) = 5  steps 2 to 3",
            "  n3  read(0) = 0  steps 4 to 5  <-- wrong",
            "  before the marked one ends, the state is 5");
    }

    @Test
    void aLockGivenTwiceIsWrong() {
        of("n1 lock").begins(1);
        of("n2 lock").begins(2);
        of("n3 lock").begins(3);
        of("n1 lock").ends(0);
        does("n1 unlock", 1, 0);
        of("n2 lock").ends(0);
        right(new Models.Lock());
        of("n3 lock").ends(0);
        Result result = wrong(new Models.Lock(),
            "no order of these operations gives the result that is marked",
            "  n1  lock(1) = 0    steps 1 to 4",
            "  n2  lock(2) = 0    steps 2 to 7",
            "  n3  lock(3) = 0    steps 3 to 8  <-- wrong",
            "  n1  unlock(1) = 0  steps 5 to 6",
            "  before the marked one ends, the state is 2");
        assertEquals(8, result.step());
    }

    @Test
    void aQueueGivesWhatCameFirst() {
        does("n1 put", 1, 0);
        does("n1 put", 2, 0);
        of("n2 take").begins();
        of("n3 take").begins();
        of("n2 take").ends(2);
        of("n3 take").ends(1);
        right(new Models.Queue());
        does("n1 put", 3, 0);
        does("n1 put", 4, 0);
        does("n2 take", 0, 4);
        assertEquals(Verdict.NOT_LINEARIZABLE, check(new Models.Queue()).verdict());
    }

    @Test
    void aPendingWriteMayBeSeenOrNot() {
        of("n1 write").begins(5);
        does("n2 read", 0, 0);
        right(new Models.Register());
        does("n2 read", 0, 5);
        right(new Models.Register());
        does("n2 read", 0, 0);
        assertEquals(Verdict.NOT_LINEARIZABLE, check(new Models.Register()).verdict());
    }

    @Test
    void aPendingWriteTakesEffectOnce() {
        of("n1 write").begins(5);
        does("n2 read", 0, 5);
        does("n2 write", 6, 0);
        right(new Models.Register());
        does("n2 read", 0, 5);
        assertEquals(Verdict.NOT_LINEARIZABLE, check(new Models.Register()).verdict());
    }

    @Test
    void aPendingWriteCanNotBeSeenBeforeItBegins() {
        does("n2 read", 0, 5);
        of("n1 write").begins(5);
        Result result = check(new Models.Register());
        assertEquals(Verdict.NOT_LINEARIZABLE, result.verdict());
        assertEquals(2, result.step());
    }

    @Test
    void whatWasGivenUpMayTakeEffectLater() {
        of("n1 write").begins(5);
        of("n1 write").givesUp();
        of("n1 write").begins(6);
        of("n1 write").ends(0);
        does("n1 read", 0, 6);
        does("n1 read", 0, 5);
        right(new Models.Register());
    }

    @Test
    void whatHadNoEffectCanNotBeSeen() {
        of("n1 write").begins(5);
        of("n1 write").hadNoEffect();
        does("n2 read", 0, 0);
        right(new Models.Register());
        does("n2 read", 0, 5);
        wrong(new Models.Register(),
            "no order of these operations gives the result that is marked",
            "  n2  read(0) = 0  steps 2 to 3",
            "  n2  read(0) = 5  steps 4 to 5  <-- wrong",
            "  before the marked one ends, the state is 0");
    }

    @Test
    void aDeadOwnerKeepsItsLock() {
        does("n1 lock", 1, 0);
        of("n1 unlock").begins(1);
        does("n2 lock", 2, 0);
        right(new Models.Lock());
        history.clear();
        operations.clear();
        does("n1 lock", 1, 0);
        does("n2 lock", 2, 0);
        assertEquals(Verdict.NOT_LINEARIZABLE, check(new Models.Lock()).verdict());
    }

    @Test
    void objectsAreCheckedOneByOne() {
        Models.Registers registers = new Models.Registers();
        does("n1 write", Models.Registers.argument(1, 5), 0);
        does("n1 write", Models.Registers.argument(2, 6), 0);
        does("n2 read", Models.Registers.argument(2, 0), 6);
        does("n2 read", Models.Registers.argument(1, 0), 5);
        does("n2 other", 9, 9);
        right(registers);
        assertEquals(4, check(registers).operations());
        does("n2 read", Models.Registers.argument(2, 0), 5);
        does("n2 read", Models.Registers.argument(1, 0), 6);
        wrong(registers,
            "object 2: no order of these operations gives the result that is marked",
            "  n1  write(0x200000006) = 0  steps 3 to 4",
            "  n2  read(0x200000000) = 6   steps 5 to 6",
            "  n2  read(0x200000000) = 5   steps 11 to 12  <-- wrong",
            "  before the marked one ends, the state is 6");
    }

    /** The cell may have been set to what was read, until it is told that it was not. */
    @Test
    void aPrefixKnowsNothingOfTheFuture() {
        of("n1 set").begins(7);
        does("n2 read", 0, 7);
        right(new Models.Cell());
        of("n1 set").ends(0);
        Result result = wrong(new Models.Cell(),
            "no order of these operations gives the result that is marked",
            "  n1  set(7) = 0   steps 1 to 4  <-- wrong",
            "  n2  read(0) = 7  steps 2 to 3",
            "  before the marked one ends, the state is 0");
        assertEquals(4, result.step());
    }

    /** The model cannot say what the pending draw did, but the history can: it ends after the prefix. */
    @Test
    void whatEndsAfterThePrefixCanHaveDoneInItWhatItDid() {
        of("n1 draw").begins();
        does("n2 has", 7, 1);
        does("n2 has", 7, 0);
        of("n1 draw").ends(7);
        wrong(new Models.Numbers(),
            "no order of these operations gives the result that is marked",
            "  n1  draw()      from step 1, not ended",
            "  n2  has(7) = 1  steps 2 to 3",
            "  n2  has(7) = 0  steps 4 to 5  <-- wrong",
            "  before the marked one ends, the state is [7]");
    }

    /** Several kernels at once, a few steps each: as a run makes them. Each result is that of some order. */
    private void longHistory(int count, SplittableRandom random) {
        long value = 0;
        for (int round = 0; round < count / 2; round++) {
            Operation read = of("n" + random.nextInt(1, 4) + " read");
            Operation write = of("n" + random.nextInt(1, 4) + " write");
            read.begins();
            write.begins(round + 1);
            boolean first = random.nextBoolean();
            long seen = first ? value : round + 1;
            value = round + 1;
            read.ends(seen);
            write.ends(0);
        }
    }

    @Test
    void aLongHistoryWithLittleOverlapIsDecidedInFewStates() {
        longHistory(2_000, new SplittableRandom(1));
        Result result = check(new Models.Register());
        assertEquals(Verdict.LINEARIZABLE, result.verdict());
        assertEquals(2_000, result.operations());
        assertTrue(result.states() <= 4_000, result::toString);
        does("n3 read", 0, 77);
        Result wrong = check(new Models.Register());
        assertEquals(Verdict.NOT_LINEARIZABLE, wrong.verdict());
        assertTrue(wrong.states() <= 8_000, () -> wrong.states() + " states");
        assertEquals(23, wrong.explanation().size(), wrong::toString);
        assertEquals("  (1981 that were over or given up before are left out)", wrong.explanation().get(1));
        assertEquals("  n3  read(0) = 77     steps 4001 to 4002  <-- wrong", wrong.explanation().get(21));
        assertEquals("  before the marked one ends, the state is 1000", wrong.explanation().get(22));
    }

    @Test
    void pendingOperationsThatNobodySawCostLittle() {
        for (int dead = 0; dead < 50; dead++) {
            of("n9 write").begins(10_000 + dead);
            of("n9 write").givesUp();
        }
        longHistory(2_000, new SplittableRandom(2));
        Result result = check(new Models.Register());
        assertEquals(Verdict.LINEARIZABLE, result.verdict());
        assertTrue(result.states() <= 4_000, result::toString);
    }

    @Test
    void theBoundIsToldAndIsNoVerdict() {
        for (int kernel = 1; kernel <= 30; kernel++) {
            of("n" + kernel + " write").begins(kernel);
        }
        does("n31 read", 0, 77);
        for (int kernel = 1; kernel <= 20; kernel++) {
            of("n" + kernel + " write").ends(0);
        }
        Result result = new Linearizability(10_000).check(history, new Models.Register());
        assertEquals(Verdict.UNDECIDED, result.verdict());
        assertEquals(List.of("not decided: more than 10000 states of 31 operations, 10 of them pending"),
            result.explanation());
        assertEquals(10_001, result.states());
        assertThrows(IllegalArgumentException.class, () -> new Linearizability(0));
    }

    @Test
    void anObjectThatIsWrongCountsMoreThanOneThatIsNotDecided() {
        for (int kernel = 1; kernel <= 30; kernel++) {
            of("n" + kernel + " write").begins(Models.Registers.argument(1, kernel));
        }
        does("n31 read", Models.Registers.argument(1, 0), 77);
        does("n31 read", Models.Registers.argument(2, 0), 1);
        Result result = new Linearizability(10_000).check(history, new Models.Registers());
        assertEquals(Verdict.NOT_LINEARIZABLE, result.verdict());
        assertTrue(result.explanation().getFirst().startsWith("object 2: no order"), result::toString);
        assertEquals(34, result.step());
    }

    @Test
    void whatAModelThrowsComesOut() {
        does("n1 lock", 1, 0);
        SequentialModel<Long> broken = new SequentialModel<>() {
            @Override
            public Long initial(long object) {
                return null;
            }

            @Override
            public Long apply(Long state, String operation, long argument, long result) {
                throw new ArithmeticException("broken");
            }

            @Override
            public Long applyPending(Long state, String operation, long argument) {
                throw new ArithmeticException("broken");
            }
        };
        assertTrue(assertThrows(IllegalStateException.class, () -> check(broken)).getMessage()
            .startsWith("the initial state of object 0 is null"));
    }
}
