// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Task;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** n1 asks the host, which answers later. The bug: n1 thinks that each answer is for a question of its present life. */
public final class FormerLife extends Base {
    private static final int ASK = 1;
    private static final int ANSWER = 2;
    private static final int QUESTIONS = 8;

    private final ArrayDeque<Long> questions = new ArrayDeque<>();
    private final Map<Long, Runnable> waiting = new HashMap<>();
    private int asked;
    private int answered;

    @Override
    void host() {
        on(ASK, (from, value) -> {
            if (questions.isEmpty()) {
                kernel.startTask("answer", this::answer);
            }
            questions.add(value);
        });
    }

    private long answer() {
        if (!kernel.isActive(1)) {
            return 50 * MICRO; // it comes back
        }
        if (send(1, ANSWER, questions.element()) != 0) {
            return 50 * MICRO;
        }
        questions.remove();
        return questions.isEmpty() ? Task.DONE : 50 * MICRO;
    }

    @Override
    void member() {
        if (id != 1) {
            return;
        }
        on(ANSWER, (from, value) -> {
            Runnable then = waiting.remove(value);
            if (then != null || planted) {
                then.run();
            }
        });
        kernel.startTask("ask", () -> {
            if (asked < QUESTIONS) {
                long number = kernel.randomLong();
                if (send(0, ASK, number) == 0) {
                    waiting.put(number, () -> answered++);
                    asked++;
                }
                return 20 * MICRO;
            }
            return answered == QUESTIONS ? Task.DONE : Task.WAIT;
        });
    }
}
