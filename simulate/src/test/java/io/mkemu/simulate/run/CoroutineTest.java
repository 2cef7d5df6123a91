// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoroutineTest {
    @Test
    void twoGoOnInTurns() {
        List<String> order = new ArrayList<>();
        Coroutine one = new Coroutine(() -> talk(order, "one"));
        Coroutine two = new Coroutine(() -> talk(order, "two"));
        for (int round = 0; round < 3; round++) {
            one.resume();
            two.resume();
        }
        assertEquals(List.of("one 0", "two 0", "one 1", "two 1", "one 2", "two 2"), order);
    }

    private static void talk(List<String> order, String name) {
        for (int round = 0; round < 3; round++) {
            order.add(name + " " + round);
            Coroutine.stop();
        }
    }

    @Test
    void whatItThrowsComesOutOfResume() {
        Coroutine fails = new Coroutine(() -> {
            Coroutine.stop();
            throw new IllegalArgumentException("wrong");
        });
        fails.resume();
        assertEquals("wrong", assertThrows(IllegalArgumentException.class, fails::resume).getMessage());
    }

    @Test
    void oneThatIsDroppedRunsNoFinally() {
        List<String> order = new ArrayList<>();
        Coroutine killed = new Coroutine(() -> {
            try {
                Coroutine.stop();
            } finally {
                order.add("finally");
            }
        });
        killed.resume();
        killed = null;
        System.gc();
        assertEquals(List.of(), order);
    }
}
