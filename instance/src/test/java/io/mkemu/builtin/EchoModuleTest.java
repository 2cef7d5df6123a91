// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EchoModuleTest {
    private static final int TYPE = 0x6563_686f;
    private final EchoModule echo = new EchoModule();

    private FakeKernel kernel(FakeMachine machine) {
        FakeKernel kernel = machine.kernel(1);
        echo.init(kernel);
        return kernel;
    }

    private static List<byte[]> take(FakeMachine machine, int type) {
        List<byte[]> answers = new ArrayList<>();
        machine.kernel(0).take(1).forEach(message -> {
            assertEquals(type, message.type());
            answers.add(message.payload());
        });
        return answers;
    }

    @Test
    void answersTheSameBytes() {
        FakeMachine machine = new FakeMachine(2, 16);
        FakeKernel kernel = kernel(machine);
        for (int size : new int[] {0, 1, 256}) {
            byte[] question = new byte[size];
            java.util.Arrays.fill(question, (byte) size);
            assertEquals(0, machine.kernel(0).sendIpiData(1, question, TYPE));
            kernel.round();
            assertArrayEquals(question, take(machine, TYPE + 1).getFirst());
        }
        assertEquals(3, echo.answered());
        assertFalse(kernel.hasTasks());
    }

    @Test
    void answersWaitInOrderAndWhatIsTooMuchIsCounted() {
        FakeMachine machine = new FakeMachine(2, 100);
        FakeKernel kernel = kernel(machine);
        FakeKernel host = machine.kernel(0);
        List<Integer> seen = new ArrayList<>();
        int sent = 0;
        for (int burst = 0; burst < 3; burst++) {
            for (int i = 0; i < 90; i++) {
                assertEquals(0, host.sendIpiData(1, new byte[] {(byte) sent++}, TYPE));
            }
            kernel.round();
        }
        assertEquals(100, echo.answered());
        assertEquals(270 - 100 - EchoModule.WAITING, echo.dropped());
        assertEquals(1, kernel.log().size());
        take(machine, TYPE + 1).forEach(answer -> seen.add(answer[0] & 0xff));
        machine.advance(1_000_000);
        kernel.round();
        take(machine, TYPE + 1).forEach(answer -> seen.add(answer[0] & 0xff));
        for (int i = 0; i < seen.size(); i++) {
            assertEquals(i, seen.get(i));
        }
        assertEquals(100 + EchoModule.WAITING, seen.size());
        assertEquals(100 + EchoModule.WAITING, echo.answered());
        assertFalse(kernel.hasTasks(), "no task holds up the run");
    }

    @Test
    void anAskerThatIsGoneIsCounted() {
        FakeMachine machine = new FakeMachine(2, 16);
        FakeKernel kernel = kernel(machine);
        machine.kernel(0).sendIpiData(1, new byte[1], TYPE);
        machine.kernel(0).state(io.mkemu.abi.InstanceState.FAILED);
        kernel.round();
        assertEquals(0, echo.answered());
        assertEquals(1, echo.dropped());
        assertFalse(kernel.hasTasks());
    }

    @Test
    void theNamesAreThoseThatCanBeMade() {
        for (String name : BuiltinModules.names()) {
            assertEquals(name, BuiltinModules.create(name).name());
        }
        assertEquals(null, BuiltinModules.create("no-such-module"));
    }
}
