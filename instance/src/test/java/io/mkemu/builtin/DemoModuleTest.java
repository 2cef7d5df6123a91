// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import io.mkemu.test.FakeMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class DemoModuleTest {
    private DemoModule host;

    private FakeMachine machine(int kernels, int slots, String parameters) {
        FakeMachine machine = new FakeMachine(kernels, slots);
        machine.kernel(0).parameters(parameters);
        for (FakeKernel kernel : machine.kernels()) {
            DemoModule module = new DemoModule();
            module.init(kernel);
            host = kernel.instanceId() == 0 ? module : host;
        }
        return machine;
    }

    private static boolean isData(FakeMessage message) {
        return message.type() >= DemoDescriptor.DATA
            && message.type() < DemoDescriptor.DATA + DemoDescriptor.DATA_TYPES;
    }

    private static void assertNothingLeft(FakeMachine machine) {
        for (FakeKernel kernel : machine.kernels()) {
            if (kernel.state() == InstanceState.ACTIVE) {
                assertFalse(kernel.hasTasks(), "tasks of " + kernel.instanceId());
                assertTrue(kernel.allocated().isEmpty(), "pages of " + kernel.instanceId());
                assertEquals(0, kernel.shares(), "shares of " + kernel.instanceId());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64})
    void everythingIsVerifiedWhateverTheLanesHold(int slots) {
        FakeMachine machine = machine(4, slots, "messages=1000 pages=3 pings=600");
        assertNull(host.result());
        machine.run();
        DemoResult result = host.result();
        assertEquals(List.of(), result.failures());
        assertTrue(result.ok());
        assertEquals(12_000, result.sent());
        assertEquals(12_000, result.delivered());
        assertEquals(0, result.lost() + result.torn() + result.repeated() + result.reordered());
        assertEquals(27, result.pagesShared());
        assertEquals(27, result.pagesVerified());
        assertEquals(12 * 600, result.roundTripNanos().length);
        machine.kernels().forEach(kernel -> assertEquals(List.of(), kernel.failures()));
        assertEquals("done", host.progress());
        assertNothingLeft(machine);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatHappensToMessagesIsCountedExactly(long seed) {
        FakeMachine machine = machine(3, 64, "messages=5000 pages=1 pings=1");
        Random random = new Random(seed);
        long[] count = new long[3];
        machine.way((message, lane) -> {
            int luck = isData(message) ? random.nextInt(100) : 100;
            if (luck < 2) {
                count[0]++;
            } else if (luck < 4 && message.payload().length > 0) {
                byte[] torn = message.payload().clone();
                torn[random.nextInt(torn.length)] ^= (byte) (1 << random.nextInt(8));
                lane.add(new FakeMessage(message.from(), message.to(), message.type(), torn));
                count[1]++;
            } else if (luck < 6) {
                lane.add(message);
                lane.add(message);
                count[2]++;
            } else {
                lane.add(message);
            }
        });
        machine.run();
        DemoResult result = host.result();
        assertTrue(count[0] > 0 && count[1] > 0 && count[2] > 0);
        assertEquals(30_000, result.sent());
        assertEquals(count[0], result.lost());
        assertEquals(count[1], result.torn());
        assertEquals(count[2], result.repeated());
        assertEquals(30_000 - count[0] - count[1], result.delivered());
        assertEquals(0, result.reordered());
        assertFalse(result.ok());
        assertEquals(1, machine.kernel(0).failures().size());
        assertFalse(machine.kernel(0).failures().getFirst().toString().contains("\n"));
        assertNothingLeft(machine);
    }

    @Test
    void aMessageThatOvertakesIsCounted() {
        FakeMachine machine = machine(2, 64, "messages=2000 pages=1 pings=1");
        long[] swapped = new long[2];
        machine.way((message, lane) -> {
            swapped[0] += isData(message) ? 1 : 0;
            if (isData(message) && swapped[0] % 50 == 7 && !lane.isEmpty() && isData(lane.getLast())) {
                lane.add(lane.size() - 1, message);
                swapped[1]++;
            } else {
                lane.add(message);
            }
        });
        machine.run();
        assertTrue(swapped[1] > 20);
        assertEquals(swapped[1], host.result().reordered());
        assertEquals(4000, host.result().delivered());
        assertEquals(0, host.result().lost() + host.result().torn() + host.result().repeated());
        assertFalse(host.result().ok());
    }

    @Test
    void thousandsLostInARowAreCounted() {
        FakeMachine machine = machine(2, 64, "messages=40000 pages=1 pings=1");
        long[] passed = new long[1];
        machine.way((message, lane) -> {
            boolean lost = isData(message) && message.from() == 1 && passed[0]++ >= 3000 && passed[0] <= 11_000;
            if (!lost) {
                lane.add(message);
            }
        });
        machine.run();
        assertEquals(8000, host.result().lost());
        assertEquals(72_000, host.result().delivered());
        assertEquals(0, host.result().torn() + host.result().repeated() + host.result().reordered());
    }

    /** Dies as it sends, or is about to be sent, its n-th message of a type. */
    @ParameterizedTest
    @CsvSource({"ORDER, 1", "DONE, 1", "PING, 1", "PING, 70", "PONG, 60", "DATA, 1", "DATA, 3000", "END, 1", "PFN, 1",
        "PFN, 9", "ACK, 2", "STATS, 1", "STATS, 2"})
    void aDeadPeerFailsTheDemoAndHoldsUpNobody(String type, int number) {
        FakeMachine machine = machine(3, 16, "messages=3000 pages=5 pings=50");
        int[] seen = new int[1];
        machine.way((message, lane) -> {
            boolean meant = type.equals("DATA") ? isData(message) : message.type() == typeOf(type);
            if (meant && message.from() == (type.equals("ORDER") ? 0 : 2) && ++seen[0] == number) {
                machine.kernel(2).state(InstanceState.FAILED);
            }
            lane.add(message);
        });
        machine.run();
        assertEquals(InstanceState.FAILED, machine.kernel(2).state());
        assertFalse(host.result().ok());
        assertTrue(host.result().failures().stream().anyMatch(line -> line.startsWith("kernel2 (2) ")
            || line.contains("kernel2 (2): ")), host.result().failures().toString());
        assertTrue(host.result().delivered() >= 6000, "the living exchange all the same");
        assertNothingLeft(machine);
    }

    private static int typeOf(String name) {
        return switch (name) {
            case "ORDER" -> DemoDescriptor.ORDER;
            case "DONE" -> DemoDescriptor.DONE;
            case "PING" -> DemoDescriptor.PING;
            case "PONG" -> DemoDescriptor.PONG;
            case "END" -> DemoDescriptor.END;
            case "PFN" -> MkIpiDataDescriptor.PFN_IPI_TYPE;
            case "ACK" -> DemoDescriptor.ACK;
            case "STATS" -> DemoDescriptor.STATS;
            default -> DemoDescriptor.DATA;
        };
    }

    @Test
    void aKernelWithoutTheModuleIsNamed() {
        FakeMachine machine = machine(3, 16, "messages=10");
        machine.kernel(1).forget();
        machine.run();
        assertTrue(host.result().failures().getFirst().contains("kernel1 (1) did not answer"),
            host.result().failures().toString());
        assertTrue(host.result().failures().getFirst().contains("does its mkemu,modules list demo?"));
        assertEquals(20, host.result().delivered());
    }

    @Test
    void anInstanceWithoutALeaderEnds() {
        FakeMachine machine = machine(2, 16, "");
        machine.kernel(0).forget();
        machine.run();
        assertTrue(machine.kernel(1).failures().getFirst().getMessage().contains("no START from the host"));
    }

    @Test
    void aPeerThatFallsSilentEndsThePhaseAndTheNumbersAreReported() {
        FakeMachine machine = machine(3, 16, "messages=100 pings=5 timeout=2");
        machine.way((message, lane) -> {
            if (message.type() != DemoDescriptor.END || message.from() != 1) {
                lane.add(message);
            }
        });
        machine.run();
        assertTrue(host.result().failures().getFirst().startsWith("messages: no progress for 2 s"),
            host.result().failures().toString());
        assertEquals(600, host.result().delivered());
        assertNothingLeft(machine);
    }

    @Test
    void aLostPongEndsTheSeries() {
        FakeMachine machine = machine(2, 16, "messages=10 pings=20");
        int[] pongs = new int[1];
        machine.way((message, lane) -> {
            if (message.type() != DemoDescriptor.PONG || ++pongs[0] != 8) {
                lane.add(message);
            }
        });
        machine.run();
        assertEquals(List.of("round trips host (0) -> kernel1 (1): 7 of 20"), host.result().failures());
        assertEquals(27, host.result().roundTripNanos().length);
    }

    @Test
    void aPageThatChangesOnTheWayIsNotVerified() {
        FakeMachine machine = machine(2, 16, "messages=10 pings=0 pages=6");
        int[] count = new int[1];
        machine.way((message, lane) -> {
            if (message.type() == MkIpiDataDescriptor.PFN_IPI_TYPE && ++count[0] == 3) {
                machine.pages().values().forEach(page -> page.fill((byte) 0x50));
                machine.pages().values().forEach(page -> page.set(java.lang.foreign.ValueLayout.JAVA_INT, 0,
                    DemoDescriptor.PAGE_MAGIC));
            }
            lane.add(message);
        });
        machine.run();
        assertEquals(6, host.result().pagesShared());
        assertEquals(5, host.result().pagesVerified());
        assertFalse(host.result().ok());
        assertNothingLeft(machine);
    }

    @Test
    void aPageThatADyingPeerHasMappedIsFreedOnceThePeerIsGone() {
        FakeMachine machine = machine(3, 16, "messages=10 pings=0 pages=6");
        FakeKernel dying = machine.kernel(2);
        int[] count = new int[1];
        machine.way((message, lane) -> {
            if (message.type() == MkIpiDataDescriptor.PFN_IPI_TYPE && message.to() == 2 && ++count[0] == 3) {
                machine.mapped().put(Pages.address(ByteBuffer.wrap(message.payload()).order(ByteOrder.LITTLE_ENDIAN)
                    .getLong()), 1);
                dying.state(InstanceState.FAILED);
            } else {
                lane.add(message);
            }
        });
        machine.everyRound(() -> {
            if (machine.busy() == 1) {
                machine.mapped().clear();
            }
        });
        machine.run();
        assertEquals(1, machine.busy(), "one page was busy once, then free");
        assertFalse(host.result().ok());
        assertTrue(machine.kernel(1).log().stream().noneMatch(line -> line.contains("cannot share a page")),
            machine.kernel(1).log()::toString);
        assertNothingLeft(machine);
    }

    @Test
    void aMachineWithoutInstancesIsNotVerified() {
        FakeMachine machine = machine(1, 16, "");
        machine.run();
        assertEquals(List.of("there is nobody to exchange with: the machine has no instance"),
            host.result().failures());
    }

    @ParameterizedTest
    @ValueSource(strings = {"messages=abc", "messages=100000001", "pages=100001", "pings=1000000", "timeout=0"})
    void aWrongParameterIsNamed(String parameter) {
        FakeKernel kernel = new FakeMachine(1).kernel(0).parameters(parameter);
        String message =
            assertThrows(IllegalArgumentException.class, () -> new DemoModule().init(kernel)).getMessage();
        assertTrue(message.startsWith("demo." + parameter.split("=")[0]), message);
        assertTrue(message.contains(parameter.split("=")[1]), message);
        assertFalse(message.contains("\n"));
    }
}
