// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficModuleTest {
    private static final String DEFAULT = "10000 sent, ";

    private static FakeMachine machine(String parameters) {
        FakeMachine machine = new FakeMachine(3, 16, parameters);
        machine.kernels.forEach(kernel -> new TrafficModule().init(kernel));
        return machine;
    }

    private static String summary(FakeKernel kernel) {
        return kernel.log.isEmpty() ? kernel.failures.getLast().getMessage() : kernel.log.getLast();
    }

    @Test
    void allThatIsSentArrives() {
        FakeMachine machine = machine("messages=51 size=256");
        machine.run();
        machine.kernels.forEach(kernel -> assertEquals(List.of(), kernel.failures));
        assertTrue(summary(machine.kernels.get(0)).startsWith("51 sent, 10000 received, 0 lost, 0 torn, 0 repeated, "),
            summary(machine.kernels.get(0)));
        assertTrue(summary(machine.kernels.get(1)).startsWith(DEFAULT + "5026 received, 0 lost"),
            summary(machine.kernels.get(1)));
        assertTrue(summary(machine.kernels.get(2)).startsWith(DEFAULT + "5025 received, 0 lost"),
            summary(machine.kernels.get(2)));
    }

    @Test
    void itKeepsTheRate() {
        FakeMachine machine = machine("messages=1000 rate=100");
        long before = machine.now;
        machine.run();
        assertTrue(machine.now - before >= 9_900_000_000L, "1000 messages at 100 a second: "
            + (machine.now - before) + " ns");
        assertTrue(summary(machine.kernels.getFirst()).endsWith("100 sent/s"), summary(machine.kernels.getFirst()));
    }

    @Test
    void withoutMessagesItOnlyReceives() {
        FakeMachine machine = machine("messages=0");
        machine.run();
        assertTrue(summary(machine.kernels.getFirst()).startsWith("0 sent, 10000 received"));
    }

    @ParameterizedTest
    @CsvSource({"0, 1 lost, 0 torn, 0 repeated", "2, 0 lost, 0 torn, 1 repeated", "-1, 1 lost, 1 torn, 0 repeated"})
    void whatGoesWrongIsCounted(int copies, String lost, String torn, String repeated) {
        FakeMachine machine = machine("messages=0");
        int[] seen = {0};
        machine.way = (message, lane) -> {
            boolean victim = message.type() == TrafficModule.DATA && message.from() == 1 && message.to() == 0
                && seen[0]++ == 7;
            if (!victim) {
                lane.add(message);
            } else if (copies < 0) {
                message.payload()[40] ^= 1;
                lane.add(message);
            } else {
                for (int copy = 0; copy < copies; copy++) {
                    lane.add(message);
                }
            }
        };
        machine.run();
        String failure = machine.kernels.getFirst().failures.getLast().getMessage();
        for (String count : List.of(lost, torn, repeated)) {
            assertTrue(failure.contains(count), count + " in " + failure);
        }
    }

    @Test
    void onlyThoseNamedTakePart() {
        FakeMachine machine = new FakeMachine(3, 16, "");
        for (int id = 1; id < 3; id++) {
            machine.kernels.get(id).parameters.put("with", "1,2");
            new TrafficModule().init(machine.kernels.get(id));
        }
        machine.run();
        assertEquals(List.of(), machine.kernels.get(0).log);
        for (int id = 1; id < 3; id++) {
            assertTrue(summary(machine.kernels.get(id)).startsWith(DEFAULT + "10000 received, 0 lost"),
                summary(machine.kernels.get(id)));
        }
    }

    @Test
    void aPeerThatNeverAnswersEndsThePatience() {
        FakeMachine machine = new FakeMachine(2, 16, "messages=5 timeout=2");
        new TrafficModule().init(machine.kernels.getFirst());
        machine.run();
        String failure = machine.kernels.getFirst().failures.getLast().getMessage();
        assertTrue(failure.contains("no progress for 2 s: 5 of 5 sent, 0 received"), failure);
    }

    @ParameterizedTest
    @ValueSource(strings = {"size=15", "size=257", "messages=-1", "rate=fast",
        "timeout=0", "with=1,b"})
    void badParametersAreNamed(String parameter) {
        FakeMachine machine = new FakeMachine(2, 16, parameter);
        String told = assertThrows(IllegalArgumentException.class,
            () -> new TrafficModule().init(machine.kernels.getFirst())).getMessage();
        assertTrue(told.contains("traffic." + parameter.split("=")[0]), told);
    }
}
