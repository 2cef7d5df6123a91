// SPDX-License-Identifier: Apache-2.0
package lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The module with fake kernels: the host's has the server, the others are clients. */
class LockTest {
    private final FakeMachine machine = new FakeMachine(3);
    private final FakeKernel host = machine.kernel(0).load(new Lock());
    private final FakeKernel first = machine.kernel(1);
    private final FakeKernel second = machine.kernel(2);

    @Test
    void eachHasItAsOftenAsItWants() {
        first.load(new Lock());
        second.parameter("rounds", "2").load(new Lock());
        machine.run();
        assertEquals("had the lock 5 times", first.log().getLast());
        assertEquals("had the lock 2 times", second.log().getLast());
    }

    @Test
    void theLockOfTheDeadIsPassedOn() {
        host.receive(1, Lock.ACQUIRE);
        host.receive(2, Lock.ACQUIRE);
        host.round();
        assertEquals(1, first.take(0).size(), "the one that came first has it");
        assertEquals(List.of(), second.take(0));
        first.state(InstanceState.FAILED);
        host.round();
        assertEquals(Lock.GRANT, second.take(0).getFirst().type());
        assertTrue(host.log().contains("instance 1 died with the lock; instance 2 has it now"), host.log()::toString);
    }

    @Test
    void whatAPredecessorAskedForIsNotForItsSuccessor() {
        first.load(new Lock());
        first.receive(0, Lock.GRANT, new byte[Long.BYTES]);
        first.round();
        assertEquals(List.of(), first.log());
    }
}
