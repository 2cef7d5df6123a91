// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.TrafficDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import io.mkemu.test.FakeMessage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficModuleTest {
    private static final String DEFAULT = "10000 sent, ";

    private static FakeMachine machine(String parameters) throws Exception {
        FakeMachine machine = new FakeMachine(3, 16);
        machine.kernel(0).parameters(parameters);
        for (FakeKernel kernel : machine.kernels()) {
            new TrafficModule().init(kernel);
        }
        return machine;
    }

    private static String summary(FakeKernel kernel) {
        return kernel.log().isEmpty() ? kernel.failures().getLast().getMessage() : kernel.log().getLast();
    }

    @Test
    void allThatIsSentArrives() throws Exception {
        FakeMachine machine = machine("messages=51 size=256");
        machine.run();
        machine.kernels().forEach(kernel -> assertEquals(List.of(), kernel.failures()));
        assertTrue(summary(machine.kernel(0)).startsWith("51 sent, 10000 received, 0 lost, 0 torn, 0 repeated, "),
            summary(machine.kernel(0)));
        assertTrue(summary(machine.kernel(1)).startsWith(DEFAULT + "5026 received, 0 lost"),
            summary(machine.kernel(1)));
        assertTrue(summary(machine.kernel(2)).startsWith(DEFAULT + "5025 received, 0 lost"),
            summary(machine.kernel(2)));
    }

    @Test
    void itKeepsTheRate() throws Exception {
        FakeMachine machine = machine("messages=1000 rate=100");
        long before = machine.now();
        machine.run();
        assertTrue(machine.now() - before >= 9_900_000_000L, "1000 messages at 100 a second: "
            + (machine.now() - before) + " ns");
        assertTrue(summary(machine.kernel(0)).endsWith("100 sent/s"), summary(machine.kernel(0)));
    }

    @Test
    void withoutMessagesItOnlyReceives() throws Exception {
        FakeMachine machine = machine("messages=0");
        machine.run();
        assertTrue(summary(machine.kernel(0)).startsWith("0 sent, 10000 received"));
    }

    @ParameterizedTest
    @CsvSource({"0, 1 lost, 0 torn, 0 repeated", "2, 0 lost, 0 torn, 1 repeated", "-1, 1 lost, 1 torn, 0 repeated"})
    void whatGoesWrongIsCounted(int copies, String lost, String torn, String repeated) throws Exception {
        FakeMachine machine = machine("messages=0");
        int[] seen = {0};
        machine.way((message, lane) -> {
            boolean victim = message.type() == TrafficDescriptor.DATA && message.from() == 1 && message.to() == 0
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
        });
        machine.run();
        String failure = machine.kernel(0).failures().getLast().getMessage();
        for (String count : List.of(lost, torn, repeated)) {
            assertTrue(failure.contains(count), count + " in " + failure);
        }
    }

    @Test
    void onlyThoseNamedTakePart() throws Exception {
        FakeMachine machine = new FakeMachine(3, 16);
        for (int id = 1; id < 3; id++) {
            machine.kernel(id).parameter("with", "1,2");
            new TrafficModule().init(machine.kernel(id));
        }
        machine.run();
        assertEquals(List.of(), machine.kernel(0).log());
        for (int id = 1; id < 3; id++) {
            assertTrue(summary(machine.kernel(id)).startsWith(DEFAULT + "10000 received, 0 lost"),
                summary(machine.kernel(id)));
        }
    }

    @Test
    void aPeerThatNeverAnswersEndsThePatience() throws Exception {
        FakeMachine machine = new FakeMachine(2, 16);
        machine.kernel(0).parameters("messages=5 timeout=2");
        new TrafficModule().init(machine.kernel(0));
        machine.run();
        String failure = machine.kernel(0).failures().getLast().getMessage();
        assertTrue(failure.contains("no progress for 2 s: 5 of 5 sent, 0 received"), failure);
    }

    @ParameterizedTest
    @ValueSource(strings = {"size=15", "size=257", "messages=-1", "rate=fast",
        "timeout=0", "with=1,b", "mortal=x", "record=2"})
    void badParametersAreNamed(String parameter) throws Exception {
        FakeMachine machine = new FakeMachine(2, 16);
        machine.kernel(0).parameters(parameter);
        String told = assertThrows(IllegalArgumentException.class,
            () -> new TrafficModule().init(machine.kernel(0))).getMessage();
        assertTrue(told.contains("traffic." + parameter.split("=")[0]), told);
    }

    /** Kernel 2 dies and comes back; kernels 0 and 1 go on. */
    private static FakeMachine mortals(long[] lives) throws Exception {
        FakeMachine machine = new FakeMachine(3, 16);
        machine.kernels().forEach(
            kernel -> kernel.parameters("mortal=2 rate=10000 sizes=1 messages=100000 record=1"));
        machine.kernel(2).state(InstanceState.LOADED);
        start(machine, 0, lives);
        start(machine, 1, lives);
        return machine;
    }

    private static void start(FakeMachine machine, int id, long[] lives) throws Exception {
        new TrafficModule() {
            @Override
            protected long lifeOf(int instanceId) {
                return lives[instanceId];
            }
        }.init(machine.kernel(id));
    }

    private static void boot(FakeMachine machine, long[] lives) throws Exception {
        FakeKernel mortal = machine.kernel(2);
        mortal.forget();
        lives[2]++;
        start(machine, 2, lives);
        mortal.state(InstanceState.ACTIVE);
    }

    private static void rounds(FakeMachine machine, int rounds) {
        for (int round = 0; round < rounds; round++) {
            machine.round(100_000);
        }
    }

    /** Where a kernel counts, in its present life. */
    private static long count(FakeMachine machine, int kernel, int peer, int offset) {
        String line = machine.kernel(kernel).log().stream().filter(text -> text.startsWith("record at 0x"))
            .reduce((earlier, later) -> later).orElseThrow();
        long address = Long.parseLong(line.split("0x| in life")[1], 16);
        return machine.kernel(kernel).memremap(address, TrafficDescriptor.RECORD_LENGTH).buffer()
            .getLong(peer * TrafficDescriptor.BLOCK_LENGTH + offset);
    }

    @Test
    void livesThatEndAreCountedOneByOneAndTheOthersGoOn() throws Exception {
        long[] lives = {1, 1, 0};
        FakeMachine machine = mortals(lives);
        List<Long> sent = new ArrayList<>();
        for (int life = 1; life <= 3; life++) {
            boot(machine, lives);
            rounds(machine, 50 * life);
            sent.add(count(machine, 2, 0, SENT_OFFSET));
            machine.kernel(2).state(InstanceState.FAILED);
            rounds(machine, 50);
        }
        List<String> log = machine.kernel(0).log();
        assertTrue(log.contains(sent.get(0) + " received of life 1 of instance 2"), log::toString);
        assertTrue(log.contains(sent.get(1) + " received of life 2 of instance 2"), log::toString);
        assertEquals(sent.get(2), count(machine, 0, 2, RECEIVED_OFFSET));
        assertTrue(sent.getFirst() > 10 && count(machine, 2, 0, RECEIVED_OFFSET) > 10, sent::toString);
        for (int kernel = 0; kernel < 3; kernel++) {
            assertEquals(List.of(), machine.kernel(kernel).failures());
            for (int peer = 0; peer < 3; peer++) {
                for (int wrong : new int[] {LOST_OFFSET, TORN_OFFSET, REPEATED_OFFSET, FOREIGN_OFFSET}) {
                    assertEquals(0, count(machine, kernel, peer, wrong), kernel + " of " + peer + " at " + wrong);
                }
            }
        }
    }

    @Test
    void messagesForOrOfAnotherLifeAreForeign() throws Exception {
        long[] lives = {1, 1, 0};
        FakeMachine machine = mortals(lives);
        List<FakeMessage> late = new ArrayList<>();
        machine.way((message, lane) -> {
            boolean first = late.size() < 2 && message.type() == DATA && message.from() == 2 * late.size();
            (first ? late : lane).add(message);
        });
        boot(machine, lives);
        rounds(machine, 50);
        assertEquals(2, late.size());
        boot(machine, lives);
        rounds(machine, 50);
        machine.kernel(2).receive(0, late.get(0).type(), late.get(0).payload());
        machine.kernel(0).receive(2, late.get(1).type(), late.get(1).payload());
        rounds(machine, 50);
        assertEquals(1, count(machine, 2, 0, FOREIGN_OFFSET));
        assertEquals(1, count(machine, 0, 2, FOREIGN_OFFSET));
        assertEquals(1, machine.kernel(2).log().stream().filter(line -> line.endsWith("for or of another life"))
            .count());
    }
}
